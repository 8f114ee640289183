/**
 * The member's own PostgreSQL by SQL over its Unix socket: what it says of itself, and what only SQL can
 * order. Connections for looking, for measuring and for the question of the timeline live long; each other statement that
 * may wait has one of its own.
 */
import pg from "pg"
import * as z from "zod"
import { type PodName, podName, type Term, term, type Timeline, timeline } from "#core/ids.ts"
import { lsn, parseLsn, type Lsn } from "#core/lsn.ts"
import { port, replicationUser, superuser } from "#core/names.ts"
import { type Millis, millis, seconds } from "#core/units.ts"
import type { PrimaryState, StandbyState } from "#core/failover/observation.ts"
import { memberOfSlot, slotName } from "./slot-name.ts"
import { KeptConnection } from "./kept-connection.ts"
import { Outage } from "#io/outage.ts"
import {
  booleanOf,
  integerOf,
  jsonOf,
  maybe,
  numberOf,
  type Row,
  textOf,
} from "#io/postgres/row.ts"
import { preparedOn, quoteIdentifier, type Sql, sqlOn } from "#io/postgres/sql.ts"

export type LocalServerOptions = {
  readonly runDir: string
  readonly password: string
  readonly now: () => number
}

export type Looked =
  | { readonly kind: "standby"; readonly state: StandbyState }
  | { readonly kind: "primary"; readonly state: PrimaryLook }

export type PrimaryLook = Omit<PrimaryState, "termRow" | "clients"> & {
  /** Why the server was told to refuse clients, and how many sessions of clients there still are. */
  readonly clients: { readonly refusing: string | undefined; readonly sessions: number }
}

/** A setting that PostgreSQL keeps for us and does nothing with. */
export const refusingSetting = "pg_swarm.refusing"

/** The own server as the parts of the sidecar use it. */
export type OwnServer = Pick<
  LocalServer,
  "look" | "quick" | "patient" | "measure" | "forget" | typeof Symbol.asyncDispose
>

const lookWithin = millis(1500)
const measureWithin = seconds(10)

export class LocalServer implements AsyncDisposable {
  readonly #options: LocalServerOptions
  readonly #looking = new KeptConnection(() => this.#client(lookWithin))
  readonly #measuring = new KeptConnection(() => this.#client(measureWithin))
  readonly #identifying = new KeptConnection(() =>
    this.#client(lookWithin, "postgres", { replication: "database" }),
  )
  /** What is asked first: one statement says all of a role, and whether that is the role. */
  #lastRole: Looked["kind"] = "standby"
  /** The statements that were asked for before; the driver takes one at a time. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(options: LocalServerOptions) {
    this.#options = options
  }

  /** Role, positions, standbys: one look. Throws what the driver throws. */
  look(): Promise<Looked> {
    return this.#inTurn(async (client) => {
      try {
        const askedAt = this.#options.now()
        const sql = preparedOn(client)
        const asStandby = (): Promise<Looked | undefined> =>
          standbyLook(sql, askedAt, () => this.#replayedTimeline())
        const looked =
          this.#lastRole === "primary"
            ? ((await primaryLook(sql, askedAt)) ?? (await asStandby()))
            : ((await asStandby()) ?? (await primaryLook(sql, askedAt)))
        if (looked === undefined)
          throw new Outage("SERVER_UNDECIDED", "the server was promoted between two questions")
        this.#lastRole = looked.kind
        if (looked.kind === "primary" || looked.state.receiver !== undefined)
          void this.#identifying.end()
        return looked
      } catch (failure) {
        await this.forget()
        throw failure
      }
    })
  }

  /** Runs `work` over the long-lived connection, after what was asked of it before. */
  quick<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    return this.#inTurn((client) => work(sqlOn(client)))
  }

  #inTurn<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    const mine = this.#turn.then(async () => work(await this.#looking.connected()))
    // Whoever asked hears of the failure; the next in turn does not care.
    this.#turn = mine.catch(() => undefined)
    return mine
  }

  /** Runs `work` over a connection of its own, whose statements may take `within`. */
  async patient<T>(
    within: Millis,
    work: (sql: Sql, script: (text: string) => Promise<void>) => Promise<T>,
    signal: AbortSignal,
    database = "postgres",
  ): Promise<T> {
    const client = this.#client(within, database)
    const stop = (): void => void client.end().catch(() => undefined)
    signal.addEventListener("abort", stop, { once: true })
    try {
      await client.connect()
      return await work(sqlOn(client), async (text) => {
        await client.query(text)
      })
    } finally {
      signal.removeEventListener("abort", stop)
      await client.end().catch(() => undefined)
    }
  }

  /**
   * What is asked of the server again and again, and may take long: over a connection that stays, for signing in costs
   * more than such a question. One at a time; what fails closes the connection.
   */
  async measure<T>(work: (sql: Sql) => Promise<T>, signal: AbortSignal): Promise<T> {
    const stop = (): void => void this.#measuring.end()
    signal.addEventListener("abort", stop, { once: true })
    try {
      return await work(preparedOn(await this.#measuring.connected()))
    } catch (failure) {
      stop()
      throw failure
    } finally {
      signal.removeEventListener("abort", stop)
    }
  }

  /** Closes the long-lived connections; the next look and the next measurement make others. */
  async forget(): Promise<void> {
    void this.#measuring.end()
    void this.#identifying.end()
    await this.#looking.end()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.forget()
  }

  /**
   * The timeline of the last record that was replayed, which only the replication protocol tells (PostgreSQL manual,
   * "Streaming Replication Protocol", IDENTIFY_SYSTEM). The control file names that of the last restart point, minutes ago perhaps:
   * a standby that votes by that seems to have less than whoever made one later (S2).
   */
  async #replayedTimeline(): Promise<Timeline> {
    const client = await this.#identifying.connected()
    const { rows } = await client.query<Row>("IDENTIFY_SYSTEM")
    const [row] = rows
    if (row === undefined) throw new Error("IDENTIFY_SYSTEM without a row")
    // An int4 up to PostgreSQL 15, an int8 since, which the driver gives as text.
    return timeline(Number(row["timeline"]))
  }

  #client(
    within: Millis,
    database = "postgres",
    mode: { readonly replication?: "database" } = {},
  ): pg.Client {
    const client = new pg.Client({
      ...mode,
      host: this.#options.runDir,
      port: port.postgres,
      user: superuser,
      password: this.#options.password,
      database,
      application_name: "pg_swarm_failover",
      connectionTimeoutMillis: lookWithin,
      statement_timeout: within,
      query_timeout: within + 500,
      lock_timeout: Math.min(within, 2000),
      // Names mean what the catalog means, whatever a database owner has made; commits of our own never wait
      // longer than the statement may.
      options:
        "-c search_path=pg_catalog -c default_transaction_read_only=off -c idle_session_timeout=0",
    })
    // Without a listener a connection that breaks between two looks would end the process.
    client.on("error", () => undefined)
    return client
  }
}

