/** How careful a rollout is: how many at a time, how long each is watched, and what stops it. */
import { Checkbox } from "../../ui/checkbox.tsx"
import { Disclosure } from "../../ui/disclosure.tsx"
import { TextField } from "../../ui/field.tsx"
import { RadioCards } from "../../ui/radio-cards.tsx"
import type { RolloutValues } from "./values.ts"

type Props = {
  readonly values: RolloutValues
  readonly onChange: (values: RolloutValues) => void
  readonly problems: ReadonlyMap<string, string>
}

type Texts =
  | "maxParallel"
  | "bakeMinutes"
  | "haltAfter"
  | "changeWithinMinutes"
  | "unhealthyForMinutes"

export function CareFields({ values, onChange, problems }: Props) {
  const field = (name: Texts, label: string, help: string) => (
    <TextField
      label={label}
      help={help}
      value={values[name]}
      onChange={(text) => onChange({ ...values, [name]: text })}
      error={problems.get(name)}
    />
  )
  return (
    <div className="flex flex-col gap-4">
      <div className="grid gap-4 sm:grid-cols-3">
        {field("maxParallel", "At the same time", "Clusters that change at once, at most")}
        {field("bakeMinutes", "Watched for, in minutes", "Each stays healthy so long to be done")}
        {field("haltAfter", "Halts with failure number", "1: the first that fails stops it")}
      </div>
      <RadioCards
        label="When it halts, what was changed"
        value={values.onHalt}
        onChange={(onHalt) => onChange({ ...values, onHalt })}
        choices={[
          { value: "stay", name: "Stays", help: "A person looks and decides." },
          { value: "roll-back", name: "Is rolled back", help: "Each gets the version it had." },
        ]}
      />
      <Disclosure title="More">
        <div className="flex flex-col gap-4 pt-1">
          <div className="grid gap-4 sm:grid-cols-2">
            {field(
              "changeWithinMinutes",
              "Fails after, in minutes",
              "A site that can be heard has so long to bring it into force",
            )}
            {field(
              "unhealthyForMinutes",
              "May be unhealthy for, in minutes",
              "After the change, before it counts as failed",
            )}
          </div>
          <RadioCards
            label="A cluster that is not healthy when its turn comes"
            value={values.whenUnhealthy}
            onChange={(whenUnhealthy) => onChange({ ...values, whenUnhealthy })}
            choices={[
              { value: "wait", name: "Waits", help: "Until it is healthy again." },
              { value: "move", name: "Changes", help: "All the same: the change may be the cure." },
            ]}
          />
          <Checkbox
            label="Goes on in freeze windows too"
            value={values.ignoreFreeze}
            onChange={(ignoreFreeze) => onChange({ ...values, ignoreFreeze })}
          />
        </div>
      </Disclosure>
    </div>
  )
}
