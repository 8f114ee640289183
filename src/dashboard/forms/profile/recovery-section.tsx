/** What members do by themselves when the server's log says something. */
import { useQuery } from "@tanstack/react-query"
import { useController } from "react-hook-form"
import { builtInRules } from "#core/recovery/built-in.ts"
import { type RuleSetBody, ruleSetBody } from "#wire/rule-set-schema.ts"
import { ruleSetsQuery } from "../../api/intent-queries.ts"
import { Checkbox } from "../../ui/checkbox.tsx"
import { Disclosure } from "../../ui/disclosure.tsx"
import { countText } from "../../ui/format.ts"
import { RadioCards } from "../../ui/radio-cards.tsx"
import { Select } from "../../ui/select.tsx"
import { useNotes } from "../notes.tsx"
import type { SectionProps } from "./sections.tsx"

export function RecoverySection({ control }: SectionProps) {
  const { error } = useNotes("recovery")
  const sets = useQuery(ruleSetsQuery).data?.items ?? []
  const own = useController({ control, name: "recovery" }).field
  const chosen = useController({ control, name: "recoveryRuleSetId" }).field
  const set = own.value ?? undefined
  const value = chosen.value !== "" ? "set" : set === undefined ? "built-in" : "own"
  const choose = (choice: "built-in" | "set" | "own"): void => {
    own.onChange(choice === "own" ? (set ?? ruleSetBody(builtInRules)) : undefined)
    chosen.onChange(choice === "set" ? (sets[0]?.id ?? "") : "")
  }
  return (
    <div className="flex max-w-4xl flex-col gap-4">
      <RadioCards
        label="Recovery rules"
        value={value}
        onChange={choose}
        error={error}
        choices={[
          {
            value: "built-in",
            name: "The built-in rules",
            help: "They follow pg-swarm as it is upgraded.",
          },
          ...(sets.length === 0 && value !== "set"
            ? []
            : [
                {
                  value: "set" as const,
                  name: "A set that is kept apart",
                  help: "Edited in one place for every profile that points at it.",
                },
              ]),
          {
            value: "own",
            name: "Rules of this profile",
            help: "Begins as a copy of the built-in ones; each can be switched off.",
          },
        ]}
      />
      {value === "set" ? (
        <Select
          label="Set of rules"
          choices={sets.map(({ id, name, ruleCount }) => ({
            value: id,
            name,
            help: countText(ruleCount, "rule"),
          }))}
          value={chosen.value}
          onChange={chosen.onChange}
          className="max-w-sm"
        />
      ) : null}
      {value === "own" && set !== undefined ? <Rules set={set} onChange={own.onChange} /> : null}
    </div>
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
