/** A text field and a choice bound to react-hook-form. */
import type { ReactNode } from "react"
import { type Control, Controller, type FieldPath, type FieldValues } from "react-hook-form"
import { TextField } from "../ui/field.tsx"
import { type Choice, Select } from "../ui/select.tsx"

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
}

export const FormText = <V extends FieldValues, B>({
  control,
  name,
  ...rest
}: FormTextProps<V, B>) => (
  <Controller
    control={control}
    name={name}
    render={({ field, fieldState }) => (
      <TextField
        {...rest}
        value={String(field.value)}
        onChange={field.onChange}
        onBlur={field.onBlur}
        inputRef={field.ref}
        error={fieldState.error?.message}
      />
    )}
  />
)

type FormSelectProps<V extends FieldValues, B, T extends string> = Common<V, B> & {
  readonly choices: readonly Choice<T>[]
  readonly help?: string
}

export const FormSelect = <V extends FieldValues, B, T extends string>({
  control,
  name,
  choices,
  ...rest
}: FormSelectProps<V, B, T>) => (
  <Controller
    control={control}
    name={name}
    render={({ field, fieldState }) => (
      <Select
        {...rest}
        choices={choices}
        value={choices.find((choice) => choice.value === field.value)?.value}
        onChange={field.onChange}
        error={fieldState.error?.message}
      />
    )}
  />
)
