/** What differs between two specs: field by field with both values, and what each change asks of a cluster. */
import { ArrowRight } from "lucide-react"
import type { ShownChange } from "#wire/rest/profile-versions.ts"
import { type FieldWords, fieldWords, valueLines } from "../domain/spec-words.ts"
import { effectLook } from "../domain/words.ts"
import { ToneWord } from "../ui/badge.tsx"
import { classNames } from "../ui/class-names.ts"

type Props = {
  readonly label: string
  readonly changes: readonly ShownChange[]
  /** Fields that need a second look, and why. */
  readonly marked?: ReadonlyMap<string, string>
  readonly dense?: boolean
}

export const ChangeList = ({ label, changes, marked, dense = false }: Props) => (
  <ul aria-label={label} className="divide-y divide-line text-sm">
    {changes.map((change) => (
      <li
        key={change.field}
        className={classNames(
          "grid items-baseline gap-x-4 gap-y-1 md:grid-cols-[13rem_minmax(0,1fr)_auto]",
          dense ? "py-1.5" : "px-4 py-2.5",
        )}
      >
        <span className="min-w-0">
          <FieldName words={fieldWords(change.field)} />
          {change.cause === "derived" ? (
            <span className="block text-xs text-ink-3">follows from the others</span>
          ) : null}
        </span>
        <span className="flex min-w-0 flex-wrap items-baseline gap-x-2 gap-y-1">
          <Values change={change} />
          {marked?.get(change.field) === undefined ? null : (
            <span className="basis-full text-xs font-medium text-warn">
              {marked.get(change.field)}
            </span>
          )}
        </span>
        <Effect change={change} />
      </li>
    ))}
  </ul>
)

const FieldName = ({ words }: { readonly words: FieldWords }) => (
  <span className={classNames("font-medium break-all", words.isCode && "font-mono text-xs")}>
    {words.text}
  </span>
)

/** Of lists only the lines that come or go are shown, unless it is their order that changes. */
function Values({ change: { field, from, to } }: { readonly change: ShownChange }) {
  const [before, after] = [valueLines(field, from), valueLines(field, to)]
  const isList = field === "hba" || field === "databases" || field === "recovery.order"
  if (!isList)
    return (
      <>
        <Value lines={before} was />
        <ArrowRight aria-label="becomes" className="size-3.5 shrink-0 self-center text-ink-3" />
        <Value lines={after} />
      </>
    )
  const gone = (before ?? []).filter((line) => !(after ?? []).includes(line))
  const fresh = (after ?? []).filter((line) => !(before ?? []).includes(line))
  if (gone.length + fresh.length === 0)
    return (
      <span className="flex min-w-0 flex-col">
        <span className="text-ink-2">in another order:</span>
        {(after ?? []).map((line) => (
          <Line key={line} sign="" line={line} />
        ))}
      </span>
    )
  return (
    <span className="flex min-w-0 flex-col">
      {gone.map((line) => (
        <Line key={line} sign="−" line={line} />
      ))}
      {fresh.map((line) => (
        <Line key={line} sign="+" line={line} />
      ))}
    </span>
  )
}

const Line = ({ sign, line }: { readonly sign: "" | "+" | "−"; readonly line: string }) => (
  <code
    className={classNames(
      "font-mono text-xs break-all",
      sign === "+" ? "text-good" : sign === "−" ? "text-bad" : "text-ink",
    )}
  >
    {sign === "" ? null : (
      <>
        <span aria-hidden>{sign} </span>
        <span className="sr-only">{sign === "+" ? "added: " : "removed: "}</span>
      </>
    )}
    {line}
  </code>
)

type ValueProps = { readonly lines: readonly string[] | undefined; readonly was?: boolean }

function Value({ lines, was = false }: ValueProps) {
  if (lines === undefined) return <span className="text-ink-3">not set</span>
  return (
    <code
      className={classNames(
        "min-w-0 font-mono text-xs break-all",
        was ? "text-ink-3 line-through decoration-line-strong" : "font-medium text-ink",
      )}
    >
      {lines.join(", ") === "" ? "empty" : lines.join(", ")}
    </code>
  )
}

function Effect({ change }: { readonly change: ShownChange }) {
  const { word, tone, meaning } = effectLook(change.effect)
  return (
    <span className="min-w-0 text-xs md:w-44">
      <ToneWord tone={tone} title={meaning}>
        {word}
      </ToneWord>
      {change.why === null ? null : (
        <span className="block break-words text-ink-3">{change.why}</span>
      )}
    </span>
  )
}
