/** Table `rollout`: what was approved, and how far it is. */
import * as z from "zod"
import { isWholeFleet, type Scope } from "#core/access/scope.ts"
import { assert } from "#core/assert.ts"
import { type EntryState, entryStates } from "#core/rollout/entry.ts"
import type { Plan } from "#core/rollout/plan.ts"
import { type Progress, type RolloutState, rolloutStates } from "#core/rollout/waves.ts"
import { integerOf, jsonOf, maybe, type Row, textOf, timeOf } from "#io/postgres/row.ts"
import type { Sql } from "#io/postgres/sql.ts"
import { type Rollout, rolloutSchema } from "#wire/rest/rollouts.ts"
import { within } from "./scope.ts"

/** A plan as it is kept: what REST says of it, with everything filled in. */
const { haltAfter, onHalt, whenUnhealthy, ignoreFreeze } = rolloutSchema.shape
const { changeWithinSeconds, unhealthyForSeconds, stages } = rolloutSchema.shape
const planSchema = z.object({
  haltAfter,
  onHalt,
  whenUnhealthy,
  ignoreFreeze,
  changeWithinSeconds,
  unhealthyForSeconds,
  stages: z.array(stages.element.omit({ gatePassedBy: true, clusterCount: true, counts: true })),
})
export type StoredPlan = z.infer<typeof planSchema>

export const planOf = (to: number, stored: StoredPlan): Plan => ({
  to,
  stages: stored.stages.map(({ name, share, maxParallel, bakeSeconds, gate }) => ({
    name,
    share,
    maxParallel,
    bakeMs: bakeSeconds * 1000,
    hasGate: gate,
  })),
  haltAfter: stored.haltAfter,
  onHalt: stored.onHalt,
  whenUnhealthy: stored.whenUnhealthy,
  ignoresFreeze: stored.ignoreFreeze,
  changeWithinMs: stored.changeWithinSeconds * 1000,
  unwellMs: stored.unhealthyForSeconds * 1000,
})

export function stateOf(row: Row): RolloutState {
  const found = rolloutStates.find((state) => state === row["state"])
  assert(found !== undefined, "column state holds the state of a rollout")
  return found
}

const passedOf = z.record(z.string(), z.string())
const tallyOf = z.array(
  z.object({ stage: z.number().int(), state: z.enum(entryStates), found: z.number().int() }),
)
type Tally = z.infer<typeof tallyOf>

const countsOf = (tally: Tally): Rollout["counts"] => {
  const counts = new Map<EntryState, number>(entryStates.map((state) => [state, 0]))
  for (const { state, found } of tally) counts.set(state, (counts.get(state) ?? 0) + found)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- fromEntries forgets the keys that it was given
  return Object.fromEntries(counts) as Rollout["counts"]
}
const sum = (tally: Tally): number => tally.reduce((total, { found }) => total + found, 0)

function shown(row: Row): Rollout {
  const { stages: planned, ...plan } = planSchema.parse(jsonOf(row, "plan"))
  const passed = passedOf.parse(jsonOf(row, "passed"))
  const tally = tallyOf.parse(jsonOf(row, "tally") ?? [])
  const endedAt = maybe(timeOf, row, "ended_at")
  return {
    id: textOf(row, "id"),
    profileId: textOf(row, "profile_id"),
    profileName: textOf(row, "profile_name"),
    specVersion: integerOf(row, "spec_version"),
    note: textOf(row, "note"),
    actor: textOf(row, "actor"),
    state: stateOf(row),
    reason: textOf(row, "reason"),
    stage: Math.max(0, integerOf(row, "stage")),
    gate: stateOf(row) === "at-gate" ? integerOf(row, "stage") + 1 : null,
    ...plan,
    clusterCount: sum(tally),
    counts: countsOf(tally),
    stages: planned.map((stage, at) => {
      const here = tally.filter((one) => one.stage === at)
      return {
        ...stage,
        gatePassedBy: passed[String(at)] ?? null,
        clusterCount: sum(here),
        counts: countsOf(here),
      }
    }),
    createdAt: new Date(timeOf(row, "created_at")).toISOString(),
    changedAt: new Date(timeOf(row, "changed_at")).toISOString(),
    endedAt: endedAt === undefined ? null : new Date(endedAt).toISOString(),
  }
}

export type NewRollout = {
  readonly id: string
  readonly profileId: string
  readonly specVersion: number
  readonly note: string
  readonly actor: string
  readonly plan: StoredPlan
  /** Undefined: it is about a selection of clusters. */
  readonly takesNew: Scope | undefined
}

export const insertRollout = async (sql: Sql, made: NewRollout): Promise<void> => {
  await sql`
    insert into rollout (id, profile_id, spec_version, note, actor, plan, state, takes_new)
    values (${made.id}, ${made.profileId}, ${made.specVersion}, ${made.note}, ${made.actor},
      ${JSON.stringify(made.plan)}::jsonb, 'running',
      ${made.takesNew === undefined ? null : JSON.stringify(made.takesNew)}::jsonb)`
}

export type RolloutFilter = {
  readonly profileId: string | undefined
  readonly clusterId: string | undefined
  readonly state: RolloutState | undefined
}

