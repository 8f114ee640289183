/** What versions of a profile mean for each other and for clusters. Reads, compares, changes nothing. */
import type { Scope } from "#core/access/scope.ts"
import { profileWarnings } from "#core/cluster/plausible.ts"
import { type Impact, impactOf } from "#core/rollout/impact.ts"
import type { Sql } from "#io/postgres/sql.ts"
import {
  type ImpactAnswer,
  impactClustersMax,
  type WholeProfileVersion,
} from "#wire/rest/profile-versions.ts"
import type { ProfileSpecBody } from "#wire/rest/profiles.ts"
import type { Answer } from "#wire/rest/routes.ts"
import { shownChange, shownImpact } from "#wire/shown-impact.ts"
import { profileSpec } from "#wire/profile-spec.ts"
import { done, invalid, notFound, type Outcome } from "../refusal.ts"
import { findProfile } from "../store/profile.ts"
import {
  findVersion,
  findVersions,
  type Follower,
  followers,
  rulesOf,
  type WholeVersion,
} from "../store/profile-version.ts"
import { ordersNow } from "./parameters.ts"
import { noVersion } from "./profiles.ts"

type Compare = (from: ProfileSpecBody, to: ProfileSpecBody) => Impact

/** Compares by what people decided about parameters until now. */
async function comparison(sql: Sql): Promise<Compare> {
  const orders = await ordersNow(sql)
  return (from, to) => impactOf(profileSpec(from), profileSpec(to), orders(to.postgres.major))
}

export const warningsOf = (body: ProfileSpecBody) =>
  profileWarnings(profileSpec(body)).map(({ field, problem }) => ({
    field: `spec.${field}`,
    problem,
  }))

export async function wholeVersion(
  sql: Sql,
  id: string,
  version: number,
): Promise<Outcome<WholeProfileVersion>> {
  const found = await findVersion(sql, id, version)
  if (found === undefined) return notFound("version of a profile")
  return done({ ...found, warnings: warningsOf(found.spec) })
}

export async function diffVersions(
  sql: Sql,
  id: string,
  given: { readonly from?: number | undefined; readonly to?: number | undefined },
): Promise<Outcome<Answer<"diffProfile">>> {
  const profile = await findProfile(sql, id)
  if (profile === undefined) return notFound("profile")
  const to = given.to ?? profile.specVersion
  const from = given.from ?? Math.max(1, to - 1)
  const found = new Map(
    (await findVersions(sql, id, [from, to])).map((version) => [version.specVersion, version]),
  )
  const [before, after] = [found.get(from), found.get(to)]
  if (before === undefined || after === undefined)
    return invalid([
      ...(before === undefined ? [noVersion("from", from)] : []),
      ...(after === undefined ? [noVersion("to", to)] : []),
    ])
  const between = await comparison(sql)
  return done({ from, to, changes: between(before.spec, after.spec).changes.map(shownChange) })
}

export async function cascadeOf(
  sql: Sql,
  scope: Scope,
  id: string,
  given: { readonly to?: number | undefined },
): Promise<Outcome<Answer<"cascadeOfProfile">>> {
  const profile = await findProfile(sql, id)
  if (profile === undefined) return notFound("profile")
  const to = given.to ?? profile.specVersion
  const target = await findVersion(sql, id, to)
  if (target === undefined) return invalid([noVersion("to", to)])
  const groups = await grouped(sql, id, await followers(sql, scope, id, undefined))
  const between = await comparison(sql)
  return done({
    to,
    versions: groups.map(({ version, members }) => {
      const { spec, ...shown } = version
      const { strategy, summary } = between(spec, target.spec)
      const counts = { clusterCount: members.length, awayCount: countAway(members) }
      return { ...shown, ...counts, strategy, summary }
    }),
    rules: await rulesOf(sql, id),
  })
}

/** What `version` would mean for the named clusters, or for all of the profile. */
export async function previewImpact(
  sql: Sql,
  scope: Scope,
  id: string,
  version: number,
  clusterIds: readonly string[] | undefined,
): Promise<Outcome<ImpactAnswer>> {
  const target = await findVersion(sql, id, version)
  if (target === undefined) return notFound("version of a profile")
  const found = await followers(sql, scope, id, clusterIds)
  const strangers = strangersAmong(clusterIds ?? [], found)
  if (strangers.length > 0) return invalid(strangers)
  const groups = await grouped(sql, id, found)
  const between = await comparison(sql)
  return done({
    specVersion: version,
    clusterCount: found.length,
    awayCount: countAway(found),
    warnings: warningsOf(target.spec),
    groups: groups.map(({ version: from, members }) => ({
      fromVersion: from.specVersion,
      impact: shownImpact(between(from.spec, target.spec)),
      clusterCount: members.length,
      awayCount: countAway(members),
      clusters: members.slice(0, impactClustersMax).map(shownCluster),
    })),
  })
}

const shownCluster = ({ id, name, namespace, satelliteId, satelliteName, isAway }: Follower) => ({
  id,
  name,
  namespace,
  satelliteId,
  satelliteName,
  isAway,
})

function strangersAmong(wanted: readonly string[], found: readonly Follower[]) {
  const known = new Set<string>(found.map(({ id }) => id))
  return wanted.flatMap((id, at) =>
    known.has(id)
      ? []
      : [{ field: `clusterIds.${at}`, problem: `${id} is no cluster of this profile` }],
  )
}

const countAway = (members: readonly Follower[]): number =>
  members.filter(({ isAway }) => isAway).length

type Group = { readonly version: WholeVersion; readonly members: readonly Follower[] }

/** Clusters by the version that they are on, newest version first. */
async function grouped(
  sql: Sql,
  profile: string,
  found: readonly Follower[],
): Promise<readonly Group[]> {
  const byVersion = Map.groupBy(found, ({ specVersion }) => specVersion)
  const versions = await findVersions(sql, profile, [...byVersion.keys()])
  return versions.map((version) => ({
    version,
    members: byVersion.get(version.specVersion) ?? [],
  }))
}
