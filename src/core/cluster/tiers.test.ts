import assert from "node:assert/strict"
import { test } from "node:test"
import type { ClusterSpec, VolumeSpec } from "#core/cluster/spec.ts"
import { type MadeWith, resolveTiers } from "#core/cluster/tiers.ts"
import { gibibytes } from "#core/units.ts"
import { clusterSpec } from "../../../test/fixtures/cluster-spec.ts"

const onTier = (tier: string): VolumeSpec => ({ size: gibibytes(1), storageClass: undefined, tier })

const spec = (data: VolumeSpec, wal?: VolumeSpec): ClusterSpec => clusterSpec({ data, wal })

const resolved = (
  of: ClusterSpec,
  tiers: Readonly<Record<string, string>>,
  made?: MadeWith,
): readonly (string | undefined)[] | readonly string[] => {
  const found = resolveTiers(of, { satelliteName: "north", tiers }, made)
  if (found.kind === "waiting") return found.reasons
  assert.equal("tier" in found.spec.data && found.spec.data.tier !== undefined, false)
  return [found.spec.data.storageClass, found.spec.wal?.storageClass]
}

test("a tier becomes the class that it is mapped to here, a class stays, and nothing means the default", () => {
  const direct: VolumeSpec = { size: gibibytes(1), storageClass: "local" }
  const tiers = { fast: "nvme", bulk: "hdd" }
  assert.deepEqual(resolved(spec(onTier("bulk"), onTier("fast")), tiers), ["hdd", "nvme"])
  assert.deepEqual(resolved(spec(direct, onTier("fast")), tiers), ["local", "nvme"])
  assert.deepEqual(resolved(spec({ ...direct, storageClass: undefined }), {}), [
    undefined,
    undefined,
  ])
})

test("a tier without a mapping waits, and every sentence names tier, volume and satellite", () => {
  const reasons = resolved(spec(onTier("bulk"), onTier("fast")), { slow: "tape" })
  assert.equal(reasons.length, 2)
  assert.match(reasons[0] ?? "", /storage tier bulk, which the data volume .* satellite north: map/)
  assert.match(reasons[1] ?? "", /storage tier fast, which the wal volume/)
})

test("C5: volumes that were made keep their class, whatever the mapping says now", () => {
  const both = spec(onTier("bulk"), onTier("fast"))
  assert.deepEqual(resolved(both, { bulk: "new", fast: "new" }, { data: "hdd", wal: "nvme" }), [
    "hdd",
    "nvme",
  ])
  assert.deepEqual(resolved(both, {}, { data: "hdd", wal: undefined }), ["hdd", undefined])
})
