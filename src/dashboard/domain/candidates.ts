/** Who could be made primary on purpose, and why the others can not. Central and the sidecars check it again. */
import type { Cluster, Instance } from "#wire/rest/clusters.ts"
import { bytesText } from "../ui/format.ts"
import { membersOf, shownRole } from "./cluster.ts"
import { phaseLook } from "./words.ts"

export type Candidate = {
  readonly pod: string
  readonly synchronous: boolean
  readonly lagBytes: number | null
  /** Why it can not take over now; undefined when it can. */
  readonly unfit: string | undefined
}

/** A standby further behind would keep clients waiting for it. */
const lagMax = 16 * 1024 ** 2

function whyUnfit(instance: Instance): string | undefined {
  if (instance.role !== "replica") return "is not a standby"
  if (instance.phase !== "streaming")
    return `does not stream: ${phaseLook(instance.phase).word.toLowerCase()}`
  if (!instance.ready) return "is not ready"
  if (instance.lagBytes === null) return "does not say how far behind it is"
  if (instance.lagBytes > lagMax) return `is ${bytesText(instance.lagBytes)} behind`
  return undefined
}

/** Every member but the primary, the fittest first. */
export const candidatesOf = (cluster: Cluster): readonly Candidate[] =>
  membersOf(cluster)
    .filter((instance) => shownRole(cluster, instance) !== "primary")
    .map((instance): Candidate => ({
      pod: instance.pod,
      synchronous: instance.synchronous,
      lagBytes: instance.lagBytes,
      unfit: whyUnfit(instance),
    }))
    .toSorted((a, b) => {
      const byFitness = Number(a.unfit !== undefined) - Number(b.unfit !== undefined)
      if (byFitness !== 0 || a.unfit !== undefined) return byFitness
      const bySync = Number(b.synchronous) - Number(a.synchronous)
      return bySync === 0 ? (a.lagBytes ?? 0) - (b.lagBytes ?? 0) : bySync
    })

/** Why there is nothing to hand over now; undefined when there is. */
export function whyNoSwitchover(cluster: Cluster): string | undefined {
  switch (cluster.state) {
    case "deleting":
      return "the cluster is being deleted"
    case "creating":
      return "the cluster is still being created"
    case "unknown":
      return "the site is not heard from"
    case "paused":
      return "the cluster is paused"
    case "failing-over":
    case "unavailable":
      return "no member is primary"
    case "healthy":
    case "degraded":
      break
  }
  if (cluster.primary === null) return "no member is primary"
  return cluster.members < 2 ? "the cluster has no other member" : undefined
}
