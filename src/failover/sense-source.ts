/**
 * Looks at the server that this member should follow, as the replication user over the network: whether it
 * really is a primary, of this cluster, and where its timelines began. Only while that matters: before a
 * clone or rewind, and while streaming does not come about.
 */
import pg from "pg"
import { systemIdentifier, timeline } from "#core/ids.ts"
import { port, replicationUser } from "#core/names.ts"
import { historyFile, parseHistory } from "#core/timeline.ts"
import { millis, seconds } from "#core/units.ts"
import type { Peer } from "#core/failover/decision.ts"
import type { SourceView } from "#core/failover/observation.ts"
import type { Clock } from "#io/clock.ts"
import { Outage } from "#io/outage.ts"
import { booleanOf, bytesOf, integerOf, maybe, textOf } from "#io/postgres/row.ts"
import { sqlOn } from "#io/postgres/sql.ts"
import type { Log } from "#io/log.ts"
import type { Bell } from "./bell.ts"
import type { Known } from "./known.ts"

const every = millis(700)
const seldom = seconds(30)
const within = millis(2000)

/** Asks a server what a member that would follow it must know of it; throws while it can not say. */
export type AskSource = (peer: Peer) => Promise<SourceView>

export const sourceAsker =
  (password: string, clock: Clock): AskSource =>
  (peer) =>
    lookAtSource(peer, password, clock)

export async function senseSource(
  ports: {
    readonly clock: Clock
    readonly log: Log
    readonly known: Known
    readonly ask: AskSource
    /** Whom to look at; undefined while there is no need. */
    readonly wanted: () => Peer | undefined
    /** Rung by the loop when it saw that there is need. */
    readonly needed: Bell
  },
  signal: AbortSignal,
): Promise<void> {
  const { clock, known, log, needed } = ports
  while (!signal.aborted) {
    const peer = ports.wanted()
    if (peer === undefined) {
      await needed.wait(seldom, signal)
      continue
    }
    try {
      known.source = await ports.ask(peer)
      known.changed()
    } catch (failure) {
      log.debug("source.silent", { pod: peer.pod, why: failure })
    }
    await clock.sleep(every, signal)
  }
}

async function lookAtSource(peer: Peer, password: string, clock: Clock): Promise<SourceView> {
  const askedAt = clock.now()
  const client = new pg.Client({
    host: peer.address,
    port: port.postgres,
    user: replicationUser,
    password,
    database: "postgres",
    application_name: "pg_swarm_source",
    connectionTimeoutMillis: within,
    statement_timeout: within,
    query_timeout: within,
    options: "-c search_path=pg_catalog",
  })
  client.on("error", () => undefined)
  try {
    await client.connect()
    const sql = sqlOn(client)
    const [row] = await sql`
      select
        pg_is_in_recovery() as recovering,
        (select system_identifier::text from pg_control_system()) as identifier,
        (select timeline_id from pg_control_checkpoint()) as checkpoint_timeline,
        case when pg_is_in_recovery() then 0
          else ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int4
        end as timeline`
    if (row === undefined) throw new Outage("SOURCE_SILENT", "the source answered without a row")
    const checkpointTimeline = timeline(integerOf(row, "checkpoint_timeline"))
    const recovering = booleanOf(row, "recovering")
    const present = recovering ? checkpointTimeline : timeline(integerOf(row, "timeline"))
    const [file] = await sql`
      select pg_read_binary_file(${`pg_wal/${historyFile(present)}`}, 0, 1000000, true) as content`
    const content = file === undefined ? undefined : maybe(bytesOf, file, "content")
    const history = parseHistory(present, content?.toString("utf8") ?? "")
    if (history === undefined)
      throw new Outage("SOURCE_UNREADABLE", `the timeline history of ${peer.pod} is malformed`)
    return {
      pod: peer.pod,
      primary: !recovering,
      systemIdentifier: systemIdentifier(textOf(row, "identifier")),
      history,
      checkpointTimeline,
      askedAt,
    }
  } finally {
    await client.end().catch(() => undefined)
  }
}
