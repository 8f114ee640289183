/** What members do by themselves when the server's log says something. */
import { Controller } from "react-hook-form"
import type { RuleSetBody } from "#wire/rule-set-schema.ts"
import { Checkbox } from "../../ui/checkbox.tsx"
import { Disclosure } from "../../ui/disclosure.tsx"
import { RadioCards } from "../../ui/radio-cards.tsx"
import { useNotes } from "../notes.tsx"
import { ruleSetBody } from "#wire/rule-set-schema.ts"
import { builtInRules } from "#core/recovery/built-in.ts"
import type { SectionProps } from "./sections.tsx"

const choices = [
  {
    value: "built-in" as const,
    name: "The built-in rules",
    help: "They follow pg-swarm as it is upgraded.",
  },
  {
    value: "own" as const,
    name: "Rules of this profile",
    help: "Begins as a copy of the built-in ones; each can be switched off.",
  },
]

export function RecoverySection({ control }: SectionProps) {
  const { error } = useNotes("recovery")
  return (
    <Controller
      control={control}
      name="recovery"
      render={({ field }) => (
        <div className="flex max-w-4xl flex-col gap-4">
          <RadioCards
            label="Recovery rules"
            value={field.value === null || field.value === undefined ? "built-in" : "own"}
            onChange={(choice) =>
              field.onChange(choice === "own" ? ruleSetBody(builtInRules) : undefined)
            }
            choices={choices}
            error={error}
          />
          {field.value === null || field.value === undefined ? null : (
            <Rules set={field.value} onChange={field.onChange} />
          )}
        </div>
      )}
    />
  )
}

type RulesProps = { readonly set: RuleSetBody; readonly onChange: (set: RuleSetBody) => void }

const Rules = ({ set, onChange }: RulesProps) => (
  <div className="flex flex-col gap-2">
    <Checkbox
      label="Rules may run commands in the server's container"
      value={set.allowExec}
      onChange={(allowExec) => onChange({ ...set, allowExec })}
    />
    <div className="divide-y divide-line rounded-md border border-line">
      {[...Map.groupBy(set.rules, ({ category }) => category)].map(([category, rules]) => (
        <Disclosure
          key={category}
          className="px-3"
          title={category.replaceAll("-", " ")}
          aside={
            <span className="tnum text-xs font-normal text-ink-3">
              {rules.filter(({ enabled }) => enabled).length} of {rules.length} on
            </span>
          }
        >
          <ul className="divide-y divide-line border-t border-line">
            {rules.map((rule) => (
              <li key={rule.name} className="flex flex-col gap-1 py-2 pl-1">
                <Checkbox
                  label={`${rule.name}: ${rule.action}`}
                  value={rule.enabled}
                  onChange={(enabled) =>
                    onChange({
                      ...set,
                      rules: set.rules.map((each) => (each === rule ? { ...rule, enabled } : each)),
                    })
                  }
                />
                <p className="pl-6 text-xs break-words text-ink-2">{rule.description}</p>
                <code className="pl-6 font-mono text-xs break-all text-ink-3">{rule.pattern}</code>
              </li>
            ))}
          </ul>
        </Disclosure>
      ))}
    </div>
  </div>
)
