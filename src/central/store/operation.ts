/** Table `operation`: what was asked for, and the last word of the site about it. */
import type { Scope } from "#core/access/scope.ts"
import { assert } from "#core/assert.ts"
import {
  type ClusterId,
  clusterId,
  type OperationId,
  operationId,
  podName,
  type SatelliteId,
  satelliteId,
} from "#core/ids.ts"
import {
  type AskedKind,
  askedKinds,
  isOver,
  type OperationOrder,
  type OperationReport,
  type OperationState,
  operationStates,
  type OperationWish,
  targetOf,
} from "#core/switchover/operation.ts"
import { noSteps } from "#core/switchover/steps.ts"
import { booleanOf, integerOf, jsonOf, maybe, type Row, textOf, timeOf } from "#io/postgres/row.ts"
import type { ShownStep } from "#core/rollout/change-operation.ts"
import { seenFrom } from "#core/switchover/deletion.ts"
import type { Sql } from "#io/postgres/sql.ts"
import { type Operation, operationKinds, operationStepSchema } from "#wire/rest/operations.ts"
import * as z from "zod"
import { bySatellite } from "./by-satellite.ts"
import { within } from "./scope.ts"

const stepsOf = z.array(operationStepSchema)
const millisOf = (text: string | null): number | undefined =>
  text === null ? undefined : Date.parse(text)

/** Steps as they were stored. */
export const storedSteps = (row: Row): readonly ShownStep[] =>
  stepsOf.parse(jsonOf(row, "steps")).map((step) => ({
    ...step,
    startedAt: millisOf(step.startedAt),
    endedAt: millisOf(step.endedAt),
  }))

const iso = (time: number | undefined): string | null =>
  time === undefined ? null : new Date(time).toISOString()

function stateOf(row: Row): OperationState {
  const found = operationStates.find((state) => state === row["state"])
  assert(found !== undefined, "column state holds the state of an operation")
  return found
}

export type OperationKind = Operation["kind"]

function kindOf(row: Row): OperationKind {
  const found = operationKinds.find((kind) => kind === row["kind"])
  assert(found !== undefined, "column kind holds the kind of an operation")
  return found
}

function askedKindOf(row: Row): AskedKind {
  const found = askedKinds.find((kind) => kind === row["kind"])
  assert(found !== undefined, "this operation is one that a site is asked")
  return found
}

function wishOf(row: Row): OperationWish {
  const kind = askedKindOf(row)
  const to = maybe(textOf, row, "wanted_target")
  switch (kind) {
    case "switchover":
      return { kind, to: to === undefined ? undefined : podName(to) }
    case "fence":
      return { kind, reason: maybe(textOf, row, "reason") ?? "" }
    case "unfence":
      return { kind }
    case "promote":
      assert(to !== undefined, "a promotion names its member")
      return { kind, to: podName(to), acceptLoss: booleanOf(row, "accept_loss") }
  }
}

function shownSteps(row: Row): Operation["steps"] {
  if (kindOf(row) !== "delete") return stepsOf.parse(jsonOf(row, "steps"))
  const isHeard = row["satellite_state"] === "connected" || row["satellite_state"] === "late"
  const name = textOf(row, "satellite_name")
  return seenFrom(storedSteps(row), { name, isHeard }).map((step) => ({
    ...step,
    startedAt: iso(step.startedAt),
    endedAt: iso(step.endedAt),
  }))
}

const shown = (row: Row): Operation => ({
  id: textOf(row, "id"),
  kind: kindOf(row),
  clusterId: textOf(row, "cluster_id"),
  clusterName: textOf(row, "cluster_name"),
  namespace: textOf(row, "namespace"),
  satelliteId: textOf(row, "satellite_id"),
  rolloutId: maybe(textOf, row, "rollout_id") ?? null,
  fromVersion: maybe(integerOf, row, "from_spec_version") ?? null,
  toVersion: maybe(integerOf, row, "to_spec_version") ?? null,
  actor: textOf(row, "actor"),
  state: stateOf(row),
  target: maybe(textOf, row, "target") ?? maybe(textOf, row, "wanted_target") ?? null,
  steps: shownSteps(row),
  pointOfNoReturnAt: iso(maybe(timeOf, row, "point_of_no_return_at")),
  error: maybe(textOf, row, "error") ?? null,
  createdAt: new Date(timeOf(row, "created_at")).toISOString(),
  startedAt: iso(maybe(timeOf, row, "started_at")),
  endedAt: iso(maybe(timeOf, row, "ended_at")),
})

/** PostgreSQL stores every text but one with a NUL in it. */
const clean = (text: string): string => text.replaceAll("\0", "")

