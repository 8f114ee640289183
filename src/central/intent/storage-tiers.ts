/** What a person may do about storage tiers: name them, and say what they mean on a satellite. */
import type { Scope } from "#core/access/scope.ts"
import type { z } from "zod"
import type { SatelliteId } from "#core/ids.ts"
import type { Problem } from "#core/parsed.ts"
import type { Database, Sql } from "#io/postgres/sql.ts"
import type { Satellite } from "#wire/rest/satellites.ts"
import {
  type createStorageTierBody,
  type editStorageTierBody,
  type mapTiersBody,
  storageTiersMax,
} from "#wire/rest/storage-routes.ts"
import { audit } from "../audit/audit.ts"
import { done, invalid, notFound, type Outcome, type Refusal, refused } from "../refusal.ts"
import { notify } from "../store/change.ts"
import { findSatellite, lockSatellite } from "../store/satellite.ts"
import * as store from "../store/storage-tier.ts"
import { satelliteChanged } from "./satellites.ts"
import type { Actor } from "./actor.ts"
import { tell } from "./tell.ts"

export async function createStorageTier(
  database: Database,
  body: z.output<typeof createStorageTierBody>,
  actor: Actor,
): Promise<Outcome<string>> {
  return database.transaction(async (sql) => {
    if ((await store.countStorageTiers(sql)) >= storageTiersMax)
      return refused(
        409,
        "TOO_MANY",
        `there are ${storageTiersMax} storage tiers, as many as may be`,
      )
    const { name } = body
    if (!(await store.insertStorageTier(sql, body)))
      return refused(409, "NAME_TAKEN", `there is a storage tier called ${name} already`, [
        { field: "name", problem: `there is a storage tier called ${name} already` },
      ])
    await told(sql, actor, "storage-tier.created", `storage tier ${name} was made`)
    await audit(sql, actor, { ...ofTier(name), action: "create", after: body })
    return done(name)
  })
}

export async function editStorageTier(
  database: Database,
  name: string,
  body: z.output<typeof editStorageTierBody>,
  actor: Actor,
): Promise<Outcome<string>> {
  return database.transaction(async (sql) => {
    const before = await store.lockStorageTier(sql, name)
    if (before === undefined) return notFound("storage tier")
    if (before.version !== body.version)
      return refused(
        409,
        "VERSION_CONFLICT",
        `the storage tier was changed meanwhile (version ${body.version} was sent, ${before.version} is current): read it again and repeat the change`,
        [
          { field: "version", problem: `is ${before.version} now` },
          { field: "description", problem: `is ${JSON.stringify(before.description)} now` },
        ],
      )
    if (before.description === body.description) return done(name)
    await store.describeStorageTier(sql, name, body.description)
    await told(sql, actor, "storage-tier.edited", `storage tier ${name} was described anew`)
    await audit(sql, actor, { ...ofTier(name), action: "edit", before, after: body })
    return done(name)
  })
}

/** One that profiles name stays: their clusters would wait on every site. */
export async function deleteStorageTier(
  database: Database,
  name: string,
  actor: Actor,
): Promise<Outcome<undefined>> {
  return database.transaction(async (sql) => {
    const before = await store.lockStorageTier(sql, name)
    if (before === undefined) return notFound("storage tier")
    const profiles = (await store.findStorageTier(sql, name))?.profiles ?? []
    const clusters = await store.clustersOnTier(sql, name)
    if (profiles.length > 0 || clusters.length > 0) return inUse(name, profiles, clusters)
    const mapping = await store.satellitesMapping(sql, name)
    await store.removeStorageTier(sql, name)
    await told(sql, actor, "storage-tier.deleted", `storage tier ${name} was deleted`)
    await audit(sql, actor, { ...ofTier(name), action: "delete", before: { name, ...before } })
    for (const satellite of mapping) await satelliteChanged(sql, satellite)
    return done(undefined)
  })
}

const ofTier = (name: string) => ({ resource: "storage-tier", id: name, name }) as const

