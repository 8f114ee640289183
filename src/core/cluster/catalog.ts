/**
 * What PostgreSQL itself would say about a parameter: whether it knows the name and takes the value, and
 * what must happen before a new value is in force. A server that meets a wrong one does not start, on
 * every member at once; so it is said before.
 */
import { assert } from "#core/assert.ts"
import { catalogRead } from "#core/cluster/catalog-read.ts"
import { type PostgresMajor, postgresMajors } from "#core/cluster/spec.ts"

type Values =
  | { readonly kind: "bool" }
  | { readonly kind: "string" }
  | { readonly kind: "enum"; readonly words: readonly string[] }
  | {
      readonly kind: "number"
      readonly isWhole: boolean
      readonly least: number
      readonly most: number
      /** What a number without a unit counts, e.g. `8kB` or `ms`; undefined for plain numbers. */
      readonly unit: string | undefined
    }

/** `pg_settings.context`, of those that a file can set. */
const contexts = [
  "postmaster",
  "sighup",
  "superuser-backend",
  "backend",
  "superuser",
  "user",
] as const
export type Context = (typeof contexts)[number]

export type Parameter = {
  readonly context: Context
  readonly values: Values
}

type Row = { readonly name: string; readonly majors: readonly number[] } & Parameter

function parseRow(row: string): Row {
  const [name = "", majors = "", text = "", type = "", ...rest] = row.split(" ")
  const context = contexts.find((one) => one === text)
  assert(context !== undefined, `the catalog's row of ${name} has a context`)
  return { name, majors: majors.split(",").map(Number), context, values: valuesOf(type, rest) }
}

function valuesOf(type: string, rest: readonly string[]): Values {
  const [first = "", second = "", unit] = rest
  switch (type) {
    case "bool":
      return { kind: "bool" }
    case "enum":
      // `repeatable read` is one word of its enum.
      return { kind: "enum", words: rest.join(" ").split(",") }
    case "integer":
    case "real": {
      const [least, most] = [Number(first), Number(second)]
      return { kind: "number", isWhole: type === "integer", least, most, unit }
    }
    default:
      return { kind: "string" }
  }
}

type Catalog = ReadonlyMap<string, Parameter>

const rows: readonly Row[] = catalogRead.trim().split("\n").map(parseRow)

const catalogs: ReadonlyMap<PostgresMajor, Catalog> = new Map(
  postgresMajors.map((major) => [
    major,
    new Map(rows.filter(({ majors }) => majors.includes(major)).map((row) => [row.name, row])),
  ]),
)

/** Parameters of widely used extensions that are read at server start only, by the extensions' documentation. */
const extensionsAtStart: ReadonlySet<string> = new Set([
  "cron.database_name",
  "cron.host",
  "cron.max_running_jobs",
  "pg_prewarm.autoprewarm",
  "pg_stat_statements.max",
  "timescaledb.max_background_workers",
])

/** What is known of `name` on this major; an extension's parameter (with a dot) is not. */
export const parameterOf = (major: PostgresMajor, name: string): Parameter | undefined =>
  catalogs.get(major)?.get(name.toLowerCase())

/** Every parameter of this major that a profile may set, by name. */
export const parameterNames = (major: PostgresMajor): readonly string[] =>
  [...(catalogs.get(major)?.keys() ?? [])].toSorted()

/** Every name that some major knows. */
const names: readonly string[] = [
  ...new Set([...catalogs.values()].flatMap((catalog) => [...catalog.keys()])),
]

/** What is wrong with `name = value` on this major; undefined when PostgreSQL would take it. */
export function parameterProblem(
  major: PostgresMajor,
  name: string,
  value: string,
): string | undefined {
  // With a dot it belongs to an extension, which alone knows its parameters.
  if (name.includes(".")) return undefined
  const known = parameterOf(major, name)
  return known === undefined
    ? nameProblem(major, name.toLowerCase())
    : valueProblem(known.values, value.trim())
}

function nameProblem(major: PostgresMajor, name: string): string {
  const having = postgresMajors.filter((one) => catalogs.get(one)?.has(name) === true)
  const [first, last] = [having[0], having.at(-1)]
  if (first !== undefined && major < first)
    return `comes with PostgreSQL ${first}; this is ${major}`
  if (last !== undefined && major > last)
    return `went with PostgreSQL ${last + 1}; this is ${major}`
  const near = nearest(name)
  const hint = near === undefined ? "" : `; did you mean ${near}?`
  return `PostgreSQL has no parameter of this name${hint}`
}

/** When a new value is in force: at once, for connections made from then on, or after a restart. */
export type InForce = "reload" | "new-connections" | "restart" | "unknown"

/** By the catalog. `unknown` is an extension's parameter: the server says it when it has read the value. */
export function inForce(major: PostgresMajor, name: string): InForce {
  const known = parameterOf(major, name)
  if (known === undefined) return extensionsAtStart.has(name.toLowerCase()) ? "restart" : "unknown"
  switch (known.context) {
    case "postmaster":
      return "restart"
    case "backend":
    case "superuser-backend":
      return "new-connections"
    case "sighup":
    case "superuser":
    case "user":
      return "reload"
  }
}

