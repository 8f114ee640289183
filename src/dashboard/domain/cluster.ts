/** What can be said about a cluster from its report, for the pages that show it. */
import type { InstanceRole } from "#core/cluster/state.ts"
import type { Cluster, Instance } from "#wire/rest/clusters.ts"
import { changeLook, currentChange } from "./change.ts"

export const membersReady = (cluster: Cluster): number =>
  cluster.instances.filter((instance) => instance.ready).length

export type VersionStanding = {
  readonly text: string
  readonly behind: boolean
  readonly meaning: string
}

/** Desired against applied configuration, in words. */
export function versionStanding(cluster: Cluster): VersionStanding {
  const { desiredVersion, appliedVersion, applyProblem } = cluster
  if (applyProblem !== null) {
    return { text: `v${desiredVersion} refused`, behind: true, meaning: applyProblem }
  }
  if (appliedVersion === null) {
    return {
      text: `v${desiredVersion} sent`,
      behind: true,
      meaning: "The site has not applied a configuration yet.",
    }
  }
  if (appliedVersion === desiredVersion) {
    const change = currentChange(cluster)
    return change === undefined
      ? {
          text: `v${desiredVersion} applied`,
          behind: false,
          meaning: "The site has written what was asked for.",
        }
      : {
          text: `v${desiredVersion} ${changeLook(change.state).word.toLowerCase()}`,
          behind: change.state !== "done",
          meaning: change.reason ?? changeLook(change.state).meaning,
        }
  }
  return {
    text: `v${appliedVersion}, v${desiredVersion} wanted`,
    behind: true,
    meaning: "The site has yet to apply the newest configuration.",
  }
}

/**
 * The role to show. A member that froze or was cut off still says primary in its last report, after
 * another one has been elected: that is a claim, and two primaries must never be drawn.
 */
export type ShownRole = InstanceRole | "claims-primary"

export const shownRole = (cluster: Cluster, { role, pod }: Instance): ShownRole =>
  role === "primary" && cluster.primary !== null && cluster.primary !== pod
    ? "claims-primary"
    : role

export type Member = Instance & { readonly shown: ShownRole }

/** Primary first, then by ordinal, so that rows move only when roles do. */
export const membersOf = (cluster: Cluster): readonly Member[] =>
  cluster.instances
    .map((instance) => ({ ...instance, shown: shownRole(cluster, instance) }))
    .toSorted(
      (a, b) =>
        Number(b.shown === "primary") - Number(a.shown === "primary") ||
        a.pod.localeCompare(b.pod, "en", { numeric: true }),
    )

export type DiskUse = {
  readonly data: number
  readonly wal: number
  /** What is used on the volume and neither data nor WAL. */
  readonly other: number
  readonly total: number
}

/** How the volume is filled; undefined while the total is not known. */
export function diskUse(instance: Instance): DiskUse | undefined {
  const { dataBytes, walBytes, diskTotalBytes, diskFreeBytes } = instance
  if (diskTotalBytes === null || diskTotalBytes <= 0) return undefined
  const data = dataBytes ?? 0
  const wal = walBytes ?? 0
  const used = diskFreeBytes === null ? data + wal : diskTotalBytes - diskFreeBytes
  return { data, wal, other: Math.max(0, used - data - wal), total: diskTotalBytes }
}
