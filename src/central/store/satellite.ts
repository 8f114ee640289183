/** Table `satellite`: one function per statement. */
import type { Scope } from "#core/access/scope.ts"
import { assert } from "#core/assert.ts"
import { type SatelliteId, satelliteId } from "#core/ids.ts"
import type { Registration } from "#core/fleet/satellite.ts"
import { integerOf, jsonOf, maybe, type Row, textOf, timeOf } from "#io/postgres/row.ts"
import type { Sql } from "#io/postgres/sql.ts"
import { type Satellite, satelliteStates } from "#wire/rest/satellites.ts"
import * as z from "zod"
import { within } from "./scope.ts"

export type SatelliteState = Satellite["state"]
export type Approval = "pending" | "approved" | "rejected"

const labelsShape = z.record(z.string(), z.string())
const labelsAt = (row: Row, column: string) => labelsShape.parse(jsonOf(row, column))
const namesOf = z.array(z.string())

export function stateOf(row: Row, column: string): SatelliteState {
  const found = satelliteStates.find((state) => state === row[column])
  assert(found !== undefined, `column ${column} holds a satellite's state`)
  return found
}

export function oneOf<const Word extends string>(
  row: Row,
  column: string,
  words: readonly Word[],
): Word {
  const found = words.find((word) => word === row[column])
  assert(found !== undefined, `column ${column} holds one of ${words.join(", ")}`)
  return found
}

const iso = (time: number): string => new Date(time).toISOString()

const shown = (row: Row): Satellite => {
  const approvedAt = maybe(timeOf, row, "approved_at")
  const lastSeenAt = maybe(timeOf, row, "last_seen_at")
  return {
    id: textOf(row, "id"),
    name: textOf(row, "name"),
    site: textOf(row, "site"),
    state: stateOf(row, "state"),
    labels: labelsAt(row, "labels"),
    kubernetesVersion: textOf(row, "kubernetes_version"),
    satelliteVersion: textOf(row, "satellite_version"),
    storageClasses: namesOf.parse(row["storage_classes"]),
    defaultStorageClass: maybe(textOf, row, "default_storage_class") ?? null,
    tiers: labelsShape.parse(jsonOf(row, "tiers")),
    imageMirror: maybe(textOf, row, "image_mirror") ?? null,
    clusterCount: integerOf(row, "cluster_count"),
    registeredAt: iso(timeOf(row, "registered_at")),
    approvedAt: approvedAt === undefined ? null : iso(approvedAt),
    lastSeenAt: lastSeenAt === undefined ? null : iso(lastSeenAt),
    identity: {
      asks: row["registration"] === "waiting",
      rotationAskedAt: isoOr(row, "rotation_asked_at"),
      rotatedAt: isoOr(row, "rotated_at"),
      revokedAt: isoOr(row, "revoked_at"),
      revokedWhy: row["revoked_at"] === null ? null : (maybe(textOf, row, "revoked_why") ?? null),
    },
    version: integerOf(row, "version"),
  }
}

const isoOr = (row: Row, column: string): string | null => {
  const at = maybe(timeOf, row, column)
  return at === undefined ? null : iso(at)
}

export async function countWaiting(sql: Sql): Promise<number> {
  const [row] = await sql`
    select count(*) as waiting from satellite where approval in ('pending', 'rejected')`
  return integerOf(row ?? {}, "waiting")
}

export type Asked = {
  readonly id: SatelliteId
  readonly approval: Approval
  readonly isNew: boolean
}

/**
 * Notes that the Kubernetes of `registration` asks to be let in, under its row if it has one: what was
 * approved stays as it is, with its clusters and its working identity, until a person approves again.
 */
export async function askToBeLetIn(
  sql: Sql,
  id: SatelliteId,
  registration: Registration,
  tokenHash: Buffer,
): Promise<Asked> {
  const [row] = await sql`
    insert into satellite (
      id, kubernetes_uid, site, name, approval, state, labels, kubernetes_version,
      satellite_version, registration, registration_hash
    ) values (
      ${id}, ${registration.kubernetesUid}, ${registration.site}, ${registration.site}, 'pending',
      'pending', ${JSON.stringify(registration.labels)}::jsonb, ${registration.kubernetesVersion},
      ${registration.satelliteVersion}, 'waiting', ${tokenHash}
    )
    on conflict (kubernetes_uid) do update set
      registration = 'waiting',
      registration_hash = excluded.registration_hash,
      kubernetes_version = excluded.kubernetes_version,
      satellite_version = excluded.satellite_version,
      site = case when satellite.approval = 'pending' then excluded.site else satellite.site end,
      name = case when satellite.approval = 'pending' then excluded.name else satellite.name end,
      labels = case when satellite.approval = 'pending' then excluded.labels else satellite.labels end
    returning id, approval, xmax = 0 as is_new`
  assert(row !== undefined, "an upsert returns its row")
  return {
    id: satelliteId(textOf(row, "id")),
    approval: oneOf(row, "approval", ["pending", "approved", "rejected"]),
    isNew: row["is_new"] === true,
  }
}

