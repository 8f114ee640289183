/** A log as it is written: follow, hold on, search, take along. */
import { ArrowDownToLine, Download, Pause, Play, RotateCw } from "lucide-react"
import { memo, type ReactNode, useLayoutEffect, useRef, useState } from "react"
import { type LineLevel, lineLevels } from "#core/logs/tail.ts"
import { type LogSource, useLogTail } from "../api/use-log-tail.ts"
import {
  endWords,
  type FeedStanding,
  fileOf,
  type LogRow,
  readLine,
  rowsMax,
  rowsWith,
} from "../domain/log-feed.ts"
import { Badge } from "../ui/badge.tsx"
import { Button } from "../ui/button.tsx"
import { classNames } from "../ui/class-names.ts"
import { SearchField } from "../ui/field.tsx"
import { countText } from "../ui/format.ts"
import { Notice } from "../ui/notice.tsx"
import { Panel } from "../ui/panel.tsx"
import { Select } from "../ui/select.tsx"

type Props = {
  readonly source: LogSource
  /** What the log is of: the name of the region and of the file. */
  readonly name: string
  readonly level: LineLevel | undefined
  readonly onLevel: (level: LineLevel | undefined) => void
  /** Which log it is, before the other choices. */
  readonly choice?: ReactNode
}

const levelChoices = [
  { value: "all", name: "Every level" },
  { value: "debug", name: "debug and above" },
  { value: "info", name: "info and above" },
  { value: "warn", name: "warn and above" },
  { value: "error", name: "error" },
] as const

/** What scrolls must be reachable from the keyboard, which not every browser sees to. */
const reachable = { tabIndex: 0 }
/** So near to its end a log counts as being there. */
const nearEnd = 24

export function LogView({ source, name, level, onLevel, choice }: Props) {
  const [attempt, setAttempt] = useState(0)
  const feed = useLogTail(source, level, attempt)
  const [text, setText] = useState("")
  const [held, setHeld] = useState<readonly LogRow[]>()
  const [atEnd, setAtEnd] = useState(true)
  const list = useRef<HTMLDivElement>(null)
  const rows = rowsWith(held ?? feed.rows, text)
  const toEnd = (): void => {
    if (list.current !== null) list.current.scrollTop = list.current.scrollHeight
  }
  const waiting = held === undefined ? 0 : newerThan(held, feed.rows)

  // Before it is painted: the newest line is in sight without a jump.
  useLayoutEffect(() => {
    if (atEnd) toEnd()
  })

  return (
    <Panel
      title="Log"
      aside={<Standing standing={feed.standing} isHeld={held !== undefined} />}
      className="flex flex-col"
    >
      <div className="flex flex-wrap items-end gap-2 border-b border-line px-3 py-2.5">
        {choice}
        <Select
          label="Level"
          labelHidden
          choices={levelChoices}
          value={level ?? "all"}
          onChange={(chosen) => onLevel(lineLevels.find((each) => each === chosen))}
          className="w-40"
        />
        <SearchField
          label="Search in what is shown"
          placeholder="Search in what is shown"
          value={text}
          onChange={setText}
          className="w-full sm:w-60"
        />
        <span className="flex gap-2 sm:ml-auto">
          <Button onPress={() => setHeld(held === undefined ? feed.rows : undefined)}>
            {held === undefined ? (
              <Pause aria-hidden className="size-3.5" />
            ) : (
              <Play aria-hidden className="size-3.5" />
            )}
            {held === undefined ? "Pause" : "Resume"}
          </Button>
          <Button isDisabled={rows.length === 0} onPress={() => download(name, rows)}>
            <Download aria-hidden className="size-3.5" />
            Download
          </Button>
        </span>
      </div>
      <Trouble standing={feed.standing} onAgain={() => setAttempt(attempt + 1)} />
      <div className="relative">
        {/* Not a live region: a screen reader could not follow a log. */}
        <div
          ref={list}
          role="region"
          aria-label={`Log of ${name}`}
          {...reachable}
          onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) =>
            setAtEnd(scrollHeight - scrollTop - clientHeight < nearEnd)
          }
          className="h-[max(16rem,calc(100dvh-21rem))] overflow-y-auto bg-sunken py-1.5 font-mono text-xs outline-offset-[-2px]"
        >
          {rows.length === 0 ? (
            <p className="px-3 py-6 text-center font-sans text-sm text-ink-2">
              {nothingWords(feed.standing, text, feed.rows.length)}
            </p>
          ) : (
            rows.map((row) => <Row key={row.id} row={row} />)
          )}
        </div>
        {atEnd ? null : (
          <Button small className="absolute right-5 bottom-3 shadow-overlay" onPress={toEnd}>
            <ArrowDownToLine aria-hidden className="size-3.5" />
            Jump to the end
          </Button>
        )}
      </div>
      <footer className="flex flex-wrap gap-x-4 gap-y-1 border-t border-line px-3 py-2 text-xs text-ink-3">
        <span className="tnum">
          {countText(rows.length, "line")} shown, the last {rowsMax.toLocaleString("en-GB")} are
          kept
        </span>
        {waiting === 0 ? null : (
          <span className="tnum font-medium text-busy">{countText(waiting, "newer line")}</span>
        )}
        {feed.dropped === 0 ? null : (
          <span className="tnum font-medium text-warn">
            {countText(feed.dropped, "line")} left out: more came than is sent
          </span>
        )}
      </footer>
    </Panel>
  )
}

