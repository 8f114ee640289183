/** Rolling a version out: what, where, how carefully, and what that would do, before it is approved. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { getRouteApi, useNavigate } from "@tanstack/react-router"
import { useState } from "react"
import type { Profile } from "#wire/rest/profiles.ts"
import { previewRolloutBody, type RolloutPreview } from "#wire/rest/rollouts.ts"
import { call } from "../api/client.ts"
import { profileQuery, profilesQuery } from "../api/queries.ts"
import { rolloutPreviewQuery, type RolloutToPreview } from "../api/rollout-queries.ts"
import { Crumbs } from "../components/crumbs.tsx"
import { DeedFailed, LoadFailed } from "../components/load-failed.tsx"
import { MayNotNotice, Only } from "../components/only.tsx"
import { RolloutDryRun } from "../components/rollout/preview.tsx"
import { CareFields } from "../forms/rollout/care-fields.tsx"
import { ClustersField } from "../forms/rollout/clusters-field.tsx"
import { StagesField } from "../forms/rollout/stages-field.tsx"
import {
  freshRollout,
  readRollout,
  type RolloutBody,
  type RolloutValues,
} from "../forms/rollout/values.ts"
import { Button, ButtonLink } from "../ui/button.tsx"
import { useDebounced } from "../ui/debounce.ts"
import { TextField } from "../ui/field.tsx"
import { countText } from "../ui/format.ts"
import { PageHeader, Panel } from "../ui/panel.tsx"
import { RadioCards } from "../ui/radio-cards.tsx"
import { Select } from "../ui/select.tsx"
import { LoadingRows } from "../ui/states.tsx"
import { say } from "../ui/toast.tsx"
import { useTitle } from "../ui/title.ts"

const route = getRouteApi("/signed-in/rollouts/new")

export function NewRolloutPage() {
  useTitle("Roll out a version")
  const { profileId, to, clusterId } = route.useSearch()
  const query = useQuery({ ...profileQuery(profileId ?? ""), enabled: profileId !== undefined })
  return (
    <>
      <PageHeader
        above={<Crumbs to="/rollouts" name="Rollouts" />}
        title={query.data === undefined ? "Roll out a version" : `Roll out ${query.data.name}`}
        lead="Nothing moves before you approve it below; the dry run says what it would do."
      />
      <MayNotNotice who="createRollout">
        The dry run says what it would do, but it cannot be approved from here
      </MayNotNotice>
      {profileId === undefined ? (
        <ChooseProfile />
      ) : query.data === undefined ? (
        <Panel>
          {query.isError ? (
            <LoadFailed
              what="The profile"
              error={query.error}
              retry={query.refetch}
              retrying={query.isFetching}
            />
          ) : (
            <LoadingRows what="the profile" />
          )}
        </Panel>
      ) : (
        <Plan
          key={`${profileId} ${to} ${clusterId}`}
          profile={query.data}
          begin={freshRollout(Math.min(to ?? Infinity, query.data.specVersion), clusterId)}
        />
      )}
    </>
  )
}

function ChooseProfile() {
  const profiles = useQuery(profilesQuery)
  const navigate = useNavigate({ from: "/rollouts/new" })
  return (
    <Panel className="p-4">
      <Select
        label="Which profile"
        choices={(profiles.data?.items ?? []).map((profile) => ({
          value: profile.id,
          name: profile.name,
          help: `version ${profile.specVersion}, ${countText(profile.clusterCount, "cluster")}`,
        }))}
        value={undefined}
        onChange={(profileId) => void navigate({ search: { profileId } })}
        placeholder={profiles.isPending ? "Loading…" : "Choose a profile"}
        className="max-w-sm"
      />
    </Panel>
  )
}

const typingPause = 400
const noProblems: ReadonlyMap<string, string> = new Map()

function Plan({ profile, begin }: { readonly profile: Profile; readonly begin: RolloutValues }) {
  const client = useQueryClient()
  const navigate = useNavigate()
  const [values, setValues] = useState(begin)
  const [tried, setTried] = useState(false)
  const read = readRollout(values, profile.id)
  const planText = JSON.stringify(read.kind === "ok" ? toPreview(read.body) : null)
  const asked = useDebounced(planText, typingPause)
  const preview = useQuery(
    rolloutPreviewQuery(previewRolloutBody.safeParse(JSON.parse(asked)).data),
  )
  const problems = tried && read.kind === "bad" ? read.problems : noProblems
  const approve = useMutation({
    mutationFn: (body: RolloutBody) => call("createRollout", { body }),
    onSuccess: async (rollout) => {
      say(`Version ${rollout.specVersion} of ${rollout.profileName} is on its way.`)
      await client.invalidateQueries({ queryKey: ["rollouts"] })
      await navigate({ to: "/rollouts/$id", params: { id: rollout.id } })
    },
  })
  /** Only what was seen is approved: the dry run of exactly this plan. */
  const seen =
    read.kind === "ok" && asked === planText && !preview.isPlaceholderData
      ? preview.data
      : undefined
  return (
    <form
      noValidate
      className="grid items-start gap-4 xl:grid-cols-[minmax(0,1fr)_minmax(0,1fr)]"
      onSubmit={(event) => {
        event.preventDefault()
        setTried(true)
        if (read.kind === "ok") approve.mutate(read.body)
      }}
    >
      <PlanFields profile={profile} values={values} onChange={setValues} problems={problems} />
      <div className="flex min-w-0 flex-col gap-4">
        <Panel title="Dry run">
          {read.kind === "bad" ? (
            <p className="p-4 text-sm text-ink-2">
              What it would do is said once the plan is complete.
            </p>
          ) : preview.data !== undefined ? (
            <RolloutDryRun preview={preview.data} />
          ) : preview.isError ? (
            <LoadFailed
              what="The dry run"
              error={preview.error}
              retry={preview.refetch}
              retrying={preview.isFetching}
            />
          ) : (
            <LoadingRows what="the dry run" rows={3} />
          )}
        </Panel>
        <Panel title="Approve">
          <div className="flex flex-col gap-3 p-4">
            <TextField
              label="Why (others read it)"
              value={values.note}
              onChange={(note) => setValues({ ...values, note })}
              error={problems.get("note")}
            />
            <DeedFailed error={approve.error} />
            <div className="flex flex-wrap justify-end gap-2">
              <ButtonLink to="/profiles/$id" params={{ id: profile.id }}>
                Cancel
              </ButtonLink>
              <Only who="createRollout">
                <Button
                  type="submit"
                  kind="primary"
                  isDisabled={read.kind === "ok" && (seen === undefined || seen.refusal !== null)}
                  isPending={approve.isPending}
                >
                  {approve.isPending
                    ? "Approving…"
                    : `Approve version ${values.specVersion}${seen === undefined ? "" : forText(seen)}`}
                </Button>
              </Only>
            </div>
          </div>
        </Panel>
      </div>
    </form>
  )
}

