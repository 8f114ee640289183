/** One recovery rule while it is edited. */
import { logSeverities, leastCooldown, ruleActions, ruleCategories } from "#core/recovery/rule.ts"
import type { RuleSetBody } from "#wire/rule-set-schema.ts"
import { Checkbox } from "../../ui/checkbox.tsx"
import { TextField } from "../../ui/field.tsx"
import { Select } from "../../ui/select.tsx"

export type RuleBody = RuleSetBody["rules"][number]

type Props = {
  readonly rule: RuleBody
  readonly onChange: (rule: RuleBody) => void
  /** What is wrong with a field of it, by the field's name. */
  readonly problems: ReadonlyMap<string, string>
}

const categories = ruleCategories.map((value) => ({ value, name: value }))
const actions = ruleActions.map((value) => ({ value, name: value }))
const whole = (text: string): number => (/^\d+$/.test(text.trim()) ? Number(text) : Number.NaN)
const typed = (value: number): string => (Number.isNaN(value) ? "" : String(value))

export function RuleFields({ rule, onChange, problems }: Props) {
  const set = (changes: Partial<RuleBody>): void => onChange({ ...rule, ...changes })
  const { threshold } = rule
  return (
    <div className="flex flex-col gap-4">
      <div className="grid gap-4 sm:grid-cols-3">
        <TextField
          label="Name"
          value={rule.name}
          onChange={(name) => set({ name })}
          error={problems.get("name")}
        />
        <Select
          label="Category"
          choices={categories}
          value={rule.category}
          onChange={(category) => set({ category })}
        />
        <Select
          label="Action"
          choices={actions}
          value={rule.action}
          onChange={(action) =>
            set({
              action,
              command: action === "exec" ? (rule.command ?? "") : null,
              cooldownSeconds: Math.max(rule.cooldownSeconds, leastCooldown[action]),
            })
          }
          error={problems.get("action")}
        />
      </div>
      <TextField
        label="Pattern"
        mono
        value={rule.pattern}
        onChange={(pattern) => set({ pattern })}
        help="RE2 syntax, tried on the message after its severity"
        error={problems.get("pattern")}
      />
      <TextField
        label="What the message means"
        value={rule.description}
        onChange={(description) => set({ description })}
        error={problems.get("description")}
      />
      <fieldset>
        <legend className="text-sm font-medium">Severities</legend>
        <p className="text-xs text-ink-3">None chosen: messages of any severity.</p>
        <div className="mt-1.5 flex flex-wrap gap-x-4 gap-y-1.5">
          {logSeverities.map((severity) => (
            <Checkbox
              key={severity}
              label={severity}
              value={rule.severities.includes(severity)}
              onChange={(isOn) =>
                set({
                  severities: logSeverities.filter((one) =>
                    one === severity ? isOn : rule.severities.includes(one),
                  ),
                })
              }
            />
          ))}
        </div>
      </fieldset>
      <div className="grid gap-4 sm:grid-cols-3">
        {rule.action === "exec" ? (
          <TextField
            label="Command"
            value={rule.command ?? ""}
            onChange={(command) => set({ command })}
            help="Of those that the postgres image offers"
            error={problems.get("command")}
          />
        ) : null}
        <TextField
          label="Silent after it acted, seconds"
          type="number"
          value={typed(rule.cooldownSeconds)}
          onChange={(text) => set({ cooldownSeconds: whole(text) })}
          help={`At least ${leastCooldown[rule.action]} for ${rule.action}`}
          error={problems.get("cooldownSeconds")}
        />
        <TextField
          label="Acts on match number"
          type="number"
          value={typed(threshold.count)}
          onChange={(text) => set({ threshold: { ...threshold, count: whole(text) } })}
          error={problems.get("threshold.count")}
        />
        <TextField
          label="Within, seconds"
          type="number"
          value={typed(threshold.withinSeconds)}
          onChange={(text) => set({ threshold: { ...threshold, withinSeconds: whole(text) } })}
          error={problems.get("threshold.withinSeconds")}
        />
      </div>
    </div>
  )
}
