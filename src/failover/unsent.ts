/**
 * Events that must outlive this process, on the data volume until the satellite has them: how a role changed
 * and what it cost. Nothing waits for this file, and a volume that hangs holds up nothing but it.
 */
import type { FleetEvent } from "#core/cluster/events.ts"
import { lostWalEvent } from "#core/failover/lost-wal.ts"
import { roleChangeOf } from "#core/failover/role-change.ts"
import { millis, seconds } from "#core/units.ts"
import type { Clock } from "#io/clock.ts"
import type { Log } from "#io/log.ts"
import { readMark, writeMark } from "#io/postgres/data-directory.ts"
import { eventFromText, eventToText } from "#wire/event.ts"
import { Bell } from "./bell.ts"
import { type Outbox, outboxMax } from "./outbox.ts"

const name = "unsent"
/** Some hundred kilobytes at most; the oldest go first. */
const keptMax = 100
/** What is told in one breath is written once. */
const settle = millis(50)
const lookEvery = seconds(60)

const isKept = ({ kind }: FleetEvent): boolean =>
  roleChangeOf(kind) !== undefined || kind === lostWalEvent

export type UnsentPorts = {
  readonly outbox: Outbox
  readonly dataDir: string
  readonly clock: Clock
  readonly log: Log
}

/** Puts what an earlier process left behind into the outbox, then keeps the file true until `signal`. */
export async function keepUnsent(ports: UnsentPorts, signal: AbortSignal): Promise<void> {
  const { outbox, dataDir, clock, log } = ports
  const gone = once(signal)
  const bell = new Bell(clock)
  const deaf = outbox.onChange(() => bell.ring())
  try {
    let written = (await Promise.race([readMark(dataDir, name), gone.promise])) ?? ""
    for (const event of readable(written, log)) outbox.put(event)
    while (!signal.aborted) {
      const text = textOf(outbox)
      if (text !== written) {
        await Promise.race([writeMark(dataDir, name, text), gone.promise])
        written = text
      }
      await bell.wait(lookEvery, signal)
      await clock.sleep(settle, signal)
    }
  } finally {
    deaf()
    gone.end()
  }
}

const textOf = (outbox: Outbox): string =>
  outbox
    .waiting(new Set(), outboxMax)
    .filter(isKept)
    .slice(-keptMax)
    .map((event) => `${eventToText(event)}\n`)
    .join("")

function readable(text: string, log: Log): readonly FleetEvent[] {
  const lines = text.split("\n").filter((line) => line !== "")
  const events = lines.slice(-keptMax).flatMap((line) => eventFromText(line) ?? [])
  if (events.length < lines.length)
    log.warn("unsent.unreadable", { lines: lines.length, read: events.length })
  return events
}

/** Rejects when `signal` ends: file operations can not be stopped, only left behind. */
function once(signal: AbortSignal): { readonly promise: Promise<never>; readonly end: () => void } {
  const { promise, reject } = Promise.withResolvers<never>()
  promise.catch(() => undefined)
  const stop = (): void => reject(signal.reason)
  if (signal.aborted) stop()
  else signal.addEventListener("abort", stop, { once: true })
  return { promise, end: () => signal.removeEventListener("abort", stop) }
}
