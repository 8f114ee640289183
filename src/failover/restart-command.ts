/** Restarts the own server because a changed config asks for it: a clean stop, after which the policy starts it. */
import type { CommandOutcome, SidecarRequest } from "#core/cluster/sidecar.ts"
import { whyNotRestart } from "#core/failover/restart.ts"
import { millis, seconds } from "#core/units.ts"
import { timeOf } from "#io/postgres/row.ts"
import type { Parts } from "./assemble.ts"
import { stopServer } from "./perform.ts"

type Asked = Extract<SidecarRequest, { readonly kind: "restart" }>

/** What is flushed before costs no client anything; a stop has its own checkpoint. */
const checkpointWithin = seconds(10)
const stopWithin = seconds(10)
const lane = "server"

const refused = (code: string, message: string): CommandOutcome => ({
  kind: "failed",
  code,
  message,
})

export async function restartHere(
  parts: Parts,
  { as, startedAt }: Asked,
  signal: AbortSignal,
): Promise<CommandOutcome> {
  const { observe, server, lanes, log, clock } = parts
  const before = whyNotRestart(observe(), as)
  if (before !== undefined) return refused("NOT_NOW", before)
  if ((await startOf(parts)) !== startedAt)
    return { kind: "done", output: "it was started since it was asked for" }
  try {
    await server.patient(checkpointWithin, (_, script) => script("checkpoint"), signal)
  } catch (failure) {
    log.debug("checkpoint.skipped", { why: failure })
  }
  const why = whyNotRestart(observe(), as)
  if (why !== undefined) return refused("NOT_NOW", why)
  log.event("server.restart", { as: as.kind })
  if (!lanes.begin(lane, "restart", (stop) => stopServer(parts, stopWithin, stop)))
    return refused("BUSY", "something else is done with the server")
  await clock.until(() => lanes.states.server.running !== "restart", {
    every: millis(50),
    within: seconds(20),
    signal,
  })
  const failure = lanes.states.server.last?.failure
  return failure === undefined
    ? { kind: "done", output: "stopped; it starts again" }
    : refused("FAILED", failure)
}

const startOf = ({ server }: Pick<Parts, "server">): Promise<number | undefined> =>
  server.quick(async (sql) => {
    const [row] = await sql`select pg_postmaster_start_time() as started`
    return row === undefined ? undefined : timeOf(row, "started")
  })
