/** A person pauses a cluster: nobody in it becomes primary by itself (decision 6), and no rollout moves it. */
import type { ClusterId } from "#core/ids.ts"
import type { Database } from "#io/postgres/sql.ts"
import { audit } from "../audit/audit.ts"
import { done, notFound, type Outcome, refused } from "../refusal.ts"
import { lockCluster, pause, type Place, resume } from "../store/cluster.ts"
import type { Actor } from "./actor.ts"
import { desiredChanged, holdIntent } from "./placing.ts"
import { tell } from "./tell.ts"

/** `pausing` false: it goes on. Asking for what is so already is no error. */
export async function setPaused(
  database: Database,
  id: string,
  given: { readonly pausing: boolean; readonly reason: string },
  actor: Actor,
): Promise<Outcome<ClusterId>> {
  const { pausing, reason } = given
  return database.transaction(async (sql) => {
    // Rules pause too, and decide under this lock.
    await holdIntent(sql)
    const cluster = await lockCluster(sql, actor.scope, id)
    if (cluster === undefined) return notFound("cluster")
    if (cluster.deleting) return refused(409, "CLUSTER_DELETING", "the cluster is being deleted")
    if (!pausing && cluster.pausedByRule) return pausedByRule(cluster)
    if (cluster.paused === pausing && !cluster.pausedByRule) return done(cluster.id)
    await (pausing ? pause : resume)(sql, cluster.id)
    const why = reason === "" ? "" : `: ${reason}`
    await tell(sql, actor, cluster.satelliteId, [
      {
        kind: pausing ? "cluster.paused" : "cluster.resumed",
        severity: pausing ? "warning" : "info",
        message: `cluster ${cluster.namespace}/${cluster.name} ${pausing ? `is paused${why}` : "goes on"}`,
        clusterId: cluster.id,
        details: reason === "" ? {} : { reason },
      },
    ])
    await audit(sql, actor, {
      action: pausing ? "pause" : "resume",
      resource: "cluster",
      id: cluster.id,
      name: `${cluster.namespace}/${cluster.name}`,
      before: { paused: cluster.paused },
      after: { paused: pausing },
    })
    await desiredChanged(sql, [cluster.satelliteId], [cluster.id])
    return done(cluster.id)
  })
}

/** It would be paused again as soon as somebody looks at the rule. */
const pausedByRule = ({ namespace, name }: Place) =>
  refused(
    409,
    "PAUSED_BY_RULE",
    `the rule of cluster ${namespace}/${name} paused it, because it does not match any more: let the rule match again, let it keep its clusters, or delete it`,
  )
