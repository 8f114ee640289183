/** A deletion is carried to its end, whoever was away meanwhile. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { kinds } from "#io/kube/kinds.ts"
import { SatelliteUnderTest, type TestKube, never } from "../satellite-under-test.ts"
import { settled, snapshot } from "./settled.ts"

export function deletionTests(kube: () => TestKube): void {
  test("removes a cluster that was deleted while the site was away, volumes and all", async () => {
    await using site = await settled(kube(), "gone", { members: 3 })
    const at = site.spec.namespace
    await kube().until("protected volumes", async () => {
      const { items } = await kube().api.list(kinds.PersistentVolumeClaim, at, {}, never)
      const all = items.filter(({ metadata }) =>
        (metadata.finalizers ?? []).includes("pg-swarm.io/protection"),
      )
      return all.length === 3 ? true : undefined
    })
    await site.satellite.stop()
    site.central.clusters = []
    await using _again = await SatelliteUnderTest.start(kube(), {
      central: site.central.url,
      namespace: site.system,
    })
    await site.central.until("a stream", () => site.central.connected > 0)
    const { id: clusterId, name, namespace } = site.spec
    site.central.send({ kind: "delete-cluster", clusterId, name, namespace })
    await site.central.until("gone", () => site.central.gone.has(clusterId), 90_000)
    assert.equal((await snapshot(kube(), at)).size, 0)
    const { items } = await kube().api.list(kinds.PersistentVolumeClaim, at, {}, never)
    assert.equal(items.length, 0)
    const kept = await kube().api.list(
      kinds.ConfigMap,
      site.system,
      { labels: "pg-swarm.io/part=desired-cluster" },
      never,
    )
    assert.equal(kept.items.length, 0, "its tombstone is forgotten")
  })

  test("goes on with a deletion that a restart interrupted", async () => {
    await using site = await settled(kube(), "resume")
    await site.satellite.stop()
    const { id, name, namespace, version } = site.spec
    const object = `pg-swarm-cluster-${id}`
    const body = { metadata: { name: object, namespace: site.system } }
    const tombstone = JSON.stringify({ id, name, namespace, version })
    const data = { "config.json": null, "deleting.json": tombstone }
    await kube().api.mergePatch(kinds.ConfigMap, body, { data }, "somebody", never)
    await site.central.close()
    await using _again = await SatelliteUnderTest.start(kube(), {
      central: site.central.url,
      namespace: site.system,
    })
    await kube().until(
      "nothing left",
      async () => ((await snapshot(kube(), namespace)).size === 0 ? true : undefined),
      90_000,
    )
  })
}
