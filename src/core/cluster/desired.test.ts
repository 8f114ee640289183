import assert from "node:assert/strict"
import { test } from "node:test"
import { type Desired, desiredId, offer, whyKept } from "#core/cluster/desired.ts"
import type { ClusterSpec } from "#core/cluster/spec.ts"
import { clusterId, clusterName, configVersion } from "#core/ids.ts"
import { clusterSpec } from "../../../test/fixtures/cluster-spec.ts"

const spec = (id: number, version: number, name = "orders"): ClusterSpec =>
  clusterSpec({
    id: clusterId(`1c6f3ab5-2b8d-4d37-8d3c-7f1b1b7b000${id}`),
    name: clusterName(name),
    version: configVersion(version),
  })

const holding = (...all: readonly Desired[]) =>
  new Map(all.map((desired) => [desiredId(desired), desired]))
const wanted = (of: ClusterSpec): Desired => ({ kind: "wanted", spec: of })
const deleting = ({ id, name, namespace, version }: ClusterSpec): Desired => ({
  kind: "deleting",
  id,
  name,
  namespace,
  version,
})

test("a new cluster and a newer version are taken", () => {
  assert.equal(offer(holding(), spec(1, 1)).kind, "taken")
  assert.equal(offer(holding(wanted(spec(1, 1))), spec(1, 2)).kind, "taken")
})

test("versions never go backwards, and the same one is known", () => {
  assert.equal(offer(holding(wanted(spec(1, 2))), spec(1, 2)).kind, "known")
  assert.equal(offer(holding(wanted(spec(1, 2))), spec(1, 1)).kind, "known")
})

test("what is being deleted does not come back", () => {
  assert.equal(offer(holding(deleting(spec(1, 2))), spec(1, 9)).kind, "deleting")
})

test("two clusters do not share a name in a namespace, not even while one goes", () => {
  assert.equal(offer(holding(wanted(spec(1, 1))), spec(2, 1)).kind, "refused")
  assert.equal(offer(holding(deleting(spec(1, 1))), spec(2, 1)).kind, "refused")
  assert.equal(offer(holding(wanted(spec(1, 1))), spec(2, 1, "billing")).kind, "taken")
})

test("a cluster keeps its name", () => {
  assert.equal(offer(holding(wanted(spec(1, 1))), spec(1, 2, "renamed")).kind, "refused")
})

test("a protected cluster is deleted for nobody who does not know that it is not protected any more", () => {
  const guarded = wanted({ ...spec(1, 5), deletionProtected: true })
  assert.match(whyKept(guarded, undefined) ?? "", /protected from deletion/)
  assert.match(whyKept(guarded, configVersion(5)) ?? "", /knows no newer/)
  assert.equal(whyKept(guarded, configVersion(6)), undefined)
  assert.equal(whyKept(wanted(spec(1, 5)), undefined), undefined)
  assert.equal(
    whyKept(deleting(spec(1, 5)), undefined),
    undefined,
    "what goes already goes on going",
  )
  assert.equal(whyKept(undefined, undefined), undefined)
})
