/** What a cluster is, in name and value pairs. */
import type { Cluster } from "#wire/rest/clusters.ts"
import { versionStanding } from "../domain/cluster.ts"
import { durabilityLook } from "../domain/words.ts"
import { useStale } from "./observed.tsx"
import { ProfileVersionOf } from "./profile-version.tsx"
import { Age } from "../ui/age.tsx"
import { Changed } from "../ui/changed.tsx"
import { classNames } from "../ui/class-names.ts"
import { Fact, Facts } from "../ui/panel.tsx"
import { TextLink } from "../ui/text-link.tsx"

export function ClusterFacts({ cluster }: { readonly cluster: Cluster }) {
  const standing = versionStanding(cluster)
  const durability = durabilityLook(cluster.durability)
  // Who is primary, of which term, is as old as the report that says it.
  const reported = useStale(cluster.observedAt) ? "stale" : undefined
  return (
    <Facts>
      <Fact name="Primary">
        <Changed value={cluster.primary ?? "none"}>
          {cluster.primary === null ? (
            <span className="font-medium text-bad">none</span>
          ) : (
            <span className={classNames("font-mono text-xs leading-5 font-medium", reported)}>
              {cluster.primary}
            </span>
          )}
        </Changed>
      </Fact>
      <Fact name="Term">
        <Changed value={String(cluster.term)}>
          <span
            className={classNames("tnum", reported)}
            title="How often the primary's role has been given to another holder"
          >
            {cluster.term ?? "not known"}
          </span>
        </Changed>
      </Fact>
      <Fact name="Configuration">
        <span
          title={standing.meaning}
          className={classNames(standing.behind && "font-medium text-warn")}
        >
          {standing.text}
        </span>
      </Fact>
      <Fact name="Satellite">
        <TextLink to="/satellites/$id" params={{ id: cluster.satelliteId }}>
          {cluster.satelliteName}
        </TextLink>
      </Fact>
      <Fact name="Namespace">{cluster.namespace}</Fact>
      <Fact name="Profile">
        <TextLink to="/profiles/$id" params={{ id: cluster.profileId }}>
          {cluster.profileName}
        </TextLink>
      </Fact>
      <Fact name="Version of the profile">
        <ProfileVersionOf cluster={cluster} />
      </Fact>
      <Fact name="PostgreSQL">
        <span className="tnum">{cluster.postgresMajor}</span>
      </Fact>
      <Fact name="Members">
        <span className="tnum">{cluster.members}</span>
      </Fact>
      <Fact name="Durability">
        <span title={durability.meaning}>{durability.word}</span>
      </Fact>
      <Fact name="Created">
        <Age at={cluster.createdAt} />
      </Fact>
      <Fact name="Created by">{cluster.ruleId === null ? "by hand" : "a deployment rule"}</Fact>
      <Fact name="Changes">{cluster.paused ? "paused" : "applied as they come"}</Fact>
    </Facts>
  )
}
