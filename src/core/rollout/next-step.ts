/**
 * The next thing to do so that a config comes into force, from what is there: one thing at a time, and nothing
 * remembered, so that whoever dies on the way, the next look goes on. Members restart only while all of them
 * are well: what a restart takes away for a moment is then the only thing that is missing.
 */
import type { PendingParameter } from "#core/cluster/member-config.ts"
import type { PodName, Term } from "#core/ids.ts"
import { type Millis, minutes, seconds } from "#core/units.ts"
import { type MemberNow, primaryIn, type Situation } from "#core/rollout/situation.ts"

export type RestartOne = {
  readonly pod: PodName
  /** Undefined for a standby. */
  readonly primaryOf: Term | undefined
  /** Which run of its server. */
  readonly startedAt: number
}

export type Deed =
  /** In its place: containers go on, the server starts anew. More than one only with `together`. */
  | { readonly kind: "restart"; readonly members: readonly RestartOne[] }
  /** The pod is deleted and comes back with the new template. */
  | { readonly kind: "replace"; readonly pod: PodName; readonly uid: string }
  /** `to`: undefined for whoever is best. */
  | {
      readonly kind: "hand-over"
      readonly pod: PodName
      readonly term: Term
      readonly to: PodName | undefined
    }

export type Next =
  | { readonly kind: "done" }
  | { readonly kind: "act"; readonly deed: Deed }
  /** After `patience` it is said to be blocked; it is looked at all the same. */
  | { readonly kind: "wait"; readonly why: string; readonly patience: Millis }
  | { readonly kind: "failed"; readonly why: string }

/** A clone of a large database takes longer; it is reported, and awaited all the same. */
const memberPatience = minutes(3)
/** Kubelets bring a changed ConfigMap into a pod within a minute or so. */
const reloadPatience = minutes(3)
const replayPatience = minutes(1)
const busyPatience = minutes(5)

const act = (deed: Deed): Next => ({ kind: "act", deed })
const wait = (why: string, patience: Millis): Next => ({ kind: "wait", why, patience })
/** Only a person, or another version, ends it. */
const stuck = (why: string): Next => wait(why, seconds(0))

export function nextStep(seen: Situation): Next {
  const { members } = seen
  const primary = primaryIn(seen)
  const refused = whyRefused(seen)
  if (refused !== undefined) return { kind: "failed", why: refused }
  const broken = replaceBroken(seen, primary)
  if (broken !== undefined) return broken
  const troubles = members.flatMap(({ pod, trouble }) =>
    trouble === undefined ? [] : [`${pod} ${trouble}`],
  )
  if (troubles.length > 0) return wait(troubles.join("; "), memberPatience)
  if (primary === undefined) return wait("no member serves writes", memberPatience)
  const mute = members.filter(({ config }) => config === undefined)
  if (mute.length > 0) return wait(whySilent(mute), reloadPatience)
  const unread = members.filter(({ config }) => config?.print !== seen.print)
  if (unread.length > 0) return wait(`${names(unread)} did not take it over yet`, reloadPatience)
  const work = restarts(seen, primary)
  if (work === undefined) return whatIsLeft(seen)
  if (seen.paused && work.kind === "act")
    return stuck("the cluster is paused, and members have to restart: resume it")
  if (seen.busy !== undefined && work.kind === "act") return wait(seen.busy, busyPatience)
  return work
}

/** Who is well and of an earlier template, and does not say it, runs a sidecar that never will. */
function whySilent(mute: readonly MemberNow[]): string {
  const old = mute.filter(({ outdated, role }) => outdated && role !== "unknown")
  return old.length === 0
    ? `${names(mute)} did not say yet what is in force there`
    : `${names(old)} did not say yet what is in force there: their sidecar may be older than this satellite. If it stays so, delete these pods one after another, standbys first, and hand the primary's role over before its own: only a new pod brings a newer sidecar`
}

/** With such a value in its file a server does not start: nothing restarts before it is gone. */
function whyRefused({ members, print }: Situation): string | undefined {
  const found = members.flatMap(({ pod, config }) =>
    // What it refused of an earlier config says nothing of this one.
    config === undefined || (config.refusedPrint ?? config.print) !== print
      ? []
      : config.refused.map(({ name, problem }) => `${pod} refuses ${name}: ${problem}`),
  )
  return found.length === 0 ? undefined : found.join("; ")
}

/**
 * A pod of an older template that does not work takes nothing away by being replaced, and may not come back
 * otherwise: its containers cannot start, or others serve without it.
 */
function replaceBroken(seen: Situation, primary: MemberNow | undefined): Next | undefined {
  if (seen.paused) return undefined
  const serves = primary !== undefined && primary.trouble === undefined
  for (const { pod, uid, role, trouble, outdated, deleting, stuck, config } of seen.members) {
    const isAway = trouble !== undefined && config === undefined && role !== "primary"
    if (uid !== undefined && outdated && !deleting && isAway && (stuck || serves))
      return act({ kind: "replace", pod, uid })
  }
  return undefined
}

