/** All profiles. */
import { createColumnHelper } from "@tanstack/react-table"
import { useQuery } from "@tanstack/react-query"
import { Plus, SquareStack } from "lucide-react"
import type { Profile } from "#wire/rest/profiles.ts"
import { profilesQuery } from "../api/queries.ts"
import { LoadFailed } from "../components/load-failed.tsx"
import { Only } from "../components/only.tsx"
import { durabilityLook } from "../domain/words.ts"
import { Age } from "../ui/age.tsx"
import { ButtonLink } from "../ui/button.tsx"
import { bytesText } from "../ui/format.ts"
import { PageHeader, Panel } from "../ui/panel.tsx"
import { Empty, LoadingRows } from "../ui/states.tsx"
import { type Columns, DataTable, type Features } from "../ui/table.tsx"
import { TextLink } from "../ui/text-link.tsx"
import { useTitle } from "../ui/title.ts"

const column = createColumnHelper<Features, Profile>()

const columns: Columns<Profile> = column.columns([
  column.display({
    id: "name",
    header: "Profile",
    meta: { names: true },
    cell: ({ row: { original: profile } }) => (
      <span className="flex min-w-0 flex-col">
        <TextLink
          to="/profiles/$id"
          params={{ id: profile.id }}
          stretched
          quiet
          className="font-medium"
        >
          {profile.name}
        </TextLink>
        <span className="line-clamp-3 max-w-md text-xs text-ink-3" title={profile.description}>
          {profile.description}
        </span>
      </span>
    ),
  }),
  column.display({
    id: "clusters",
    header: "Clusters",
    meta: { align: "end" },
    cell: ({ row: { original: profile } }) => <span className="tnum">{profile.clusterCount}</span>,
  }),
  column.display({
    id: "members",
    header: "Members",
    meta: { align: "end" },
    cell: ({ row: { original: profile } }) => <span className="tnum">{profile.spec.members}</span>,
  }),
  column.display({
    id: "postgres",
    header: "PostgreSQL",
    cell: ({ row: { original: profile } }) => (
      <span className="tnum">{profile.spec.postgres.major}</span>
    ),
  }),
  column.display({
    id: "volumes",
    header: "Volumes",
    cell: ({ row: { original: profile } }) => (
      <span className="tnum text-ink-2">
        {bytesText(profile.spec.data.sizeBytes)}
        {profile.spec.wal === null ? "" : ` + ${bytesText(profile.spec.wal.sizeBytes)} WAL`}
      </span>
    ),
  }),
  column.display({
    id: "durability",
    header: "Durability",
    cell: ({ row: { original: profile } }) => (
      <span className="text-ink-2">{durabilityLook(profile.spec.failover.durability).word}</span>
    ),
  }),
  column.display({
    id: "updated",
    header: "Changed",
    cell: ({ row: { original: profile } }) => <Age at={profile.updatedAt} />,
  }),
])

export function ProfilesPage() {
  useTitle("Profiles")
  const query = useQuery(profilesQuery)
  const profiles = query.data?.items ?? []
  return (
    <>
      <PageHeader
        title="Profiles"
        lead="What a cluster looks like: members, version, volumes, parameters, durability."
        actions={
          <Only who="createProfile">
            <ButtonLink to="/profiles/new" kind="primary">
              <Plus aria-hidden className="size-3.5" />
              New profile
            </ButtonLink>
          </Only>
        }
      />
      <Panel>
        {query.isPending ? (
          <LoadingRows what="profiles" rows={3} />
        ) : query.isError && profiles.length === 0 ? (
          <LoadFailed
            what="The profiles"
            error={query.error}
            retry={query.refetch}
            retrying={query.isFetching}
          />
        ) : profiles.length === 0 ? (
          <Empty
            icon={SquareStack}
            title="No profile yet"
            action={
              <Only who="createProfile">
                <ButtonLink to="/profiles/new" kind="primary">
                  Make the first profile
                </ButtonLink>
              </Only>
            }
          >
            A profile is the template that clusters are made from. One that suits most sites takes a
            minute.
          </Empty>
        ) : (
          <DataTable
            label="Profiles"
            columns={columns}
            rows={profiles}
            rowKey={(profile) => profile.id}
          />
        )}
      </Panel>
    </>
  )
}
