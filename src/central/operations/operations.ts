/** Operations as people ask for them: begun, cancelled, given up. The site does them and tells how they go. */
import { randomUUID } from "node:crypto"
import type { Scope } from "#core/access/scope.ts"
import { clusterId, operationId, type OperationId, podName } from "#core/ids.ts"
import {
  isOver,
  type OperationOrder,
  type OperationReport,
  type OperationWish,
  targetOf,
} from "#core/switchover/operation.ts"
import type { SatelliteId } from "#core/ids.ts"
import type { Database, Sql } from "#io/postgres/sql.ts"
import type { Operation } from "#wire/rest/operations.ts"
import { type Actor, central } from "../intent/actor.ts"
import { tell } from "../intent/tell.ts"
import { audit } from "../audit/audit.ts"
import { done, notFound, type Outcome, refused } from "../refusal.ts"
import { notify } from "../store/change.ts"
import { findCluster, lockCluster } from "../store/cluster.ts"
import {
  askToCancel,
  findOperation,
  giveUp,
  insertOperation,
  keepReport,
  type OperationKind,
  unfinishedOn,
} from "../store/operation.ts"
import { findSatellite } from "../store/satellite.ts"
import { type Asked, whyNot } from "./fitness.ts"
import { callOffDeletion } from "./deletion.ts"
import { callOff } from "./restart.ts"
import { askedWords, detailsOf, endedWords, nameOf } from "./words.ts"

/** With an article, for sentences. */
export const operationWords: Readonly<Record<OperationKind, string>> = {
  switchover: "a switchover",
  change: "a change to another version",
  restart: "a restart of its members",
  delete: "its deletion",
  fence: "a fence",
  unfence: "the end of a fence",
  promote: "a promotion",
}

const read = async (sql: Sql, scope: Scope, id: string): Promise<Outcome<Operation>> => {
  const found = await findOperation(sql, scope, id)
  return found === undefined ? notFound("operation") : done(found)
}

/** The database changed: whoever shows it, and the satellite's stream, look again. */
async function changed(
  sql: Sql,
  ids: readonly OperationId[],
  satellite: SatelliteId | undefined,
): Promise<void> {
  await notify(sql, { kind: "operations", ids: [...ids] })
  if (satellite !== undefined) await notify(sql, { kind: "desired", ids: [satellite] })
}

/** Asks the cluster's site for it, unless something is under way there or central knows why not. */
export async function startOperation(
  database: Database,
  id: string,
  asked: Asked,
  actor: Actor,
): Promise<Outcome<Operation>> {
  return database.transaction(async (sql) => {
    const place = await lockCluster(sql, actor.scope, id)
    const cluster = place === undefined ? undefined : await findCluster(sql, actor.scope, id)
    if (place === undefined || cluster === undefined) return notFound("cluster")
    if (place.deleting) return refused(409, "CLUSTER_DELETING", "the cluster is being deleted")
    const running = await unfinishedOn(sql, place.id, asked.kind)
    if (running !== undefined)
      return refused(
        409,
        "OPERATION_RUNNING",
        `${operationWords[running.kind]} (operation ${running.id}) is under way on this cluster`,
      )
    const satellite = await findSatellite(sql, actor.scope, place.satelliteId)
    if (satellite === undefined) return notFound("satellite")
    const refusal = whyNot(cluster, satellite, asked)
    if (refusal !== undefined) return refusal
    const order: OperationOrder = {
      operation: operationId(randomUUID()),
      clusterId: place.id,
      ...wishOf(asked),
    }
    const made = await insertOperation(sql, order, place.satelliteId, actor.name)
    if (made === undefined)
      return refused(409, "OPERATION_RUNNING", "another operation is under way on this cluster")
    await tell(sql, actor, place.satelliteId, [
      {
        kind: `${order.kind}.asked`,
        severity: order.kind === "promote" ? "warning" : "info",
        message: askedWords(order, cluster.primary ?? "the primary"),
        clusterId: place.id,
        details: { operation: made, ...detailsOf(order) },
      },
    ])
    await audit(sql, actor, {
      action: "start",
      resource: "operation",
      id: made,
      name: `${order.kind} of ${cluster.namespace}/${cluster.name}`,
      after: {
        kind: order.kind,
        cluster: cluster.id,
        target: targetOf(order) ?? null,
        state: "pending",
        ...(order.kind === "switchover" ? {} : detailsOf(order)),
      },
    })
    await changed(sql, [made], place.satelliteId)
    return read(sql, actor.scope, made)
  })
}

