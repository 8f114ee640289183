/** The stand-in's profiles with their versions, and its rules: what central decides by the core, this does too. */
import { cascadeOf } from "./cascade.ts"
import { randomUUID } from "node:crypto"
import { parameterNames } from "#core/cluster/catalog.ts"
import { checkProfile } from "#core/cluster/check.ts"
import { profileWarnings } from "#core/cluster/plausible.ts"
import { ruleId, satelliteId } from "#core/ids.ts"
import { impactOf } from "#core/rollout/impact.ts"
import { type DeploymentRule, matches, place } from "#core/rollout/match.ts"
import { preview } from "#core/rollout/preview.ts"
import type { LiveMessage } from "#wire/live.ts"
import { profileSpec } from "#wire/profile-spec.ts"
import type { Profile, ProfileSpecBody, Rule } from "#wire/rest/profiles.ts"
import { shownChange, shownImpact } from "#wire/shown-impact.ts"
import { shownParameter } from "#wire/shown-parameter.ts"
import { type FakeFleet } from "./fleet.ts"
import { ago } from "./fleet-parts.ts"
import { FakeRefusal, type Handlers, one, page } from "./fake-answers.ts"

type Push = (message: LiveMessage) => void

const problemsOf = (spec: ProfileSpecBody) =>
  checkProfile(profileSpec(spec)).map(({ field, problem }) => ({ field: `spec.${field}`, problem }))
const warningsOf = (spec: ProfileSpecBody) =>
  profileWarnings(profileSpec(spec)).map(({ field, problem }) => ({
    field: `spec.${field}`,
    problem,
  }))
const between = (from: ProfileSpecBody, to: ProfileSpecBody) =>
  impactOf(profileSpec(from), profileSpec(to))

const conflict = (now: number): FakeRefusal =>
  new FakeRefusal(409, "VERSION_CONFLICT", `it was changed meanwhile (version ${now} is current)`, [
    { field: "version", problem: `is ${now} now` },
  ])

/** Profiles beside making and deleting them, which fake-handlers.ts has. */
export function profileHandlers(fleet: FakeFleet, push: Push): Handlers {
  const versionsOf = (id: string) =>
    fleet.versions
      .filter(({ profileId }) => profileId === id)
      .toSorted((a, b) => b.specVersion - a.specVersion)
  const on = (id: string, specVersion: number) =>
    fleet.clusters.filter(
      (cluster) => cluster.profileId === id && cluster.specVersion === specVersion,
    )
  const shown = (version: FakeFleet["versions"][number]) => ({
    specVersion: version.specVersion,
    actor: version.actor,
    note: version.note,
    createdAt: version.createdAt,
    clusterCount: on(version.profileId, version.specVersion).length,
    isNewest: version.specVersion === one(fleet.profiles, version.profileId).specVersion,
  })
  const versionOf = (id: string, specVersion: number) => {
    const found = versionsOf(id).find((each) => each.specVersion === specVersion)
    if (found === undefined) throw new FakeRefusal(404, "NOT_FOUND", "no such version")
    return found
  }
  const isAway = (id: string): boolean => one(fleet.satellites, id).state !== "connected"
  const write = (before: Profile, after: Partial<Profile>, note: string): Profile => {
    const spec = after.spec ?? before.spec
    const isNew = between(before.spec, spec).changes.length > 0
    const specVersion = before.specVersion + (isNew ? 1 : 0)
    const saved = {
      ...before,
      ...after,
      specVersion,
      version: before.version + 1,
      updatedAt: ago(0),
    }
    fleet.profiles = fleet.profiles.map((each) => (each.id === saved.id ? saved : each))
    if (isNew) {
      const made = { profileId: saved.id, specVersion, spec, note, actor: "admin" }
      fleet.versions.push({ ...made, createdAt: ago(0) })
    }
    push({ kind: "refetch", resource: "profiles" })
    return saved
  }
  return {
    checkProfile: ({ body }) => {
      const problems = problemsOf(body.spec)
      if (problems.length > 0)
        throw new FakeRefusal(400, "INVALID", "some fields are not as they must be", problems)
      return { warnings: warningsOf(body.spec) }
    },
    editProfile: ({ params, body: { version, note = "", ...after } }) => {
      const before = one(fleet.profiles, params.id)
      if (before.version !== version) throw conflict(before.version)
      const given = Object.entries(after).filter(([, value]) => value !== undefined)
      return write(before, Object.fromEntries(given), note)
    },
    revertProfile: ({ params, body }) => {
      const before = one(fleet.profiles, params.id)
      if (before.version !== body.version) throw conflict(before.version)
      const { spec } = versionOf(params.id, body.to)
      return write(before, { spec }, body.note ?? `back to version ${body.to}`)
    },
    cloneProfile: ({ params, body }) => {
      const original = one(fleet.profiles, params.id)
      if (fleet.profiles.some(({ name }) => name === body.name))
        throw new FakeRefusal(409, "NAME_TAKEN", `there is a profile called ${body.name} already`)
      const { spec } = versionOf(params.id, body.specVersion ?? original.specVersion)
      const made = {
        ...original,
        id: randomUUID(),
        name: body.name,
        spec,
        specVersion: 1,
        clusterCount: 0,
        version: 1,
      }
      fleet.profiles.push(made)
      return made
    },
    listProfileVersions: ({ params, query }) => {
      const all = versionsOf(params.id).map((each) => ({
        ...shown(each),
        id: String(each.specVersion),
      }))
      return page(all, query)
    },
    getProfileVersion: ({ params }) => {
      const found = versionOf(params.id, params.specVersion)
      return { ...shown(found), spec: found.spec, warnings: warningsOf(found.spec) }
    },
    diffProfile: ({ params, query }) => {
      const to = query.to ?? one(fleet.profiles, params.id).specVersion
      const from = query.from ?? Math.max(1, to - 1)
      const { changes } = between(versionOf(params.id, from).spec, versionOf(params.id, to).spec)
      return { from, to, changes: changes.map(shownChange) }
    },
    cascadeOfProfile: ({ params, query }) => {
      const to = query.to ?? one(fleet.profiles, params.id).specVersion
      return {
        to,
        versions: versionsOf(params.id)
          .filter(({ specVersion }) => on(params.id, specVersion).length > 0)
          .map((version) => {
            const { strategy, summary } = between(version.spec, versionOf(params.id, to).spec)
            const away = on(params.id, version.specVersion).filter((c) => isAway(c.satelliteId))
            return { ...shown(version), awayCount: away.length, strategy, summary }
          }),
        rules: fleet.rules.filter(({ profileId }) => profileId === params.id),
      }
    },
    previewImpact: ({ params }) => {
      const target = versionOf(params.id, params.specVersion)
      const groups = versionsOf(params.id).flatMap((version) => {
        const clusters = on(params.id, version.specVersion).map((cluster) => ({
          ...cluster,
          isAway: isAway(cluster.satelliteId),
        }))
        const awayCount = clusters.filter((cluster) => cluster.isAway).length
        const impact = shownImpact(between(version.spec, target.spec))
        const { specVersion: fromVersion } = version
        return clusters.length === 0
          ? []
          : [{ fromVersion, impact, clusters, clusterCount: clusters.length, awayCount }]
      })
      const sum = (of: "clusterCount" | "awayCount") =>
        groups.reduce((total, group) => total + group[of], 0)
      return {
        specVersion: params.specVersion,
        clusterCount: sum("clusterCount"),
        awayCount: sum("awayCount"),
        warnings: warningsOf(target.spec),
        groups,
      }
    },
    listParameters: ({ query }) => {
      const all = parameterNames(query.major)
        .filter((name) => name.includes(query.search ?? ""))
        .map((name) => ({ ...shownParameter(query.major, name, undefined), id: name }))
      return page(all, query)
    },
  }
}

