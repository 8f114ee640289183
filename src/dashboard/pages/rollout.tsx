/** One rollout as it moves: its stages with their gates, and every cluster with how it stands. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query"
import { getRouteApi, useNavigate } from "@tanstack/react-router"
import { createColumnHelper } from "@tanstack/react-table"
import { DoorClosed, DoorOpen } from "lucide-react"
import type { Rollout, RolloutCluster } from "#wire/rest/rollouts.ts"
import { refusedStatus } from "../api/failure.ts"
import { rolloutClustersQuery, rolloutQuery } from "../api/rollout-queries.ts"
import { Crumbs } from "../components/crumbs.tsx"
import { LoadFailed } from "../components/load-failed.tsx"
import { PagedTable } from "../components/paged.tsx"
import { RolloutActions } from "../components/rollout/actions.tsx"
import { RolloutProgress } from "../components/rollout/progress.tsx"
import { StrategyBadge } from "../components/strategy.tsx"
import { entryCounts, entryLook, rolloutLook, shareText } from "../domain/rollouts.ts"
import { When } from "../ui/age.tsx"
import { Badge, ToneWord } from "../ui/badge.tsx"
import { classNames } from "../ui/class-names.ts"
import { capitalised, countText, spanText } from "../ui/format.ts"
import { Fact, Facts, PageHeader, Panel } from "../ui/panel.tsx"
import { Segments } from "../ui/segments.tsx"
import { LoadingRows } from "../ui/states.tsx"
import type { Columns, Features } from "../ui/table.tsx"
import { TextLink } from "../ui/text-link.tsx"
import { useTitle } from "../ui/title.ts"
import { NotFound } from "./broken.tsx"

const route = getRouteApi("/signed-in/rollouts/$id")

export function RolloutPage() {
  const { id } = route.useParams()
  const query = useQuery(rolloutQuery(id))
  useTitle(query.data === undefined ? "Rollout" : `Rollout of ${query.data.profileName}`)
  if (refusedStatus(query.error) === 404 || refusedStatus(query.error) === 400) return <NotFound />
  if (query.data !== undefined) return <RolloutView rollout={query.data} />
  return (
    <Panel>
      {query.isPending ? (
        <LoadingRows what="the rollout" />
      ) : (
        <LoadFailed
          what="The rollout"
          error={query.error}
          retry={query.refetch}
          retrying={query.isFetching}
        />
      )}
    </Panel>
  )
}

function RolloutView({ rollout }: { readonly rollout: Rollout }) {
  const { word, tone, meaning } = rolloutLook(rollout.state)
  return (
    <>
      <PageHeader
        above={<Crumbs to="/rollouts" name="Rollouts" />}
        title={
          <>
            {rollout.profileName} to version {rollout.specVersion}
            <Badge tone={tone} title={meaning} size="large">
              {word}
            </Badge>
          </>
        }
        lead={
          <span role="status">{rollout.reason === "" ? meaning : capitalised(rollout.reason)}</span>
        }
        actions={<RolloutActions rollout={rollout} />}
      />
      <div className="flex flex-col gap-4">
        <Panel>
          <Facts>
            <Fact name="Profile">
              <TextLink to="/profiles/$id" params={{ id: rollout.profileId }}>
                {rollout.profileName}
              </TextLink>
            </Fact>
            <Fact name="Approved by">{rollout.actor}</Fact>
            <Fact name="Begun">
              <When at={rollout.createdAt} />
            </Fact>
            <Fact name={rollout.endedAt === null ? "In this state since" : "Ended"}>
              <When at={rollout.endedAt ?? rollout.changedAt} />
            </Fact>
            <Fact name="Halts with">{countText(rollout.haltAfter, "failed cluster")}</Fact>
            <Fact name="Then what was changed">
              {rollout.onHalt === "stay" ? "stays, a person decides" : "is rolled back"}
            </Fact>
            {rollout.note === "" ? null : (
              <Fact name="Why" wide>
                {rollout.note}
              </Fact>
            )}
          </Facts>
          <div className="border-t border-line p-4">
            <RolloutProgress counts={rollout.counts} total={rollout.clusterCount} />
          </div>
        </Panel>
        <Panel title="Stages">
          <ol className="divide-y divide-line">
            {rollout.stages.map((stage, at) => (
              <StageRow key={stage.name} rollout={rollout} at={at} />
            ))}
          </ol>
        </Panel>
        <RolloutClusters rollout={rollout} />
      </div>
    </>
  )
}

function StageRow({ rollout, at }: { readonly rollout: Rollout; readonly at: number }) {
  const stage = rollout.stages[at]
  if (stage === undefined) return null
  const isNow = at === rollout.stage
  const waits = rollout.gate === at
  return (
    <li
      aria-current={isNow ? "step" : undefined}
      className={classNames(
        "grid items-center gap-x-6 gap-y-2 px-4 py-3 md:grid-cols-[minmax(0,18rem)_minmax(0,1fr)_14rem]",
        isNow && "bg-accent-soft/40",
      )}
    >
      <div className="min-w-0">
        <p className="text-sm font-medium">
          <span className="tnum mr-2 text-ink-3">{at + 1}</span>
          {stage.name}
        </p>
        <p className="text-xs break-words text-ink-3">{shareText(stage.share)}</p>
      </div>
      <RolloutProgress counts={stage.counts} total={stage.clusterCount} />
      <div className="text-xs text-ink-2">
        <p>
          {stage.maxParallel} at a time, {spanText(stage.bakeSeconds * 1000)} healthy each
        </p>
        {stage.gate ? (
          <p className={classNames("flex items-center gap-1", waits && "font-medium text-warn")}>
            {stage.gatePassedBy === null ? (
              <DoorClosed aria-hidden className="size-3.5" />
            ) : (
              <DoorOpen aria-hidden className="size-3.5" />
            )}
            {stage.gatePassedBy === null
              ? waits
                ? "waits for a person at its gate"
                : "has a gate"
              : `gate passed by ${stage.gatePassedBy}`}
          </p>
        ) : null}
      </div>
    </li>
  )
}

const column = createColumnHelper<Features, RolloutCluster>()

const columnsOf = (rollout: Rollout): Columns<RolloutCluster> =>
  column.columns([
    column.display({
      id: "name",
      header: "Cluster",
      meta: { names: true },
      cell: ({ row: { original: cluster } }) => (
        <span className="flex min-w-0 flex-col">
          <TextLink to="/clusters/$id" params={{ id: cluster.clusterId }} className="font-medium">
            {cluster.name}
          </TextLink>
          <span className="text-xs text-ink-3">on {cluster.satelliteName}</span>
        </span>
      ),
    }),
    column.display({
      id: "state",
      header: "State",
      meta: { corner: true },
      cell: ({ row: { original: cluster } }) => {
        const { word, tone, meaning } = entryLook(cluster.state)
        return (
          <ToneWord tone={tone} title={meaning}>
            {word}
          </ToneWord>
        )
      },
    }),
    column.display({
      id: "stage",
      header: "Stage",
      cell: ({ row: { original: cluster } }) => <>{rollout.stages[cluster.stage]?.name}</>,
    }),
    column.display({
      id: "how",
      header: "How",
      cell: ({ row: { original: cluster } }) =>
        cluster.strategy === null ? null : <StrategyBadge strategy={cluster.strategy} />,
    }),
    column.display({
      id: "why",
      header: "Why",
      cell: ({ row: { original: cluster } }) =>
        cluster.reason === "" ? (
          <span aria-hidden className="text-ink-3">
            –
          </span>
        ) : (
          <span className="block max-w-lg break-words text-ink-2">{cluster.reason}</span>
        ),
    }),
    column.display({
      id: "since",
      header: "Since",
      cell: ({ row: { original: cluster } }) => <When at={cluster.changedAt} />,
    }),
  ])

function RolloutClusters({ rollout }: { readonly rollout: Rollout }) {
  const filter = route.useSearch()
  const navigate = useNavigate({ from: "/rollouts/$id" })
  const query = useInfiniteQuery(rolloutClustersQuery(rollout.id, filter))
  const choices = [
    { value: "all" as const, name: "All", count: rollout.clusterCount },
    ...entryCounts(rollout.counts).map(({ state, count }) => ({
      value: state,
      name: entryLook(state).word,
      count,
    })),
  ]
  const value = choices.some((choice) => choice.value === filter.state) ? filter.state : undefined
  return (
    <Panel title="Clusters">
      <div className="flex min-w-0 border-b border-line px-4 py-2">
        <Segments
          label="State"
          choices={choices}
          value={value ?? "all"}
          onChange={(state) =>
            void navigate({
              search: (old) => ({ ...old, state: state === "all" ? undefined : state }),
              replace: true,
            })
          }
        />
      </div>
      <PagedTable
        what="clusters"
        query={query}
        columns={columnsOf(rollout)}
        rowKey={({ clusterId }) => clusterId}
        empty={<p className="p-4 text-sm text-ink-2">No cluster is in this state.</p>}
      />
    </Panel>
  )
}
