/**
 * What a person may do about who a satellite is: give it a new token, take its identity away, put another in
 * its place, end it. Nothing here stops a cluster: sites go on without central.
 */
import { randomBytes } from "node:crypto"
import type { SatelliteId } from "#core/ids.ts"
import type { Database, Sql } from "#io/postgres/sql.ts"
import { audit } from "../audit/audit.ts"
import { done, notFound, type Outcome, type Refusal, refused } from "../refusal.ts"
import { notify } from "../store/change.ts"
import { lockSatellite, type Standing } from "../store/satellite.ts"
import {
  askForRotation,
  clustersAt,
  forgetReality,
  forgetSatellite,
  type ItsCluster,
  revoke,
  takeOver,
} from "../store/satellite-identity.ts"
import type { Actor } from "./actor.ts"
import { holdIntent } from "./placing.ts"
import { satelliteChanged } from "./satellites.ts"
import { tell, type Told } from "./tell.ts"

const isHeard = ({ state }: Standing): boolean => state === "connected" || state === "late"

const notApproved = ({ name }: Standing): Refusal =>
  refused(409, "NOT_APPROVED", `${name} was not let in, so it has no identity yet`)

async function told(
  sql: Sql,
  actor: Actor,
  before: Standing,
  done: { readonly action: string; readonly identity: string },
  event: Told,
): Promise<void> {
  await tell(sql, actor, before.id, [event])
  const { name, id } = before
  await audit(sql, actor, {
    action: done.action,
    resource: "satellite",
    id,
    name,
    before: { ...before, identity: before.isRevoked ? "revoked" : "valid" },
    after: { ...before, identity: done.identity },
  })
  await satelliteChanged(sql, id)
}

export async function rotateToken(
  database: Database,
  id: string,
  actor: Actor,
): Promise<Outcome<SatelliteId>> {
  return database.transaction(async (sql) => {
    const before = await lockSatellite(sql, actor.scope, id)
    if (before === undefined) return notFound("satellite")
    if (before.approval !== "approved") return notApproved(before)
    if (before.isRevoked)
      return refused(409, "REVOKED", `the identity of ${before.name} is revoked: it has no token`)
    await askForRotation(sql, before.id)
    await told(
      sql,
      actor,
      before,
      { action: "rotate-token", identity: "valid, token asked anew" },
      {
        kind: "satellite.rotation-asked",
        message: `${before.name} gets a new token${isHeard(before) ? "" : " when it is next connected"}`,
      },
    )
    return done(before.id)
  })
}

export async function revokeSatellite(
  database: Database,
  id: string,
  { reason }: { readonly reason?: string | undefined },
  actor: Actor,
): Promise<Outcome<SatelliteId>> {
  return database.transaction(async (sql) => {
    const before = await lockSatellite(sql, actor.scope, id)
    if (before === undefined) return notFound("satellite")
    if (before.approval !== "approved") return notApproved(before)
    if (before.isRevoked) return done(before.id)
    const why = `revoked by ${actor.name}${reason === undefined ? "" : `: ${reason}`}`
    await revoke(sql, before.id, why)
    await told(
      sql,
      actor,
      before,
      { action: "revoke", identity: "revoked" },
      {
        kind: "satellite.revoked",
        severity: "warning",
        message: `the identity of ${before.name} was ${why}; its clusters run on by themselves`,
      },
    )
    return done(before.id)
  })
}

