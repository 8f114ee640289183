/** Who a satellite is to central: the columns of table `satellite` that let it in, or not any more. */
import { type SatelliteId, satelliteId } from "#core/ids.ts"
import { bytesOf, integerOf, maybe, type Row, textOf, timeOf } from "#io/postgres/row.ts"
import type { Sql } from "#io/postgres/sql.ts"
import {
  type Approval,
  oneOf,
  type RegistrationState,
  registrationStates,
  type SatelliteState,
  stateOf,
} from "./satellite.ts"

/** What must be known to let somebody in. */
export type Identity = {
  readonly id: SatelliteId
  readonly name: string
  readonly approval: Approval
  readonly registration: RegistrationState
  readonly registrationHash: Buffer | undefined
  readonly authNonce: Buffer | undefined
  readonly authHash: Buffer | undefined
  /** Of a token that was given and not used yet. */
  readonly nextAuthHash: Buffer | undefined
  /** When a new token was asked for that is not in use yet. */
  readonly rotationAskedAt: number | undefined
  /** Whoever shows the token of this hash is told why it is void. */
  readonly revoked: { readonly hash: Buffer; readonly why: string } | undefined
}

const identity = (row: Row): Identity => {
  const [hash, why] = [maybe(bytesOf, row, "revoked_hash"), maybe(textOf, row, "revoked_why")]
  return {
    id: satelliteId(textOf(row, "id")),
    name: textOf(row, "name"),
    approval: oneOf(row, "approval", ["pending", "approved", "rejected"]),
    registration: oneOf(row, "registration", registrationStates),
    registrationHash: maybe(bytesOf, row, "registration_hash"),
    authNonce: maybe(bytesOf, row, "auth_nonce"),
    authHash: maybe(bytesOf, row, "auth_hash"),
    nextAuthHash: maybe(bytesOf, row, "next_auth_hash"),
    rotationAskedAt: maybe(timeOf, row, "rotation_asked_at"),
    revoked: hash === undefined || why === undefined ? undefined : { hash, why },
  }
}

export async function findIdentity(sql: Sql, id: SatelliteId): Promise<Identity | undefined> {
  const [row] = await sql`
    select id, name, approval, registration, registration_hash, auth_nonce, auth_hash,
      next_auth_hash, rotation_asked_at, revoked_hash, revoked_why
    from satellite where id = ${id}`
  return row === undefined ? undefined : identity(row)
}

export const findIdentities = async (
  sql: Sql,
  ids: readonly SatelliteId[],
): Promise<ReadonlyMap<SatelliteId, Identity>> =>
  new Map(
    (
      await sql`
        select id, name, approval, registration, registration_hash, auth_nonce, auth_hash,
          next_auth_hash, rotation_asked_at, revoked_hash, revoked_why
        from satellite where id = any(${ids}::uuid[])`
    ).map((row) => [satelliteId(textOf(row, "id")), identity(row)]),
  )

/** By the id that the satellite asked with: its own, or the one it had before it took over another's row. */
export async function findAsker(sql: Sql, id: SatelliteId): Promise<Identity | undefined> {
  const [row] = await sql`
    select id, name, approval, registration, registration_hash, auth_nonce, auth_hash,
      next_auth_hash, rotation_asked_at, revoked_hash, revoked_why
    from satellite where id = ${id} or asked_as = ${id}`
  return row === undefined ? undefined : identity(row)
}

/** Keeps the hash of the auth token that is being collected; the same one each time, so doing it twice is harmless. */
export const keepAuthHash = async (sql: Sql, id: SatelliteId, hash: Buffer): Promise<void> => {
  await sql`
    update satellite set auth_hash = ${hash}
    where id = ${id} and registration = 'granted' and auth_hash is distinct from ${hash}`
}

export type Arrived = {
  readonly serial: number
  readonly stateBefore: SatelliteState
  /** It came with its new token: the one before is void from now on. */
  readonly rotated: boolean
}

/**
 * The satellite opened a stream with its auth token: it is connected, its registration token is spent, and
 * a registration that somebody else left under its row is void. Undefined when `authHash` is not its.
 */
