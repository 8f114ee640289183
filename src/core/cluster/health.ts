/**
 * From what Kubernetes and the sidecars say about members to one word and one sentence about the
 * cluster. Pure; ages instead of dates. Central adds what only it knows: that it wants a cluster paused
 * or deleted, and that it has lost the satellite.
 */
import type { SidecarStatus } from "#core/cluster/sidecar.ts"
import type { ClusterHealth, ClusterState, InstanceHealth } from "#core/cluster/state.ts"
import type { AckOutcome } from "#core/fleet/satellite.ts"
import {
  type ClusterId,
  type ConfigVersion,
  type PodName,
  type SystemIdentifier,
  type Term,
  ordinalOf,
} from "#core/ids.ts"
import { bytesBetween } from "#core/lsn.ts"
import { type Millis, seconds } from "#core/units.ts"

/** A pod as Kubernetes sees it. */
export type PodSeen = {
  readonly ready: boolean
  readonly restarts: number
  readonly deleting: boolean
  readonly labelledPrimary: boolean
  /** Why it does not run, in Kubernetes' words; undefined while it runs. */
  readonly stuck: string | undefined
}

export type MemberSeen = {
  readonly pod: PodName
  readonly seen: PodSeen | undefined
  /** The last word of its sidecar, if it is fresh. */
  readonly report: SidecarStatus | undefined
}

export type HealthInput = {
  readonly clusterId: ClusterId
  readonly members: number
  readonly intent: "running" | "paused" | "deleting"
  readonly appliedVersion: ConfigVersion | undefined
  readonly outcome: AckOutcome | undefined
  /** Undefined until the first member has been initialised. */
  readonly systemIdentifier: SystemIdentifier | undefined
  /** Term of the Lease. */
  readonly term: Term | undefined
  /** Every pod there is, and every one that should be. */
  readonly pods: readonly MemberSeen[]
  /** How long ago a primary was last seen; undefined when this satellite has seen none. */
  readonly withoutPrimary: Millis | undefined
  readonly observedAt: number
}

/** A cluster without a primary is called failing over for this long; then nobody came forward. */
export const failoverPatience = seconds(30)

type Verdict = { readonly state: ClusterState; readonly reason: string }

export function clusterHealth(given: HealthInput): ClusterHealth {
  const primary = primaryOf(given.pods)
  const input = { ...given, pods: given.pods.map((member) => withoutOldClaim(member, primary)) }
  const { state, reason } = verdict(input, primary)
  return {
    clusterId: input.clusterId,
    state,
    reason,
    appliedVersion: input.appliedVersion,
    primary: primary?.pod,
    term: highestTerm(input, primary),
    instances: input.pods.map((member) => instance(member, primary)),
    observedAt: input.observedAt,
    systemIdentifier: input.systemIdentifier ?? primary?.report?.systemIdentifier,
    databases: primary?.report?.databases,
  }
}

function highestTerm({ term }: HealthInput, primary: MemberSeen | undefined): Term | undefined {
  const reported = primary?.report?.term
  if (reported === undefined || term === undefined) return reported ?? term
  return reported > term ? reported : term
}

const isPrimary = ({ report }: MemberSeen): boolean =>
  report !== undefined && report.holdsLease && report.health.phase === "primary"

/** The member that serves writes. Of two that say so, the one of the later term is right. */
export function primaryOf(pods: readonly MemberSeen[]): MemberSeen | undefined {
  return pods
    .filter(isPrimary)
    .toSorted((a, b) => (b.report?.term ?? 0) - (a.report?.term ?? 0))
    .at(0)
}

/**
 * A frozen or cut off primary is replaced before its last report is old: what it said in a term that has
 * ended is not what it is now.
 */
function withoutOldClaim(member: MemberSeen, primary: MemberSeen | undefined): MemberSeen {
  const isOld =
    primary?.report !== undefined &&
    member !== primary &&
    isPrimary(member) &&
    (member.report?.term ?? 0) < primary.report.term
  return isOld ? { ...member, report: undefined } : member
}

