/** Tables `storage_tier` and `satellite_tier`. */
import * as z from "zod"
import type { SiteSettings } from "#core/fleet/settings.ts"
import { type SatelliteId, satelliteId } from "#core/ids.ts"
import { integerOf, jsonOf, maybe, type Row, textOf, timeOf } from "#io/postgres/row.ts"
import type { Sql } from "#io/postgres/sql.ts"
import type { StorageTier } from "#wire/rest/storage-routes.ts"

const profilesOf = z.array(z.object({ id: z.uuid(), name: z.string() }))
const mappingOf = z.record(z.string(), z.string())

const shown = (row: Row): StorageTier => ({
  name: textOf(row, "name"),
  description: textOf(row, "description"),
  profiles: profilesOf.parse(jsonOf(row, "profiles")),
  mappedCount: integerOf(row, "mapped_count"),
  satelliteCount: integerOf(row, "satellite_count"),
  createdAt: new Date(timeOf(row, "created_at")).toISOString(),
  version: integerOf(row, "version"),
})

/** By name, those after `after`; or the one called `only`. */
const select = async (
  sql: Sql,
  only: string | undefined,
  after: string | undefined,
  limit: number,
): Promise<StorageTier[]> =>
  (
    await sql`
      select t.name, t.description, t.created_at, t.version,
        (select coalesce(
            jsonb_agg(jsonb_build_object('id', p.id, 'name', p.name) order by p.name), '[]')
          from profile p
          where p.spec->'data'->>'tier' = t.name or p.spec->'wal'->>'tier' = t.name) as profiles,
        (select count(*) from satellite_tier m join satellite s on s.id = m.satellite_id
          where m.tier = t.name and s.approval = 'approved') as mapped_count,
        (select count(*) from satellite where approval = 'approved') as satellite_count
      from storage_tier t
      where (${only}::text is null or t.name = ${only}) and (${after}::text is null or t.name > ${after})
      order by t.name
      limit ${limit}`
  ).map(shown)

export const listStorageTiers = (
  sql: Sql,
  after: readonly [name: string] | undefined,
  limit: number,
): Promise<StorageTier[]> => select(sql, undefined, after?.[0], limit)

export const findStorageTier = async (sql: Sql, name: string): Promise<StorageTier | undefined> =>
  (await select(sql, name, undefined, 1))[0]

export const countStorageTiers = async (sql: Sql): Promise<number> =>
  integerOf((await sql`select count(*) as found from storage_tier`)[0] ?? {}, "found")

export const insertStorageTier = async (
  sql: Sql,
  tier: { readonly name: string; readonly description: string },
): Promise<boolean> =>
  (
    await sql`
      insert into storage_tier (name, description) values (${tier.name}, ${tier.description})
      on conflict (name) do nothing returning name`
  ).length > 0

/** Undefined where there is none. Held for this transaction: no profile can begin to name it meanwhile. */
export async function lockStorageTier(
  sql: Sql,
  name: string,
): Promise<{ readonly description: string; readonly version: number } | undefined> {
  const [row] = await sql`
    select description, version from storage_tier where name = ${name} for update`
  return row === undefined
    ? undefined
    : { description: textOf(row, "description"), version: integerOf(row, "version") }
}

export const describeStorageTier = async (
  sql: Sql,
  name: string,
  description: string,
): Promise<void> => {
  await sql`
    update storage_tier set description = ${description}, version = version + 1
    where name = ${name}`
}

export const removeStorageTier = async (sql: Sql, name: string): Promise<void> => {
  await sql`delete from storage_tier where name = ${name}`
}

/** Clusters whose spec, which may be older than their profile's, has a volume on the tier. */
export const clustersOnTier = async (sql: Sql, name: string): Promise<string[]> =>
  (
    await sql`
      select namespace || '/' || name as place from cluster
      where spec->'data'->>'tier' = ${name} or spec->'wal'->>'tier' = ${name}
      order by place limit 100`
  ).map((row) => textOf(row, "place"))

/** Of these tiers, those that exist; they cannot go before this transaction ends. */
export const tiersAmong = async (sql: Sql, names: readonly string[]): Promise<Set<string>> =>
  new Set(
    (await sql`select name from storage_tier where name = any(${names}::text[]) for key share`).map(
      (row) => textOf(row, "name"),
    ),
  )

export const satellitesMapping = async (sql: Sql, tier: string): Promise<SatelliteId[]> =>
  (
    await sql`select satellite_id from satellite_tier where tier = ${tier} order by satellite_id`
  ).map((row) => satelliteId(textOf(row, "satellite_id")))

export type Mapping = Readonly<Record<string, string>>

export async function mappingOfSatellite(sql: Sql, id: SatelliteId): Promise<Mapping> {
  const rows = await sql`
    select tier, storage_class from satellite_tier where satellite_id = ${id} order by tier`
  return Object.fromEntries(rows.map((row) => [textOf(row, "tier"), textOf(row, "storage_class")]))
}

/** The whole mapping of a satellite, in place of what was there. */
export const putMapping = async (sql: Sql, id: SatelliteId, mapping: Mapping): Promise<void> => {
  await sql`delete from satellite_tier where satellite_id = ${id}`
  await sql`
    insert into satellite_tier (satellite_id, tier, storage_class)
    select ${id}::uuid, key, value from jsonb_each_text(${JSON.stringify(mapping)}::jsonb)`
  await sql`update satellite set version = version + 1 where id = ${id}`
}

/** Which of `tiers` are not mapped, by satellite; satellites that have all of them are left out. */
export async function unmappedOn(
  sql: Sql,
  satellites: readonly string[],
  tiers: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await sql`
    select s.id, array_agg(t.name order by t.name) as missing
    from unnest(${satellites}::uuid[]) as s (id) cross join unnest(${tiers}::text[]) as t (name)
    where not exists (
      select from satellite_tier m where m.satellite_id = s.id and m.tier = t.name)
    group by s.id`
  return new Map(rows.map((row) => [textOf(row, "id"), z.array(z.string()).parse(row["missing"])]))
}

/** What a site is told of itself as a whole. */
export const settingsOf = async (
  sql: Sql,
  ids: readonly SatelliteId[],
): Promise<ReadonlyMap<SatelliteId, SiteSettings>> =>
  new Map(
    (
      await sql`
    select s.id, s.name, nullif(coalesce(s.image_mirror, f.image_mirror), '') as image_mirror,
      (select coalesce(jsonb_object_agg(m.tier, m.storage_class), '{}') from satellite_tier m
        where m.satellite_id = s.id) as tiers
    from satellite s cross join fleet_setting f where s.id = any(${ids}::uuid[])`
    ).map((row) => [
      satelliteId(textOf(row, "id")),
      {
        satelliteName: textOf(row, "name"),
        tiers: mappingOf.parse(jsonOf(row, "tiers")),
        imageMirror: maybe(textOf, row, "image_mirror"),
      },
    ]),
  )
