/** What a person may do to a rollout that is under way. Pure: the next state, or why not. */
import type { Plan } from "#core/rollout/plan.ts"
import { failures, type Progress, type RolloutState } from "#core/rollout/waves.ts"

export type Command =
  | {
      readonly kind: "pause" | "halt" | "roll-back" | "cancel"
      readonly by: string
      readonly reason: string
    }
  | { readonly kind: "resume"; readonly by: string }
  | { readonly kind: "pass-gate"; readonly by: string; readonly stage: number }

export type Commanded =
  | { readonly kind: "ok"; readonly progress: Progress }
  | { readonly kind: "refused"; readonly code: string; readonly why: string }

const may: Readonly<Record<Command["kind"], ReadonlySet<RolloutState>>> = {
  pause: new Set(["running", "at-gate"]),
  resume: new Set(["paused", "halted"]),
  "pass-gate": new Set(["at-gate"]),
  halt: new Set(["running", "at-gate", "paused"]),
  // Also of one that is over: what it changed, and nobody has changed since, goes back.
  "roll-back": new Set([
    "running",
    "at-gate",
    "paused",
    "halted",
    "cancelling",
    "finished",
    "cancelled",
  ]),
  cancel: new Set(["running", "at-gate", "paused", "halted"]),
}

/** Whether a rollout in this state takes the command; it may still have a reason of its own to refuse. */
export const mayCommand = (kind: Command["kind"], state: RolloutState): boolean =>
  may[kind].has(state)

const said = (what: string, by: string, reason: string): string =>
  `${what} by ${by}${reason === "" ? "" : `: ${reason}`}`

export function commanded(plan: Plan, now: Progress, command: Command): Commanded {
  if (!mayCommand(command.kind, now.state))
    return refused("NOT_NOW", `the rollout is ${now.state}: ${now.reason}`)
  const to = (state: RolloutState, reason: string): Commanded => ({
    kind: "ok",
    progress: { ...now, state, reason },
  })
  const { by } = command
  switch (command.kind) {
    case "pause":
      return to("paused", said("paused", by, command.reason))
    case "halt":
      return plan.onHalt === "stay"
        ? to("halted", said("halted", by, command.reason))
        : to("rolling-back", said("halted", by, command.reason))
    case "roll-back":
      return now.entries.some(({ moved, state }) => moved !== undefined && state !== "skipped")
        ? to("rolling-back", said("rolled back", by, command.reason))
        : refused("NOTHING_CHANGED", "nothing was changed by it yet: cancel it instead")
    case "cancel":
      return to("cancelling", said("cancelled", by, command.reason))
    case "resume":
      return {
        kind: "ok",
        progress: {
          ...now,
          state: "running",
          reason: `resumed by ${by}`,
          forgiven: failures(now.entries),
        },
      }
    case "pass-gate": {
      const next = now.stage + 1
      if (command.stage !== next)
        return refused("OTHER_GATE", `the rollout waits at the gate of stage ${next}`)
      return {
        kind: "ok",
        progress: { ...now, state: "running", passed: new Set([...now.passed, next]) },
      }
    }
  }
}

const refused = (code: string, why: string): Commanded => ({ kind: "refused", code, why })