/** Steps as they are stored. */
export const stepsStored = (steps: readonly ShownStep[]) =>
  steps.map((step) => ({
    name: step.name,
    state: step.state,
    startedAt: iso(step.startedAt),
    endedAt: iso(step.endedAt),
    detail: clean(step.detail),
  }))
export const stepsJson = (steps: readonly ShownStep[]): string => JSON.stringify(stepsStored(steps))

/** Undefined when another operation of its sort on this cluster is not over yet. */
export const insertOperation = async (
  sql: Sql,
  order: OperationOrder,
  satellite: SatelliteId,
  actor: string,
): Promise<OperationId | undefined> => {
  const [row] = await sql`
    insert into operation (id, kind, cluster_id, cluster_name, namespace, satellite_id, actor, state,
      wanted_target, reason, accept_loss, steps)
    select ${order.operation}, ${order.kind}, c.id, c.name, c.namespace, ${satellite}, ${actor},
      'pending', ${targetOf(order) ?? null},
      ${order.kind === "fence" ? clean(order.reason) : null}::text,
      ${order.kind === "promote" && order.acceptLoss}::boolean,
      ${stepsJson(noSteps(order.kind))}::jsonb
    from cluster c where c.id = ${order.clusterId}
    on conflict do nothing
    returning id`
  return row === undefined ? undefined : operationId(textOf(row, "id"))
}

/** What a person asks in an emergency waits for nothing that takes long, and nothing waits for it. */
export const isEmergency = (kind: OperationKind): boolean =>
  kind === "fence" || kind === "unfence" || kind === "promote"

/** The operation that one of `kind` would have to wait for. */
export const unfinishedOn = async (
  sql: Sql,
  cluster: ClusterId,
  kind: OperationKind,
): Promise<{ readonly id: OperationId; readonly kind: OperationKind } | undefined> => {
  const [row] = await sql`
    select id, kind from operation
    where cluster_id = ${cluster} and state in ('pending', 'running')
      and (kind in ('fence', 'unfence', 'promote')) = ${isEmergency(kind)}`
  return row === undefined ? undefined : { id: operationId(textOf(row, "id")), kind: kindOf(row) }
}

export const findOperations = async (
  sql: Sql,
  scope: Scope,
  ids: readonly string[],
): Promise<Operation[]> =>
  (
    await sql`
      select o.id, o.kind, o.cluster_id, o.cluster_name, o.namespace, o.satellite_id, o.rollout_id,
        o.from_spec_version, o.to_spec_version, o.actor, o.state, o.wanted_target, o.target,
        o.steps, o.error, o.point_of_no_return_at, o.created_at, o.started_at, o.ended_at,
        s.name as satellite_name, s.state as satellite_state
      from operation o join satellite s on s.id = o.satellite_id
      where o.id = any(${ids}::uuid[])
        and in_scope(s.labels, ${within(scope)}::jsonb[])
      order by o.created_at desc, o.id desc`
  ).map(shown)

export const findOperation = async (
  sql: Sql,
  scope: Scope,
  id: string,
): Promise<Operation | undefined> => (await findOperations(sql, scope, [id]))[0]

export type OperationFilter = {
  readonly cluster: string | undefined
  readonly rollout: string | undefined
  readonly kind: OperationKind | undefined
  readonly state: OperationState | undefined
  readonly actor: string | undefined
}

export const listOperations = async (
  sql: Sql,
  scope: Scope,
  filter: OperationFilter,
  before: readonly [at: string, id: string] | undefined,
  limit: number,
): Promise<Operation[]> =>
  (
    await sql`
      select o.id, o.kind, o.cluster_id, o.cluster_name, o.namespace, o.satellite_id, o.rollout_id,
        o.from_spec_version, o.to_spec_version, o.actor, o.state, o.wanted_target, o.target,
        o.steps, o.error, o.point_of_no_return_at, o.created_at, o.started_at, o.ended_at,
        s.name as satellite_name, s.state as satellite_state
      from operation o join satellite s on s.id = o.satellite_id
      where in_scope(s.labels, ${within(scope)}::jsonb[])
        and (${filter.cluster}::uuid is null or o.cluster_id = ${filter.cluster})
        and (${filter.rollout}::uuid is null or o.rollout_id = ${filter.rollout})
        and (${filter.kind}::text is null or o.kind = ${filter.kind})
        and (${filter.state}::text is null or o.state = ${filter.state})
        and (${filter.actor}::text is null or o.actor = ${filter.actor})
        and (${before?.[0]}::timestamptz is null
          or (o.created_at, o.id) < (${before?.[0]}::timestamptz, ${before?.[1]}::uuid))
      order by o.created_at desc, o.id desc
      limit ${limit}`
  ).map(shown)

