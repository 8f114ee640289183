/** What people see of this member: the satellite's stream, /readyz and /metrics all read it here. */
import type { MemberConfig } from "#core/cluster/member-config.ts"
import type { InstanceHealth, InstanceRole } from "#core/cluster/state.ts"
import type { SidecarStatus } from "#core/cluster/sidecar.ts"
import type { PodName } from "#core/ids.ts"
import { bytesBetween } from "#core/lsn.ts"
import { heldBy } from "#core/failover/lease.ts"
import type { Mood } from "#core/failover/decision.ts"
import type { Observation } from "#core/failover/observation.ts"
import { freshStatus, leaderOf, leadingTerm } from "#core/failover/standing.ts"
import { type Measured, unmeasured } from "./measure.ts"

export class StatusBoard {
  readonly #pod: PodName
  readonly #heard = new Set<() => void>()
  #measured: Measured = unmeasured
  #databases: SidecarStatus["databases"]
  #config: MemberConfig | undefined
  #configRole: Observation["server"]["kind"] = "lost"
  #status: SidecarStatus
  #shown = ""
  #why = ""
  /** The sentence without its numbers. */
  #words = ""

  constructor(pod: PodName, seen: Observation) {
    this.#pod = pod
    this.#status = statusOf(pod, seen, { phase: "held", why: "starting" }, unmeasured)
  }

  get status(): SidecarStatus {
    return this.#status
  }

  measured(measured: Measured): void {
    this.#measured = measured
  }

  /** How the cluster's databases stand, said by the primary; told at once when it is news. */
  databases(databases: SidecarStatus["databases"]): void {
    if (JSON.stringify(databases) === JSON.stringify(this.#databases)) return
    this.#databases = databases
    this.#status = { ...this.#status, databases }
    for (const heard of this.#heard) heard()
  }

  /** What the server has in force, asked in this role; told at once when it is news. */
  config(config: MemberConfig | undefined, role: Observation["server"]["kind"]): void {
    this.#configRole = role
    if (JSON.stringify(config) === JSON.stringify(this.#config)) return
    this.#config = config
    this.#status = withConfig(this.#status, config)
    for (const heard of this.#heard) heard()
  }

  /** Takes over what was seen and decided; tells listeners when what matters to people changed. */
  publish(seen: Observation, mood: Mood): void {
    // Another run of the server, or another role, has to be asked anew.
    if (seen.server.kind !== this.#configRole) this.#config = undefined
    this.#status = {
      ...withConfig(statusOf(this.#pod, seen, mood, this.#measured), this.#config),
      databases: this.#databases,
    }
    const { health, term, holdsLease, handOver } = this.#status
    const { role, phase, ready, timeline, synchronous } = health
    const { question, refusing } = health
    const roles = [role, phase, ready, timeline, synchronous, question, refusing]
    // Other words are news, a number that counts on is not.
    if (mood.why !== this.#why) this.#words = mood.why.replaceAll(/\d+/g, "#")
    this.#why = mood.why
    const shown = JSON.stringify([...roles, this.#words, term, holdsLease, handOver])
    if (shown === this.#shown) return
    this.#shown = shown
    for (const heard of this.#heard) heard()
  }

  onChange(heard: () => void): () => void {
    this.#heard.add(heard)
    return () => this.#heard.delete(heard)
  }
}

/** Which run of the server it is, is known before the next measurement. */
const withConfig = (status: SidecarStatus, config: MemberConfig | undefined): SidecarStatus => ({
  ...status,
  config,
  health: { ...status.health, startedAt: config?.startedAt ?? status.health.startedAt },
})

function statusOf(pod: PodName, seen: Observation, mood: Mood, measured: Measured): SidecarStatus {
  const { lease, self } = seen
  return {
    health: healthOf(pod, seen, mood, measured),
    term: seen.term,
    holdsLease: lease.kind === "read" && self !== undefined && heldBy(lease.lease, self),
    systemIdentifier: seen.systemIdentifier,
    handOver: seen.handOver?.operation,
  }
}

function healthOf(pod: PodName, seen: Observation, mood: Mood, measured: Measured): InstanceHealth {
  const { server } = seen
  const leads = seen.self !== undefined && leadingTerm(seen, seen.self) !== undefined
  const runs = server.kind === "standby" || server.kind === "primary"
  const { diskFreeBytes, diskTotalBytes } = measured
  return {
    ...(runs ? measured : { ...unmeasured, diskFreeBytes, diskTotalBytes }),
    pod,
    role: roleOf(seen),
    phase: mood.phase,
    ready:
      (server.kind === "primary" && leads && server.clients.admitted !== false) ||
      (server.kind === "standby" && server.receiver === "streaming"),
    reason: mood.why,
    timeline: runs ? server.timeline : undefined,
    ...positions(seen),
    receiver: server.kind === "standby" ? server.receiver : undefined,
    containerRestarts: 0,
    synchronous: server.kind === "standby" && lease(seen)?.syncSet.includes(pod) === true,
    question: mood.question,
    refusing: mood.refusing,
  }
}

const lease = (seen: Observation) => (seen.lease.kind === "read" ? seen.lease.lease : undefined)

const roleOf = ({ server }: Observation): InstanceRole =>
  server.kind === "primary" ? "primary" : server.kind === "standby" ? "replica" : "unknown"

function positions(
  seen: Observation,
): Pick<InstanceHealth, "receivedLsn" | "replayedLsn" | "lagBytes"> {
  const { server, self } = seen
  if (server.kind === "primary")
    return { receivedLsn: server.writtenLsn, replayedLsn: server.writtenLsn, lagBytes: 0 }
  if (server.kind !== "standby")
    return { receivedLsn: undefined, replayedLsn: undefined, lagBytes: undefined }
  const leader = self === undefined ? undefined : leaderOf(seen, self)
  const primary = leader === undefined ? undefined : freshStatus(seen, leader.pod)
  return {
    receivedLsn: server.receivedLsn,
    replayedLsn: server.replayedLsn,
    lagBytes:
      primary?.server === "primary"
        ? bytesBetween(server.replayedLsn, primary.receivedLsn)
        : undefined,
  }
}
