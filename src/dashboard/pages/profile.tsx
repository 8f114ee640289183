/** One profile, as it is. */
import { useQuery } from "@tanstack/react-query"
import { getRouteApi } from "@tanstack/react-router"
import { Copy, Trash2 } from "lucide-react"
import { type ReactNode, useState } from "react"
import type { Profile } from "#wire/rest/profiles.ts"
import { refusedStatus } from "../api/failure.ts"
import { profileQuery } from "../api/queries.ts"
import { Crumbs } from "../components/crumbs.tsx"
import { LoadFailed } from "../components/load-failed.tsx"
import { durabilityLook, presetLook } from "../domain/words.ts"
import { DeleteProfile } from "../forms/delete-profile.tsx"
import { Age } from "../ui/age.tsx"
import { Button, ButtonLink } from "../ui/button.tsx"
import { bytesText } from "../ui/format.ts"
import { Fact, Facts, PageHeader, Panel } from "../ui/panel.tsx"
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
  const [deleting, setDeleting] = useState(false)
  const { spec } = profile
  return (
    <>
      <PageHeader
        above={<Crumbs to="/profiles" name="Profiles" />}
        title={profile.name}
        lead={profile.description === "" ? undefined : profile.description}
        actions={
          <>
            <ButtonLink to="/rules/new" search={{ profileId: profile.id }} kind="primary">
              Deploy by rule
            </ButtonLink>
            <ButtonLink to="/profiles/new" search={{ from: profile.id }}>
              <Copy aria-hidden className="size-3.5" />
              Copy
            </ButtonLink>
            <Button kind="danger" onPress={() => setDeleting(true)}>
              <Trash2 aria-hidden className="size-3.5" />
              Delete
            </Button>
          </>
        }
      />
      <div className="flex flex-col gap-4">
        <Panel>
          <ProfileFacts profile={profile} />
        </Panel>
        <div className="grid items-start gap-4 lg:grid-cols-2">
          <Panel title="Parameters of PostgreSQL">
            <Code empty="None set: PostgreSQL's defaults and pg-swarm's own.">
              {Object.entries(spec.parameters).map(([name, value]) => `${name} = ${value}`)}
            </Code>
          </Panel>
          <Panel title="HBA rules">
            <Code empty="None: every user signs in with a password, from anywhere in the site.">
              {spec.hba}
            </Code>
          </Panel>
        </div>
      </div>
      {deleting ? <DeleteProfile profile={profile} onClose={() => setDeleting(false)} /> : null}
    </>
  )
}

function ProfileFacts({ profile: { spec, ...profile } }: { readonly profile: Profile }) {
  const { cpuRequest, cpuLimit, memoryRequest, memoryLimit } = spec.resources
  return (
    <Facts>
      <Fact name="Clusters">
        <span className="tnum">{profile.clusterCount}</span>
      </Fact>
      <Fact name="Members">
        <span className="tnum">{spec.members}</span>
      </Fact>
      <Fact name="PostgreSQL">
        <span className="tnum">{spec.postgres.major}</span>
      </Fact>
      <Fact name="Durability">
        <span title={durabilityLook(spec.failover.durability).meaning}>
          {durabilityLook(spec.failover.durability).word}
        </span>
      </Fact>
      <Fact name="Failover">
        <span title={presetLook(spec.failover.preset).meaning}>
          {presetLook(spec.failover.preset).word}
        </span>
      </Fact>
      <Fact name="Changed">
        <Age at={profile.updatedAt} />
      </Fact>
      <Fact name="Data volume">{volumeText(spec.data)}</Fact>
      <Fact name="WAL volume">
        {spec.wal === null ? "on the data volume" : volumeText(spec.wal)}
      </Fact>
      <Fact name="CPU">{rangeText(cpuRequest, cpuLimit)}</Fact>
      <Fact name="Memory">{rangeText(memoryRequest, memoryLimit)}</Fact>
      <Fact name="Image" wide>
        <code className="font-mono text-xs break-all">{spec.postgres.image}</code>
      </Fact>
    </Facts>
  )
}

const volumeText = ({ sizeBytes, storageClass }: Profile["spec"]["data"]): string =>
  `${bytesText(sizeBytes)}, ${storageClass ?? "default class"}`

const rangeText = (request: string | null, limit: string | null): string =>
  `${request ?? "no request"}, ${limit === null ? "no limit" : `at most ${limit}`}`

function Code({
  children,
  empty,
}: {
  readonly children: readonly string[]
  readonly empty: string
}): ReactNode {
  if (children.length === 0) return <p className="px-4 py-6 text-sm text-ink-3">{empty}</p>
  return (
    <pre className="overflow-x-auto px-4 py-3 font-mono text-xs leading-6" tabIndex={0}>
      {children.join("\n")}
    </pre>
  )
}
