import assert from "node:assert/strict"
import { test } from "node:test"
import { imageProblem, mirrored, mirrorProblem, parseImage } from "#core/cluster/image.ts"

const digest = `sha256:${"0a".repeat(32)}`

test("references are taken apart as container runtimes do it", () => {
  const parts = (reference: string) => {
    const found = parseImage(reference)
    return found && [found.registry, found.path, found.tag, found.digest]
  }
  assert.deepEqual(parts("postgres"), [undefined, "postgres", undefined, undefined])
  assert.deepEqual(parts("postgres:17.2"), [undefined, "postgres", "17.2", undefined])
  assert.deepEqual(parts("bitnami/postgresql:17"), [
    undefined,
    "bitnami/postgresql",
    "17",
    undefined,
  ])
  assert.deepEqual(parts(`ghcr.io/a/b_c/d:17@${digest}`), ["ghcr.io", "a/b_c/d", "17", digest])
  assert.deepEqual(parts("localhost:5000/p:17"), ["localhost:5000", "p", "17", undefined])
  for (const bad of [
    "",
    "Postgres",
    "a//b",
    "a:",
    "a@sha256:1",
    "a b",
    "-a",
    "https://a.b/c",
    "A/b",
  ])
    assert.equal(parts(bad), undefined, bad)
})

test("what is wrong with a reference is said in words", () => {
  assert.equal(imageProblem(`postgres:17@${digest}`), undefined)
  assert.match(imageProblem("https://docker.io/postgres") ?? "", /no scheme/)
  assert.match(imageProblem("postgres@sha256:abc") ?? "", /64 hexadecimal/)
  assert.match(imageProblem("UPPER") ?? "", /not an image reference/)
  assert.match(imageProblem(`a${"b".repeat(400)}`) ?? "", /at most 400/)
})

test("a mirror stands in for the registry; tag and digest stay as they are", () => {
  const mirror = "harbor.site:8443/hub"
  for (const [reference, there] of [
    ["postgres:17.2", "harbor.site:8443/hub/library/postgres:17.2"],
    ["docker.io/library/postgres:17", "harbor.site:8443/hub/library/postgres:17"],
    [`docker.io/postgres@${digest}`, `harbor.site:8443/hub/library/postgres@${digest}`],
    [`ghcr.io/a/b:17@${digest}`, `harbor.site:8443/hub/a/b:17@${digest}`],
    ["bitnami/postgresql:17", "harbor.site:8443/hub/bitnami/postgresql:17"],
  ] as const) {
    assert.equal(mirrored(reference, mirror), there)
    assert.equal(mirrored(there, mirror), there, "what is from the mirror stays")
    assert.equal(mirrored(reference, undefined), reference)
  }
})

test("a mirror is a registry, with a path where it has one", () => {
  for (const good of ["registry.example.com", "10.0.0.1:5000", "localhost/x", "a.b/c/d-e"])
    assert.equal(mirrorProblem(good), undefined, good)
  for (const bad of ["", "registry", "https://a.b", "a.b/", "a.b//c", "a.b/C", "a.b:port"])
    assert.ok(mirrorProblem(bad) !== undefined, bad)
})
