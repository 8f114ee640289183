/**
 * Builds what ships: one file per program (`dist/<program>.js`, with its source map and, in `dist/meta`,
 * what went into it) and the dashboard (`dist/dashboard`). What is fresh is left alone, so that a second
 * start of the demo does not wait for it.
 *
 *   node scripts/build.ts [--force] [program ... | dashboard]
 */
import { createHash } from "node:crypto"
import { existsSync } from "node:fs"
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises"
import { join, relative } from "node:path"
import { build as bundle, type Metafile } from "esbuild"
import * as z from "zod"
import { type Program, programs, unwelcome } from "./bundle-allow.ts"

const root = join(import.meta.dirname, "..")
const dist = join(root, "dist")
const meta = join(dist, "meta")

type Target = Program | "dashboard"
const targets: readonly Target[] = [...programs, "dashboard"]

/** What a target was made of: path from the root -> hash of the content. Equal maps mean fresh. */
type Stamp = Readonly<Record<string, string>>
const stampSchema = z
  .string()
  .transform((text): unknown => JSON.parse(text))
  .pipe(z.record(z.string(), z.string()))

/** These decide about every target, whatever else it is made of. */
const always = ["package-lock.json", "tsconfig.base.json", "scripts/build.ts"]
/** The dashboard is built by Vite, which does not say what it read; it may import only these. */
const dashboardSources = ["src/dashboard", "src/core", "src/wire"]

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() && !entry.name.includes(".test."))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
}

async function stampOf(paths: readonly string[]): Promise<Stamp> {
  const stamped = await Promise.all(
    [...new Set(paths)].toSorted().map(async (path): Promise<readonly [string, string]> => {
      const content = await readFile(join(root, path)).catch(() => undefined)
      const hash = createHash("sha256")
        .update(content ?? "gone")
        .digest("hex")
      return [path, hash]
    }),
  )
  return Object.fromEntries(stamped)
}

const stampFile = (target: Target): string => join(meta, `${target}.stamp.json`)

async function isFresh(target: Target): Promise<boolean> {
  const made = target === "dashboard" ? join(dist, "dashboard/index.html") : `${dist}/${target}.js`
  if (!existsSync(made) || !existsSync(stampFile(target))) return false
  const before = await readFile(stampFile(target), "utf8")
  const paths =
    target === "dashboard" ? await sourcesOfDashboard() : Object.keys(stampSchema.parse(before))
  return JSON.stringify(await stampOf(paths)) === before
}

const sourcesOfDashboard = async (): Promise<readonly string[]> => [
  ...always,
  ...(await Promise.all(dashboardSources.map(filesBelow))).flat(),
]

/** Programs that are no folder of their own: they are started by another that lies beside them. */
const besides: Partial<Record<Program, string>> = {
  "kubeconfig-reader": "src/io/kube/kubeconfig-reader.ts",
  "log-sandbox": "src/central/sandbox/worker.ts",
}

const entryOf = (program: Program): string => besides[program] ?? `src/${program}/main.ts`

/** Packages that these drivers would load if they were there, and work without. */
const optional = ["pg-native", "bufferutil", "utf-8-validate"]

async function buildProgram(program: Program): Promise<void> {
  const { metafile, outputFiles } = await bundle({
    absWorkingDir: root,
    entryPoints: [entryOf(program)],
    outfile: `dist/${program}.js`,
    bundle: true,
    platform: "node",
    target: "node24",
    format: "esm",
    external: optional,
    sourcemap: "external",
    sourcesContent: false,
    metafile: true,
    write: false,
    legalComments: "none",
    logLevel: "warning",
    minifySyntax: true,
    minifyWhitespace: true,
    // CommonJS packages inside an ES module still call `require` for Node's own modules.
    banner: {
      js: 'import{createRequire as requireFrom}from"node:module";const require=requireFrom(import.meta.url);',
    },
  })
  const problems = unwelcome(program, metafile)
  if (problems.length > 0) throw new Error(problems.join("\n"))
  for (const { path, contents } of outputFiles) await replace(path, contents)
  await replace(join(meta, `${program}.json`), JSON.stringify(metafile))
  await replace(stampFile(program), JSON.stringify(await stampOf(inputsOf(metafile))))
}

const inputsOf = (metafile: Metafile): readonly string[] => [
  ...always,
  // Packages are covered by the lock file.
  ...Object.keys(metafile.inputs).filter((path) => !path.includes("node_modules/")),
]

/** Whoever reads the file meanwhile (a demo that starts, another build) sees the old or the new one, whole. */
async function replace(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.${process.pid}`
  await writeFile(temporary, content)
  await rename(temporary, path)
}

async function buildDashboard(): Promise<void> {
  const stamp = JSON.stringify(await stampOf(await sourcesOfDashboard()))
  const { build } = await import("vite")
  const made = join(dist, `dashboard.${process.pid}`)
  await build({
    configFile: join(root, "src/dashboard/vite.config.ts"),
    root: join(root, "src/dashboard"),
    logLevel: "warn",
    // One chunk of this size is right for an application that people keep open all day.
    build: { outDir: made, emptyOutDir: true, chunkSizeWarningLimit: 2_000 },
  })
  await rm(join(dist, "dashboard"), { recursive: true, force: true })
  await rename(made, join(dist, "dashboard"))
  await replace(stampFile("dashboard"), stamp)
}

/** Builds what is asked for and not fresh; says which that were. */
export async function build(
  wanted: readonly Target[],
  options: { readonly force: boolean },
): Promise<readonly Target[]> {
  await mkdir(meta, { recursive: true })
  const built: Target[] = []
  for (const target of wanted) {
    if (!options.force && (await isFresh(target))) continue
    if (target === "dashboard") await buildDashboard()
    else await buildProgram(target)
    built.push(target)
  }
  return built
}

async function main(words: readonly string[]): Promise<number> {
  const names = words.filter((word) => word !== "--force")
  const unknown = names.filter((name) => !targets.some((target) => target === name))
  if (unknown.length > 0) {
    console.error(`build: ${unknown.join(", ")}: not one of ${targets.join(", ")} or --force`)
    return 2
  }
  const wanted = targets.filter((target) => names.length === 0 || names.includes(target))
  const force = words.includes("--force")
  for (const target of wanted) {
    const began = performance.now()
    const [built] = await build([target], { force })
    const took = `${((performance.now() - began) / 1000).toFixed(1)} s`
    console.log(`${target.padEnd(10)} ${built === undefined ? "fresh" : "built"}  ${took}`)
  }
  return 0
}

if (import.meta.main)
  try {
    process.exitCode = await main(process.argv.slice(2))
  } catch (error) {
    // What esbuild and Vite found is on the screen already, with its place.
    console.error(`build failed: ${error instanceof Error ? error.message : String(error)}`)
    process.exitCode = 1
  }
