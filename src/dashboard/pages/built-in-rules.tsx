/** The rules that every sidecar has, to be read, and to be tried on a log. */
import { useQuery } from "@tanstack/react-query"
import { useState } from "react"
import type { Answer } from "#wire/rest/routes.ts"
import { builtInRulesQuery } from "../api/catalogue-queries.ts"
import { Crumbs } from "../components/crumbs.tsx"
import { LoadFailed } from "../components/load-failed.tsx"
import { RuleSandbox } from "../components/rule-sandbox.tsx"
import { RuleTitle } from "../forms/rule-set/rule-list.tsx"
import { Disclosure } from "../ui/disclosure.tsx"
import { Fact, Facts, PageHeader, Panel } from "../ui/panel.tsx"
import { LoadingRows } from "../ui/states.tsx"
import { Tabs } from "../ui/tabs.tsx"
import { useTitle } from "../ui/title.ts"

export function BuiltInRulesPage() {
  useTitle("Built-in recovery rules")
  const [tab, setTab] = useState("rules")
  const query = useQuery(builtInRulesQuery)
  return (
    <>
      <PageHeader
        above={<Crumbs to="/recovery-rules" name="Recovery rules" />}
        title="Built-in rules"
        lead="In force on every cluster whose profile points at no set of its own. To change one, make a set: it begins as a copy."
      />
      <Panel>
        {query.isPending ? (
          <LoadingRows what="the built-in rules" />
        ) : query.isError ? (
          <LoadFailed
            what="The built-in rules"
            error={query.error}
            retry={query.refetch}
            retrying={query.isFetching}
          />
        ) : (
          <Tabs
            label="Built-in rules"
            selected={tab}
            onSelect={setTab}
            tabs={[
              {
                id: "rules",
                name: "Rules",
                children: (
                  <div className="flex flex-col gap-5">
                    {query.data.categories.map(({ category, rules }) => (
                      <section key={category} aria-label={category}>
                        <h2 className="mb-1.5 text-sm font-semibold">
                          {category} <span className="text-ink-3">({rules.length})</span>
                        </h2>
                        <ol className="divide-y divide-line rounded-md border border-line">
                          {rules.map((rule) => (
                            <li key={rule.name} className="px-3 py-1">
                              <Disclosure title={<RuleTitle rule={rule} />}>
                                <RuleFacts rule={rule} />
                              </Disclosure>
                            </li>
                          ))}
                        </ol>
                      </section>
                    ))}
                  </div>
                ),
              },
              { id: "sandbox", name: "Sandbox", children: <RuleSandbox set={undefined} /> },
            ]}
          />
        )}
      </Panel>
    </>
  )
}

type Rule = Answer<"builtInRules">["categories"][number]["rules"][number]

function RuleFacts({ rule }: { readonly rule: Rule }) {
  const { count, withinSeconds } = rule.threshold
  return (
    <Facts>
      <Fact name="Pattern" wide>
        <code className="font-mono text-xs break-words">{rule.pattern}</code>
      </Fact>
      <Fact name="Takes, for example" wide>
        <code className="font-mono text-xs break-words">{rule.example}</code>
      </Fact>
      <Fact name="Severities">
        {rule.severities.length === 0 ? "any" : rule.severities.join(", ")}
      </Fact>
      <Fact name="Acts">
        {count === 1 ? "on the first match" : `on match ${count} within ${withinSeconds} s`}
      </Fact>
      <Fact name="Silent after that">{rule.cooldownSeconds} s</Fact>
    </Facts>
  )
}
