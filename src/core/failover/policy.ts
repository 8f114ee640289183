/**
 * The times of the failover protocol and the law that they must obey (PROTOCOL.md, "Timing law").
 * A policy that breaks the law is refused where it enters, never corrected.
 */
import { assert } from "#core/assert.ts"
import type { Preset } from "#core/cluster/spec.ts"
import type { Problem } from "#core/parsed.ts"
import { type Millis, millis } from "#core/units.ts"

export type Policy = {
  /** T: an observer holds the holder for gone when the Lease has not changed for so long, on its own clock. */
  readonly expireAfter: Millis
  /** D: the holder may serve for so long after the instant it *sent* its last good renewal. */
  readonly deadlineAfter: Millis
  readonly renewEvery: Millis
  /** From the deadline to the last backend's end, in the worst case. */
  readonly fenceWithin: Millis
  /** One call to the Kubernetes API or to a peer. */
  readonly callTimeout: Millis
  /** P: a replica that pledged neither campaigns nor votes for so long after it received the request. */
  readonly pledgeFor: Millis
  readonly pledgeEvery: Millis
  /** How long the candidate of a vote waits for members that do not answer. */
  readonly voteWithin: Millis
  /** How much later than the better candidate before it each further candidate begins. */
  readonly rankDelay: Millis
  /** How long a released Lease is left to the successor that it names. */
  readonly successorWithin: Millis
  /** After everything was down: how long to wait for members that have not appeared. */
  readonly bootWithin: Millis
  /** A volume that has taken no write for so long is given up, if another member can take over. */
  readonly diskPatience: Millis
  /** A pair of clocks runs apart by at most this share. */
  readonly drift: number
}

export const presetPolicies: Readonly<Record<Preset, Policy>> = {
  fast: {
    expireAfter: millis(4000),
    deadlineAfter: millis(2500),
    renewEvery: millis(800),
    fenceWithin: millis(600),
    callTimeout: millis(700),
    pledgeFor: millis(4000),
    pledgeEvery: millis(800),
    voteWithin: millis(400),
    rankDelay: millis(400),
    successorWithin: millis(2000),
    bootWithin: millis(15_000),
    diskPatience: millis(8000),
    drift: 0.05,
  },
  edge: {
    expireAfter: millis(6000),
    deadlineAfter: millis(4000),
    renewEvery: millis(1200),
    fenceWithin: millis(600),
    callTimeout: millis(1000),
    pledgeFor: millis(6000),
    pledgeEvery: millis(1000),
    voteWithin: millis(500),
    rankDelay: millis(500),
    successorWithin: millis(3000),
    bootWithin: millis(20_000),
    diskPatience: millis(12_000),
    drift: 0.05,
  },
  calm: {
    expireAfter: millis(15_000),
    deadlineAfter: millis(10_000),
    renewEvery: millis(3000),
    fenceWithin: millis(600),
    callTimeout: millis(2500),
    pledgeFor: millis(15_000),
    pledgeEvery: millis(1000),
    voteWithin: millis(1000),
    rankDelay: millis(1000),
    successorWithin: millis(5000),
    bootWithin: millis(30_000),
    diskPatience: millis(30_000),
    drift: 0.05,
  },
}

/**
 * How long in all a machine's monotonic clock may stand still, within the life of one right to serve, before its
 * supervisor takes it for a paused machine (`supervisor.sh: still_max`, with what its reading of two clocks may miss).
 */
export const stillUnnoticed: Millis = millis(600)

/**
 * How long a holder may serve, from its sending, on a renewal or a pledge that keeps the others away for `lasts`: D, or
 * less where that is shorter than the policy's own T or P. Presets change on one member before another, and while the
 * API is away the Lease goes on to say the T that was written last.
 */
export const servesOn = ({ deadlineAfter, fenceWithin, drift }: Policy, lasts: Millis): number =>
  Math.min(deadlineAfter, lasts * (1 - drift) - fenceWithin - stillUnnoticed)

/** Moving the deadline is in no hurry: less of the time to serve has passed than lies between two renewals or pledges. */
export const deadlineIsFar = (
  { deadlineAfter }: Policy,
  now: number,
  deadline: number | undefined,
): boolean => deadline !== undefined && deadline - now > deadlineAfter * 0.7

/** Every sentence of the timing law that `policy` breaks; none means that it is safe. */
export function lawBroken(policy: Policy): readonly Problem[] {
  const problems: Problem[] = []
  const claim = (field: string, holds: boolean, problem: string): void => {
    if (!holds) problems.push({ field, problem })
  }
  const { deadlineAfter, fenceWithin, expireAfter, renewEvery, pledgeFor, callTimeout } = policy
  const servesFor = deadlineAfter + fenceWithin + stillUnnoticed
  for (const [field, value] of Object.entries(policy))
    claim(field, Number.isFinite(value) && value > 0, "must be a positive number")
  claim("drift", policy.drift < 0.5, "must be below 0.5")
  claim(
    "deadlineAfter",
    servesFor <= expireAfter * (1 - policy.drift),
    `deadline, fence and ${stillUnnoticed} ms of an unnoticed pause together must end before ${1 - policy.drift} of expireAfter; shorten deadlineAfter or lengthen expireAfter`,
  )
  claim(
    "pledgeFor",
    servesFor <= pledgeFor * (1 - policy.drift),
    `deadline, fence and ${stillUnnoticed} ms of an unnoticed pause together must end before ${1 - policy.drift} of pledgeFor; lengthen pledgeFor`,
  )
  claim("renewEvery", renewEvery <= expireAfter / 4, "must be at most a quarter of expireAfter")
  claim(
    "pledgeEvery",
    policy.pledgeEvery <= pledgeFor / 4,
    "must be at most a quarter of pledgeFor",
  )
  claim(
    "callTimeout",
    renewEvery + callTimeout <= deadlineAfter * 0.75,
    "a renewal that times out must leave time for another before the deadline: shorten callTimeout",
  )
  claim("voteWithin", policy.voteWithin <= callTimeout, "must not be longer than callTimeout")
  claim(
    "rankDelay",
    policy.voteWithin <= policy.rankDelay,
    "must not be shorter than voteWithin: a ballot ends before the next candidate's begins",
  )
  return problems
}

/** The policy of a preset. The presets keep the law: a broken one is a bug. */
export function policyOf(preset: Preset): Policy {
  const policy = presetPolicies[preset]
  assert(lawBroken(policy).length === 0, "the timing law holds for every preset")
  return policy
}
