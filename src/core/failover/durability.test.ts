import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import type { Durability } from "#core/cluster/spec.ts"
import { type PodName, podName } from "#core/ids.ts"
import { lsn } from "#core/lsn.ts"
import { firstNames, nextDurabilityStep, wantedNames } from "#core/failover/durability.ts"
import type { Memory } from "#core/failover/decision.ts"

const [b, c, d] = [podName("c-1"), podName("c-2"), podName("c-3")]
const others: readonly PodName[] = [b, c, d]
const row = (pod: PodName, flush: bigint, state = "streaming") => ({
  pod,
  state,
  flushLsn: lsn(flush),
  synchronous: false,
})

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

/** A primary whose standbys come and go; commits are acknowledged by any one of the effective names. */
type World = {
  effective: readonly PodName[]
  recorded: readonly PodName[]
  settled: Memory["settled"]
  written: bigint
  now: number
  readonly flushed: Map<PodName, bigint>
  readonly streaming: Set<PodName>
  /** Highest position acknowledged to a client. */
  acknowledged: bigint
}

function turn(world: World): void {
  const rows = [...world.streaming].map((pod) => row(pod, world.flushed.get(pod) ?? 0n))
  const { step, settled } = nextDurabilityStep(
    world.now,
    wantedNames("quorum", others, rows),
    world.recorded,
    {
      syncNames: world.effective,
      standbys: rows,
      writtenLsn: lsn(world.written),
      askedAt: world.now,
    },
    world.settled,
  )
  world.settled = settled
  if (step.kind === "record") world.recorded = step.syncSet
  if (step.kind === "setting") world.effective = step.names
}

test("S2: the record contains the setting, and all it names together always have every acknowledged commit", () => {
  const act = fc.oneof(
    fc.record({ kind: fc.constant("flush" as const), pod: fc.constantFrom(...others) }),
    fc.record({ kind: fc.constant("stream" as const), pod: fc.constantFrom(...others) }),
    fc.record({ kind: fc.constant("write" as const), pod: fc.constant(b) }),
    fc.record({ kind: fc.constant("turn" as const), pod: fc.constant(b) }),
  )
  fc.assert(
    fc.property(fc.array(act, { minLength: 10, maxLength: 120 }), (acts) => {
      const world: World = {
        effective: others,
        recorded: others,
        settled: undefined,
        written: 0n,
        now: 0,
        flushed: new Map(others.map((pod) => [pod, 0n])),
        streaming: new Set(others),
        acknowledged: 0n,
      }
      for (const { kind, pod } of acts) {
        world.now += 300
        if (kind === "write") world.written += 1n
        if (kind === "flush" && world.streaming.has(pod)) world.flushed.set(pod, world.written)
        if (kind === "stream" && !world.streaming.delete(pod)) world.streaming.add(pod)
        if (kind === "turn") turn(world)
        for (const name of world.effective) {
          const has = world.flushed.get(name) ?? 0n
          if (has > world.acknowledged) world.acknowledged = has
        }
        assert.ok(world.effective.every((name) => world.recorded.includes(name)))
        const electorate = world.recorded.map((name) => world.flushed.get(name) ?? 0n)
        assert.ok(
          electorate.some((has) => has >= world.acknowledged),
          JSON.stringify(acts),
        )
      }
    }),
    { numRuns: 2000 },
  )
})
