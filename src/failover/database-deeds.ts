/**
 * The steps of `core/cluster/database-step.ts`, done by SQL. Names are quoted by the server itself (`format`),
 * and a verifier is handed over as a setting of the session: no statement holds it, so none can be logged, shown by
 * `pg_stat_activity` or kept by `pg_stat_statements`.
 */
import type { DatabaseStep } from "#core/cluster/database-step.ts"
import { integerOf, textOf } from "#io/postgres/row.ts"
import { quoteIdentifier, type Sql } from "#io/postgres/sql.ts"

export type Session = {
  readonly sql: Sql
  /** One statement or several, without parameters. */
  readonly script: (text: string) => Promise<void>
}

/** Nothing that logs statements writes what follows; an error is logged without its context, which would say it. */
const quiet = `
  set log_statement = none;
  set log_duration = off;
  set log_min_duration_statement = -1;
  set log_min_duration_sample = -1;
  set log_transaction_sample_rate = 0;
  set log_error_verbosity = terse;
  set log_min_error_statement = panic;
  set auto_explain.log_min_duration = -1;
  set pgaudit.log_parameter = off;
  set pg_stat_statements.track_utility = off`

/** The schema is made with the first term (`recordTerm`), and there is no primary without one. */
const tables = `
  create table if not exists swarm.role (
    name text primary key,
    id oid not null,
    made_at timestamptz not null default pg_catalog.now()
  );
  create table if not exists swarm.database (
    name text primary key,
    id oid,
    made_at timestamptz not null default pg_catalog.now()
  )`

/** Any number that is ours alone: two sidecars, or an old connection of one, never work at the same time. */
const deedLock = 0x7067_6462

/** False when another session is at it. */
export async function beginDeeds({ sql, script }: Session): Promise<boolean> {
  const [row] = await sql`select pg_try_advisory_lock(${deedLock}) as mine`
  if (row?.["mine"] !== true) return false
  await script(quiet)
  await script(tables)
  return true
}

export type Deeds = Session & {
  /** A session in another database of the server. */
  readonly within: (database: string, work: (session: Session) => Promise<void>) => Promise<void>
}

/** Does one step. It may have been done already by somebody who died before the next look. */
export async function doStep(deeds: Deeds, step: DatabaseStep): Promise<void> {
  const { sql, script } = deeds
  switch (step.kind) {
    case "create-role":
      await setPassword(deeds, step.role, step.verifier, createRole)
      return
    case "set-password":
      await setPassword(deeds, step.role, step.verifier, alterRole)
      return
    case "create-database":
      await sql`
        insert into swarm.database (name) values (${step.name})
        on conflict (name) do update set id = null`
      await script(
        `create database ${quoteIdentifier(step.name)} owner ${quoteIdentifier(step.owner)}`,
      )
      return
    case "settle-database":
      await script(
        `revoke connect, temporary on database ${quoteIdentifier(step.name)} from public`,
      )
      await sql`
        update swarm.database set id = (select oid from pg_database where datname = ${step.name})
        where name = ${step.name}`
      return
    case "change-owner":
      await changeOwner(deeds, step)
      return
    case "drop-database":
      await script(`drop database if exists ${quoteIdentifier(step.name)} with (force)`)
      return
    case "forget-database":
      await sql`delete from swarm.database where name = ${step.name}`
      return
    case "drop-role":
      await script("begin")
      await script(`drop role if exists ${quoteIdentifier(step.role)}`)
      await sql`delete from swarm.role where name = ${step.role}`
      await script("commit")
      return
  }
}

/** Both take role and verifier from settings of the session. */
const createRole = `do $deed$ begin
  execute pg_catalog.format(
    'create role %I login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password %L',
    pg_catalog.current_setting('pg_swarm.role'), pg_catalog.current_setting('pg_swarm.verifier'));
  insert into swarm.role (name, id)
    select rolname, oid from pg_catalog.pg_roles
    where rolname = pg_catalog.current_setting('pg_swarm.role')
    on conflict (name) do update set id = excluded.id;
end $deed$`
const alterRole = `do $deed$ begin
  execute pg_catalog.format('alter role %I password %L',
    pg_catalog.current_setting('pg_swarm.role'), pg_catalog.current_setting('pg_swarm.verifier'));
end $deed$`

async function setPassword(
  { sql, script }: Session,
  role: string,
  verifier: string,
  deed: string,
): Promise<void> {
  await sql`
    select from (select set_config('pg_swarm.role', ${role}, false),
      set_config('pg_swarm.verifier', ${verifier}, false)) as said`
  try {
    await script(deed)
  } finally {
    await script("reset pg_swarm.verifier").catch(() => undefined)
  }
}

/**
 * With what the former owner has in the database. REASSIGN OWNED takes its other databases and tablespaces along
 * (manual, section 22.4): they are given back in the same transaction.
 */
async function changeOwner(
  deeds: Deeds,
  { name, from, to }: Extract<DatabaseStep, { readonly kind: "change-owner" }>,
): Promise<void> {
  const owner = `alter database ${quoteIdentifier(name)} owner to ${quoteIdentifier(to)}`
  if (from === undefined) return deeds.script(owner)
  const former = quoteIdentifier(from)
  await deeds.within(name, async ({ sql, script }) => {
    const others = await sql`
      select datname::text as name from pg_database d join pg_authid r on r.oid = d.datdba
      where r.rolname = ${from} and datname <> ${name}`
    const spaces = await sql`
      select spcname::text as name from pg_tablespace s join pg_authid r on r.oid = s.spcowner
      where r.rolname = ${from}`
    const back = [
      ...others.map((row) => `database ${quoteIdentifier(textOf(row, "name"))}`),
      ...spaces.map((row) => `tablespace ${quoteIdentifier(textOf(row, "name"))}`),
    ].map((what) => `alter ${what} owner to ${former}`)
    await script(
      [
        "begin",
        `reassign owned by ${former} to ${quoteIdentifier(to)}`,
        owner,
        ...back,
        "commit",
      ].join(";\n"),
    )
  })
}

/** Ends sessions of a limited database from where nobody may come; how many. */
export async function endForeignSessions(
  sql: Sql,
  database: string,
  allowed: readonly string[],
): Promise<number> {
  const [row] = await sql`
    select count(pg_terminate_backend(pid))::int4 as ended from pg_stat_activity
    where datname = ${database} and backend_type = 'client backend' and client_addr is not null
      and not exists (select from unnest(${allowed}::cidr[]) as range where client_addr <<= range)`
  return integerOf(row ?? {}, "ended")
}
