/** All rollouts: which version goes where, how far it is, who approved it. */
import { useInfiniteQuery } from "@tanstack/react-query"
import { getRouteApi, useNavigate } from "@tanstack/react-router"
import { createColumnHelper } from "@tanstack/react-table"
import { Plus, Waves } from "lucide-react"
import { rolloutStates } from "#core/rollout/waves.ts"
import type { Rollout } from "#wire/rest/rollouts.ts"
import { Only } from "../components/only.tsx"
import { rolloutsQuery } from "../api/rollout-queries.ts"
import { NothingMatches, PagedTable } from "../components/paged.tsx"
import { RolloutProgress } from "../components/rollout/progress.tsx"
import { StateFilter } from "../components/state-filter.tsx"
import { rolloutLook } from "../domain/rollouts.ts"
import { When } from "../ui/age.tsx"
import { ToneWord } from "../ui/badge.tsx"
import { ButtonLink } from "../ui/button.tsx"
import { PageHeader, Panel } from "../ui/panel.tsx"
import { Empty } from "../ui/states.tsx"
import type { Columns, Features } from "../ui/table.tsx"
import { TextLink } from "../ui/text-link.tsx"
import { useTitle } from "../ui/title.ts"

const route = getRouteApi("/signed-in/rollouts")
const column = createColumnHelper<Features, Rollout>()

const columns: Columns<Rollout> = column.columns([
  column.display({
    id: "what",
    header: "Rollout",
    meta: { names: true },
    cell: ({ row: { original: rollout } }) => (
      <span className="flex min-w-0 flex-col">
        <TextLink
          to="/rollouts/$id"
          params={{ id: rollout.id }}
          stretched
          quiet
          className="font-medium"
        >
          {rollout.profileName} to version {rollout.specVersion}
        </TextLink>
        <span className="line-clamp-3 max-w-md text-xs text-ink-3" title={rollout.note}>
          {rollout.note}
        </span>
      </span>
    ),
  }),
  column.display({
    id: "state",
    header: "State",
    meta: { corner: true },
    cell: ({ row: { original: rollout } }) => {
      const { word, tone, meaning } = rolloutLook(rollout.state)
      return (
        <ToneWord tone={tone} title={meaning}>
          {word}
        </ToneWord>
      )
    },
  }),
  column.display({
    id: "progress",
    header: "Clusters",
    meta: { width: "w-1/3" },
    cell: ({ row: { original: rollout } }) => (
      <RolloutProgress counts={rollout.counts} total={rollout.clusterCount} />
    ),
  }),
  column.display({
    id: "stage",
    header: "Stage",
    cell: ({ row: { original: rollout } }) => (
      <span className="tnum whitespace-nowrap">
        {Math.max(0, rollout.stage) + 1} of {rollout.stages.length}
      </span>
    ),
  }),
  column.display({
    id: "actor",
    header: "Approved by",
    cell: ({ row: { original: rollout } }) => <span>{rollout.actor}</span>,
  }),
  column.display({
    id: "made",
    header: "Begun",
    cell: ({ row: { original: rollout } }) => <When at={rollout.createdAt} />,
  }),
])

export function RolloutsPage() {
  useTitle("Rollouts")
  const filter = route.useSearch()
  const navigate = useNavigate({ from: "/rollouts" })
  const query = useInfiniteQuery(rolloutsQuery(filter))
  const isFiltered = Object.values(filter).some((each) => each !== undefined)
  return (
    <>
      <PageHeader
        title="Rollouts"
        lead="A version of a profile on its way to clusters, stage by stage. Only what is approved here moves."
        actions={
          <Only who="createRollout">
            <ButtonLink to="/rollouts/new" kind="primary">
              <Plus aria-hidden className="size-3.5" />
              Roll out a version
            </ButtonLink>
          </Only>
        }
      />
      <div className="mb-3 flex min-w-0">
        <StateFilter
          states={rolloutStates}
          look={rolloutLook}
          value={filter.state}
          onChange={(state) =>
            void navigate({ search: (old) => ({ ...old, state }), replace: true })
          }
        />
      </div>
      <Panel>
        <PagedTable
          what="rollouts"
          query={query}
          columns={columns}
          rowKey={({ id }) => id}
          empty={
            isFiltered ? (
              <NothingMatches
                one="rollout"
                onShowAll={() => navigate({ search: {}, replace: true })}
              />
            ) : (
              <Empty
                icon={Waves}
                title="No rollout yet"
                action={<ButtonLink to="/profiles">Go to the profiles</ButtonLink>}
              >
                When a profile has a new version, roll it out to its clusters: all at once, a few,
                or in stages that halt by themselves.
              </Empty>
            )
          }
        />
      </Panel>
    </>
  )
}
