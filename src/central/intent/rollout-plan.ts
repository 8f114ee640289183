/** What an approval would touch: each cluster with its stage, what the version means for it, what holds it. */
import type { Scope } from "#core/access/scope.ts"
import type { ClusterId } from "#core/ids.ts"
import { whyOwed } from "#core/rollout/entry.ts"
import { frozenBy, untilOf } from "#core/rollout/freeze.ts"
import { type Impact, impactOf, strategies, type Strategy } from "#core/rollout/impact.ts"
import { stageOf } from "#core/rollout/plan.ts"
import type { Sql } from "#io/postgres/sql.ts"
import { impactClustersMax } from "#wire/rest/profile-versions.ts"
import { type RolloutPlanBody, type RolloutPreview, verdicts } from "#wire/rest/rollouts.ts"
import { profileSpec } from "#wire/profile-spec.ts"
import { done, invalid, type Outcome, type Refusal, refused } from "../refusal.ts"
import { freezeWindows } from "../store/freeze-window.ts"
import { findProfile } from "../store/profile.ts"
import { findVersions, type Follower, followers } from "../store/profile-version.ts"
import { planOf, type StoredPlan } from "../store/rollout.ts"
import { holders, type Seen, sightsOf } from "../store/rollout-cluster.ts"
import { ordersNow } from "./parameters.ts"
import { warningsOf } from "./profile-impact.ts"
import { noVersion } from "./profiles.ts"

type Verdict = (typeof verdicts)[number]

export type Touched = Follower & {
  readonly stage: number
  readonly strategy: Strategy
  readonly summary: string
  readonly verdict: Verdict
  readonly reason: string | undefined
  readonly takesFrom: string | undefined
}

export type Assembled = {
  readonly profile: { readonly id: string; readonly name: string }
  readonly specVersion: number
  readonly plan: StoredPlan
  readonly touched: readonly Touched[]
  readonly warnings: RolloutPreview["warnings"]
  readonly frozenBy: RolloutPreview["frozenBy"]
}

const noClusters = invalid([{ field: "profileId", problem: "the profile has no clusters" }])

/** Reads everything that an approval is about. `now` is the time by which freeze windows are judged. */
export async function assemble(
  sql: Sql,
  scope: Scope,
  body: RolloutPlanBody,
  now: number,
): Promise<Outcome<Assembled>> {
  const profile = await findProfile(sql, body.profileId)
  if (profile === undefined)
    return invalid([{ field: "profileId", problem: "there is no such profile" }])
  const specVersion = body.specVersion ?? profile.specVersion
  const found = await followers(sql, scope, profile.id, body.clusterIds)
  const strangers = strangersAmong(body.clusterIds ?? [], found)
  if (strangers.length > 0) return invalid(strangers)
  if (found.length === 0) return noClusters
  const versions = await findVersions(sql, profile.id, [
    specVersion,
    ...found.map((one) => one.specVersion),
  ])
  const target = versions.find((one) => one.specVersion === specVersion)
  if (target === undefined) return invalid([noVersion("specVersion", specVersion)])
  const to = profileSpec(target.spec)
  const orders = (await ordersNow(sql))(to.postgres.major)
  const impacts = new Map(
    versions.map((one) => [one.specVersion, impactOf(profileSpec(one.spec), to, orders)]),
  )
  const ids = found.map(({ id }) => id)
  const sights = new Map(
    (await sightsOf(sql, undefined, ids)).map((sight) => [sight.id, sight] as const),
  )
  const [windows, taken] = [await freezeWindows(sql), await holders(sql, ids)]
  const candidates = ids.map((id) => ({ id, labels: sights.get(id)?.labels ?? {} }))
  const plan = planWith(body, candidates)
  const stages = stageOf(
    plan.stages.map(({ share }) => share),
    candidates,
  )
  const holding = new Map<string, RolloutPreview["frozenBy"][number]>()
  const touched = found.flatMap((cluster): readonly Touched[] => {
    const [sight, impact] = [sights.get(cluster.id), impacts.get(cluster.specVersion)]
    const stage = stages.get(cluster.id)
    if (sight === undefined || impact === undefined || stage === undefined) return []
    const window = frozenBy(windows, sight.labels, now)
    if (window !== undefined)
      holding.set(window.id, { id: window.id, name: window.name, until: untilOf(window.time) })
    const judged = verdictOf({ sight, impact, frozen: window?.name, plan, specVersion })
    const { strategy, summary } = impact
    return [{ ...cluster, stage, strategy, summary, ...judged, takesFrom: taken.get(cluster.id) }]
  })
  return done({
    profile,
    specVersion,
    plan,
    touched,
    warnings: warningsOf(target.spec),
    frozenBy: [...holding.values()],
  })
}

function strangersAmong(wanted: readonly string[], found: readonly Follower[]) {
  const known = new Set<string>(found.map(({ id }) => id))
  return wanted.flatMap((id, at) =>
    known.has(id)
      ? []
      : [{ field: `clusterIds.${at}`, problem: `${id} is no cluster of this profile` }],
  )
}

