/** A demo of a test's own: other folder, other ports, other loopback addresses, everything gone afterwards. */
import { once } from "node:events"
import { mkdtemp, rm } from "node:fs/promises"
import { createServer, type Server } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { present } from "#core/assert.ts"
import { port } from "#core/names.ts"
import { findServerBinaries, type ServerBinaries } from "#io/postgres/binaries.ts"
import { type Demo, openDemo } from "../../src/demo/compose.ts"
import type { CentralApi } from "../../src/demo/central-api.ts"
import type { DemoFlags } from "../../src/demo/flags.ts"
import { parseFlags } from "../../src/demo/flags.ts"
import { taken } from "../../src/demo/ports.ts"
import { kubernetesPort } from "../../src/demo/site.ts"
import { openSteps, type Steps } from "../../src/demo/steps.ts"

export type TestDemo = AsyncDisposable & {
  readonly demo: Demo
  readonly flags: DemoFlags
  readonly steps: Steps
  readonly signal: AbortSignal
}

/** The newest server of each major version here. */
export async function serversByMajor(): Promise<ReadonlyMap<number, ServerBinaries>> {
  const found = await findServerBinaries({ path: process.env["PATH"] })
  return new Map(found.toReversed().map((one) => [one.major, one]))
}

const firstBlock = 100
const lastBlock = 230
/** Apart enough for the sites of one demo. */
const blockStep = 10

/** Whose loopback addresses a block is: whoever listens here, from before the demo begins until it has ended. */
const claimPort = 17_777

async function claimed(block: number): Promise<Server | undefined> {
  const server = createServer().unref()
  try {
    server.listen(claimPort, `127.${block}.0.251`)
    await once(server, "listening")
    return server
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EADDRINUSE") return undefined
    throw error
  }
}

/** A block of loopback addresses that nobody listens on: other tests, of another checkout too, may run at the same time. */
async function freeLoopback(): Promise<{ readonly block: number; readonly claim: Server }> {
  const blocks = (lastBlock - firstBlock) / blockStep
  for (let turn = 0; turn < blocks; turn += 1) {
    const block = firstBlock + blockStep * ((process.pid + turn) % blocks)
    const claim = await claimed(block)
    if (claim === undefined) continue
    const purpose = "a test"
    const problems = await taken(
      Array.from({ length: blockStep }, (_, at) => block + at).flatMap((number) => [
        { host: `127.${number}.0.1`, port: kubernetesPort, purpose },
        { host: `127.${number}.0.2`, port: port.satelliteSidecar, purpose },
        { host: `127.${number}.0.250`, port: port.centralRest, purpose },
      ]),
    )
    if (problems.length === 0) return { block, claim }
    claim.close()
  }
  throw new Error(
    `every block of loopback addresses from 127.${firstBlock} to 127.${lastBlock} is in use`,
  )
}

/** Opens a demo on addresses of its own. `say` hears the steps. */
export async function openTestDemo(
  words: readonly string[],
  say: (line: string) => void,
): Promise<TestDemo> {
  const { block: loopback, claim } = await freeLoopback()
  const state = await mkdtemp(join(tmpdir(), "pg-swarm-e2e-"))
  const parsed = parseFlags(
    // An address of its own for central too: the same after a restart, and nobody else's.
    ["--state", state, "--host", `127.${loopback}.0.250`, "--loopback", String(loopback), ...words],
    {},
    false,
  )
  if (parsed.kind !== "ok") throw new Error(`flags of a test: ${JSON.stringify(parsed)}`)
  const flags = parsed.value
  const steps = openSteps(say)
  const stop = new AbortController()
  // To look at what is left of a failed test.
  const keep = (process.env["PG_SWARM_TEST_KEEP"] ?? "") !== ""
  if (keep) say(`kept: ${state}`)
  const clean = async (): Promise<void> => {
    claim.close()
    if (!keep) await rm(state, { recursive: true, force: true, maxRetries: 5 })
  }
  try {
    const demo = await openDemo(flags, steps, stop.signal)
    return {
      demo,
      flags,
      steps,
      signal: stop.signal,
      async [Symbol.asyncDispose]() {
        stop.abort(new Error("the test is over"))
        await demo[Symbol.asyncDispose]()
        await clean()
      },
    }
  } catch (error) {
    await clean()
    throw error
  }
}

/** Runs the task; when it fails, tells how central saw the fleet by then, newest event first. */
export async function explained<T>(
  api: CentralApi,
  say: (line: string) => void,
  task: () => Promise<T>,
): Promise<T> {
  try {
    return await task()
  } catch (error) {
    const { items: clusters } = await api.call("listClusters", { query: {} })
    for (const { name, state, reason, instances } of clusters) {
      say(`${name}: ${state}: ${reason}`)
      for (const { pod, role, phase, ready, reason: why } of instances)
        say(`  ${pod}: ${role} ${phase} ${ready ? "ready" : "not ready"} ${why ?? ""}`)
    }
    const { items: events } = await api.call("listEvents", { query: { limit: 40 } })
    for (const { at, kind, message, details } of events)
      say(`  ${at} ${kind} ${message} ${JSON.stringify(details)}`)
    throw error
  }
}

export const siteOf = (demo: Demo, at: number) => present(demo.sites[at], `the demo has site ${at}`)
