/** Who is primary, as far as the satellite has a say in it. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { annotation, label } from "#core/names.ts"
import { isRecord } from "#io/kube/api.ts"
import { kinds } from "#io/kube/kinds.ts"
import { type TestKube, never } from "../satellite-under-test.ts"
import { names, settled } from "./settled.ts"

export function roleTests(kube: () => TestKube): void {
  test("a Lease that is made anew goes on from the highest term and names the database", async () => {
    await using site = await settled(kube(), "term", { members: 3 })
    const at = site.spec.namespace
    const lease = await kube().get(kinds.Lease, at, names.lease)
    assert.ok(lease)
    const { metadata } = lease
    const annotations = {
      ...metadata.annotations,
      [annotation.systemIdentifier]: "7400000000000000001",
    }
    const spec = {
      holderIdentity: "orders-0/uid/nonce",
      leaseTransitions: 7,
      leaseDurationSeconds: 6,
    }
    await kube().api.replace(
      kinds.Lease,
      { ...lease, metadata: { ...metadata, annotations }, spec },
      "somebody",
      never,
    )
    await kube().until("the record", async () => {
      const record = await kube().get(kinds.ConfigMap, at, names.record)
      const data = isRecord(record?.["data"]) ? record["data"] : {}
      return data["highest-term"] === "7" ? true : undefined
    })
    const now = await kube().get(kinds.Lease, at, names.lease)
    assert.ok(now)
    await kube().api.delete(kinds.Lease, now, "Background", never)
    const again = await kube().until("a new Lease", async () => {
      const live = await kube().get(kinds.Lease, at, names.lease)
      return live?.metadata.uid === now.metadata.uid ? undefined : live
    })
    assert.equal(isRecord(again["spec"]) ? again["spec"]["leaseTransitions"] : undefined, 7)
    assert.equal(again.metadata.annotations?.[annotation.systemIdentifier], "7400000000000000001")
    const config = await kube().until("the identifier in pod.json", async () => {
      const live = await kube().get(kinds.ConfigMap, at, names.configMap)
      const data = isRecord(live?.["data"]) ? live["data"] : {}
      const text = String(data["pod.json"])
      return text.includes("7400000000000000001") ? text : undefined
    })
    assert.match(config, /"members": 3/)
  })

  test("labels a pod without a role as replica, never as primary", async () => {
    await using site = await settled(kube(), "roles", { members: 3 })
    const at = site.spec.namespace
    await kube().until("three labelled pods", async () => {
      const { items } = await kube().api.list(
        kinds.Pod,
        at,
        { labels: "pg-swarm.io/cluster=orders" },
        never,
      )
      const roles = items.map(({ metadata }) => metadata.labels?.[label.role])
      assert.ok(!roles.includes("primary"))
      return roles.length === 3 && roles.every((role) => role === "replica") ? true : undefined
    })
  })
}
