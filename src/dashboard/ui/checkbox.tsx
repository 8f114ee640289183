/** A yes or no with its words. */
import { Check } from "lucide-react"
import { Checkbox as AriaCheckbox } from "react-aria-components"

type Props = {
  readonly label: string
  readonly value: boolean
  readonly onChange: (value: boolean) => void
}

export const Checkbox = ({ label, value, onChange }: Props) => (
  <AriaCheckbox
    isSelected={value}
    onChange={onChange}
    className="group flex w-fit items-center gap-2 text-sm"
  >
    <span
      aria-hidden
      className="grid size-4 place-items-center rounded-sm border border-control bg-raised text-transparent group-data-[selected]:border-accent-fill group-data-[selected]:bg-accent-fill group-data-[selected]:text-on-accent"
    >
      <Check className="size-3" strokeWidth={3} />
    </span>
    {label}
  </AriaCheckbox>
)
