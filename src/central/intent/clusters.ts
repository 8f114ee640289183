/** What a person may do about a cluster. */
import type { ClusterId } from "#core/ids.ts"
import type { Database } from "#io/postgres/sql.ts"
import { audit } from "../audit/audit.ts"
import { done, notFound, type Outcome, refused } from "../refusal.ts"
import { lockCluster, markDeleting, protect } from "../store/cluster.ts"
import { addException } from "../store/rule.ts"
import { desiredChanged, holdIntent } from "./placing.ts"
import type { Actor } from "./actor.ts"
import { tell } from "./tell.ts"

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
    const cluster = await lockCluster(sql, actor.scope, id)
    if (cluster === undefined) return notFound("cluster")
    if (cluster.deleting) return done(cluster.id)
    if (cluster.isProtected)
      return refused(
        409,
        "DELETION_PROTECTED",
        `cluster ${cluster.namespace}/${cluster.name} is protected from deletion: take the protection off first`,
      )
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
    await audit(sql, actor, {
      action: "delete",
      resource: "cluster",
      id: cluster.id,
      name: `${cluster.namespace}/${cluster.name}`,
      before: { ...cluster, deletionProtected: cluster.isProtected },
      after: { ...cluster, deletionProtected: cluster.isProtected, deleting: true },
    })
    await desiredChanged(sql, [cluster.satelliteId], [cluster.id])
    return done(cluster.id)
  })
}

/** Puts deletion protection on or takes it off. */
export async function editCluster(
  database: Database,
  id: string,
  given: { readonly version: number; readonly deletionProtected: boolean },
  actor: Actor,
): Promise<Outcome<ClusterId>> {
  return database.transaction(async (sql) => {
    const cluster = await lockCluster(sql, actor.scope, id)
    if (cluster === undefined) return notFound("cluster")
    if (cluster.version !== given.version)
      return refused(
        409,
        "VERSION_CONFLICT",
        `the cluster was changed meanwhile (version ${given.version} was sent, ${cluster.version} is current): read it again and repeat the change`,
        [
          { field: "version", problem: `is ${cluster.version} now` },
          { field: "deletionProtected", problem: `is ${cluster.isProtected} now` },
        ],
      )
    if (cluster.isProtected === given.deletionProtected) return done(cluster.id)
    await protect(sql, cluster.id, given.deletionProtected)
    const what = given.deletionProtected ? "is protected from deletion" : "may be deleted"
    await tell(sql, actor, cluster.satelliteId, [
      {
        kind: "cluster.edited",
        message: `cluster ${cluster.namespace}/${cluster.name} ${what}`,
        clusterId: cluster.id,
      },
    ])
    await audit(sql, actor, {
      action: "edit",
      resource: "cluster",
      id: cluster.id,
      name: `${cluster.namespace}/${cluster.name}`,
      before: { deletionProtected: cluster.isProtected },
      after: { deletionProtected: given.deletionProtected },
    })
    // Its site keeps the protection too.
    await desiredChanged(sql, [cluster.satelliteId], [cluster.id])
    return done(cluster.id)
  })
}
