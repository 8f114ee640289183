/** What a person may do about a cluster. */
import type { ClusterId } from "#core/ids.ts"
import type { Database } from "#io/postgres/sql.ts"
import { done, notFound, type Outcome } from "../refusal.ts"
import { lockCluster, markDeleting } from "../store/cluster.ts"
import { addException } from "../store/rule.ts"
import { desiredChanged, holdIntent } from "./placing.ts"
import { type Actor, tell } from "./tell.ts"

/**
 * Asks for a cluster's end. Its site does it, now or when it returns; asking twice is asking once. The rule
 * that made it leaves this satellite alone from now on.
 */
export async function deleteCluster(
  database: Database,
  id: string,
  actor: Actor,
): Promise<Outcome<ClusterId>> {
  return database.transaction(async (sql) => {
    await holdIntent(sql)
    const cluster = await lockCluster(sql, id)
    if (cluster === undefined) return notFound("cluster")
    if (cluster.deleting) return done(cluster.id)
    await markDeleting(sql, cluster.id)
    if (cluster.ruleId !== undefined) await addException(sql, cluster.ruleId, cluster.satelliteId)
    await tell(sql, actor, cluster.satelliteId, [
      {
        kind: "cluster.deletion-requested",
        message: `cluster ${cluster.namespace}/${cluster.name} shall go, with its data`,
        severity: "warning",
        clusterId: cluster.id,
      },
    ])
    await desiredChanged(sql, [cluster.satelliteId], [cluster.id])
    return done(cluster.id)
  })
}
