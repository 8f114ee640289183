import assert from "node:assert/strict"
import { test } from "node:test"
import { builtInRules } from "#core/recovery/built-in.ts"
import { term } from "#core/ids.ts"
import { podConfigSchema } from "#wire/pod-config.ts"
import { ruleSetOf, ruleSetSchema } from "#wire/rule-set-schema.ts"
import { readStoredCluster, storeCluster } from "#wire/stored-cluster.ts"
import { clusterSpec } from "../../../test/fixtures/cluster-spec.ts"
import { podConfigOf } from "./pod-config.ts"

const spec = clusterSpec()
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
