/** One parameter that the profile sets: its value, what it takes, and what changing it asks of clusters. */
import { X } from "lucide-react"
import { Controller } from "react-hook-form"
import type { ShownParameter } from "#wire/rest/parameters.ts"
import { choicesOf, orderLook, rangeText } from "../../domain/parameters.ts"
import { ToneWord } from "../../ui/badge.tsx"
import { IconButton } from "../../ui/button.tsx"
import { Select } from "../../ui/select.tsx"
import { FormText } from "../form-field.tsx"
import { useNotes } from "../notes.tsx"
import type { SectionProps } from "./sections.tsx"

export type Standard = { readonly value: string; readonly whose: "PostgreSQL" | "pg-swarm" }

type Props = SectionProps & {
  readonly at: number
  readonly name: string
  /** Its name is fixed; another parameter is another row. */
  readonly isNamed: boolean
  /** Undefined while the table is not known, or where it has no parameter of this name. */
  readonly parameter: ShownParameter | undefined
  readonly standard: Standard | undefined
  readonly onRemove: () => void
}

export function ParameterRow(props: Props) {
  const { control, at, name, isNamed, parameter, standard, onRemove } = props
  const order = parameter === undefined ? undefined : orderLook(parameter)
  return (
    <li
      id={`parameter-${name}`}
      className="grid items-start gap-x-4 gap-y-1.5 px-3 py-2.5 md:grid-cols-[minmax(0,1fr)_minmax(16rem,26rem)_9rem_2rem]"
    >
      <div className="min-w-0 self-center">
        {isNamed ? (
          <p className="font-mono text-sm font-medium break-all">{name}</p>
        ) : (
          <FormText
            control={control}
            name={`parameters.${at}.name`}
            label={`Name of parameter ${at + 1}`}
            labelHidden
            mono
            placeholder="extension.parameter"
          />
        )}
        {parameter === undefined ? null : <p className="text-xs text-ink-2">{parameter.about}</p>}
      </div>
      <div className="min-w-0">
        <Value control={control} at={at} name={name} isNamed={isNamed} parameter={parameter} />
        <p className="mt-1 text-xs break-words text-ink-3">
          {parameter === undefined ? null : `${rangeText(parameter)}. `}
          {standard === undefined ? null : (
            <>
              Otherwise{" "}
              <code className="font-mono">{standard.value === "" ? "empty" : standard.value}</code>,
              by {standard.whose}.
            </>
          )}
        </p>
      </div>
      <div className="self-center text-sm md:leading-8">
        {order === undefined ? null : (
          <ToneWord tone={order.tone} title={order.meaning}>
            {order.word}
          </ToneWord>
        )}
      </div>
      <IconButton
        label={`Remove ${isNamed ? name : `parameter ${at + 1}`}`}
        className="max-md:absolute max-md:right-4"
        onPress={onRemove}
      >
        <X aria-hidden className="size-4" />
      </IconButton>
    </li>
  )
}

type ValueProps = Pick<Props, "control" | "at" | "name" | "isNamed" | "parameter">

/** A list where the value is one of a few words, else a field; what is no such word stays as it was typed. */
function Value({ control, at, name, isNamed, parameter }: ValueProps) {
  const field = `parameters.${at}.value` as const
  const { error } = useNotes(field)
  const choices = parameter === undefined ? undefined : choicesOf(parameter)
  const label = isNamed ? `Value of ${name}` : `Value of parameter ${at + 1}`
  return (
    <Controller
      control={control}
      name={field}
      render={({ field: { value, onChange } }) =>
        choices?.includes(value) === true ? (
          <Select
            label={label}
            labelHidden
            choices={choices.map((each) => ({ value: each, name: each }))}
            value={value}
            onChange={onChange}
            error={error}
          />
        ) : (
          <FormText
            control={control}
            name={field}
            label={label}
            labelHidden
            mono
            placeholder={parameter?.standard ?? ""}
          />
        )
      }
    />
  )
}
