/**
 * Runs the command of an `exec` rule: by its name, in the postgres container, through the supervisor, which
 * knows what its image offers. Nothing of the matched line goes along.
 */
import { randomUUID } from "node:crypto"
import type { RecoveryRule } from "#core/recovery/rule.ts"
import { millis, seconds } from "#core/units.ts"
import { within } from "#io/clock.ts"
import type { CommandOutcome } from "./log-watcher.ts"
import type { PerformPorts } from "./ports.ts"

/** The supervisor kills a command after this. */
const commandWithin = seconds(60)
const orderWithin = seconds(4)

export async function runCommand(
  { supervisor, jobs }: Pick<PerformPorts, "supervisor" | "jobs">,
  { command }: RecoveryRule,
  signal: AbortSignal,
): Promise<CommandOutcome> {
  if (command === undefined) return { kind: "refused", why: "the rule names no command" }
  const job = randomUUID()
  const order = { kind: "run-command", job, command, within: commandWithin } as const
  let refusal: string | undefined
  const stop = new AbortController()
  const patience = within(millis(commandWithin + 10_000), AbortSignal.any([signal, stop.signal]))
  try {
    const { exitCode, output } = await jobs.end(
      job,
      async () => {
        const answer = await supervisor.order(order, within(orderWithin, signal))
        if (answer.kind === "done") return
        refusal = answer.reason
        stop.abort(new Error(answer.reason))
      },
      patience,
    )
    return { kind: "ended", exitCode, output }
  } catch (failure) {
    if (refusal !== undefined) return { kind: "refused", why: refusal }
    throw failure
  }
}
