/**
 * `make demo-fault`: breaks something in the running demo while an application writes, tells what follows step by
 * step, and says how long writes were away and whether anything acknowledged was lost.
 */
import { parseArgs } from "node:util"
import { setTimeout as sleep } from "node:timers/promises"
import { CentralApi } from "./central-api.ts"
import { type DemoFile, readDemoFile } from "./demo-file.ts"
import { type Fault, faults } from "./faults.ts"
import { defaultState } from "./flags.ts"
import { narrate, type Narrator } from "./narrator.ts"
import { admitApplication, type Patient, patientAt } from "./patient.ts"
import type { Say } from "./steps.ts"
import { Writer } from "./writer.ts"

const print: Say = (line) => void process.stdout.write(`${line}\n`)
const firstCommitMs = 15_000
const backMs = 90_000
const wholeMs = 120_000
/** So that the table of a fault that nobody notices shows that nobody noticed. */
const afterwardsMs = 2_000

const usage = `usage: make demo-fault FAULT=<name> [FAULT_FLAGS="flags"]

${faults.map(({ name, what, follows }) => `  ${name.padEnd(17)} ${what}\n${" ".repeat(20)}${follows}`).join("\n")}

  --site NAME     the site to break (the first)
  --hold SECONDS  how long a lasting fault stays before it is mended
  --state DIR     folder of the demo`

type Asked = {
  readonly fault: Fault
  readonly site: string | undefined
  readonly holdSeconds: number
  readonly state: string
}

function parse(words: readonly string[]): Asked | { readonly problem: string } | undefined {
  try {
    const { values, positionals } = parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        site: { type: "string" },
        hold: { type: "string" },
        state: { type: "string" },
        help: { type: "boolean" },
      },
    })
    const [name, ...more] = positionals
    if (name === undefined || values.help === true) return undefined
    const fault = faults.find((one) => one.name === name)
    if (fault === undefined || more.length > 0)
      return { problem: `no such fault: ${positionals.join(" ")}` }
    const holdSeconds = Number(values.hold ?? fault.holdSeconds)
    if (!(holdSeconds >= 0 && holdSeconds <= 3_600))
      return { problem: `--hold: ${values.hold} is not a number of seconds up to 3600` }
    const state = values.state ?? defaultState(process.env, process.getuid?.() === 0)
    return { fault, site: values.site, holdSeconds, state }
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) }
  }
}

async function main(): Promise<number> {
  const asked = parse(process.argv.slice(2))
  if (asked === undefined || "problem" in asked) {
    if (asked !== undefined) process.stderr.write(`${asked.problem}\n\n`)
    print(usage)
    return asked === undefined ? 0 : 2
  }
  const demo = await readDemoFile(asked.state)
  const site = demo?.sites.find(({ name }) => asked.site === undefined || name === asked.site)
  if (demo === undefined || site === undefined) {
    process.stderr.write(
      demo === undefined
        ? `no demo has run in ${asked.state}; start one with \`make demo\`, or name its folder with --state\n`
        : `no site ${asked.site}; there are ${demo.sites.map(({ name }) => name).join(", ")}\n`,
    )
    return 1
  }
  const stop = new AbortController()
  for (const name of ["SIGINT", "SIGTERM"] as const)
    process.on(name, () => stop.abort(new Error(`stopped by ${name}`)))
  return run(asked, demo, site, stop.signal)
}

async function run(
  { fault, holdSeconds }: Asked,
  demo: DemoFile,
  site: DemoFile["sites"][number],
  signal: AbortSignal,
): Promise<number> {
  const api = new CentralApi(demo.url, { kind: "token", token: demo.token })
  const patient = await patientAt(api, site)
  using kube = patient.kube
  const primary = await kube.primary(patient.namespace, patient.name)
  if (primary === undefined) throw new Error(`${patient.name} has no primary now`)
  const database = await admitApplication(patient)
  const { term } = await kube.lease(patient.namespace, patient.name)
  print(
    `\n${site.name}/${patient.name}: ${primary.name} is primary, term ${term}, ${patient.members} members`,
  )
  print(
    `An application writes through ${database.host}:${database.port}, one row after the other.\n`,
  )

  await using writer = new Writer(`fault-${Date.now()}`, database, 2)
  await writer.nextCommit(firstCommitMs)
  const since = performance.now()
  const struck = await fault.strike(patient, primary.name)
  print(`    0.00 s  ${fault.name}: ${struck.done}`)
  {
    await using narrator = narrate(patient, api, since, print)
    try {
      await follow(fault, primary.name, { patient, narrator, writer, since, signal, holdSeconds })
    } finally {
      if (struck.mend !== undefined) narrator.tell(`mended: ${await struck.mend()}`)
    }
    if (!signal.aborted) await untilWhole(narrator, signal)
  }
  return await summary(writer, since)
}

type Scene = {
  readonly patient: Patient
  readonly narrator: Narrator
  readonly writer: Writer
  readonly since: number
  readonly signal: AbortSignal
  readonly holdSeconds: number
}

/** Until writes are back, somebody else leads where that is expected, and the fault has lasted its time. */
async function follow(fault: Fault, before: string, scene: Scene): Promise<void> {
  const { narrator, writer, since, signal, holdSeconds } = scene
  const until = performance.now() + backMs
  const holds = (): boolean => performance.now() - since < holdSeconds * 1_000
  const led = (): boolean =>
    !fault.failsOver || (narrator.primary !== undefined && narrator.primary !== before)
  const writes = (): boolean => (writer.last?.sent ?? 0) > since
  while (!signal.aborted && (holds() || !led() || !writes())) {
    if (!holds() && performance.now() > until) {
      print(`            nothing new after ${backMs / 1_000} s; giving up waiting`)
      return
    }
    await sleep(50)
  }
}

async function untilWhole(narrator: Narrator, signal: AbortSignal): Promise<void> {
  const until = performance.now() + wholeMs
  const end = performance.now() + afterwardsMs
  while (!signal.aborted && performance.now() < until) {
    if (narrator.whole && performance.now() > end) return
    await sleep(50)
  }
  if (!signal.aborted) print(`            not every member is back after ${wholeMs / 1_000} s`)
}

async function summary(writer: Writer, since: number): Promise<number> {
  await writer.stop()
  const { ms } = writer.longestGap(since)
  const lost = await writer.lost()
  const seen = [...writer.errors].map(([message, times]) => `${times} \u00d7 ${message}`)
  print(`\n  Writes were away for ${(ms / 1000).toFixed(2)} s at most.`)
  print(
    `  ${writer.acknowledged.length} commits were acknowledged; ${lost.length === 0 ? "every one of them is there" : `${lost.length} ARE LOST, the first is row ${lost[0]}`}.`,
  )
  if (seen.length > 0) print(`  The application saw: ${seen.slice(0, 6).join("; ")}`)
  print("")
  return lost.length === 0 ? 0 : 1
}

try {
  process.exitCode = await main()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
