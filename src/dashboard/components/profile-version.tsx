/** The version of its profile that a cluster is on, and the way to the newest where it is behind. */
import type { Cluster } from "#wire/rest/clusters.ts"
import { TextLink } from "../ui/text-link.tsx"

export function ProfileVersionOf({ cluster }: { readonly cluster: Cluster }) {
  const { specVersion, newestSpecVersion } = cluster
  const behind = newestSpecVersion - specVersion
  return (
    <span className="tnum">
      {specVersion}
      {behind <= 0 ? (
        <span className="text-ink-3"> newest</span>
      ) : (
        <>
          <span className="text-ink-3">, </span>
          <TextLink
            to="/rollouts/new"
            params={{}}
            search={{
              profileId: cluster.profileId,
              to: newestSpecVersion,
              clusterId: cluster.id,
            }}
            className="relative z-1 text-warn"
          >
            {behind} behind
          </TextLink>
        </>
      )}
    </span>
  )
}
