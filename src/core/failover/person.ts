/**
 * Where a machine must not decide alone that this member becomes primary: the cluster is paused, the data
 * is older than what this member once served, or the lag is above the limit and the policy asks. Each is a
 * state with a name and a reason, and ends with a person's consent or with a better candidate.
 */
import { formatLsn } from "#core/lsn.ts"
import type { InstancePhase, Question } from "#core/cluster/state.ts"
import { bytesBehind, consentFor } from "#core/failover/candidates.ts"
import { type Action, type Memory, once, type Told } from "#core/failover/decision.ts"
import type { Electing } from "#core/failover/elect.ts"
import { lastServing, type Lease } from "#core/failover/lease.ts"

export type Pending = {
  readonly actions: readonly Action[]
  readonly why: string
  readonly memory: Memory
  readonly phase?: InstancePhase
  readonly question?: Question
}

/** Why this member waits for a person, or for a better candidate; undefined when it may go on. */
export function pending(at: Electing): Pending | undefined {
  if (at.cause === "bootstrap") return undefined
  return paused(at) ?? regressed(at) ?? lagging(at)
}

function paused(at: Electing): Pending | undefined {
  const { seen, lease, self, memory } = at
  if (!seen.settings.paused || consentFor(seen, lease) !== undefined) return undefined
  // What a person began is finished, and whoever had the role keeps it: nothing of it changes hands.
  const handedOver =
    lease.released !== undefined &&
    (lease.released.cause === "hand-over" || lease.successor === self.pod)
  if (handedOver || lastServing(lease) === self.pod) return undefined
  const why = "paused: no member becomes primary by itself; resume the cluster, or promote a member"
  return {
    ...told(memory, `paused ${lease.version}`, why, {
      kind: "failover.paused",
      severity: "critical",
      message: `${lastServing(lease) ?? "nobody"} does not serve any more, and the cluster is paused: resume it, or promote a member`,
      details: { term: String(lease.term) },
    }),
    question: questionOf(at, "pause"),
  }
}

const questionOf = ({ seen, lease, me }: Electing, about: Question["about"]): Question => ({
  about,
  missingBytes: Number(bytesBehind(seen, lease, me)),
})

/** An election in this vacancy was refused because acknowledged commits may be lost, and nobody accepted that. */
export const lossQuestion = (at: Electing): Question | undefined =>
  at.memory.told.includes(refusedKey(at.lease)) &&
  consentFor(at.seen, at.lease)?.acceptLoss !== true
    ? questionOf(at, "loss")
    : undefined

export const refusedKey = ({ version }: Lease): string => `unsafe ${version}`

/** This member served further than its disk goes now: a volume restored from a snapshot, or one that lied. */
function regressed(at: Electing): Pending | undefined {
  const { seen, lease, self, me, memory } = at
  const { position } = lease
  if (position === undefined || !servedFurther(at)) return undefined
  if (consentFor(seen, lease)?.acceptLoss === true) return undefined
  const lost = position.lsn - me.receivedLsn
  const why = `its data ends at ${formatLsn(me.receivedLsn)}, ${lost} bytes before what it served: an older copy of the volume? A person must decide`
  return {
    ...told(memory, `regressed ${lease.version}`, why, {
      kind: "instance.regressed",
      severity: "critical",
      message: `${self.pod} served up to ${formatLsn(position.lsn)} and has only ${formatLsn(me.receivedLsn)}: it does not serve again without consent`,
      details: {
        term: String(lease.term),
        servedLsn: formatLsn(position.lsn),
        lsn: formatLsn(me.receivedLsn),
        bytes: String(lost),
      },
    }),
    phase: "quarantined",
    question: { about: "old-data", missingBytes: Number(lost) },
  }
}

/** Whether this very member served last, and further than its data goes now. */
export function servedFurther({ lease, self, me }: Electing): boolean {
  const { position } = lease
  return (
    position !== undefined &&
    lastServing(lease) === self.pod &&
    me.timeline <= position.timeline &&
    me.receivedLsn < position.lsn
  )
}

function lagging(at: Electing): Pending | undefined {
  const { seen, lease, me, memory } = at
  const { maxBytes, onExcess, wait } = seen.settings.lag
  const behind = bytesBehind(seen, lease, me)
  if (maxBytes === undefined || behind <= BigInt(maxBytes)) return undefined
  if (consentFor(seen, lease)?.acceptLoss === true) return undefined
  const far = `${behind} bytes behind the last known position of ${lastServing(lease) ?? "the primary"}, more than ${maxBytes}`
  const since = memory.electingSince ?? seen.now
  if (seen.now - since < wait)
    return { actions: [], memory, why: `${far}: waiting for a better candidate` }
  if (onExcess === "take-best") return undefined
  return {
    ...told(memory, `lagging ${lease.version}`, `${far}: a person must decide`, {
      kind: "failover.refused",
      severity: "critical",
      message: `${me.pod} is ${far}, and the profile says to ask: promote it to accept the loss`,
      details: { term: String(lease.term), bytes: String(behind), reason: "lag" },
    }),
    question: questionOf(at, "lag"),
  }
}

function told(memory: Memory, key: string, why: string, event: Told): Pending {
  const once_ = once(memory, key, event)
  return { actions: once_.actions, memory: once_.memory, why }
}
