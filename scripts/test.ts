/**
 * `npm test`, `make test`: every tier of tests that this machine can run, one after the other, and at the
 * end, in plain words, what was left out and why.
 *
 *   node scripts/test.ts [tier ...] [--list] [--no-install]
 */
import { spawn } from "node:child_process"
import { existsSync, globSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { join, relative } from "node:path"
import * as z from "zod"
import { findServerBinaries } from "#io/postgres/binaries.ts"
import { install, installCommand, type Installed } from "../src/demo/apt.ts"
import { installPostgres } from "../src/demo/postgres.ts"
import { wordsShown } from "./test-counts.ts"
import { openScratch } from "./test-scratch.ts"

const root = join(import.meta.dirname, "..")
/** What Node made of the sources: each test file, and each program that it starts, would do that anew. */
const compiled = join(root, "node_modules/.cache/compiled")
/** Of each tier, where the time goes. */
const longestFilesShown = 8
const countsSchema = z.object({
  passed: z.number(),
  failed: z.number(),
  skipped: z.number(),
  failedFiles: z.array(z.string()),
  /** Each test that failed and what it said; of a file that had a second chance, both times. */
  failures: z.array(z.object({ test: z.string(), words: z.string() })),
  files: z.array(z.object({ file: z.string(), seconds: z.number() })),
})
type Counts = z.infer<typeof countsSchema> & {
  /** Files with tests that failed beside others and passed alone. */
  readonly unsteady: readonly string[]
}

/** What a tier found: its counts, or that it was not run at all. */
type Outcome =
  | {
      readonly kind: "ran"
      readonly counts: Counts
      /** Processes that its tests left behind, or could not end because they were ended themselves. */
      readonly strays: number
      readonly seconds: number
    }
  | { readonly kind: "left-out"; readonly why: string }

type Tier = {
  readonly name: string
  readonly what: string
  readonly files: readonly string[]
  /** Files of this tier that run side by side; the machine may have two cores. */
  readonly sideBySide: number
  /** For one test; a file of tests has four times as long. */
  readonly longestSeconds: number
  /**
   * Real servers on a machine with two cores: a file that failed is run once more, alone. When it passes
   * then, that is said loudly in the last lines, because something in it is not steady.
   */
  readonly secondChance: boolean
  /** Where its files are. Containers of microkube have a `/dev/shm` of their own, and would not find them in memory. */
  readonly scratch: "disk" | "memory"
  readonly needs: readonly Need[]
}

type Need = "postgres" | "chromium"

const tiers: readonly Tier[] = [
  {
    name: "unit",
    what: "pure decisions, builders, parsers, properties",
    files: ["src/**/*.test.ts", "scripts/**/*.test.ts", "bench/**/*.test.ts"],
    sideBySide: 2,
    longestSeconds: 60,
    secondChance: false,
    scratch: "disk",
    needs: [],
  },
  {
    name: "simulation",
    what: "the failover protocol in thousands of seeded worlds, and mistakes planted in it",
    files: ["sim/*.sim.test.ts"],
    // Each takes every processor that there is.
    sideBySide: 1,
    longestSeconds: 900,
    secondChance: false,
    scratch: "disk",
    needs: [],
  },
  {
    name: "dashboard",
    what: "components of the dashboard",
    files: ["src/dashboard/**/*.test.tsx"],
    sideBySide: 1,
    longestSeconds: 60,
    secondChance: false,
    scratch: "disk",
    needs: [],
  },
  {
    name: "pg",
    what: "central, sidecar and supervisor on real PostgreSQL processes",
    files: ["test/pg/*.pg.test.ts"],
    sideBySide: 2,
    longestSeconds: 240,
    secondChance: true,
    scratch: "memory",
    needs: ["postgres"],
  },
  {
    name: "chaos",
    what: "faults of every kind on clusters of real PostgreSQL, under load (docs/scenarios.md)",
    files: ["test/pg/chaos/*.pg.test.ts"],
    sideBySide: 2,
    longestSeconds: 600,
    secondChance: true,
    scratch: "memory",
    needs: ["postgres"],
  },
  {
    name: "kube",
    what: "Kubernetes behaviour, on microkube and on the cluster of PG_SWARM_TEST_KUBECONFIG",
    files: ["test/kube/*.kube.test.ts"],
    sideBySide: 2,
    longestSeconds: 600,
    secondChance: true,
    scratch: "disk",
    needs: ["postgres"],
  },
  {
    name: "deployed",
    what: "pg-swarm as deploy/ puts it onto the cluster of PG_SWARM_TEST_KUBECONFIG, which it has for itself",
    files: ["test/kube/deployed/*.kube.test.ts"],
    // It takes the API away from everybody.
    sideBySide: 1,
    longestSeconds: 600,
    secondChance: true,
    scratch: "disk",
    needs: ["postgres"],
  },
  {
    name: "e2e",
    what: "the whole product on microkube, by REST and in Chromium",
    files: ["test/e2e/**/*.e2e.ts"],
    sideBySide: 2,
    longestSeconds: 900,
    secondChance: true,
    scratch: "disk",
    needs: ["postgres", "chromium"],
  },
]

const usage = `usage: node scripts/test.ts [tier ...] [--list] [--no-install]
${tiers.map((tier) => `  ${tier.name.padEnd(10)} ${tier.what}`).join("\n")}
  --list        say what would run, run nothing
  --no-install  do not install missing packages (PostgreSQL server, Chromium) with apt`

const heading = (text: string): void => {
  console.log(`\n\u2500\u2500 ${text} ${"\u2500".repeat(Math.max(2, 76 - text.length))}`)
}

/** Somebody ended this run: what is left of it is not begun, and nothing is tried again. */
let interrupted = false

/** Runs it to its end, output passed on as it comes. */
const runShown = (
  command: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<number> =>
  new Promise((resolve, reject) => {
    const [program = "", ...rest] = command
    const child = spawn(program, rest, {
      cwd: root,
      stdio: ["ignore", "inherit", "inherit"],
      env: { ...process.env, ...environment },
    })
    const pass = (signal: NodeJS.Signals): void => {
      interrupted = true
      child.kill(signal)
    }
    process.once("SIGINT", pass)
    process.once("SIGTERM", pass)
    child.once("error", reject)
    child.once("close", (code) => {
      process.off("SIGINT", pass)
      process.off("SIGTERM", pass)
      resolve(code ?? 1)
    })
  })

async function runTier(
  tier: Tier,
  environment: Readonly<Record<string, string>>,
): Promise<Outcome> {
  const files = tier.files.flatMap((pattern) => globSync(pattern, { cwd: root })).toSorted()
  if (files.length === 0) return { kind: "left-out", why: "it has no tests yet" }
  heading(`${tier.name}: ${tier.what}`)
  const began = performance.now()
  await using scratch = await openScratch(tier.scratch)
  const counts =
    tier.name === "dashboard"
      ? await vitest(join(scratch.folder, "counts.json"))
      : await nodeTest(tier, files, scratch.folder, { ...environment, TMPDIR: scratch.folder })
  const strays = await scratch.endStrays()
  return { kind: "ran", counts, strays, seconds: (performance.now() - began) / 1000 }
}

async function nodeTest(
  tier: Tier,
  files: readonly string[],
  scratch: string,
  environment: Readonly<Record<string, string>>,
): Promise<Counts> {
  const first = await nodeTestOnce(
    tier,
    files,
    tier.sideBySide,
    join(scratch, "first"),
    environment,
  )
  const again = first.failedFiles
  if (first.failed === 0 || !tier.secondChance || again.length === 0 || interrupted) return first
  heading(`${tier.name}: once more, alone: ${again.length} files in which tests failed`)
  const second = await nodeTestOnce(tier, again, 1, join(scratch, "second"), environment)
  // Whoever ran nothing proved nothing.
  if (second.passed < first.failed) return first
  const mended = Math.max(0, first.failed - second.failed)
  return {
    ...second,
    files: first.files,
    passed: first.passed + mended,
    skipped: first.skipped,
    failures: [...first.failures, ...second.failures],
    unsteady: again.filter((file) => !second.failedFiles.includes(file)),
  }
}

async function nodeTestOnce(
  tier: Tier,
  files: readonly string[],
  sideBySide: number,
  output: string,
  environment: Readonly<Record<string, string>>,
): Promise<Counts> {
  const code = await runShown(
    [
      process.execPath,
      "--test",
      `--test-concurrency=${sideBySide}`,
      `--test-timeout=${tier.longestSeconds * 1000}`,
      "--test-reporter=spec",
      "--test-reporter-destination=stdout",
      "--test-reporter=./scripts/test-counts.ts",
      `--test-reporter-destination=${output}`,
      ...files,
    ],
    environment,
  )
  const counts = countsSchema.safeParse(await readJson(output))
  const sum = counts.success
    ? counts.data
    : { passed: 0, failed: 0, skipped: 0, failedFiles: [...files], failures: [], files: [] }
  // A runner that failed without a failed test (it was killed, a file did not load) has failed all the same.
  return { ...sum, unsteady: [], failed: code !== 0 && sum.failed === 0 ? 1 : sum.failed }
}

const vitestSchema = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  testResults: z.array(
    z.object({
      assertionResults: z.array(
        z.object({ fullName: z.string(), failureMessages: z.array(z.string()) }),
      ),
    }),
  ),
})

