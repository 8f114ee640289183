/**
 * Whether clients are let in to a primary (design 2.2, 2.5). They are kept out by a person's or an
 * operation's fence, and after a restart in `quorum` until everything that this server may show is on a
 * quorum: it may hold commits that nobody acknowledged and that a failover would undo. It is decided anew
 * in each turn, so whatever opened or closed the server, it comes to be what it should.
 */
import type { Term } from "#core/ids.ts"
import type { Action, Gate } from "#core/failover/decision.ts"
import type { Leading } from "#core/failover/lead.ts"
import type { FenceRequest, Observation, PrimaryState } from "#core/failover/observation.ts"
import { othersOf } from "#core/failover/standing.ts"

export type AdmissionStep = {
  readonly actions: readonly Action[]
  /** Why clients are refused; undefined where they are let in. */
  readonly refusing: string | undefined
  /** It does not serve yet: nobody asked for that, it only has to wait. */
  readonly waits: boolean
  readonly memory: Gate | undefined
}

/** The fence that counts for the primary of `term`: it ends with the role, and by itself. */
export const fenceFor = (seen: Observation, term: Term): FenceRequest | undefined =>
  seen.fence !== undefined && seen.fence.term === term && seen.now < seen.fence.until
    ? seen.fence
    : undefined

const unconfirmed = "a quorum must have the WAL of this restart first"

/** Why a primary that goes on in `term` after a restart lets nobody in at first. */
export function whyRefusedAtStart(seen: Observation, term: Term): string | undefined {
  const fence = fenceFor(seen, term)
  if (fence !== undefined) return fenced(fence)
  return seen.settings.durability === "quorum" && seen.settings.members.length > 1
    ? unconfirmed
    : undefined
}

const fenced = ({ reason }: FenceRequest): string => `fenced: ${reason}`

/** What a serving primary should do about its clients now. */
export function admission(at: Leading, server: PrimaryState): AdmissionStep {
  const { seen, term, memory } = at
  const { admitted, sessions } = server.clients
  const fence = fenceFor(seen, term)
  const gate = memory.gate?.term === term ? memory.gate : undefined
  const next = gate ?? (admitted === false && fence === undefined ? begun(term) : undefined)
  const kept = next === undefined ? undefined : positioned(next, server)
  const waiting = kept !== undefined && !flushed(at, server, kept)
  const refusing = fence !== undefined ? fenced(fence) : waiting ? unconfirmed : undefined
  const idle = seen.lanes.clients.running === undefined
  const act = (action: Action, wanted: boolean): AdmissionStep => ({
    actions: wanted && idle ? [action] : [],
    refusing,
    waits: fence === undefined && waiting,
    // Once clients are in there is nothing left to wait for.
    memory: admitted === true ? undefined : kept,
  })
  return refusing === undefined
    ? act({ kind: "admit", clients: true }, admitted === false)
    : act({ kind: "admit", clients: false, why: refusing }, admitted !== false || sessions > 0)
}

/** A server that lets nobody in, and nobody says why: it was restarted, or its fence was lifted. */
const begun = (term: Term): Gate => ({ term, lsn: undefined })

/** The row of the term is what the quorum must have; all that the restart recovered comes before it. */
const positioned = (gate: Gate, server: PrimaryState): Gate =>
  gate.lsn !== undefined || server.termRow !== gate.term
    ? gate
    : { ...gate, lsn: server.writtenLsn }

function flushed(
  { seen, self }: Leading,
  { standbys, syncNames }: PrimaryState,
  gate: Gate,
): boolean {
  if (seen.settings.durability !== "quorum" || othersOf(seen, self).length === 0) return true
  const { lsn } = gate
  if (lsn === undefined) return false
  return standbys.some(
    (row) => row.state === "streaming" && syncNames.includes(row.pod) && row.flushLsn >= lsn,
  )
}
