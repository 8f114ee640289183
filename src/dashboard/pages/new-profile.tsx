/** Making a profile, fresh or as a copy of another. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { getRouteApi, useNavigate } from "@tanstack/react-router"
import { call } from "../api/client.ts"
import { CallFailed } from "../api/failure.ts"
import { profileQuery } from "../api/queries.ts"
import { Crumbs } from "../components/crumbs.tsx"
import { DeedFailed, LoadFailed } from "../components/load-failed.tsx"
import { LeaveGuard } from "../components/leave-guard.tsx"
import { MayNotNotice, Only } from "../components/only.tsx"
import { ProfileEditor } from "../forms/profile/editor.tsx"
import { ToCorrect } from "../forms/profile/to-correct.tsx"
import { useProfileForm } from "../forms/profile/use-profile-form.ts"
import {
  copyOf,
  freshProfile,
  type ProfileBody,
  type ProfileValues,
} from "../forms/profile/values.ts"
import { Button, ButtonLink } from "../ui/button.tsx"
import { PageHeader, Panel } from "../ui/panel.tsx"
import { LoadingRows } from "../ui/states.tsx"
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
      <MayNotNotice who="createProfile">A profile can be tried here, but not made</MayNotNotice>
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
        <NewProfile begin={source.data === undefined ? freshProfile() : copyOf(source.data)} />
      )}
    </>
  )
}

function NewProfile({ begin }: { readonly begin: ProfileValues }) {
  const client = useQueryClient()
  const navigate = useNavigate()
  const editor = useProfileForm(begin)
  const create = useMutation({
    mutationFn: (body: ProfileBody) => call("createProfile", { body }),
    onSuccess: async (profile) => {
      say(`Profile ${profile.name} is made.`)
      await client.invalidateQueries({ queryKey: ["profiles"] })
      await navigate({ to: "/rules/new", search: { profileId: profile.id }, ignoreBlocker: true })
    },
    onError: (error) => {
      if (error instanceof CallFailed && error.failure.kind === "refused")
        editor.refuse(error.failure.problem.problems ?? [])
    },
  })
  return (
    <ProfileEditor editor={editor} isNew onSave={() => create.mutate(editor.body)}>
      <LeaveGuard when={editor.form.formState.isDirty && !create.isSuccess} />
      <div className="mt-3 flex flex-col gap-3">
        <DeedFailed error={create.error} />
        <div className="flex flex-wrap items-center justify-end gap-2">
          <ToCorrect notes={editor.notes.problems} onShow={editor.openTab} />
          <ButtonLink to="/profiles">Cancel</ButtonLink>
          <Only who="createProfile">
            <Button type="submit" kind="primary" isPending={create.isPending}>
              {create.isPending ? "Making…" : "Make profile"}
            </Button>
          </Only>
        </div>
      </div>
    </ProfileEditor>
  )
}
