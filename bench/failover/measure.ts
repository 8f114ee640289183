/** One fault, struck once under a writing client: how long writes were away, what was lost, who wrote at once. */
import { setTimeout as sleep } from "node:timers/promises"
import { Prober } from "./prober.ts"
import type { Fault, System } from "./system.ts"
import { Writer } from "./writer.ts"

export type Outcome = {
  readonly gapMs: number
  readonly lost: number
  readonly togetherMs: number
  readonly acknowledged: number
  readonly from: string
  readonly to: string
  /** Why not everybody came back to where it should be; what was lost is counted all the same. */
  readonly failure: string | undefined
  readonly explained: string | undefined
}

const wholeMs = 120_000
const firstCommitMs = 15_000
const backMs = 120_000
const warmMs = 1_500
/** What a fault still does after writes are back: an old primary that is thawed writes once more, or does not. */
const afterwardsMs = 3_000

/** Undefined where the system knows no such fault. */
export async function measure(
  system: System,
  fault: Fault,
  run: string,
): Promise<Outcome | undefined> {
  const primary = await system.untilWhole(wholeMs)
  const hosts = await system.hosts()
  await using prober = new Prober(run, hosts, system.account)
  await using writer = new Writer(run, hosts, system.account)
  await writer.commitSince(performance.now(), firstCommitMs)
  await sleep(warmMs)
  const since = performance.now()
  const struck = await system.strike(fault.name, primary)
  if (struck === undefined) return undefined
  try {
    if (fault.holdMs > 0) await sleep(fault.holdMs)
    else await untilItLasts(writer, since)
  } finally {
    await struck.mend?.()
  }
  if (fault.holdMs > 0) await untilItLasts(writer, since)
  let failure: string | undefined
  const to = await system.untilWhole(wholeMs).catch((error: unknown) => {
    failure = error instanceof Error ? error.message : String(error)
    return "?"
  })
  await sleep(1_000)
  await writer.commitSince(performance.now(), backMs)
  writer.hosts = await system.hosts()
  return {
    gapMs: writer.longestGap(since),
    lost: await writer.lost(),
    togetherMs: prober.together,
    acknowledged: writer.acknowledged.length,
    from: primary,
    to,
    failure,
    explained: await system.explained(),
  }
}

/** Until writes that were sent after the fault are acknowledged and go on for a while. */
async function untilItLasts(writer: Writer, since: number): Promise<void> {
  // A switch that takes its time first is seen by its gap, not by the commits before it.
  await sleep(Math.max(0, since + 1_000 - performance.now()))
  await writer.commitSince(performance.now(), backMs)
  await sleep(afterwardsMs)
}