/** What a site has still to hear of an operation that is not over. */
export type Unfinished = {
  readonly order: OperationOrder
  readonly pending: boolean
  readonly cancelled: boolean
}

export const unfinishedOf = async (
  sql: Sql,
  satellites: readonly SatelliteId[],
): Promise<ReadonlyMap<SatelliteId, Unfinished[]>> =>
  bySatellite(
    await sql`
      select satellite_id, id, kind, cluster_id, wanted_target, reason, accept_loss, state,
        cancel_asked_at is not null as cancelled
      from operation
      where satellite_id = any(${satellites}::uuid[]) and state in ('pending', 'running')
        and kind not in ('change', 'restart', 'delete')
      order by created_at`,
    (row) => ({
      order: {
        operation: operationId(textOf(row, "id")),
        clusterId: clusterId(textOf(row, "cluster_id")),
        ...wishOf(row),
      },
      pending: stateOf(row) === "pending",
      cancelled: booleanOf(row, "cancelled"),
    }),
  )

/**
 * Takes over the word of the site: a later one than the last, on an operation that is not over or that
 * central ended by itself. Returns the cluster when it was news.
 */
export const keepReport = async (
  sql: Sql,
  satellite: SatelliteId,
  report: OperationReport,
): Promise<
  { readonly clusterId: ClusterId; readonly kind: AskedKind; readonly actor: string } | undefined
> => {
  const { revision, state, target, error } = report
  const over = isOver(state)
  const [row] = await sql`
    update operation set
      state = ${state}, revision = ${revision},
      -- A site that never heard of it knows no steps of it.
      steps = case when ${report.steps.length}::integer = 0 then steps
        else ${stepsJson(report.steps)}::jsonb end,
      target = coalesce(${target === undefined ? null : clean(target)}, target),
      error = ${error === undefined ? null : clean(error)},
      point_of_no_return_at = ${iso(report.pointOfNoReturnAt)}::timestamptz,
      started_at = ${iso(report.startedAt)}::timestamptz,
      ended_at = ${iso(report.endedAt)}::timestamptz,
      given_up = false, heard_at = now()
    where id = ${report.operation} and satellite_id = ${satellite} and kind not in ('change', 'restart', 'delete')
      and revision < ${revision}
      and (state in ('pending', 'running') or (given_up and ${over}::boolean))
    returning cluster_id, kind, actor`
  return row === undefined
    ? undefined
    : {
        clusterId: clusterId(textOf(row, "cluster_id")),
        kind: askedKindOf(row),
        actor: textOf(row, "actor"),
      }
}

/** Undefined when it is over, or can not be cancelled any more. */
export const askToCancel = async (
  sql: Sql,
  scope: Scope,
  id: string,
): Promise<SatelliteId | undefined> => {
  const [row] = await sql`
    update operation set cancel_asked_at = coalesce(cancel_asked_at, now())
    where id = ${id} and state in ('pending', 'running') and kind not in ('change', 'restart', 'delete')
      and point_of_no_return_at is null
      and satellite_in_scope(satellite_id, ${within(scope)}::jsonb[])
    returning satellite_id`
  return row === undefined ? undefined : satelliteId(textOf(row, "satellite_id"))
}

/** Ends what no site took up in time, and what no site has spoken of for long. Returns what was ended. */
export const giveUp = async (
  sql: Sql,
  after: { readonly pendingMs: number; readonly silentMs: number },
): Promise<
  {
    readonly id: OperationId
    readonly kind: AskedKind
    readonly clusterId: ClusterId
    readonly error: string
  }[]
> =>
  (
    await sql`
      update operation set state = 'failed', given_up = true, ended_at = now(),
        error = case when state = 'pending'
          then 'the site did not take it up in time: nothing was begun'
          else 'the site has not told how it ended' end
      where kind not in ('change', 'restart', 'delete')
        and ((state = 'pending' and created_at < now() - make_interval(secs => ${after.pendingMs / 1000}))
          or (state = 'running' and coalesce(heard_at, created_at)
            < now() - make_interval(secs => ${after.silentMs / 1000})))
      returning id, kind, cluster_id, error`
  ).map((row) => ({
    id: operationId(textOf(row, "id")),
    kind: askedKindOf(row),
    clusterId: clusterId(textOf(row, "cluster_id")),
    error: textOf(row, "error"),
  }))

/** Deletes up to `limit` finished operations older than `days`. */
export const pruneOperations = async (sql: Sql, days: number, limit: number): Promise<void> => {
  await sql`
    delete from operation where id in (
      select id from operation
      where state not in ('pending', 'running') and created_at < now() - make_interval(days => ${days})
      order by created_at limit ${limit}
    )`
}
