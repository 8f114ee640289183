/** Table `profile`; its versions are in `profile-version.ts`. */
import { integerOf, jsonOf, type Row, textOf, timeOf } from "#io/postgres/row.ts"
import type { Sql } from "#io/postgres/sql.ts"
import { type Profile, type ProfileSpecBody, profileSpecSchema } from "#wire/rest/profiles.ts"

const newerImageOf = (row: Row): Pick<Profile, "newerImage"> =>
  row["newer_image"] === null
    ? {}
    : { newerImage: { minor: textOf(row, "newer_minor"), image: textOf(row, "newer_image") } }

const shown = (row: Row): Profile => ({
  id: textOf(row, "id"),
  name: textOf(row, "name"),
  description: textOf(row, "description"),
  spec: profileSpecSchema.parse(jsonOf(row, "spec")),
  specVersion: integerOf(row, "spec_version"),
  clusterCount: integerOf(row, "cluster_count"),
  ...newerImageOf(row),
  createdAt: new Date(timeOf(row, "created_at")).toISOString(),
  updatedAt: new Date(timeOf(row, "updated_at")).toISOString(),
  version: integerOf(row, "version"),
})

export type NewProfile = {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly spec: ProfileSpecBody
}

/** The profile and its version 1, in one statement. */
export const insertProfile = async (
  sql: Sql,
  profile: NewProfile,
  said: { readonly actor: string; readonly note: string },
): Promise<void> => {
  const spec = JSON.stringify(profile.spec)
  await sql`
    with made as (
      insert into profile (id, name, description, spec)
      values (${profile.id}, ${profile.name}, ${profile.description}, ${spec}::jsonb)
      returning id, spec_version, spec
    )
    insert into profile_version (profile_id, spec_version, spec, actor, note)
    select id, spec_version, spec, ${said.actor}, ${said.note} from made`
}

export type ProfileRow = {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly spec: ProfileSpecBody
  readonly specVersion: number
  readonly version: number
}

/** The profile as it is, held for this transaction: nobody else changes it meanwhile. */
export async function lockProfile(sql: Sql, id: string): Promise<ProfileRow | undefined> {
  const [row] = await sql`
    select id, name, description, spec, spec_version, version from profile where id = ${id} for update`
  return row === undefined
    ? undefined
    : {
        id: textOf(row, "id"),
        name: textOf(row, "name"),
        description: textOf(row, "description"),
        spec: profileSpecSchema.parse(jsonOf(row, "spec")),
        specVersion: integerOf(row, "spec_version"),
        version: integerOf(row, "version"),
      }
}

/** Writes the row that `lockProfile` holds; its version rises by one. */
export const updateProfile = async (
  sql: Sql,
  profile: Omit<ProfileRow, "version">,
): Promise<void> => {
  await sql`
    update profile set name = ${profile.name}, description = ${profile.description},
      spec = ${JSON.stringify(profile.spec)}::jsonb, spec_version = ${profile.specVersion},
      updated_at = now(), version = version + 1
    where id = ${profile.id}`
}

export async function findProfile(sql: Sql, id: string): Promise<Profile | undefined> {
  const [row] = await sql`
    select p.id, p.name, p.description, p.spec, p.spec_version, p.created_at, p.updated_at, p.version,
      (select count(*) from cluster c where c.profile_id = p.id) as cluster_count,
      i.reference as newer_image, i.minor as newer_minor
    from profile p
      left join image i on i.variant = p.spec->'postgres'->>'variant'
        and i.major = (p.spec->'postgres'->'major')::integer
        and coalesce(i.minor = p.spec->'postgres'->>'minor', i.is_default)
        and i.reference <> p.spec->'postgres'->>'image'
    where p.id = ${id}`
  return row === undefined ? undefined : shown(row)
}

export const listProfiles = async (
  sql: Sql,
  after: readonly [name: string] | undefined,
  limit: number,
): Promise<Profile[]> =>
  (
    await sql`
      select p.id, p.name, p.description, p.spec, p.spec_version, p.created_at, p.updated_at, p.version,
        (select count(*) from cluster c where c.profile_id = p.id) as cluster_count,
        i.reference as newer_image, i.minor as newer_minor
      from profile p
        left join image i on i.variant = p.spec->'postgres'->>'variant'
          and i.major = (p.spec->'postgres'->'major')::integer
          and coalesce(i.minor = p.spec->'postgres'->>'minor', i.is_default)
          and i.reference <> p.spec->'postgres'->>'image'
      where ${after?.[0]}::text is null or p.name > ${after?.[0]}
      order by p.name
      limit ${limit}`
  ).map(shown)

export type ProfileUse = { readonly clusters: number; readonly rules: number }

export async function useOf(sql: Sql, id: string): Promise<ProfileUse> {
  const [row] = await sql`
    select (select count(*) from cluster where profile_id = ${id}) as clusters,
      (select count(*) from rule where profile_id = ${id}) as rules`
  return { clusters: integerOf(row ?? {}, "clusters"), rules: integerOf(row ?? {}, "rules") }
}

export async function deleteProfile(sql: Sql, id: string): Promise<string | undefined> {
  const [row] = await sql`delete from profile where id = ${id} returning name`
  return row === undefined ? undefined : textOf(row, "name")
}
