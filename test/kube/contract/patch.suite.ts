/** The three kinds of patch, and selectors. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { type GroundOf, configMap, idlePod } from "./ground.ts"
import { type Answer, at, items, list, nameOf, text } from "./raw-kube.ts"

export function patches(on: GroundOf): void {
  test("a merge patch takes away what is null and replaces lists", async () => {
    const { kube, path } = on()
    await kube.create(path("configmaps"), configMap("p-merge", { a: "1", b: "2" }))
    const patched = await kube.patch("merge", path("configmaps", "p-merge"), {
      data: { a: null, c: "3" },
    })
    assert.deepEqual(at(patched.body, "data"), { b: "2", c: "3" })
  })

  test("a JSON patch is applied in order, and not at all when a test in it fails", async () => {
    const { kube, path } = on()
    await kube.create(path("configmaps"), configMap("p-json", { a: "1" }))
    const good = await kube.patch("json", path("configmaps", "p-json"), [
      { op: "test", path: "/data/a", value: "1" },
      { op: "replace", path: "/data/a", value: "2" },
      { op: "add", path: "/data/b", value: "3" },
      { op: "add", path: "/metadata/labels", value: { "x.io/y": "z" } },
      { op: "copy", from: "/data/b", path: "/data/c" },
    ])
    assert.equal(good.status, 200)
    assert.deepEqual(at(good.body, "data"), { a: "2", b: "3", c: "3" })
    const gone = await kube.patch("json", path("configmaps", "p-json"), [
      { op: "remove", path: "/metadata/labels/x.io~1y" },
    ])
    assert.equal(at(gone.body, "metadata", "labels", "x.io/y"), undefined)
    const bad = await kube.patch("json", path("configmaps", "p-json"), [
      { op: "replace", path: "/data/a", value: "9" },
      { op: "test", path: "/data/b", value: "other" },
    ])
    assert.equal(bad.status, 422)
    assert.equal(at(await kube.get(path("configmaps", "p-json")), "data", "a"), "2")
  })

  test("a JSON patch to a path that is not there is refused with 422", async () => {
    const { kube, path } = on()
    await kube.create(path("configmaps"), configMap("p-none"))
    const body = [{ op: "remove", path: "/data/a" }]
    assert.equal((await kube.patch("json", path("configmaps", "p-none"), body)).status, 422)
  })

  const set = (name: string): object => ({
    metadata: { name },
    spec: {
      replicas: 0,
      serviceName: "p",
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: {
          containers: [
            { name: "one", image: "i:1", env: [{ name: "A", value: "1" }] },
            { name: "two", image: "i:1" },
          ],
        },
      },
    },
  })
  const containers = (answer: Answer): readonly unknown[] =>
    list(answer.body, "spec", "template", "spec", "containers").map((one) => [
      at(one, "name"),
      at(one, "image"),
      list(one, "env")
        .map((env) => `${text(env, "name")}=${text(env, "value")}`)
        .toSorted(),
    ])

  test("a strategic patch merges lists by their key", async () => {
    const { kube, path } = on()
    await kube.create(path("statefulsets"), set("p-strategic"))
    const patch = (change: readonly object[]): Promise<Answer> =>
      kube.patch("strategic", path("statefulsets", "p-strategic"), {
        spec: { template: { spec: { containers: change } } },
      })
    const added = await patch([{ name: "one", env: [{ name: "B", value: "2" }] }])
    assert.equal(added.status, 200, JSON.stringify(added.body))
    assert.deepEqual(containers(added)[0], ["one", "i:1", ["A=1", "B=2"]])
    const removed = await patch([{ name: "two", $patch: "delete" }])
    assert.equal(containers(removed).length, 1)
    const replaced = await kube.patch("strategic", path("statefulsets", "p-strategic"), {
      spec: {
        template: { spec: { containers: [{ $patch: "replace" }, { name: "new", image: "i:2" }] } },
      },
    })
    assert.deepEqual(containers(replaced), [["new", "i:2", []]])
  })

  test("a strategic patch takes single finalizers away and keeps the rest", async () => {
    const { kube, path } = on()
    const metadata = { name: "p-final", finalizers: ["x.io/a", "x.io/b"] }
    await kube.create(path("configmaps"), { metadata })
    const patched = await kube.patch("strategic", path("configmaps", "p-final"), {
      metadata: { "$deleteFromPrimitiveList/finalizers": ["x.io/a"] },
    })
    assert.deepEqual(at(patched.body, "metadata", "finalizers"), ["x.io/b"])
    await kube.patch("merge", path("configmaps", "p-final"), { metadata: { finalizers: null } })
  })

  test("a patch of an unknown kind is refused with 415", async () => {
    const { kube, path } = on()
    await kube.create(path("configmaps"), configMap("p-kind"))
    const refused = await kube.call("PATCH", path("configmaps", "p-kind"), {
      body: {},
      contentType: "application/json",
    })
    assert.equal(refused.status, 415)
  })

  test("a patch can not rename, and can not change the uid", async () => {
    const { kube, path } = on()
    await kube.create(path("configmaps"), configMap("p-name"))
    const renamed = await kube.patch("merge", path("configmaps", "p-name"), {
      metadata: { name: "p-other" },
    })
    assert.ok(renamed.status >= 400, String(renamed.status))
    const other = { metadata: { uid: "00000000-0000-4000-8000-000000000000" } }
    const patched = await kube.patch("merge", path("configmaps", "p-name"), other)
    assert.ok([409, 422].includes(patched.status), String(patched.status))
  })
}

export function selectors(on: GroundOf): void {
  test("label selectors compare, contain, exist and exclude", async () => {
    const { kube, path } = on()
    const labels = [{ tier: "a", zone: "1" }, { tier: "b", zone: "1" }, { tier: "c" }]
    for (const [index, own] of labels.entries()) {
      const metadata = { name: `l-${index}`, labels: { ...own, set: "l" } }
      await kube.create(path("configmaps"), { metadata })
    }
    const found = async (labelSelector: string): Promise<readonly string[]> =>
      items(await kube.must(200, "GET", path("configmaps"), { query: { labelSelector } })).map(
        nameOf,
      )
    assert.deepEqual(await found("set=l,tier=a"), ["l-0"])
    assert.deepEqual(await found("set=l,tier!=a"), ["l-1", "l-2"])
    assert.deepEqual(await found("set=l,tier in (a,c)"), ["l-0", "l-2"])
    assert.deepEqual(await found("set=l,tier notin (a,c)"), ["l-1"])
    assert.deepEqual(await found("set=l,zone"), ["l-0", "l-1"])
    assert.deepEqual(await found("set=l,!zone"), ["l-2"])
    assert.deepEqual(await found("set==l,zone!=1"), ["l-2"])
    const bad = await kube.call("GET", path("configmaps"), { query: { labelSelector: "a in" } })
    assert.equal(bad.status, 400)
  })

  test("field selectors know the fields of their kind and refuse others", async () => {
    const { kube, path } = on()
    await kube.create(path("pods"), idlePod("f-one"))
    await kube.create(path("pods"), idlePod("f-two"))
    const found = async (fieldSelector: string): Promise<readonly string[]> =>
      items(await kube.must(200, "GET", path("pods"), { query: { fieldSelector } })).map(nameOf)
    assert.deepEqual(await found("metadata.name=f-one"), ["f-one"])
    assert.ok((await found("status.phase=Pending")).includes("f-two"))
    assert.deepEqual(await found("status.phase=Running,metadata.name=f-one"), [])
    assert.ok((await found("spec.nodeName=,metadata.name!=f-one")).includes("f-two"))
    const refused = await kube.call("GET", path("pods"), {
      query: { fieldSelector: "spec.hostname=x" },
    })
    assert.equal(refused.status, 400)
    for (const name of ["f-one", "f-two"]) await kube.call("DELETE", path("pods", name))
  })

  test("a collection is deleted by selector", async () => {
    const { kube, path } = on()
    await kube.create(path("configmaps"), { metadata: { name: "d-1", labels: { kill: "yes" } } })
    await kube.create(path("configmaps"), { metadata: { name: "d-2", labels: { kill: "no" } } })
    await kube.must(200, "DELETE", path("configmaps"), { query: { labelSelector: "kill=yes" } })
    assert.equal((await kube.call("GET", path("configmaps", "d-1"))).status, 404)
    assert.equal((await kube.call("GET", path("configmaps", "d-2"))).status, 200)
  })
}
