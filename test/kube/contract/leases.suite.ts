/** Leases and status subresources: what elections and controllers stand on. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { type GroundOf, idlePod } from "./ground.ts"
import { at, text, versionOf, withFields } from "./raw-kube.ts"

const lease = (name: string, holder: string, transitions = 0): object => ({
  metadata: { name },
  spec: {
    holderIdentity: holder,
    leaseDurationSeconds: 6,
    leaseTransitions: transitions,
    acquireTime: "2024-05-06T07:08:09.123456Z",
    renewTime: "2024-05-06T07:08:09.123456Z",
  },
})

export function leases(on: GroundOf): void {
  test("of two that write a Lease with the same version one wins and the other gets 409", async () => {
    const { kube, path } = on()
    const made = await kube.create(path("leases"), lease("le-race", "nobody"))
    const take = (holder: string): Promise<{ readonly status: number }> =>
      kube.call("PUT", path("leases", "le-race"), {
        body: withFields(made, { spec: { holderIdentity: holder, leaseTransitions: 1 } }),
      })
    const answers = await Promise.all(["a", "b", "c", "d"].map(take))
    const codes = answers.map(({ status }) => status).toSorted((a, b) => a - b)
    assert.deepEqual(codes, [200, 409, 409, 409])
  })

  test("a Lease is not replaced without a version", async () => {
    const { kube, path } = on()
    await kube.create(path("leases"), lease("le-blind", "a"))
    const body = lease("le-blind", "b")
    assert.equal((await kube.call("PUT", path("leases", "le-blind"), { body })).status, 422)
  })

  test("a merge patch with a version is a compare-and-set", async () => {
    const { kube, path } = on()
    const made = await kube.create(path("leases"), lease("le-patch", "a"))
    const patch = (holder: string): Promise<{ readonly status: number }> =>
      kube.patch("merge", path("leases", "le-patch"), {
        metadata: { resourceVersion: versionOf(made) },
        spec: { holderIdentity: holder },
      })
    assert.equal((await patch("b")).status, 200)
    assert.equal((await patch("c")).status, 409)
    assert.equal(text(await kube.get(path("leases", "le-patch")), "spec", "holderIdentity"), "b")
  })

  test("times of a Lease keep their microseconds, and three digits are refused", async () => {
    const { kube, path } = on()
    const made = await kube.create(path("leases"), lease("le-time", "a"))
    assert.equal(text(made, "spec", "renewTime"), "2024-05-06T07:08:09.123456Z")
    const patch = { spec: { renewTime: "2024-05-06T07:08:09.123Z" } }
    const refused = await kube.patch("merge", path("leases", "le-time"), patch)
    assert.ok(refused.status >= 400 && refused.status < 600, String(refused.status))
    const read = await kube.get(path("leases", "le-time"))
    assert.equal(text(read, "spec", "renewTime"), "2024-05-06T07:08:09.123456Z")
  })

  test("a Lease without a positive duration is refused", async () => {
    const { kube, path } = on()
    const body = { metadata: { name: "le-zero" }, spec: { leaseDurationSeconds: 0 } }
    assert.equal((await kube.call("POST", path("leases"), { body })).status, 422)
  })

  test("a watch by name tells the changes of one Lease alone", async () => {
    const { kube, path } = on()
    await kube.create(path("leases"), lease("le-other", "a"))
    const made = await kube.create(path("leases"), lease("le-watch", "a"))
    using watch = await kube.watch(path("leases"), {
      fieldSelector: "metadata.name=le-watch",
      resourceVersion: versionOf(made),
    })
    for (const name of ["le-other", "le-watch"]) {
      await kube.patch("merge", path("leases", name), { spec: { holderIdentity: "b" } })
    }
    const event = await watch.next()
    assert.equal(event?.type, "MODIFIED")
    assert.equal(text(event.object, "metadata", "name"), "le-watch")
  })
}

export function statuses(on: GroundOf): void {
  test("a write of the object leaves its status alone, and the other way round", async () => {
    const { kube, path } = on()
    const made = await kube.create(path("pods"), idlePod("st-pod", { a: "1" }))
    assert.equal(at(made, "status", "phase"), "Pending")
    const main = await kube.patch("merge", path("pods", "st-pod"), {
      metadata: { labels: { a: "2" } },
      status: { phase: "Running" },
    })
    assert.equal(at(main.body, "status", "phase"), "Pending")
    assert.equal(at(main.body, "metadata", "labels", "a"), "2")
    const status = await kube.patch("merge", path("pods", "st-pod", "status"), {
      spec: { activeDeadlineSeconds: 5 },
      status: { phase: "Running", message: "by the test" },
    })
    assert.equal(status.status, 200)
    assert.equal(at(status.body, "status", "message"), "by the test")
    assert.equal(at(status.body, "spec", "activeDeadlineSeconds"), undefined)
    await kube.must(200, "DELETE", path("pods", "st-pod"))
  })

  test("a status with the version of an older state is refused with 409", async () => {
    const { kube, path } = on()
    const made = await kube.create(path("pods"), idlePod("st-old"))
    await kube.patch("merge", path("pods", "st-old"), { metadata: { labels: { a: "1" } } })
    const body = withFields(made, { status: { phase: "Running" } })
    const refused = await kube.call("PUT", path("pods", "st-old", "status"), { body })
    assert.equal(refused.status, 409)
    await kube.must(200, "DELETE", path("pods", "st-old"))
  })

  test("the spec of a pod stands, but for its image", async () => {
    const { kube, path } = on()
    await kube.create(path("pods"), idlePod("st-spec"))
    const image = { spec: { containers: [{ name: "main", image: "example.invalid/idle:2" }] } }
    assert.equal((await kube.patch("strategic", path("pods", "st-spec"), image)).status, 200)
    const env = { spec: { containers: [{ name: "main", env: [{ name: "A", value: "1" }] }] } }
    assert.equal((await kube.patch("strategic", path("pods", "st-spec"), env)).status, 422)
    await kube.must(200, "DELETE", path("pods", "st-spec"))
  })

  test("quantities come back in their shortest spelling", async () => {
    const { kube, path } = on()
    const made = await kube.create(path("persistentvolumeclaims"), {
      metadata: { name: "st-size" },
      spec: {
        storageClassName: "there-is-none",
        accessModes: ["ReadWriteOnce"],
        resources: { requests: { storage: "2048Mi" } },
      },
    })
    assert.equal(at(made, "spec", "resources", "requests", "storage"), "2Gi")
    assert.equal(at(made, "status", "phase"), "Pending")
  })
}