const pendingIn = (seen: Situation, { config }: MemberNow): readonly PendingParameter[] =>
  (config?.pending ?? []).filter(({ name }) => !seen.leftAlone.has(name))

const isStale = (seen: Situation, { outdated }: MemberNow): boolean => seen.replaces && outdated

const mustRestart = (seen: Situation, member: MemberNow): boolean =>
  pendingIn(seen, member).length > 0 || seen.ordered.has(member.pod)

/** Undefined where nothing has to restart. Everybody is well and has the config. */
function restarts(seen: Situation, primary: MemberNow): Next | undefined {
  const { members } = seen
  const standbys = members.filter((member) => member !== primary)
  if (standbys.length === 0) return alone(seen, primary)
  const newPods = members.some((member) => isStale(seen, member))
  const moves = members.flatMap((member) => pendingIn(seen, member).map((one) => one.moves))
  const lowers = pendingIn(seen, primary).some((one) => one.moves === "down")
  // New pods read everything anew: they come one after another, whatever else there is to do.
  if (seen.together && !newPods) return allAtOnce(seen, primary, standbys)
  // What falls, falls on the primary first: standbys keep the old value until they replayed that it fell.
  if (lowers && !moves.includes("up") && !newPods) return restart(seen, [primary])
  const next = standbys
    .filter((member) => isStale(seen, member) || mustRestart(seen, member))
    .toReversed()
    .at(0)
  if (next !== undefined)
    return lowers ? oneStandby(seen, next) : (replaying(next) ?? oneStandby(seen, next))
  // Nobody else may lead: it restarts where it is, as the only member would.
  const inPlace = standbys.some(({ mayLead }) => mayLead) ? undefined : alone(seen, primary)
  if (inPlace !== undefined) return inPlace
  if (
    isStale(seen, primary) ||
    seen.ordered.has(primary.pod) ||
    pendingIn(seen, primary).some((one) => one.moves !== "down")
  )
    return seen.term === undefined
      ? wait(`the term of ${primary.pod} is not known`, replayPatience)
      : act({ kind: "hand-over", pod: primary.pod, term: seen.term, to: undefined })
  if (lowers) return restart(seen, [primary])
  return standbys.map(replaying).find((waits) => waits !== undefined)
}

/** One restart less for a standby that will be allowed the lower value in a moment. */
const replaying = ({ pod, config }: MemberNow): Next | undefined =>
  config === undefined || config.held.length === 0
    ? undefined
    : wait(`${pod} has not replayed yet that ${config.held.join(", ")} fell`, replayPatience)

function alone(seen: Situation, only: MemberNow): Next | undefined {
  if (isStale(seen, only) && only.uid !== undefined)
    return act({ kind: "replace", pod: only.pod, uid: only.uid })
  return mustRestart(seen, only) ? restart(seen, [only]) : undefined
}

/** The primary first, in its place and term; then all others, which follow it and need not wait for each other. */
function allAtOnce(
  seen: Situation,
  primary: MemberNow,
  standbys: readonly MemberNow[],
): Next | undefined {
  if (mustRestart(seen, primary)) return restart(seen, [primary])
  const left = standbys.filter((member) => mustRestart(seen, member))
  return left.length > 0
    ? restart(seen, left)
    : standbys.map(replaying).find((waits) => waits !== undefined)
}

const oneStandby = (seen: Situation, member: MemberNow): Next =>
  isStale(seen, member) && member.uid !== undefined
    ? act({ kind: "replace", pod: member.pod, uid: member.uid })
    : restart(seen, [member])

function restart(seen: Situation, members: readonly MemberNow[]): Next {
  const known = members.flatMap(({ pod, role, config }): readonly RestartOne[] =>
    config === undefined
      ? []
      : [
          {
            pod,
            primaryOf: role === "primary" ? seen.term : undefined,
            startedAt: config.startedAt,
          },
        ],
  )
  return act({ kind: "restart", members: known })
}

/** People ordered that a parameter is only reloaded, and the server says that this is not enough. */
function whatIsLeft({ members, leftAlone }: Situation): Next {
  const left = new Set(
    members.flatMap(({ config }) =>
      (config?.pending ?? []).map(({ name }) => name).filter((name) => leftAlone.has(name)),
    ),
  )
  return left.size === 0
    ? { kind: "done" }
    : stuck(
        `${[...left].join(", ")} comes into force with a restart only, and the table of parameters says to reload it: change that order, or restart the members`,
      )
}

const names = (members: readonly MemberNow[]): string => members.map(({ pod }) => pod).join(", ")