export async function arrive(
  sql: Sql,
  id: SatelliteId,
  authHash: Buffer,
  hello: { readonly satelliteVersion: string; readonly kubernetesVersion: string },
): Promise<Arrived | undefined> {
  const [row] = await sql`
    with before as (
      select id, state, coalesce(next_auth_hash = ${authHash}, false) as rotated
      from satellite where id = ${id} for update
    )
    update satellite s set
      state = 'connected', last_seen_at = now(), registration = 'spent', registration_hash = null,
      satellite_version = ${hello.satelliteVersion}, kubernetes_version = ${hello.kubernetesVersion},
      stream_serial = s.stream_serial + 1,
      auth_hash = ${authHash},
      next_auth_hash = case when rotated then null else s.next_auth_hash end,
      rotation_asked_at = case when rotated then null else s.rotation_asked_at end,
      rotated_at = case when rotated then now() else s.rotated_at end
    from before
    where s.id = before.id and s.approval = 'approved'
      and (s.auth_hash = ${authHash} or s.next_auth_hash = ${authHash})
    returning s.stream_serial as serial, before.state as state_before, before.rotated`
  return row === undefined
    ? undefined
    : {
        serial: integerOf(row, "serial"),
        stateBefore: stateOf(row, "state_before"),
        rotated: row["rotated"] === true,
      }
}

/** From now on the satellite gets a new token on each stream, until it comes with one. */
export const askForRotation = async (sql: Sql, id: SatelliteId): Promise<void> => {
  await sql`
    update satellite set rotation_asked_at = coalesce(rotation_asked_at, now()), version = version + 1
    where id = ${id}`
}

/** Notes the token that is about to be given; false when it is not wanted (any more). */
export const keepNextToken = async (
  sql: Sql,
  id: SatelliteId,
  authHash: Buffer,
  next: Buffer,
): Promise<boolean> =>
  (
    await sql`
      update satellite set next_auth_hash = ${next}
      where id = ${id} and auth_hash = ${authHash} and rotation_asked_at is not null
      returning id`
  ).length > 0

export const revoke = async (sql: Sql, id: SatelliteId, why: string): Promise<void> => {
  await sql`
    update satellite set
      revoked_at = now(), revoked_why = ${why}, revoked_hash = auth_hash,
      auth_hash = null, auth_nonce = null, next_auth_hash = null, rotation_asked_at = null,
      registration = 'spent', registration_hash = null,
      state = case when last_seen_at is null then 'offline' else 'lost' end,
      version = version + 1
    where id = ${id}`
}

/**
 * The satellite that asks under `by` becomes this one: its Kubernetes, its registration. The row that it asked
 * under goes, and who was this one before is told why.
 */
export async function takeOver(
  sql: Sql,
  id: SatelliteId,
  by: SatelliteId,
  nonce: Buffer,
  why: string,
): Promise<void> {
  await sql`update event set satellite_id = ${id} where satellite_id = ${by}`
  const [asked] = await sql`
    delete from satellite where id = ${by}
    returning kubernetes_uid, site, kubernetes_version, satellite_version, registration_hash`
  await sql`
    update satellite set
      kubernetes_uid = ${textOf(asked ?? {}, "kubernetes_uid")},
      site = ${textOf(asked ?? {}, "site")},
      kubernetes_version = ${textOf(asked ?? {}, "kubernetes_version")},
      satellite_version = ${textOf(asked ?? {}, "satellite_version")},
      registration_hash = ${bytesOf(asked ?? {}, "registration_hash")},
      registration = 'granted', asked_as = ${by}, auth_nonce = ${nonce},
      revoked_hash = coalesce(auth_hash, revoked_hash), revoked_why = ${why}, revoked_at = null,
      auth_hash = null, next_auth_hash = null, rotation_asked_at = null,
      state = 'offline', last_seen_at = null, approved_at = now(),
      storage_classes = '{}', default_storage_class = null, version = version + 1
    where id = ${id}`
}

/** What another Kubernetes said of the clusters of this row says nothing of this one. */
export const forgetReality = async (sql: Sql, id: SatelliteId): Promise<void> => {
  await sql`
    delete from cluster_health where cluster_id in (select c.id from cluster c where satellite_id = ${id})`
  await sql`
    update cluster set
      desired_version = desired_version + 1, acked_version = null, ack = null, ack_problem = null,
      first_healthy_at = null, version = version + 1
    where satellite_id = ${id}`
  await sql`delete from cluster_gone where satellite_id = ${id}`
}

/** Its clusters go with it, unheard by the site. */
export async function forgetSatellite(sql: Sql, id: SatelliteId): Promise<void> {
  await sql`delete from cluster where satellite_id = ${id}`
  await sql`delete from operation where satellite_id = ${id}`
  await sql`delete from satellite where id = ${id}`
}

export type ItsCluster = { readonly id: string; readonly place: string }

export const clustersAt = async (sql: Sql, id: SatelliteId): Promise<ItsCluster[]> =>
  (
    await sql`
      select id, namespace || '/' || name as place from cluster
      where satellite_id = ${id} order by namespace, name for update`
  ).map((row) => ({ id: textOf(row, "id"), place: textOf(row, "place") }))
