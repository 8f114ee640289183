/** Sets of recovery rules: the built-in one, and those that were made of it. */
import { useInfiniteQuery } from "@tanstack/react-query"
import { createColumnHelper } from "@tanstack/react-table"
import { Plus, ScrollText } from "lucide-react"
import { useState } from "react"
import type { ShownRuleSet } from "#wire/rest/rule-set-routes.ts"
import { call } from "../api/client.ts"
import { catalogueKeys, ruleSetsQuery } from "../api/catalogue-queries.ts"
import { Only } from "../components/only.tsx"
import { PagedTable } from "../components/paged.tsx"
import { UsedBy } from "../components/used-by.tsx"
import { DeleteNamed } from "../forms/delete-named.tsx"
import { NewRuleSet } from "../forms/rule-set/new-rule-set.tsx"
import { Age } from "../ui/age.tsx"
import { Button, ButtonLink } from "../ui/button.tsx"
import { PageHeader, Panel } from "../ui/panel.tsx"
import { Empty } from "../ui/states.tsx"
import { type Columns, type Features } from "../ui/table.tsx"
import { TextLink } from "../ui/text-link.tsx"
import { useTitle } from "../ui/title.ts"

const column = createColumnHelper<Features, ShownRuleSet>()

const columns: Columns<ShownRuleSet> = column.columns([
  column.accessor("name", {
    header: "Rule set",
    meta: { names: true },
    cell: ({ row: { original: set } }) => (
      <>
        <TextLink to="/recovery-rules/$id" params={{ id: set.id }} stretched quiet>
          <span className="font-medium">{set.name}</span>
        </TextLink>
        {set.description === "" ? null : (
          <span className="block text-xs text-ink-3">{set.description}</span>
        )}
      </>
    ),
  }),
  column.display({
    id: "rules",
    header: "Rules",
    meta: { align: "end" },
    cell: ({ row: { original: set } }) => (
      <span className="tnum">
        {set.ruleCount}
        {set.allowExec ? <span className="block text-xs text-warn">may run commands</span> : null}
      </span>
    ),
  }),
  column.display({
    id: "profiles",
    header: "Profiles",
    cell: ({ row: { original: set } }) => <UsedBy profiles={set.profiles} />,
  }),
  column.display({
    id: "clusters",
    header: "In force on",
    cell: ({ row: { original: set } }) => (
      <span className="tnum">
        {set.clusterCount} {set.clusterCount === 1 ? "cluster" : "clusters"}
      </span>
    ),
  }),
  column.accessor("updatedAt", {
    header: "Edited",
    cell: ({ row: { original: set } }) => <Age at={set.updatedAt} />,
  }),
  column.display({
    id: "actions",
    header: "",
    meta: { align: "end", corner: true },
    cell: ({ row: { original: set } }) => (
      <Only who="deleteRuleSet">
        <Delete set={set} />
      </Only>
    ),
  }),
])

export function RuleSetsPage() {
  useTitle("Recovery rules")
  const [making, setMaking] = useState(false)
  const query = useInfiniteQuery(ruleSetsQuery)
  const newSet = (
    <Only who="createRuleSet">
      <Button kind="primary" onPress={() => setMaking(true)}>
        <Plus aria-hidden className="size-3.5" />
        New rule set
      </Button>
    </Only>
  )
  return (
    <>
      <PageHeader
        title="Recovery rules"
        lead="What a member does when its server logs something. Clusters have the built-in rules, unless their profile points at a set of its own."
        actions={
          <>
            <ButtonLink to="/recovery-rules/built-in">Built-in rules</ButtonLink>
            {newSet}
          </>
        }
      />
      <Panel>
        <PagedTable
          what="rule sets"
          query={query}
          columns={columns}
          rowKey={({ id }) => id}
          empty={
            <Empty icon={ScrollText} title="Every cluster has the built-in rules" action={newSet}>
              Make a set to change one of them or to add your own. It begins as a copy.
            </Empty>
          }
        />
      </Panel>
      {making ? <NewRuleSet onClose={() => setMaking(false)} /> : null}
    </>
  )
}

function Delete({ set }: { readonly set: ShownRuleSet }) {
  const [asked, setAsked] = useState(false)
  return (
    <span className="relative z-1">
      <Button small kind="danger" aria-label={`Delete ${set.name}`} onPress={() => setAsked(true)}>
        Delete
      </Button>
      {asked ? (
        <DeleteNamed
          title={`Delete rule set ${set.name}?`}
          verb="Delete"
          verbing="Deleting…"
          done={`Rule set ${set.name} is deleted.`}
          run={() => call("deleteRuleSet", { params: { id: set.id } })}
          stale={catalogueKeys.ruleSets}
          onClose={() => setAsked(false)}
        >
          A set that a profile or a cluster has cannot be deleted.
        </DeleteNamed>
      ) : null}
    </span>
  )
}
