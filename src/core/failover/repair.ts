/**
 * A repair that a recovery rule asks for: restart, rewind or a new base backup. Only a follower with a
 * healthy leader does it, through the same rungs as its own healing, and never while it is the last
 * standby that streams. Who leads, or may lead, never gets here (S1): only `follow` asks.
 */
import { ordinalOf } from "#core/ids.ts"
import type { Repair } from "#core/recovery/rule.ts"
import { seconds } from "#core/units.ts"
import type { Decision, Peer } from "#core/failover/decision.ts"
import type { Following } from "#core/failover/follow.ts"
import type { Observation, RepairRequest } from "#core/failover/observation.ts"
import { freshStatus, leadingTerm, mayServe, othersOf } from "#core/failover/standing.ts"
import { heldBy } from "#core/failover/lease.ts"
import type { Holder } from "#core/failover/holder.ts"

/** The rungs of `follow.ts` that a repair goes by. */
export type Ladder = {
  readonly isHealthy: (at: Following, leader: Peer) => boolean
  readonly rewind: (at: Following, leader: Peer, why: string) => Decision
  readonly clone: (at: Following, leader: Peer, why: string) => Decision
}

/** Why this member holds the Lease, or may hold it without knowing; undefined when it certainly does not. */
export function mayLead(seen: Observation): string | undefined {
  const { self, lease, server } = seen
  if (self === undefined) return "the supervisor has not said who this is"
  if (server.kind === "lost") return "nothing is known of the server"
  if (mayServe(seen)) return "its server may accept writes"
  if (leadingTerm(seen, self) !== undefined) return "it holds the Lease"
  if (lease.kind !== "read") return "the Lease was not read yet"
  if (heldBy(lease.lease, self)) return "it holds the Lease"
  if (lease.lease.holder === undefined) return "nobody holds the Lease"
  const busy = seen.lanes.lease.running ?? seen.lanes.ballot.running
  if (busy !== undefined && busy !== "write-lease:renew") return "an election is under way"
  return seen.lanes.server.running === "promote" ? "it is being promoted" : undefined
}

/** Members repair themselves one after the other: each looks whether those before it are back. */
const turnEvery = seconds(3)
const longestStop = seconds(10)

/** Work by which each repair has come true; the rest is the ladder's own business. */
const lastSteps: Readonly<Record<Repair, readonly string[]>> = {
  restart: ["start-standby", "rewind", "clone"],
  rewind: ["rewind", "clone"],
  rebasebackup: ["clone"],
}

/** Whether what is asked for was begun since then, for whatever reason. */
export function hasBegun({ lanes }: Observation, request: RepairRequest): boolean {
  const { kind, since, begun } = request
  if (begun === true) return true
  const { running, since: begunAt, last } = lanes.server
  const steps = lastSteps[kind]
  if (running !== undefined && steps.includes(running) && begunAt >= since) return true
  return last !== undefined && steps.includes(last.kind) && last.at >= since
}

/** To be kept by each turn: the server is started after a rewind, and a lane remembers only what it did last. */
export const noteBegun = (seen: Observation, request: RepairRequest): RepairRequest =>
  request.begun !== true && hasBegun(seen, request) ? { ...request, begun: true } : request

/** The next step of the repair that is asked for; undefined while it can not go on, and when none is. */
export function repairStep(at: Following, ladder: Ladder): Decision | undefined {
  const { seen, leader, memory, self } = at
  const { repair, server } = seen
  if (repair === undefined || leader === undefined || hasBegun(seen, repair)) return undefined
  if (mayLead(seen) !== undefined || seen.lanes.server.running !== undefined) return undefined
  if (!ladder.isHealthy(at, leader)) return undefined
  const why = `recovery rule ${repair.rule} asks for ${repair.kind}`
  if (server.kind === "standby") {
    if (server.receiver === "streaming" && mustWait(seen, self, leader, repair)) return undefined
    return {
      memory,
      actions: [{ kind: "stop", within: longestStop }],
      mood: { phase: "stopping", why },
    }
  }
  if (server.kind !== "down" || seen.data.kind !== "present") return undefined
  switch (repair.kind) {
    case "restart":
      return undefined // it is down: following starts it
    case "rewind":
      return ladder.rewind(at, leader, why)
    case "rebasebackup":
      return ladder.clone(at, leader, why)
  }
}

/** A standby that streams is worth something: it waits for its turn, and for the others. */
function mustWait(
  seen: Observation,
  self: Holder,
  leader: Peer,
  { since }: RepairRequest,
): boolean {
  if (seen.now - since < (ordinalOf(self.pod) ?? 0) * turnEvery) return true
  return othersOf(seen, self).some(
    (pod) => pod !== leader.pod && freshStatus(seen, pod)?.server !== "standby",
  )
}