/** Whether a server of this major would see no difference: `128MB` and `131072kB`, `on` and `true`. */
export function isSameValue(major: PostgresMajor, name: string, a: string, b: string): boolean {
  if (a === b) return true
  const known = parameterOf(major, name)
  return known !== undefined && plain(known.values, a) === plain(known.values, b)
}

/** The value in one spelling. */
function plain(values: Values, value: string): string {
  const text = value.trim()
  switch (values.kind) {
    case "string":
      return value
    case "bool":
      return String(boolOf(text) ?? text)
    case "enum":
      return values.words.includes("on") && isTruth(text)
        ? String(boolOf(text))
        : text.toLowerCase()
    case "number":
      return String(countOf(values, text) ?? text)
  }
}

const boolOf = (text: string): boolean | undefined =>
  isTruth(text)
    ? ["on", "true", "yes", "1"].some((word) => word.startsWith(text.toLowerCase()))
    : undefined

/** The number in the parameter's own unit; undefined for what is none. */
export function numberOf(major: PostgresMajor, name: string, value: string): number | undefined {
  const known = parameterOf(major, name)
  return known?.values.kind === "number" ? countOf(known.values, value.trim()) : undefined
}

/** Bytes of a parameter that is a size; undefined for what is none, or is no number. */
export function bytesOf(major: PostgresMajor, name: string, value: string): number | undefined {
  const known = parameterOf(major, name)
  if (known?.values.kind !== "number") return undefined
  const factor = sizes[known.values.unit ?? ""]
  const count = countOf(known.values, value.trim())
  return factor === undefined || count === undefined ? undefined : count * factor
}

const truth = ["on", "off", "true", "false", "yes", "no", "1", "0"]

/** PostgreSQL takes any beginning of these words that is clear. */
const isTruth = (value: string): boolean =>
  value !== "" && value !== "o" && truth.some((word) => word.startsWith(value.toLowerCase()))

function valueProblem(values: Values, value: string): string | undefined {
  switch (values.kind) {
    case "string":
      return undefined
    case "bool":
      return isTruth(value) ? undefined : `expected on or off, not ${value}`
    case "enum": {
      const { words } = values
      if (words.includes(value.toLowerCase())) return undefined
      if (words.includes("on") && isTruth(value)) return undefined
      return `expected one of ${words.join(", ")}, not ${value}`
    }
    case "number":
      return numberProblem(values, value)
  }
}

/** Sizes in bytes and times in microseconds: both have units that must not be mixed. */
const sizes: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1024,
  "8kB": 8192,
  MB: 1024 ** 2,
  GB: 1024 ** 3,
  TB: 1024 ** 4,
}
const times: Readonly<Record<string, number>> = {
  us: 1,
  ms: 1e3,
  s: 1e6,
  min: 60e6,
  h: 3600e6,
  d: 86_400e6,
}

type Numbers = Extract<Values, { readonly kind: "number" }>

const numberShape = /^([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|0x[0-9A-Fa-f]+)\s*([A-Za-z]+)?$/

const familyOf = (unit: string | undefined): Readonly<Record<string, number>> | undefined =>
  unit === undefined ? undefined : unit in sizes ? sizes : times

/** The number in the parameter's own unit, rounded as PostgreSQL does. */
function countOf({ isWhole, unit }: Numbers, value: string): number | undefined {
  const found = numberShape.exec(value)
  if (found === null) return undefined
  let count = Number(found[1])
  const written = found[2]
  if (written !== undefined) {
    const family = familyOf(unit)
    const [factor, base] = [family?.[written], family?.[unit ?? ""]]
    if (factor === undefined || base === undefined || written === "8kB") return undefined
    count = (count * factor) / base
  }
  return isWhole ? Math.round(count) : count
}

function numberProblem(values: Numbers, value: string): string | undefined {
  const { least, most, unit } = values
  const units = Object.keys(familyOf(unit) ?? {}).filter((name) => name !== "8kB")
  const example = unit === undefined ? "" : ` with a unit of ${units.join(", ")}`
  const found = numberShape.exec(value)
  if (found === null) return `expected a number${example}, not ${value}`
  const count = countOf(values, value)
  if (count === undefined)
    return unit === undefined
      ? `is a plain number; ${found[2]} is no part of it`
      : `${found[2]} is none of its units: ${units.join(", ")}`
  if (count >= least && count <= most) return undefined
  const per = unit === undefined ? "" : ` (in ${unit})`
  return `expected ${least} to ${most}${per}, not ${value}`
}

/** The name that is at most two letters away, if any. */
function nearest(name: string): string | undefined {
  let best: { readonly name: string; readonly distance: number } | undefined
  for (const known of names) {
    if (Math.abs(known.length - name.length) > 2) continue
    const distance = letters(name, known)
    if (distance <= 2 && distance < (best?.distance ?? 3)) best = { name: known, distance }
  }
  return best?.name
}

/** Levenshtein's distance. */
function letters(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
