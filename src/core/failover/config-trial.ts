/**
 * Whether it is a config that keeps a server from starting. It is tried out: what fails with what was offered and
 * starts with what it had before, failed because of what was offered. Pure; for one offered config.
 */
import type { Instant, Observation } from "#core/failover/observation.ts"
import { type Millis, millis, seconds } from "#core/units.ts"

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
    /** It does not start, and there is no config that it ever ran with. Each further try waits longer. */
    | "stranded"
  readonly times: number
  readonly crash: Instant | undefined
}

export type TrialSight = {
  /** It serves, or replays and answers. */
  readonly isUp: boolean
  /** When a server last ended by itself, be it while it started. */
  readonly crashedAt: Instant | undefined
  /** The config that a server last ran with: none is known, the offered one, another one. */
  readonly former: "none" | "same" | "other"
}

/** One failure may have another reason, and the next start shows it. The first after going back may be of a start before. */
const failuresMax = { failing: 2, back: 3 } as const

export const untried = (crash: Instant | undefined): Trial => ({ kind: "untried", times: 0, crash })

export function tried(before: Trial, { isUp, crashedAt, former }: TrialSight): Trial {
  if (before.kind === "guilty") return before
  if (isUp) return before.kind === "back" ? { ...before, kind: "guilty" } : untried(crashedAt)
  if (before.kind === "innocent" || crashedAt === before.crash) return before
  const kind = before.kind === "back" ? "back" : "failing"
  const next: Trial = { kind, times: before.times + 1, crash: crashedAt }
  if (next.times < failuresMax[kind]) return next
  if (kind === "back") return { ...next, kind: "innocent" }
  switch (former) {
    case "other":
      return { ...next, kind: "back", times: 0 }
    case "none":
      return { ...next, kind: "stranded" }
    case "same":
      return next
  }
}

const restMin = seconds(5)
const restMax = seconds(60)

/** After `times` failures with nothing to go back to: what keeps it from starting may be gone without another config. */
export const restAfter = (times: number): Millis =>
  millis(Math.min(restMax, restMin * 2 ** Math.max(0, times - failuresMax.failing)))

/** Why a server that is down is not started now; undefined where it may be. */
export function whyResting({ now, server, stranded }: Observation): string | undefined {
  if (stranded === undefined) return undefined
  const exit = server.kind === "down" ? server.exit : undefined
  // It may have failed again since that was last thought about.
  const left = Math.max(stranded.since, exit?.at ?? -Infinity) + stranded.rest - now
  return left <= 0
    ? undefined
    : `${stranded.why}; trying again in ${Math.ceil(left / 1000)} s, or when its config changes`
}
