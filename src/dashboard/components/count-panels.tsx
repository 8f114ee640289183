/** Counts by state: a bar for the eye, words and numbers for everybody, each a link to its list. */
import { Link } from "@tanstack/react-router"
import { clusterStates } from "#core/cluster/state.ts"
import type { Overview } from "#wire/rest/overview.ts"
import { satelliteStates } from "#wire/rest/satellites.ts"
import { total } from "../domain/counts.ts"
import { type Look, clusterLook, satelliteLook } from "../domain/words.ts"
import { classNames } from "../ui/class-names.ts"
import { Panel } from "../ui/panel.tsx"
import { TextLink } from "../ui/text-link.tsx"
import { fillTone } from "../ui/tone.ts"

export const CountPanels = ({ overview }: { readonly overview: Overview }) => (
  <div className="grid gap-4 md:grid-cols-2">
    <Panel title="Satellites" aside={<All to="/satellites" count={total(overview.satellites)} />}>
      <Bar
        counts={satelliteStates.map((state) => [satelliteLook(state), overview.satellites[state]])}
      />
      <ul className="flex flex-wrap gap-x-1 gap-y-0.5 px-2.5 pb-3">
        {satelliteStates
          .filter((state) => overview.satellites[state] > 0)
          .map((state) => (
            <li key={state}>
              <Link to="/satellites" search={{ state }} className={countClass}>
                <Count look={satelliteLook(state)} count={overview.satellites[state]} />
              </Link>
            </li>
          ))}
      </ul>
    </Panel>
    <Panel title="Clusters" aside={<All to="/clusters" count={total(overview.clusters)} />}>
      <Bar counts={clusterStates.map((state) => [clusterLook(state), overview.clusters[state]])} />
      <ul className="flex flex-wrap gap-x-1 gap-y-0.5 px-2.5 pb-3">
        {clusterStates
          .filter((state) => overview.clusters[state] > 0)
          .map((state) => (
            <li key={state}>
              <Link to="/clusters" search={{ state }} className={countClass}>
                <Count look={clusterLook(state)} count={overview.clusters[state]} />
              </Link>
            </li>
          ))}
      </ul>
    </Panel>
  </div>
)

const countClass = "flex items-baseline gap-1.5 rounded-md px-1.5 py-1 text-sm hover:bg-hover"

const All = ({
  to,
  count,
}: {
  readonly to: "/satellites" | "/clusters"
  readonly count: number
}) => (
  <TextLink to={to} className="text-sm">
    All {count.toLocaleString("en-GB")}
  </TextLink>
)

const Count = ({ look, count }: { readonly look: Look; readonly count: number }) => (
  <>
    <span
      aria-hidden
      className={classNames("size-2 self-center rounded-full", fillTone[look.tone])}
    />
    <span className="tnum font-semibold">{count.toLocaleString("en-GB")}</span>
    <span className="text-ink-2">{look.word.toLowerCase()}</span>
  </>
)

/** Shares of the whole; the words below carry the meaning. */
function Bar({ counts }: { readonly counts: readonly (readonly [Look, number])[] }) {
  const all = counts.reduce((sum, [, count]) => sum + count, 0)
  return (
    <div
      aria-hidden
      data-volatile
      className="mx-4 my-3.5 flex h-2 gap-0.5 overflow-hidden rounded-full bg-active"
    >
      {counts
        .filter(([, count]) => count > 0)
        .map(([look, count]) => (
          <span
            key={look.word}
            className={classNames("min-w-1 transition-[width] duration-500", fillTone[look.tone])}
            style={{ width: `${(100 * count) / all}%` }}
          />
        ))}
    </div>
  )
}
