/** What can be said about a parameter of PostgreSQL in a line, for those who choose values. */
import type { ShownParameter } from "#wire/rest/parameters.ts"
import { effectLook, type Look } from "./words.ts"

/** What a change of it asks of a cluster, by the table of parameters. */
export function orderLook({ order, inForce }: ShownParameter): Look {
  if (order === "reload" && inForce !== "restart")
    return effectLook(inForce === "reload" ? "reload" : inForce)
  return effectLook(order)
}

/** What it takes: `64 to 1073741823 kB`, `on or off`, `off, on or auto`. */
export function rangeText({ type, least, most, unit, words }: ShownParameter): string {
  switch (type) {
    case "bool":
      return "on or off"
    case "enum":
      return words.length < 3
        ? words.join(" or ")
        : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`
    case "integer":
    case "real":
      return `${spanOf(least, most)}${unit === null ? "" : `, counted in ${unit}`}`
    case "string":
      return "text"
    case "unknown":
      return "whatever its extension takes"
  }
}

/** Beyond this a bound says only that there is none. */
const boundless = 1e15

function spanOf(least: number | null, most: number | null): string {
  const from = least === null || least < -boundless ? undefined : numberText(least)
  const to = most === null || most > boundless ? undefined : numberText(most)
  if (from === undefined) return to === undefined ? "any number" : `${to} or less`
  return to === undefined ? `${from} or more` : `${from} to ${to}`
}

const numberText = (value: number): string =>
  value.toLocaleString("en-GB", { maximumFractionDigits: 6 })

/** Words that the value is one of, where it is: for a list instead of a field. */
export const choicesOf = ({ type, words }: ShownParameter): readonly string[] | undefined =>
  type === "bool" ? ["on", "off"] : type === "enum" ? words : undefined

export type CategoryGroup = {
  readonly category: string
  readonly parameters: readonly ShownParameter[]
}

const extensions = "Extensions"

/** In PostgreSQL's own grouping, each in the order of names. */
export function byCategory(parameters: Iterable<ShownParameter>): readonly CategoryGroup[] {
  const groups = Map.groupBy(parameters, ({ category }) => category ?? extensions)
  return [...groups]
    .map(([category, members]) => ({ category, parameters: members }))
    .toSorted((a, b) => a.category.localeCompare(b.category, "en"))
}

/** Those whose name or words have every word of the search; names first. */
export function searchParameters(
  parameters: Iterable<ShownParameter>,
  text: string,
): readonly ShownParameter[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  const inName = ({ name }: ShownParameter): boolean => words.every((word) => name.includes(word))
  return [...parameters]
    .filter((each) => {
      const all = `${each.name} ${each.about ?? ""} ${each.category ?? ""}`.toLowerCase()
      return words.every((word) => all.includes(word))
    })
    .toSorted((a, b) => Number(inName(b)) - Number(inName(a)) || a.name.localeCompare(b.name, "en"))
}