type PlanProps = {
  readonly profile: Profile
  readonly values: RolloutValues
  readonly onChange: (values: RolloutValues) => void
  readonly problems: ReadonlyMap<string, string>
}

const PlanFields = ({ profile, values, onChange, problems }: PlanProps) => (
  <Panel title="The plan">
    <div className="flex flex-col gap-5 p-4">
      <Select
        label="Version"
        choices={Array.from({ length: profile.specVersion }, (_, at) => {
          const version = String(profile.specVersion - at)
          return { value: version, name: at === 0 ? `${version} (newest)` : version }
        })}
        value={String(values.specVersion)}
        onChange={(version) => onChange({ ...values, specVersion: Number(version) })}
        className="max-w-40"
      />
      <ClustersField
        profileId={profile.id}
        values={values}
        onChange={onChange}
        problem={problems.get("clusterIds")}
      />
      <RadioCards
        label="In which order"
        value={values.how}
        onChange={(how) => onChange({ ...values, how })}
        choices={[
          { value: "together", name: "One stage", help: "All of them, some at a time." },
          { value: "staged", name: "In stages", help: "A few first; each may have a gate." },
        ]}
      />
      {values.how === "staged" ? (
        <StagesField
          stages={values.stages}
          onChange={(stages) => onChange({ ...values, stages })}
          problems={problems}
        />
      ) : null}
      <CareFields values={values} onChange={onChange} problems={problems} />
    </div>
  </Panel>
)

const forText = ({ counts }: RolloutPreview): string =>
  ` for ${countText(counts.move + counts.owe, "cluster")}`

/** The plan alone: why it is made changes nothing about what it does. */
const toPreview = (body: RolloutBody): RolloutToPreview => previewRolloutBody.strip().parse(body)
