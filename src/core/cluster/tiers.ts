/**
 * From storage tiers to StorageClasses. A profile names a tier; each site has its own mapping, and the
 * choice is made there, once, when the cluster's volumes are first made: Kubernetes changes no class of a
 * volume that exists, so a mapping that changes later decides about other clusters only.
 */
import type { ClusterSpec, VolumeSpec } from "#core/cluster/spec.ts"
import type { SiteSettings } from "#core/fleet/settings.ts"

export const volumeNames = ["data", "wal"] as const
export type VolumeName = (typeof volumeNames)[number]

/** The classes that the volumes of a StatefulSet were made with; undefined where it names none. */
export type MadeWith = Readonly<Partial<Record<VolumeName, string | undefined>>>

export type Resolved =
  | { readonly kind: "resolved"; readonly spec: ClusterSpec }
  /** Nothing may be made yet; why, and what a person can do about it. */
  | { readonly kind: "waiting"; readonly reasons: readonly string[] }

/** Replaces tiers by the classes that they mean on this site. `made` is undefined for a cluster without volumes. */
export function resolveTiers(
  spec: ClusterSpec,
  settings: Pick<SiteSettings, "satelliteName" | "tiers">,
  made: MadeWith | undefined,
): Resolved {
  const reasons: string[] = []
  const resolve = (name: VolumeName, volume: VolumeSpec): VolumeSpec => {
    const { tier, ...rest } = volume
    if (tier === undefined) return volume
    if (made !== undefined && name in made) return { ...rest, storageClass: made[name] }
    const mapped = settings.tiers[tier]
    if (mapped === undefined) reasons.push(unmapped(tier, name, settings.satelliteName))
    return { ...rest, storageClass: mapped }
  }
  const data = resolve("data", spec.data)
  const wal = spec.wal === undefined ? undefined : resolve("wal", spec.wal)
  return reasons.length > 0
    ? { kind: "waiting", reasons }
    : { kind: "resolved", spec: { ...spec, data, wal } }
}

const unmapped = (tier: string, volume: VolumeName, satellite: string): string =>
  `storage tier ${tier}, which the ${volume} volume is on, is mapped to no StorageClass of satellite ${satellite}: map it on the satellite's page`

/** Said when the class that a volume shall be made with is not there. */
export const classMissing = (
  storageClass: string,
  tier: string | undefined,
  satellite: string,
): string =>
  tier === undefined
    ? `StorageClass ${storageClass} does not exist on satellite ${satellite}: make it there, or name another in the profile`
    : `StorageClass ${storageClass}, which storage tier ${tier} is mapped to, does not exist on satellite ${satellite}: make it there, or map the tier to another on the satellite's page`
