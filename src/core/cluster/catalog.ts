/**
 * What PostgreSQL itself would say about a parameter: whether it knows the name and takes the value. A
 * server that meets a wrong one does not start, on every member at once; so it is said before.
 */
import { catalogTable } from "#core/cluster/catalog-table.ts"
import type { PostgresMajor } from "#core/cluster/spec.ts"

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

type Parameter = {
  readonly from: number
  readonly until: number
  readonly values: Values
}

const noEnd = 99

function parseRow(row: string): readonly [string, Parameter] {
  const [name = "", majors = "", type = "", ...rest] = row.split(" ")
  const [from = "", until = ""] = majors.split("-")
  const values = valuesOf(type, rest)
  return [name, { from: Number(from), until: until === "" ? noEnd : Number(until), values }]
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

const catalog: ReadonlyMap<string, Parameter> = new Map(
  catalogTable.trim().split("\n").map(parseRow),
)

/** What is wrong with `name = value` on this major; undefined when PostgreSQL would take it. */
export function parameterProblem(
  major: PostgresMajor,
  name: string,
  value: string,
): string | undefined {
  // With a dot it belongs to an extension, which alone knows its parameters.
  if (name.includes(".")) return undefined
  const known = catalog.get(name.toLowerCase())
  if (known === undefined) {
    const near = nearest(name.toLowerCase())
    const hint = near === undefined ? "" : `; did you mean ${near}?`
    return `PostgreSQL has no parameter of this name${hint}`
  }
  if (major < known.from) return `comes with PostgreSQL ${known.from}; this is ${major}`
  if (major > known.until) return `went with PostgreSQL ${known.until + 1}; this is ${major}`
  return valueProblem(known.values, value.trim())
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

function numberProblem(
  { isWhole, least, most, unit }: Extract<Values, { readonly kind: "number" }>,
  value: string,
): string | undefined {
  const found = /^([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|0x[0-9A-Fa-f]+)\s*([A-Za-z]+)?$/.exec(
    value,
  )
  const written = found?.[2]
  const family = unit === undefined ? undefined : unit in sizes ? sizes : times
  const units = Object.keys(family ?? {}).filter((name) => name !== "8kB")
  const example = unit === undefined ? "" : ` with a unit of ${units.join(", ")}`
  if (found === null) return `expected a number${example}, not ${value}`
  let count = Number(found[1])
  if (written !== undefined) {
    const [factor, base] = [family?.[written], family?.[unit ?? ""]]
    if (factor === undefined || base === undefined || written === "8kB")
      return unit === undefined
        ? `is a plain number; ${written} is no part of it`
        : `${written} is none of its units: ${units.join(", ")}`
    count = (count * factor) / base
  }
  // PostgreSQL rounds a fraction to the nearest whole.
  if (isWhole) count = Math.round(count)
  if (count >= least && count <= most) return undefined
  const per = unit === undefined ? "" : ` (in ${unit})`
  return `expected ${least} to ${most}${per}, not ${value}`
}

/** The name that is at most two letters away, if any. */
function nearest(name: string): string | undefined {
  let best: { readonly name: string; readonly distance: number } | undefined
  for (const known of catalog.keys()) {
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