async function vitest(output: string): Promise<Counts> {
  const code = await runShown([
    process.execPath,
    "node_modules/vitest/vitest.mjs",
    "run",
    "--config=src/dashboard/vite.config.ts",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${output}`,
  ])
  const parsed = vitestSchema.safeParse(await readJson(output))
  const none = { failedFiles: [], failures: [], unsteady: [], files: [] }
  if (!parsed.success) return { ...none, passed: 0, failed: 1, skipped: 0 }
  const { numPassedTests: passed, numFailedTests, numPendingTests: skipped } = parsed.data
  const failed = code !== 0 ? Math.max(1, numFailedTests) : numFailedTests
  const failures = parsed.data.testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ failureMessages }) => failureMessages.length > 0)
    .map(({ fullName, failureMessages: [words = ""] }) => ({
      test: fullName,
      words: words.slice(0, wordsShown),
    }))
  return { ...none, passed, failed, skipped, failures }
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8"))
  } catch {
    return undefined
  }
}

const browsers = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
const findChromium = (): string | undefined =>
  [process.env["PG_SWARM_TEST_CHROMIUM"] ?? "", ...browsers].find((path) => existsSync(path))

type Provided = { readonly kind: "there" } | { readonly kind: "missing"; readonly why: string }

async function provide(
  what: string,
  isThere: () => Promise<boolean>,
  get: (() => Promise<Installed>) | undefined,
  command: string,
): Promise<Provided> {
  if (await isThere()) return { kind: "there" }
  if (get === undefined) return { kind: "missing", why: `no ${what} here; ${command}` }
  console.log(`installing ${what} with apt`)
  try {
    const got = await get()
    if (got.kind === "may-not")
      return { kind: "missing", why: `no ${what} here, and ${got.reason}; run: ${got.command}` }
    return (await isThere())
      ? { kind: "there" }
      : { kind: "missing", why: `${what} was installed and is still not found` }
  } catch (error) {
    return { kind: "missing", why: `${what} could not be installed: ${String(error)}` }
  }
}

async function provideAll(
  needs: ReadonlySet<Need>,
  mayInstall: boolean,
): Promise<Readonly<Record<Need, Provided>>> {
  const say = (line: string): void => console.log(`  ${line}`)
  const notAsked: Provided = { kind: "missing", why: "not looked for" }
  return {
    postgres: needs.has("postgres")
      ? await provide(
          "PostgreSQL server",
          async () => (await findServerBinaries({ path: process.env["PATH"] })).length > 0,
          mayInstall ? () => installPostgres(say) : undefined,
          installCommand(["postgresql"]),
        )
      : notAsked,
    chromium: needs.has("chromium")
      ? await provide(
          "Chromium",
          () => Promise.resolve(findChromium() !== undefined),
          mayInstall ? () => install([["chromium"]], say) : undefined,
          installCommand(["chromium"]),
        )
      : notAsked,
  }
}

async function main(words: readonly string[]): Promise<number> {
  const flags = words.filter((word) => word.startsWith("-"))
  const names = words.filter((word) => !word.startsWith("-"))
  const unknown = [
    ...flags.filter((flag) => !["--list", "--no-install", "--help"].includes(flag)),
    ...names.filter((name) => !tiers.some((tier) => tier.name === name)),
  ]
  if (unknown.length > 0 || flags.includes("--help")) {
    if (unknown.length > 0) console.error(`test: not known: ${unknown.join(", ")}`)
    console.log(usage)
    return unknown.length > 0 ? 2 : 0
  }
  const wanted = tiers.filter((tier) => names.length === 0 || names.includes(tier.name))
  if (flags.includes("--list")) {
    for (const tier of wanted) console.log(`${tier.name}: ${tier.files.join(" ")}`)
    return 0
  }
  return runAll(wanted, !flags.includes("--no-install"))
}

async function runAll(wanted: readonly Tier[], mayInstall: boolean): Promise<number> {
  const provided = await provideAll(new Set(wanted.flatMap((tier) => tier.needs)), mayInstall)
  const chromium = findChromium()
  const environment = {
    NODE_COMPILE_CACHE: compiled,
    ...(chromium === undefined ? {} : { PG_SWARM_TEST_CHROMIUM: chromium }),
  }
  const outcomes = new Map<string, Outcome>()
  for (const tier of wanted) {
    if (interrupted) {
      outcomes.set(tier.name, { kind: "left-out", why: "the run was ended before it" })
      continue
    }
    const missing = tier.needs.map((need) => provided[need]).find((one) => one.kind === "missing")
    outcomes.set(
      tier.name,
      missing === undefined
        ? await runTier(tier, environment)
        : { kind: "left-out", why: missing.why },
    )
  }
  return report(outcomes, wanted)
}

function report(outcomes: ReadonlyMap<string, Outcome>, wanted: readonly Tier[]): number {
  heading("what was run")
  const sum = { passed: 0, failed: 0, skipped: 0 }
  const leftOut: string[] = []
  const unsteady: string[] = []
  const left: string[] = []
  const failures: { readonly test: string; readonly words: string }[] = []
  for (const [name, outcome] of outcomes) {
    if (outcome.kind === "left-out") {
      console.log(`${name.padEnd(10)} LEFT OUT`)
      leftOut.push(`${name}: ${outcome.why}`)
      continue
    }
    const { passed, failed, skipped } = outcome.counts
    console.log(
      `${name.padEnd(10)} ${String(passed).padStart(5)} passed ${String(failed).padStart(4)} failed ${String(skipped).padStart(4)} skipped ${outcome.seconds.toFixed(0).padStart(5)} s`,
    )
    for (const { file, seconds } of outcome.counts.files
      .toSorted((a, b) => b.seconds - a.seconds)
      .slice(0, longestFilesShown))
      console.log(`  ${seconds.toFixed(0).padStart(5)} s  ${relative(root, file)}`)
    sum.passed += passed
    sum.failed += failed
    sum.skipped += skipped
    failures.push(...outcome.counts.failures)
    unsteady.push(...outcome.counts.unsteady)
    if (outcome.strays > 0) left.push(`${name}: ${outcome.strays}`)
  }
  const kubeconfig = process.env["PG_SWARM_TEST_KUBECONFIG"] ?? ""
  if (kubeconfig === "" && wanted.some(({ name }) => name === "kube" || name === "deployed"))
    leftOut.push(
      "a real Kubernetes: PG_SWARM_TEST_KUBECONFIG is not set; only microkube was tested",
    )
  for (const line of leftOut) console.log(`LEFT OUT  ${line}`)
  for (const file of unsteady)
    console.log(
      `UNSTEADY  ${relative(root, file)}: failed once, passed when it was run again, alone`,
    )
  for (const line of left) console.log(`LEFT RUNNING  ${line} processes outlived their tests`)
  for (const { test, words } of failures)
    console.log(`FAILED  ${test}\n${words.replaceAll(/^/gm, "    ")}`)
  console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`)
  return sum.failed > 0 || sum.passed === 0 ? 1 : 0
}

process.exitCode = await main(process.argv.slice(2))
