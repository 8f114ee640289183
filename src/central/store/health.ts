/** Table `cluster_health`: the last report of each cluster, never its history. */
import type { ConfigChange } from "#core/rollout/change.ts"
import type { ClusterHealth, InstanceHealth } from "#core/cluster/state.ts"
import { type ClusterId, clusterId, type SatelliteId } from "#core/ids.ts"
import { formatLsn } from "#core/lsn.ts"
import { textOf } from "#io/postgres/row.ts"
import type { Sql } from "#io/postgres/sql.ts"
import type { Change, Instance } from "#wire/rest/clusters.ts"

export type Report = { readonly satellite: SatelliteId; readonly health: ClusterHealth }

/** Milliseconds that every date in JavaScript and PostgreSQL can hold. */
const latest = Date.UTC(9999, 0)
const iso = (time: number): string => new Date(Math.min(Math.max(time, 0), latest)).toISOString()
const finite = (value: number | undefined): number | null =>
  value === undefined || !Number.isFinite(value) ? null : value
/** PostgreSQL stores every text but one with a NUL in it. */
const clean = (text: string): string => text.replaceAll("\0", "")

const instance = (health: InstanceHealth): Instance => ({
  pod: clean(health.pod),
  role: health.role,
  phase: health.phase,
  ready: health.ready,
  reason: health.reason === undefined ? null : clean(health.reason).slice(0, 2000),
  timeline: health.timeline ?? null,
  receivedLsn: health.receivedLsn === undefined ? null : formatLsn(health.receivedLsn),
  replayedLsn: health.replayedLsn === undefined ? null : formatLsn(health.replayedLsn),
  lagBytes: finite(health.lagBytes),
  lagSeconds: finite(health.lagSeconds),
  connectionsUsed: health.connectionsUsed ?? null,
  connectionsActive: health.connectionsActive ?? null,
  connectionsMax: health.connectionsMax ?? null,
  dataBytes: finite(health.dataBytes),
  walBytes: finite(health.walBytes),
  diskTotalBytes: finite(health.diskTotalBytes),
  diskFreeBytes: finite(health.diskFreeBytes),
  receiver: health.receiver === undefined ? null : clean(health.receiver).slice(0, 100),
  startedAt: health.startedAt === undefined ? null : iso(health.startedAt),
  containerRestarts: health.containerRestarts,
  synchronous: health.synchronous,
  question:
    health.question === undefined
      ? null
      : { about: health.question.about, missingBytes: finite(health.question.missingBytes) },
  refusing: health.refusing === undefined ? null : clean(health.refusing).slice(0, 500),
})

const change = (made: ConfigChange): Change => ({
  version: made.version,
  state: made.state,
  strategy: made.strategy,
  steps: made.steps.map(({ pod, action, state, detail, at }) => ({
    pod: clean(pod),
    action,
    state,
    detail: detail === undefined ? null : clean(detail),
    at: iso(at),
  })),
  reason: made.reason === undefined ? null : clean(made.reason),
  pendingRestart: made.pendingRestart.map(clean),
  startedAt: iso(made.startedAt),
  endedAt: made.endedAt === undefined ? null : iso(made.endedAt),
})

const row = ({ satellite, health }: Report) => ({
  cluster_id: health.clusterId,
  satellite_id: satellite,
  state: health.state,
  reason: clean(health.reason),
  applied_version: health.appliedVersion ?? null,
  primary_pod: health.primary === undefined ? null : clean(health.primary),
  term: health.term ?? null,
  system_identifier: health.systemIdentifier ?? null,
  instances: health.instances.map(instance),
  change: health.change === undefined ? null : change(health.change),
  in_force: health.change?.state === "done" ? health.change.version : null,
  observed_at: iso(health.observedAt),
})

/**
 * Keeps the reports of many clusters at once: only for clusters that the sender has (D7), and never an
 * older look over a newer one. Returns the clusters that were written.
 */
export const keepReports = async (sql: Sql, reports: readonly Report[]): Promise<ClusterId[]> =>
  (
    await sql`
      with report as (
        select * from jsonb_to_recordset(${JSON.stringify(reports.map(row))}::jsonb) as r (
          cluster_id uuid, satellite_id uuid, state text, reason text, applied_version bigint,
          primary_pod text, term bigint, system_identifier text, instances jsonb,
          change jsonb, in_force bigint, observed_at timestamptz
        )
      ), own as (
        select report.* from report
          join cluster c on c.id = report.cluster_id and c.satellite_id = report.satellite_id
        order by report.cluster_id
        -- A cluster that is removed meanwhile is skipped instead of failing the others.
        for key share of c
      ), learned as (
        update cluster set
          first_healthy_at = coalesce(
            cluster.first_healthy_at, case when own.state = 'healthy' then now() end),
          -- A version that central never wanted is a site's mistake.
          in_force_version = case when own.in_force <= cluster.desired_version
            then greatest(cluster.in_force_version, own.in_force)
            else cluster.in_force_version end
        from own
        where cluster.id = own.cluster_id
          and (cluster.first_healthy_at is null and own.state = 'healthy'
            or own.in_force > coalesce(cluster.in_force_version, 0)
              and own.in_force <= cluster.desired_version)
      )
      insert into cluster_health as h (
        cluster_id, state, reason, applied_version, primary_pod, term, system_identifier, instances,
        change, observed_at, received_at
      )
      select cluster_id, state, reason, applied_version, primary_pod, term, system_identifier,
        instances, change, observed_at, now()
      from own
      on conflict (cluster_id) do update set
        state = excluded.state, reason = excluded.reason,
        applied_version = excluded.applied_version, primary_pod = excluded.primary_pod,
        term = excluded.term, system_identifier = excluded.system_identifier,
        instances = excluded.instances, change = excluded.change, observed_at = excluded.observed_at,
        received_at = excluded.received_at
      -- A site whose clock was set back must not be silenced: after a minute its look counts again.
      where excluded.observed_at >= h.observed_at or h.received_at < now() - interval '1 minute'
      returning cluster_id`
  ).map((written) => clusterId(textOf(written, "cluster_id")))
