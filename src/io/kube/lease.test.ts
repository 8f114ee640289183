import assert from "node:assert/strict"
import { test } from "node:test"
import type { LeaseContent } from "#core/failover/lease.ts"
import { podName, systemIdentifier, term, timeline } from "#core/ids.ts"
import { lsn } from "#core/lsn.ts"
import { leaseObject, parseLease } from "./lease.ts"
import type { Live } from "./api.ts"

const object: Live = {
  apiVersion: "coordination.k8s.io/v1",
  kind: "Lease",
  metadata: {
    name: "c-leader",
    namespace: "n",
    uid: "u",
    resourceVersion: "7",
    labels: { kept: "yes" },
    annotations: { "someone.else/note": "kept" },
  },
  spec: { leaseTransitions: 4, acquireTime: "2026-01-01T00:00:00.000000Z" },
}
const held: LeaseContent = {
  holder: { pod: podName("c-1"), uid: "uid", nonce: "n1" },
  term: term(5),
  durationSeconds: 6,
  members: [podName("c-0"), podName("c-1")],
  syncSet: [podName("c-0")],
  position: { timeline: timeline(3), lsn: lsn(0x1_6b37_4d84n) },
  newestTimeline: timeline(4),
  successor: undefined,
  systemIdentifier: systemIdentifier("7123456789012345678"),
  released: undefined,
}
const released: LeaseContent = {
  ...held,
  holder: undefined,
  durationSeconds: 1,
  successor: podName("c-0"),
  released: {
    by: { pod: podName("c-1"), uid: "uid", nonce: "n1" },
    term: term(5),
    cause: "hand-over",
    checkpoint: lsn(0x3000060n),
    timeline: timeline(2),
  },
}
const wall = Date.UTC(2026, 1, 3, 4, 5, 6, 7)

for (const [name, content] of [
  ["held", held],
  ["released", released],
] as const)
  test(`a ${name} Lease reads back as it was written`, () => {
    assert.deepEqual(parseLease(leaseObject(object, content, wall)), { ...content, version: "7" })
  })

test("writing keeps what others wrote, and the version that it was decided on", () => {
  const written = leaseObject(object, held, wall)
  assert.equal(written.metadata.resourceVersion, "7")
  assert.equal(written.metadata.labels?.["kept"], "yes")
  assert.equal(written.metadata.annotations?.["someone.else/note"], "kept")
  assert.equal(written.spec["renewTime"], "2026-02-03T04:05:06.007000Z")
  assert.equal(written.spec["acquireTime"], "2026-02-03T04:05:06.007000Z")
})

test("a renewal does not change when the Lease was acquired", () => {
  const again = { ...object, spec: { ...leaseObject(object, held, wall).spec } }
  assert.equal(
    leaseObject(again, held, wall + 5000).spec["acquireTime"],
    "2026-02-03T04:05:06.007000Z",
  )
})

test("what was written by hand counts as not said, and a strange holder as a stranger", () => {
  const strange = parseLease({
    ...object,
    metadata: {
      ...object.metadata,
      annotations: { "pg-swarm.io/members": "c-0,c-1", "pg-swarm.io/operation": "{" },
    },
    spec: { holderIdentity: "kubectl", leaseTransitions: "many", leaseDurationSeconds: -5 },
  })
  assert.deepEqual(strange.members, [])
  assert.equal(strange.released, undefined)
  assert.equal(strange.term, 0)
  assert.equal(strange.durationSeconds, 0)
  assert.deepEqual(strange.holder, { pod: "kubectl", uid: "?", nonce: "?" })
})
