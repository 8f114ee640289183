/** The history of a cluster's primaries: who took over from whom, why, how long it took and what it cost. */
import { useInfiniteQuery } from "@tanstack/react-query"
import {
  ArrowRight,
  ArrowRightLeft,
  History,
  type LucideIcon,
  RotateCw,
  Sprout,
  Zap,
} from "lucide-react"
import { Fragment } from "react"
import type { RoleChange } from "#wire/rest/role-changes.ts"
import { roleChangesQuery } from "../api/queries.ts"
import { causeText, lossOf, roleChangeLook, roleChangeTimes } from "../domain/role-changes.ts"
import { When } from "../ui/age.tsx"
import { Button } from "../ui/button.tsx"
import { classNames } from "../ui/class-names.ts"
import { countText } from "../ui/format.ts"
import { Panel } from "../ui/panel.tsx"
import { Empty, LoadingRows } from "../ui/states.tsx"
import { softTone, textTone } from "../ui/tone.ts"
import { FailoverSplit } from "./failover-split.tsx"
import { LoadFailed } from "./load-failed.tsx"

const signs: Readonly<Record<RoleChange["kind"], LucideIcon>> = {
  failover: Zap,
  switchover: ArrowRightLeft,
  restart: RotateCw,
  bootstrap: Sprout,
}

export function RoleChanges({ clusterId }: { readonly clusterId: string }) {
  const list = useInfiniteQuery(roleChangesQuery(clusterId))
  const changes = list.data?.pages.flatMap(({ items }) => items) ?? []
  return (
    <Panel title="Role changes">
      {list.isPending ? (
        <LoadingRows what="role changes" rows={3} />
      ) : list.isError && changes.length === 0 ? (
        <LoadFailed
          what="The role changes"
          error={list.error}
          retry={list.refetch}
          retrying={list.isFetching}
        />
      ) : changes.length === 0 ? (
        <Empty icon={History} title="No role change yet">
          Every time that a member becomes primary it is told here: why, how long it took, and
          whether anything was lost.
        </Empty>
      ) : (
        <>
          <ol aria-label="Role changes" className="px-4 py-3">
            {changes.map((change) => (
              <ChangeRow key={change.id} change={change} />
            ))}
          </ol>
          {list.hasNextPage ? (
            <p className="border-t border-line px-4 py-2.5 text-center">
              <Button
                small
                kind="ghost"
                isPending={list.isFetchingNextPage}
                onPress={() => void list.fetchNextPage()}
              >
                Show older
              </Button>
            </p>
          ) : null}
        </>
      )}
    </Panel>
  )
}

function ChangeRow({ change }: { readonly change: RoleChange }) {
  const { word, tone, meaning } = roleChangeLook(change)
  const Sign = signs[change.kind]
  const times = roleChangeTimes(change)
  const loss = lossOf(change)
  return (
    <li className="group relative flex gap-3 pb-5 text-sm last:pb-1">
      <span
        aria-hidden
        className="absolute top-8 bottom-1 left-[13px] w-px bg-line-strong group-last:hidden"
      />
      <span
        title={meaning}
        className={classNames(
          "grid size-7 shrink-0 place-items-center rounded-full",
          softTone[tone],
        )}
      >
        <Sign aria-hidden className="size-3.5" strokeWidth={2.25} />
      </span>
      <div className="min-w-0 flex-1">
        <div className="flex items-start justify-between gap-3">
          <p className="flex min-h-7 flex-wrap items-center gap-x-2 gap-y-0.5">
            <span className="font-medium">{word}</span>
            <Roles change={change} />
            <span className="tnum text-xs text-ink-3">term {change.term}</span>
          </p>
          <span className="shrink-0 text-xs leading-7 text-ink-3">
            <When at={change.at} />
          </span>
        </div>
        <p className="break-words text-ink-2">
          {causeText(change)}
          {loss === undefined ? null : (
            <>
              {" · "}
              <span
                title={loss.meaning}
                className={classNames(loss.tone !== "quiet" && "font-medium", textTone[loss.tone])}
              >
                {loss.text}
              </span>
            </>
          )}
        </p>
        {times === undefined ? null : <FailoverSplit times={times} total />}
        <Evidence change={change} />
      </div>
    </li>
  )
}

function Roles({ change: { from, to, kind } }: { readonly change: RoleChange }) {
  const pod = "font-mono text-xs leading-5 font-medium"
  if (from === null || from === to || kind === "restart") return <span className={pod}>{to}</span>
  return (
    <span className="inline-flex flex-wrap items-center gap-1.5">
      <span className={classNames(pod, "text-ink-3")}>{from}</span>
      <ArrowRight aria-hidden className="size-3.5 text-ink-3" />
      <span className="sr-only">to</span>
      <span className={pod}>{to}</span>
    </span>
  )
}

function Evidence({ change }: { readonly change: RoleChange }) {
  const facts: readonly (readonly [string, string | number | null])[] = [
    ["Writes begin at", change.lsn],
    ["Timeline", change.timeline],
    ["Lost up to", change.lostLsn],
  ]
  const known = facts.filter(([, value]) => value !== null)
  if (change.evidence.length === 0 && known.length === 0) return null
  return (
    <details className="mt-1.5 text-xs">
      <summary className="w-fit cursor-pointer rounded-sm text-ink-3 hover:text-ink">
        What was seen
        <span className="sr-only">
          {" "}
          in term {change.term}: {countText(change.evidence.length, "observation")}
        </span>
      </summary>
      <div className="mt-1 rounded-md bg-sunken px-3 py-2">
        {change.evidence.length === 0 ? null : (
          <ul className="flex list-disc flex-col gap-0.5 pl-4 text-ink-2 marker:text-ink-3">
            {change.evidence.map((line) => (
              <li key={line} className="break-words">
                {line}
              </li>
            ))}
          </ul>
        )}
        {known.length === 0 ? null : (
          <dl className="mt-2 grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-0.5">
            {known.map(([name, value]) => (
              <Fragment key={name}>
                <dt className="text-ink-3">{name}</dt>
                <dd className="font-mono break-words">{value}</dd>
              </Fragment>
            ))}
          </dl>
        )}
      </div>
    </details>
  )
}
