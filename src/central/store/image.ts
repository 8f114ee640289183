/** Tables `image_variant` and `image`, and the mirror that images come from. */
import * as z from "zod"
import { type SatelliteId, satelliteId } from "#core/ids.ts"
import { booleanOf, integerOf, jsonOf, maybe, type Row, textOf, timeOf } from "#io/postgres/row.ts"
import type { Sql } from "#io/postgres/sql.ts"
import type { Image, ImageVariant } from "#wire/rest/image-routes.ts"

const profilesOf = z.array(z.object({ id: z.uuid(), name: z.string() }))
const iso = (time: number): string => new Date(time).toISOString()

const variant = (row: Row): ImageVariant => ({
  name: textOf(row, "name"),
  description: textOf(row, "description"),
  uid: integerOf(row, "uid"),
  imageCount: integerOf(row, "image_count"),
  profiles: profilesOf.parse(jsonOf(row, "profiles")),
  createdAt: iso(timeOf(row, "created_at")),
  version: integerOf(row, "version"),
})

const image = (row: Row): Image => ({
  id: textOf(row, "id"),
  variant: textOf(row, "variant"),
  major: integerOf(row, "major"),
  minor: textOf(row, "minor"),
  reference: textOf(row, "reference"),
  isDefault: booleanOf(row, "is_default"),
  notes: textOf(row, "notes"),
  profiles: profilesOf.parse(jsonOf(row, "profiles")),
  clusterCount: integerOf(row, "cluster_count"),
  createdAt: iso(timeOf(row, "created_at")),
  version: integerOf(row, "version"),
})

/** By name, those after `after`; or the one called `only`. */
export const selectVariants = async (
  sql: Sql,
  given: { readonly only?: string; readonly after?: string | undefined },
  limit: number,
): Promise<ImageVariant[]> =>
  (
    await sql`
      select v.name, v.description, v.uid, v.created_at, v.version,
        (select count(*) from image i where i.variant = v.name) as image_count,
        (select coalesce(
            jsonb_agg(jsonb_build_object('id', p.id, 'name', p.name) order by p.name), '[]')
          from profile p where p.spec->'postgres'->>'variant' = v.name) as profiles
      from image_variant v
      where (${given.only}::text is null or v.name = ${given.only})
        and (${given.after}::text is null or v.name > ${given.after})
      order by v.name
      limit ${limit}`
  ).map(variant)

export const insertVariant = async (
  sql: Sql,
  row: { readonly name: string; readonly description: string; readonly uid: number },
): Promise<boolean> =>
  (
    await sql`
      insert into image_variant (name, description, uid)
      values (${row.name}, ${row.description}, ${row.uid}) on conflict (name) do nothing
      returning name`
  ).length > 0

export type VariantRow = {
  readonly description: string
  readonly uid: number
  readonly version: number
}

const variantRow = (row: Row | undefined): VariantRow | undefined =>
  row === undefined
    ? undefined
    : {
        description: textOf(row, "description"),
        uid: integerOf(row, "uid"),
        version: integerOf(row, "version"),
      }

export const lockVariant = async (sql: Sql, name: string): Promise<VariantRow | undefined> =>
  variantRow(
    (
      await sql`
        select description, uid, version from image_variant where name = ${name} for update`
    )[0],
  )

/** As it is; it cannot go before this transaction ends. */
export const holdVariant = async (sql: Sql, name: string): Promise<VariantRow | undefined> =>
  variantRow(
    (
      await sql`
        select description, uid, version from image_variant where name = ${name} for key share`
    )[0],
  )

export const describeVariant = async (sql: Sql, name: string, text: string): Promise<void> => {
  await sql`
    update image_variant set description = ${text}, version = version + 1 where name = ${name}`
}

export const removeVariant = async (sql: Sql, name: string): Promise<void> => {
  await sql`delete from image_variant where name = ${name}`
}

export type ImageFilter = {
  readonly id?: string
  readonly variant?: string | undefined
  readonly major?: number | undefined
}