const inUse = (
  name: string,
  profiles: readonly { readonly name: string }[],
  clusters: readonly string[],
): Refusal =>
  refused(
    409,
    "TIER_IN_USE",
    profiles.length > 0
      ? `storage tier ${name} is used by profile${profiles.length === 1 ? "" : "s"} ${profiles.map((profile) => profile.name).join(", ")}: give those another tier first`
      : `storage tier ${name} is used by ${clusters.length} clusters on earlier versions of their profile: ${clusters.slice(0, 5).join(", ")}${clusters.length > 5 ? " …" : ""}`,
    [
      ...profiles.map((profile) => ({ field: "profiles", problem: profile.name })),
      ...clusters.map((place) => ({ field: "clusters", problem: place })),
    ],
  )

const told = async (sql: Sql, actor: Actor, kind: string, message: string): Promise<void> => {
  await tell(sql, actor, undefined, [{ kind, message }])
  await notify(sql, { kind: "list", resource: "storage-tiers" })
}

/** Says what each tier means on a satellite. The site hears it at once, or when it returns. */
export async function mapTiers(
  database: Database,
  id: string,
  body: z.output<typeof mapTiersBody>,
  actor: Actor,
): Promise<Outcome<SatelliteId>> {
  return database.transaction(async (sql) => {
    const before = await lockSatellite(sql, actor.scope, id)
    if (before === undefined) return notFound("satellite")
    const mapped = await store.mappingOfSatellite(sql, before.id)
    if (before.version !== body.version)
      return refused(
        409,
        "VERSION_CONFLICT",
        `the satellite was changed meanwhile (version ${body.version} was sent, ${before.version} is current): read it again and repeat the change`,
        [
          { field: "version", problem: `is ${before.version} now` },
          { field: "tiers", problem: `are ${JSON.stringify(mapped)} now` },
        ],
      )
    const problems = await mappingProblems(sql, actor.scope, id, body.tiers)
    if (problems.length > 0) return invalid(problems)
    const changes = changesOf(mapped, body.tiers)
    if (changes.length === 0) return done(before.id)
    await store.putMapping(sql, before.id, body.tiers)
    await tell(sql, actor, before.id, [
      {
        kind: "satellite.tiers-mapped",
        message: `${before.name}: ${changes.join(", ")}; volumes that exist keep their class`,
        details: { before: JSON.stringify(mapped), after: JSON.stringify(body.tiers) },
      },
    ])
    await audit(sql, actor, {
      action: "map-tiers",
      resource: "satellite",
      id: before.id,
      name: before.name,
      before: { tiers: mapped },
      after: { tiers: body.tiers },
    })
    await notify(sql, { kind: "list", resource: "storage-tiers" })
    await satelliteChanged(sql, before.id)
    return done(before.id)
  })
}

async function mappingProblems(
  sql: Sql,
  scope: Scope,
  id: string,
  tiers: store.Mapping,
): Promise<readonly Problem[]> {
  const known = await store.tiersAmong(sql, Object.keys(tiers))
  const { storageClasses = [], name = "" }: Partial<Satellite> =
    (await findSatellite(sql, scope, id)) ?? {}
  return Object.entries(tiers).flatMap(([tier, storageClass]) => [
    ...(known.has(tier)
      ? []
      : [{ field: `tiers.${tier}`, problem: `there is no storage tier ${tier}` }]),
    // A satellite that never told its classes may have any.
    ...(storageClasses.length === 0 || storageClasses.includes(storageClass)
      ? []
      : [
          {
            field: `tiers.${tier}`,
            problem: `${name} has no StorageClass ${storageClass}; it has ${storageClasses.join(", ")}. Is it new, ask the satellite for its classes first`,
          },
        ]),
  ])
}

function changesOf(was: store.Mapping, is: store.Mapping): readonly string[] {
  const tiers = [...new Set([...Object.keys(was), ...Object.keys(is)])].toSorted()
  return tiers
    .filter((tier) => was[tier] !== is[tier])
    .map((tier) => `tier ${tier} is ${is[tier] ?? "not mapped any more"}`)
}

/** Asks a connected satellite for its StorageClasses. */
export async function refreshStorageClasses(
  database: Database,
  scope: Scope,
  id: string,
): Promise<Outcome<string>> {
  const satellite = await findSatellite(database.sql, scope, id)
  if (satellite === undefined) return notFound("satellite")
  if (satellite.state !== "connected" && satellite.state !== "late")
    return refused(
      409,
      "NOT_CONNECTED",
      `${satellite.name} is not connected; it tells its StorageClasses when it returns`,
    )
  await notify(database.sql, { kind: "storage-classes", ids: [id] })
  return done(id)
}
