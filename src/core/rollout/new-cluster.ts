/**
 * Which version of its profile a cluster gets that is made now, and which rollout takes it along. While a version is
 * on its way through the fleet, or did not get through, it is not given to a cluster behind the rollout's back: such a
 * cluster begins with what got through last, and takes its turn like the others. Pure.
 */
import { covers, type Labels, type Scope } from "#core/access/scope.ts"
import { isOver, type RolloutState } from "#core/rollout/waves.ts"

export type RolloutSeen = {
  readonly id: string
  readonly version: number
  readonly state: RolloutState
  /** On which satellites it is about every cluster; undefined: it is about a selection of clusters. */
  readonly takesNew: Scope | undefined
}

export type ProfileStory = {
  /** The newest version that there is. */
  readonly newest: number
  /** Newest first. */
  readonly rollouts: readonly RolloutSeen[]
  /** Versions that clusters of the profile are on, or were on before an unfinished rollout moved them. */
  readonly held: readonly number[]
}

export type Beginning = {
  readonly version: number
  /** The rollout that it takes its turn in. */
  readonly joins: RolloutSeen | undefined
}

export function beginningOf(story: ProfileStory, labels: Labels): Beginning {
  const { rollouts } = story
  const isAbout = ({ takesNew }: RolloutSeen): boolean =>
    takesNew !== undefined && covers(takesNew, labels)
  const through = rollouts.findIndex((one) => isAbout(one) && one.state === "finished")
  const version = versionOf(story, rollouts[through])
  // What was approved before the version that got through is of no interest any more.
  const since = through === -1 ? rollouts : rollouts.slice(0, through)
  const joins = since.find((one) => isAbout(one) && mayGoOn(one.state))
  return { version, joins: joins?.version === version ? undefined : joins }
}

/** A rollout that goes back, or is being cancelled, takes nobody along. */
const mayGoOn = (state: RolloutState): boolean =>
  !isOver(state) && state !== "rolling-back" && state !== "cancelling"

function versionOf(
  { newest, rollouts, held }: ProfileStory,
  through: RolloutSeen | undefined,
): number {
  const [last] = rollouts
  if (last === undefined) return newest
  if (last.state === "finished") {
    // Edited since, and approved for nobody yet: a profile is what it says now, unless that is in doubt.
    const isTried = rollouts.some(({ version }) => version === newest)
    return isTried ? (through?.version ?? newest) : newest
  }
  if (through !== undefined) return through.version
  const inDoubt = new Set(
    rollouts
      .filter(
        (one, at) =>
          one.state !== "finished" &&
          rollouts.findIndex(({ version }) => version === one.version) === at,
      )
      .map(({ version }) => version),
  )
  const good = held.filter((version) => !inDoubt.has(version))
  return good.length === 0 ? newest : Math.max(...good)
}
