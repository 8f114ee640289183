import assert from "node:assert/strict"
import { readFileSync, writeFileSync } from "node:fs"
import { test } from "node:test"
import fc from "fast-check"
import type { ClusterSpec } from "#core/cluster/spec.ts"
import { configVersion, systemIdentifier, term } from "#core/ids.ts"
import { access } from "#core/manifests/access.ts"
import { configMap } from "#core/manifests/config-map.ts"
import { disruptionBudget } from "#core/manifests/disruption-budget.ts"
import { emptyRecord, lease, mergeRecords, recordMap } from "#core/manifests/lease.ts"
import type { KubeObject } from "#core/manifests/object.ts"
import { services } from "#core/manifests/services.ts"
import type { Site } from "#core/manifests/site.ts"
import { statefulSet, volumeClaims } from "#core/manifests/stateful-set.ts"
import { annotation } from "#core/names.ts"
import { gibibytes, mebibytes } from "#core/units.ts"
import { clusterSpec } from "../../../test/fixtures/cluster-spec.ts"

const spec = clusterSpec({
  version: configVersion(4),
  postgres: { major: 17, image: "docker.io/library/postgres:17.2" },
  data: { size: gibibytes(10), storageClass: "fast" },
  wal: { size: mebibytes(2560), storageClass: undefined },
  resources: {
    cpuRequest: "250m",
    memoryRequest: "512Mi",
    cpuLimit: undefined,
    memoryLimit: "1Gi",
  },
  parameters: { work_mem: "8MB", "app.motto": "it's" },
  hba: ["host all all 10.0.0.0/8 scram-sha-256"],
})
const site: Site = {
  failoverImage: "pg-swarm/failover:0.1.0",
  satelliteAddress: "pg-swarm-satellite.pg-swarm-system.svc:9091",
  disruptionBudgetVersion: "policy/v1",
}
const record = { systemIdentifier: systemIdentifier("7400000000000000001"), highestTerm: term(5) }

const all = (of: ClusterSpec): readonly KubeObject[] => [
  configMap(of, { supervisor: "#!/bin/bash\n", podConfig: "{}" }),
  ...services(of),
  ...access(of),
  recordMap(of, record),
  lease(of, record),
  disruptionBudget(of, "policy/v1"),
  statefulSet(of, site),
]

test("the objects of a cluster are those that were looked at (PG_SWARM_WRITE_GOLDEN=1 writes them anew)", () => {
  const file = new URL("./golden.json", import.meta.url)
  const made = `${JSON.stringify(all(spec), undefined, 2)}\n`
  if (process.env["PG_SWARM_WRITE_GOLDEN"] !== undefined) writeFileSync(file, made)
  assert.deepEqual(JSON.parse(made), JSON.parse(readFileSync(file, "utf8")))
})

const template = (of: ClusterSpec): unknown => {
  const set = statefulSet(of, site)
  return [set.metadata.annotations?.[annotation.templateHash], JSON.stringify(set["spec"])]
}

test("nothing that members take over by a reload makes a new pod template or touches volume claims", () => {
  const volatile = fc.record({
    parameters: fc.dictionary(fc.stringMatching(/^[a-z_]{1,20}$/), fc.string()),
    hba: fc.array(fc.string()),
    failover: fc.record({
      preset: fc.constantFrom("fast" as const, "edge" as const, "calm" as const),
      durability: fc.constantFrom("async" as const, "preferred" as const, "quorum" as const),
    }),
    paused: fc.boolean(),
    version: fc.integer({ min: 1 }).map(configVersion),
    profile: fc.stringMatching(/^[a-z]{1,20}$/),
  })
  fc.assert(
    fc.property(volatile, (changes) => {
      assert.deepEqual(template({ ...spec, ...changes }), template(spec))
    }),
  )
})

test("the number of members changes replicas and nothing of the pod", () => {
  const [hash] = [template(spec)].flat()
  const [scaled] = [template({ ...spec, members: 5 })].flat()
  assert.equal(scaled, hash)
  assert.deepEqual(
    volumeClaims({ ...spec, members: 5, version: configVersion(9) }),
    volumeClaims(spec),
  )
})

test("an image, resources or volumes do change the pod or its claims", () => {
  const others: readonly Partial<ClusterSpec>[] = [
    { postgres: { major: 17, image: "docker.io/library/postgres:17.3" } },
    { resources: { ...spec.resources, memoryLimit: "2Gi" } },
    { wal: undefined },
  ]
  for (const other of others) assert.notDeepEqual(template({ ...spec, ...other }), template(spec))
})

test("every pod runs under restricted pod security", () => {
  const text = JSON.stringify(statefulSet(spec, site)["spec"])
  const containers = text.split('"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]}')
  assert.equal(containers.length - 1, 2, "each of the two containers is confined")
  assert.match(text, /"runAsNonRoot":true,"runAsUser":999,"runAsGroup":999,"fsGroup":999/)
  assert.match(text, /"seccompProfile":\{"type":"RuntimeDefault"\}/)
  assert.doesNotMatch(text, /privileged|hostPath|hostNetwork|shareProcessNamespace/)
})

test("no password, token or key is in any object but the Secret, which is not built here", () => {
  assert.doesNotMatch(JSON.stringify(all(spec)), /password"|BEGIN|token"/)
})

test("the sidecar may use one Lease by name and create nothing", () => {
  const role = access(spec).find(({ kind }) => kind === "Role")
  const text = JSON.stringify(role?.["rules"])
  assert.match(text, /"resourceNames":\["orders-leader"\]/)
  assert.doesNotMatch(text, /create|delete|secrets|exec|\*/)
})

test("a record only grows: terms rise, and a known database is never exchanged for another", () => {
  const seen = { systemIdentifier: undefined, highestTerm: term(3) }
  assert.deepEqual(mergeRecords(record, seen), { kind: "record", record })
  assert.deepEqual(mergeRecords(emptyRecord, record), { kind: "record", record })
  const other = { ...record, systemIdentifier: systemIdentifier("7400000000000000002") }
  assert.equal(mergeRecords(record, other).kind, "conflict")
})
