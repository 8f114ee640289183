/** What a satellite knows after a restart, by itself and without central. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { kinds } from "#io/kube/kinds.ts"
import { SatelliteUnderTest, type TestKube, never } from "../satellite-under-test.ts"
import { names, settled, snapshot } from "./settled.ts"

export function restartTests(kube: () => TestKube): void {
  test("manages its clusters after a restart while central is away", async () => {
    await using site = await settled(kube(), "alone")
    await site.satellite.stop()
    await site.central.close()
    const at = site.spec.namespace
    const live = await kube().get(kinds.ConfigMap, at, names.configMap)
    assert.ok(live)
    await kube().api.delete(kinds.ConfigMap, live, "Background", never)
    await using _again = await SatelliteUnderTest.start(kube(), {
      central: site.central.url,
      namespace: site.system,
    })
    await kube().until("the ConfigMap", () => kube().get(kinds.ConfigMap, at, names.configMap))
  })

  test("C14: goes on holding a paused cluster after a restart, and tells that it is paused", async () => {
    await using site = await settled(kube(), "paused", { paused: true })
    const { id } = site.spec
    await site.central.until("its health", () => site.central.health.get(id)?.state === "paused")
    await site.satellite.stop()
    site.central.health.clear()
    site.central.clusters = []
    await using _again = await SatelliteUnderTest.start(kube(), {
      central: site.central.url,
      namespace: site.system,
    })
    await site.central.until("it is named at once", () =>
      (site.central.hellos.at(-1)?.clusters ?? []).some(({ clusterId }) => clusterId === id),
    )
    await site.central.until("it is shown", () => site.central.health.get(id)?.state === "paused")
    assert.ok(await kube().get(kinds.StatefulSet, site.spec.namespace, names.statefulSet))
  })

  test("keeps a cluster that Welcome does not name", async () => {
    await using site = await settled(kube(), "unnamed")
    const before = await snapshot(kube(), site.spec.namespace)
    await site.satellite.stop()
    site.central.clusters = []
    const hellos = site.central.hellos.length
    await using _again = await SatelliteUnderTest.start(kube(), {
      central: site.central.url,
      namespace: site.system,
    })
    await site.central.until("hello", () => site.central.hellos.length > hellos)
    assert.deepEqual(site.central.hellos.at(-1)?.clusters, [
      { clusterId: site.spec.id, version: 1, deleting: false },
    ])
    await site.central.until("health", () => site.central.health.has(site.spec.id))
    assert.deepEqual([...(await snapshot(kube(), site.spec.namespace)).keys()], [...before.keys()])
  })

  test("only one satellite is live in a Kubernetes; the next one follows a clean stop at once", async () => {
    await using site = await settled(kube(), "single")
    const second = SatelliteUnderTest.start(kube(), {
      central: site.central.url,
      namespace: site.system,
    })
    const first = await Promise.race([
      second.then(() => "second"),
      new Promise((resolve) => setTimeout(() => resolve("first"), 3_000)),
    ])
    assert.equal(first, "first", "the second one waits")
    const stopping = performance.now()
    await site.satellite.stop()
    await using _live = await second
    assert.ok(performance.now() - stopping < 12_000, "without waiting until the Lease is old")
  })
}