/** Heartbeats of many satellites at once. */
export const seen = async (sql: Sql, ids: readonly SatelliteId[]): Promise<void> => {
  await sql`update satellite set last_seen_at = now() where id = any(${ids}::uuid[])`
}

export const keepStorageClasses = async (
  sql: Sql,
  id: SatelliteId,
  names: readonly string[],
  defaultName: string | undefined,
): Promise<void> => {
  await sql`
    update satellite set storage_classes = ${names}::text[], default_storage_class = ${defaultName}
    where id = ${id}`
}

export async function findSatellite(
  sql: Sql,
  scope: Scope,
  id: string,
): Promise<Satellite | undefined> {
  return (await findSatellites(sql, scope, [id]))[0]
}

export const findSatellites = async (
  sql: Sql,
  scope: Scope,
  ids: readonly string[],
): Promise<Satellite[]> =>
  (
    await sql`
      select s.id, s.name, s.site, s.state, s.labels, s.kubernetes_version, s.satellite_version,
        s.storage_classes, s.default_storage_class, s.image_mirror,
        (select coalesce(jsonb_object_agg(m.tier, m.storage_class), '{}') from satellite_tier m
          where m.satellite_id = s.id) as tiers,
        s.registered_at, s.approved_at, s.last_seen_at, s.version, s.registration,
        s.rotation_asked_at, s.rotated_at, s.revoked_at, s.revoked_why,
        (select count(*) from cluster c where c.satellite_id = s.id) as cluster_count
      from satellite s
      where s.id = any(${ids}::uuid[]) and in_scope(s.labels, ${within(scope)}::jsonb[])
      order by s.name, s.id`
  ).map(shown)

export type SatelliteFilter = {
  readonly state: SatelliteState | undefined
  readonly search: string | undefined
  readonly labels: Readonly<Record<string, string>> | undefined
}

export const listSatellites = async (
  sql: Sql,
  scope: Scope,
  filter: SatelliteFilter,
  after: readonly [name: string, id: string] | undefined,
  limit: number,
): Promise<Satellite[]> =>
  (
    await sql`
      select s.id, s.name, s.site, s.state, s.labels, s.kubernetes_version, s.satellite_version,
        s.storage_classes, s.default_storage_class, s.image_mirror,
        (select coalesce(jsonb_object_agg(m.tier, m.storage_class), '{}') from satellite_tier m
          where m.satellite_id = s.id) as tiers,
        s.registered_at, s.approved_at, s.last_seen_at, s.version, s.registration,
        s.rotation_asked_at, s.rotated_at, s.revoked_at, s.revoked_why,
        (select count(*) from cluster c where c.satellite_id = s.id) as cluster_count
      from satellite s
      where in_scope(s.labels, ${within(scope)}::jsonb[])
        and (${filter.state}::text is null or s.state = ${filter.state})
        and s.labels @> ${JSON.stringify(filter.labels ?? {})}::jsonb
        and (${filter.search}::text is null
          or position(lower(${filter.search}) in lower(s.name)) > 0
          or position(lower(${filter.search}) in lower(s.site)) > 0)
        and (${after?.[0]}::text is null or (s.name, s.id) > (${after?.[0]}, ${after?.[1]}::uuid))
      order by s.name, s.id
      limit ${limit}`
  ).map(shown)

export type Standing = {
  readonly id: SatelliteId
  readonly name: string
  readonly approval: Approval
  readonly registration: RegistrationState
  readonly state: SatelliteState
  readonly isRevoked: boolean
  readonly labels: Readonly<Record<string, string>>
  readonly version: number
}

export const registrationStates = ["waiting", "granted", "spent", "refused"] as const
/** `refused`: somebody asked under an approved row and was not let in. */
export type RegistrationState = (typeof registrationStates)[number]

/** The row as a decision needs it, locked until the transaction ends. */
export async function lockSatellite(
  sql: Sql,
  scope: Scope,
  id: string,
): Promise<Standing | undefined> {
  const [row] = await sql`
    select id, name, approval, registration, state, revoked_at is not null as is_revoked, labels,
      version
    from satellite
    where id = ${id} and in_scope(labels, ${within(scope)}::jsonb[])
    for update`
  return row === undefined ? undefined : standing(row)
}

