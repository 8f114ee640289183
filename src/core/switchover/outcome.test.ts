import assert from "node:assert/strict"
import { test } from "node:test"
import { operationId, podName, type PodName, term } from "#core/ids.ts"
import {
  conclude,
  type Evidence,
  forgottenAfter,
  type MemberEvidence,
  type SwitchoverStart,
  unfinished,
} from "#core/switchover/outcome.ts"

const operation = operationId("2a6f3ab5-2b8d-4d37-8d3c-7f1b1b7b0002")
const [a, b, c] = [podName("c-0"), podName("c-1"), podName("c-2")]
const start: SwitchoverStart = { operation, from: a, term: term(3), to: b }

const member = (pod: PodName, change: Partial<MemberEvidence> = {}): MemberEvidence => ({
  pod,
  servesIn: undefined,
  handOver: undefined,
  streams: true,
  ...change,
})
const seen = (members: readonly MemberEvidence[], change: Partial<Evidence> = {}): Evidence => ({
  lease: { holder: a, term: term(3) },
  members,
  heard: undefined,
  quietFor: 0,
  ...change,
})
const held = (holder: PodName | undefined, inTerm: number): Partial<Evidence> => ({
  lease: { holder, term: term(inTerm) },
})
const undone = (abandoned: boolean) =>
  ({ kind: "undone", reason: "it did not receive the checkpoint", abandoned }) as const

test("the target serves in a later term and holds the Lease: it succeeded, whoever said what", () => {
  for (const heard of [
    undefined,
    { kind: "running" } as const,
    { kind: "failed", reason: "x" } as const,
  ])
    assert.deepEqual(
      conclude(
        start,
        seen([member(a), member(b, { servesIn: term(4) })], { ...held(b, 4), heard }),
      ),
      { kind: "succeeded", primary: b, term: 4 },
    )
})

test("another member than the named one serves: that is a failure, and says who it is", () => {
  const other = seen([member(a), member(c, { servesIn: term(4) })], held(c, 4))
  assert.deepEqual(conclude(start, other), {
    kind: "failed",
    error: "c-2 became primary in term 4, not c-1",
  })
  assert.equal(conclude({ ...start, to: undefined }, other).kind, "succeeded")
})

test("the old primary in a later term is a failure too", () =>
  assert.deepEqual(
    conclude({ ...start, to: undefined }, seen([member(a, { servesIn: term(5) })], held(a, 5))),
    { kind: "failed", error: "c-0 is primary again, in term 5" },
  ))

test("a report that the Lease has overtaken counts for nothing", () => {
  const stale = seen([member(b, { servesIn: term(4) })], held(c, 5))
  assert.equal(conclude(start, stale).kind, "open")
  const ofOld = seen([member(a, { servesIn: term(3) })], { ...held(b, 4), heard: undone(false) })
  assert.equal(conclude(start, ofOld).kind, "open")
})

test("a Lease that the site has not heard of for a while holds nothing up", () => {
  const late = seen([member(b, { servesIn: term(4) })], held(a, 3))
  assert.equal(conclude(start, late).kind, "succeeded")
  assert.equal(conclude(start, { ...late, lease: undefined }).kind, "succeeded")
})

test("undone counts only when the old primary serves again, and tells the reason", () => {
  const heard = undone(false)
  assert.equal(conclude(start, seen([member(a)], { heard })).kind, "open")
  const serves = seen([member(a, { servesIn: term(3) })], { heard })
  assert.deepEqual(conclude(start, serves), { kind: "failed", error: heard.reason })
  assert.deepEqual(conclude(start, { ...serves, heard: undone(true) }), { kind: "cancelled" })
})

test("while the sidecar says that it hands over, nothing is concluded from its serving", () => {
  const going = member(a, { servesIn: term(3), handOver: operation })
  assert.equal(conclude(start, seen([going], { quietFor: 60_000 })).kind, "open")
})

test("a sidecar that has forgotten its hand-over is found out by its silence about it", () => {
  const forgot = seen([member(a, { servesIn: term(3) })])
  assert.equal(conclude(start, forgot).kind, "open")
  const ended = conclude(start, { ...forgot, quietFor: forgottenAfter })
  assert.equal(ended.kind, "failed")
  assert.match(ended.error, /c-0 goes on as primary in term 3 and knows of no hand-over/)
})

test("what is known when time is up is told in one sentence", () => {
  assert.equal(
    unfinished(
      start,
      seen([member(a), member(b)], { ...held(undefined, 3), heard: undone(false) }),
      90,
    ),
    "not concluded within 90 s: nobody holds the Lease in term 3, no member says that it serves (begun by c-0 in term 3); it did not receive the checkpoint",
  )
  assert.equal(
    unfinished(start, seen([member(c, { servesIn: term(3) })], { lease: undefined }), 90),
    "not concluded within 90 s: the Lease was not seen, c-2 serves in term 3 (begun by c-0 in term 3)",
  )
})
