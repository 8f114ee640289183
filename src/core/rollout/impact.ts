/**
 * What it means for a cluster to go from one spec to another: which fields a running member takes over,
 * which need a restart, in which order, and which cannot be changed. An expectation, made before anything
 * is done; `pending_restart` at the site confirms or corrects it.
 */
import { inForce, isSameValue } from "#core/cluster/catalog.ts"
import { parametersOf } from "#core/cluster/parameters.ts"
import type { PostgresMajor, ProfileSpec } from "#core/cluster/spec.ts"
import { type Change, diffSpecs, parameterField } from "#core/rollout/diff.ts"
import { type Pass, restartPasses } from "#core/rollout/passes.ts"

/**
 * What one change asks of a cluster. `none`: the server sees no difference. `new-connections`: those that
 * are open keep the old value. `new-pod`: the member's pod is replaced. `unknown`: a parameter of an
 * extension, of which the server says after a reload whether it waits for a restart. `grow`: volumes become
 * larger where they are, if the site's StorageClass lets them.
 */
export const effects = [
  "none",
  "reload",
  "new-connections",
  "unknown",
  "grow",
  "scale",
  "restart",
  "new-pod",
  "full-restart",
  "immutable",
] as const
export type Effect = (typeof effects)[number]

/** What the changes together ask of the cluster: the strongest of them. */
export const strategies = [
  "none",
  "reload",
  "grow",
  "scale",
  "restart",
  "sequential-restart",
  "full-restart",
  "immutable",
] as const
export type Strategy = (typeof strategies)[number]

/** What people decided about parameters of one major, by name in lower case: stronger than what the catalog says. */
export const parameterOrders = ["reload", "restart", "full-restart"] as const
export type ParameterOrder = (typeof parameterOrders)[number]
export type ParameterOrders = ReadonlyMap<string, ParameterOrder>

/** From where to where, and by which orders. */
type Step = {
  readonly from: ProfileSpec
  readonly to: ProfileSpec
  readonly orders: ParameterOrders
}

export type ImpactChange = Change & {
  readonly effect: Effect
  /** `derived`: the profile does not name it, pg-swarm sets it by what it does name. */
  readonly cause: "profile" | "derived"
  /** Why, where the effect alone does not say it. */
  readonly why: string | undefined
}

export type Impact = {
  readonly strategy: Strategy
  /** One sentence for a person. */
  readonly summary: string
  readonly changes: readonly ImpactChange[]
  readonly scale: { readonly from: number; readonly to: number } | undefined
  /** Rounds of restarts, in their order; none where nothing restarts. */
  readonly passes: readonly Pass[]
}

/** What it means for a cluster that runs `from` to go to `to`. */
export function impactOf(
  from: ProfileSpec,
  to: ProfileSpec,
  orders: ParameterOrders = new Map(),
): Impact {
  const step: Step = { from, to, orders }
  const written = diffSpecs(from, to)
  const changes = [...written.map((change) => judged(change, step)), ...derived(written, step)]
  const scale = from.members === to.members ? undefined : { from: from.members, to: to.members }
  const strategy = strategyOf(changes, from.members)
  const passes =
    strategy === "restart" || strategy === "sequential-restart" || strategy === "full-restart"
      ? restartPasses(from, to, {
          parameters: changes.flatMap(({ field, effect }) =>
            (effect === "restart" || effect === "full-restart") && field.startsWith(parameterField)
              ? [field.slice(parameterField.length)]
              : [],
          ),
          hasNewPods: changes.some(({ effect }) => effect === "new-pod"),
          isTogether: strategy === "full-restart",
        })
      : []
  return {
    strategy,
    summary: summaryOf(strategy, scale, passes, from.members),
    changes,
    scale,
    passes,
  }
}

/** Parameters that the profile does not name and that change with what it does name. */
function derived(written: readonly Change[], step: Step): readonly ImpactChange[] {
  const { from, to } = step
  const [before, after] = [parametersOf(from), parametersOf(to)]
  const named = new Set(written.map(({ field }) => field))
  return [...new Set([...before.keys(), ...after.keys()])]
    .toSorted()
    .map((name) => ({
      field: `${parameterField}${name}`,
      from: before.get(name),
      to: after.get(name),
    }))
    .filter((change) => !named.has(change.field))
    .map((change): ImpactChange => ({ ...judged(change, step), cause: "derived" }))
    .filter(({ effect }) => effect !== "none")
}

