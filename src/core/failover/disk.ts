/**
 * Volumes that take no writes any more. A primary on one acknowledges nothing and looks alive: it is given
 * up when another member can do better. A full one is no such case by itself: PostgreSQL says what it
 * cannot do, and moving on to the next full disk helps nobody.
 */
import type { PodName } from "#core/ids.ts"
import { type Decision, once, type Told } from "#core/failover/decision.ts"
import type { Leading } from "#core/failover/lead.ts"
import type { DiskView, Instant, Observation } from "#core/failover/observation.ts"
import type { Holder } from "#core/failover/holder.ts"
import { freshStatus, othersOf } from "#core/failover/standing.ts"
import { seconds } from "#core/units.ts"

/**
 * Room that a restart made by removing old WAL is used up in a moment. A member that was full counts as full for
 * so long, or the role would go round from one full disk to the next.
 */
const fullRemembered = seconds(15)

export type DiskMemory = {
  readonly view: DiskView
  /** The last time that there was no room; undefined when that is forgotten. */
  readonly full: { readonly view: DiskView; readonly at: Instant } | undefined
}

export const diskUnknown: DiskMemory = { view: { kind: "well" }, full: undefined }

/** What to think of the volumes now that trial writes ended so. */
export function diskNow(before: DiskMemory, said: DiskView, now: Instant): DiskMemory {
  if (said.kind === "full") return { view: said, full: { view: said, at: now } }
  const { full } = before
  if (full === undefined || now - full.at >= fullRemembered) return { view: said, full: undefined }
  // A disk that does worse than being full is that at once.
  return { view: said.kind === "well" ? full.view : said, full }
}

export type DiskTrouble = Exclude<DiskView, { readonly kind: "well" }>

/** What is the matter with a volume, for people. */
export function diskReason(disk: DiskTrouble): string {
  switch (disk.kind) {
    case "hanging":
      return `its ${disk.volume} volume does not take writes any more`
    case "failing":
      return `writes to its ${disk.volume} volume fail`
    case "full":
      return `its ${disk.volume} volume is full`
  }
}

/** Whether any other member says that it could lead. */
export const anotherIsFit = (seen: Observation, self: Holder): boolean =>
  othersOf(seen, self).some((pod) => freshStatus(seen, pod)?.eligible === true)

/**
 * Whether the role may go to `pod` after a crash here, as far as disks are concerned: from a full one only to a
 * member that says now that it could lead, for whoever is full too would only crash next.
 */
export const hasRoom = (seen: Observation, pod: PodName): boolean =>
  seen.disk.kind !== "full" || freshStatus(seen, pod)?.eligible === true

/** The trouble of a disk that nothing may be started on. */
export const diskAway = ({ disk }: Observation): DiskTrouble | undefined =>
  disk.kind === "hanging" || disk.kind === "failing" ? disk : undefined

/** Why this holder gives up its disk; undefined while it need not, or where nobody could do better. */
export function diskGivenUp({ seen, self, policy }: Leading): string | undefined {
  const disk = diskAway(seen)
  if (disk === undefined) return undefined
  const lasted = seen.now - disk.since
  if (lasted < policy.diskPatience || !anotherIsFit(seen, self)) return undefined
  return `${diskReason(disk)} for ${Math.round(lasted / 1000)} s`
}

/** Whatever a member does, the state of its disks is told once and stands beside what it does. */
export function withDisk(decision: Decision, seen: Observation): Decision {
  const { disk, self } = seen
  if (disk.kind === "well" || self === undefined) return decision
  const reason = diskReason(disk)
  const event: Told = {
    kind: `disk.${disk.kind}`,
    severity: "critical",
    message: `${self.pod}: ${reason}`,
    details: { volume: disk.volume },
  }
  const told = once(decision.memory, `disk ${disk.kind} ${disk.volume} ${disk.since}`, event)
  const { phase, why } = decision.mood
  return {
    memory: told.memory,
    actions: [...decision.actions, ...told.actions],
    mood: { phase, why: why.includes(reason) ? why : `${why}; ${reason}` },
  }
}
