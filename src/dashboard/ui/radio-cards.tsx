/** One of a few, each with its explanation in sight. */
import { Label, Radio, RadioGroup, Text } from "react-aria-components"
import { classNames } from "./class-names.ts"
import { errorClass, labelClass } from "./field.tsx"
import type { Choice } from "./select.tsx"

type Props<T extends string> = {
  readonly label: string
  readonly choices: readonly Choice<T>[]
  readonly value: T
  readonly onChange: (value: T) => void
  readonly error?: string | undefined
}

export const RadioCards = <T extends string>({
  label,
  choices,
  value,
  onChange,
  error,
}: Props<T>) => (
  <RadioGroup
    value={value}
    onChange={(chosen) => {
      const found = choices.find((choice) => choice.value === chosen)
      if (found !== undefined) onChange(found.value)
    }}
    isInvalid={error !== undefined}
    className="flex flex-col gap-1.5"
  >
    <Label className={labelClass}>{label}</Label>
    <div
      className={classNames(
        "grid gap-2",
        choices.length % 2 === 0 ? "sm:grid-cols-2" : "md:grid-cols-3",
      )}
    >
      {choices.map((choice) => (
        <Radio
          key={choice.value}
          value={choice.value}
          className="group flex cursor-pointer gap-2.5 rounded-md border border-line-strong bg-raised p-3 text-sm hover:border-control selected:border-accent selected:bg-accent-soft"
        >
          <span
            aria-hidden
            className="mt-0.5 size-4 shrink-0 rounded-full border border-control group-data-[selected]:border-5 group-data-[selected]:border-accent"
          />
          <span className="flex flex-col gap-0.5">
            <span className="font-medium">{choice.name}</span>
            {choice.help === undefined ? null : (
              <span className="text-xs text-ink-2">{choice.help}</span>
            )}
          </span>
        </Radio>
      ))}
    </div>
    {error === undefined ? null : (
      <Text slot="errorMessage" className={errorClass}>
        {error}
      </Text>
    )}
  </RadioGroup>
)
