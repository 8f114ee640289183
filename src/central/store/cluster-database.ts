/** Table `cluster_database`: what was asked for beside what the cluster's primary last said. */
import { assert } from "#core/assert.ts"
import type { DatabaseHealth } from "#core/cluster/databases.ts"
import { type ClusterId, clusterId, type SatelliteId, satelliteId } from "#core/ids.ts"
import { booleanOf, integerOf, maybe, type Row, textOf, timeOf } from "#io/postgres/row.ts"
import type { Sql } from "#io/postgres/sql.ts"
import { type ClusterDatabase, databaseShownStates } from "#wire/rest/databases.ts"

const iso = (time: number | undefined): string | null =>
  time === undefined ? null : new Date(time).toISOString()

export function textsOf(row: Row, column: string): string[] {
  const value = row[column]
  assert(
    Array.isArray(value) && value.every((one) => typeof one === "string"),
    `column ${column} holds texts`,
  )
  return value
}

function stateOf(row: Row): ClusterDatabase["state"] {
  const found = databaseShownStates.find((state) => state === row["state"])
  assert(found !== undefined, "column state holds the state of a database")
  return found
}

function reasonOf(row: Row, state: ClusterDatabase["state"]): string {
  const isFresh = row["reported_revision"] === row["revision"]
  const said = isFresh ? maybe(textOf, row, "reported_reason") : undefined
  switch (state) {
    case "applied":
      return said ?? "as it was asked for, seen in the primary's catalog"
    case "failed":
      return said ?? "the primary could not do it; it tries again"
    case "pending":
      return said ?? "the cluster's primary has not confirmed it yet"
    case "dropping":
      return said ?? "the cluster's primary has not dropped it yet"
  }
}

const shown = (row: Row): ClusterDatabase => {
  const state = stateOf(row)
  return {
    id: textOf(row, "id"),
    clusterId: textOf(row, "cluster_id"),
    name: textOf(row, "name"),
    owner: textOf(row, "owner"),
    allowedCidrs: textsOf(row, "allowed_cidrs"),
    endSessions: booleanOf(row, "end_sessions"),
    state,
    reason: reasonOf(row, state),
    appliedAt: iso(maybe(timeOf, row, "applied_at")),
    sessions: maybe(integerOf, row, "sessions") ?? null,
    observedAt: iso(maybe(timeOf, row, "observed_at")),
    passwordSetAt: new Date(timeOf(row, "password_set_at")).toISOString(),
    createdAt: new Date(timeOf(row, "created_at")).toISOString(),
    version: integerOf(row, "version"),
  }
}

export type DatabaseFilter = {
  readonly state: ClusterDatabase["state"] | undefined
  readonly search: string | undefined
  readonly id?: string | undefined
}

export const listDatabases = async (
  sql: Sql,
  cluster: string,
  filter: DatabaseFilter,
  after: string | undefined,
  limit: number,
): Promise<ClusterDatabase[]> =>
  (
    await sql`
      select d.id, d.cluster_id, d.name, d.owner, d.allowed_cidrs, d.end_sessions, d.revision,
        d.reported_revision, d.reported_reason, d.applied_at, d.sessions, d.observed_at,
        d.created_at, d.version, r.password_set_at,
        cluster_database_state(d.dropping_since, d.revision, d.reported_revision, d.reported_state)
          as state
      from cluster_database d
        join cluster_role r on r.cluster_id = d.cluster_id and r.name = d.owner
      where d.cluster_id = ${cluster}
        and (${filter.id}::uuid is null or d.id = ${filter.id})
        and (${filter.state}::text is null or ${filter.state} = cluster_database_state(
          d.dropping_since, d.revision, d.reported_revision, d.reported_state))
        and (${filter.search}::text is null
          or position(lower(${filter.search}) in lower(d.name)) > 0
          or position(lower(${filter.search}) in lower(d.owner)) > 0)
        and (${after}::text is null or d.name > ${after})
      order by d.name
      limit ${limit}`
  ).map(shown)

export const findDatabase = async (
  sql: Sql,
  cluster: string,
  id: string,
): Promise<ClusterDatabase | undefined> =>
  (await listDatabases(sql, cluster, { id, state: undefined, search: undefined }, undefined, 1))[0]

/** A cluster's database by its name, also one that is being dropped. */
export const databaseNamed = async (
  sql: Sql,
  cluster: ClusterId,
  name: string,
): Promise<{ readonly id: string; readonly dropping: boolean } | undefined> => {
  const [row] = await sql`
    select id, dropping_since is not null as dropping from cluster_database
    where cluster_id = ${cluster} and name = ${name}`
  return row === undefined
    ? undefined
    : { id: textOf(row, "id"), dropping: booleanOf(row, "dropping") }
}

export const countDatabases = async (sql: Sql, cluster: ClusterId): Promise<number> => {
  const [row] =
    await sql`select count(*) as found from cluster_database where cluster_id = ${cluster}`
  return integerOf(row ?? {}, "found")
}

/** Databases of the cluster that stay, and that the role owns. */
export const ownedBy = async (sql: Sql, cluster: ClusterId, owner: string): Promise<string[]> =>
  (
    await sql`
      select name from cluster_database
      where cluster_id = ${cluster} and owner = ${owner} and dropping_since is null
      order by name`
  ).map((row) => textOf(row, "name"))

export type DatabaseWish = {
  readonly owner: string
  readonly allowedCidrs: readonly string[]
  readonly endSessions: boolean
}

