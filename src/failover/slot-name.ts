/** Names of the physical replication slots: one for each member, the same on every server. */
import { ordinalOf, type PodName, podName } from "#core/ids.ts"

const prefix = "pgswarm_"

/** Slot names know no hyphen, pod names no underscore: swapping them is reversible. */
export const slotName = (pod: PodName): string => `${prefix}${pod.replaceAll("-", "_")}`

/** The member that a slot is for; undefined for a slot that is not ours. */
export function memberOfSlot(name: string): PodName | undefined {
  if (!name.startsWith(prefix)) return undefined
  const pod = podName(name.slice(prefix.length).replaceAll("_", "-"))
  return ordinalOf(pod) === undefined ? undefined : pod
}
