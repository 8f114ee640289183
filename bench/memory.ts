/**
 * What the programs cost at rest: memory and processor time in a demo of its own, after everything is healthy.
 *
 *   node bench/memory.ts [--seconds 120] [--settle 20] [--sites 1] [--members 3] [--json FILE]
 *
 * RSS counts every page, also those that several Node processes share; PSS counts a shared page in parts. Processor
 * time is that of the process itself, in percent of one core.
 */
import { readdir, readFile, readlink, rm, mkdtemp, writeFile } from "node:fs/promises"
import { parseArgs } from "node:util"
import { setTimeout as sleep } from "node:timers/promises"
import { openDemo, settle } from "../src/demo/compose.ts"
import { parseFlags } from "../src/demo/flags.ts"
import { openSteps } from "../src/demo/steps.ts"
import { machineClass } from "./failover/table.ts"

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "120" },
    settle: { type: "string", default: "20" },
    sites: { type: "string", default: "1" },
    members: { type: "string", default: "3" },
    postgres: { type: "string" },
    json: { type: "string" },
  },
})

type Memory = { readonly rss: number; readonly pss: number }
/** One process: what it is, what it had used of the processor when we began, its memory each time we looked. */
type Watched = {
  readonly program: string
  readonly ticks: number
  readonly since: number
  readonly memory: Memory[]
  cpu: number
}

/** Aims in MB and percent of a core, from the design; what is above one is marked. */
const aims: Readonly<Record<string, { readonly rss: number; readonly cpu?: number }>> = {
  failover: { rss: 80, cpu: 1 },
  satellite: { rss: 150 },
  central: { rss: 200 },
}
const memoryEverySeconds = 5
/** USER_HZ, which every Linux of today has. */
const ticksPerSecond = 100

/** Which of our programs this is, by what it runs out of the folder. */
async function programOf(pid: string, folder: string): Promise<string | undefined> {
  // What keeps a container apart (unshare) has the same arguments and next to no memory.
  const exe = await readlink(`/proc/${pid}/exe`)
  const argv = (await readFile(`/proc/${pid}/cmdline`, "utf8")).split("\0")
  if (exe.endsWith("/bash"))
    return argv.some((word) => word.endsWith("/supervisor.sh")) &&
      (await readFile(`/proc/${pid}/environ`, "utf8")).includes(folder)
      ? "supervisor"
      : undefined
  if (!exe.endsWith("/node")) return undefined
  const bundle = argv.find((word) => word.startsWith(`${folder}/programs/`))
  return bundle === undefined ? undefined : /(\w+)\.js$/.exec(bundle)?.[1]
}

async function ticksOf(pid: string): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "latin1")
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  return Number(fields[11]) + Number(fields[12])
}

async function memoryOf(pid: string): Promise<Memory> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, "utf8")
  const field = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? 0) / 1024
  return { rss: field("Rss"), pss: field("Pss") }
}

async function find(folder: string): Promise<ReadonlyMap<string, Watched>> {
  const found = new Map<string, Watched>()
  for (const pid of (await readdir("/proc")).filter((entry) => /^\d+$/.test(entry)))
    try {
      const program = await programOf(pid, folder)
      if (program === undefined) continue
      const ticks = await ticksOf(pid)
      found.set(pid, { program, ticks, since: performance.now(), memory: [], cpu: 0 })
    } catch {
      // It ended while we looked.
    }
  return found
}

async function look(watched: ReadonlyMap<string, Watched>): Promise<void> {
  for (const [pid, one] of watched) one.memory.push(await memoryOf(pid))
}

async function count(watched: ReadonlyMap<string, Watched>): Promise<void> {
  for (const [pid, one] of watched) {
    const seconds = (performance.now() - one.since) / 1000
    one.cpu = (((await ticksOf(pid)) - one.ticks) / ticksPerSecond / seconds) * 100
  }
}