/** What kind of silence an error of the driver is. */
export function silenceOf(failure: unknown): "starting" | "silent" | "other" {
  const error = failure instanceof Error && failure.cause instanceof Error ? failure.cause : failure
  if (!(error instanceof Error)) return "other"
  const code = "code" in error ? error.code : undefined
  // Not listening yet; shutting down, starting, recovering.
  if (code === "ENOENT" || code === "ECONNREFUSED" || code === "57P03") return "starting"
  if (/timeout/i.test(error.message) && code !== "57014") return "silent"
  return "other"
}

const position = (row: Row, column: string): Lsn =>
  maybe(textOf, row, column) === undefined ? lsn(0n) : (parseLsn(textOf(row, column)) ?? lsn(0n))

/** Undefined when the server is no standby. `replayedTimeline` is asked where no WAL receiver says what it is on. */
async function standbyLook(
  sql: Sql,
  askedAt: number,
  replayedTimeline: () => Promise<Timeline>,
): Promise<Looked | undefined> {
  const [row] = await sql`
    select
      pg_is_in_recovery() as recovering,
      greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())::text as received,
      pg_last_wal_replay_lsn()::text as replayed,
      greatest(
        (select received_tli from pg_stat_wal_receiver),
        (select timeline_id from pg_control_checkpoint()),
        (select min_recovery_end_timeline from pg_control_recovery())) as timeline,
      (select status from pg_stat_wal_receiver) as receiver,
      (select extract(epoch from clock_timestamp() - last_msg_receipt_time) * 1000
        from pg_stat_wal_receiver)::float8 as silence,
      pg_last_wal_receive_lsn() is not null or exists (
        select from pg_stat_activity where backend_type = 'startup'
          and wait_event in ('RecoveryWalStream', 'RecoveryRetrieveRetryInterval')
      ) as read_all`
  if (row === undefined) throw new Error("a look without a row")
  if (!booleanOf(row, "recovering")) return undefined
  const receiver = maybe(textOf, row, "receiver")
  const replayed = receiver === undefined ? await replayedTimeline() : 0
  const state: StandbyState = {
    timeline: timeline(Math.max(replayed, integerOf(row, "timeline"))),
    receivedLsn: position(row, "received"),
    replayedLsn: position(row, "replayed"),
    receiver,
    receiverSilence: maybe(numberOf, row, "silence"),
    readAll: booleanOf(row, "read_all"),
    askedAt,
  }
  return { kind: "standby", state }
}

const standbysSchema = z.array(
  z.object({
    pod: z.string(),
    state: z.string(),
    flushed: z.string(),
    sync: z.string().nullable(),
  }),
)
const slotsSchema = z.array(z.string())

