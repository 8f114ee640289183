/** What a rollout is: which clusters go to which version of their profile, in which stages, and how careful. */
import type { ClusterId } from "#core/ids.ts"

/** `stay`: what was changed stays so, until a person decides. `roll-back`: it goes back by itself. */
export const onHalts = ["stay", "roll-back"] as const
export type OnHalt = (typeof onHalts)[number]

/** What is done about a cluster that is not healthy when its turn comes. */
export const whenUnhealthies = ["wait", "move"] as const
export type WhenUnhealthy = (typeof whenUnhealthies)[number]

/** Which clusters a stage takes, of those that no earlier stage took. */
export type Share =
  /** Those on satellites with all of these labels, as they are when the rollout is made. */
  | { readonly kind: "selector"; readonly labels: Readonly<Record<string, string>> }
  /** So many of a hundred of all clusters of the rollout, rounded up. */
  | { readonly kind: "percent"; readonly percent: number }
  | { readonly kind: "rest" }

export type Stage = {
  readonly name: string
  readonly share: Share
  /** At most so many clusters change at the same time. */
  readonly maxParallel: number
  /** So long each cluster has to stay healthy after the change is in force. */
  readonly bakeMs: number
  /** The stage begins when a person says so. */
  readonly hasGate: boolean
}

export type Plan = {
  /** The version of the profile. */
  readonly to: number
  readonly stages: readonly Stage[]
  /** The rollout halts with the so many-th cluster that fails. */
  readonly haltAfter: number
  readonly onHalt: OnHalt
  readonly whenUnhealthy: WhenUnhealthy
  readonly ignoresFreeze: boolean
  /** A cluster whose site can be heard has so long to bring the change into force. */
  readonly changeWithinMs: number
  /** A cluster may be not healthy for so long after the change. */
  readonly unwellMs: number
}

export type Candidate = {
  readonly id: ClusterId
  readonly labels: Readonly<Record<string, string>>
}

const fits = (labels: Readonly<Record<string, string>>, { labels: has }: Candidate): boolean =>
  Object.entries(labels).every(([key, value]) => Object.hasOwn(has, key) && has[key] === value)

/**
 * The stage of each cluster, as an index. Clusters come in the order of their ids: these are random, so that
 * a percentage is a fair sample, and the same one each time. What no stage takes has none.
 */
export function stageOf(
  shares: readonly Share[],
  clusters: readonly Candidate[],
): ReadonlyMap<ClusterId, number> {
  const found = new Map<ClusterId, number>()
  let left = clusters.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  for (const [index, share] of shares.entries()) {
    const taken = takenBy(share, left, clusters.length)
    for (const { id } of taken) found.set(id, index)
    left = left.filter(({ id }) => !found.has(id))
  }
  return found
}

function takenBy(share: Share, left: readonly Candidate[], total: number): readonly Candidate[] {
  switch (share.kind) {
    case "selector":
      return left.filter((one) => fits(share.labels, one))
    case "percent":
      return left.slice(0, Math.ceil((total * share.percent) / 100))
    case "rest":
      return left
  }
}