function verdict(input: HealthInput, primary: MemberSeen | undefined): Verdict {
  if (input.intent === "deleting") return { state: "deleting", reason: "it is being removed" }
  if (input.intent === "paused") return paused(input, primary)
  return primary === undefined ? withoutPrimary(input) : withPrimary(input, primary)
}

/** A pause is what somebody wants; an outage in it is not. */
function paused({ pods, systemIdentifier }: HealthInput, primary: MemberSeen | undefined): Verdict {
  const reporting = pods.filter(({ report }) => report !== undefined)
  if (primary !== undefined || systemIdentifier === undefined || reporting.length === 0)
    return {
      state: "paused",
      reason: "paused: members are left as they are, and nobody becomes primary by itself",
    }
  return {
    state: "unavailable",
    reason: `paused, and no member serves writes: resume it, or promote a member; ${phases(reporting)}`,
  }
}

function withoutPrimary(input: HealthInput): Verdict {
  const { outcome, pods, systemIdentifier } = input
  const running = pods.filter(({ seen }) => seen !== undefined)
  if (systemIdentifier === undefined) {
    if (outcome?.kind === "refused" && running.length === 0)
      return {
        state: "unavailable",
        reason: `the site refuses its config: ${firstProblem(outcome)}`,
      }
    return { state: "creating", reason: creating(input) }
  }
  const reporting = pods.filter(({ report }) => report !== undefined)
  if (reporting.length === 0) return silent(running)
  const able = reporting.filter(({ report }) => report?.health.phase !== "quarantined")
  const lost = input.withoutPrimary
  if (input.members > 1 && able.length > 0 && lost !== undefined && lost <= failoverPatience)
    return {
      state: "failing-over",
      reason: `no member holds the Lease as primary; ${phases(able)}`,
    }
  return { state: "unavailable", reason: `no member serves writes; ${phases(reporting)}` }
}

function silent(running: readonly MemberSeen[]): Verdict {
  const ready = running.find(({ seen }) => seen?.labelledPrimary === true && seen.ready)
  if (ready !== undefined)
    return {
      state: "unknown",
      reason: `no sidecar reports to the satellite; Kubernetes calls ${ready.pod} a ready primary`,
    }
  const stuck = running.find(({ seen }) => seen?.stuck !== undefined)
  if (running.length === 0) return { state: "unavailable", reason: "no pod of it exists" }
  return {
    state: "unavailable",
    reason:
      stuck === undefined
        ? "no sidecar reports to the satellite, and no pod is a ready primary"
        : `${stuck.pod}: ${stuck.seen?.stuck}`,
  }
}

function creating({ pods, members, outcome }: HealthInput): string {
  if (outcome?.kind === "waiting") return `waiting: ${outcome.reason}`
  const running = pods.filter(({ seen }) => seen !== undefined)
  const stuck = running.find(({ seen }) => seen?.stuck !== undefined)
  if (stuck !== undefined) return `${stuck.pod}: ${stuck.seen?.stuck}`
  const reporting = running.filter(({ report }) => report !== undefined)
  if (reporting.length > 0) return `its first member is being made; ${phases(reporting)}`
  return `${running.length} of ${members} pods exist`
}

function withPrimary(input: HealthInput, primary: MemberSeen): Verdict {
  const wanted = input.pods.filter(({ pod }) => (ordinalOf(pod) ?? 0) < input.members)
  const problems = wanted.flatMap((member) => {
    const problem = member === primary ? primaryProblem(primary) : replicaProblem(member)
    return problem === undefined ? [] : [`${member.pod} ${problem}`]
  })
  const twin = input.pods.find((other) => other !== primary && isPrimary(other))
  if (twin !== undefined) problems.unshift(`${twin.pod} also reports to be primary`)
  if (problems.length === 0) {
    const standbys = wanted.length - 1
    const streaming = standbys === 1 ? "1 standby streams" : `${standbys} standbys stream`
    return {
      state: "healthy",
      reason:
        standbys === 0
          ? `${primary.pod} is primary, its only member`
          : `${primary.pod} is primary, ${streaming}`,
    }
  }
  return { state: "degraded", reason: problems.join("; ") }
}

