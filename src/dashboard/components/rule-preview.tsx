/** What a rule would do if it were saved, as central says it: on which satellites, and to which clusters. */
import { useQuery } from "@tanstack/react-query"
import { CircleCheck, TriangleAlert } from "lucide-react"
import { verdicts } from "#core/rollout/preview.ts"
import type { RulePreview as Preview } from "#wire/rest/rules.ts"
import { rulePreviewQuery, type RuleToPreview } from "../api/intent-queries.ts"
import { verdictLook } from "../domain/words.ts"
import { ToneWord } from "../ui/badge.tsx"
import { Disclosure } from "../ui/disclosure.tsx"
import { countText } from "../ui/format.ts"
import { Notice } from "../ui/notice.tsx"
import { Panel } from "../ui/panel.tsx"
import { LoadingRows } from "../ui/states.tsx"
import { TextLink } from "../ui/text-link.tsx"
import { textTone } from "../ui/tone.ts"
import { LoadFailed } from "./load-failed.tsx"

/** `rule` is undefined while what is typed is no rule that could be asked about. */
type Props = { readonly rule: RuleToPreview | undefined }

const shown = 12

export function RulePreview({ rule }: Props) {
  const query = useQuery(rulePreviewQuery(rule))
  return (
    <Panel title="What it would do">
      {rule === undefined ? (
        <p className="p-4 text-sm text-ink-2">
          Name the cluster and its namespace, and complete the labels, to see where it would be
          made.
        </p>
      ) : query.data === undefined ? (
        query.isError ? (
          <LoadFailed
            what="The preview"
            error={query.error}
            retry={query.refetch}
            retrying={query.isFetching}
          />
        ) : (
          <LoadingRows what="the preview" rows={3} />
        )
      ) : (
        <Said preview={query.data} />
      )}
    </Panel>
  )
}

function Said({ preview }: { readonly preview: Preview }) {
  const { matchCount, counts, refusal, resumed } = preview
  return (
    <div className="flex flex-col">
      <p role="status" className="flex items-center gap-2 px-4 pt-3 text-sm">
        {matchCount === 0 ? (
          <TriangleAlert aria-hidden className="size-4 text-warn" />
        ) : (
          <CircleCheck aria-hidden className="size-4 text-good" />
        )}
        <span>
          {matchCount === 0
            ? "No approved satellite matches now."
            : `${countText(matchCount, "approved satellite")} ${matchCount === 1 ? "matches" : "match"}.`}
        </span>
      </p>
      <dl className="grid grid-cols-4 gap-2 px-4 py-3">
        {verdicts.map((verdict) => {
          const { word, tone, meaning } = verdictLook(verdict)
          return (
            <div key={verdict} title={meaning}>
              <dt className="text-xs text-ink-3">{word}</dt>
              <dd
                className={`tnum text-lg font-semibold ${counts[verdict] > 0 ? textTone[tone] : "text-ink-3"}`}
              >
                {counts[verdict]}
              </dd>
            </div>
          )
        })}
      </dl>
      {refusal === null ? null : (
        <Notice tone="bad" className="mx-4 mb-3">
          Saving would be refused: {refusal}
        </Notice>
      )}
      <Matches preview={preview} />
      <Ended preview={preview} />
      {resumed.length === 0 ? null : (
        <p className="border-t border-line px-4 py-2.5 text-sm">
          {countText(resumed.length, "cluster")} that it paused would go on.
        </p>
      )}
    </div>
  )
}

function Matches({ preview: { matches, matchCount } }: { readonly preview: Preview }) {
  if (matches.length === 0) return null
  const rows = matches.slice(0, shown)
  return (
    <ul aria-label="Matching satellites" className="divide-y divide-line border-t border-line">
      {rows.map((match) => {
        const { word, tone, meaning } = verdictLook(match.verdict)
        return (
          <li key={match.satelliteId} className="px-4 py-2 text-sm">
            <p className="flex items-baseline justify-between gap-3">
              <TextLink
                to="/satellites/$id"
                params={{ id: match.satelliteId }}
                quiet
                className="min-w-0 wrap-anywhere"
              >
                {match.satelliteName}
              </TextLink>
              <ToneWord tone={tone === "busy" ? "good" : tone} title={meaning}>
                {word}
              </ToneWord>
            </p>
            {match.reason === null ? null : (
              <p className="text-xs break-words text-ink-2">{match.reason}</p>
            )}
          </li>
        )
      })}
      {matchCount > rows.length ? (
        <li className="px-4 py-2 text-sm text-ink-3">and {matchCount - rows.length} more</li>
      ) : null}
    </ul>
  )
}

type EndedList = Preview["ended"]["keep"]

/** Clusters that the rule would not want any more, and what would become of them. */
function Ended({ preview: { ended } }: { readonly preview: Preview }) {
  const groups: readonly (readonly [string, string, EndedList])[] = [
    ["Would be deleted with their data", textTone.bad, ended.delete],
    ["Protected: saving is refused while they are", textTone.bad, ended.isProtected],
    ["Would be paused", textTone.warn, ended.pause],
    ["Would stay, though no longer asked for", textTone.quiet, ended.keep],
  ]
  return groups.map(([title, tone, clusters]) =>
    clusters.length === 0 ? null : (
      <div key={title} className="border-t border-line px-4 py-1.5">
        <Disclosure
          title={<span className={tone}>{title}</span>}
          aside={<span className="tnum text-xs">{clusters.length}</span>}
          open={clusters.length <= shown}
        >
          <ClusterNames clusters={clusters} />
        </Disclosure>
      </div>
    ),
  )
}

export const ClusterNames = ({ clusters }: { readonly clusters: EndedList }) => (
  <ul className="max-h-60 overflow-y-auto pb-2 pl-5 text-sm">
    {clusters.map((cluster) => (
      <li key={cluster.clusterId} className="break-words">
        <span className="font-medium">{cluster.name}</span>{" "}
        <span className="text-ink-3">
          in {cluster.namespace} on {cluster.satelliteName}
        </span>
      </li>
    ))}
  </ul>
)
