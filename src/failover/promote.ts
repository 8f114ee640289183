/**
 * Makes the running standby the primary of a term that this member has just opened. Always by
 * `pg_promote`, so always with a new timeline; never without the dead-man switch armed first.
 */
import { millis, seconds } from "#core/units.ts"
import type { Action } from "#core/failover/decision.ts"
import { Outage } from "#io/outage.ts"
import { booleanOf, textOf } from "#io/postgres/row.ts"
import { synchronousStandbyNames } from "#io/postgres/server-config.ts"
import { order, type PerformPorts, reload, seenLabel } from "./ports.ts"

/** The old primary's label should be gone before the new one accepts clients, but not at any price. */
const labelsWithin = millis(500)
/** Promotion is not begun with less time than this before the deadline. */
const marginBefore = 500
const promotedWithin = seconds(60)

export async function promote(
  ports: PerformPorts,
  action: Action & { readonly kind: "promote" },
  signal: AbortSignal,
): Promise<void> {
  const { clock, volume, known, log, running, server } = ports
  const began = clock.now()
  const labels = clearLabels(ports, signal)
  await running.set({
    follow: "nobody",
    syncNames: action.syncNames,
    clients: "admitted",
    as: "primary",
  })
  // On disk before the data may change: a crash in between leaves no doubt whose data this is.
  await volume.writeServed(action.term)
  known.marks = { ...known.marks, served: action.term }
  await volume.skipTimelines(known.server.topTimeline, action.timeline)
  await order(ports, { kind: "arm", term: action.term, deadline: action.deadline }, signal)
  await reload(ports)
  await untilNamed(ports, action.syncNames, signal)
  await labels
  // What came before may have been slow; renewals since then have moved the deadline on.
  const deadline = Math.max(action.deadline, known.server.deadlineWritten ?? 0)
  if (clock.now() > deadline - marginBefore)
    throw new Outage("TOO_LATE", "the deadline is too near to begin a promotion")
  await server.quick((sql) => sql`select pg_promote(false)`)
  await clock.until(
    async () =>
      server.quick(async (sql) => {
        const [row] = await sql`select pg_is_in_recovery() as recovering`
        return row !== undefined && !booleanOf(row, "recovering")
      }),
    { every: millis(15), within: promotedWithin, signal },
  )
  log.event("server.promoted", { term: action.term, ms: clock.now() - began })
  // The rules were open when the server started as a standby, and are never closed on one.
  known.server.heardDoor(true)
  // The next decision must see a primary, or it would promote again.
  known.server.heardLook(await server.look())
}

/** No other pod of the cluster stands behind the service for writes any more. */
async function clearLabels(ports: PerformPorts, signal: AbortSignal): Promise<void> {
  const { clock, known, pods, config, log } = ports
  const limit = clock.limit(labelsWithin, signal)
  const marked = [...known.pods.values()].filter(
    ({ pod, role }) => role === "primary" && pod !== config.pod,
  )
  await Promise.all(
    marked.map(async ({ pod }) => {
      try {
        await pods.setRole(pod, "replica", limit)
        seenLabel(known, pod, "replica")
      } catch (failure) {
        log.warn("label.kept", { pod, why: failure })
      }
    }),
  )
}

/** The names that commits must wait for are in force before there can be a commit. */
async function untilNamed(
  { server, clock }: PerformPorts,
  names: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const wanted = synchronousStandbyNames(
    names.length === 0 ? undefined : { count: 1, members: names },
  )
  await clock.until(
    async () =>
      server.quick(async (sql) => {
        const [row] = await sql`select current_setting('synchronous_standby_names') as names`
        return row !== undefined && textOf(row, "names") === wanted
      }),
    { every: millis(10), within: seconds(3), signal },
  )
}
