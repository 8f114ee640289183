/** One cluster: how it stands, why, its members and what happened to it. All of it moves by itself. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query"
import { getRouteApi } from "@tanstack/react-router"
import { ArrowRightLeft, Trash2 } from "lucide-react"
import { useState } from "react"
import type { Cluster } from "#wire/rest/clusters.ts"
import { refusedStatus } from "../api/failure.ts"
import { clusterQuery, profileQuery, roleChangesQuery } from "../api/queries.ts"
import { useOperations } from "../components/cluster-operations.ts"
import { ClusterFacts } from "../components/cluster-facts.tsx"
import { ConnectPanel } from "../components/connect-panel.tsx"
import { Crumbs } from "../components/crumbs.tsx"
import { DatabasePanel } from "../components/database-panel.tsx"
import { EmergencyMenu, PersonAsked } from "../components/emergency.tsx"
import { HaltedChange } from "../components/halted-change.tsx"
import { InstanceTable } from "../components/instance-table.tsx"
import { LoadFailed } from "../components/load-failed.tsx"
import { LogLevelPanel } from "../components/log-level-panel.tsx"
import { NewerImage } from "../components/newer-image.tsx"
import { Observed, useStale } from "../components/observed.tsx"
import { OperationList } from "../components/operation-list.tsx"
import { RecentEvents } from "../components/recent-events.tsx"
import { Only } from "../components/only.tsx"
import { PauseButton } from "../components/pause.tsx"
import { ProtectionButton } from "../components/protection.tsx"
import { ReplicationMap } from "../components/replication-map.tsx"
import { RoleChanges } from "../components/role-changes.tsx"
import { ClusterBadge } from "../components/state-badge.tsx"
import { OperationPanel } from "../components/operation-panel.tsx"
import type { Operation } from "#wire/rest/operations.ts"
import { whyNoSwitchover } from "../domain/candidates.ts"
import { operationKind } from "../domain/operations.ts"
import { membersReady } from "../domain/cluster.ts"
import { type Expected, expectedGap } from "../domain/operations.ts"
import { clusterLook } from "../domain/words.ts"
import type { EmergencyDeed } from "../domain/emergency.ts"
import { DeleteCluster } from "../forms/delete-cluster.tsx"
import { Fence, Unfence } from "../forms/fence.tsx"
import { Promote } from "../forms/promote.tsx"
import { PauseCluster } from "../forms/pause-cluster.tsx"
import { Switchover } from "../forms/switchover.tsx"
import { Button } from "../ui/button.tsx"
import { classNames } from "../ui/class-names.ts"
import { Changed } from "../ui/changed.tsx"
import { Notice } from "../ui/notice.tsx"
import { PageHeader, Panel } from "../ui/panel.tsx"
import { Bone, LoadingRows } from "../ui/states.tsx"
import { useTitle } from "../ui/title.ts"
import { NotFound } from "./broken.tsx"

const route = getRouteApi("/signed-in/clusters/$id")

export function ClusterPage() {
  const { id } = route.useParams()
  const query = useQuery(clusterQuery(id))
  useTitle(query.data?.name ?? "Cluster")
  // First of all: what is gone may still be in the cache.
  if (refusedStatus(query.error) === 404 || refusedStatus(query.error) === 400) return <NotFound />
  if (query.data !== undefined) return <ClusterView cluster={query.data} key={id} />
  if (query.isPending) return <LoadingView />
  return (
    <Panel>
      <LoadFailed
        what="The cluster"
        error={query.error}
        retry={query.refetch}
        retrying={query.isFetching}
      />
    </Panel>
  )
}

type Deed = "switchover" | "pause" | "delete" | EmergencyDeed

function ClusterView({ cluster }: { readonly cluster: Cluster }) {
  const [open, setOpen] = useState<Deed>()
  const operations = useOperations(cluster.id)
  const history = useInfiniteQuery(roleChangesQuery(cluster.id))
  const changes = history.data?.pages.flatMap(({ items }) => items) ?? []
  const { word } = clusterLook(cluster.state)
  const stale = useStale(cluster.observedAt)
  return (
    <>
      <PageHeader
        above={<Crumbs to="/clusters" name="Clusters" />}
        title={
          <>
            {cluster.name}
            <Changed value={cluster.state}>
              <span className={classNames(stale && "stale")}>
                <ClusterBadge state={cluster.state} size="large" />
              </span>
            </Changed>
          </>
        }
        lead={cluster.reason === "" ? undefined : cluster.reason}
        actions={
          cluster.state === "deleting" ? null : (
            <>
              <SwitchoverButton
                cluster={cluster}
                running={operations.running}
                onPress={() => setOpen("switchover")}
              />
              <EmergencyMenu
                cluster={cluster}
                running={operations.emergency !== undefined}
                onChoose={setOpen}
              />
              <PauseButton cluster={cluster} onPause={() => setOpen("pause")} />
              <ProtectionButton cluster={cluster} />
              <DeleteButton cluster={cluster} onPress={() => setOpen("delete")} />
            </>
          )
        }
      />
      <p role="status" className="sr-only">
        {cluster.name} is {word}. {cluster.reason}
      </p>
      <PersonAsked
        cluster={cluster}
        running={operations.emergency !== undefined}
        onChoose={setOpen}
      />
      {cluster.applyProblem === null ? null : (
        <Notice tone="bad" className="mb-4">
          <span className="font-medium">The site refused version {cluster.desiredVersion}:</span>{" "}
          {cluster.applyProblem}
        </Notice>
      )}
      <ItsNewerImage cluster={cluster} />
      <div className="flex flex-col gap-4">
        <HaltedChange cluster={cluster} />
        {operations.watched === undefined ? null : (
          <OperationPanel
            operation={operations.watched}
            changes={changes}
            onDismiss={operations.dismiss}
          />
        )}
        <Panel>
          <ClusterFacts cluster={cluster} />
        </Panel>
        <Panel
          title="Instances"
          aside={
            <span className="flex items-center gap-3 text-sm text-ink-2">
              <span className="tnum">
                {membersReady(cluster)} of {cluster.members} ready
              </span>
              <span>
                <span className="text-ink-3">as of</span> <Observed at={cluster.observedAt} />
              </span>
            </span>
          }
        >
          {cluster.instances.length === 0 ? (
            <p className="px-4 py-8 text-center text-sm text-ink-2">
              The site has not reported any instance yet. They appear here as their sidecars come
              up.
            </p>
          ) : (
            <>
              <ReplicationMap cluster={cluster} />
              <InstanceTable cluster={cluster} />
            </>
          )}
        </Panel>
        <DatabasePanel cluster={cluster} />
        <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_22rem]">
          <div className="flex min-w-0 flex-col gap-4">
            <RoleChanges clusterId={cluster.id} />
            <RecentEvents of={{ clusterId: cluster.id }} most={20} />
          </div>
          <div className="flex min-w-0 flex-col gap-4">
            <OperationList {...operations} />
            <ConnectPanel cluster={cluster} />
            {cluster.state === "deleting" ? null : (
              <LogLevelPanel of="cluster" id={cluster.id} name={cluster.name} />
            )}
          </div>
        </div>
      </div>
      <Asked
        what={open}
        cluster={cluster}
        expected={expectedGap(operations.operations ?? [], changes)}
        onClose={() => setOpen(undefined)}
      />
    </>
  )
}

type AskedProps = {
  readonly what: Deed | undefined
  readonly cluster: Cluster
  readonly expected: Expected | undefined
  readonly onClose: () => void
}

/** The dialog of the deed that was chosen. */
function Asked({ what, expected, ...props }: AskedProps) {
  switch (what) {
    case undefined:
      return null
    case "delete":
      return <DeleteCluster {...props} />
    case "pause":
      return <PauseCluster {...props} />
    case "fence":
      return <Fence {...props} />
    case "unfence":
      return <Unfence {...props} />
    case "promote":
      return <Promote {...props} />
    case "switchover":
      return <Switchover {...props} expected={expected} />
  }
}

