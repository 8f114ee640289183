/** All deployment rules. */
import { useQuery } from "@tanstack/react-query"
import { createColumnHelper } from "@tanstack/react-table"
import { Plus, Ruler } from "lucide-react"
import { useState } from "react"
import type { Rule } from "#wire/rest/profiles.ts"
import { call } from "../api/client.ts"
import { ruleCascadeQuery } from "../api/intent-queries.ts"
import { keys, rulesQuery } from "../api/queries.ts"
import { Labels } from "../components/labels.tsx"
import { CascadeShown } from "../components/cascade.tsx"
import { Only } from "../components/only.tsx"
import { LoadFailed } from "../components/load-failed.tsx"
import { DeleteNamed } from "../forms/delete-named.tsx"
import { matchEndLook } from "../domain/words.ts"
import { Age } from "../ui/age.tsx"
import { Button, ButtonLink } from "../ui/button.tsx"
import { PageHeader, Panel } from "../ui/panel.tsx"
import { Empty, LoadingRows } from "../ui/states.tsx"
import { type Columns, DataTable, type Features } from "../ui/table.tsx"
import { TextLink } from "../ui/text-link.tsx"
import { useTitle } from "../ui/title.ts"

const column = createColumnHelper<Features, Rule>()

const columns: Columns<Rule> = column.columns([
  column.display({
    id: "name",
    header: "Rule",
    meta: { names: true },
    cell: ({ row: { original: rule } }) => (
      <TextLink to="/rules/$id" params={{ id: rule.id }} stretched quiet className="font-medium">
        {rule.name}
      </TextLink>
    ),
  }),
  column.display({
    id: "selector",
    header: "On satellites with",
    cell: ({ row: { original: rule } }) =>
      Object.keys(rule.selector).length === 0 ? (
        <span className="text-ink-2">any labels</span>
      ) : (
        <Labels labels={rule.selector} most={6} />
      ),
  }),
  column.display({
    id: "profile",
    header: "Profile",
    cell: ({ row: { original: rule } }) => (
      <TextLink to="/profiles/$id" params={{ id: rule.profileId }} className="relative z-1">
        {rule.profileName}
      </TextLink>
    ),
  }),
  column.display({
    id: "makes",
    header: "Makes",
    cell: ({ row: { original: rule } }) => (
      <span>
        <span className="text-ink-3">{rule.namespace}/</span>
        {rule.clusterName}
      </span>
    ),
  }),
  column.display({
    id: "clusters",
    header: "Clusters",
    meta: { align: "end" },
    cell: ({ row: { original: rule } }) => <span className="tnum">{rule.clusterCount}</span>,
  }),
  column.display({
    id: "end",
    header: "No match any more",
    cell: ({ row: { original: rule } }) => {
      const { word, meaning, tone } = matchEndLook(rule.onMatchEnd)
      return (
        <span title={meaning} className={tone === "bad" ? "font-medium text-bad" : "text-ink-2"}>
          {word}
        </span>
      )
    },
  }),
  column.display({
    id: "created",
    header: "Made",
    cell: ({ row: { original: rule } }) => <Age at={rule.createdAt} />,
  }),
  column.display({
    id: "actions",
    header: "",
    meta: { align: "end", corner: true },
    cell: ({ row: { original: rule } }) => (
      <Only who="deleteRule">
        <RemoveRule rule={rule} />
      </Only>
    ),
  }),
])

export function RulesPage() {
  useTitle("Deployment rules")
  const query = useQuery(rulesQuery)
  const rules = query.data?.items ?? []
  return (
    <>
      <PageHeader
        title="Deployment rules"
        lead="Which satellites get which cluster. A satellite that is approved or relabelled later is matched too."
        actions={
          <Only who="createRule">
            <ButtonLink to="/rules/new" kind="primary">
              <Plus aria-hidden className="size-3.5" />
              New rule
            </ButtonLink>
          </Only>
        }
      />
      <Panel>
        {query.isPending ? (
          <LoadingRows what="rules" rows={3} />
        ) : query.isError && rules.length === 0 ? (
          <LoadFailed
            what="The rules"
            error={query.error}
            retry={query.refetch}
            retrying={query.isFetching}
          />
        ) : rules.length === 0 ? (
          <Empty
            icon={Ruler}
            title="No rule yet"
            action={
              <Only who="createRule">
                <ButtonLink to="/rules/new" kind="primary">
                  Make the first rule
                </ButtonLink>
              </Only>
            }
          >
            A rule takes a profile and puts one cluster on every approved satellite that carries its
            labels.
          </Empty>
        ) : (
          <DataTable
            label="Deployment rules"
            columns={columns}
            rows={rules}
            rowKey={(rule) => rule.id}
          />
        )}
      </Panel>
    </>
  )
}

function RemoveRule({ rule }: { readonly rule: Rule }) {
  const [asked, setAsked] = useState(false)
  return (
    <>
      <Button
        small
        kind="danger"
        aria-label={`Delete rule ${rule.name}`}
        className="relative z-1"
        onPress={() => setAsked(true)}
      >
        Delete
      </Button>
      {asked ? (
        <DeleteNamed
          title={`Delete rule ${rule.name}?`}
          verb="Delete rule"
          verbing="Deleting…"
          done={`Rule ${rule.name} is deleted.`}
          run={() => call("deleteRule", { params: { id: rule.id } })}
          stale={keys.rules}
          onClose={() => setAsked(false)}
        >
          <p className="mb-3">No new satellite gets its cluster.</p>
          <RuleCascade id={rule.id} />
        </DeleteNamed>
      ) : null}
    </>
  )
}

const RuleCascade = ({ id }: { readonly id: string }) => (
  <CascadeShown query={useQuery(ruleCascadeQuery(id))} />
)
