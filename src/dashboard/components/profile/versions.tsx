/** The history of a profile: every version with who made it and why, and the ways back to it. */
import { useInfiniteQuery } from "@tanstack/react-query"
import { createColumnHelper } from "@tanstack/react-table"
import { useState } from "react"
import type { ProfileVersion } from "#wire/rest/profile-versions.ts"
import type { Profile } from "#wire/rest/profiles.ts"
import { profileVersionsQuery } from "../../api/intent-queries.ts"
import { CloneProfile } from "../../forms/clone-profile.tsx"
import { RevertProfile } from "../../forms/revert-profile.tsx"
import { When } from "../../ui/age.tsx"
import { Button, ButtonLink } from "../../ui/button.tsx"
import { Panel } from "../../ui/panel.tsx"
import type { Columns, Features } from "../../ui/table.tsx"
import { TextLink } from "../../ui/text-link.tsx"
import { Only } from "../only.tsx"
import { PagedTable } from "../paged.tsx"

type Open = { readonly what: "revert" | "clone"; readonly version: number }

export function ProfileVersions({ profile }: { readonly profile: Profile }) {
  const query = useInfiniteQuery(profileVersionsQuery(profile.id))
  const [open, setOpen] = useState<Open>()
  const close = () => setOpen(undefined)
  return (
    <>
      <Panel>
        <PagedTable
          what="versions"
          query={query}
          columns={columnsOf(profile, setOpen)}
          rowKey={({ specVersion }) => String(specVersion)}
          empty={<p className="p-4 text-sm text-ink-2">There is no version.</p>}
        />
      </Panel>
      {open?.what === "revert" ? (
        <RevertProfile profile={profile} to={open.version} onClose={close} />
      ) : null}
      {open?.what === "clone" ? (
        <CloneProfile profile={profile} specVersion={open.version} onClose={close} />
      ) : null}
    </>
  )
}

const column = createColumnHelper<Features, ProfileVersion>()

const columnsOf = (profile: Profile, onOpen: (open: Open) => void): Columns<ProfileVersion> =>
  column.columns([
    column.display({
      id: "version",
      header: "Version",
      meta: { names: true },
      cell: ({ row: { original: version } }) => (
        <span className="tnum font-medium whitespace-nowrap">
          {version.specVersion}
          {version.isNewest ? <span className="ml-2 text-xs text-ink-3">newest</span> : null}
        </span>
      ),
    }),
    column.display({
      id: "made",
      header: "Made",
      cell: ({ row: { original: version } }) => <When at={version.createdAt} />,
    }),
    column.display({
      id: "actor",
      header: "By",
      cell: ({ row: { original: version } }) => (
        <span className="break-words">{version.actor}</span>
      ),
    }),
    column.display({
      id: "note",
      header: "Why",
      cell: ({ row: { original: version } }) =>
        version.note === "" ? (
          <span className="text-ink-3">not said</span>
        ) : (
          <span className="block max-w-md break-words">{version.note}</span>
        ),
    }),
    column.display({
      id: "clusters",
      header: "Clusters on it",
      cell: ({ row: { original: version } }) => (
        <span className="tnum">{version.clusterCount}</span>
      ),
    }),
    column.display({
      id: "changes",
      header: "Changes",
      cell: ({ row: { original: version } }) =>
        version.specVersion === 1 ? (
          <span className="text-ink-3">the first</span>
        ) : (
          <TextLink
            to="/profiles/$id"
            params={{ id: profile.id }}
            search={{
              tab: "compare",
              from: version.specVersion - 1,
              to: version.specVersion,
            }}
            className="whitespace-nowrap"
          >
            from {version.specVersion - 1}
          </TextLink>
        ),
    }),
    column.display({
      id: "actions",
      header: "",
      meta: { align: "end", line: true },
      cell: ({ row: { original: version } }) => (
        <span className="flex flex-wrap justify-end gap-1.5">
          {version.isNewest ? null : (
            <>
              <ButtonLink
                small
                to="/profiles/$id"
                params={{ id: profile.id }}
                search={{ tab: "compare", from: version.specVersion, to: profile.specVersion }}
              >
                Compare with newest
              </ButtonLink>
              <Only who="revertProfile">
                <Button
                  small
                  onPress={() => onOpen({ what: "revert", version: version.specVersion })}
                  aria-label={`Go back to version ${version.specVersion}`}
                >
                  Go back to it
                </Button>
              </Only>
            </>
          )}
          <Only who="cloneProfile">
            <Button
              small
              onPress={() => onOpen({ what: "clone", version: version.specVersion })}
              aria-label={`Clone version ${version.specVersion}`}
            >
              Clone
            </Button>
          </Only>
        </span>
      ),
    }),
  ])