export const insertDatabase = async (
  sql: Sql,
  database: DatabaseWish & {
    readonly id: string
    readonly clusterId: ClusterId
    readonly name: string
  },
): Promise<void> => {
  await sql`
    insert into cluster_database (id, cluster_id, name, owner, allowed_cidrs, end_sessions)
    values (${database.id}, ${database.clusterId}, ${database.name}, ${database.owner},
      ${database.allowedCidrs}, ${database.endSessions})`
}

/** What the primary said of the last revision says nothing of this one. */
export const updateDatabase = async (
  sql: Sql,
  id: string,
  { owner, allowedCidrs, endSessions }: DatabaseWish,
): Promise<void> => {
  await sql`
    update cluster_database set owner = ${owner}, allowed_cidrs = ${allowedCidrs},
      end_sessions = ${endSessions}, revision = revision + 1, applied_at = null,
      version = version + 1
    where id = ${id}`
}

/** Every database that the role owns is to be confirmed anew. */
export const touchOwned = async (sql: Sql, cluster: ClusterId, owner: string): Promise<void> => {
  await sql`
    update cluster_database set revision = revision + 1, applied_at = null, version = version + 1
    where cluster_id = ${cluster} and owner = ${owner} and dropping_since is null`
}

export const markDropping = async (sql: Sql, id: string, dropRole: boolean): Promise<void> => {
  await sql`
    update cluster_database set dropping_since = now(), drop_role = ${dropRole},
      revision = revision + 1, applied_at = null, version = version + 1
    where id = ${id}`
}

/** The cluster's site has to hear of it: its stream sends what has another version than it sent. */
export const raiseDesired = async (sql: Sql, cluster: ClusterId): Promise<void> => {
  await sql`update cluster set desired_version = desired_version + 1 where id = ${cluster}`
}

export type DatabaseReport = {
  readonly satellite: SatelliteId
  readonly clusterId: ClusterId
  readonly observedAt: number
  readonly databases: readonly DatabaseHealth[]
}

/** A database of which the primary said something else than before. */
export type DatabaseNews = {
  readonly id: string
  readonly clusterId: ClusterId
  readonly satelliteId: SatelliteId
  readonly name: string
  readonly state: DatabaseHealth["state"]
  readonly reason: string | undefined
  /** Of another revision, or another state than the last time. */
  readonly isTurn: boolean
}

/**
 * Keeps what primaries say: only of clusters that the sender has, and never of an older revision over that
 * of a newer one. What says nothing new is not written.
 */
export const keepDatabaseReports = async (
  sql: Sql,
  reports: readonly DatabaseReport[],
): Promise<DatabaseNews[]> => {
  const rows = reports.flatMap(({ satellite, clusterId: cluster, observedAt, databases }) =>
    databases.map((one) => ({
      satellite,
      cluster,
      at: new Date(Math.min(Math.max(observedAt, 0), Date.UTC(9999, 0))).toISOString(),
      name: one.name.replaceAll("\0", ""),
      revision: one.revision,
      state: one.state,
      reason: one.reason?.replaceAll("\0", "") ?? null,
      sessions: one.sessions ?? null,
    })),
  )
  return (
    await sql`
      with report as (
        select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r (
          satellite uuid, cluster uuid, at timestamptz, name text, revision integer, state text,
          reason text, sessions integer
        )
      ), news as (
        select d.id, report.*,
          (d.reported_revision, d.reported_state) is distinct from (report.revision, report.state)
            as is_turn
        from report
          join cluster c on c.id = report.cluster and c.satellite_id = report.satellite
          join cluster_database d on d.cluster_id = c.id and d.name = report.name
        where report.revision <= d.revision
          and report.revision >= coalesce(d.reported_revision, 0)
          and ((d.reported_revision, d.reported_state, d.reported_reason, d.sessions)
              is distinct from (report.revision, report.state, report.reason, report.sessions)
            or d.observed_at < report.at - interval '1 minute')
        order by d.id
        for update of d
      )
      update cluster_database d set
        reported_revision = news.revision, reported_state = news.state,
        reported_reason = news.reason, sessions = news.sessions, observed_at = news.at,
        applied_at = case
          when news.state = 'applied' and news.revision = d.revision then coalesce(d.applied_at, now())
          else d.applied_at end
      from news where d.id = news.id
      returning d.id, d.cluster_id, news.satellite, d.name, news.state, news.reason, news.is_turn`
  ).map((row) => ({
    id: textOf(row, "id"),
    clusterId: clusterId(textOf(row, "cluster_id")),
    satelliteId: satelliteId(textOf(row, "satellite")),
    name: textOf(row, "name"),
    state: healthStateOf(row),
    reason: maybe(textOf, row, "reason"),
    isTurn: booleanOf(row, "is_turn"),
  }))
}

function healthStateOf(row: Row): DatabaseHealth["state"] {
  const { state } = row
  assert(
    state === "applied" || state === "waiting" || state === "failed" || state === "dropped",
    "column state holds what a primary said",
  )
  return state
}

/** Takes the rows of what is dropped out, as the primary confirmed it; their names. */
export const removeDropped = async (
  sql: Sql,
  cluster: ClusterId,
): Promise<{ readonly name: string; readonly owner: string; readonly withRole: boolean }[]> =>
  (
    await sql`
      delete from cluster_database
      where cluster_id = ${cluster} and dropping_since is not null
        and reported_state = 'dropped' and reported_revision = revision
      returning name, owner, drop_role`
  ).map((row) => ({
    name: textOf(row, "name"),
    owner: textOf(row, "owner"),
    withRole: booleanOf(row, "drop_role"),
  }))
