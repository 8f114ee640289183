/** Table `operation`, of kind `change`: a cluster goes from one version of its profile to another. */
import type { Move } from "#core/rollout/waves.ts"
import { type ClusterId, clusterId, configVersion, podName, type ConfigVersion } from "#core/ids.ts"
import type { ConfigChange } from "#core/rollout/change.ts"
import type { ChangeReport, ShownStep } from "#core/rollout/change-operation.ts"
import { integerOf, jsonOf, maybe, type Row, textOf } from "#io/postgres/row.ts"
import { isOver } from "#core/switchover/operation.ts"
import type { Sql } from "#io/postgres/sql.ts"
import { changeSchema } from "#wire/rest/clusters.ts"
import { stepsStored, storedSteps } from "./operation.ts"

export type NewChange = {
  readonly id: string
  readonly move: Move
  readonly rollout: string
  readonly from: number
  readonly actor: string
}

/** A newer change ends the one that is under way; anything else that is keeps it from beginning. Returns how many began. */
export const beginChanges = async (sql: Sql, changes: readonly NewChange[]): Promise<number> => {
  const rows = changes.map(({ id, move, rollout, from, actor }) => ({
    id,
    cluster: move.cluster,
    rollout,
    version: move.version,
    from,
    to: move.to,
    actor,
  }))
  await sql`
    update operation set state = 'cancelled', ended_at = now(),
      error = 'a newer version was sent before this one was in force'
    where kind = 'change' and state in ('pending', 'running')
      and cluster_id = any(${rows.map(({ cluster }) => cluster)}::uuid[])`
  const begun = await sql`
    insert into operation (id, kind, cluster_id, cluster_name, namespace, satellite_id, actor,
      state, steps, rollout_id, config_version, from_spec_version, to_spec_version)
    select n.id, 'change', c.id, c.name, c.namespace, c.satellite_id, n.actor, 'pending', '[]',
      n.rollout, n.version, n."from", n."to"
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as n (
        id uuid, cluster uuid, rollout uuid, version bigint, "from" integer, "to" integer, actor text
      )
      join cluster c on c.id = n.cluster
    on conflict do nothing
    returning id`
  return begun.length
}

/**
 * Asks the members of a cluster, which is locked, to start anew. Undefined when another operation is under
 * way on it.
 */
export async function beginRestart(
  sql: Sql,
  asked: {
    readonly id: string
    readonly cluster: ClusterId
    readonly full: boolean
    readonly actor: string
  },
): Promise<boolean> {
  const begun = await sql`
    insert into operation (id, kind, cluster_id, cluster_name, namespace, satellite_id, actor,
      state, steps, config_version)
    select ${asked.id}::uuid, 'restart', c.id, c.name, c.namespace, c.satellite_id, ${asked.actor},
      'pending', '[]', c.desired_version + 1
    from cluster c where c.id = ${asked.cluster}
    on conflict do nothing
    returning id`
  if (begun.length === 0) return false
  await sql`
    update cluster set restart_nonce = ${asked.id}, restart_full = ${asked.full},
      desired_version = desired_version + 1, version = version + 1
    where id = ${asked.cluster}`
  return true
}

/** Members that have not started anew yet do not any more. False when it is over. */
export async function callOffRestart(sql: Sql, id: string): Promise<boolean> {
  const ended = await sql`
    update operation set state = 'cancelled', ended_at = now(), cancel_asked_at = now(),
      error = 'called off: members that had started anew stay so'
    where id = ${id} and kind = 'restart' and state in ('pending', 'running')
    returning cluster_id`
  const [row] = ended
  if (row === undefined) return false
  await sql`
    update cluster set restart_nonce = null, desired_version = desired_version + 1,
      version = version + 1
    where id = ${textOf(row, "cluster_id")} and restart_nonce = ${id}`
  return true
}

/** Returns those that were not over yet. */
export const failChanges = async (
  sql: Sql,
  failed: readonly { readonly id: string; readonly error: string }[],
): Promise<string[]> =>
  failed.length === 0
    ? []
    : (
        await sql`
          update operation o set state = 'failed', ended_at = now(), error = n.error
          from jsonb_to_recordset(${JSON.stringify(failed)}::jsonb) as n (id uuid, error text)
          where o.id = n.id and o.state in ('pending', 'running')
          returning o.id`
      ).map((row) => textOf(row, "id"))

