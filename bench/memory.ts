/**
 * Resident memory of the programs in a demo of its own, at rest after everything is healthy.
 *
 *   node bench/memory.ts [--seconds 60] [--settle 20] [--sites 2] [--members 3]
 *
 * RSS counts every page, also those that several Node processes share; PSS counts a shared page in parts.
 */
import { mkdtemp, readdir, readFile, readlink, rm } from "node:fs/promises"
import { parseArgs } from "node:util"
import { setTimeout as sleep } from "node:timers/promises"
import { openDemo, settle } from "../src/demo/compose.ts"
import { parseFlags } from "../src/demo/flags.ts"
import { openSteps } from "../src/demo/steps.ts"

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    settle: { type: "string", default: "20" },
    sites: { type: "string", default: "2" },
    members: { type: "string", default: "3" },
  },
})

type Sample = { readonly rss: number; readonly pss: number }
/** Aims in MB, from the design; what is above one is marked. */
const aims: Readonly<Record<string, number>> = { failover: 80, satellite: 150, central: 200 }

/** Which of our programs this is, by the bundle that it runs out of the folder. */
async function programOf(pid: string, folder: string): Promise<string | undefined> {
  // What keeps a container apart (unshare) has the same arguments and next to no memory.
  if (!(await readlink(`/proc/${pid}/exe`)).endsWith("/node")) return undefined
  const argv = (await readFile(`/proc/${pid}/cmdline`, "utf8")).split("\0")
  const bundle = argv.find((word) => word.startsWith(`${folder}/programs/`))
  return bundle === undefined ? undefined : /(\w+)\.js$/.exec(bundle)?.[1]
}

async function sampleOf(pid: string): Promise<Sample> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, "utf8")
  const field = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? 0) / 1024
  return { rss: field("Rss"), pss: field("Pss") }
}

async function look(folder: string, into: Map<string, Map<string, Sample[]>>): Promise<void> {
  for (const pid of (await readdir("/proc")).filter((entry) => /^\d+$/.test(entry))) {
    try {
      const program = await programOf(pid, folder)
      if (program === undefined) continue
      const byPid = into.get(program) ?? new Map<string, Sample[]>()
      into.set(program, byPid)
      byPid.set(pid, [...(byPid.get(pid) ?? []), await sampleOf(pid)])
    } catch {
      // It ended while we looked.
    }
  }
}

const mean = (numbers: readonly number[]): number =>
  numbers.reduce((sum, one) => sum + one, 0) / Math.max(1, numbers.length)
const megabytes = (value: number): string => value.toFixed(1).padStart(9)

function printTable(found: ReadonlyMap<string, ReadonlyMap<string, readonly Sample[]>>): void {
  console.log("\nprogram     processes  mean RSS   max RSS  mean PSS  MB      aim")
  for (const [program, byPid] of [...found].toSorted(([a], [b]) => a.localeCompare(b))) {
    const samples = [...byPid.values()].flat()
    const most = Math.max(...samples.map(({ rss }) => rss))
    const aim = aims[program]
    const verdict = aim === undefined ? "" : `<= ${aim} ${most <= aim ? "kept" : "ABOVE the aim"}`
    console.log(
      `${program.padEnd(12)}${String(byPid.size).padStart(9)} ${megabytes(mean(samples.map(({ rss }) => rss)))} ${megabytes(most)} ${megabytes(mean(samples.map(({ pss }) => pss)))}          ${verdict}`,
    )
  }
}

const state = await mkdtemp("/var/tmp/pg-swarm-bench-")
const words = ["--state", state, "--port", "0", "--loopback", "130"]
const flags = parseFlags(
  [...words, "--sites", values.sites, "--members", values.members],
  {},
  false,
)
if (flags.kind !== "ok") throw new Error(JSON.stringify(flags))
const signal = new AbortController()
process.once("SIGINT", () => signal.abort(new Error("stopped by Ctrl-C")))
process.once("SIGTERM", () => signal.abort(new Error("stopped by SIGTERM")))
try {
  const steps = openSteps((line) => console.log(line))
  await using demo = await openDemo(flags.value, steps, signal.signal)
  await settle(demo, flags.value, steps, signal.signal)
  console.log(
    `\nat rest for ${values.settle} s, then measured once a second for ${values.seconds} s`,
  )
  await sleep(Number(values.settle) * 1000, undefined, { signal: signal.signal })
  const found = new Map<string, Map<string, Sample[]>>()
  const until = performance.now() + Number(values.seconds) * 1000
  while (performance.now() < until) {
    await look(demo.folder.root, found)
    await sleep(1000, undefined, { signal: signal.signal })
  }
  printTable(found)
} finally {
  await rm(state, { recursive: true, force: true })
}
