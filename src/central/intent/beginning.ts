/** The version that a new cluster begins with, and its place in the rollout that takes it along. */
import type { ClusterId, SatelliteId } from "#core/ids.ts"
import { impactOf } from "#core/rollout/impact.ts"
import { type Beginning, beginningOf, type ProfileStory } from "#core/rollout/new-cluster.ts"
import type { Site } from "#core/rollout/match.ts"
import type { Sql } from "#io/postgres/sql.ts"
import { profileSpec } from "#wire/profile-spec.ts"
import { notify } from "../store/change.ts"
import { profileStory } from "../store/profile-story.ts"
import { findVersions } from "../store/profile-version.ts"
import { lockRollout } from "../store/rollout.ts"
import { insertEntries } from "../store/rollout-cluster.ts"
import { ordersNow } from "./parameters.ts"

/** How clusters of these profiles begin on a site. Profiles stay while the intent lock is held. */
export async function beginnings(
  sql: Sql,
  profiles: readonly string[],
): Promise<(profile: string, site: Site) => Beginning> {
  const stories = new Map<string, ProfileStory>()
  for (const profile of new Set(profiles)) {
    const story = await profileStory(sql, profile)
    if (story !== undefined) stories.set(profile, story)
  }
  return (profile, { labels }) => {
    const story = stories.get(profile)
    return story === undefined ? { version: 1, joins: undefined } : beginningOf(story, labels)
  }
}

export type Joining = {
  readonly rollout: string
  readonly cluster: {
    readonly id: ClusterId
    readonly name: string
    readonly namespace: string
    readonly satelliteId: SatelliteId
  }
  readonly siteName: string
  readonly version: number
}

/** Gives new clusters their turn, in the last stage: the shares of the others were dealt when it was approved. */
export async function joinRollouts(sql: Sql, joining: readonly Joining[]): Promise<void> {
  for (const [id, here] of Map.groupBy(joining, ({ rollout }) => rollout)) {
    const rollout = await lockRollout(sql, id, { skip: false })
    // It came to its end just now: whoever looks at the profile sees that these are behind.
    if (rollout === undefined || rollout.standing.state === "finished") continue
    const { plan, profileId } = rollout
    const versions = await findVersions(sql, profileId, [
      plan.to,
      ...here.map(({ version }) => version),
    ])
    const specs = new Map(versions.map((one) => [one.specVersion, profileSpec(one.spec)]))
    const [to, orders] = [specs.get(plan.to), await ordersNow(sql)]
    if (to === undefined) continue
    await insertEntries(
      sql,
      id,
      here.flatMap(({ cluster, siteName, version }) => {
        const from = specs.get(version)
        if (from === undefined) return []
        return [
          {
            cluster: cluster.id,
            name: cluster.name,
            namespace: cluster.namespace,
            satelliteId: cluster.satelliteId,
            satelliteName: siteName,
            stage: plan.stages.length - 1,
            strategy: impactOf(from, to, orders(to.postgres.major)).strategy,
          },
        ]
      }),
    )
    await notify(sql, { kind: "list", resource: "rollouts" })
  }
}
