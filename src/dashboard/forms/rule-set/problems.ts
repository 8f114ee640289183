/** What is wrong with a set of rules, by the rule and its field. */
import type { Problem } from "#core/parsed.ts"

/** By the place of the rule, then by its field; the first sentence of each field. */
export function problemsByRule(
  problems: readonly Problem[],
): ReadonlyMap<number, ReadonlyMap<string, string>> {
  const found = new Map<number, Map<string, string>>()
  for (const { field, problem } of problems) {
    const at = /^(?:body\.)?set\.rules(?:\[(\d+)\]|\.(\d+))\.(.+)$/.exec(field)
    const [, bracket, dotted, name = ""] = at ?? []
    if (at === null) continue
    const place = Number(bracket ?? dotted)
    const ofRule = found.get(place) ?? new Map<string, string>()
    if (!ofRule.has(name)) ofRule.set(name, problem)
    found.set(place, ofRule)
  }
  return found
}
