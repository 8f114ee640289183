/** Whether a member can take over from the primary that looks at it, and if not, why. */
import type { PodName } from "#core/ids.ts"
import { priorityOf } from "#core/failover/candidates.ts"
import type { Holder } from "#core/failover/holder.ts"
import type { Observation, StandbyRow } from "#core/failover/observation.ts"
import { freshStatus, othersOf } from "#core/failover/standing.ts"

/** A standby further behind than this would keep the clients waiting. */
export const caughtUpBytes = 16n * 1024n * 1024n

/**
 * Why `pod` can not take over from this member now; undefined when it can. `anyLag`: what it lacks may be
 * sent while this server stops.
 */
export function whyUnfit(
  seen: Observation,
  self: Holder,
  pod: PodName,
  anyLag: boolean,
): string | undefined {
  if (pod === self.pod) return `${pod} is the primary already`
  if (!seen.settings.members.includes(pod)) return `${pod} is not a member of this cluster`
  const status = freshStatus(seen, pod)
  if (status === undefined) return `${pod} does not answer`
  if (!status.eligible) return `${pod} can not become primary: ${status.reason}`
  const { row, written } = rowOf(seen, pod)
  if (row?.state !== "streaming")
    return `${pod} does not stream from ${self.pod}${row === undefined ? "" : `: it is in state ${row.state}`}`
  const behind = written === undefined ? 0n : written - row.flushLsn
  if (!anyLag && behind > caughtUpBytes)
    return `${pod} is ${behind / 1024n / 1024n} MB behind; at most ${caughtUpBytes / 1024n / 1024n} MB may be missing`
  return undefined
}

/** The fit member of the highest priority, then with the most WAL; a synchronous one before others that have as much. */
export function bestToTakeOver(
  seen: Observation,
  self: Holder,
  anyLag: boolean,
): PodName | undefined {
  const fit = othersOf(seen, self).filter((pod) => whyUnfit(seen, self, pod, anyLag) === undefined)
  return fit.toSorted((a, b) => {
    // What one lacks it gets while this server stops: the person's wish goes first.
    const wish = priorityOf(seen.settings, b) - priorityOf(seen.settings, a)
    if (wish !== 0) return wish
    const [one, other] = [rowOf(seen, a).row, rowOf(seen, b).row]
    const [first, second] = [one?.flushLsn ?? 0n, other?.flushLsn ?? 0n]
    if (first !== second) return first > second ? -1 : 1
    return Number(other?.synchronous === true) - Number(one?.synchronous === true)
  })[0]
}

/** The standby as the primary's server sees it, now or when it was last seen. */
function rowOf(
  { server, lastPrimary }: Observation,
  pod: PodName,
): { readonly row: StandbyRow | undefined; readonly written: bigint | undefined } {
  const primary = server.kind === "primary" ? server : lastPrimary
  return {
    row: primary?.standbys.find((standby) => standby.pod === pod),
    written: primary?.writtenLsn,
  }
}

/** Every other member with the reason why it can not take over, for a person who asked for anybody. */
export const whyNobody = (seen: Observation, self: Holder): string =>
  othersOf(seen, self)
    .map((pod) => whyUnfit(seen, self, pod, false))
    .filter((why) => why !== undefined)
    .join("; ") || "this cluster has no other member"
