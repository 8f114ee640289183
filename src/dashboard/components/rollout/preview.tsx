/** The dry run of a rollout: stage by stage what each cluster would do, before anybody approves it. */
import type { RolloutPreview } from "#wire/rest/rollouts.ts"
import { verdicts } from "#wire/rest/rollouts.ts"
import { rolloutVerdictLook } from "../../domain/rollouts.ts"
import { ToneWord } from "../../ui/badge.tsx"
import { Disclosure } from "../../ui/disclosure.tsx"
import { countText, spanText } from "../../ui/format.ts"
import { Notice } from "../../ui/notice.tsx"
import { textTone } from "../../ui/tone.ts"
import { StrategyBadge } from "../strategy.tsx"

const shown = 50

export function RolloutDryRun({ preview }: { readonly preview: RolloutPreview }) {
  return (
    <div className="flex flex-col">
      <dl className="grid grid-cols-2 gap-3 px-4 py-3 sm:grid-cols-4">
        {verdicts.map((verdict) => {
          const { word, tone, meaning } = rolloutVerdictLook(verdict)
          const count = preview.counts[verdict]
          return (
            <div key={verdict} title={meaning}>
              <dt className="text-xs text-ink-3">{word}</dt>
              <dd
                className={`tnum text-lg font-semibold ${count > 0 ? textTone[tone] : "text-ink-3"}`}
              >
                {count}
              </dd>
            </div>
          )
        })}
      </dl>
      {preview.refusal === null ? null : (
        <Notice tone="bad" className="mx-4 mb-3">
          It would be refused: {preview.refusal}
        </Notice>
      )}
      {preview.frozenBy.map((window) => (
        <Notice key={window.id} tone="warn" className="mx-4 mb-3">
          Freeze window {window.name} holds some of them now, until {window.until}.
        </Notice>
      ))}
      {preview.warnings.length === 0 ? null : (
        <Notice tone="warn" className="mx-4 mb-3">
          {preview.warnings.map(({ field, problem }) => (
            <p key={`${field} ${problem}`}>
              <code className="font-mono text-xs">{field.replace(/^spec\./, "")}</code>: {problem}
            </p>
          ))}
        </Notice>
      )}
      <ol className="divide-y divide-line border-t border-line">
        {preview.stages.map((stage, at) => (
          <li key={stage.name} className="px-4 py-2">
            <Disclosure
              open={at === 0 || preview.stages.length < 4}
              title={
                <>
                  <span className="tnum mr-2 text-ink-3">{at + 1}</span>
                  {stage.name}
                  <span className="ml-2 font-normal text-ink-3">
                    {stage.gate ? "behind a gate, " : ""}
                    {stage.maxParallel} at a time, {spanText(stage.bakeSeconds * 1000)} each
                  </span>
                </>
              }
              aside={
                <span className="text-xs font-normal">
                  {countText(stage.clusterCount, "cluster")}
                </span>
              }
            >
              <Clusters stage={stage} />
            </Disclosure>
          </li>
        ))}
      </ol>
    </div>
  )
}

type ClustersProps = { readonly stage: RolloutPreview["stages"][number] }

const Clusters = ({ stage }: ClustersProps) => (
  <ul className="divide-y divide-line pl-5">
    {stage.clusters.slice(0, shown).map((cluster) => {
      const { word, tone, meaning } = rolloutVerdictLook(cluster.verdict)
      return (
        <li key={cluster.id} className="py-1.5 text-sm">
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <span className="min-w-0 flex-1 break-words max-sm:basis-full">
              <span className="font-medium">{cluster.name}</span>{" "}
              <span className="text-ink-3">
                on {cluster.satelliteName}, from version {cluster.fromVersion}
              </span>
            </span>
            {cluster.verdict === "move" || cluster.verdict === "owe" ? (
              <StrategyBadge strategy={cluster.strategy} />
            ) : null}
            <ToneWord tone={tone} title={meaning}>
              {word}
            </ToneWord>
          </div>
          {cluster.reason === null ? null : (
            <p className="text-xs break-words text-ink-2">{cluster.reason}</p>
          )}
          {cluster.takesFrom === null ? null : (
            <p className="text-xs text-warn">Another rollout that is under way would lose it.</p>
          )}
        </li>
      )
    })}
    {stage.clusterCount > Math.min(shown, stage.clusters.length) ? (
      <li className="py-1.5 text-sm text-ink-3">
        and {stage.clusterCount - Math.min(shown, stage.clusters.length)} more
      </li>
    ) : null}
  </ul>
)