type Labelled = { readonly id: ClusterId; readonly labels: Readonly<Record<string, string>> }

/** The plan with everything filled in; what no stage takes forms a last one. */
function planWith(body: RolloutPlanBody, clusters: readonly Labelled[]): StoredPlan {
  const { maxParallel, bakeSeconds, stages } = body
  const rest = { share: { kind: "rest" as const }, maxParallel, bakeSeconds, gate: false }
  const asked = (stages ?? [{ ...rest, name: "all" }]).map((stage) => ({
    ...stage,
    maxParallel: stage.maxParallel ?? maxParallel,
    bakeSeconds: stage.bakeSeconds ?? bakeSeconds,
  }))
  const taken = stageOf(
    asked.map(({ share }) => share),
    clusters,
  )
  return {
    haltAfter: body.haltAfter,
    onHalt: body.onHalt,
    whenUnhealthy: body.whenUnhealthy,
    ignoreFreeze: body.ignoreFreeze,
    changeWithinSeconds: body.changeWithinSeconds,
    unhealthyForSeconds: body.unhealthyForSeconds,
    stages: taken.size === clusters.length ? asked : [...asked, { ...rest, name: "rest" }],
  }
}

type Judged = {
  readonly sight: Seen
  readonly impact: Impact
  readonly frozen: string | undefined
  readonly plan: StoredPlan
  readonly specVersion: number
}

function verdictOf({ sight, impact, frozen, plan, specVersion }: Judged): {
  readonly verdict: Verdict
  readonly reason: string | undefined
} {
  if (sight.specVersion === specVersion) return { verdict: "has", reason: undefined }
  const obstacle = obstacleOf(impact)
  if (obstacle !== undefined) return { verdict: "refuse", reason: obstacle }
  const owed = whyOwed({ ...sight, frozenBy: frozen, obstacle }, planOf(specVersion, plan))
  if (owed !== undefined) return { verdict: "owe", reason: owed }
  const { busyWith } = sight
  const reason = busyWith === undefined ? undefined : `${busyWith} is under way on it`
  return { verdict: "move", reason }
}

/** Why a cluster can not go there; undefined when it can. */
export const obstacleOf = (impact: Impact): string | undefined =>
  impact.strategy === "immutable"
    ? `${impact.summary}: ${impact.changes
        .filter(({ effect }) => effect === "immutable")
        .map(({ field }) => field)
        .join(", ")}`
    : undefined

/** Why an approval that touches these would be refused. */
export function refusalOf({ touched, specVersion }: Assembled): Refusal | undefined {
  if (touched.some(({ verdict }) => verdict === "move" || verdict === "owe")) return undefined
  const refusing = touched.find(({ verdict }) => verdict === "refuse")
  return refusing === undefined
    ? refused(409, "NOTHING_TO_DO", `every cluster is on version ${specVersion} already`)
    : refused(
        409,
        "NOTHING_TO_DO",
        `no cluster can go to version ${specVersion}: ${refusing.reason ?? ""}`,
      )
}

/** Every word with how often it was said, also where that is never. */
const counted = <const K extends string>(
  words: readonly K[],
  said: readonly K[],
): Record<K, number> => {
  const entries = words.map((word) => [word, said.filter((one) => one === word).length])
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- fromEntries forgets the keys that it was given
  return Object.fromEntries(entries) as Record<K, number>
}

/** The dry run: says everything, changes nothing. */
export async function previewRollout(
  sql: Sql,
  scope: Scope,
  body: RolloutPlanBody,
): Promise<Outcome<RolloutPreview>> {
  const assembled = await assemble(sql, scope, body, Date.now())
  if (assembled.kind === "refused") return assembled
  const { profile, specVersion, plan, touched, warnings } = assembled.value
  const changed = touched.filter(({ verdict }) => verdict === "move" || verdict === "owe")
  return done({
    profileId: profile.id,
    specVersion,
    clusterCount: touched.length,
    counts: counted(
      verdicts,
      touched.map(({ verdict }) => verdict),
    ),
    strategies: counted(
      strategies,
      changed.map(({ strategy }) => strategy),
    ),
    warnings,
    stages: plan.stages.map((stage, at) => {
      const { name, gate, maxParallel, bakeSeconds } = stage
      const here = touched.filter((one) => one.stage === at)
      return {
        name,
        gate,
        maxParallel,
        bakeSeconds,
        clusterCount: here.length,
        clusters: here.slice(0, impactClustersMax).map(shownTouched),
      }
    }),
    frozenBy: assembled.value.frozenBy,
    refusal: refusalOf(assembled.value)?.detail ?? null,
  })
}

const shownTouched = (one: Touched) => ({
  id: one.id,
  name: one.name,
  namespace: one.namespace,
  satelliteId: one.satelliteId,
  satelliteName: one.satelliteName,
  fromVersion: one.specVersion,
  strategy: one.strategy,
  summary: one.summary,
  verdict: one.verdict,
  reason: one.reason ?? null,
  takesFrom: one.takesFrom ?? null,
})
