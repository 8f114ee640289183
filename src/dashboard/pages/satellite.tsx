/** One satellite: how it stands, what runs at its site, what happened there. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query"
import { getRouteApi } from "@tanstack/react-router"
import { Database } from "lucide-react"
import type { Satellite } from "#wire/rest/satellites.ts"
import { refusedStatus } from "../api/failure.ts"
import { clustersQuery, satelliteQuery } from "../api/queries.ts"
import { ClusterTable } from "../components/cluster-table.tsx"
import { Crumbs } from "../components/crumbs.tsx"
import { Labels } from "../components/labels.tsx"
import { LoadFailed } from "../components/load-failed.tsx"
import { More } from "../components/more.tsx"
import { Only } from "../components/only.tsx"
import { RecentEvents } from "../components/recent-events.tsx"
import { SatelliteActions } from "../components/satellite-actions.tsx"
import { IdentityTrouble } from "../components/satellite-identity.tsx"
import { LogLevelPanel } from "../components/log-level-panel.tsx"
import { SatelliteMirror } from "../components/satellite-mirror.tsx"
import { SatelliteStorage } from "../components/satellite-storage.tsx"
import { LastContact } from "../components/last-contact.tsx"
import { SatelliteBadge } from "../components/state-badge.tsx"
import { satelliteLook } from "../domain/words.ts"
import { Age } from "../ui/age.tsx"
import { ButtonLink } from "../ui/button.tsx"
import { Changed } from "../ui/changed.tsx"
import { CopyButton } from "../ui/copy-button.tsx"
import { Fact, Facts, PageHeader, Panel } from "../ui/panel.tsx"
import { Bone, Empty, LoadingRows } from "../ui/states.tsx"
import { useTitle } from "../ui/title.ts"
import { NotFound } from "./broken.tsx"

const route = getRouteApi("/signed-in/satellites/$id")

export function SatellitePage() {
  const { id } = route.useParams()
  const query = useQuery(satelliteQuery(id))
  useTitle(query.data?.name ?? "Satellite")
  // First of all: what is gone may still be in the cache.
  if (refusedStatus(query.error) === 404 || refusedStatus(query.error) === 400) return <NotFound />
  if (query.data !== undefined) return <SatelliteView satellite={query.data} key={id} />
  if (query.isPending) {
    return (
      <div role="status" aria-label="Loading the satellite">
        <Bone className="mb-6 h-7 w-64" />
        <Panel>
          <LoadingRows what="the satellite" rows={4} />
        </Panel>
      </div>
    )
  }
  return (
    <Panel>
      <LoadFailed
        what="The satellite"
        error={query.error}
        retry={query.refetch}
        retrying={query.isFetching}
      />
    </Panel>
  )
}

function SatelliteView({ satellite }: { readonly satellite: Satellite }) {
  const { word, meaning } = satelliteLook(satellite.state)
  return (
    <>
      <PageHeader
        above={<Crumbs to="/satellites" name="Satellites" />}
        title={
          <>
            {satellite.name}
            <Changed value={satellite.state}>
              <SatelliteBadge state={satellite.state} size="large" />
            </Changed>
          </>
        }
        lead={satellite.identity.revokedAt === null ? meaning : "Its identity is revoked."}
        actions={<SatelliteActions satellite={satellite} />}
      />
      <IdentityTrouble satellite={satellite} />
      <p role="status" className="sr-only">
        {satellite.name} is {word}.
      </p>
      <div className="flex flex-col gap-4">
        <Panel>
          <SatelliteFacts satellite={satellite} />
        </Panel>
        <SatelliteClusters satellite={satellite} />
        {satellite.state === "pending" || satellite.state === "rejected" ? null : (
          <>
            <SatelliteStorage satellite={satellite} />
            <SatelliteMirror satellite={satellite} key={satellite.version} />
            <LogLevelPanel of="satellite" id={satellite.id} name={satellite.name} />
          </>
        )}
        <RecentEvents of={{ satelliteId: satellite.id }} most={20} />
      </div>
    </>
  )
}

const SatelliteFacts = ({ satellite }: { readonly satellite: Satellite }) => (
  <Facts>
    <Fact name="Last contact">
      <LastContact satellite={satellite} />
    </Fact>
    <Fact name="Registered as">{satellite.site}</Fact>
    <Fact name="Kubernetes">{satellite.kubernetesVersion}</Fact>
    <Fact name="Satellite version">{satellite.satelliteVersion}</Fact>
    <Fact name="Registered">
      <Age at={satellite.registeredAt} />
    </Fact>
    <Fact name="Approved">
      {satellite.approvedAt === null ? (
        <span className="text-ink-3">not yet</span>
      ) : (
        <Age at={satellite.approvedAt} />
      )}
    </Fact>
    <Fact name="Token rotated">
      {satellite.identity.rotatedAt === null ? (
        <span className="text-ink-3">never</span>
      ) : (
        <Age at={satellite.identity.rotatedAt} />
      )}
    </Fact>
    <Fact name="Labels" wide>
      <Labels labels={satellite.labels} most={32} />
    </Fact>
    <Fact name="Id" wide>
      <span className="flex items-center gap-1">
        <code className="truncate font-mono text-xs">{satellite.id}</code>
        <CopyButton text={satellite.id} label="Copy the id" />
      </span>
    </Fact>
  </Facts>
)

function SatelliteClusters({ satellite }: { readonly satellite: Satellite }) {
  const list = useInfiniteQuery(clustersQuery({ satelliteId: satellite.id }))
  const clusters = list.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <Panel title="Clusters">
      {list.isPending ? (
        <LoadingRows what="clusters" rows={2} />
      ) : list.isError && clusters.length === 0 ? (
        <LoadFailed
          what="Its clusters"
          error={list.error}
          retry={list.refetch}
          retrying={list.isFetching}
        />
      ) : clusters.length === 0 ? (
        <Empty
          icon={Database}
          title="No cluster here"
          action={
            satellite.state === "pending" || satellite.state === "rejected" ? undefined : (
              <Only who="createRule">
                <ButtonLink to="/rules/new">Make a rule</ButtonLink>
              </Only>
            )
          }
        >
          {satellite.state === "pending"
            ? "Approve it first; then every rule that matches its labels puts a cluster here."
            : "No deployment rule matches its labels."}
        </Empty>
      ) : (
        <>
          <ClusterTable clusters={clusters} ofOneSatellite />
          <More
            shown={clusters.length}
            what="clusters"
            hasMore={list.hasNextPage}
            loading={list.isFetchingNextPage}
            failed={list.isFetchNextPageError}
            onMore={list.fetchNextPage}
          />
        </>
      )}
    </Panel>
  )
}