/** A change that is not over, and what its site said last. */
export type OpenChange = {
  readonly id: string
  readonly clusterId: ClusterId
  readonly satelliteId: string
  readonly actor: string
  readonly version: ConfigVersion
  readonly state: string
  /** Undefined: it is no change of version, members start anew. */
  readonly toVersion: number | undefined
  readonly steps: readonly ShownStep[]
  /** Undefined when the cluster is gone, or on its way out. */
  readonly sight:
    | {
        readonly inForce: ConfigVersion | undefined
        readonly change: ConfigChange | undefined
        readonly refused: { readonly version: ConfigVersion; readonly problem: string } | undefined
      }
    | undefined
}

const millisOf = (text: string | null): number | undefined =>
  text === null ? undefined : Date.parse(text)
const iso = (time: number | undefined): string | null =>
  time === undefined ? null : new Date(time).toISOString()

/**
 * Up to `limit` of them in the order of their ids, each locked; what another central works on is left to it, and so is
 * what waits for a site that has said nothing of it yet, of which there is no news.
 */
export const openChanges = async (
  sql: Sql,
  { after, limit }: { readonly after: string | undefined; readonly limit: number },
): Promise<OpenChange[]> =>
  (
    await sql`
      select o.id, o.cluster_id, o.satellite_id, o.actor, o.config_version, o.to_spec_version,
        o.state, o.steps, c.id as there, c.in_force_version, c.acked_version, c.ack, c.ack_problem,
        h.change
      from operation o
        left join cluster c on c.id = o.cluster_id and c.deleting_since is null
        left join cluster_health h on h.cluster_id = c.id
      where o.kind in ('change', 'restart') and o.state in ('pending', 'running')
        and (${after ?? null}::uuid is null or o.id > ${after ?? null}::uuid)
        and (o.state = 'running' or c.id is null or c.in_force_version >= o.config_version
          or (c.ack = 'refused' and c.acked_version >= o.config_version)
          or (h.change->>'version')::bigint >= o.config_version)
      order by o.id
      limit ${limit}
      for update of o skip locked`
  ).map(openChange)

function openChange(row: Row): OpenChange {
  const [inForce, acked] = [
    maybe(integerOf, row, "in_force_version"),
    maybe(integerOf, row, "acked_version"),
  ]
  const change = row["change"] === null ? undefined : changeSchema.parse(jsonOf(row, "change"))
  return {
    id: textOf(row, "id"),
    clusterId: clusterId(textOf(row, "cluster_id")),
    satelliteId: textOf(row, "satellite_id"),
    actor: textOf(row, "actor"),
    version: configVersion(integerOf(row, "config_version")),
    state: textOf(row, "state"),
    toVersion: maybe(integerOf, row, "to_spec_version"),
    steps: storedSteps(row),
    sight:
      row["there"] === null
        ? undefined
        : {
            inForce: inForce === undefined ? undefined : configVersion(inForce),
            change:
              change === undefined
                ? undefined
                : {
                    version: configVersion(change.version),
                    state: change.state,
                    strategy: change.strategy,
                    steps: change.steps.map((step) => ({
                      pod: podName(step.pod),
                      action: step.action,
                      state: step.state,
                      detail: step.detail ?? undefined,
                      at: Date.parse(step.at),
                    })),
                    reason: change.reason ?? undefined,
                    pendingRestart: change.pendingRestart,
                    startedAt: Date.parse(change.startedAt),
                    endedAt: millisOf(change.endedAt),
                  },
            refused:
              row["ack"] === "refused" && acked !== undefined
                ? {
                    version: configVersion(acked),
                    problem: maybe(textOf, row, "ack_problem") ?? "no reason was told",
                  }
                : undefined,
          },
  }
}

/** Stores how these operations stand now; returns those of which that is news. */
export const keepChanges = async (
  sql: Sql,
  reports: readonly (ChangeReport & { readonly id: string })[],
): Promise<ReadonlySet<string>> => {
  const rows = reports.map(({ id, state, steps, error, startedAt, endedAt }) => ({
    id,
    state,
    steps: stepsStored(steps),
    error: error ?? null,
    started_at: iso(startedAt),
    ended_at: iso(endedAt),
    is_over: isOver(state),
  }))
  const written = await sql`
    update operation o set state = n.state, steps = n.steps, error = n.error,
      started_at = coalesce(n.started_at, o.started_at), heard_at = now(),
      ended_at = case when n.is_over then coalesce(n.ended_at, now()) end
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as n (
      id uuid, state text, steps jsonb, error text, started_at timestamptz, ended_at timestamptz,
      is_over boolean
    )
    where o.id = n.id
      and (o.state, o.steps, o.error, o.started_at)
        is distinct from (n.state, n.steps, n.error, coalesce(n.started_at, o.started_at))
    returning o.id`
  return new Set(written.map((row) => textOf(row, "id")))
}
