/** A restart by hand: central wants it by the cluster's config, the site brings it into force like every other change. */
import { randomUUID } from "node:crypto"
import { clusterId, operationId, satelliteId } from "#core/ids.ts"
import type { Database, Sql } from "#io/postgres/sql.ts"
import type { Operation } from "#wire/rest/operations.ts"
import { audit } from "../audit/audit.ts"
import type { Actor } from "../intent/actor.ts"
import { desiredChanged } from "../intent/placing.ts"
import { tell } from "../intent/tell.ts"
import { done, notFound, type Outcome, type Refusal, refused } from "../refusal.ts"
import { notify } from "../store/change.ts"
import { beginRestart, callOffRestart } from "../store/change-operation.ts"
import { findCluster, lockCluster } from "../store/cluster.ts"
import { findOperation, unfinishedOn } from "../store/operation.ts"
import { findSatellite } from "../store/satellite.ts"
import { nameOf } from "./words.ts"

export async function restartCluster(
  database: Database,
  id: string,
  full: boolean,
  actor: Actor,
): Promise<Outcome<Operation>> {
  return database.transaction(async (sql) => {
    const place = await lockCluster(sql, actor.scope, id)
    const cluster = place === undefined ? undefined : await findCluster(sql, actor.scope, id)
    if (place === undefined || cluster === undefined) return notFound("cluster")
    if (place.deleting) return refused(409, "CLUSTER_DELETING", "the cluster is being deleted")
    const running = await unfinishedOn(sql, place.id, "restart")
    if (running !== undefined)
      return refused(
        409,
        "OPERATION_RUNNING",
        `${nameOf(running.kind)} (operation ${running.id}) is under way on this cluster`,
      )
    const satellite = await findSatellite(sql, actor.scope, place.satelliteId)
    const refusal = whyNotRestart(cluster, satellite)
    if (refusal !== undefined) return refusal
    const operation = randomUUID()
    const asked = { id: operation, cluster: place.id, full, actor: actor.name }
    if (!(await beginRestart(sql, asked)))
      return refused(409, "OPERATION_RUNNING", "another operation is under way on this cluster")
    const how = full ? "all together" : "one after another"
    await tell(sql, actor, place.satelliteId, [
      {
        kind: "restart.asked",
        severity: full ? "warning" : "info",
        message: `the members of ${cluster.namespace}/${cluster.name} shall start anew, ${how}`,
        clusterId: place.id,
        details: { operation },
      },
    ])
    await audit(sql, actor, {
      action: "start",
      resource: "operation",
      id: operation,
      name: `restart of ${cluster.namespace}/${cluster.name}`,
      after: { kind: "restart", cluster: cluster.id, target: how, state: "pending" },
    })
    await desiredChanged(sql, [place.satelliteId], [place.id])
    await notify(sql, { kind: "operations", ids: [operation] })
    return shown(sql, actor, operation)
  })
}

const shown = async (sql: Sql, { scope }: Actor, id: string): Promise<Outcome<Operation>> => {
  const found = await findOperation(sql, scope, id)
  return found === undefined ? notFound("operation") : done(found)
}

function whyNotRestart(
  { paused }: { readonly paused: boolean },
  satellite: { readonly state: string; readonly name: string } | undefined,
): Refusal | undefined {
  if (paused)
    return refused(409, "CLUSTER_PAUSED", "the cluster is paused: resume it, then restart it")
  if (satellite?.state === "connected" || satellite?.state === "late") return undefined
  return refused(
    409,
    "SATELLITE_NOT_CONNECTED",
    `satellite ${satellite?.name ?? ""} is not connected: a restart would come as a surprise when it returns`,
  )
}

/** Members that have started anew stay so; the others are left alone. */
export async function callOff(
  sql: Sql,
  operation: Operation,
  actor: Actor,
): Promise<Outcome<Operation>> {
  if (!(await callOffRestart(sql, operation.id)))
    return refused(409, "OPERATION_OVER", "the restart is over")
  const [cluster, satellite] = [clusterId(operation.clusterId), satelliteId(operation.satelliteId)]
  await tell(sql, actor, satellite, [
    {
      kind: "restart.cancelled",
      message: "the restart was called off",
      clusterId: cluster,
      details: { operation: operation.id },
    },
  ])
  await audit(sql, actor, {
    action: "cancel",
    resource: "operation",
    id: operation.id,
    name: `restart of ${operation.namespace}/${operation.clusterName}`,
    before: { kind: "restart", state: operation.state },
    after: { kind: "restart", state: "cancelled" },
  })
  await desiredChanged(sql, [satellite], [cluster])
  await notify(sql, { kind: "operations", ids: [operationId(operation.id)] })
  return shown(sql, actor, operation.id)
}
