/** Text fields with label, help and error, named and described for screen readers. */
import { Search, TriangleAlert } from "lucide-react"
import type { ReactNode, Ref } from "react"
import {
  FieldError,
  Input,
  Label,
  SearchField as AriaSearchField,
  Text,
  TextArea,
  TextField as AriaTextField,
} from "react-aria-components"
import { classNames } from "./class-names.ts"

export const inputClass =
  "w-full rounded-md border border-control/70 bg-raised px-2.5 text-sm text-ink placeholder:text-ink-3 hover:border-control data-[invalid]:border-bad-fill disabled:opacity-60"

export const labelClass = "text-sm font-medium text-ink"
export const helpClass = "text-xs text-ink-3"
export const errorClass = "text-xs font-medium text-bad"

type Props = {
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
  readonly onBlur?: () => void
  readonly name?: string
  readonly type?: "text" | "password" | "number" | "datetime-local"
  readonly help?: ReactNode
  readonly error?: string | undefined
  /** Works and is unlikely to be meant; not shown beside an error. */
  readonly warning?: string | undefined
  readonly onPasted?: (text: string) => boolean
  readonly placeholder?: string
  readonly autoComplete?: string
  readonly autoFocus?: boolean
  readonly required?: boolean
  readonly mono?: boolean
  readonly disabled?: boolean
  /** More than one makes it a text area of so many lines. */
  readonly lines?: number
  /** Keeps the label for screen readers only. */
  readonly labelHidden?: boolean
  readonly inputRef?: Ref<HTMLInputElement & HTMLTextAreaElement>
  readonly className?: string
}

export function TextField(props: Props) {
  const lines = props.lines ?? 1
  const { onPasted } = props
  const warning = props.error === undefined ? props.warning : undefined
  const shape = classNames(
    inputClass,
    props.mono === true && "font-mono",
    lines > 1 ? "py-2" : "h-8",
  )
  return (
    <AriaTextField
      value={props.value}
      onChange={props.onChange}
      {...(props.onBlur === undefined ? {} : { onBlur: props.onBlur })}
      {...(props.name === undefined ? {} : { name: props.name })}
      type={props.type ?? "text"}
      isInvalid={props.error !== undefined}
      isRequired={props.required === true}
      isDisabled={props.disabled === true}
      validationBehavior="aria"
      autoComplete={props.autoComplete ?? "off"}
      // The first field of a dialog or of the sign-in page; the person came here to type.
      // oxlint-disable-next-line jsx-a11y/no-autofocus
      autoFocus={props.autoFocus === true}
      className={classNames("flex min-w-0 flex-col gap-1", props.className)}
    >
      <Label className={props.labelHidden === true ? "sr-only" : labelClass}>{props.label}</Label>
      {lines > 1 ? (
        <TextArea
          ref={props.inputRef ?? null}
          rows={lines}
          placeholder={props.placeholder ?? ""}
          spellCheck={false}
          className={shape}
        />
      ) : (
        <Input
          ref={props.inputRef ?? null}
          placeholder={props.placeholder ?? ""}
          spellCheck={false}
          className={shape}
          {...(onPasted === undefined
            ? {}
            : {
                onPaste: (event) => {
                  if (onPasted(event.clipboardData.getData("text"))) event.preventDefault()
                },
              })}
        />
      )}
      {props.help === undefined && warning === undefined ? null : (
        <Text slot="description" className={helpClass}>
          {props.help}
          {warning === undefined ? null : (
            <span className="flex gap-1 font-medium text-warn">
              <TriangleAlert aria-hidden className="mt-0.5 size-3 shrink-0" />
              <span className="min-w-0 break-words">{warning}</span>
            </span>
          )}
        </Text>
      )}
      <FieldError className={errorClass}>{props.error}</FieldError>
    </AriaTextField>
  )
}

type SearchProps = {
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
  readonly placeholder: string
  readonly className?: string
}

export const SearchField = ({ label, value, onChange, placeholder, className }: SearchProps) => (
  <AriaSearchField
    aria-label={label}
    value={value}
    onChange={onChange}
    className={classNames("group relative flex items-center", className)}
  >
    <Search aria-hidden className="pointer-events-none absolute left-2.5 size-3.5 text-ink-3" />
    <Input
      placeholder={placeholder}
      className={classNames(inputClass, "h-8 pl-8 [&::-webkit-search-cancel-button]:hidden")}
    />
  </AriaSearchField>
)