export function ruleHandlers(fleet: FakeFleet, push: Push): Handlers {
  return {
    getRule: ({ params }) => one(fleet.rules, params.id),
    cascadeOfRule: ({ params }) => {
      const { name: ruleName } = one(fleet.rules, params.id)
      const left = fleet.clusters.filter(({ ruleId }) => ruleId === params.id)
      return cascadeOf(
        "unruled",
        left.map(({ id: clusterId, namespace, name, satelliteId, satelliteName }) => ({
          clusterId,
          namespace,
          name,
          satelliteId,
          satelliteName,
          ruleName,
        })),
      )
    },
    editRule: ({ params, body: { version, ...after } }) => {
      const before = one(fleet.rules, params.id)
      if (before.version !== version) throw conflict(before.version)
      const given = Object.entries(after).filter(
        ([field, value]) => value !== undefined && field !== "confirmedDeletes",
      )
      const saved: Rule = {
        ...before,
        ...Object.fromEntries(given),
        profileName: one(fleet.profiles, after.profileId ?? before.profileId).name,
        version: version + 1,
      }
      fleet.rules = fleet.rules.map((each) => (each.id === saved.id ? saved : each))
      push({ kind: "refetch", resource: "rules" })
      return saved
    },
    previewRule: ({ body }) => {
      const rule: DeploymentRule = {
        ...body,
        id: ruleId(body.ruleId ?? "preview"),
        name: "this rule",
        profileId: "",
      }
      const sites = fleet.satellites
        .filter(({ state }) => state !== "pending" && state !== "rejected")
        .map(({ id, name, labels }) => ({ id: satelliteId(id), name, labels }))
      const taken = fleet.clusters.map((cluster) => ({
        satelliteId: satelliteId(cluster.satelliteId),
        namespace: cluster.namespace,
        name: cluster.name,
        ruleId: cluster.ruleId ?? undefined,
        deleting: cluster.state === "deleting",
      }))
      const found = preview(rule, sites, place([rule], sites, taken, []), [])
      const matching = new Set<string>(sites.filter((s) => matches(rule, s)).map(({ id }) => id))
      const ended = fleet.clusters
        .filter((cluster) => cluster.ruleId !== null && cluster.ruleId === body.ruleId)
        .filter(
          (cluster) => !matching.has(cluster.satelliteId) || cluster.name !== body.clusterName,
        )
        .map(({ id: clusterId, ...cluster }) => ({ ...cluster, clusterId }))
      const of = (end: Rule["onMatchEnd"]) => (body.onMatchEnd === end ? ended : [])
      const count = (verdict: string) => found.filter((each) => each.verdict === verdict).length
      return {
        matchCount: found.length,
        counts: {
          create: count("create"),
          has: count("has"),
          conflict: count("conflict"),
          "left-alone": count("left-alone"),
        },
        matches: found.map(({ site, verdict, reason }) => ({
          satelliteId: site.id,
          satelliteName: site.name,
          state: one(fleet.satellites, site.id).state,
          verdict,
          reason: reason ?? null,
        })),
        ended: {
          keep: of("keep"),
          pause: of("pause"),
          delete: of("delete").filter((cluster) => !cluster.deletionProtected),
          isProtected: of("delete").filter((cluster) => cluster.deletionProtected),
        },
        resumed: [],
        refusal: null,
      }
    },
  }
}