const mean = (numbers: readonly number[]): number =>
  numbers.reduce((sum, one) => sum + one, 0) / Math.max(1, numbers.length)

type Row = {
  readonly program: string
  readonly processes: number
  readonly meanRss: number
  readonly maxRss: number
  readonly meanPss: number
  readonly meanCpu: number
  readonly maxCpu: number
}

function rowsOf(watched: ReadonlyMap<string, Watched>): readonly Row[] {
  const byProgram = Map.groupBy(watched.values(), ({ program }) => program)
  return [...byProgram]
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([program, all]) => {
      const samples = all.flatMap(({ memory }) => memory)
      return {
        program,
        processes: all.length,
        meanRss: mean(samples.map(({ rss }) => rss)),
        maxRss: Math.max(...samples.map(({ rss }) => rss)),
        meanPss: mean(samples.map(({ pss }) => pss)),
        meanCpu: mean(all.map(({ cpu }) => cpu)),
        maxCpu: Math.max(...all.map(({ cpu }) => cpu)),
      }
    })
}

function line(row: Row): string {
  const { program, processes, meanRss, maxRss, meanPss, meanCpu, maxCpu } = row
  const aim = aims[program]
  const memory = aim === undefined ? "" : `<= ${aim.rss} MB ${verdict(maxRss, aim.rss)}`
  const cpu = aim?.cpu === undefined ? "" : `, <= ${aim.cpu} % ${verdict(maxCpu, aim.cpu)}`
  const cells = [
    program.padEnd(10),
    String(processes).padStart(9),
    ...[meanRss, maxRss, meanPss].map((value) => `${value.toFixed(1)} MB`.padStart(9)),
    ...[meanCpu, maxCpu].map((value) => `${value.toFixed(2)} %`.padStart(8)),
    `${memory}${cpu}`.padEnd(24),
  ]
  return `| ${cells.join(" | ")} |`
}

const verdict = (value: number, aim: number): string => (value <= aim ? "kept" : "ABOVE the aim")

const heads = [
  "| program    | processes |  mean RSS |   max RSS |  mean PSS | mean CPU |  max CPU | aim                      |",
  "| ---------- | --------- | --------- | --------- | --------- | -------- | -------- | ------------------------ |",
]

const state = await mkdtemp("/var/tmp/pg-swarm-bench-")
const words = ["--state", state, "--port", "0", "--loopback", "130"]
const flags = parseFlags(
  [
    ...words,
    "--sites",
    values.sites,
    "--members",
    values.members,
    ...(values.postgres === undefined ? [] : ["--postgres", values.postgres]),
  ],
  {},
  false,
)
if (flags.kind !== "ok") throw new Error(JSON.stringify(flags))
const signal = new AbortController()
process.once("SIGINT", () => signal.abort(new Error("stopped by Ctrl-C")))
process.once("SIGTERM", () => signal.abort(new Error("stopped by SIGTERM")))
const pause = (seconds: number): Promise<void> =>
  sleep(seconds * 1000, undefined, { signal: signal.signal })
try {
  const steps = openSteps((text) => console.log(text))
  await using demo = await openDemo(flags.value, steps, signal.signal)
  await settle(demo, flags.value, steps, signal.signal)
  console.log(`\nat rest for ${values.settle} s, then measured for ${values.seconds} s`)
  await pause(Number(values.settle))
  const watched = await find(demo.folder.root)
  const until = performance.now() + Number(values.seconds) * 1000
  while (performance.now() < until) {
    await pause(memoryEverySeconds)
    await look(watched)
  }
  await count(watched)
  const rows = rowsOf(watched)
  console.log(`\n${machineClass()}\n\n${[...heads, ...rows.map(line)].join("\n")}`)
  if (values.json !== undefined)
    await writeFile(values.json, JSON.stringify({ machine: machineClass(), rows }, null, 2))
} finally {
  await rm(state, { recursive: true, force: true })
}
