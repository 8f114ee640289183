/** The rules of a set in their order, each behind its title; read-only without `onChange`. */
import { ArrowDown, ArrowUp, Plus, Trash2 } from "lucide-react"
import type { RuleSetBody } from "#wire/rule-set-schema.ts"
import { Button, IconButton } from "../../ui/button.tsx"
import { Checkbox } from "../../ui/checkbox.tsx"
import { classNames } from "../../ui/class-names.ts"
import { Disclosure } from "../../ui/disclosure.tsx"
import { type RuleBody, RuleFields } from "./rule-fields.tsx"

type Rules = RuleSetBody["rules"]

type Props = {
  readonly rules: Rules
  readonly onChange: (rules: Rules) => void
  /** By the rule's place, then by its field. */
  readonly problems: ReadonlyMap<number, ReadonlyMap<string, string>>
}

const none: ReadonlyMap<string, string> = new Map()

const newRule: RuleBody = {
  name: "new-rule",
  category: "wal",
  pattern: "",
  severities: [],
  action: "event",
  command: null,
  cooldownSeconds: 60,
  threshold: { count: 1, withinSeconds: 60 },
  enabled: true,
  description: "",
}

export function RuleList({ rules, onChange, problems }: Props) {
  const put = (at: number, rule: RuleBody): void =>
    onChange(rules.map((one, index) => (index === at ? rule : one)))
  const move = (at: number, to: number): void => {
    const rule = rules[at]
    if (rule !== undefined) onChange(rules.toSpliced(at, 1).toSpliced(to, 0, rule))
  }
  return (
    <div className="flex flex-col gap-3">
      <Button onPress={() => onChange([newRule, ...rules])} className="self-start">
        <Plus aria-hidden className="size-3.5" />
        Add a rule at the top
      </Button>
      <ol className="divide-y divide-line rounded-md border border-line">
        {rules.map((rule, at) => (
          <li key={at} className="px-3 py-1">
            <Disclosure
              title={<RuleTitle rule={rule} />}
              aside={<Mistakes count={problems.get(at)?.size ?? 0} />}
            >
              <div className="flex flex-col gap-4 py-3 pl-5">
                <RuleFields
                  rule={rule}
                  onChange={(changed) => put(at, changed)}
                  problems={problems.get(at) ?? none}
                />
                <div className="flex flex-wrap items-center justify-between gap-2">
                  <Checkbox
                    label="In force"
                    value={rule.enabled}
                    onChange={(enabled) => put(at, { ...rule, enabled })}
                  />
                  <span className="flex gap-1">
                    <IconButton
                      label={`Move ${rule.name} up`}
                      isDisabled={at === 0}
                      onPress={() => move(at, at - 1)}
                    >
                      <ArrowUp aria-hidden className="size-4" />
                    </IconButton>
                    <IconButton
                      label={`Move ${rule.name} down`}
                      isDisabled={at === rules.length - 1}
                      onPress={() => move(at, at + 1)}
                    >
                      <ArrowDown aria-hidden className="size-4" />
                    </IconButton>
                    <IconButton
                      label={`Remove ${rule.name}`}
                      onPress={() => onChange(rules.toSpliced(at, 1))}
                    >
                      <Trash2 aria-hidden className="size-4" />
                    </IconButton>
                  </span>
                </div>
              </div>
            </Disclosure>
          </li>
        ))}
      </ol>
    </div>
  )
}

export const RuleTitle = ({ rule }: { readonly rule: RuleBody }) => (
  <span
    className={classNames("flex flex-wrap items-baseline gap-x-3", !rule.enabled && "opacity-60")}
  >
    <span className="font-medium text-ink">{rule.name}</span>
    <span className="text-xs text-ink-3">
      {rule.category} · {rule.action}
      {rule.enabled ? "" : " · switched off"}
    </span>
    <span className="w-full text-xs font-normal text-ink-2">{rule.description}</span>
  </span>
)

const Mistakes = ({ count }: { readonly count: number }) =>
  count === 0 ? null : (
    <span className="rounded-full bg-bad-soft px-1.5 text-xs font-medium text-bad">
      {count} to correct
    </span>
  )
