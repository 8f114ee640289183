import assert from "node:assert/strict"
import { test } from "node:test"
import { builtInRules } from "#core/recovery/built-in.ts"
import type { ClusterSpec } from "#core/cluster/spec.ts"
import { clusterId, clusterName, configVersion, namespace, term } from "#core/ids.ts"
import { gibibytes } from "#core/units.ts"
import { podConfigSchema } from "#wire/pod-config.ts"
import { ruleSetOf, ruleSetSchema } from "#wire/rule-set-schema.ts"
import { readStoredCluster, storeCluster } from "#wire/stored-cluster.ts"
import { podConfigOf } from "./pod-config.ts"

const spec: ClusterSpec = {
  id: clusterId("1c6f3ab5-2b8d-4d37-8d3c-7f1b1b7b0001"),
  name: clusterName("orders"),
  namespace: namespace("databases"),
  profile: "standard",
  version: configVersion(1),
  paused: false,
  members: 3,
  postgres: { major: 17, image: "postgres:17" },
  data: { size: gibibytes(1), storageClass: undefined },
  wal: undefined,
  resources: {
    cpuRequest: undefined,
    memoryRequest: undefined,
    cpuLimit: undefined,
    memoryLimit: undefined,
  },
  parameters: {},
  hba: [],
  failover: { preset: "edge", durability: "preferred" },
}
const record = { systemIdentifier: undefined, highestTerm: term(0) }
const site = { satelliteAddress: "satellite:9091" }

test("recovery rules reach pod.json as central wrote them, through the wire and the stored config", () => {
  const stored = readStoredCluster(storeCluster({ ...spec, recovery: builtInRules }))
  assert.ok(stored.kind === "ok")
  const written: unknown = JSON.parse(
    JSON.stringify(podConfigOf(site, stored.value, record, stored.value.members)),
  )
  const { recovery } = podConfigSchema.parse(written)
  assert.deepEqual(ruleSetOf(ruleSetSchema.parse(recovery)), builtInRules)
})

test("a cluster without rules of its own says nothing of them", () => {
  assert.ok(!("recovery" in podConfigOf(site, spec, record, spec.members)))
})
