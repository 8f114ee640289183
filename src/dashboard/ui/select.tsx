/** One of a few: a list that opens, and a row of choices. */
import { Check, ChevronDown } from "lucide-react"
import {
  Button,
  FieldError,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
  Select as AriaSelect,
  SelectValue,
  Text,
} from "react-aria-components"
import { classNames } from "./class-names.ts"
import { errorClass, helpClass, inputClass, labelClass } from "./field.tsx"

export type Choice<T extends string> = {
  readonly value: T
  readonly name: string
  readonly help?: string
}

type Props<T extends string> = {
  readonly label: string
  readonly choices: readonly Choice<T>[]
  readonly value: T | undefined
  readonly onChange: (value: T) => void
  readonly help?: string
  readonly error?: string | undefined
  readonly placeholder?: string
  readonly labelHidden?: boolean
  readonly className?: string
}

export function Select<T extends string>(props: Props<T>) {
  return (
    <AriaSelect
      value={props.value ?? null}
      onChange={(key) => {
        const chosen = props.choices.find((choice) => choice.value === key)
        if (chosen !== undefined) props.onChange(chosen.value)
      }}
      isInvalid={props.error !== undefined}
      validationBehavior="aria"
      placeholder={props.placeholder ?? "Choose"}
      className={classNames("flex min-w-0 flex-col gap-1", props.className)}
    >
      <Label className={props.labelHidden === true ? "sr-only" : labelClass}>{props.label}</Label>
      <Button
        className={classNames(inputClass, "flex h-8 items-center justify-between gap-2 text-left")}
      >
        <SelectValue className="truncate data-[placeholder]:text-ink-3">
          {({ isPlaceholder, defaultChildren, selectedText }) =>
            isPlaceholder ? defaultChildren : selectedText
          }
        </SelectValue>
        <ChevronDown aria-hidden className="size-3.5 shrink-0 text-ink-3" />
      </Button>
      {props.help === undefined ? null : (
        <Text slot="description" className={helpClass}>
          {props.help}
        </Text>
      )}
      <FieldError className={errorClass}>{props.error}</FieldError>
      <Popover className={popoverClass}>
        <ListBox items={props.choices} className="max-h-80 overflow-auto p-1 outline-none">
          {(choice) => (
            <ListBoxItem id={choice.value} textValue={choice.name} className={itemClass}>
              {({ isSelected }) => (
                <>
                  <span className="flex min-w-0 flex-1 flex-col">
                    <Text slot="label">{choice.name}</Text>
                    {choice.help === undefined ? null : (
                      <Text slot="description" className="text-xs text-ink-3">
                        {choice.help}
                      </Text>
                    )}
                  </span>
                  <Check
                    aria-hidden
                    className={classNames("size-3.5", !isSelected && "invisible")}
                  />
                </>
              )}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </AriaSelect>
  )
}

export const popoverClass =
  "min-w-(--trigger-width) max-w-sm rounded-lg border border-line-strong bg-raised shadow-overlay outline-none transition-opacity duration-100 entering:opacity-0 exiting:opacity-0"
export const itemClass =
  "flex items-center gap-2 rounded-md px-2 py-1.5 text-sm outline-none focused:bg-active data-[disabled]:opacity-50"
