/** What a site should do with one cluster, and how that changes when central speaks. */
import { lacksVerifiers } from "#core/cluster/databases.ts"
import type { ClusterSpec } from "#core/cluster/spec.ts"
import type { ClusterId, ClusterName, ConfigVersion, Namespace } from "#core/ids.ts"
import type { Problem } from "#core/parsed.ts"

export type Desired =
  | { readonly kind: "wanted"; readonly spec: ClusterSpec }
  /** Remembered until nothing of it is left. */
  | {
      readonly kind: "deleting"
      readonly id: ClusterId
      readonly name: ClusterName
      readonly namespace: Namespace
      readonly version: ConfigVersion
    }

export const desiredId = (desired: Desired): ClusterId =>
  desired.kind === "wanted" ? desired.spec.id : desired.id

export const desiredPlace = (
  desired: Desired,
): { readonly namespace: Namespace; readonly name: ClusterName; readonly version: ConfigVersion } =>
  desired.kind === "wanted" ? desired.spec : desired

export type Offered =
  | { readonly kind: "taken"; readonly desired: Desired }
  /** Older than, or the same as, what is held. */
  | { readonly kind: "known" }
  /** A deleted cluster does not come back under its id. */
  | { readonly kind: "deleting" }
  | { readonly kind: "refused"; readonly problems: readonly Problem[] }

/** What a config from central means, given all that is held. Versions never go backwards. */
export function offer(held: ReadonlyMap<ClusterId, Desired>, spec: ClusterSpec): Offered {
  const known = held.get(spec.id)
  if (known?.kind === "deleting") return { kind: "deleting" }
  if (known !== undefined && known.spec.version >= spec.version && !completes(known.spec, spec))
    return { kind: "known" }
  if (known !== undefined && placeOf(known.spec) !== placeOf(spec))
    return refused("name", "a cluster keeps its name and namespace; create another cluster instead")
  for (const other of held.values())
    if (desiredId(other) !== spec.id && placeOf(desiredPlace(other)) === placeOf(spec))
      return refused(
        "name",
        `${placeOf(spec)} belongs to cluster ${desiredId(other)} on this site${
          other.kind === "deleting" ? ", which is still being deleted" : ""
        }`,
      )
  return { kind: "taken", desired: { kind: "wanted", spec } }
}

/** What the site keeps is without secrets: one that restarted takes the same version again, for them. */
const completes = (held: ClusterSpec, spec: ClusterSpec): boolean =>
  held.version === spec.version && lacksVerifiers(held.databases) && !lacksVerifiers(spec.databases)

/**
 * Why an order to delete is not obeyed. Protection is a word of central too: it ends with a newer version of
 * the config, which whoever orders must know. So an old order, or one that nobody decided, deletes nothing.
 */
export function whyKept(
  known: Desired | undefined,
  decidedAbout: ConfigVersion | undefined,
): string | undefined {
  if (known?.kind !== "wanted" || known.spec.deletionProtected !== true) return undefined
  const { version } = known.spec
  if (decidedAbout !== undefined && decidedAbout > version) return undefined
  return `it is protected from deletion since version ${version} or before, and the order knows no newer one`
}

const refused = (field: string, problem: string): Offered => ({
  kind: "refused",
  problems: [{ field, problem }],
})

const placeOf = (at: { readonly namespace: Namespace; readonly name: ClusterName }): string =>
  `${at.namespace}/${at.name}`
