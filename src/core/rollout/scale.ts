/**
 * How many members a cluster has on its way from one number to another. Two numbers change at different moments:
 * `members`, which the sidecars are told and the holder writes on the Lease, and `replicas`, the pods that
 * Kubernetes makes. A member joins one at a time, and is counted when its pod is made; those that leave are
 * uncounted first, and their pods go when the Lease says so too. Their volumes stay.
 */
import type { PodName } from "#core/ids.ts"
import { ordinalOf } from "#core/ids.ts"

export type Placement = { readonly members: number; readonly replicas: number }

export type ScaleSeen = {
  readonly wanted: number
  /** The cluster has been initialised: before, it simply begins with what is wanted. */
  readonly exists: boolean
  /** What the sidecars are told now. */
  readonly told: number | undefined
  /** Of the StatefulSet. */
  readonly replicas: number | undefined
  /** On the Lease. */
  readonly onLease: readonly PodName[]
  readonly syncSet: readonly PodName[]
  readonly primary: PodName | undefined
  /** Members that are well: they serve, or stream and have caught up. */
  readonly well: ReadonlySet<PodName>
  readonly paused: boolean
  /** A member has yet to restart or to take something over. */
  readonly isUnsettled: boolean
}

export type ScaleStep = {
  readonly placement: Placement
  /** Why it is not yet what is wanted; undefined when it is. */
  readonly waits: string | undefined
  /** The primary is one of those that leave, and everything else is ready. */
  readonly handOver: boolean
}

export function nextPlacement(seen: ScaleSeen): ScaleStep {
  const { wanted } = seen
  if (!seen.exists) return at({ members: wanted, replicas: wanted }, undefined)
  const counted = seen.onLease.length > 0 ? seen.onLease.length : undefined
  const told = seen.told ?? counted ?? seen.replicas ?? wanted
  // A StatefulSet that is made anew gets its pods back.
  const replicas = seen.replicas ?? told
  if (told < wanted) return up(seen, told, replicas)
  if (told > wanted) return down(seen, told, replicas)
  if (replicas <= wanted) return at({ members: wanted, replicas: wanted }, undefined)
  const stays = { members: wanted, replicas }
  if (seen.onLease.length !== wanted || seen.onLease.some((pod) => leaves(pod, wanted)))
    return at(stays, "the Lease still names members that leave")
  if (seen.syncSet.some((pod) => leaves(pod, wanted)))
    return at(stays, "commits may still be on members that leave and on no other")
  return at({ members: wanted, replicas: wanted }, undefined)
}

const at = (placement: Placement, waits: string | undefined, handOver = false): ScaleStep => ({
  placement,
  waits,
  handOver,
})

const leaves = (pod: PodName, wanted: number): boolean => (ordinalOf(pod) ?? 0) >= wanted

function up(seen: ScaleSeen, told: number, replicas: number): ScaleStep {
  const stays = { members: told, replicas: Math.max(told, replicas) }
  const waits = whyNoMore(seen, told)
  if (waits !== undefined) return at(stays, waits)
  return at(
    { members: told + 1, replicas: Math.max(told + 1, replicas) },
    told + 1 < seen.wanted ? "members join one after another" : undefined,
  )
}

/** One more member without its data makes a majority harder to get: only while all others are well. */
function whyNoMore(seen: ScaleSeen, told: number): string | undefined {
  if (seen.paused) return "the cluster is paused: resume it, and members join"
  if (seen.isUnsettled) return "members restart first; then others join"
  if (seen.onLease.length !== told)
    return `the Lease names ${seen.onLease.length} of ${told} members`
  return seen.well.size >= told ? undefined : "a member joins when all others are well"
}

function down(seen: ScaleSeen, told: number, replicas: number): ScaleStep {
  const stays = { members: told, replicas: Math.max(told, replicas) }
  if (seen.paused) return at(stays, "the cluster is paused: resume it, and members leave")
  const staying = [...seen.well].filter((pod) => !leaves(pod, seen.wanted))
  const { primary } = seen
  if (primary === undefined) return at(stays, "no member serves writes")
  if (staying.length < seen.wanted) return at(stays, "members leave when all that stay are well")
  if (leaves(primary, seen.wanted))
    return at(stays, `${primary} is primary and leaves: it hands over first`, true)
  return at({ members: seen.wanted, replicas: stays.replicas }, "members leave")
}