function ItsNewerImage({ cluster }: { readonly cluster: Cluster }) {
  const { data } = useQuery(profileQuery(cluster.profileId))
  return data === undefined || cluster.state === "deleting" ? null : (
    <NewerImage profile={data} className="mb-4" />
  )
}

type DeleteButtonProps = { readonly cluster: Cluster; readonly onPress: () => void }

const DeleteButton = ({ cluster, onPress }: DeleteButtonProps) => (
  <Only who="deleteCluster">
    <span
      title={cluster.deletionProtected ? "Protected: take off the protection first" : undefined}
    >
      <Button kind="danger" isDisabled={cluster.deletionProtected} onPress={onPress}>
        <Trash2 aria-hidden className="size-3.5" />
        Delete
      </Button>
    </span>
  </Only>
)

type SwitchoverButtonProps = {
  readonly cluster: Cluster
  readonly running: Operation | undefined
  readonly onPress: () => void
}

function SwitchoverButton({ cluster, running, onPress }: SwitchoverButtonProps) {
  const why =
    running === undefined
      ? whyNoSwitchover(cluster)
      : `a ${operationKind(running.kind).toLowerCase()} is running`
  return (
    <Only who="startSwitchover">
      <span title={why === undefined ? undefined : `Not now: ${why}.`}>
        <Button
          isDisabled={why !== undefined}
          onPress={onPress}
          {...(why === undefined ? {} : { "aria-label": `Switchover, not now: ${why}` })}
        >
          <ArrowRightLeft aria-hidden className="size-3.5" />
          Switchover
        </Button>
      </span>
    </Only>
  )
}

const LoadingView = () => (
  <div role="status" aria-label="Loading the cluster">
    <Bone className="mb-3 h-7 w-64" />
    <Bone className="mb-6 w-96 max-w-full" />
    <Panel>
      <LoadingRows what="the cluster" rows={5} />
    </Panel>
  </div>
)
