import assert from "node:assert/strict"
import { test } from "node:test"
import { podName } from "#core/ids.ts"
import { nextPlacement, type ScaleSeen } from "#core/rollout/scale.ts"

const pods = (count: number) => Array.from({ length: count }, (_, at) => podName(`c-${at}`))
const three: ScaleSeen = {
  wanted: 3,
  exists: true,
  told: 3,
  replicas: 3,
  onLease: pods(3),
  syncSet: pods(3).slice(1),
  primary: podName("c-0"),
  well: new Set(pods(3)),
  paused: false,
  isUnsettled: false,
}
const placed = (changes: Partial<ScaleSeen>) => nextPlacement({ ...three, ...changes })

test("a new cluster begins with what is wanted", () => {
  const { placement, waits } = placed({ exists: false, told: undefined, replicas: undefined })
  assert.deepEqual([placement, waits], [{ members: 3, replicas: 3 }, undefined])
})

test("members join one after another, each when all others are well and on the Lease", () => {
  assert.deepEqual(placed({ wanted: 5 }).placement, { members: 4, replicas: 4 })
  const joining = { wanted: 5, told: 4, replicas: 4 }
  assert.deepEqual(placed(joining).placement, { members: 4, replicas: 4 }, "not on the Lease yet")
  assert.deepEqual(placed({ ...joining, onLease: pods(4) }).placement.members, 4, "not well yet")
  const joined = { ...joining, onLease: pods(4), well: new Set(pods(4)) }
  assert.deepEqual(placed(joined).placement, { members: 5, replicas: 5 })
})

test("nobody joins while members restart, or while the cluster is paused", () => {
  for (const changes of [{ isUnsettled: true }, { paused: true }]) {
    const { placement, waits } = placed({ wanted: 5, ...changes })
    assert.deepEqual(placement, { members: 3, replicas: 3 })
    assert.ok(waits !== undefined)
  }
})

test("members that leave are uncounted first; their pods go when the Lease and commits are without them", () => {
  const five = { ...three, told: 5, replicas: 5, onLease: pods(5), well: new Set(pods(5)) }
  assert.deepEqual(nextPlacement(five).placement, { members: 3, replicas: 5 })
  const uncounted = { ...five, told: 3 }
  assert.deepEqual(nextPlacement(uncounted).placement, { members: 3, replicas: 5 })
  const offLease = { ...uncounted, onLease: pods(3), syncSet: pods(5).slice(1) }
  assert.deepEqual(nextPlacement(offLease).placement, { members: 3, replicas: 5 })
  const free = { ...offLease, syncSet: pods(3).slice(1) }
  assert.deepEqual(nextPlacement(free), {
    placement: { members: 3, replicas: 3 },
    waits: undefined,
    handOver: false,
  })
})

test("a primary that leaves hands over first, and nobody leaves while one that stays is away", () => {
  const four = { wanted: 3, told: 4, replicas: 4, onLease: pods(4) }
  const leaving = placed({ ...four, well: new Set(pods(4)), primary: podName("c-3") })
  assert.deepEqual([leaving.handOver, leaving.placement], [true, { members: 4, replicas: 4 }])
  const away = new Set([podName("c-0"), podName("c-1"), podName("c-3")])
  assert.deepEqual(placed({ ...four, well: away }).placement, { members: 4, replicas: 4 })
})

test("a StatefulSet that is made anew gets as many pods as there are members", () => {
  assert.deepEqual(placed({ replicas: undefined }).placement, { members: 3, replicas: 3 })
  const joining = { wanted: 5, told: 4, replicas: undefined, onLease: pods(4) }
  assert.deepEqual(placed(joining).placement, { members: 4, replicas: 4 })
})
