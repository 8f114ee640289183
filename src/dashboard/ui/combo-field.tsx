/** A text field that knows words to begin from, and takes any other too. */
import {
  ComboBox,
  FieldError,
  Input,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
} from "react-aria-components"
import { classNames } from "./class-names.ts"
import { errorClass, inputClass, labelClass } from "./field.tsx"
import { itemClass, popoverClass } from "./select.tsx"

type Props = {
  readonly label: string
  readonly labelHidden?: boolean
  readonly value: string
  readonly onChange: (value: string) => void
  readonly words: readonly string[]
  readonly placeholder?: string
  readonly error?: string | undefined
  readonly className?: string
}

const most = 50

export function ComboField(props: Props) {
  const typed = props.value.toLowerCase()
  // A word that is complete has nothing to be chosen any more: the list closes.
  const offered = props.words
    .filter((word) => word !== props.value && word.toLowerCase().includes(typed))
    .slice(0, most)
    .map((name) => ({ name }))
  return (
    <ComboBox
      allowsCustomValue
      inputValue={props.value}
      onInputChange={props.onChange}
      onChange={(key) => {
        if (key !== null) props.onChange(String(key))
      }}
      items={offered}
      menuTrigger="focus"
      isInvalid={props.error !== undefined}
      validationBehavior="aria"
      className={classNames("flex min-w-0 flex-col gap-1", props.className)}
    >
      <Label className={props.labelHidden === true ? "sr-only" : labelClass}>{props.label}</Label>
      <Input
        placeholder={props.placeholder ?? ""}
        spellCheck={false}
        autoComplete="off"
        className={classNames(inputClass, "h-8 font-mono")}
      />
      <FieldError className={errorClass}>{props.error}</FieldError>
      <Popover className={popoverClass}>
        <ListBox<{ name: string }> className="max-h-64 overflow-auto p-1 outline-none">
          {({ name }) => (
            <ListBoxItem
              id={name}
              textValue={name}
              className={classNames(itemClass, "font-mono text-xs")}
            >
              {name}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </ComboBox>
  )
}