function judged(change: Change, step: Step): ImpactChange {
  const { field } = change
  const told = (effect: Effect, why?: string): ImpactChange => ({
    ...change,
    effect,
    cause: "profile",
    why,
  })
  if (field.startsWith(parameterField)) {
    const { effect, why } = parameterEffect(field.slice(parameterField.length), step)
    return told(effect, why)
  }
  if (field.startsWith("data.") || field.startsWith("wal.")) {
    const { effect, why } = volumeEffect(change)
    return told(effect, why)
  }
  if (field === "postgres.major")
    return told(
      "immutable",
      "a new major version reads no data directory of an old one: make a new cluster and move the data",
    )
  if (field === "postgres.uid")
    return told("immutable", "the files of a cluster that is there belong to its present user")
  if (field === "postgres.variant")
    return told(
      "none",
      "the image says what changes; with another C library text sorts otherwise, and indexes on it must be rebuilt",
    )
  if (field === "postgres.minor") return told("none", "the image says what changes")
  if (field === "postgres.image" || field.startsWith("resources."))
    return told("new-pod", "each member's pod is replaced")
  if (field === "members") return told("scale")
  if (field === "databases")
    return told("none", "a cluster gets those that it never had; what it has stays its own")
  return told("reload")
}

function volumeEffect({ field, from, to }: Change): {
  readonly effect: Effect
  readonly why: string
} {
  if (!field.endsWith(".sizeBytes") || typeof from !== "number" || typeof to !== "number")
    return {
      effect: "immutable",
      why: "class and number of a running cluster's volumes stay as they were",
    }
  if (to < from) return { effect: "immutable", why: "a volume cannot become smaller" }
  return {
    effect: "grow",
    why: "volumes grow where the site's StorageClass allows it; the site waits where it does not",
  }
}

/** Restarting members one by one would leave some that cannot take over from the others. */
const together: ReadonlyMap<string, string> = new Map([
  [
    "wal_level",
    "what the WAL holds changes for everybody at one point: all members stop, the same primary comes back",
  ],
])

function parameterEffect(
  name: string,
  { from, to, orders }: Step,
): { readonly effect: Effect; readonly why?: string } {
  const { major } = to.postgres
  const [was, is] = [parametersOf(from).get(name), parametersOf(to).get(name)]
  if (was === is || (was !== undefined && is !== undefined && isSameValue(major, name, was, is)))
    return { effect: "none", why: "the server sees no difference" }
  const ordered = orders.get(name)
  if (ordered !== undefined)
    return { effect: ordered, why: "by the table of parameters, which people edit" }
  const reason = together.get(name)
  if (reason !== undefined) return { effect: "full-restart", why: reason }
  const effect = inForce(major, name)
  switch (effect) {
    case "reload":
      return { effect }
    case "restart":
      return { effect, why: "PostgreSQL reads it at start only" }
    case "new-connections":
      return { effect, why: "connections that are open keep the old value" }
    case "unknown":
      return {
        effect,
        why: "belongs to an extension: reloaded, and the server says whether it waits for a restart",
      }
  }
}

function strategyOf(changes: readonly ImpactChange[], members: number): Strategy {
  const found = new Set(changes.map(({ effect }) => effect))
  if (found.has("immutable")) return "immutable"
  const restarts = found.has("restart") || found.has("new-pod")
  if (members === 1 && (restarts || found.has("full-restart"))) return "restart"
  if (found.has("full-restart")) return "full-restart"
  if (restarts) return "sequential-restart"
  if (found.has("scale")) return "scale"
  if (found.has("grow")) return "grow"
  return changes.some(({ effect }) => effect !== "none") ? "reload" : "none"
}

function summaryOf(
  strategy: Strategy,
  scale: Impact["scale"],
  passes: readonly Pass[],
  members: number,
): string {
  const scaled = scale === undefined ? "" : `; ${scale.from} members become ${scale.to}`
  switch (strategy) {
    case "none":
      return "nothing changes for the cluster"
    case "reload":
      return "taken over while running; nothing restarts"
    case "grow":
      return "volumes grow while the cluster runs; nothing restarts"
    case "scale":
      return `nothing that runs restarts${scaled}`
    case "restart":
      return `the only member restarts: clients are cut off until it is back${scaled}`
    case "sequential-restart":
      return `${members} members restart one after another${
        passes.length > 1 ? `, in ${passes.length} rounds` : ""
      }, ${
        passes.some(({ order }) => order === "primary-first")
          ? "the primary in its place where a value is lowered"
          : "standbys first; then the primary hands over"
      }${scaled}`
    case "full-restart":
      return `all ${members} members stop and start: clients are cut off until the primary is back${scaled}`
    case "immutable":
      return "cannot be applied to a cluster that is there"
  }
}

/** What a change of `name` asks of a cluster on this major where nobody ordered otherwise. */
export function usualOrder(major: PostgresMajor, name: string): ParameterOrder {
  if (together.has(name.toLowerCase())) return "full-restart"
  return inForce(major, name) === "restart" ? "restart" : "reload"
}

/** Why people cannot order this: PostgreSQL itself would not do it. Undefined when they can. */
export const orderProblem = (
  major: PostgresMajor,
  name: string,
  order: ParameterOrder,
): string | undefined =>
  order === "reload" && inForce(major, name) === "restart"
    ? `PostgreSQL ${major} reads ${name} at start only: a reload would change nothing`
    : undefined
