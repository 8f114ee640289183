import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import type { Durability } from "#core/cluster/spec.ts"
import { type PodName, podName } from "#core/ids.ts"
import { lsn } from "#core/lsn.ts"
import {
  firstNames,
  nextDurabilityStep,
  recordedBy,
  type RecordsSent,
  wantedNames,
  withRecord,
} from "#core/failover/durability.ts"
import type { Memory } from "#core/failover/decision.ts"
import { standbyRow } from "../../../test/fixtures/server-look.ts"

const [b, c, d] = [podName("c-1"), podName("c-2"), podName("c-3")]
const others: readonly PodName[] = [b, c, d]
const row = (pod: PodName, flush: bigint, state = "streaming") =>
  standbyRow(pod, lsn(flush), { state, synchronous: false })

const wanted: readonly (readonly [
  Durability,
  readonly ReturnType<typeof row>[],
  readonly PodName[],
])[] = [
  ["async", [row(b, 1n)], []],
  ["preferred", [row(b, 1n), row(c, 1n, "catchup")], [b]],
  ["preferred", [], []],
  ["quorum", [row(c, 1n)], [c]],
  ["quorum", [row(c, 1n, "catchup")], others],
  ["quorum", [row(podName("stranger-0"), 1n)], others],
]
for (const [mode, rows, names] of wanted)
  test(`${mode} waits for ${names.join(", ") || "nobody"} when ${rows.map((r) => `${r.pod} is in ${r.state}`).join(", ") || "nobody streams"}`, () =>
    assert.deepEqual(wantedNames(mode, others, rows), names))

test("a new primary in quorum waits for the others from its first commit on", () => {
  assert.deepEqual(firstNames("quorum", others), others)
  assert.deepEqual(firstNames("preferred", others), [])
})

/** What becomes of a write of the record: it comes into force or not, and is answered or not. */
const fates = ["answered", "lost on the way", "answer lost"] as const
type Fate = (typeof fates)[number]

/** A primary whose standbys come and go; commits are acknowledged by any one of the effective names. */
type World = {
  effective: readonly PodName[]
  /** On the Lease. */
  recorded: readonly PodName[]
  version: number
  /** As the primary knows it: by its last look, and by what it sent. */
  seen: { readonly record: readonly PodName[]; readonly version: number }
  sent: RecordsSent
  isAway: boolean
  settled: Memory["settled"]
  written: bigint
  now: number
  readonly flushed: Map<PodName, bigint>
  readonly streaming: Set<PodName>
  /** Highest position acknowledged to a client. */
  acknowledged: bigint
}

function write(world: World, syncSet: readonly PodName[], fate: Fate): void {
  world.sent = withRecord(world.sent, syncSet)
  world.isAway = fate !== "answered"
  if (fate === "lost on the way") return
  if (world.seen.version === world.version) {
    world.recorded = syncSet
    world.version += 1
    if (fate === "answered") world.sent = [syncSet]
  }
  // It was outrun, or it was done: the answer shows what is in force.
  if (fate === "answered") world.seen = { record: world.recorded, version: world.version }
}

function turn(world: World, fate: Fate): void {
  const rows = [...world.streaming].map((pod) => row(pod, world.flushed.get(pod) ?? 0n))
  const { step, settled } = nextDurabilityStep(
    world.now,
    "quorum",
    wantedNames("quorum", others, rows),
    { ...recordedBy(world.sent, world.seen.record), isAway: world.isAway },
    {
      syncNames: world.effective,
      standbys: rows,
      writtenLsn: lsn(world.written),
      askedAt: world.now,
    },
    world.settled,
  )
  world.settled = settled
  if (step.kind === "record") write(world, step.syncSet, fate)
  if (step.kind === "setting") world.effective = step.names
}

test("S2: the record contains the setting, and all it names together always have every acknowledged commit", () => {
  const act = fc.oneof(
    fc.record({ kind: fc.constant("flush" as const), pod: fc.constantFrom(...others) }),
    fc.record({ kind: fc.constant("stream" as const), pod: fc.constantFrom(...others) }),
    fc.record({ kind: fc.constant("write" as const), pod: fc.constant(b) }),
    fc.record({ kind: fc.constant("turn" as const), pod: fc.constant(b) }),
  )
  const acts = fc.array(fc.tuple(act, fc.constantFrom(...fates)), { minLength: 10, maxLength: 120 })
  fc.assert(
    fc.property(acts, (taken) => {
      const world: World = {
        effective: others,
        recorded: others,
        version: 1,
        seen: { record: others, version: 1 },
        sent: [others],
        isAway: false,
        settled: undefined,
        written: 0n,
        now: 0,
        flushed: new Map(others.map((pod) => [pod, 0n])),
        streaming: new Set(others),
        acknowledged: 0n,
      }
      for (const [{ kind, pod }, fate] of taken) {
        world.now += 300
        if (kind === "write") world.written += 1n
        if (kind === "flush" && world.streaming.has(pod)) world.flushed.set(pod, world.written)
        if (kind === "stream" && !world.streaming.delete(pod)) world.streaming.add(pod)
        if (kind === "turn") turn(world, fate)
        for (const name of world.effective) {
          const has = world.flushed.get(name) ?? 0n
          if (has > world.acknowledged) world.acknowledged = has
        }
        assert.ok(world.effective.every((name) => world.recorded.includes(name)))
        const electorate = world.recorded.map((name) => world.flushed.get(name) ?? 0n)
        assert.ok(
          electorate.some((has) => has >= world.acknowledged),
          JSON.stringify(taken),
        )
      }
    }),
    { numRuns: 2000 },
  )
})

test("R8: while the record cannot be written, a member that is gone is waited for no longer", () => {
  const step = (mode: Durability, sent: RecordsSent, isAway: boolean) =>
    nextDurabilityStep(
      0,
      mode,
      [c],
      { ...recordedBy(sent, [b]), isAway },
      { syncNames: [b], standbys: [row(c, 1n)], writtenLsn: lsn(1n), askedAt: 0 },
      undefined,
    ).step
  // c came while the Lease may not name it, and b is gone.
  assert.deepEqual(step("preferred", [[b]], false), { kind: "record", syncSet: [b, c] })
  assert.deepEqual(step("preferred", [[b]], true), { kind: "setting", names: [] })
  assert.deepEqual(step("quorum", [[b]], true), { kind: "record", syncSet: [b, c] })
  assert.deepEqual(step("quorum", [[b, c]], true), { kind: "setting", names: [c] })
  assert.deepEqual(step("quorum", [[b, c], [b]], true), { kind: "record", syncSet: [b, c] })
})
