/**
 * How long writes are away when something breaks, what is lost, and who writes at once: pg-swarm beside Patroni, in
 * one run on one machine, with the same client. `--help` says more.
 */
import { writeFile } from "node:fs/promises"
import { loadavg } from "node:os"
import { present } from "#core/assert.ts"
import { findServerBinaries } from "#io/postgres/binaries.ts"
import { measure, type Outcome } from "./measure.ts"
import { type Options, parseOptions, usage } from "./options.ts"
import { openPatroni, patroniObstacle } from "./patroni.ts"
import { openPgSwarm } from "./pg-swarm.ts"
import { type Fault, faults, type System } from "./system.ts"
import { machineClass, readRows, type Row, table } from "./table.ts"

const print = (line: string): void => void process.stdout.write(`${line}\n`)

type Opener = { readonly name: string; readonly open: () => Promise<System> }

async function openers(options: Options, signal: AbortSignal): Promise<readonly Opener[]> {
  const path = process.env["PATH"]
  const [postgres] = await findServerBinaries({ folder: options.postgres, path, prefer: 15 })
  const { members, block } = options
  const servers = present(postgres, "PostgreSQL 15 to 18 is installed")
  print(`PostgreSQL ${servers.version}, ${members} members, ${machineClass()}`)
  const own = options.presets.flatMap((preset) =>
    options.durabilities.map((durability) => ({
      name: `pg-swarm, ${preset}, ${durability}`,
      open: () =>
        openPgSwarm(
          { preset, durability, members, postgres: servers, block, say: print, keep: options.keep },
          signal,
        ),
    })),
  )
  const obstacle = await patroniObstacle()
  if (obstacle !== undefined) print(`Patroni is left out: ${obstacle}`)
  const others = (obstacle === undefined ? options.patroni : []).map(({ timing, mode }) => ({
    name: `Patroni, ${timing}, ${mode}`,
    open: () => openPatroni({ timing, mode, members, postgres: servers, block: block + 20 }),
  }))
  return [...(options.isPgSwarmAsked ? own : []), ...others]
}

async function bench(
  system: System,
  fault: Fault,
  reps: number,
  signal: AbortSignal,
): Promise<Row | undefined> {
  if (reps === 0) return undefined
  const outcomes: Outcome[] = []
  const failures: string[] = []
  for (let rep = 1; rep <= reps && !signal.aborted; rep += 1) {
    try {
      const run = `${fault.name}-${rep}-${Date.now()}`
      const outcome = await measure(system, fault, run)
      if (outcome === undefined) return undefined
      outcomes.push(outcome)
      print(`  ${fault.title}: ${describe(outcome)}`)
      if (outcome.failure === undefined) continue
      failures.push(outcome.failure)
      print(`  ${fault.title}: DID NOT RECOVER: ${outcome.failure}`)
      break
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error)
      failures.push(text)
      print(`  ${fault.title}: FAILED: ${text}`)
      break // what is broken now would be measured as broken again
    }
  }
  return {
    system: system.name,
    fault: fault.name,
    gapsMs: outcomes.map(({ gapMs }) => Math.round(gapMs)),
    lost: outcomes.reduce((sum, { lost }) => sum + lost, 0),
    acknowledged: outcomes.reduce((sum, { acknowledged }) => sum + acknowledged, 0),
    togetherMs: Math.round(Math.max(0, ...outcomes.map(({ togetherMs }) => togetherMs))),
    failures,
  }
}

function describe({ gapMs, lost, togetherMs, from, to, explained, acknowledged }: Outcome): string {
  const both = togetherMs > 0 ? `, TWO WRITERS for ${Math.round(togetherMs)} ms` : ""
  const why = explained === undefined ? "" : ` (${explained})`
  return `${Math.round(gapMs)} ms without writes, ${lost} of ${acknowledged} lost${both}, ${from} -> ${to}${why}`
}

async function run(options: Options, signal: AbortSignal): Promise<number> {
  if (options.join.length > 0) {
    print(table((await Promise.all(options.join.map(readRows))).flat()))
    return 0
  }
  const rows: Row[] = []
  const [load = 0] = loadavg()
  for (const { name, open } of await openers(options, signal)) {
    if (signal.aborted) break
    print(`\n${name}`)
    await using system = await open()
    for (const fault of faults) {
      const row = await bench(system, fault, options.reps.get(fault.name) ?? 0, signal)
      if (row !== undefined) rows.push(row)
      if (row !== undefined && row.failures.length > 0) break
    }
  }
  print(`\n${table(rows)}\n\nload of the machine at the start: ${load.toFixed(2)}`)
  if (options.json !== undefined)
    await writeFile(
      options.json,
      JSON.stringify({ machine: machineClass(), load, members: options.members, rows }, null, 2),
    )
  return rows.some(({ failures }) => failures.length > 0) ? 1 : 0
}

const asked = parseOptions(process.argv.slice(2))
const stop = new AbortController()
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  process.on(name, () => stop.abort(new Error(`stopped by ${name}`)))
if (asked.kind === "help") print(usage)
else if (asked.kind === "bad") process.stderr.write(`${asked.problem}\n\n${usage}\n`)
process.exitCode = asked.kind === "ok" ? await run(asked.options, stop.signal) : 2
if (asked.kind === "help") process.exitCode = 0
