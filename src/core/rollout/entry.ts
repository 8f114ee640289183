/** One cluster of a rollout: how the move to another version stands, by what its site last said. Pure. */
import type { ClusterState } from "#core/cluster/state.ts"
import type { ClusterId, ConfigVersion } from "#core/ids.ts"
import type { ConfigChange } from "#core/rollout/change.ts"
import type { Plan } from "#core/rollout/plan.ts"

/**
 * `waiting`: its turn has not come. `owed`: its turn came, and it cannot take the change now, or cannot be
 * watched: nobody waits for it, it goes on when it can. `sent`: the site has not spoken of it yet. `applying`,
 * `blocked`, `failed`: by the word of the site, or because it took too long. `baking`: in force, and watched.
 * `rolling-back`: shall go, or goes, back to what it had. `skipped`: is no part of the rollout any more.
 */
export const entryStates = [
  "waiting",
  "owed",
  "sent",
  "applying",
  "blocked",
  "baking",
  "done",
  "failed",
  "rolling-back",
  "rolled-back",
  "skipped",
] as const
export type EntryState = (typeof entryStates)[number]

export type Entry = {
  readonly cluster: ClusterId
  /** Index of its stage. */
  readonly stage: number
  readonly state: EntryState
  /** One sentence; empty where the state says it all. */
  readonly reason: string
  /** Since when it is in this state. */
  readonly since: number
  /** With which config version it was moved, and from which version of the profile. */
  readonly moved: { readonly version: ConfigVersion; readonly from: number } | undefined
  /** With which config version it was given back what it had. */
  readonly back: ConfigVersion | undefined
  /** Since when its site could be heard without a pause, with the change under way. */
  readonly heardSince: number | undefined
  readonly wellSince: number | undefined
  readonly unwellSince: number | undefined
  /** It failed once, whatever became of it later. */
  readonly hasFailed: boolean
}

/** What central knows of a cluster now. */
export type Sight = {
  readonly isDeleting: boolean
  readonly isPaused: boolean
  readonly specVersion: number
  /** The config version with which it was given the spec that it has. */
  readonly specSince: ConfigVersion
  readonly desiredVersion: ConfigVersion
  /** The last config version that every member ran with, by the site's word. */
  readonly inForce: ConfigVersion | undefined
  /** What its site last said of its newest config, and how the cluster is. */
  readonly change: Pick<ConfigChange, "version" | "state" | "reason"> | undefined
  readonly refused: { readonly version: ConfigVersion; readonly problem: string } | undefined
  readonly health: ClusterState | undefined
  readonly healthReason: string
  /** Its site cannot be heard. */
  readonly isAway: boolean
  readonly siteName: string
  /** An operation that is under way on it, e.g. `a switchover`; its own change is none. */
  readonly busyWith: string | undefined
  /** A newer rollout has it. */
  readonly isTaken: boolean
  /** The freeze window that holds it now, in words. */
  readonly frozenBy: string | undefined
  /** Why it cannot go to the version of the rollout. */
  readonly obstacle: string | undefined
}

export const inState = (entry: Entry, state: EntryState, reason: string, now: number): Entry =>
  entry.state === state
    ? { ...entry, reason }
    : {
        ...entry,
        state,
        reason,
        since: now,
        hasFailed: entry.hasFailed || state === "failed",
      }

/** Why nothing can be seen of it, or nothing happens there, however long it takes. */
const standsStill = ({ isAway, isPaused, siteName }: Sight): string | undefined => {
  if (isAway) return `${siteName} is not connected`
  return isPaused ? "the cluster is paused" : undefined
}

/** Why a cluster whose turn has come does not take the change now; nobody else waits for it. */
export function whyOwed(sight: Sight, plan: Plan): string | undefined {
  const still = standsStill(sight)
  if (still !== undefined) return still
  if (sight.frozenBy !== undefined && !plan.ignoresFreeze) return `held by ${sight.frozenBy}`
  if (sight.health === "healthy" || plan.whenUnhealthy === "move") return undefined
  return `not healthy before the change: ${sight.healthReason}`
}

/** An entry that was not moved yet: whether it is still to be moved at all. */
export function unmoved(entry: Entry, sight: Sight | undefined, to: number, now: number): Entry {
  const skip = (why: string): Entry => inState(entry, "skipped", why, now)
  if (sight === undefined || sight.isDeleting) return skip("the cluster was deleted")
  if (sight.specVersion === to) return skip(`is on version ${to} already`)
  if (sight.obstacle !== undefined) return skip(sight.obstacle)
  return entry
}

export type Standing =
  | { readonly kind: "in-force" }
  | { readonly kind: "failed"; readonly reason: string }
  | { readonly kind: "blocked"; readonly reason: string }
  /** What it is at, or waits for, if the site says so. */
  | { readonly kind: "applying"; readonly reason: string | undefined }
  | { readonly kind: "sent" }