/** By variant, newest version first; a minor is compared as a number. Few enough to be read whole. */
export const selectImages = async (sql: Sql, filter: ImageFilter): Promise<Image[]> =>
  (
    await sql`
      select i.id, i.variant, i.major, i.minor, i.reference, i.is_default, i.notes, i.created_at,
        i.version,
        (select coalesce(
            jsonb_agg(jsonb_build_object('id', p.id, 'name', p.name) order by p.name), '[]')
          from profile p
          where p.spec->'postgres'->>'variant' = i.variant
            and p.spec->'postgres'->>'image' = i.reference) as profiles,
        (select count(*) from cluster c where c.spec->'postgres'->>'image' = i.reference)
          as cluster_count
      from image i
      where (${filter.id}::uuid is null or i.id = ${filter.id})
        and (${filter.variant}::text is null or i.variant = ${filter.variant})
        and (${filter.major}::integer is null or i.major = ${filter.major})
      order by i.variant, i.major desc, split_part(i.minor, '.', 2)::integer desc`
  ).map(image)

export const countImages = async (sql: Sql): Promise<number> =>
  integerOf((await sql`select count(*) as found from image`)[0] ?? {}, "found")

export type ImageRow = {
  readonly id: string
  readonly variant: string
  readonly major: number
  readonly minor: string
  readonly reference: string
  readonly notes: string
  readonly isDefault: boolean
  readonly version: number
}

const imageRow = (row: Row): ImageRow => ({
  id: textOf(row, "id"),
  variant: textOf(row, "variant"),
  major: integerOf(row, "major"),
  minor: textOf(row, "minor"),
  reference: textOf(row, "reference"),
  notes: textOf(row, "notes"),
  isDefault: booleanOf(row, "is_default"),
  version: integerOf(row, "version"),
})

export async function lockImage(sql: Sql, id: string): Promise<ImageRow | undefined> {
  const [row] = await sql`
    select id, variant, major, minor, reference, notes, is_default, version
    from image where id = ${id} for update`
  return row === undefined ? undefined : imageRow(row)
}

/** What a profile may choose from. */
export const imagesOf = async (sql: Sql, variantName: string, major: number): Promise<ImageRow[]> =>
  (
    await sql`
      select id, variant, major, minor, reference, notes, is_default, version
      from image where variant = ${variantName} and major = ${major} order by minor`
  ).map(imageRow)

export const insertImage = async (sql: Sql, row: Omit<ImageRow, "version">): Promise<void> => {
  await sql`
    insert into image (id, variant, major, minor, reference, notes, is_default)
    values (${row.id}, ${row.variant}, ${row.major}, ${row.minor}, ${row.reference}, ${row.notes},
      ${row.isDefault})`
}

export const updateImage = async (sql: Sql, row: Omit<ImageRow, "version">): Promise<void> => {
  await sql`
    update image set reference = ${row.reference}, notes = ${row.notes},
      is_default = ${row.isDefault}, version = version + 1
    where id = ${row.id}`
}

/** Makes room for another default of this variant and major. */
export const dropDefault = async (sql: Sql, variantName: string, major: number): Promise<void> => {
  await sql`
    update image set is_default = false, version = version + 1
    where variant = ${variantName} and major = ${major} and is_default`
}

export const removeImage = async (sql: Sql, id: string): Promise<void> => {
  await sql`delete from image where id = ${id}`
}

export type Mirror = { readonly mirror: string | null; readonly version: number }

export async function fleetMirror(sql: Sql): Promise<Mirror> {
  const [row] = await sql`select image_mirror, version from fleet_setting`
  return {
    mirror: maybe(textOf, row ?? {}, "image_mirror") ?? null,
    version: integerOf(row ?? {}, "version"),
  }
}

/** False when somebody else changed it since `version`. */
export const putFleetMirror = async (
  sql: Sql,
  mirror: string | null,
  version: number,
): Promise<boolean> =>
  (
    await sql`
      update fleet_setting set image_mirror = ${mirror}, version = version + 1
      where version = ${version} returning version`
  ).length > 0

/** Approved satellites that have no mirror of their own. */
export const satellitesAsFleet = async (sql: Sql): Promise<SatelliteId[]> =>
  (
    await sql`
      select id from satellite where approval = 'approved' and image_mirror is null order by id`
  ).map((row) => satelliteId(textOf(row, "id")))

/** Null: as the fleet has it; empty: none. */
export const putSatelliteMirror = async (
  sql: Sql,
  id: SatelliteId,
  mirror: string | null,
): Promise<void> => {
  await sql`update satellite set image_mirror = ${mirror}, version = version + 1 where id = ${id}`
}
