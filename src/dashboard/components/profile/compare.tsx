/** What differs between any two versions of a profile. */
import { useQuery } from "@tanstack/react-query"
import { useNavigate } from "@tanstack/react-router"
import { ArrowLeftRight, Equal } from "lucide-react"
import type { Profile } from "#wire/rest/profiles.ts"
import { profileDiffQuery } from "../../api/intent-queries.ts"
import { Button } from "../../ui/button.tsx"
import { countText } from "../../ui/format.ts"
import { Panel } from "../../ui/panel.tsx"
import { Select } from "../../ui/select.tsx"
import { Empty, LoadingRows } from "../../ui/states.tsx"
import { ChangeList } from "../change-list.tsx"
import { LoadFailed } from "../load-failed.tsx"

type Props = {
  readonly profile: Profile
  readonly from: number | undefined
  readonly to: number | undefined
}

export function CompareVersions({ profile, ...given }: Props) {
  const navigate = useNavigate({ from: "/profiles/$id" })
  const to = Math.min(given.to ?? profile.specVersion, profile.specVersion)
  const from = Math.min(given.from ?? Math.max(1, to - 1), profile.specVersion)
  const diff = useQuery(profileDiffQuery(profile.id, { from, to }))
  const versions = Array.from({ length: profile.specVersion }, (_, at) => {
    const version = profile.specVersion - at
    return {
      value: String(version),
      name: version === profile.specVersion ? `${version} (newest)` : String(version),
    }
  })
  const show = (between: { readonly from: number; readonly to: number }) =>
    void navigate({ search: { tab: "compare", ...between }, replace: true })
  return (
    <Panel>
      <div className="flex flex-wrap items-end gap-2 border-b border-line p-4">
        <Select
          label="From version"
          choices={versions}
          value={String(from)}
          onChange={(version) => show({ from: Number(version), to })}
          className="w-36"
        />
        <Button aria-label="Swap the versions" onPress={() => show({ from: to, to: from })}>
          <ArrowLeftRight aria-hidden className="size-3.5" />
        </Button>
        <Select
          label="To version"
          choices={versions}
          value={String(to)}
          onChange={(version) => show({ from, to: Number(version) })}
          className="w-36"
        />
        {diff.data === undefined ? null : (
          <p role="status" className="ml-auto self-center text-sm text-ink-2">
            {countText(diff.data.changes.length, "change")}
          </p>
        )}
      </div>
      {diff.data === undefined ? (
        diff.isError ? (
          <LoadFailed
            what="The difference"
            error={diff.error}
            retry={diff.refetch}
            retrying={diff.isFetching}
          />
        ) : (
          <LoadingRows what="the difference" rows={3} />
        )
      ) : diff.data.changes.length === 0 ? (
        <Empty icon={Equal} title="No difference">
          {from === to ? "Choose two versions to see what differs." : "Both versions say the same."}
        </Empty>
      ) : (
        <ChangeList label="Changes" changes={diff.data.changes} />
      )}
    </Panel>
  )
}