function primaryProblem({ report }: MemberSeen): string | undefined {
  return report?.health.ready === false
    ? `is primary but not ready${because(report.health.reason)}`
    : undefined
}

function replicaProblem({ seen, report }: MemberSeen): string | undefined {
  if (seen === undefined) return "has no pod"
  if (seen.deleting) return "is being stopped"
  if (seen.stuck !== undefined) return `does not run: ${seen.stuck}`
  if (report === undefined) return "does not report to the satellite"
  const { phase, ready, reason } = report.health
  if (phase === "streaming" && ready) return undefined
  if (phase === "streaming") return `streams but is not ready${because(reason)}`
  return `is ${phase}${because(reason)}`
}

const because = (reason: string | undefined): string => (reason === undefined ? "" : `: ${reason}`)

const phases = (members: readonly MemberSeen[]): string =>
  members
    .map((member) => {
      const stuck = stuckServer(member)
      return stuck === undefined
        ? `${member.pod} is ${member.report?.health.phase ?? "unknown"}`
        : `${member.pod} does not run: ${stuck}`
    })
    .join(", ")

/** Why its server has nothing to run in, while its sidecar runs and can only say that it waits. */
const stuckServer = ({ seen, report }: MemberSeen): string | undefined =>
  report === undefined || report.health.phase === "unknown" ? seen?.stuck : undefined

const firstProblem = (outcome: Extract<AckOutcome, { readonly kind: "refused" }>): string => {
  const [first] = outcome.problems
  return first === undefined ? "no reason given" : `${first.field}: ${first.problem}`
}

/** What is shown of one member; lag is counted against what the primary has written. */
function instance(member: MemberSeen, primary: MemberSeen | undefined): InstanceHealth {
  const { pod, seen, report } = member
  const restarts = seen?.restarts ?? 0
  if (report === undefined) return unreported(member)
  const { health } = report
  const isLeader = member === primary
  return {
    ...health,
    pod,
    ready: health.ready && seen !== undefined,
    reason: seen === undefined ? "its pod is gone" : (stuckServer(member) ?? health.reason),
    lagBytes: isLeader ? 0 : (lagBehind(member, primary) ?? health.lagBytes),
    lagSeconds: isLeader ? 0 : health.lagSeconds,
    containerRestarts: restarts,
  }
}

function lagBehind(member: MemberSeen, primary: MemberSeen | undefined): number | undefined {
  const head = primary?.report?.health
  const written = head?.receivedLsn ?? head?.replayedLsn
  const replayed = member.report?.health.replayedLsn
  return written === undefined || replayed === undefined
    ? undefined
    : bytesBetween(replayed, written)
}

const unreported = ({ pod, seen }: MemberSeen): InstanceHealth => ({
  pod,
  role: "unknown",
  phase: "unknown",
  ready: false,
  reason:
    seen === undefined
      ? "it has no pod"
      : (seen.stuck ?? "its sidecar does not report to the satellite"),
  timeline: undefined,
  receivedLsn: undefined,
  replayedLsn: undefined,
  lagBytes: undefined,
  lagSeconds: undefined,
  connectionsUsed: undefined,
  connectionsActive: undefined,
  connectionsMax: undefined,
  dataBytes: undefined,
  walBytes: undefined,
  diskTotalBytes: undefined,
  diskFreeBytes: undefined,
  receiver: undefined,
  startedAt: undefined,
  containerRestarts: seen?.restarts ?? 0,
  synchronous: false,
})
