/** A parameter of PostgreSQL as REST and the dashboard show it: what it takes, what it asks, what it is for. */
import { inForce, type Parameter, parameterOf } from "#core/cluster/catalog.ts"
import { wordsOf } from "#core/cluster/catalog-words.ts"
import type { PostgresMajor } from "#core/cluster/spec.ts"
import { type ParameterOrder, usualOrder } from "#core/rollout/impact.ts"
import type { ShownParameter } from "#wire/rest/parameters.ts"

/** What people decided about the parameter. */
type Ordered = {
  readonly order: ParameterOrder
  readonly actor: string
  readonly note: string
  readonly at: number
  readonly version: number
}

/** `ordered` is undefined where nobody decided anything. */
export function shownParameter(
  major: PostgresMajor,
  name: string,
  ordered: Ordered | undefined,
): ShownParameter {
  const known = parameterOf(major, name)
  const { actor, note, at } = ordered ?? {}
  const { category, about, standard } = wordsOf(major, name) ?? {}
  return {
    name,
    category: category ?? null,
    about: about ?? null,
    standard: standard ?? null,
    ...values(known),
    inForce: inForce(major, name),
    order: ordered?.order ?? usualOrder(major, name),
    ordered:
      actor === undefined || note === undefined || at === undefined
        ? null
        : { actor, note, at: new Date(at).toISOString() },
    version: ordered?.version ?? 0,
  }
}

function values(
  known: Parameter | undefined,
): Pick<ShownParameter, "type" | "unit" | "least" | "most" | "words"> {
  const nothing = { unit: null, least: null, most: null, words: [] }
  if (known === undefined) return { ...nothing, type: "unknown" }
  const { values: taken } = known
  switch (taken.kind) {
    case "bool":
    case "string":
      return { ...nothing, type: taken.kind }
    case "enum":
      return { ...nothing, type: "enum", words: [...taken.words] }
    case "number": {
      const { isWhole, unit, least, most } = taken
      return {
        type: isWhole ? "integer" : "real",
        unit: unit ?? null,
        least,
        most,
        words: [],
      }
    }
  }
}
