/**
 * Faults below Kubernetes, for a cluster whose containers are processes of this host: sidecar killed, sidecar, server and
 * whole pod frozen, the API server stopped. Continues where `failoverScenario` ended.
 */
import assert from "node:assert/strict"
import { present } from "#core/assert.ts"
import { path } from "#core/names.ts"
import {
  type PodProcess,
  postmasterOf,
  processesOfPod,
  signalAll,
} from "../../../src/demo/containers.ts"
import type { Pod } from "../../../src/demo/kube.ts"
import { Writer } from "../../../src/demo/writer.ts"
import { untilWhole } from "../../e2e/failover.suite.ts"
import { until } from "../../e2e/wait.ts"
import type { World } from "../../e2e/world.ts"

const soonMs = 60_000
const wholeMs = 180_000
const apiAwayMs = 30_000
/** Far below what a change of primary would take; that there was none is asserted by name and term. */
const stallMaxMs = 15_000

type Act = {
  readonly name: string
  /** What must come of it; a server that is ended restarts in place where that is quicker than an election. */
  readonly outcome: "another leads" | "a new term" | "nothing" | "either"
  /** Returns what mends it. */
  readonly strike: (processes: readonly PodProcess[]) => Promise<(() => void) | undefined>
}

const isSidecar = ({ program, environment }: PodProcess): boolean =>
  program === "node" && environment.size > 0

/** The API server of the kit, where it is a process of this host: `PG_SWARM_TEST_API_PID`. */
const apiServer = Number(process.env["PG_SWARM_TEST_API_PID"] ?? "")

const frozen =
  (which: (processes: readonly PodProcess[]) => readonly PodProcess[]): Act["strike"] =>
  (processes) => {
    const some = which(processes)
    assert.ok(signalAll(some, "SIGSTOP") > 0, "something was frozen")
    return Promise.resolve(() => void signalAll(some, "SIGCONT"))
  }

const acts: readonly Act[] = [
  {
    name: "MG2 OW16: sidecar killed",
    outcome: "either",
    strike: (processes) => {
      assert.equal(signalAll(processes.filter(isSidecar), "SIGKILL"), 1)
      return Promise.resolve(undefined)
    },
  },
  {
    name: "OW5 PA22: sidecar frozen",
    outcome: "another leads",
    strike: frozen((processes) => processes.filter(isSidecar)),
  },
  {
    name: "OW5 ST5: server frozen",
    outcome: "a new term",
    strike: frozen((processes) => processes.filter(({ program }) => program === "postgres")),
  },
  {
    name: "OW5 OW7: pod frozen",
    outcome: "another leads",
    strike: frozen((processes) => processes),
  },
  {
    name: "OW1 PA17: API away",
    outcome: "nothing",
    strike: async () => {
      process.kill(apiServer, "SIGSTOP")
      await new Promise((resolve) => setTimeout(resolve, apiAwayMs))
      process.kill(apiServer, "SIGCONT")
      return undefined
    },
  },
]

const processesOf = (world: World, pod: string): Promise<readonly PodProcess[]> =>
  processesOfPod(path.data.slice(0, path.data.lastIndexOf("/")), world.namespace, pod)

async function strike(world: World, writer: Writer, act: Act): Promise<string> {
  await writer.nextCommit(soonMs)
  const primary: Pod = await untilWhole(world, wholeMs)
  const before = await world.kube.lease(world.namespace, world.cluster)
  // The one before may have killed it, and the kubelet takes its time.
  const processes = await until(`the sidecar of ${primary.name} runs`, soonMs, async () => {
    const found = await processesOf(world, primary.name)
    return found.some(isSidecar) ? found : undefined
  })
  const since = performance.now()
  const mend = await act.strike(processes)
  try {
    if (act.outcome === "another leads" || act.outcome === "a new term")
      await until(`${act.outcome} after ${primary.name} in ${before.term}`, soonMs, async () => {
        const found = await world.kube.primary(world.namespace, world.cluster)
        const { term } = await world.kube.lease(world.namespace, world.cluster)
        const other = act.outcome === "a new term" || found?.name !== primary.name
        return found !== undefined && term > before.term && other ? found : undefined
      })
    await writer.nextCommit(soonMs)
  } finally {
    mend?.()
  }
  const after = await untilWhole(world, wholeMs)
  const { term } = await world.kube.lease(world.namespace, world.cluster)
  if (act.outcome === "nothing") assert.deepEqual([after.name, term], [primary.name, before.term])
  assert.deepEqual(await writer.lost(), [], `acknowledged commits are missing after: ${act.name}`)
  const { ms } = writer.longestGap(since)
  if (act.outcome === "nothing") assert.ok(ms < stallMaxMs, `no write for ${ms} ms`)
  return `${act.name.padEnd(32)}${primary.name} -> ${after.name}   ${(ms / 1000).toFixed(2)} s`
}

/** Plays all that this host can; says what it had to leave out. */
export async function hardFaults(world: World, say: (line: string) => void): Promise<void> {
  const primary = present(
    await world.kube.primary(world.namespace, world.cluster),
    "there is a primary",
  )
  if (postmasterOf(await processesOf(world, primary.name)) === undefined) {
    say("LEFT OUT: faults below Kubernetes; its containers are no processes of this host")
    return
  }
  await using writer = new Writer(`hard-${Date.now()}`, world.database, 20)
  for (const act of acts) {
    if (act.outcome === "nothing" && !(apiServer > 1))
      say(`LEFT OUT: ${act.name}: PG_SWARM_TEST_API_PID names no process`)
    else say(await strike(world, writer, act))
  }
}
