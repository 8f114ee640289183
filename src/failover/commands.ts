/** The commands of the satellite that this member obeys. None of them can break S1: each is checked here. */
import type { CommandOutcome, SidecarRequest } from "#core/cluster/sidecar.ts"
import { seconds } from "#core/units.ts"
import type { Parts } from "./assemble.ts"
import { fence, unfence } from "./fence-request.ts"
import { promoteHere } from "./promote-command.ts"
import { restartHere } from "./restart-command.ts"

const checkpointWithin = seconds(25)

/** Does what is asked, or says with a code why not. */
export async function obey(
  parts: Parts,
  request: SidecarRequest,
  signal: AbortSignal,
): Promise<CommandOutcome> {
  switch (request.kind) {
    case "get-status":
      return status(parts)
    case "checkpoint":
      return checkpoint(parts, signal)
    case "hand-over":
      return parts.handOvers.ask(request, signal)
    case "abandon-hand-over":
      return parts.handOvers.abandon(request.operation)
    case "fence":
      return fence(parts, request.reason, signal)
    case "unfence":
      return unfence(parts, signal)
    case "promote":
      return promoteHere(parts, request, signal)
    case "restart":
      return restartHere(parts, request, signal)
  }
}

const status = ({ board }: Parts): CommandOutcome => ({
  kind: "done",
  output: JSON.stringify(board.status, (_, value: unknown) =>
    typeof value === "bigint" ? value.toString() : value,
  ),
})

async function checkpoint(
  { observe, server }: Parts,
  signal: AbortSignal,
): Promise<CommandOutcome> {
  const { kind } = observe().server
  if (kind !== "primary" && kind !== "standby")
    return { kind: "failed", code: "NOT_RUNNING", message: "no server runs here" }
  await server.patient(checkpointWithin, (_, script) => script("checkpoint"), signal)
  return { kind: "done", output: "checkpoint done" }
}
