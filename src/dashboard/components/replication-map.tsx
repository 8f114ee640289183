/** Who follows whom, drawn: the primary, its standbys, and how far behind each is. The table says the same in words. */
import { Fragment } from "react"
import type { Cluster } from "#wire/rest/clusters.ts"
import { type Member, membersOf } from "../domain/cluster.ts"
import { phaseLook } from "../domain/words.ts"
import { classNames } from "../ui/class-names.ts"
import { bytesText } from "../ui/format.ts"
import { fillTone } from "../ui/tone.ts"
import { useStale } from "./observed.tsx"

export function ReplicationMap({ cluster }: { readonly cluster: Cluster }) {
  const stale = useStale(cluster.observedAt)
  const ordered = membersOf(cluster)
  const primary = ordered.find((instance) => instance.shown === "primary")
  const others = ordered.filter((instance) => instance !== primary)
  if (others.length === 0) return null
  return (
    <div
      aria-hidden
      className={classNames(
        "hidden items-center gap-0 overflow-x-auto border-b border-line bg-sunken px-6 py-4 sm:flex",
        stale && "stale",
      )}
    >
      {primary === undefined ? <NoPrimary /> : <Node instance={primary} />}
      <div className="grid min-w-40 flex-1 grid-cols-[minmax(10rem,1fr)_auto] items-center gap-y-2">
        {others.map((instance) => (
          <Fragment key={instance.pod}>
            <Edge instance={instance} joined={primary !== undefined} />
            <Node instance={instance} />
          </Fragment>
        ))}
      </div>
    </div>
  )
}

function Node({ instance }: { readonly instance: Member }) {
  const primary = instance.shown === "primary"
  const { tone, word } = phaseLook(instance.phase)
  return (
    <div
      className={classNames(
        "flex min-h-9 items-center gap-2 border bg-surface px-3 py-1 shadow-raised transition-colors",
        !primary && "min-w-60",
        primary ? "rounded-md border-accent" : "rounded-full border-line-strong",
      )}
    >
      <span
        className={classNames(
          "size-2 shrink-0 rounded-full",
          fillTone[instance.shown === "claims-primary" ? "warn" : tone],
        )}
      />
      <span className="max-w-80 font-mono text-xs font-medium wrap-anywhere">{instance.pod}</span>
      <span className="text-xs whitespace-nowrap text-ink-3">
        {primary
          ? "primary"
          : instance.shown === "claims-primary"
            ? "was primary"
            : word.toLowerCase()}
      </span>
    </div>
  )
}

const NoPrimary = () => (
  <div className="flex h-9 items-center rounded-md border border-dashed border-bad-fill bg-bad-soft px-3 text-xs font-medium text-bad">
    no primary
  </div>
)

/** The line carries the lag; it is broken where nothing flows. */
function Edge({ instance, joined }: { readonly instance: Member; readonly joined: boolean }) {
  const flows = joined && (instance.phase === "streaming" || instance.phase === "catching-up")
  return (
    <div className="relative flex min-w-24 flex-1 items-center px-2">
      <span
        className={classNames(
          "h-0 flex-1 border-t-2",
          flows
            ? instance.synchronous
              ? "border-good-fill"
              : "border-busy-fill"
            : "border-dashed border-control/60",
        )}
      />
      <span className="tnum px-2 text-xs whitespace-nowrap text-ink-3">
        {flows
          ? `${instance.synchronous ? "sync · " : ""}${instance.lagBytes === null ? "lag not known" : `${bytesText(instance.lagBytes)} behind`}`
          : "not streaming"}
      </span>
      <span
        className={classNames(
          "h-0 w-6 border-t-2",
          flows
            ? instance.synchronous
              ? "border-good-fill"
              : "border-busy-fill"
            : "border-dashed border-control/60",
        )}
      />
    </div>
  )
}