export async function replaceSatellite(
  database: Database,
  id: string,
  given: { readonly by: string; readonly movedClusters: readonly string[] },
  actor: Actor,
): Promise<Outcome<SatelliteId>> {
  return database.transaction(async (sql) => {
    await holdIntent(sql)
    // Always in the same order, so that two that swap roles do not wait for one another.
    const [first, second] = [id, given.by].toSorted()
    const found = new Map<string, Standing>()
    for (const one of new Set([first, second])) {
      const standing = await lockSatellite(sql, actor.scope, one ?? "")
      if (standing !== undefined) found.set(standing.id, standing)
    }
    const [before, by] = [found.get(id), found.get(given.by)]
    if (before === undefined) return notFound("satellite")
    const refusal = refuseReplacing(before, by)
    if (refusal !== undefined || by === undefined) return refusal ?? notFound("satellite")
    const clusters = await clustersAt(sql, before.id)
    const unnamed = refuseUnnamed(clusters, given.movedClusters, moved)
    if (unnamed !== undefined) return unnamed
    const why = `replaced by another satellite (${by.name}), by ${actor.name}`
    await takeOver(sql, before.id, by.id, randomBytes(32), why)
    await forgetReality(sql, before.id)
    await told(
      sql,
      actor,
      before,
      { action: "replace", identity: `that of ${by.name}` },
      {
        kind: "satellite.replaced",
        severity: "warning",
        message: `${before.name} is another Kubernetes from now on (it asked as ${by.name}); ${clusters.length} clusters are made anew there`,
        details: {
          clusters: clusters
            .map(({ place }) => place)
            .join(", ")
            .slice(0, 2000),
        },
      },
    )
    await notify(sql, { kind: "list", resource: "satellites" })
    return done(before.id)
  })
}

function refuseReplacing(before: Standing, by: Standing | undefined): Refusal | undefined {
  if (before.approval !== "approved") return notApproved(before)
  if (isHeard(before))
    return refused(
      409,
      "STILL_CONNECTED",
      `${before.name} is connected with its present identity; revoke it first, so that two sites do not run the same clusters unseen`,
    )
  if (by === undefined || by.id === before.id || by.approval !== "pending")
    return refused(409, "NOT_WAITING", "only a satellite that waits for approval can take over", [
      { field: "by", problem: "is no satellite that waits for approval" },
    ])
  return undefined
}

type Words = { readonly code: string; readonly field: string; readonly detail: string }

const moved: Words = {
  code: "CLUSTERS_MOVE",
  field: "movedClusters",
  detail:
    "the other Kubernetes does not have the data of these clusters: they begin there anew, empty, and what the old site has stays there. Name each to go on",
}
const abandoned: Words = {
  code: "CLUSTERS_LEFT",
  field: "abandonedClusters",
  detail:
    "the satellite still has clusters: delete them first, or name each to forget it here and leave it to the site",
}

function refuseUnnamed(
  clusters: readonly ItsCluster[],
  named: readonly string[],
  { code, field, detail }: Words,
): Refusal | undefined {
  const missing = clusters.filter(({ id }) => !named.includes(id))
  const strange = named.filter((id) => !clusters.some((cluster) => cluster.id === id))
  if (missing.length === 0 && strange.length === 0) return undefined
  return refused(409, code, detail, [
    ...missing.map(({ id, place }) => ({ field, problem: `${place} (${id}) is not named` })),
    ...strange.map((id) => ({ field, problem: `${id} is no cluster of this satellite` })),
  ])
}

export async function decommissionSatellite(
  database: Database,
  id: string,
  given: { readonly abandonedClusters: readonly string[] },
  actor: Actor,
): Promise<Outcome<undefined>> {
  return database.transaction(async (sql) => {
    await holdIntent(sql)
    const before = await lockSatellite(sql, actor.scope, id)
    if (before === undefined) return notFound("satellite")
    const clusters = await clustersAt(sql, before.id)
    const unnamed = refuseUnnamed(clusters, given.abandonedClusters, abandoned)
    if (unnamed !== undefined) return unnamed
    await forgetSatellite(sql, before.id)
    const left = clusters.map(({ place }) => place).join(", ")
    await tell(sql, actor, undefined, [
      {
        kind: "satellite.decommissioned",
        severity: "warning",
        message: `${before.name} was decommissioned${
          left === "" ? "" : `; abandoned to its site: ${left.slice(0, 1500)}`
        }`,
      },
    ])
    const { name } = before
    await audit(sql, actor, { action: "decommission", resource: "satellite", id, name, before })
    // Its stream, wherever it lives, looks and finds nobody.
    await notify(sql, { kind: "desired", ids: [id] })
    await notify(sql, { kind: "list", resource: "satellites" })
    if (clusters.length > 0)
      await notify(sql, { kind: "clusters-gone", ids: clusters.map((cluster) => cluster.id) })
    return done(undefined)
  })
}