const wishOf = (asked: Asked): OperationWish => {
  switch (asked.kind) {
    case "switchover":
      return { kind: "switchover", to: asked.to === undefined ? undefined : podName(asked.to) }
    case "promote":
      return { kind: "promote", to: podName(asked.to), acceptLoss: asked.acceptLoss }
    case "fence":
    case "unfence":
      return asked
  }
}

/** Asks for it to be undone. Whether it is, is told as the operation's end. */
export async function cancelOperation(
  database: Database,
  id: string,
  actor: Actor,
): Promise<Outcome<Operation>> {
  return database.transaction(async (sql) => {
    const open = await findOperation(sql, actor.scope, id)
    if (open?.kind === "restart" && !isOver(open.state)) return callOff(sql, open, actor)
    if (open?.kind === "delete" && !isOver(open.state)) return callOffDeletion(sql, open, actor)
    const satellite = await askToCancel(sql, actor.scope, id)
    const now = await read(sql, actor.scope, id)
    if (satellite === undefined || now.kind === "refused") return uncancellable(now)
    await tell(sql, actor, satellite, [
      {
        kind: `${now.value.kind}.cancel-asked`,
        message: `${nameOf(now.value.kind)} shall be undone`,
        clusterId: clusterId(now.value.clusterId),
        details: { operation: id },
      },
    ])
    const asked = { kind: now.value.kind, cluster: now.value.clusterId, state: now.value.state }
    await audit(sql, actor, {
      action: "cancel",
      resource: "operation",
      id,
      name: `${now.value.kind} of ${now.value.namespace}/${now.value.clusterName}`,
      before: asked,
      after: { ...asked, state: `${asked.state}, to be undone` },
    })
    await changed(sql, [operationId(id)], satellite)
    return now
  })
}

function uncancellable(now: Outcome<Operation>): Outcome<Operation> {
  if (now.kind === "refused") return now
  const { state, kind, rolloutId } = now.value
  if (kind === "change" && !isOver(state))
    return refused(
      409,
      "NOT_CANCELLABLE",
      `what is half done at a site is not cancelled: roll back rollout ${rolloutId ?? ""}, or approve another version`,
    )
  return isOver(state)
    ? refused(
        409,
        "OPERATION_OVER",
        `the operation is over: it ${state === "cancelled" ? "was cancelled" : state}`,
      )
    : refused(
        409,
        "TOO_LATE",
        now.value.kind === "switchover"
          ? "it has passed its point of no return: the role is being taken over"
          : "the member was asked already",
      )
}

/** The site's word on an operation; the same may come twice. */
export async function keepUpdate(
  database: Database,
  satellite: SatelliteId,
  report: OperationReport,
): Promise<void> {
  await database.transaction(async (sql) => {
    const kept = await keepReport(sql, satellite, report)
    if (kept === undefined) return
    if (isOver(report.state)) {
      await tell(sql, { name: kept.actor }, satellite, [
        {
          kind: `${kept.kind}.${report.state}`,
          severity: report.state === "failed" ? "error" : "info",
          message: endedWords(kept.kind, report),
          clusterId: kept.clusterId,
          details: { operation: report.operation, target: report.target ?? "" },
        },
      ])
    }
    await changed(sql, [report.operation], undefined)
  })
}

/** A site is connected when a switchover is asked for, so it takes it up in a moment or not at all. */
export const usualPatience: Patience = { pendingMs: 30_000, silentMs: 600_000 }
export type Patience = { readonly pendingMs: number; readonly silentMs: number }

/** Ends what nobody will end any more, so that a cluster is not locked by an operation that is lost. */
export async function giveUpOperations(database: Database, patience: Patience): Promise<void> {
  await database.transaction(async (sql) => {
    const ended = await giveUp(sql, patience)
    if (ended.length === 0) return
    await tell(
      sql,
      central,
      undefined,
      ended.map(({ id, kind, error, clusterId }) => ({
        kind: `${kind}.failed`,
        severity: "error",
        message: endedWords(kind, { state: "failed", error }),
        clusterId,
        details: { operation: id },
      })),
    )
    await changed(
      sql,
      ended.map(({ id }) => id),
      undefined,
    )
  })
}
