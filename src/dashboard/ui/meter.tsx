/** A bar of used out of most, with the figures in words beside it. */
import { classNames } from "./class-names.ts"
import { type Tone, fillTone } from "./tone.ts"

export type Part = { readonly value: number; readonly tone: Tone; readonly faint?: boolean }

type Props = {
  /** What it measures: "Connections". */
  readonly label: string
  readonly parts: readonly Part[]
  readonly most: number
  /** The same in words: "12 of 100 connections". */
  readonly text: string
  readonly className?: string
}

export function Meter({ label, parts, most, text, className }: Props) {
  const used = parts.reduce((sum, part) => sum + part.value, 0)
  return (
    <span
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={most}
      aria-valuenow={Math.min(used, most)}
      aria-valuetext={text}
      data-volatile
      className={classNames(
        "flex h-1.5 w-24 gap-px overflow-hidden rounded-full bg-active",
        className,
      )}
    >
      {parts.map((part, place) => (
        <span
          key={place}
          data-meter-fill
          className={classNames(fillTone[part.tone], part.faint === true && "opacity-55")}
          style={{ width: `${most === 0 ? 0 : Math.min(100, (100 * part.value) / most)}%` }}
        />
      ))}
    </span>
  )
}
