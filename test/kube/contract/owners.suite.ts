/** Finalizers, and what becomes of dependents when their owner is deleted. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { type Ground, type GroundOf, configMap } from "./ground.ts"
import { type Json, at, list, nameOf, uidOf } from "./raw-kube.ts"

const reference = (owner: Json, blockOwnerDeletion = true): object => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  name: nameOf(owner),
  uid: uidOf(owner),
  controller: true,
  blockOwnerDeletion,
})

async function family({ kube, path }: Ground, name: string): Promise<Json> {
  const owner = await kube.create(path("configmaps"), configMap(name))
  const metadata = { name: `${name}-child`, ownerReferences: [reference(owner)] }
  await kube.create(path("configmaps"), { metadata })
  return owner
}

const gone = async ({ kube, path }: Ground, name: string): Promise<void> => {
  await kube.until(path("configmaps"), (all) =>
    all.some((one) => nameOf(one) === name) ? undefined : true,
  )
}

export function owners(on: GroundOf): void {
  test("a finalizer holds a deletion up until it is taken away", async () => {
    const { kube, path } = on()
    const metadata = { name: "o-final", finalizers: ["x.io/hold"] }
    await kube.create(path("configmaps"), { metadata })
    await kube.must(200, "DELETE", path("configmaps", "o-final"))
    const held = await kube.get(path("configmaps", "o-final"))
    assert.equal(typeof at(held, "metadata", "deletionTimestamp"), "string")
    const more = { metadata: { finalizers: ["x.io/hold", "x.io/more"] } }
    const refused = await kube.patch("merge", path("configmaps", "o-final"), more)
    assert.ok(refused.status === 422 || refused.status === 403, String(refused.status))
    await kube.patch("merge", path("configmaps", "o-final"), { metadata: { finalizers: null } })
    assert.equal((await kube.call("GET", path("configmaps", "o-final"))).status, 404)
  })

  test("a deletion with the uid of another object is refused with 409", async () => {
    const { kube, path } = on()
    await kube.create(path("configmaps"), configMap("o-uid"))
    const refused = await kube.call("DELETE", path("configmaps", "o-uid"), {
      body: { preconditions: { uid: "00000000-0000-4000-8000-000000000000" } },
    })
    assert.equal(refused.status, 409)
    assert.equal((await kube.call("GET", path("configmaps", "o-uid"))).status, 200)
  })

  test("in the background the owner goes at once and its dependents follow", async () => {
    const ground = on()
    await family(ground, "o-back")
    const body = { propagationPolicy: "Background" }
    await ground.kube.must(200, "DELETE", ground.path("configmaps", "o-back"), { body })
    assert.equal((await ground.kube.call("GET", ground.path("configmaps", "o-back"))).status, 404)
    await gone(ground, "o-back-child")
  })

  test("in the foreground the owner stays until its dependents are gone", async () => {
    const ground = on()
    const { kube, path } = ground
    const owner = await kube.create(path("configmaps"), configMap("o-fore"))
    await kube.create(path("configmaps"), {
      metadata: {
        name: "o-fore-child",
        ownerReferences: [reference(owner)],
        finalizers: ["x.io/hold"],
      },
    })
    const body = { propagationPolicy: "Foreground" }
    await kube.must(200, "DELETE", path("configmaps", "o-fore"), { body })
    await kube.until(path("configmaps"), (all) => {
      const child = all.find((one) => nameOf(one) === "o-fore-child")
      return at(child, "metadata", "deletionTimestamp") === undefined ? undefined : true
    })
    const held = await kube.get(path("configmaps", "o-fore"))
    assert.deepEqual(at(held, "metadata", "finalizers"), ["foregroundDeletion"])
    await kube.patch("merge", path("configmaps", "o-fore-child"), {
      metadata: { finalizers: null },
    })
    await gone(ground, "o-fore")
  })

  test("orphaned dependents stay and lose their owner", async () => {
    const ground = on()
    await family(ground, "o-orphan")
    const body = { propagationPolicy: "Orphan" }
    await ground.kube.must(200, "DELETE", ground.path("configmaps", "o-orphan"), { body })
    await gone(ground, "o-orphan")
    const child = await ground.kube.get(ground.path("configmaps", "o-orphan-child"))
    assert.equal(list(child, "metadata", "ownerReferences").length, 0)
    assert.equal(at(child, "metadata", "deletionTimestamp"), undefined)
  })

  test("an object whose owner is not there is collected", async () => {
    const ground = on()
    const { kube, path } = ground
    const owner = await kube.create(path("configmaps"), configMap("o-late"))
    await kube.must(200, "DELETE", path("configmaps", "o-late"))
    const metadata = { name: "o-late-child", ownerReferences: [reference(owner)] }
    await kube.create(path("configmaps"), { metadata })
    await gone(ground, "o-late-child")
  })

  test("an object with one owner left stays", async () => {
    const ground = on()
    const { kube, path } = ground
    const [first, second] = [
      await kube.create(path("configmaps"), configMap("o-two-1")),
      await kube.create(path("configmaps"), configMap("o-two-2")),
    ]
    const both = [first, second].map((owner) => ({ ...reference(owner), controller: false }))
    await kube.create(path("configmaps"), {
      metadata: { name: "o-two-child", ownerReferences: both },
    })
    await kube.must(200, "DELETE", path("configmaps", "o-two-1"))
    const rest = await kube.until(path("configmaps"), (all) => {
      const child = all.find((one) => nameOf(one) === "o-two-child")
      const owners = list(child, "metadata", "ownerReferences")
      return owners.length === 1 ? owners : undefined
    })
    assert.equal(at(rest[0], "name"), "o-two-2")
  })

  test("a namespace takes all that is in it along", async () => {
    const { kube } = on()
    const name = `${on().namespace}-gone`
    await kube.create("/api/v1/namespaces", { metadata: { name } })
    await kube.create(`/api/v1/namespaces/${name}/configmaps`, configMap("inside"))
    await kube.must(200, "DELETE", `/api/v1/namespaces/${name}`)
    const refused = await kube.call("POST", `/api/v1/namespaces/${name}/configmaps`, {
      body: configMap("late"),
    })
    assert.ok(refused.status === 403 || refused.status === 404, String(refused.status))
    await kube.until("/api/v1/namespaces", (all) =>
      all.some((one) => nameOf(one) === name) ? undefined : true,
    )
  })
}
