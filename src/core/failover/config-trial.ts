/**
 * Whether it is a config that keeps a server from starting. It is tried out: what fails with what was offered and
 * starts with what it had before, failed because of what was offered. Pure; for one offered config.
 */
import type { Instant } from "#core/failover/observation.ts"

/** `crash`: the last one that was taken into account. */
export type Trial = {
  readonly kind:
    | "untried"
    /** It did not start with what was offered. */
    | "failing"
    /** The former config is given another try. */
    | "back"
    /** With the former config it starts. */
    | "guilty"
    /** With the former config it does not start either. */
    | "innocent"
  readonly times: number
  readonly crash: Instant | undefined
}

export type TrialSight = {
  /** It serves, or replays and answers. */
  readonly isUp: boolean
  /** When a server last ended by itself, be it while it started. */
  readonly crashedAt: Instant | undefined
  /** There is a config that a server ran with. */
  readonly hasFormer: boolean
}

/** One failure may have another reason, and the next start shows it. The first after going back may be of a start before. */
const failuresMax = { failing: 2, back: 3 } as const

export const untried = (crash: Instant | undefined): Trial => ({ kind: "untried", times: 0, crash })

export function tried(before: Trial, { isUp, crashedAt, hasFormer }: TrialSight): Trial {
  if (before.kind === "guilty") return before
  if (isUp) return before.kind === "back" ? { ...before, kind: "guilty" } : untried(crashedAt)
  if (before.kind === "innocent" || crashedAt === before.crash) return before
  const kind = before.kind === "back" ? "back" : "failing"
  const next: Trial = { kind, times: before.times + 1, crash: crashedAt }
  if (next.times < failuresMax[kind]) return next
  if (kind === "back") return { ...next, kind: "innocent" }
  return hasFormer ? { ...next, kind: "back", times: 0 } : next
}
