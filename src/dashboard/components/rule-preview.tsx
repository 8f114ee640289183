/** What a rule would do, found by the same pure function that central places clusters with. */
import { useQuery } from "@tanstack/react-query"
import { CircleCheck, TriangleAlert } from "lucide-react"
import { type DeploymentRule, matches, place } from "#core/rollout/match.ts"
import { ruleId, satelliteId } from "#core/ids.ts"
import { call } from "../api/client.ts"
import { allSatellitesQuery, keys } from "../api/queries.ts"
import { countText } from "../ui/format.ts"
import { Notice } from "../ui/notice.tsx"
import { Panel } from "../ui/panel.tsx"
import { Bone } from "../ui/states.tsx"
import { Labels } from "./labels.tsx"
import { SatelliteBadge } from "./state-badge.tsx"
import { LoadFailed } from "./load-failed.tsx"

type Props = {
  /** Undefined while what is typed is no set of labels. */
  readonly selector: Readonly<Record<string, string>> | undefined
  readonly clusterName: string
  readonly namespace: string
}

const most = 12

export function RulePreview({ selector, clusterName, namespace }: Props) {
  const all = useQuery(allSatellitesQuery)
  const held = useQuery({
    queryKey: [...keys.allSatellites, "holding", clusterName],
    queryFn: ({ signal }) =>
      call("listClusters", { query: { search: clusterName, limit: 200 } }, signal),
    enabled: clusterName !== "",
  })
  if (all.isPending) {
    return (
      <Panel title="What it would do" className="p-0">
        <div className="flex flex-col gap-3 p-4">
          <Bone className="w-40" />
          <Bone className="w-56" />
        </div>
      </Panel>
    )
  }
  if (all.isError) {
    return (
      <Panel title="What it would do">
        <LoadFailed
          what="The satellites"
          error={all.error}
          retry={all.refetch}
          retrying={all.isFetching}
        />
      </Panel>
    )
  }
  const rule: DeploymentRule = {
    id: ruleId("preview"),
    name: "this rule",
    profileId: "",
    selector: selector ?? {},
    clusterName,
    namespace,
  }
  const approved = all.data.items.filter(({ state }) => state !== "pending" && state !== "rejected")
  const site = (satellite: { id: string; name: string; labels: Record<string, string> }) => ({
    id: satelliteId(satellite.id),
    name: satellite.name,
    labels: satellite.labels,
  })
  const matching = approved.filter((satellite) => matches(rule, site(satellite)))
  const waiting = all.data.items.filter(
    (satellite) => satellite.state === "pending" && matches(rule, site(satellite)),
  )
  const taken = (held.data?.items ?? []).map((cluster) => ({
    satelliteId: satelliteId(cluster.satelliteId),
    namespace: cluster.namespace,
    name: cluster.name,
    ruleId: cluster.ruleId ?? undefined,
    deleting: cluster.state === "deleting",
  }))
  const { conflicts } = place([rule], approved.map(site), taken, [])
  if (selector === undefined) {
    return (
      <Panel title="What it would do">
        <p className="p-4 text-sm text-ink-2">The labels are not complete yet.</p>
      </Panel>
    )
  }
  return (
    <Panel title="What it would do">
      <p role="status" className="flex items-center gap-2 px-4 pt-3 text-sm">
        {matching.length === 0 ? (
          <TriangleAlert aria-hidden className="size-4 text-warn" />
        ) : (
          <CircleCheck aria-hidden className="size-4 text-good" />
        )}
        <span>
          <span className="font-semibold">{matching.length}</span> of{" "}
          {countText(approved.length, "approved satellite")} match
          {matching.length === 1 ? "es" : ""} now.
        </span>
      </p>
      {conflicts.map(({ site: { id }, reason }) => (
        <Notice key={id} tone="bad" className="mx-4 mt-3">
          {reason[0]?.toUpperCase()}
          {reason.slice(1)}.
        </Notice>
      ))}
      <ul className="mt-2 divide-y divide-line">
        {matching.slice(0, most).map((satellite) => (
          <li key={satellite.id} className="flex flex-col gap-1 px-4 py-2.5 text-sm">
            <span className="flex items-center justify-between gap-2">
              <span className="truncate font-medium">{satellite.name}</span>
              <SatelliteBadge state={satellite.state} />
            </span>
            <Labels labels={satellite.labels} most={4} />
          </li>
        ))}
      </ul>
      <div className="flex flex-col gap-1 px-4 pt-1 pb-3 text-xs text-ink-3">
        {matching.length > most ? <p>And {matching.length - most} more.</p> : null}
        {waiting.length > 0 ? (
          <p>{countText(waiting.length, "waiting satellite")} would follow once approved.</p>
        ) : null}
        {all.data.more ? (
          <p>The fleet is larger than this preview looks at; central places on all of it.</p>
        ) : null}
      </div>
    </Panel>
  )
}
