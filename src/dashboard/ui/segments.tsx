/** A row of choices of which one holds; the choices and their counts stay in sight. */
import { ToggleButton, ToggleButtonGroup } from "react-aria-components"
import { classNames } from "./class-names.ts"

type Props<T extends string> = {
  readonly label: string
  readonly choices: readonly {
    readonly value: T
    readonly name: string
    readonly count?: number | undefined
  }[]
  readonly value: T
  readonly onChange: (value: T) => void
}

export function Segments<T extends string>({ label, choices, value, onChange }: Props<T>) {
  return (
    <ToggleButtonGroup
      aria-label={label}
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={[value]}
      onSelectionChange={(chosen) => {
        const found = choices.find((choice) => chosen.has(choice.value))
        if (found !== undefined) onChange(found.value)
      }}
      className="flex max-w-full gap-0.5 overflow-x-auto rounded-md bg-active/70 p-0.5"
    >
      {choices.map((choice) => (
        <ToggleButton
          key={choice.value}
          id={choice.value}
          className={classNames(
            "flex h-7 shrink-0 items-center gap-1.5 rounded-sm px-2.5 text-sm whitespace-nowrap text-ink-2 hover:text-ink",
            "selected:bg-selected selected:font-medium selected:text-ink selected:shadow-raised",
          )}
        >
          {choice.name}
          {choice.count === undefined ? null : (
            <span className="tnum text-xs text-ink-3">{choice.count.toLocaleString("en-GB")}</span>
          )}
        </ToggleButton>
      ))}
    </ToggleButtonGroup>
  )
}
