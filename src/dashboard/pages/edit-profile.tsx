/** Editing a profile: what is saved becomes its next version, and no cluster moves to it by itself. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { getRouteApi, useNavigate } from "@tanstack/react-router"
import { useState } from "react"
import type { Profile } from "#wire/rest/profiles.ts"
import { parametersQuery } from "../api/intent-queries.ts"
import { call } from "../api/client.ts"
import { CallFailed, refusedStatus } from "../api/failure.ts"
import { keys, profileQuery } from "../api/queries.ts"
import { Crumbs } from "../components/crumbs.tsx"
import { LeaveGuard } from "../components/leave-guard.tsx"
import { LoadFailed } from "../components/load-failed.tsx"
import { MayNotNotice } from "../components/only.tsx"
import { ProfileEditor } from "../forms/profile/editor.tsx"
import { NewerVersion } from "../forms/profile/newer.tsx"
import { SaveVersion } from "../forms/profile/save-version.tsx"
import { useProfileForm } from "../forms/profile/use-profile-form.ts"
import { bodyOf, type ProfileBody, type ProfileValues, valuesOf } from "../forms/profile/values.ts"
import { PageHeader, Panel } from "../ui/panel.tsx"
import { LoadingRows } from "../ui/states.tsx"
import { say } from "../ui/toast.tsx"
import { useTitle } from "../ui/title.ts"
import { NotFound } from "./broken.tsx"

const route = getRouteApi("/signed-in/profiles/$id/edit")

export function EditProfilePage() {
  const { id } = route.useParams()
  const query = useQuery(profileQuery(id))
  useTitle(query.data === undefined ? "Edit profile" : `Edit ${query.data.name}`)
  if (refusedStatus(query.error) === 404 || refusedStatus(query.error) === 400) return <NotFound />
  if (query.data !== undefined) return <EditProfile key={id} newest={query.data} />
  return (
    <Panel>
      {query.isPending ? (
        <LoadingRows what="the profile" />
      ) : (
        <LoadFailed
          what="The profile"
          error={query.error}
          retry={query.refetch}
          retrying={query.isFetching}
        />
      )}
    </Panel>
  )
}

/** What editing goes on from. Another beginning makes the form anew. */
type Start = { readonly base: Profile; readonly values: ProfileValues; readonly turn: number }

function EditProfile({ newest }: { readonly newest: Profile }) {
  const { take } = route.useSearch()
  const [start, begin] = useState<Start>(() => ({
    base: newest,
    values: take === "newer-image" ? withNewerImage(newest) : valuesOf(newest),
    turn: 0,
  }))
  return (
    <>
      <PageHeader
        above={<Crumbs to="/profiles" name="Profiles" />}
        title={`Edit ${start.base.name}`}
        lead={`From version ${start.base.specVersion}. Saving makes the next version; no cluster moves to it by itself.`}
      />
      <MayNotNotice who="editProfile">
        What a change would mean is said here, but it cannot be saved
      </MayNotNotice>
      <EditForm
        key={start.turn}
        {...start}
        newest={newest}
        onBegin={(base, values) => begin({ base, values, turn: start.turn + 1 })}
      />
    </>
  )
}

const withNewerImage = (profile: Profile): ProfileValues => {
  const values = valuesOf(profile)
  return { ...values, image: profile.newerImage?.image ?? values.image }
}

type FormProps = Start & {
  readonly newest: Profile
  readonly onBegin: (base: Profile, values: ProfileValues) => void
}

function EditForm({ base, values, newest, onBegin }: FormProps) {
  const client = useQueryClient()
  const navigate = useNavigate()
  const editor = useProfileForm(values)
  const [note, setNote] = useState("")
  const parameters = useQuery(parametersQuery(`${base.spec.postgres.major}`))
  const save = useMutation({
    mutationFn: () =>
      call("editProfile", {
        params: { id: base.id },
        body: { version: base.version, ...editor.body, ...(note === "" ? {} : { note }) },
      }),
    onSuccess: async (saved) => {
      client.setQueryData([...keys.profile, saved.id], saved)
      say(
        saved.specVersion === base.specVersion
          ? `${saved.name} is saved.`
          : `${saved.name} has version ${saved.specVersion}.`,
      )
      await client.invalidateQueries({ queryKey: ["profiles"] })
      await navigate({
        to: "/profiles/$id",
        params: { id: saved.id },
        search: { tab: saved.clusterCount > 0 ? "clusters" : undefined },
        ignoreBlocker: true,
      })
    },
    onError: async (error) => {
      if (!(error instanceof CallFailed) || error.failure.kind !== "refused") return
      const { code, problems } = error.failure.problem
      // What changed is shown from the profile as it is now, not from the refusal.
      if (code === "VERSION_CONFLICT")
        await client.invalidateQueries({ queryKey: [...keys.profile, base.id] })
      else editor.refuse(problems ?? [])
    },
  })
  const isBehind = newest.version !== base.version && !save.isSuccess
  return (
    <>
      {isBehind ? (
        <NewerVersion
          base={base}
          newer={newest}
          mine={editor.body}
          onTake={(profile) => onBegin(profile, valuesOf(profile))}
          onCarry={(merged) => onBegin(newest, valuesOf(merged))}
        />
      ) : null}
      <ProfileEditor editor={editor} isNew={false} onSave={() => save.mutate()}>
        <SaveVersion
          base={base}
          editor={editor}
          parameters={parameters.data?.values() ?? []}
          note={note}
          onNote={setNote}
          isBehind={isBehind}
          isPending={save.isPending}
          error={isBehind ? null : save.error}
        />
      </ProfileEditor>
      <LeaveGuard when={!save.isSuccess && !isSameBody(editor.body, bodyOf(valuesOf(base)))} />
    </>
  )
}

const isSameBody = (a: ProfileBody, b: ProfileBody): boolean =>
  JSON.stringify(a) === JSON.stringify(b)
