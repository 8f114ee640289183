/** A text field and a choice bound to react-hook-form, with what the form's notes say of them. */
import type { ReactNode } from "react"
import { type Control, Controller, type FieldPath, type FieldValues } from "react-hook-form"
import { TextField } from "../ui/field.tsx"
import { type Choice, Select } from "../ui/select.tsx"
import { useNotes } from "./notes.tsx"

type Common<V extends FieldValues, B> = {
  readonly control: Control<V, unknown, B>
  readonly name: FieldPath<V>
  readonly label: string
  readonly labelHidden?: boolean
  readonly className?: string
}

type FormTextProps<V extends FieldValues, B> = Common<V, B> & {
  readonly help?: ReactNode
  readonly placeholder?: string
  readonly mono?: boolean
  readonly lines?: number
  readonly autoFocus?: boolean
  /** Takes what was pasted, where a field is not the place for it. True when it did. */
  readonly onPasted?: (text: string) => boolean
}

export function FormText<V extends FieldValues, B>({
  control,
  name,
  ...rest
}: FormTextProps<V, B>) {
  const { error, warning } = useNotes(name)
  return (
    <Controller
      control={control}
      name={name}
      render={({ field, fieldState }) => (
        <TextField
          {...rest}
          value={String(field.value ?? "")}
          onChange={field.onChange}
          onBlur={field.onBlur}
          inputRef={field.ref}
          error={fieldState.error?.message ?? error}
          warning={warning}
        />
      )}
    />
  )
}

type FormSelectProps<V extends FieldValues, B, T extends string> = Common<V, B> & {
  readonly choices: readonly Choice<T>[]
  readonly help?: string
}

export function FormSelect<V extends FieldValues, B, T extends string>({
  control,
  name,
  choices,
  ...rest
}: FormSelectProps<V, B, T>) {
  const { error } = useNotes(name)
  return (
    <Controller
      control={control}
      name={name}
      render={({ field, fieldState }) => (
        <Select
          {...rest}
          choices={choices}
          value={choices.find((choice) => choice.value === field.value)?.value}
          onChange={field.onChange}
          error={fieldState.error?.message ?? error}
        />
      )}
    />
  )
}
