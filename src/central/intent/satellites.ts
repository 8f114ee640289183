/** What a person may do about a satellite: let it in, refuse it, rename and relabel it. */
import { randomBytes } from "node:crypto"
import { covers, inWords, type Scope } from "#core/access/scope.ts"
import type { SatelliteId } from "#core/ids.ts"
import { type Database, type Sql, violates } from "#io/postgres/sql.ts"
import { audit } from "../audit/audit.ts"
import { done, invalid, notFound, type Outcome, type Refusal, refused } from "../refusal.ts"
import { notify } from "../store/change.ts"
import {
  dropRegistration,
  findSatellite,
  letIn,
  lockSatellite,
  reject,
  relabel,
  type Standing,
} from "../store/satellite.ts"
import { clustersOf } from "../store/cluster.ts"
import { deletionsAt } from "../store/deletion.ts"
import { applyEnds, refuseEnds } from "./match-end.ts"
import { evaluate, holdIntent, makeClusters, refuseConflicts } from "./placing.ts"
import type { Actor } from "./actor.ts"
import { tell } from "./tell.ts"

type Labels = Readonly<Record<string, string>>

export const nameTaken = (name: string): Refusal =>
  refused(
    409,
    "NAME_TAKEN",
    `another satellite is called ${name}; give this one a name of its own`,
    [{ field: "name", problem: `another satellite is called ${name}` }],
  )

/** Runs `work`; a name that another satellite has becomes a refusal. */
async function withUniqueName<T>(
  name: () => string,
  work: () => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  try {
    return await work()
  } catch (error) {
    if (violates(error, "satellite_name_key")) return nameTaken(name())
    throw error
  }
}

export async function approveSatellite(
  database: Database,
  id: string,
  given: {
    readonly name?: string | undefined
    readonly labels?: Labels | undefined
    readonly confirmedDeletes?: readonly string[] | undefined
  },
  actor: Actor,
): Promise<Outcome<SatelliteId>> {
  let name = ""
  return withUniqueName(
    () => name,
    () =>
      database.transaction(async (sql) => {
        await holdIntent(sql)
        const before = await lockSatellite(sql, actor.scope, id)
        if (before === undefined) return notFound("satellite")
        const tooLate = refuseApproval(before)
        if (tooLate !== undefined) return tooLate
        name = given.name ?? before.name
        const labels = given.labels ?? before.labels
        const site = { id: before.id, name, labels }
        const wanted = await evaluate(sql, [site])
        const refusal =
          refuseConflicts(wanted.conflicts, "labels") ??
          refuseEnds(wanted.ends, given.confirmedDeletes)
        if (refusal !== undefined) return refusal
        await letIn(sql, before.id, name, labels, randomBytes(32))
        await tell(sql, actor, before.id, [
          {
            kind: "satellite.approved",
            message:
              before.approval === "approved"
                ? `${name} was let in anew and keeps its clusters`
                : `${name} was let in`,
          },
        ])
        await audit(sql, actor, {
          action: "approve",
          resource: "satellite",
          id: before.id,
          name,
          before,
          after: { name, labels, approval: "approved" },
        })
        await applyEnds(sql, wanted.ends, actor)
        await makeClusters(sql, wanted.create, actor)
        await satelliteChanged(sql, before.id)
        return done(before.id)
      }),
  )
}

export function refuseApproval(before: Standing): Refusal | undefined {
  if (before.approval !== "approved") return undefined
  if (before.registration !== "waiting" && before.registration !== "refused")
    return before.isRevoked
      ? refused(
          409,
          "NOBODY_ASKS",
          `the identity of ${before.name} is revoked, and its satellite has not asked to be let in anew: it does so by itself when it reaches central`,
        )
      : refused(409, "ALREADY_APPROVED", `${before.name} is approved already`)
  if (before.state === "connected" || before.state === "late")
    return refused(
      409,
      "STILL_CONNECTED",
      `${before.name} is connected with its present identity; another program that asks under its Kubernetes can be let in once that one is gone`,
    )
  return undefined
}

export async function rejectSatellite(
  database: Database,
  id: string,
  actor: Actor,
): Promise<Outcome<SatelliteId>> {
  return database.transaction(async (sql) => {
    const before = await lockSatellite(sql, actor.scope, id)
    if (before === undefined) return notFound("satellite")
    if (before.approval === "rejected") return done(before.id)
    const refusal = refuseRejection(before)
    if (refusal !== undefined) return refusal
    if (before.approval === "approved") await dropRegistration(sql, before.id)
    else await reject(sql, before.id)
    await tell(sql, actor, before.id, [
      { kind: "satellite.rejected", message: `${before.name} was not let in` },
    ])
    await audit(sql, actor, {
      action: "reject",
      resource: "satellite",
      id: before.id,
      name: before.name,
      before,
      after: { ...before, approval: before.approval === "approved" ? "approved" : "rejected" },
    })
    await satelliteChanged(sql, before.id)
    return done(before.id)
  })
}

