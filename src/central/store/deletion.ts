/** Table `operation`, of kind `delete`. A cluster that shall go has exactly one that is not over. */
import {
  type ClusterId,
  clusterId,
  type ConfigVersion,
  configVersion,
  type OperationId,
  operationId,
  type SatelliteId,
} from "#core/ids.ts"
import type { ShownStep } from "#core/rollout/change-operation.ts"
import { integerOf, maybe, type Row, textOf } from "#io/postgres/row.ts"
import type { Sql } from "#io/postgres/sql.ts"
import { stepsJson, storedSteps } from "./operation.ts"

/** A deletion that is not over. */
export type OpenDeletion = {
  readonly id: OperationId
  readonly clusterId: ClusterId
  readonly actor: string
  readonly isHandedOver: boolean
  readonly steps: readonly ShownStep[]
}

const openDeletion = (row: Row): OpenDeletion => ({
  id: operationId(textOf(row, "id")),
  clusterId: clusterId(textOf(row, "cluster_id")),
  actor: textOf(row, "actor"),
  isHandedOver: textOf(row, "state") === "running",
  steps: storedSteps(row),
})

/**
 * Begins the deletions of clusters that are marked for it. What was under way on them has no purpose any more, and
 * ends; a site that is in the middle of it still says how it ended. Returns the operations that begun or ended.
 */
export async function beginDeletions(
  sql: Sql,
  deletions: readonly { readonly id: string; readonly cluster: ClusterId }[],
  by: { readonly actor: string; readonly steps: readonly ShownStep[] },
): Promise<readonly OperationId[]> {
  const ended = await sql`
    update operation set state = 'cancelled', ended_at = now(), given_up = true,
      error = 'the cluster is being deleted'
    where state in ('pending', 'running') and kind in ('switchover', 'change', 'restart')
      and cluster_id = any(${deletions.map(({ cluster }) => cluster)}::uuid[])
    returning id, kind`
  const restarts = ended.filter((row) => row["kind"] === "restart").map((row) => textOf(row, "id"))
  // Should the cluster stay after all, nobody wants its members to start anew.
  await sql`
    update cluster set restart_nonce = null, desired_version = desired_version + 1
    where restart_nonce = any(${restarts})`
  const begun = await sql`
    insert into operation (id, kind, cluster_id, cluster_name, namespace, satellite_id, actor,
      state, steps)
    select n.id, 'delete', c.id, c.name, c.namespace, c.satellite_id, ${by.actor}, 'pending',
      ${stepsJson(by.steps)}::jsonb
    from jsonb_to_recordset(${JSON.stringify(deletions)}::jsonb) as n (id uuid, cluster uuid)
      join cluster c on c.id = n.cluster
    returning id`
  return [...ended, ...begun].map((row) => operationId(textOf(row, "id")))
}

/** Those of one site, locked until the transaction ends. */
export const lockDeletions = async (sql: Sql, satellite: SatelliteId): Promise<OpenDeletion[]> =>
  (
    await sql`
      select id, cluster_id, actor, state, steps from operation
      where satellite_id = ${satellite} and kind = 'delete' and state in ('pending', 'running')
      order by created_at, id
      for update`
  ).map(openDeletion)

/** Deletions whose waiting is told otherwise now that this site is heard, or not heard any more. */
export const deletionsAt = async (sql: Sql, satellite: SatelliteId): Promise<OperationId[]> =>
  (
    await sql`
      select id from operation
      where satellite_id = ${satellite} and kind = 'delete' and state in ('pending', 'running')
      order by id`
  ).map((row) => operationId(textOf(row, "id")))

/** Locked until the transaction ends. Undefined when it is over, or no deletion. */
export async function lockDeletion(
  sql: Sql,
  of: { readonly id: string } | { readonly satellite: SatelliteId; readonly cluster: ClusterId },
): Promise<OpenDeletion | undefined> {
  const [row] = await sql`
    select id, cluster_id, actor, state, steps from operation
    where kind = 'delete' and state in ('pending', 'running')
      and (${"id" in of ? of.id : null}::uuid is null or id = ${"id" in of ? of.id : null})
      and (${"id" in of ? null : of.cluster}::uuid is null
        or (cluster_id = ${"id" in of ? null : of.cluster}
          and satellite_id = ${"id" in of ? null : of.satellite}))
    for update`
  return row === undefined ? undefined : openDeletion(row)
}

/** Says of a locked one that the site is told now, after which nobody calls it off. */
export const handOver = async (
  sql: Sql,
  id: OperationId,
  steps: readonly ShownStep[],
): Promise<void> => {
  await sql`
    update operation set state = 'running', steps = ${stepsJson(steps)}::jsonb,
      started_at = now(), point_of_no_return_at = now(), heard_at = now()
    where id = ${id}`
}

/** False where this is no news. */
export const keepSteps = async (
  sql: Sql,
  id: OperationId,
  steps: readonly ShownStep[],
): Promise<boolean> => {
  const rows = await sql`
    update operation set steps = ${stepsJson(steps)}::jsonb, heard_at = now()
    where id = ${id} and steps is distinct from ${stepsJson(steps)}::jsonb
    returning id`
  return rows.length > 0
}

export const endDeletion = async (
  sql: Sql,
  id: OperationId,
  end: {
    readonly state: "succeeded" | "failed" | "cancelled"
    readonly steps: readonly ShownStep[]
    readonly error: string | undefined
  },
): Promise<void> => {
  await sql`
    update operation set state = ${end.state}, steps = ${stepsJson(end.steps)}::jsonb,
      error = ${end.error}, ended_at = now(), heard_at = now(),
      cancel_asked_at = case when ${end.state} = 'cancelled' then now() end
    where id = ${id}`
}

/** The cluster stays: its rule, if it has one, has it on this satellite again. */
export async function unmarkDeleting(
  sql: Sql,
  id: ClusterId,
): Promise<{ readonly namespace: string; readonly name: string } | undefined> {
  const [row] = await sql`
    with kept as (
      update cluster set deleting_since = null, version = version + 1
      where id = ${id} and deleting_since is not null
      returning namespace, name, rule_id, satellite_id
    ), ruled as (
      delete from rule_exception e using kept k
      where e.rule_id = k.rule_id and e.satellite_id = k.satellite_id
    )
    select namespace, name from kept`
  return row === undefined
    ? undefined
    : { namespace: textOf(row, "namespace"), name: textOf(row, "name") }
}

/** The version that an order to delete names now; undefined for a protected cluster, which no order may delete. */
export async function orderedVersion(
  sql: Sql,
  id: ClusterId,
): Promise<{ readonly version: ConfigVersion | undefined } | undefined> {
  const [row] = await sql`
    select case when not deletion_protected then desired_version end as version
    from cluster where id = ${id} and deleting_since is not null`
  if (row === undefined) return undefined
  const version = maybe(integerOf, row, "version")
  return { version: version === undefined ? undefined : configVersion(version) }
}
