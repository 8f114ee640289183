/** Server-side apply: who owns which field, and what happens when two want the same. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { type GroundOf } from "./ground.ts"
import { type Answer, type Json, at, list, text } from "./raw-kube.ts"

const applied = (name: string, rest: object): object => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name },
  ...rest,
})

const ownersOf = (object: Json): readonly string[] =>
  list(object, "metadata", "managedFields").map(
    (one) => `${text(one, "manager")} ${text(one, "operation")}`,
  )

export function applying(on: GroundOf): void {
  const apply = (manager: string, name: string, rest: object, force = false): Promise<Answer> => {
    const { kube, path } = on()
    const query = { fieldManager: manager, ...(force ? { force: "true" } : {}) }
    return kube.patch("apply", path("configmaps", name), applied(name, rest), query)
  }
  const read = (name: string): Promise<Json> => on().kube.get(on().path("configmaps", name))

  test("an apply creates with 201, and again with 200 and no new version", async () => {
    const first = await apply("a", "s-new", { data: { x: "1" } })
    assert.equal(first.status, 201)
    const second = await apply("a", "s-new", { data: { x: "1" } })
    assert.equal(second.status, 200)
    assert.equal(
      text(second.body, "metadata", "resourceVersion"),
      text(first.body, "metadata", "resourceVersion"),
    )
    assert.deepEqual(ownersOf(second.body), ["a Apply"])
  })

  test("an apply without a field manager is refused", async () => {
    const { kube, path } = on()
    const refused = await kube.patch(
      "apply",
      path("configmaps", "s-nobody"),
      applied("s-nobody", {}),
    )
    assert.ok([400, 422].includes(refused.status), String(refused.status))
  })

  test("a field that is applied no more goes", async () => {
    await apply("a", "s-drop", { data: { x: "1", y: "2" } })
    await apply("a", "s-drop", { data: { x: "1" } })
    assert.deepEqual(at(await read("s-drop"), "data"), { x: "1" })
  })

  test("a field of another owner can not be changed without force, and 409 names it", async () => {
    await apply("a", "s-conflict", { data: { x: "1" } })
    const refused = await apply("b", "s-conflict", { data: { x: "2" } })
    assert.equal(refused.status, 409)
    assert.equal(at(refused.body, "reason"), "Conflict")
    const causes = list(refused.body, "details", "causes")
    assert.equal(causes.length, 1)
    assert.equal(at(causes[0], "reason"), "FieldManagerConflict")
    assert.equal(at(causes[0], "field"), ".data.x")
    assert.match(text(causes[0], "message"), /"a"/)
    assert.equal(at(await read("s-conflict"), "data", "x"), "1")
  })

  test("force takes the field over, and its old owner no longer removes it", async () => {
    await apply("a", "s-force", { data: { x: "1", y: "1" } })
    assert.equal((await apply("b", "s-force", { data: { x: "2" } }, true)).status, 200)
    assert.equal((await apply("a", "s-force", { data: { y: "1" } })).status, 200)
    assert.deepEqual(at(await read("s-force"), "data"), { x: "2", y: "1" })
  })

  test("two owners of the same value share it; it goes with the last of them", async () => {
    await apply("a", "s-share", { data: { x: "1", a: "a" } })
    assert.equal((await apply("b", "s-share", { data: { x: "1", b: "b" } })).status, 200)
    await apply("a", "s-share", { data: { a: "a" } })
    assert.deepEqual(at(await read("s-share"), "data"), { a: "a", b: "b", x: "1" })
    await apply("b", "s-share", { data: { b: "b" } })
    assert.deepEqual(at(await read("s-share"), "data"), { a: "a", b: "b" })
  })

  test("an ordinary write owns what it changes, and an apply meets it as a conflict", async () => {
    const { kube, path } = on()
    await apply("a", "s-update", { data: { x: "1" } })
    const query = { fieldManager: "editor" }
    const patched = await kube.patch(
      "merge",
      path("configmaps", "s-update"),
      { data: { x: "2" } },
      query,
    )
    assert.equal(patched.status, 200)
    assert.ok(ownersOf(patched.body).includes("editor Update"))
    assert.equal((await apply("a", "s-update", { data: { x: "1" } })).status, 409)
    assert.equal((await apply("a", "s-update", { data: { x: "1" } }, true)).status, 200)
    assert.equal(at(await read("s-update"), "data", "x"), "1")
  })

  test("a field that somebody else added stays when an owner applies again", async () => {
    const { kube, path } = on()
    await apply("a", "s-keep", { data: { x: "1" } })
    await kube.patch("merge", path("configmaps", "s-keep"), { data: { other: "o" } })
    await apply("a", "s-keep", { data: { x: "2" } })
    assert.deepEqual(at(await read("s-keep"), "data"), { x: "2", other: "o" })
  })

  test("items of keyed lists are owned one by one", async () => {
    const { kube, path } = on()
    const service = (manager: string, ports: readonly object[], force = "false"): Promise<Answer> =>
      kube.patch(
        "apply",
        path("services", "s-ports"),
        { apiVersion: "v1", kind: "Service", metadata: { name: "s-ports" }, spec: { ports } },
        { fieldManager: manager, force },
      )
    const http = { name: "http", port: 80, protocol: "TCP" }
    const metrics = { name: "metrics", port: 9090, protocol: "TCP" }
    assert.equal((await service("a", [http])).status, 201)
    const both = await service("b", [metrics])
    assert.deepEqual(
      list(both.body, "spec", "ports").map((one) => at(one, "port")),
      [80, 9090],
    )
    const less = await service("b", [])
    assert.deepEqual(
      list(less.body, "spec", "ports").map((one) => at(one, "port")),
      [80],
    )
  })

  test("containers of a template are merged by name, and one that is applied no more goes whole", async () => {
    const { kube, path } = on()
    const set = (containers: readonly object[]): Promise<Answer> =>
      kube.patch(
        "apply",
        path("statefulsets", "s-set"),
        {
          apiVersion: "apps/v1",
          kind: "StatefulSet",
          metadata: { name: "s-set" },
          spec: {
            replicas: 0,
            serviceName: "s",
            selector: { matchLabels: { app: "s-set" } },
            template: { metadata: { labels: { app: "s-set" } }, spec: { containers } },
          },
        },
        { fieldManager: "a" },
      )
    const env = (value: string): object => ({ name: "X", value })
    await set([
      { name: "one", image: "i:1", env: [env("1")] },
      { name: "two", image: "i:1" },
    ])
    const changed = await set([{ name: "one", image: "i:2", env: [env("2")] }])
    assert.equal(changed.status, 200, JSON.stringify(changed.body))
    const found = list(changed.body, "spec", "template", "spec", "containers")
    assert.deepEqual(
      found.map((one) => [at(one, "name"), at(one, "image"), at(one, "env", 0, "value")]),
      [["one", "i:2", "2"]],
    )
    // What the server filled in is nobody's, and stays.
    assert.equal(at(found[0], "terminationMessagePath"), "/dev/termination-log")
  })

  test("an apply does not write the status, and status writes do not move the spec", async () => {
    const { kube, path } = on()
    const body = {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "s-status" },
      spec: { ports: [{ port: 80, protocol: "TCP" }] },
      status: { loadBalancer: { ingress: [{ ip: "10.1.2.3" }] } },
    }
    const made = await kube.patch("apply", path("services", "s-status"), body, {
      fieldManager: "a",
    })
    assert.equal(made.status, 201)
    assert.deepEqual(at(made.body, "status", "loadBalancer"), {})
    const written = await kube.patch("merge", path("services", "s-status", "status"), {
      spec: { ports: [{ port: 81 }] },
      status: { loadBalancer: { ingress: [{ ip: "10.1.2.3" }] } },
    })
    assert.equal(written.status, 200)
    assert.equal(at(written.body, "spec", "ports", 0, "port"), 80)
    assert.equal(at(written.body, "status", "loadBalancer", "ingress", 0, "ip"), "10.1.2.3")
  })

  test("a dry apply answers with the conflict that a real one would meet", async () => {
    const { kube, path } = on()
    await apply("a", "s-dry", { data: { x: "1" } })
    const query = { fieldManager: "b", dryRun: "All" }
    const body = applied("s-dry", { data: { x: "2" } })
    assert.equal((await kube.patch("apply", path("configmaps", "s-dry"), body, query)).status, 409)
    const forced = { ...query, force: "true" }
    const done = await kube.patch("apply", path("configmaps", "s-dry"), body, forced)
    assert.equal(at(done.body, "data", "x"), "2")
    assert.equal(at(await read("s-dry"), "data", "x"), "1")
  })
}
