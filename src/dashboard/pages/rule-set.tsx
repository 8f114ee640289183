/** One set of recovery rules: its rules to edit, and a sandbox that tries them as they stand here. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { getRouteApi } from "@tanstack/react-router"
import { useState } from "react"
import { checkRules } from "#core/recovery/check.ts"
import type { WholeRuleSet } from "#wire/rest/rule-set-routes.ts"
import { type RuleSetBody, ruleSetOf } from "#wire/rule-set-schema.ts"
import { call } from "../api/client.ts"
import { CallFailed, refusedStatus } from "../api/failure.ts"
import { catalogueKeys, ruleSetQuery } from "../api/catalogue-queries.ts"
import { Crumbs } from "../components/crumbs.tsx"
import { DeedFailed, LoadFailed } from "../components/load-failed.tsx"
import { MayNotNotice, Only } from "../components/only.tsx"
import { RuleSandbox } from "../components/rule-sandbox.tsx"
import { UsedBy } from "../components/used-by.tsx"
import { problemsByRule } from "../forms/rule-set/problems.ts"
import { RuleList } from "../forms/rule-set/rule-list.tsx"
import { Button } from "../ui/button.tsx"
import { Checkbox } from "../ui/checkbox.tsx"
import { Notice } from "../ui/notice.tsx"
import { PageHeader, Panel } from "../ui/panel.tsx"
import { LoadingRows } from "../ui/states.tsx"
import { Tabs } from "../ui/tabs.tsx"
import { useTitle } from "../ui/title.ts"
import { say } from "../ui/toast.tsx"
import { NotFound } from "./broken.tsx"

const route = getRouteApi("/signed-in/recovery-rules/$id")

export function RuleSetPage() {
  const { id } = route.useParams()
  const query = useQuery(ruleSetQuery(id))
  useTitle(query.data?.name ?? "Rule set")
  if (refusedStatus(query.error) === 404 || refusedStatus(query.error) === 400) return <NotFound />
  if (query.data !== undefined) return <Editor stored={query.data} key={id} />
  return (
    <Panel>
      {query.isPending ? (
        <LoadingRows what="the rule set" />
      ) : (
        <LoadFailed
          what="The rule set"
          error={query.error}
          retry={query.refetch}
          retrying={query.isFetching}
        />
      )}
    </Panel>
  )
}

function Editor({ stored }: { readonly stored: WholeRuleSet }) {
  const editor = useEditor(stored)
  const { base, set, save, isChanged } = editor
  return (
    <>
      <PageHeader
        above={<Crumbs to="/recovery-rules" name="Recovery rules" />}
        title={base.name}
        lead={
          <>
            {base.description === "" ? "" : `${base.description}. `}
            Attached to <UsedBy profiles={base.profiles} />
          </>
        }
        actions={
          <Only who="editRuleSet">
            <Button isDisabled={!isChanged || save.isPending} onPress={() => editor.begin(base)}>
              Undo
            </Button>
            <Button
              kind="primary"
              isDisabled={!isChanged}
              isPending={save.isPending}
              onPress={() => save.mutate()}
            >
              {save.isPending ? "Saving…" : "Save"}
            </Button>
          </Only>
        }
      />
      <MayNotNotice who="editRuleSet">
        It can be changed here and tried in the sandbox, but not saved
      </MayNotNotice>
      <div className="flex flex-col gap-4">
        {stored.version > base.version ? (
          <Notice tone="warn" alert>
            Somebody else changed this set while you were editing.{" "}
            <Button small onPress={() => editor.begin(stored)}>
              Show theirs
            </Button>
          </Notice>
        ) : null}
        <DeedFailed error={save.error} />
        {isChanged && base.clusterCount > 0 ? (
          <Notice tone="busy">
            Saving reaches{" "}
            {base.clusterCount === 1 ? "one cluster" : `${base.clusterCount} clusters`} at once,
            without a restart and without another version of a profile.
          </Notice>
        ) : null}
        <Panel>
          <SetTabs set={set} onChange={editor.change} error={save.error} />
        </Panel>
      </div>
    </>
  )
}

/** What is edited, from what it was begun, and its way to central. */
function useEditor(stored: WholeRuleSet) {
  const client = useQueryClient()
  /** Somebody else's edit meanwhile is refused by its version, and told. */
  const [base, setBase] = useState(stored)
  const [set, setSet] = useState<RuleSetBody>(stored.set)
  const save = useMutation({
    mutationFn: () =>
      call("editRuleSet", { params: { id: base.id }, body: { version: base.version, set } }),
    onSuccess: async (saved) => {
      client.setQueryData([...catalogueKeys.ruleSet, saved.id], saved)
      setBase(saved)
      setSet(saved.set)
      say(
        saved.clusterCount === 0
          ? `${saved.name} is saved.`
          : `${saved.name} is saved and on its way to ${saved.clusterCount} clusters.`,
      )
      await client.invalidateQueries({ queryKey: catalogueKeys.ruleSets })
    },
  })
  /** What central said was said of what was sent. */
  const change = (next: RuleSetBody): void => {
    save.reset()
    setSet(next)
  }
  const begin = (from: WholeRuleSet): void => {
    setBase(from)
    change(from.set)
  }
  const isChanged = JSON.stringify(set) !== JSON.stringify(base.set)
  return { base, set, save, change, begin, isChanged }
}

type TabsProps = {
  readonly set: RuleSetBody
  readonly onChange: (set: RuleSetBody) => void
  readonly error: Error | null
}

function SetTabs({ set, onChange, error }: TabsProps) {
  const [tab, setTab] = useState("rules")
  const refused =
    error instanceof CallFailed && error.failure.kind === "refused"
      ? (error.failure.problem.problems ?? [])
      : []
  // Patterns are central's to judge: their engine is not in this page.
  const problems = problemsByRule([...checkRules(ruleSetOf(set), "set"), ...refused])
  const rules = (
    <div className="flex flex-col gap-4">
      <p className="text-sm text-ink-2">The first rule that matches a message takes it.</p>
      <Checkbox
        label="Rules may run commands of the postgres image (exec)"
        value={set.allowExec}
        onChange={(allowExec) => onChange({ ...set, allowExec })}
      />
      <RuleList
        rules={set.rules}
        onChange={(changed) => onChange({ ...set, rules: changed })}
        problems={problems}
      />
    </div>
  )
  return (
    <Tabs
      label="Rule set"
      selected={tab}
      onSelect={setTab}
      tabs={[
        {
          id: "rules",
          name: `Rules (${set.rules.length})`,
          mistakes: [...problems.values()].reduce((sum, { size }) => sum + size, 0),
          children: rules,
        },
        { id: "sandbox", name: "Sandbox", children: <RuleSandbox set={set} /> },
      ]}
    />
  )
}