const standing = (row: Row): Standing => ({
  id: satelliteId(textOf(row, "id")),
  name: textOf(row, "name"),
  approval: oneOf(row, "approval", ["pending", "approved", "rejected"]),
  registration: oneOf(row, "registration", registrationStates),
  state: stateOf(row, "state"),
  isRevoked: row["is_revoked"] === true,
  labels: labelsAt(row, "labels"),
  version: integerOf(row, "version"),
})

/** The same, to look at only. */
export async function findStanding(
  sql: Sql,
  scope: Scope,
  id: string,
): Promise<Standing | undefined> {
  const [row] = await sql`
    select id, name, approval, registration, state, revoked_at is not null as is_revoked, labels,
      version
    from satellite
    where id = ${id} and in_scope(labels, ${within(scope)}::jsonb[])`
  return row === undefined ? undefined : standing(row)
}

/** By another satellite that is let in. */
export const isNameTaken = async (sql: Sql, id: SatelliteId, name: string): Promise<boolean> =>
  (
    await sql`
      select 1 as taken from satellite
      where name = ${name} and id <> ${id} and approval = 'approved'`
  ).length > 0

/** Lets in who waits under this row. The nonce makes the auth token a new one; an older identity ends here. */
export const letIn = async (
  sql: Sql,
  id: SatelliteId,
  name: string,
  labels: Readonly<Record<string, string>>,
  nonce: Buffer,
): Promise<void> => {
  await sql`
    update satellite set
      approval = 'approved', state = 'offline', name = ${name},
      labels = ${JSON.stringify(labels)}::jsonb,
      registration = 'granted', auth_nonce = ${nonce}, auth_hash = null, approved_at = now(),
      next_auth_hash = null, rotation_asked_at = null,
      revoked_at = null, revoked_why = null, revoked_hash = null,
      version = version + 1
    where id = ${id}`
}

export const reject = async (sql: Sql, id: SatelliteId): Promise<void> => {
  await sql`
    update satellite set approval = 'rejected', state = 'rejected', version = version + 1
    where id = ${id}`
}

/** Refuses who asked under an approved row, and is told so; the approved identity goes on. */
export const dropRegistration = async (sql: Sql, id: SatelliteId): Promise<void> => {
  await sql`
    update satellite set
      registration = 'refused',
      state = case when last_seen_at is null then 'offline' else 'lost' end,
      version = version + 1
    where id = ${id}`
}

export const relabel = async (
  sql: Sql,
  id: SatelliteId,
  name: string,
  labels: Readonly<Record<string, string>>,
): Promise<void> => {
  await sql`
    update satellite set
      name = ${name}, labels = ${JSON.stringify(labels)}::jsonb, version = version + 1
    where id = ${id}`
}

/** What rules are matched against. */
export const approvedSatellites = async (
  sql: Sql,
  scope: Scope,
): Promise<{ id: SatelliteId; name: string; labels: Readonly<Record<string, string>> }[]> =>
  (
    await sql`
      select id, name, labels from satellite
      where approval = 'approved' and in_scope(labels, ${within(scope)}::jsonb[])
      order by name, id`
  ).map((row) => ({
    id: satelliteId(textOf(row, "id")),
    name: textOf(row, "name"),
    labels: labelsAt(row, "labels"),
  }))

/** What people are shown of these. */
export const statesOf = async (
  sql: Sql,
  ids: readonly string[],
): Promise<ReadonlyMap<string, SatelliteState>> =>
  new Map(
    (await sql`select id, state from satellite where id = any(${ids}::uuid[])`).map((row) => [
      textOf(row, "id"),
      stateOf(row, "state"),
    ]),
  )

export const countByState = async (sql: Sql, scope: Scope): Promise<Map<SatelliteState, number>> =>
  new Map(
    (
      await sql`
        select state, count(*) as found from satellite
        where in_scope(labels, ${within(scope)}::jsonb[]) group by state`
    ).map((row) => [stateOf(row, "state"), integerOf(row, "found")]),
  )

/** The labels of what these ids name: satellites, or clusters, which have those of their satellite. */
export const labelsOf = async (
  sql: Sql,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Readonly<Record<string, string>>>> =>
  new Map(
    (
      await sql`
        select id, labels from satellite where id = any(${ids}::uuid[])
        union all
        select c.id, s.labels from cluster c join satellite s on s.id = c.satellite_id
        where c.id = any(${ids}::uuid[])
        union all
        select g.id, s.labels from cluster_gone g join satellite s on s.id = g.satellite_id
        where g.id = any(${ids}::uuid[])`
    ).map((row) => [textOf(row, "id"), labelsAt(row, "labels")]),
  )