/** Undefined when the server is no primary. */
async function primaryLook(sql: Sql, askedAt: number): Promise<Looked | undefined> {
  const [row] = await sql`
    select
      recovering,
      case when not recovering then pg_current_wal_flush_lsn()::text end as written,
      case when not recovering then
        ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int4 end as timeline,
      (select timeline_id from pg_control_checkpoint()) as checkpoint_timeline,
      current_setting('synchronous_standby_names') as names,
      coalesce(current_setting(${refusingSetting}, true), '') as refusing,
      (select count(*) from pg_stat_get_activity(null)
        where backend_type = 'client backend' and usesysid is distinct from to_regrole(${replicationUser})
          and (client_addr is not null or usesysid is distinct from to_regrole(${superuser})))::int4 as sessions,
      (select coalesce(json_agg(json_build_object('pod', application_name, 'state', state,
          'flushed', flush_lsn::text, 'sync', sync_state)), '[]')
        from pg_stat_replication where flush_lsn is not null and state is not null) as standbys,
      (select coalesce(json_agg(slot_name::text), '[]')
        from pg_replication_slots where slot_type = 'physical') as slots
    from (select pg_is_in_recovery() as recovering offset 0) as server`
  if (row === undefined) throw new Error("a look without a row")
  if (booleanOf(row, "recovering")) return undefined
  const refusing = textOf(row, "refusing")
  const state: PrimaryLook = {
    clients: {
      refusing: refusing === "" ? undefined : refusing,
      sessions: integerOf(row, "sessions"),
    },
    timeline: timeline(integerOf(row, "timeline")),
    writtenLsn: position(row, "written"),
    checkpointTimeline: timeline(integerOf(row, "checkpoint_timeline")),
    syncNames: parseSyncNames(textOf(row, "names")),
    standbys: standbysSchema
      .parse(jsonOf(row, "standbys"))
      .map(({ pod, state: is, flushed, sync }) => ({
        pod: podName(pod),
        state: is,
        flushLsn: parseLsn(flushed) ?? lsn(0n),
        synchronous: sync === "sync" || sync === "quorum",
      })),
    slots: slotsSchema.parse(jsonOf(row, "slots")).flatMap((slot) => memberOfSlot(slot) ?? []),
    askedAt,
  }
  return { kind: "primary", state }
}

/** In the place of names where no commit shall come through; no pod is called so. */
export const nobodyYet = "pg_swarm_nobody"

/** The quoted names in `ANY 1 ("c-1", "c-2")`. */
export const parseSyncNames = (text: string): readonly PodName[] =>
  [...text.matchAll(/"((?:[^"]|"")*)"/g)]
    .map(([, name = ""]) => name.replaceAll('""', '"'))
    .filter((name) => name !== nobodyYet)
    .map((name) => podName(name))

/**
 * Highest term in the server's own table; undefined before the first. The schema is `swarm`: PostgreSQL
 * keeps names that begin with `pg_` for itself.
 */
export async function readTermRow(sql: Sql): Promise<Term | undefined> {
  const [known] = await sql`select to_regclass('swarm.term') is not null as known`
  if (known === undefined || !booleanOf(known, "known")) return undefined
  const [row] = await sql`select max(term)::int4 as term from swarm.term`
  const highest = row === undefined ? undefined : maybe(integerOf, row, "term")
  return highest === undefined ? undefined : term(highest)
}

/** Safe to run twice: the row of a term is written once. */
export async function recordTerm(
  sql: Sql,
  script: (text: string) => Promise<void>,
  opened: Term,
  pod: PodName,
  cause: string,
): Promise<void> {
  await script(`
    create schema if not exists swarm;
    revoke all on schema swarm from public;
    create table if not exists swarm.term (
      term bigint primary key,
      pod text not null,
      timeline integer not null,
      lsn pg_lsn not null,
      cause text not null,
      at timestamptz not null default pg_catalog.now()
    )`)
  await sql`
    insert into swarm.term (term, pod, timeline, lsn, cause)
    values (${opened}, ${pod},
      ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int4,
      pg_current_wal_lsn(), ${cause})
    on conflict (term) do nothing`
}

/** Drops first: a slot of a member that is gone holds WAL for nobody. */
export async function changeSlots(
  sql: Sql,
  create: readonly PodName[],
  drop: readonly PodName[],
): Promise<void> {
  for (const pod of drop)
    await sql`
      select pg_drop_replication_slot(slot_name) from pg_replication_slots
      where slot_name = ${slotName(pod)} and not active`
  for (const pod of create)
    await sql`
      select pg_create_physical_replication_slot(${slotName(pod)}, true)
      where not exists (select from pg_replication_slots where slot_name = ${slotName(pod)})`
}

/** What `ALTER SYSTEM` set against the sidecar: such lines come last in PostgreSQL and would win. */
export async function foreignSettings(
  sql: Sql,
  names: readonly string[],
): Promise<readonly string[]> {
  const rows = await sql`
    select distinct name from pg_file_settings
    where sourcefile like '%postgresql.auto.conf' and name = any(${names})`
  return rows.map((row) => textOf(row, "name"))
}

export async function resetSetting(
  script: (text: string) => Promise<void>,
  name: string,
): Promise<void> {
  await script(`alter system reset ${quoteIdentifier(name)}`)
}

export const checkpointWithin = seconds(120)
