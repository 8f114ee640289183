/** Resource versions, conflicts, names, generations, the errors of ordinary mistakes. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { type GroundOf, configMap } from "./ground.ts"
import { at, nameOf, text, uidOf, versionOf, withFields } from "./raw-kube.ts"

export function versions(on: GroundOf): void {
  test("a write gets a new resourceVersion, and one that changes nothing keeps the old", async () => {
    const { kube, path } = on()
    const made = await kube.create(path("configmaps"), configMap("v-new", { a: "1" }))
    const changed = await kube.must(200, "PUT", path("configmaps", "v-new"), {
      body: withFields(made, { data: { a: "2" } }),
    })
    assert.notEqual(versionOf(changed), versionOf(made))
    assert.equal(uidOf(changed), uidOf(made))
    const same = await kube.must(200, "PUT", path("configmaps", "v-new"), { body: changed })
    assert.equal(versionOf(same), versionOf(changed))
  })

  test("an update with a stale resourceVersion is refused with 409 and changes nothing", async () => {
    const { kube, path } = on()
    const old = await kube.create(path("configmaps"), configMap("v-stale", { a: "1" }))
    await kube.must(200, "PUT", path("configmaps", "v-stale"), {
      body: withFields(old, { data: { a: "2" } }),
    })
    const refused = await kube.call("PUT", path("configmaps", "v-stale"), {
      body: withFields(old, { data: { a: "3" } }),
    })
    assert.equal(refused.status, 409)
    assert.equal(at(refused.body, "kind"), "Status")
    assert.equal(at(refused.body, "reason"), "Conflict")
    assert.match(text(refused.body, "message"), /the object has been modified/)
    assert.equal(at(await kube.get(path("configmaps", "v-stale")), "data", "a"), "2")
  })

  test("a patch that carries a stale resourceVersion is refused with 409", async () => {
    const { kube, path } = on()
    const old = await kube.create(path("configmaps"), configMap("v-patch", { a: "1" }))
    await kube.must(200, "PUT", path("configmaps", "v-patch"), {
      body: withFields(old, { data: { a: "2" } }),
    })
    const body = { metadata: { resourceVersion: versionOf(old) }, data: { a: "3" } }
    assert.equal((await kube.patch("merge", path("configmaps", "v-patch"), body)).status, 409)
  })

  test("an update without a resourceVersion overwrites where the kind allows it", async () => {
    const { kube, path } = on()
    await kube.create(path("configmaps"), configMap("v-blind", { a: "1" }))
    const body = configMap("v-blind", { b: "2" })
    const written = await kube.must(200, "PUT", path("configmaps", "v-blind"), { body })
    assert.deepEqual(at(written, "data"), { b: "2" })
  })

  test("creating what exists is refused with 409 AlreadyExists", async () => {
    const { kube, path } = on()
    await kube.create(path("configmaps"), configMap("v-twice"))
    const refused = await kube.call("POST", path("configmaps"), { body: configMap("v-twice") })
    assert.equal(refused.status, 409)
    assert.equal(at(refused.body, "reason"), "AlreadyExists")
    assert.equal(at(refused.body, "details", "name"), "v-twice")
  })

  test("creating with a resourceVersion is refused", async () => {
    const { kube, path } = on()
    const body = withFields({}, { metadata: { name: "v-given", resourceVersion: "1" } })
    const refused = await kube.call("POST", path("configmaps"), { body })
    assert.ok(refused.status === 400 || refused.status === 500, String(refused.status))
    assert.equal((await kube.call("GET", path("configmaps", "v-given"))).status, 404)
  })

  test("generateName makes a name of its own each time", async () => {
    const { kube, path } = on()
    const body = { metadata: { generateName: "v-gen-" } }
    const [a, b] = [
      await kube.create(path("configmaps"), body),
      await kube.create(path("configmaps"), body),
    ]
    assert.match(nameOf(a), /^v-gen-[a-z0-9]{5}$/)
    assert.notEqual(nameOf(a), nameOf(b))
  })

  test("what is not there is answered 404 with a Status that names it", async () => {
    const { kube, path } = on()
    const missing = await kube.call("GET", path("configmaps", "v-none"))
    assert.equal(missing.status, 404)
    assert.equal(at(missing.body, "reason"), "NotFound")
    assert.equal(at(missing.body, "details", "name"), "v-none")
    assert.equal(at(missing.body, "details", "kind"), "configmaps")
    assert.equal(at(missing.body, "code"), 404)
  })

  test("an object in a namespace that is not there is refused with 404", async () => {
    const { kube } = on()
    const body = configMap("lost")
    const refused = await kube.call("POST", "/api/v1/namespaces/nowhere-at-all/configmaps", {
      body,
    })
    assert.equal(refused.status, 404)
  })

  test("an invalid name is refused with 422 that names the field", async () => {
    const { kube, path } = on()
    const refused = await kube.call("POST", path("configmaps"), { body: configMap("Not_A_Name") })
    assert.equal(refused.status, 422)
    assert.equal(at(refused.body, "reason"), "Invalid")
    assert.equal(at(refused.body, "details", "causes", 0, "field"), "metadata.name")
  })

  test("a value of the wrong type is refused with 400", async () => {
    const { kube, path } = on()
    const body = { metadata: { name: "v-type" }, data: { a: { b: 1 } } }
    assert.equal((await kube.call("POST", path("configmaps"), { body })).status, 400)
  })

  test("a change of the spec counts up the generation; a change of labels does not", async () => {
    const { kube, path } = on()
    const made = await kube.create(path("statefulsets"), {
      metadata: { name: "v-gen" },
      spec: {
        replicas: 0,
        serviceName: "x",
        selector: { matchLabels: { app: "v-gen" } },
        template: {
          metadata: { labels: { app: "v-gen" } },
          spec: { containers: [{ name: "a", image: "a" }] },
        },
      },
    })
    assert.equal(at(made, "metadata", "generation"), 1)
    const set = path("statefulsets", "v-gen")
    const labelled = await kube.patch("merge", set, { metadata: { labels: { x: "1" } } })
    assert.equal(at(labelled.body, "metadata", "generation"), 1)
    const paused = { spec: { template: { metadata: { annotations: { x: "1" } } } } }
    const changed = await kube.patch("merge", set, paused)
    assert.equal(at(changed.body, "metadata", "generation"), 2)
  })

  test("a dry run answers as if and keeps nothing", async () => {
    const { kube, path } = on()
    const asked = await kube.call("POST", path("configmaps"), {
      body: configMap("v-dry"),
      query: { dryRun: "All" },
    })
    assert.equal(asked.status, 201)
    assert.ok(uidOf(asked.body) !== "")
    assert.equal((await kube.call("GET", path("configmaps", "v-dry"))).status, 404)
    await kube.create(path("configmaps"), configMap("v-dry", { a: "1" }))
    const body = { data: { a: "2" } }
    const patched = await kube.patch("merge", path("configmaps", "v-dry"), body, { dryRun: "All" })
    assert.equal(at(patched.body, "data", "a"), "2")
    await kube.must(200, "DELETE", path("configmaps", "v-dry"), { query: { dryRun: "All" } })
    assert.equal(at(await kube.get(path("configmaps", "v-dry")), "data", "a"), "1")
  })

  test("an immutable ConfigMap keeps its data", async () => {
    const { kube, path } = on()
    await kube.create(path("configmaps"), { ...configMap("v-fixed", { a: "1" }), immutable: true })
    const refused = await kube.patch("merge", path("configmaps", "v-fixed"), { data: { a: "2" } })
    assert.equal(refused.status, 422)
    const label = { metadata: { labels: { x: "1" } } }
    assert.equal((await kube.patch("merge", path("configmaps", "v-fixed"), label)).status, 200)
  })

  test("a Secret takes plain text in stringData and gives it back as base64", async () => {
    const { kube, path } = on()
    const made = await kube.create(path("secrets"), {
      metadata: { name: "v-secret" },
      stringData: { word: "open sesame" },
    })
    assert.equal(Buffer.from(text(made, "data", "word"), "base64").toString(), "open sesame")
    assert.equal(at(made, "stringData"), undefined)
    assert.equal(at(made, "type"), "Opaque")
  })
}