/** How far `version` is at the site. A word about an older version says nothing about this one. */
export function standingOf(
  version: ConfigVersion,
  { inForce, change, refused }: Pick<Sight, "inForce" | "change" | "refused">,
): Standing {
  if (inForce !== undefined && inForce >= version) return { kind: "in-force" }
  if (refused !== undefined && refused.version >= version)
    return { kind: "failed", reason: `refused by the site: ${refused.problem}` }
  if (change === undefined || change.version < version) return { kind: "sent" }
  switch (change.state) {
    case "done":
      return { kind: "in-force" }
    case "failed":
      return { kind: "failed", reason: change.reason ?? "the site gave it up" }
    case "blocked":
      return { kind: "blocked", reason: change.reason ?? "the site waits" }
    case "applying":
      return { kind: "applying", reason: change.reason }
  }
}

/** An entry that was moved, after one more look. */
export function moved(
  entry: Entry,
  version: ConfigVersion,
  sight: Sight | undefined,
  plan: Plan,
  now: number,
): Entry {
  if (sight === undefined || sight.isDeleting)
    return inState(entry, "skipped", "the cluster was deleted", now)
  if (sight.specSince !== version)
    return inState(entry, "skipped", "was given another version meanwhile", now)
  const standing = standingOf(version, sight)
  const still = standsStill(sight)
  if (still !== undefined) {
    const [calm, what] = [
      { ...entry, heardSince: undefined, wellSince: undefined, unwellSince: undefined },
      standing.kind === "in-force" ? "in force, and cannot be watched" : "was sent the change",
    ]
    return inState(calm, "owed", `${what}: ${still}`, now)
  }
  const heard: Entry = { ...entry, heardSince: entry.heardSince ?? now }
  switch (standing.kind) {
    case "in-force":
      return watched(heard, sight, plan, now)
    case "failed":
      return inState(heard, "failed", standing.reason, now)
    case "blocked":
    case "applying":
    case "sent":
      return now - (heard.heardSince ?? now) >= plan.changeWithinMs
        ? inState(heard, "failed", tooLong(plan, standing), now)
        : inState(heard, standing.kind, standing.kind === "blocked" ? standing.reason : "", now)
  }
}

const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`

function tooLong(plan: Plan, standing: Standing): string {
  const why = "reason" in standing ? standing.reason : undefined
  return `not in force within ${seconds(plan.changeWithinMs)}${why === undefined ? "" : `: ${why}`}`
}

/** In force: the cluster has to be healthy for as long as its stage says, without a break. */
function watched(entry: Entry, sight: Sight, plan: Plan, now: number): Entry {
  const bakeMs = plan.stages[entry.stage]?.bakeMs ?? 0
  if (sight.health === "healthy") {
    const wellSince = entry.wellSince ?? now
    const well: Entry = { ...entry, wellSince, unwellSince: undefined }
    return now - wellSince >= bakeMs
      ? inState(well, "done", "", now)
      : inState(well, "baking", "", now)
  }
  const unwellSince = entry.unwellSince ?? now
  const unwell: Entry = { ...entry, wellSince: undefined, unwellSince }
  const why = `not healthy since the change: ${sight.healthReason}`
  return now - unwellSince >= plan.unwellMs
    ? inState(unwell, "failed", why, now)
    : inState(unwell, entry.state === "failed" ? "failed" : "baking", why, now)
}

/** An entry that was given back what it had. */
export function givenBack(
  entry: Entry,
  version: ConfigVersion,
  sight: Sight | undefined,
  now: number,
): Entry {
  if (sight === undefined || sight.isDeleting)
    return inState(entry, "skipped", "the cluster was deleted", now)
  if (sight.specSince !== version)
    return inState(entry, "skipped", "was given another version meanwhile", now)
  const standing = standingOf(version, sight)
  switch (standing.kind) {
    case "in-force":
      return inState(entry, "rolled-back", "", now)
    case "failed":
      return inState(entry, "failed", `while going back: ${standing.reason}`, now)
    case "blocked":
      return inState(entry, "rolling-back", standing.reason, now)
    case "applying":
    case "sent":
      return inState(entry, "rolling-back", standsStill(sight) ?? "", now)
  }
}

const changing: ReadonlySet<EntryState> = new Set(["sent", "applying", "blocked"])

/** It changes now, and its site can be heard: it takes one of the places that may be taken at a time. */
export const isChanging = (entry: Entry, sight: Sight | undefined): boolean =>
  changing.has(entry.state) ||
  (entry.state === "rolling-back" &&
    entry.back !== undefined &&
    sight !== undefined &&
    standsStill(sight) === undefined)