/** Of those that have a cluster in the scope. */
export const listRollouts = async (
  sql: Sql,
  scope: Scope,
  filter: RolloutFilter & { readonly id?: string },
  before: readonly [at: string, id: string] | undefined,
  limit: number,
): Promise<Rollout[]> =>
  (
    await sql`
      select r.id, r.profile_id, p.name as profile_name, r.spec_version, r.note, r.actor, r.plan,
        r.state, r.reason, r.stage, r.passed, r.created_at, r.changed_at, r.ended_at,
        (select jsonb_agg(t) from (
          select stage, state, count(*)::integer as found
          from rollout_cluster e where e.rollout_id = r.id group by stage, state
        ) t) as tally
      from rollout r join profile p on p.id = r.profile_id
      where (${isWholeFleet(scope)} or exists (
          select from rollout_cluster e
          where e.rollout_id = r.id and satellite_in_scope(e.satellite_id, ${within(scope)}::jsonb[])))
        and (${filter.id}::uuid is null or r.id = ${filter.id})
        and (${filter.profileId}::uuid is null or r.profile_id = ${filter.profileId})
        and (${filter.state}::text is null or r.state = ${filter.state})
        and (${filter.clusterId}::uuid is null or r.id in (
          select rollout_id from rollout_cluster where cluster_id = ${filter.clusterId}))
        and (${before?.[0]}::timestamptz is null
          or (r.created_at, r.id) < (${before?.[0]}::timestamptz, ${before?.[1]}::uuid))
      order by r.created_at desc, r.id desc
      limit ${limit}`
  ).map(shown)

const noFilter = { profileId: undefined, clusterId: undefined, state: undefined }

export const findRollout = async (
  sql: Sql,
  scope: Scope,
  id: string,
): Promise<Rollout | undefined> =>
  (await listRollouts(sql, scope, { ...noFilter, id }, undefined, 1))[0]

/** Those that are not over. */
export const openRollouts = async (sql: Sql): Promise<string[]> =>
  (
    await sql`
      select id from rollout where state not in ('finished', 'rolled-back', 'cancelled') order by id`
  ).map((row) => textOf(row, "id"))

export type LockedRollout = {
  readonly id: string
  readonly profileId: string
  readonly profileName: string
  readonly actor: string
  readonly plan: Plan
  readonly standing: Omit<Progress, "entries">
  /** By the clock of the database, as everybody who works on it has it. */
  readonly now: number
}

/** `skip`: leave it alone while another central has it. */
export async function lockRollout(
  sql: Sql,
  id: string,
  { skip }: { readonly skip: boolean },
): Promise<LockedRollout | undefined> {
  const locked = skip
    ? await sql`select id from rollout where id = ${id} for update skip locked`
    : await sql`select id from rollout where id = ${id} for update`
  if (locked.length === 0) return undefined
  const [row] = await sql`
    select r.id, r.profile_id, p.name as profile_name, r.actor, r.spec_version, r.plan, r.state,
      r.reason, r.stage, r.passed, r.forgiven, clock_timestamp() as now
    from rollout r join profile p on p.id = r.profile_id
    where r.id = ${id}`
  if (row === undefined) return undefined
  return {
    id: textOf(row, "id"),
    profileId: textOf(row, "profile_id"),
    profileName: textOf(row, "profile_name"),
    actor: textOf(row, "actor"),
    plan: planOf(integerOf(row, "spec_version"), planSchema.parse(jsonOf(row, "plan"))),
    standing: {
      state: stateOf(row),
      reason: textOf(row, "reason"),
      stage: integerOf(row, "stage"),
      passed: new Set(Object.keys(passedOf.parse(jsonOf(row, "passed"))).map(Number)),
      forgiven: integerOf(row, "forgiven"),
    },
    now: timeOf(row, "now"),
  }
}

export const keepStanding = async (
  sql: Sql,
  id: string,
  { state, reason, stage, forgiven }: Omit<Progress, "entries" | "passed">,
): Promise<void> => {
  await sql`
    update rollout set
      changed_at = case when state = ${state} then changed_at else now() end,
      ended_at = case when ${state} in ('finished', 'rolled-back', 'cancelled')
        then coalesce(ended_at, now()) end,
      state = ${state}, reason = ${reason}, stage = ${stage}, forgiven = ${forgiven}
    where id = ${id}`
}

/** `by` let the stage begin. */
export const keepPassed = async (
  sql: Sql,
  id: string,
  stage: number,
  by: string,
): Promise<void> => {
  await sql`
    update rollout set passed = passed || jsonb_build_object(${String(stage)}::text, ${by}::text)
    where id = ${id}`
}

/**
 * Deletes up to `limit` that have been over for `days`, with what is known of their clusters; not what is known of
 * the version that a profile has now, by which its new clusters are made.
 */
export const pruneRollouts = async (sql: Sql, days: number, limit: number): Promise<void> => {
  await sql`
    delete from rollout where id in (
      select id from rollout
      where state in ('finished', 'rolled-back', 'cancelled')
        and ended_at < now() - make_interval(days => ${days})
        and not exists (select from profile p
          where p.id = rollout.profile_id and p.spec_version = rollout.spec_version)
      order by ended_at limit ${limit}
    )`
}
