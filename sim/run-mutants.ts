/**
 * `npm run sim:mutants`: plants each mistake of `mutants.ts` in a copy of the sources and lets the simulator look
 * for it there. Fails when one is not found.
 *
 *   node sim/run-mutants.ts [--only TEXT] [--seeds N] [--workers N]
 */
import { fork } from "node:child_process"
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises"
import { availableParallelism, tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import type { Found, Hunt } from "./hunt.ts"
import { type Mutant, mutants } from "./mutants.ts"

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    seeds: { type: "string", default: "1000" },
    workers: { type: "string", default: String(availableParallelism()) },
  },
})

const root = join(import.meta.dirname, "..")
const needed = ["src/core", "src/wire", "src/io", "src/failover", "sim", "package.json"]
const longest = 120_000

async function copy(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "pg-swarm-mutants-"))
  for (const path of needed) await cp(join(root, path), join(folder, path), { recursive: true })
  await symlink(join(root, "node_modules"), join(folder, "node_modules"))
  return folder
}

/** How the mistake was found; undefined when it was not. */
async function plant(folder: string, mutant: Mutant): Promise<Found | undefined> {
  const edits = [mutant, ...(mutant.also ?? [])]
  for (const { file, text, instead } of edits) {
    const right = await readFile(join(root, file), "utf8")
    const times = right.split(text).length - 1
    if (times !== 1)
      throw new Error(`"${mutant.name}": its text is ${times} times in ${file}, not once: ${text}`)
    const wrong = right.replace(text, () => instead)
    await writeFile(join(folder, file), wrong)
  }
  const found = await prove(folder, mutant)
  for (const { file } of edits) await cp(join(root, file), join(folder, file))
  return found
}

/** The first world that breaks with the mistake and not without it: only that one proves something. */
async function prove(folder: string, mutant: Mutant): Promise<Found | undefined> {
  const seeds = Number(values.seeds)
  for (let from = 0; from < seeds;) {
    const found = await hunt(folder, mutant, from, seeds - from)
    if (found === undefined) return undefined
    const control = await hunt(root, mutant, found.seed, 1)
    if (control === undefined) return found
    console.log(`seed ${found.seed} breaks with the right code too: ${control.problem}`)
    from = found.seed + 1
  }
  return undefined
}

function hunt(
  folder: string,
  { shapes, only }: Mutant,
  from: number,
  seeds: number,
): Promise<Found | undefined> {
  const child = fork(join(folder, "sim/hunt.ts"), { cwd: folder, stdio: "inherit" })
  const gone: Found = { seed: from, problem: "the world did not end, or ended its process" }
  return new Promise((resolve) => {
    let found: Found | undefined = gone
    const timer = setTimeout(() => {
      found = undefined
      child.kill("SIGKILL")
    }, longest)
    child.once("message", (said) => {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own child says nothing else
      found = said === "nothing" ? undefined : (said as Found)
      child.kill("SIGKILL")
    })
    child.once("exit", () => {
      clearTimeout(timer)
      resolve(found)
    })
    const wanted: Hunt = {
      from,
      seeds,
      ...(shapes === undefined ? {} : { shapes }),
      ...(only === undefined ? {} : { only }),
    }
    child.send(wanted)
  })
}

const left = mutants.filter(({ name }) => name.includes(values.only))
const all = left.length
const missed: string[] = []

async function work(): Promise<void> {
  const folder = await copy()
  try {
    for (let mutant = left.shift(); mutant !== undefined; mutant = left.shift()) {
      const began = performance.now()
      const found = await plant(folder, mutant)
      if (found === undefined) missed.push(mutant.name)
      const spent = ((performance.now() - began) / 1000).toFixed(1).padStart(6)
      const how = found === undefined ? "NOT FOUND" : `seed ${found.seed}: ${found.problem}`
      console.log(`${spent} s  ${mutant.name}\n          ${how}`)
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

await Promise.all(Array.from({ length: Math.max(1, Number(values.workers)) }, work))
console.log(`${all - missed.length} of ${all} planted mistakes were found`)
for (const name of missed) console.log(`NOT FOUND: ${name}`)
process.exitCode = missed.length === 0 && all > 0 ? 0 : 1
