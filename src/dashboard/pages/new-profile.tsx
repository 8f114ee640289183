/** Making a profile, fresh or as a copy of another. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { getRouteApi, useNavigate } from "@tanstack/react-router"
import { useState } from "react"
import { type FieldPath, useForm } from "react-hook-form"
import { call } from "../api/client.ts"
import { CallFailed } from "../api/failure.ts"
import { profileQuery } from "../api/queries.ts"
import { Crumbs } from "../components/crumbs.tsx"
import { DeedFailed, LoadFailed } from "../components/load-failed.tsx"
import { profileResolver } from "../forms/profile-resolver.ts"
import {
  FailoverSection,
  GeneralSection,
  HbaSection,
  ParametersSection,
  ResourcesSection,
  VolumesSection,
} from "../forms/profile-sections.tsx"
import {
  type ProfileBody,
  type ProfileValues,
  copyOf,
  defaultImage,
  fieldOf,
  freshProfile,
  profileProblems,
  tabOf,
} from "../forms/profile-values.ts"
import { Button, ButtonLink } from "../ui/button.tsx"
import { PageHeader, Panel } from "../ui/panel.tsx"
import { LoadingRows } from "../ui/states.tsx"
import { Tabs } from "../ui/tabs.tsx"
import { say } from "../ui/toast.tsx"
import { useTitle } from "../ui/title.ts"

const route = getRouteApi("/signed-in/profiles/new")

export function NewProfilePage() {
  useTitle("New profile")
  const { from } = route.useSearch()
  const source = useQuery({ ...profileQuery(from ?? ""), enabled: from !== undefined })
  return (
    <>
      <PageHeader
        above={<Crumbs to="/profiles" name="Profiles" />}
        title={source.data === undefined ? "New profile" : `New profile like ${source.data.name}`}
        lead="What a cluster looks like. A deployment rule then puts it where it belongs."
      />
      {from !== undefined && source.data === undefined ? (
        <Panel>
          {source.isError ? (
            <LoadFailed
              what="The profile"
              error={source.error}
              retry={source.refetch}
              retrying={source.isFetching}
            />
          ) : (
            <LoadingRows what="the profile" />
          )}
        </Panel>
      ) : (
        <ProfileForm begin={source.data === undefined ? freshProfile() : copyOf(source.data)} />
      )}
    </>
  )
}

function ProfileForm({ begin }: { readonly begin: ProfileValues }) {
  const client = useQueryClient()
  const navigate = useNavigate()
  const [tab, setTab] = useState<string>("general")
  const form = useForm<ProfileValues, unknown, ProfileBody>({
    resolver: profileResolver,
    defaultValues: begin,
    shouldFocusError: false,
  })
  const create = useMutation({
    mutationFn: (body: ProfileBody) => call("createProfile", { body }),
    onSuccess: async (profile) => {
      say(`Profile ${profile.name} is made.`)
      await client.invalidateQueries({ queryKey: ["profiles"] })
      await navigate({ to: "/rules/new", search: { profileId: profile.id } })
    },
    onError: (error) => {
      if (!(error instanceof CallFailed) || error.failure.kind !== "refused") return
      for (const { field, problem } of error.failure.problem.problems ?? []) {
        form.setError(formPath(fieldOf(field, form.getValues())), {
          type: "server",
          message: problem,
        })
      }
    },
  })
  const tried = form.formState.isSubmitted
  const values = form.watch()
  const problems = tried ? profileProblems(values) : []
  const mistakes = (id: string): number =>
    new Set(problems.map(({ field }) => field).filter((field) => tabOf(field) === id)).size
  const submit = form.handleSubmit(
    (body) => create.mutate(body),
    () => {
      const [first] = profileProblems(form.getValues())
      if (first !== undefined) setTab(tabOf(first.field))
    },
  )
  const { control } = form
  /** The stock image follows the version; an image that somebody chose stays. */
  const followImage = (before: string, after: string): void => {
    if (form.getValues("image") === defaultImage(before))
      form.setValue("image", defaultImage(after))
  }
  return (
    <form noValidate onSubmit={(event) => void submit(event)}>
      <Panel>
        <Tabs
          label="Parts of the profile"
          selected={tab}
          onSelect={setTab}
          tabs={[
            {
              id: "general",
              name: "General",
              children: <GeneralSection control={control} onMajor={followImage} />,
            },
            { id: "volumes", name: "Volumes", children: <VolumesSection control={control} /> },
            {
              id: "resources",
              name: "Resources",
              children: <ResourcesSection control={control} />,
            },
            {
              id: "parameters",
              name: "PostgreSQL",
              children: <ParametersSection control={control} />,
            },
            { id: "hba", name: "HBA rules", children: <HbaSection control={control} /> },
            { id: "failover", name: "Failover", children: <FailoverSection control={control} /> },
          ].map((each) => ({ ...each, mistakes: mistakes(each.id) }))}
        />
        <div className="flex flex-wrap items-center justify-end gap-2 border-t border-line px-4 py-3">
          {problems.length === 0 ? null : (
            <p role="status" className="mr-auto text-sm font-medium text-bad">
              {problems.length === 1 ? "One thing is" : `${problems.length} things are`} to be
              corrected.
            </p>
          )}
          <ButtonLink to="/profiles">Cancel</ButtonLink>
          <Button type="submit" kind="primary" isPending={create.isPending}>
            {create.isPending ? "Making…" : "Make profile"}
          </Button>
        </div>
      </Panel>
      <div className="mt-3">
        <DeedFailed error={create.error} />
      </div>
    </form>
  )
}

/** A path that the server named; react-hook-form keeps errors of paths it does not know at the root. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion
const formPath = (field: string): FieldPath<ProfileValues> => field as FieldPath<ProfileValues>
