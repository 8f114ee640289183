/** What a change is expected to ask of the members, from the config that was last in force. */
import type { ClusterSpec } from "#core/cluster/spec.ts"
import { parameterField } from "#core/rollout/diff.ts"
import { impactOf, strategies, type Strategy, usualOrder } from "#core/rollout/impact.ts"
import type { Problem } from "#core/parsed.ts"

export type Expectation = {
  readonly strategy: Strategy
  readonly together: boolean
  readonly replaces: boolean
  /** Somebody asked for it, or people ordered a restart for what changes, which PostgreSQL itself would reload: no server says that it waits. */
  readonly restarts: boolean
  /** What no running cluster takes. */
  readonly problems: readonly Problem[]
}

export function expectationOf(before: ClusterSpec | undefined, spec: ClusterSpec): Expectation {
  if (before === undefined)
    return { strategy: "none", together: false, replaces: false, restarts: false, problems: [] }
  const { strategy, changes } = impactOf(before, spec, spec.parameterOrders)
  const asked = askedRestart(before, spec)
  return {
    strategy: stronger(strategy, asked),
    together: asked === "full-restart" || changes.some(({ effect }) => effect === "full-restart"),
    replaces: changes.some(({ effect }) => effect === "new-pod"),
    restarts:
      asked !== undefined ||
      changes.some(({ field, effect }) => {
        const name = field.startsWith(parameterField) ? field.slice(parameterField.length) : ""
        return (
          (effect === "restart" || effect === "full-restart") &&
          spec.parameterOrders?.has(name) === true &&
          usualOrder(spec.postgres.major, name) === "reload"
        )
      }),
    problems: changes.flatMap(({ field, effect, why }) =>
      effect === "immutable"
        ? [{ field, problem: `cannot change on a running cluster: ${why ?? ""}` }]
        : [],
    ),
  }
}

/** What a person asked for beside the change; undefined where the last one asked for was done. */
function askedRestart(before: ClusterSpec, spec: ClusterSpec): Strategy | undefined {
  if (spec.restart === undefined || spec.restart.nonce === before.restart?.nonce) return undefined
  if (spec.members === 1) return "restart"
  return spec.restart.full ? "full-restart" : "sequential-restart"
}

/** The table of strategies is ordered by strength. */
const stronger = (one: Strategy, other: Strategy | undefined): Strategy =>
  other !== undefined && strategies.indexOf(other) > strategies.indexOf(one) ? other : one
