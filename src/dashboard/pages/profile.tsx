/** One profile: what it says, its versions, what differs between them, and the clusters that follow it. */
import { useQuery } from "@tanstack/react-query"
import { getRouteApi, useNavigate } from "@tanstack/react-router"
import { Copy, Pencil, Trash2, Waves } from "lucide-react"
import { useState } from "react"
import type { Profile } from "#wire/rest/profiles.ts"
import { Only } from "../components/only.tsx"
import { refusedStatus } from "../api/failure.ts"
import { profileQuery } from "../api/queries.ts"
import { Crumbs } from "../components/crumbs.tsx"
import { LoadFailed } from "../components/load-failed.tsx"
import { NewerImage } from "../components/newer-image.tsx"
import { ProfileClusters } from "../components/profile/clusters.tsx"
import { CompareVersions } from "../components/profile/compare.tsx"
import { ProfileSettings } from "../components/profile/settings.tsx"
import { ProfileVersions } from "../components/profile/versions.tsx"
import { profileViews } from "../domain/profile-views.ts"
import { CloneProfile } from "../forms/clone-profile.tsx"
import { DeleteProfile } from "../forms/delete-profile.tsx"
import { Button, ButtonLink } from "../ui/button.tsx"
import { PageHeader, Panel } from "../ui/panel.tsx"
import { Segments } from "../ui/segments.tsx"
import { LoadingRows } from "../ui/states.tsx"
import { useTitle } from "../ui/title.ts"
import { NotFound } from "./broken.tsx"

const route = getRouteApi("/signed-in/profiles/$id")

export function ProfilePage() {
  const { id } = route.useParams()
  const query = useQuery(profileQuery(id))
  useTitle(query.data?.name ?? "Profile")
  // First of all: what is gone may still be in the cache.
  if (refusedStatus(query.error) === 404 || refusedStatus(query.error) === 400) return <NotFound />
  if (query.data !== undefined) return <ProfileView profile={query.data} />
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

function ProfileView({ profile }: { readonly profile: Profile }) {
  const [open, setOpen] = useState<"delete" | "clone">()
  const { tab = "settings", from, to } = route.useSearch()
  const navigate = useNavigate({ from: "/profiles/$id" })
  const close = () => setOpen(undefined)
  return (
    <>
      <PageHeader
        above={<Crumbs to="/profiles" name="Profiles" />}
        title={
          <>
            {profile.name}
            <span className="tnum text-base font-medium text-ink-3">
              version {profile.specVersion}
            </span>
          </>
        }
        lead={profile.description === "" ? undefined : profile.description}
        actions={
          <>
            <Only who="editProfile">
              <ButtonLink to="/profiles/$id/edit" params={{ id: profile.id }} kind="primary">
                <Pencil aria-hidden className="size-3.5" />
                Edit
              </ButtonLink>
            </Only>
            {profile.clusterCount === 0 ? null : (
              <Only who="createRollout">
                <ButtonLink to="/rollouts/new" search={{ profileId: profile.id }}>
                  <Waves aria-hidden className="size-3.5" />
                  Roll out version {profile.specVersion}
                </ButtonLink>
              </Only>
            )}
            <Only who="createRule">
              <ButtonLink to="/rules/new" search={{ profileId: profile.id }}>
                Deploy by rule
              </ButtonLink>
            </Only>
            <Only who="cloneProfile">
              <Button onPress={() => setOpen("clone")}>
                <Copy aria-hidden className="size-3.5" />
                Clone
              </Button>
            </Only>
            <Only who="deleteProfile">
              <Button kind="danger" onPress={() => setOpen("delete")}>
                <Trash2 aria-hidden className="size-3.5" />
                Delete
              </Button>
            </Only>
          </>
        }
      />
      <NewerImage profile={profile} className="mb-4" />
      <div className="mb-4 flex min-w-0">
        <Segments
          label="View"
          choices={profileViews.map((view) => ({
            ...view,
            count:
              view.value === "versions"
                ? profile.specVersion
                : view.value === "clusters"
                  ? profile.clusterCount
                  : undefined,
          }))}
          value={tab}
          onChange={(view) =>
            void navigate({ search: view === "settings" ? {} : { tab: view }, replace: true })
          }
        />
      </div>
      {tab === "settings" ? <ProfileSettings profile={profile} /> : null}
      {tab === "versions" ? <ProfileVersions profile={profile} /> : null}
      {tab === "compare" ? <CompareVersions profile={profile} from={from} to={to} /> : null}
      {tab === "clusters" ? <ProfileClusters profile={profile} to={to} /> : null}
      {open === "delete" ? <DeleteProfile profile={profile} onClose={close} /> : null}
      {open === "clone" ? (
        <CloneProfile profile={profile} specVersion={profile.specVersion} onClose={close} />
      ) : null}
    </>
  )
}
