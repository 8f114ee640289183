/** An impact as REST and the dashboard show it: absence is null there, and lists are copies. */
import type { Change, Value } from "#core/rollout/diff.ts"
import type { Impact, ImpactChange } from "#core/rollout/impact.ts"
import type { ShownChange, ShownImpact } from "#wire/rest/profile-versions.ts"

export const shownImpact = (impact: Impact): ShownImpact => ({
  strategy: impact.strategy,
  summary: impact.summary,
  scale: impact.scale ?? null,
  passes: impact.passes.map(({ order, parameters }) => ({ order, parameters: [...parameters] })),
  changes: impact.changes.map(shownChange),
})

export const shownChange = (change: ImpactChange): ShownChange => ({
  field: change.field,
  from: shownValue(change.from),
  to: shownValue(change.to),
  effect: change.effect,
  cause: change.cause,
  why: change.why ?? null,
})

function shownValue(value: Change["from"]): ShownChange["from"] {
  if (value === undefined) return null
  if (typeof value !== "object") return value
  if (isList(value)) return [...value]
  return { ...value, severities: [...value.severities], command: value.command ?? null }
}

const isList = (value: Value): value is readonly (string | number)[] => Array.isArray(value)