export const refuseRejection = ({ approval, registration, name }: Standing): Refusal | undefined =>
  approval === "approved" && registration !== "waiting"
    ? refused(409, "ALREADY_APPROVED", `${name} is approved already`)
    : undefined

export async function editSatellite(
  database: Database,
  id: string,
  given: {
    readonly version: number
    readonly name?: string | undefined
    readonly labels?: Labels | undefined
    readonly confirmedDeletes?: readonly string[] | undefined
  },
  actor: Actor,
): Promise<Outcome<SatelliteId>> {
  let name = ""
  return withUniqueName(
    () => name,
    () =>
      database.transaction(async (sql) => {
        await holdIntent(sql)
        const before = await lockSatellite(sql, actor.scope, id)
        if (before === undefined) return notFound("satellite")
        if (before.version !== given.version)
          return versionConflict(await findSatellite(sql, actor.scope, id), given)
        name = given.name ?? before.name
        const labels = given.labels ?? before.labels
        if (!covers(actor.scope, labels)) return leavesScope(actor.scope)
        const site = { id: before.id, name, labels }
        // Labels of a satellite that is not let in decide nothing yet.
        const wanted = before.approval === "approved" ? await evaluate(sql, [site]) : undefined
        const refusal =
          wanted === undefined
            ? undefined
            : (refuseConflicts(wanted.conflicts, "labels") ??
              refuseEnds(wanted.ends, given.confirmedDeletes))
        if (refusal !== undefined) return refusal
        await relabel(sql, before.id, name, labels)
        await tell(sql, actor, before.id, [
          {
            kind: "satellite.edited",
            message: `${name}: ${editedWhat(before, name, labels)}`,
            details: { before: JSON.stringify(before.labels), after: JSON.stringify(labels) },
          },
        ])
        await audit(sql, actor, {
          action: "edit",
          resource: "satellite",
          id: before.id,
          name,
          before,
          after: { ...before, name, labels },
        })
        if (wanted !== undefined) {
          await applyEnds(sql, wanted.ends, actor)
          await makeClusters(sql, wanted.create, actor)
        }
        await satelliteChanged(sql, before.id)
        await notify(sql, { kind: "relabelled" })
        return done(before.id)
      }),
  )
}

/** Who may act on some satellites only can not give one away: it would be gone for them. */
export const leavesScope = (scope: Scope): Refusal =>
  invalid([{ field: "labels", problem: `must keep ${inWords(scope)}, which is your scope` }])

function editedWhat(before: Standing, name: string, labels: Labels): string {
  const renamed = before.name === name ? [] : [`renamed from ${before.name}`]
  const keys = new Set([...Object.keys(before.labels), ...Object.keys(labels)])
  const relabelled = [...keys].filter((key) => before.labels[key] !== labels[key])
  const told = [
    ...renamed,
    ...relabelled.map((key) => `label ${key} is now ${labels[key] ?? "gone"}`),
  ]
  return told.length === 0 ? "nothing changed" : told.join(", ")
}

/** 409 that says what changed since the sender looked, so that a person can decide anew. */
function versionConflict(
  now: Awaited<ReturnType<typeof findSatellite>>,
  given: { readonly version: number },
): Refusal {
  return refused(
    409,
    "VERSION_CONFLICT",
    `the satellite was changed meanwhile (version ${given.version} was sent, ${now?.version} is current): read it again and repeat the change`,
    [
      { field: "version", problem: `is ${now?.version} now` },
      { field: "name", problem: `is ${now?.name} now` },
      { field: "labels", problem: `are ${JSON.stringify(now?.labels)} now` },
    ],
  )
}

/** Also its clusters: they carry its name and are unknown while it is away. */
export async function satelliteChanged(sql: Sql, id: SatelliteId): Promise<void> {
  await notify(sql, { kind: "satellites", ids: [id] })
  await notify(sql, { kind: "desired", ids: [id] })
  const clusters = await clustersOf(sql, [id])
  if (clusters.length > 0) await notify(sql, { kind: "clusters", ids: clusters })
  const deletions = await deletionsAt(sql, id)
  if (deletions.length > 0) await notify(sql, { kind: "operations", ids: deletions })
}
