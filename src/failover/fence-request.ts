/**
 * A person's or an operation's wish that no clients be on this primary: kept on the in-memory volume, so
 * that a sidecar that restarts keeps it and a pod that is born again does not. It ends by itself, with the
 * role, or by `unfence`; whatever happens to it, it moves no deadline and no Lease (S1).
 */
import { readFile, rename, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import * as z from "zod"
import type { CommandOutcome } from "#core/cluster/sidecar.ts"
import { term } from "#core/ids.ts"
import { millis, minutes, seconds } from "#core/units.ts"
import type { FenceRequest } from "#core/failover/observation.ts"
import { leadingTerm } from "#core/failover/standing.ts"
import type { Parts } from "./assemble.ts"
import { tell } from "./ports.ts"

/** Whoever fenced may be gone: clients are let in again after this. */
export const fenceLasts = minutes(10)
const closedWithin = seconds(20)

const schema = z.object({
  term: z.number().int().min(1),
  reason: z.string().max(300),
  until: z.number(),
})

const fileIn = (runDir: string): string => join(runDir, "fence.json")

/** What was asked for before this sidecar started; what cannot be read was never asked for. */
export async function readFence(runDir: string): Promise<FenceRequest | undefined> {
  try {
    const read = schema.parse(JSON.parse(await readFile(fileIn(runDir), "utf8")))
    return { ...read, term: term(read.term) }
  } catch {
    return undefined
  }
}

export async function writeFence(runDir: string, fence: FenceRequest | undefined): Promise<void> {
  if (fence === undefined) return rm(fileIn(runDir), { force: true })
  const made = `${fileIn(runDir)}.new`
  await writeFile(made, JSON.stringify(fence), { mode: 0o600 })
  await rename(made, fileIn(runDir))
}

/** Done when no client is left and a login was seen to be refused. */
export async function fence(
  parts: Parts,
  reason: string,
  signal: AbortSignal,
): Promise<CommandOutcome> {
  const { known, observe, clock, config } = parts
  const seen = observe()
  const leading = seen.self === undefined ? undefined : leadingTerm(seen, seen.self)
  if (leading === undefined || seen.server.kind !== "primary")
    return {
      kind: "failed",
      code: "NOT_PRIMARY",
      message: `${config.pod} does not serve as primary: there is nothing to fence`,
    }
  const request: FenceRequest = {
    term: leading,
    reason: reason.slice(0, 300),
    until: seen.now + fenceLasts,
  }
  await writeFence(config.runDir, request)
  known.fence = request
  known.changed()
  await clock.until(() => isClosed(parts) || known.fence !== request, {
    every: millis(20),
    within: closedWithin,
    signal,
  })
  if (isClosed(parts))
    tell(parts, {
      kind: "clients.refused",
      severity: "warning",
      message: `${config.pod} lets no clients in: ${request.reason}`,
      details: { term: String(leading), reason: request.reason },
    })
  return isClosed(parts)
    ? { kind: "done", output: `no clients until ${fenceLasts / 60_000} minutes have passed` }
    : { kind: "failed", code: "OVERTAKEN", message: "the fence was lifted, or the role was lost" }
}

/** Done when a login was seen to be let in. Harmless where there is no fence. */
export async function unfence(parts: Parts, signal: AbortSignal): Promise<CommandOutcome> {
  const { known, config, clock, observe } = parts
  const was = known.fence
  await writeFence(config.runDir, undefined)
  known.fence = undefined
  known.changed()
  await clock.until(
    () => {
      const { server } = observe()
      return server.kind !== "primary" || server.clients.admitted === true
    },
    { every: millis(20), within: closedWithin, signal },
  )
  if (was !== undefined)
    tell(parts, {
      kind: "clients.admitted",
      severity: "info",
      message: `${config.pod} lets clients in again`,
      details: { term: String(was.term) },
    })
  return { kind: "done", output: "clients are let in" }
}

function isClosed({ observe }: Parts): boolean {
  const { server, lanes } = observe()
  return (
    server.kind === "primary" &&
    server.clients.admitted === false &&
    server.clients.sessions === 0 &&
    lanes.clients.running === undefined
  )
}
