/** Who becomes primary when the primary is lost, how soon, and what a commit waits for. */
import { Controller, useWatch } from "react-hook-form"
import { durabilities, presets } from "#core/cluster/spec.ts"
import { durabilityLook, presetLook } from "../../domain/words.ts"
import { helpClass, labelClass } from "../../ui/field.tsx"
import { RadioCards } from "../../ui/radio-cards.tsx"
import { FormSelect, FormText } from "../form-field.tsx"
import { useNotes } from "../notes.tsx"
import type { SectionProps } from "./sections.tsx"
import { priorityMost, sizeUnits } from "./values.ts"

const whenAllLag = [
  {
    value: "take-best" as const,
    name: "Take the best",
    help: "It becomes primary, and what may be lost is told.",
  },
  {
    value: "ask" as const,
    name: "Ask a person",
    help: "Nobody becomes primary before a person says so.",
  },
]

export function FailoverSection({ control }: SectionProps) {
  const durability = useNotes("durability")
  return (
    <div className="flex max-w-4xl flex-col gap-6">
      <Controller
        control={control}
        name="preset"
        render={({ field }) => (
          <RadioCards
            label="How quickly a lost primary is replaced"
            value={field.value}
            onChange={field.onChange}
            choices={presets.map((preset) => ({
              value: preset,
              name: presetLook(preset).word,
              help: presetLook(preset).meaning,
            }))}
          />
        )}
      />
      <Controller
        control={control}
        name="durability"
        render={({ field }) => (
          <RadioCards
            label="When a commit counts as done"
            value={field.value}
            onChange={field.onChange}
            error={durability.error}
            choices={durabilities.map((each) => ({
              value: each,
              name: durabilityLook(each).word,
              help: durabilityLook(each).meaning,
            }))}
          />
        )}
      />
      <LagPolicy control={control} />
      <Priorities control={control} />
    </div>
  )
}

function LagPolicy({ control }: SectionProps) {
  const isBounded = useWatch({ control, name: "maxLag.size" }).trim() !== ""
  return (
    <fieldset className="flex flex-col gap-3">
      <legend className="mb-2 text-sm font-semibold">Candidates that lag</legend>
      <div className="grid gap-4 sm:grid-cols-[10rem_7rem_1fr]">
        <FormText
          control={control}
          name="maxLag.size"
          label="At most behind"
          placeholder="any"
          help="Empty: any lag will do"
        />
        <FormSelect
          control={control}
          name="maxLag.unit"
          label="Unit"
          choices={sizeUnits.map((unit) => ({ value: unit, name: unit }))}
        />
        <p className={`${helpClass} self-center`}>
          Counted from the last position of the primary that is known.
        </p>
      </div>
      {isBounded ? (
        <div className="grid gap-4 sm:grid-cols-[10rem_1fr]">
          <FormText
            control={control}
            name="lagWaitSeconds"
            label="Wait first, in seconds"
            help="For a better one"
          />
          <Controller
            control={control}
            name="onExcessLag"
            render={({ field }) => (
              <RadioCards
                label="If even the best is further behind"
                value={field.value}
                onChange={field.onChange}
                choices={whenAllLag}
              />
            )}
          />
        </div>
      ) : null}
    </fieldset>
  )
}

function Priorities({ control }: SectionProps) {
  const typed = Number(useWatch({ control, name: "members" }))
  const { error } = useNotes("priorities")
  const members = Number.isInteger(typed) ? Math.min(Math.max(typed, 1), 9) : 1
  return (
    <fieldset>
      <legend className={`${labelClass} mb-1 font-semibold`}>Priority of each member</legend>
      <p className={`${helpClass} mb-2`}>
        0 to {priorityMost}. Among candidates that have the same data the higher goes first; 0 never
        becomes primary.
      </p>
      <div className="grid grid-cols-3 gap-2 sm:grid-cols-5 lg:grid-cols-9">
        {[...Array(members).keys()].map((ordinal) => (
          <FormText
            key={ordinal}
            control={control}
            name={`priorities.${ordinal}`}
            label={`Member ${ordinal}`}
          />
        ))}
      </div>
      {error === undefined ? null : <p className="mt-1 text-xs font-medium text-bad">{error}</p>}
    </fieldset>
  )
}
