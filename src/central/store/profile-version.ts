/** Table `profile_version`: every spec that a profile ever had, and which clusters are on which. */
import type { Scope } from "#core/access/scope.ts"
import { type ClusterId, clusterId } from "#core/ids.ts"
import { booleanOf, integerOf, jsonOf, type Row, textOf, timeOf } from "#io/postgres/row.ts"
import type { Sql } from "#io/postgres/sql.ts"
import { type ProfileSpecBody, profileSpecSchema } from "#wire/rest/profiles.ts"
import type { ProfileVersion } from "#wire/rest/profile-versions.ts"
import { within } from "./scope.ts"

const shown = (row: Row): ProfileVersion => ({
  specVersion: integerOf(row, "spec_version"),
  actor: textOf(row, "actor"),
  note: textOf(row, "note"),
  createdAt: new Date(timeOf(row, "created_at")).toISOString(),
  clusterCount: integerOf(row, "cluster_count"),
  isNewest: booleanOf(row, "is_newest"),
})

export type NewVersion = {
  readonly profileId: string
  readonly specVersion: number
  readonly spec: ProfileSpecBody
  readonly actor: string
  readonly note: string
  /** The version of the profile's row with which this spec became its spec. */
  readonly rowVersion: number
}

export const insertVersion = async (sql: Sql, made: NewVersion): Promise<void> => {
  await sql`
    insert into profile_version (profile_id, spec_version, spec, actor, note, row_version)
    values (${made.profileId}, ${made.specVersion}, ${JSON.stringify(made.spec)}::jsonb,
      ${made.actor}, ${made.note}, ${made.rowVersion})`
}

/** Newest first, those before version `before`. */
export const listVersions = async (
  sql: Sql,
  profile: string,
  before: number | undefined,
  limit: number,
): Promise<ProfileVersion[]> =>
  (
    await sql`
      select v.spec_version, v.actor, v.note, v.created_at,
        (select count(*) from cluster c
          where c.profile_id = v.profile_id and c.spec_version = v.spec_version) as cluster_count,
        v.spec_version = p.spec_version as is_newest
      from profile_version v join profile p on p.id = v.profile_id
      where v.profile_id = ${profile} and (${before}::integer is null or v.spec_version < ${before})
      order by v.spec_version desc
      limit ${limit}`
  ).map(shown)

export type WholeVersion = ProfileVersion & { readonly spec: ProfileSpecBody }

/** Those of the named versions that are there, newest first. */
export const findVersions = async (
  sql: Sql,
  profile: string,
  versions: readonly number[],
): Promise<WholeVersion[]> =>
  (
    await sql`
      select v.spec_version, v.actor, v.note, v.created_at, v.spec,
        (select count(*) from cluster c
          where c.profile_id = v.profile_id and c.spec_version = v.spec_version) as cluster_count,
        v.spec_version = p.spec_version as is_newest
      from profile_version v join profile p on p.id = v.profile_id
      where v.profile_id = ${profile} and v.spec_version = any(${versions.map(String)}::integer[])
      order by v.spec_version desc`
  ).map((row) => ({ ...shown(row), spec: profileSpecSchema.parse(jsonOf(row, "spec")) }))

export const findVersion = async (
  sql: Sql,
  profile: string,
  version: number,
): Promise<WholeVersion | undefined> => (await findVersions(sql, profile, [version]))[0]

/** The spec that the profile had when its row was at `rowVersion`. */
export async function specAt(
  sql: Sql,
  profile: string,
  rowVersion: number,
): Promise<ProfileSpecBody | undefined> {
  const [row] = await sql`
    select spec from profile_version
    where profile_id = ${profile} and row_version <= ${rowVersion}
    order by spec_version desc limit 1`
  return row === undefined ? undefined : profileSpecSchema.parse(jsonOf(row, "spec"))
}

export type Follower = {
  readonly id: ClusterId
  readonly name: string
  readonly namespace: string
  readonly satelliteId: string
  readonly satelliteName: string
  readonly specVersion: number
  /** Its site is not connected: what is sent to it now arrives when it returns. */
  readonly isAway: boolean
}

/** Clusters of the profile by name, those on their way out left out; `among` picks some by id. */
export const followers = async (
  sql: Sql,
  scope: Scope,
  profile: string,
  among: readonly string[] | undefined,
): Promise<Follower[]> =>
  (
    await sql`
      select c.id, c.name, c.namespace, c.spec_version, s.id as satellite_id,
        s.name as satellite_name, s.state not in ('connected', 'late') as is_away
      from cluster c join satellite s on s.id = c.satellite_id
      where c.profile_id = ${profile} and c.deleting_since is null
        and in_scope(s.labels, ${within(scope)}::jsonb[])
        and (${among}::uuid[] is null or c.id = any(${among}::uuid[]))
      order by c.name, s.name, c.id`
  ).map((row) => ({
    id: clusterId(textOf(row, "id")),
    name: textOf(row, "name"),
    namespace: textOf(row, "namespace"),
    satelliteId: textOf(row, "satellite_id"),
    satelliteName: textOf(row, "satellite_name"),
    specVersion: integerOf(row, "spec_version"),
    isAway: booleanOf(row, "is_away"),
  }))

export type Maker = { readonly id: string; readonly name: string; readonly clusterCount: number }

/** The rules that make clusters of this profile. */
export const rulesOf = async (sql: Sql, profile: string): Promise<Maker[]> =>
  (
    await sql`
      select r.id, r.name, (select count(*) from cluster c where c.rule_id = r.id) as cluster_count
      from rule r where r.profile_id = ${profile} order by r.name`
  ).map((row) => ({
    id: textOf(row, "id"),
    name: textOf(row, "name"),
    clusterCount: integerOf(row, "cluster_count"),
  }))
