/**
 * What a person wants to see of an instance beyond its role: connections, sizes, disk, lag in seconds.
 * Nothing here decides anything; a measurement that fails leaves its fields unknown.
 */
import { statfs } from "node:fs/promises"
import type { InstanceHealth } from "#core/cluster/state.ts"
import { integerOf, maybe, numberOf, textOf, timeOf } from "#io/postgres/row.ts"
import type { Sql } from "#io/postgres/sql.ts"

export type Measured = Pick<
  InstanceHealth,
  | "lagSeconds"
  | "connectionsUsed"
  | "connectionsActive"
  | "connectionsMax"
  | "dataBytes"
  | "walBytes"
  | "diskTotalBytes"
  | "diskFreeBytes"
  | "receiver"
  | "startedAt"
>

export const unmeasured: Measured = {
  lagSeconds: undefined,
  connectionsUsed: undefined,
  connectionsActive: undefined,
  connectionsMax: undefined,
  dataBytes: undefined,
  walBytes: undefined,
  diskTotalBytes: undefined,
  diskFreeBytes: undefined,
  receiver: undefined,
  startedAt: undefined,
}

type Disk = Pick<Measured, "diskTotalBytes" | "diskFreeBytes">
type Server = Omit<Measured, keyof Disk>

/** Space of the file system that holds `folder`, as an unprivileged process may use it. */
export async function measureDisk(folder: string): Promise<Disk> {
  const { bsize, blocks, bavail } = await statfs(folder)
  return { diskTotalBytes: blocks * bsize, diskFreeBytes: bavail * bsize }
}

/**
 * One statement over the local server; works on a primary and on a standby (PostgreSQL manual,
 * sections 9.28 and 28.2). Lag in seconds is 0 while a connected standby has replayed all that it
 * received; a standby without a receiver counts from the last transaction that it replayed.
 */
export async function measureServer(sql: Sql): Promise<Server> {
  const [row] = await sql`
    select
      (select count(*) from pg_catalog.pg_stat_activity
        where backend_type = 'client backend')::int4 as used,
      (select count(*) from pg_catalog.pg_stat_activity
        where backend_type = 'client backend' and state = 'active'
          and pid <> pg_catalog.pg_backend_pid())::int4 as active,
      pg_catalog.current_setting('max_connections')::int4 as max,
      (select sum(pg_catalog.pg_database_size(oid)) from pg_catalog.pg_database)::float8 as data,
      (select sum(size) from pg_catalog.pg_ls_waldir())::float8 as wal,
      (select status from pg_catalog.pg_stat_wal_receiver) as receiver,
      pg_catalog.pg_postmaster_start_time() as started,
      case
        when not pg_catalog.pg_is_in_recovery() then 0
        when pg_catalog.pg_last_wal_receive_lsn() = pg_catalog.pg_last_wal_replay_lsn()
          and exists (select from pg_catalog.pg_stat_wal_receiver where status = 'streaming') then 0
        else greatest(0, extract(epoch from
          pg_catalog.clock_timestamp() - pg_catalog.pg_last_xact_replay_timestamp()))
      end::float8 as lag`
  if (row === undefined) return unmeasured
  return {
    connectionsUsed: integerOf(row, "used"),
    connectionsActive: integerOf(row, "active"),
    connectionsMax: integerOf(row, "max"),
    dataBytes: maybe(numberOf, row, "data"),
    walBytes: maybe(numberOf, row, "wal"),
    receiver: maybe(textOf, row, "receiver"),
    startedAt: timeOf(row, "started"),
    lagSeconds: maybe(numberOf, row, "lag"),
  }
}
