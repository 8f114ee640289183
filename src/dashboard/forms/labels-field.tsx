/** Editor of labels: one row for each, named for screen readers by its number. */
import { Plus, X } from "lucide-react"
import { Button, IconButton } from "../ui/button.tsx"
import { ComboField } from "../ui/combo-field.tsx"
import { errorClass, helpClass, labelClass } from "../ui/field.tsx"
import type { LabelRow, RowProblems } from "./label-rows.ts"

type Props = {
  readonly legend: string
  readonly help?: string
  readonly rows: readonly LabelRow[]
  readonly onChange: (rows: readonly LabelRow[]) => void
  /** Shown only after a try to send, so that typing is not scolded. */
  readonly problems: RowProblems
  /** Names and values that are in use somewhere, to begin from. */
  readonly known?: KnownLabels
}

export type KnownLabels = ReadonlyMap<string, readonly string[]>
const nothingKnown: KnownLabels = new Map()

export function LabelsField(props: Props) {
  const { legend, help, rows, onChange, problems, known = nothingKnown } = props
  const set = (place: number, row: LabelRow): void =>
    onChange(rows.map((each, at) => (at === place ? row : each)))
  const whole = problems.get(-1)
  return (
    <fieldset className="flex min-w-0 flex-col gap-1.5">
      <legend className={`${labelClass} mb-1`}>{legend}</legend>
      {/* Rows have no identity but their place. */}
      {[...rows.entries()].map(([place, row]) => (
        <div key={place} className="flex items-start gap-1.5">
          <ComboField
            label={`Name of label ${place + 1}`}
            labelHidden
            words={[...known.keys()]}
            placeholder="region"
            value={row.key}
            onChange={(key) => set(place, { ...row, key })}
            error={problems.get(place)}
            className="flex-1"
          />
          <span aria-hidden className="leading-8 text-ink-3">
            =
          </span>
          <ComboField
            label={`Value of label ${place + 1}`}
            labelHidden
            words={known.get(row.key.trim()) ?? []}
            placeholder="north"
            value={row.value}
            onChange={(value) => set(place, { ...row, value })}
            className="flex-1"
          />
          <IconButton
            label={`Remove label ${row.key === "" ? place + 1 : row.key}`}
            onPress={() => onChange(rows.filter((_, at) => at !== place))}
          >
            <X aria-hidden className="size-4" />
          </IconButton>
        </div>
      ))}
      {whole === undefined ? null : <p className={errorClass}>{whole}</p>}
      <div>
        <Button small onPress={() => onChange([...rows, { key: "", value: "" }])}>
          <Plus aria-hidden className="size-3.5" />
          Add label
        </Button>
      </div>
      {help === undefined ? null : <p className={helpClass}>{help}</p>}
    </fieldset>
  )
}
