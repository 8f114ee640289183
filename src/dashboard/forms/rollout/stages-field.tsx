/** The stages of a rollout in their order: which clusters each takes, and whether a person opens it. */
import { ArrowDown, ArrowUp, Plus, X } from "lucide-react"
import { useKnownLabels } from "../../components/use-known-labels.ts"
import { Button, IconButton } from "../../ui/button.tsx"
import { Checkbox } from "../../ui/checkbox.tsx"
import { TextField } from "../../ui/field.tsx"
import { Select } from "../../ui/select.tsx"
import { LabelsField } from "../labels-field.tsx"
import { freshStage, type StageValues } from "./values.ts"

type Props = {
  readonly stages: readonly StageValues[]
  readonly onChange: (stages: readonly StageValues[]) => void
  readonly problems: ReadonlyMap<string, string>
}

const takes = [
  {
    value: "percent" as const,
    name: "A share",
    help: "So many of a hundred; always the same ones",
  },
  {
    value: "selector" as const,
    name: "By label",
    help: "Clusters on satellites with these labels",
  },
  { value: "rest" as const, name: "The rest", help: "Whatever no earlier stage took" },
]

export function StagesField({ stages, onChange, problems }: Props) {
  const known = useKnownLabels()
  const set = (at: number, more: Partial<StageValues>) =>
    onChange(stages.map((stage, place) => (place === at ? { ...stage, ...more } : stage)))
  const swap = (at: number, other: number) =>
    onChange(
      stages.map((stage, place) =>
        place === at ? (stages[other] ?? stage) : place === other ? (stages[at] ?? stage) : stage,
      ),
    )
  return (
    <div className="flex flex-col gap-2">
      <ol className="flex flex-col gap-2">
        {[...stages.entries()].map(([at, stage]) => (
          <li key={at} className="flex flex-col gap-3 rounded-md border border-line-strong p-3">
            <div className="grid items-start gap-3 sm:grid-cols-[minmax(0,1fr)_9rem_6rem_auto]">
              <TextField
                label={`Stage ${at + 1}`}
                value={stage.name}
                onChange={(name) => set(at, { name })}
                error={problems.get(`stages.${at}.name`)}
                placeholder="canary"
              />
              <Select
                label="Takes"
                choices={takes}
                value={stage.takes}
                onChange={(each) => set(at, { takes: each })}
              />
              {stage.takes === "percent" ? (
                <TextField
                  label="Percent"
                  value={stage.percent}
                  onChange={(percent) => set(at, { percent })}
                  error={problems.get(`stages.${at}.percent`)}
                />
              ) : (
                <span />
              )}
              <span className="flex sm:pt-6">
                <IconButton
                  label={`Move stage ${at + 1} up`}
                  isDisabled={at === 0}
                  onPress={() => swap(at, at - 1)}
                >
                  <ArrowUp aria-hidden className="size-4" />
                </IconButton>
                <IconButton
                  label={`Move stage ${at + 1} down`}
                  isDisabled={at === stages.length - 1}
                  onPress={() => swap(at, at + 1)}
                >
                  <ArrowDown aria-hidden className="size-4" />
                </IconButton>
                <IconButton
                  label={`Remove stage ${at + 1}`}
                  isDisabled={stages.length === 1}
                  onPress={() => onChange(stages.filter((_, place) => place !== at))}
                >
                  <X aria-hidden className="size-4" />
                </IconButton>
              </span>
            </div>
            {stage.takes === "selector" ? (
              <>
                <LabelsField
                  legend="Satellites with all of these labels"
                  rows={stage.labels}
                  onChange={(labels) => set(at, { labels })}
                  problems={new Map()}
                  known={known}
                />
                {problems.get(`stages.${at}.labels`) === undefined ? null : (
                  <p className="text-xs font-medium text-bad">
                    {problems.get(`stages.${at}.labels`)}
                  </p>
                )}
              </>
            ) : null}
            <div className="grid gap-3 sm:grid-cols-2">
              <TextField
                label="At the same time"
                value={stage.maxParallel}
                onChange={(maxParallel) => set(at, { maxParallel })}
                error={problems.get(`stages.${at}.maxParallel`)}
                placeholder="as the rollout"
              />
              <TextField
                label="Watched for, in minutes"
                value={stage.bakeMinutes}
                onChange={(bakeMinutes) => set(at, { bakeMinutes })}
                error={problems.get(`stages.${at}.bakeMinutes`)}
                placeholder="as the rollout"
              />
            </div>
            <Checkbox
              label="Begins only when a person passes its gate"
              value={stage.gate}
              onChange={(gate) => set(at, { gate })}
            />
          </li>
        ))}
      </ol>
      <div>
        <Button small onPress={() => onChange([...stages, freshStage()])}>
          <Plus aria-hidden className="size-3.5" />
          Add stage
        </Button>
      </div>
      <p className="text-xs text-ink-3">Clusters that no stage takes form a last one.</p>
    </div>
  )
}
