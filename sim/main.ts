/**
 * `npm run sim`: many seeded worlds, each with faults of every kind, and the promises of PROTOCOL.md watched in
 * each. A failure prints its seed and log; the end is a table of what was injected and gone through.
 *
 *   node sim/main.ts [--seeds N] [--from N] [--seed S] [--members N] [--durability D] [--preset P]
 *                    [--only FAULT]... [--workers N] [--verbose] [--any-coverage] [--keep-going]
 */
import { availableParallelism } from "node:os"
import { parseArgs } from "node:util"
import { durabilities, presets } from "#core/cluster/spec.ts"
import { Coverage } from "./coverage.ts"
import { missing } from "./expected.ts"
import { failedOnce } from "./failed-once.ts"
import { anyFault } from "./faults.ts"
import { runAll } from "./pool.ts"
import { type Plan, run, type Shape, shapeOf, shapes, type Verdict } from "./run.ts"

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "200" },
    from: { type: "string", default: "0" },
    seed: { type: "string" },
    members: { type: "string" },
    durability: { type: "string" },
    preset: { type: "string" },
    only: { type: "string", multiple: true },
    workers: { type: "string" },
    verbose: { type: "boolean", default: false },
    "any-coverage": { type: "boolean", default: false },
    "keep-going": { type: "boolean", default: false },
  },
})

const logLines = 250

function count(name: "seeds" | "from" | "seed" | "members" | "workers"): number | undefined {
  const text = values[name]
  if (text === undefined) return undefined
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0)
    throw new Error(`--${name}: expected a whole number, not ${text}`)
  return value
}

function shaped(seed: number): Shape {
  const shape = shapeOf(seed)
  const durability = durabilities.find((each) => each === values.durability)
  const preset = presets.find((each) => each === values.preset)
  return {
    members: count("members") ?? shape.members,
    durability: durability ?? shape.durability,
    preset: preset ?? shape.preset,
  }
}

const options = ({ members, durability, preset, only = [] }: Shape & Pick<Plan, "only">): string =>
  [
    `--members ${members} --durability ${durability} --preset ${preset}`,
    ...only.map((fault) => `--only "${fault}"`),
  ].join(" ")

/** Of which faults a world is: those that were asked for, or its own choice. */
function onlyOf(own: readonly string[] | undefined): Pick<Plan, "only"> {
  const only = values.only ?? own
  const unknown = only?.find((fault) => anyFault[fault] === undefined)
  if (unknown !== undefined)
    throw new Error(`--only: no fault "${unknown}", there are ${Object.keys(anyFault).join(", ")}`)
  return only === undefined ? {} : { only }
}

async function explain(plan: Plan, verdict: Verdict): Promise<void> {
  console.log(`\nseed ${plan.seed} fails: node sim/main.ts --seed ${plan.seed} ${options(plan)}`)
  for (const problem of verdict.problems) console.log(`  ${problem}`)
  const again = await run({ ...plan, verbose: true })
  console.log(again.log.slice(-logLines).join("\n"))
  if (again.problems[0] !== verdict.problems[0])
    console.log(`the replay differs: ${again.problems[0] ?? "no problem"}`)
}

async function one(seed: number): Promise<number> {
  const verdict = await run({ seed, ...shaped(seed), ...onlyOf(undefined), verbose: true })
  const { log, problems, simulated, acknowledged, lost } = verdict
  console.log((values.verbose ? log : log.slice(-logLines)).join("\n"))
  for (const problem of problems) console.log(problem)
  const shown = `${(simulated / 1000).toFixed(0)} s simulated, ${acknowledged} commits acknowledged, ${lost} lost`
  console.log(`seed ${seed}, ${options(verdict.shape)}: ${shown}`)
  return problems.length === 0 ? 0 : 1
}

function plans(): readonly Plan[] {
  const from = count("from") ?? 0
  const seeds = Array.from({ length: count("seeds") ?? 200 }, (_, at) => from + at)
  const old =
    from === 0
      ? failedOnce.flatMap(({ seed, only }) =>
          shapes.map((shape) => ({ seed, ...shape, ...onlyOf(only) })),
        )
      : []
  const drawn = seeds.map((seed) => ({ seed, ...shaped(seed), ...onlyOf(undefined) }))
  return [...old, ...drawn].map((plan) => ({ ...plan, verbose: false }))
}

async function many(): Promise<number> {
  const began = performance.now()
  const all = plans()
  const coverage = new Coverage()
  const failed: { readonly plan: Plan; readonly verdict: Verdict }[] = []
  const sum = { simulated: 0, happened: 0, acknowledged: 0, lost: 0 }
  await runAll(all, count("workers") ?? availableParallelism(), (verdict, plan) => {
    coverage.merge(verdict.counts)
    sum.simulated += verdict.simulated
    sum.happened += verdict.happened
    sum.acknowledged += verdict.acknowledged
    sum.lost += verdict.lost
    if (verdict.problems.length > 0) failed.push({ plan, verdict })
    return failed.length === 0 || values["keep-going"]
  })
  table(coverage)
  const spent = ((performance.now() - began) / 1000).toFixed(0)
  console.log(
    `\n${all.length} worlds, ${(sum.simulated / 3_600_000).toFixed(1)} hours simulated in ${spent} s, ${sum.happened} happenings, ${sum.acknowledged} commits acknowledged, ${sum.lost} branches of them lost where that may be`,
  )
  for (const { plan, verdict } of failed.slice(0, values["keep-going"] ? 40 : 1))
    if (values["keep-going"])
      console.log(`${plan.seed} ${options(plan)}: ${verdict.problems[0]?.split("\n")[0] ?? ""}`)
    else await explain(plan, verdict)
  const absent = values["any-coverage"] || values.only !== undefined ? [] : missing(coverage.counts)
  for (const name of absent) console.log(`NEVER COVERED: ${name}`)
  console.log(
    failed.length === 0
      ? "no promise was broken"
      : `${failed.length} of ${all.length} worlds broke a promise`,
  )
  return failed.length === 0 && absent.length === 0 ? 0 : 1
}

function table(coverage: Coverage): void {
  const groups = Map.groupBy(
    [...coverage.counts].toSorted(([a], [b]) => (a < b ? -1 : 1)),
    ([name]) => name.split(" ")[0] ?? "",
  )
  for (const [group, rows] of groups) {
    console.log(`\n${group}`)
    for (const [name, times] of rows)
      console.log(`  ${String(times).padStart(8)}  ${name.slice(group.length).trim()}`)
  }
}

const only = count("seed")
process.exitCode = only === undefined ? await many() : await one(only)
