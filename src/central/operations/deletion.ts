/**
 * The deletion of a cluster as an operation. Central's row is the whole of it: streams hand it over, sites answer,
 * and whoever dies on the way, the next stream goes on from what is written here. Nothing ends it but the site's
 * word that all is gone, the site's refusal, or a person before the site was told.
 */
import { randomUUID } from "node:crypto"
import type { Removing } from "#core/fleet/satellite.ts"
import { type ClusterId, clusterId, type SatelliteId, satelliteId } from "#core/ids.ts"
import { accepted, gone as noneLeft, removing, stopped } from "#core/switchover/deletion.ts"
import type { Database, Sql } from "#io/postgres/sql.ts"
import type { Operation } from "#wire/rest/operations.ts"
import { audit } from "../audit/audit.ts"
import { type Actor, central } from "../intent/actor.ts"
import { desiredChanged, holdIntent } from "../intent/placing.ts"
import { tell } from "../intent/tell.ts"
import { done, notFound, type Outcome, refused } from "../refusal.ts"
import { notify } from "../store/change.ts"
import { markDeleting, removeGone } from "../store/cluster.ts"
import {
  beginDeletions,
  endDeletion,
  handOver,
  keepSteps,
  lockDeletion,
  lockDeletions,
  type OpenDeletion,
  orderedVersion,
  unmarkDeleting,
} from "../store/deletion.ts"
import { findOperation } from "../store/operation.ts"

/** Marks clusters, which are locked, for deletion, and begins the operation of each. */
export async function beginDeleting(
  sql: Sql,
  clusters: readonly ClusterId[],
  actor: Pick<Actor, "name">,
): Promise<void> {
  if (clusters.length === 0) return
  await markDeleting(sql, clusters)
  const deletions = clusters.map((cluster) => ({ id: randomUUID(), cluster }))
  const ids = await beginDeletions(sql, deletions, {
    actor: actor.name,
    steps: accepted(Date.now()),
  })
  await notify(sql, { kind: "operations", ids: [...ids] })
}

/**
 * Clusters that the stream of this satellite may order to delete. That it does is on record before: from here on
 * nobody calls them off.
 */
export async function handOverDeletions(
  database: Database,
  satellite: SatelliteId,
): Promise<ReadonlySet<ClusterId>> {
  return database.transaction(async (sql) => {
    const open = await lockDeletions(sql, satellite)
    const news = open.filter(({ isHandedOver }) => !isHandedOver)
    for (const { id, steps } of news) await handOver(sql, id, removing(steps, Date.now()))
    if (news.length > 0) await notify(sql, { kind: "operations", ids: news.map(({ id }) => id) })
    return new Set(open.map((one) => one.clusterId))
  })
}

/** Before the site was told: the cluster stays, and its rule has it again. */
export async function callOffDeletion(
  sql: Sql,
  { id }: Operation,
  actor: Actor,
): Promise<Outcome<Operation>> {
  // Rules are matched against clusters that stay.
  await holdIntent(sql)
  const open = await lockDeletion(sql, { id })
  if (open === undefined) return refused(409, "OPERATION_OVER", "the deletion is over")
  if (open.isHandedOver)
    return refused(
      409,
      "TOO_LATE",
      "the site was told and may have begun: a deletion that was begun can not be undone",
    )
  await endDeletion(sql, open.id, {
    state: "cancelled",
    steps: stopped(open.steps, Date.now(), { state: "skipped", detail: "called off" }),
    error: undefined,
  })
  const kept = await unmarkDeleting(sql, open.clusterId)
  const operation = await findOperation(sql, actor.scope, id)
  if (kept === undefined || operation === undefined) return notFound("cluster")
  const name = `${kept.namespace}/${kept.name}`
  const satellite = satelliteId(operation.satelliteId)
  await tell(sql, actor, satellite, [
    {
      kind: "cluster.deletion-cancelled",
      message: `cluster ${name} stays: its deletion was called off before the site was told`,
      clusterId: open.clusterId,
      details: { operation: id },
    },
  ])
  await audit(sql, actor, {
    action: "cancel",
    resource: "operation",
    id,
    name: `deletion of ${name}`,
    before: { kind: "delete", state: "pending" },
    after: { kind: "delete", state: "cancelled" },
  })
  await notify(sql, { kind: "operations", ids: [open.id] })
  await desiredChanged(sql, [satellite], [open.clusterId])
  return done(operation)
}

/** The word of the site on a deletion; it may come twice, late, or about one that nobody asked for. */
export async function keepRemoving(
  database: Database,
  satellite: SatelliteId,
  cluster: ClusterId,
  how: Removing,
): Promise<void> {
  await database.transaction(async (sql) => {
    if (how.gone) return gone(sql, satellite, cluster)
    const open = await lockDeletion(sql, { satellite, cluster })
    if (open === undefined) return
    if (how.refused !== undefined) return refusedBySite(sql, satellite, open, how.refused)
    if (await keepSteps(sql, open.id, removing(open.steps, Date.now(), how.detail)))
      await notify(sql, { kind: "operations", ids: [open.id] })
  })
}

async function gone(sql: Sql, satellite: SatelliteId, cluster: ClusterId): Promise<void> {
  const open = await lockDeletion(sql, { satellite, cluster })
  const was = await removeGone(sql, satellite, cluster)
  if (was === undefined) return
  if (open !== undefined) {
    await endDeletion(sql, open.id, {
      state: "succeeded",
      steps: noneLeft(open.steps, Date.now()),
      error: undefined,
    })
    await notify(sql, { kind: "operations", ids: [open.id] })
  }
  await tell(sql, central, satellite, [
    {
      kind: "cluster.gone",
      message: `cluster ${was.namespace}/${was.name} is gone from its site`,
      clusterId: cluster,
      details: open === undefined ? {} : { operation: open.id },
    },
  ])
  await notify(sql, { kind: "clusters-gone", ids: [cluster] })
  await notify(sql, { kind: "satellites", ids: [satellite] })
}

/** The site touched nothing, so that the cluster stands as it did. */
async function refusedBySite(
  sql: Sql,
  satellite: SatelliteId,
  open: OpenDeletion,
  { version, why }: NonNullable<Removing["refused"]>,
): Promise<void> {
  const ordered = await orderedVersion(sql, open.clusterId)
  // A refusal of an order before this one: the site has still to answer to ours.
  if (ordered === undefined || ordered.version !== version) return
  const error = `the site does not delete it: ${why}`
  await endDeletion(sql, open.id, {
    state: "failed",
    steps: stopped(open.steps, Date.now(), { state: "failed", detail: why }),
    error,
  })
  const kept = await unmarkDeleting(sql, open.clusterId)
  if (kept === undefined) return
  await tell(sql, { name: open.actor }, satellite, [
    {
      kind: "cluster.deletion-failed",
      severity: "error",
      message: `cluster ${kept.namespace}/${kept.name} stays: ${error}`,
      clusterId: open.clusterId,
      details: { operation: open.id },
    },
  ])
  await notify(sql, { kind: "operations", ids: [open.id] })
  await desiredChanged(sql, [satellite], [clusterId(open.clusterId)])
}