/** How many rows came since these were the newest. */
const newerThan = (held: readonly LogRow[], now: readonly LogRow[]): number => {
  const last = held.at(-1)?.id ?? -1
  return now.filter(({ id }) => id > last).length
}

function nothingWords(standing: FeedStanding, text: string, lines: number): string {
  if (text.trim() !== "" && lines > 0) return "No line that is shown has this text."
  return standing.kind === "connecting"
    ? "Asking the site for its log …"
    : standing.kind === "ended"
      ? "No line came."
      : "Nothing was written yet."
}

function Standing({
  standing,
  isHeld,
}: {
  readonly standing: FeedStanding
  readonly isHeld: boolean
}) {
  const [tone, word] =
    standing.kind === "ended"
      ? (["quiet", "Ended"] as const)
      : isHeld
        ? (["warn", "Paused"] as const)
        : standing.kind === "following"
          ? (["good", "Live"] as const)
          : standing.kind === "waiting"
            ? (["busy", "Waiting"] as const)
            : (["busy", "Connecting"] as const)
  return (
    <span role="status" aria-label={`This log: ${word}`}>
      <Badge tone={tone}>{word}</Badge>
    </span>
  )
}

function Trouble({
  standing,
  onAgain,
}: {
  readonly standing: FeedStanding
  readonly onAgain: () => void
}) {
  if (standing.kind === "waiting")
    return (
      <Notice tone="busy" className="mx-3 mt-2.5 mb-2.5">
        {standing.why}
      </Notice>
    )
  if (standing.kind !== "ended") return null
  return (
    <Notice tone={standing.end === "time-is-up" ? "quiet" : "warn"} alert className="mx-3 my-2.5">
      <span className="flex flex-wrap items-center justify-between gap-2">
        <span>
          <span className="font-medium">{endWords[standing.end]}:</span> {standing.why}
        </span>
        <Button small onPress={onAgain}>
          <RotateCw aria-hidden className="size-3.5" />
          Follow again
        </Button>
      </span>
    </Notice>
  )
}

const levelClass: Readonly<Record<LineLevel, string>> = {
  debug: "text-ink-3",
  info: "text-ink-2",
  warn: "text-warn",
  error: "text-bad",
}

/** Drawn once: rows never change, and there are 2,000 at most. */
const Row = memo(function Row({ row }: { readonly row: LogRow }) {
  if (row.kind === "gap")
    return (
      <p className="my-1 bg-warn-soft px-3 py-0.5 font-sans text-warn">
        {countText(row.lines, "line")} left out here
      </p>
    )
  const { head, fields } = readLine(row.text)
  return (
    <p className="flex gap-x-2 px-3 py-px hover:bg-hover max-sm:flex-wrap">
      <span className="tnum shrink-0 text-ink-3" title={row.at ?? undefined}>
        {row.at === null ? "" : row.at.slice(11, 23)}
      </span>
      <span className={classNames("w-10 shrink-0", levelClass[row.level])}>{row.level}</span>
      <span className="min-w-0 flex-1 whitespace-pre-wrap wrap-anywhere max-sm:basis-full">
        <span className={row.level === "debug" ? "text-ink-2" : "text-ink"}>{head}</span>
        {fields === "" ? null : <span className="text-ink-3"> {fields}</span>}
        {row.cut ? <span className="font-sans text-ink-3"> … cut</span> : null}
      </span>
    </p>
  )
})

/** What is shown, as a file. */
function download(name: string, rows: readonly LogRow[]): void {
  const address = URL.createObjectURL(new Blob([fileOf(rows)], { type: "text/plain" }))
  const link = document.createElement("a")
  link.href = address
  link.download = `${name.replaceAll(/[^\w.-]+/g, "-")}.log`
  link.click()
  URL.revokeObjectURL(address)
}
