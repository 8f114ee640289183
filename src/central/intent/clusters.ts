/** What a person may do about a cluster. */
import type { ClusterId } from "#core/ids.ts"
import type { Database, Sql } from "#io/postgres/sql.ts"
import { audit } from "../audit/audit.ts"
import { done, notFound, type Outcome, type Refusal, refused } from "../refusal.ts"
import { beginDeleting } from "../operations/deletion.ts"
import { nameOf } from "../operations/words.ts"
import { lockCluster, protect } from "../store/cluster.ts"
import { unfinishedOn } from "../store/operation.ts"
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
    const running = await whyWait(sql, cluster.id)
    if (running !== undefined) return running
    await beginDeleting(sql, [cluster.id], actor)
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

/** What ends by itself within minutes is waited for. A change or a restart is not: it may wait for what never comes. */
async function whyWait(sql: Sql, cluster: ClusterId): Promise<Refusal | undefined> {
  for (const kind of ["switchover", "promote"] as const) {
    const running = await unfinishedOn(sql, cluster, kind)
    if (running === undefined || running.kind === "change" || running.kind === "restart") continue
    return refused(
      409,
      "OPERATION_RUNNING",
      `${nameOf(running.kind)} (operation ${running.id}) is under way on this cluster: cancel it, or wait until it is over`,
    )
  }
  return undefined
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
