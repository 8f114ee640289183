/** Making a deployment rule, with what it would do shown while it is typed. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { getRouteApi, useNavigate } from "@tanstack/react-router"
import { useState } from "react"
import { createRuleBody } from "#wire/rest/profiles.ts"
import type { Sent } from "#wire/rest/routes.ts"
import { call } from "../api/client.ts"
import { CallFailed } from "../api/failure.ts"
import { keys, profilesQuery } from "../api/queries.ts"
import { Crumbs } from "../components/crumbs.tsx"
import { DeedFailed } from "../components/load-failed.tsx"
import { RulePreview } from "../components/rule-preview.tsx"
import { LabelsField } from "../forms/labels-field.tsx"
import { type LabelRow, readLabels } from "../forms/label-rows.ts"
import { Button, ButtonLink } from "../ui/button.tsx"
import { TextField } from "../ui/field.tsx"
import { Notice } from "../ui/notice.tsx"
import { PageHeader, Panel } from "../ui/panel.tsx"
import { Select } from "../ui/select.tsx"
import { say } from "../ui/toast.tsx"
import { useTitle } from "../ui/title.ts"

const route = getRouteApi("/signed-in/rules/new")

type Body = Sent<"createRule">["body"]
type Problems = ReadonlyMap<string, string>

export function NewRulePage() {
  useTitle("New rule")
  const { profileId: wanted } = route.useSearch()
  const client = useQueryClient()
  const navigate = useNavigate()
  const profiles = useQuery(profilesQuery)
  const [typed, setTyped] = useState({
    name: "",
    profileId: wanted ?? "",
    clusterName: "",
    namespace: "databases",
  })
  const [rows, setRows] = useState<readonly LabelRow[]>([{ key: "", value: "" }])
  const [tried, setTried] = useState(false)
  const labels = readLabels(rows)
  const selector = labels.kind === "ok" ? labels.labels : {}
  const parsed = createRuleBody.safeParse({ ...typed, selector })
  const create = useMutation({
    mutationFn: (body: Body) => call("createRule", { body }),
    onSuccess: async (rule) => {
      say(`Rule ${rule.name} is made. Its clusters are on their way.`)
      await client.invalidateQueries({ queryKey: keys.rules })
      await client.invalidateQueries({ queryKey: keys.clusters })
      await client.invalidateQueries({ queryKey: keys.overview })
      await navigate({ to: "/clusters" })
    },
  })
  const problems = tried
    ? problemsOf(parsed.error?.issues ?? [], create.error)
    : new Map<string, string>()
  const set = (field: keyof typeof typed) => (value: string) =>
    setTyped((old) => ({ ...old, [field]: value }))
  return (
    <>
      <PageHeader
        above={<Crumbs to="/rules" name="Deployment rules" />}
        title="New rule"
        lead="One cluster on every approved satellite that carries these labels, now and later."
      />
      <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_24rem]">
        <Panel>
          <form
            noValidate
            className="flex flex-col gap-5 p-4"
            onSubmit={(event) => {
              event.preventDefault()
              setTried(true)
              if (parsed.success && labels.kind === "ok") create.mutate(parsed.data)
            }}
          >
            <DeedFailed error={create.error} />
            {profiles.data?.items.length === 0 ? (
              <Notice tone="warn">
                There is no profile yet, and a rule needs one.{" "}
                <ButtonLink small to="/profiles/new">
                  Make a profile
                </ButtonLink>
              </Notice>
            ) : null}
            <div className="grid gap-4 sm:grid-cols-2">
              <TextField
                label="Name of the rule"
                value={typed.name}
                onChange={set("name")}
                error={problems.get("name")}
                placeholder="orders-on-plants"
                autoFocus
              />
              <Select
                label="Profile"
                choices={(profiles.data?.items ?? []).map((profile) => ({
                  value: profile.id,
                  name: profile.name,
                  help: `${profile.spec.members} members, PostgreSQL ${profile.spec.postgres.major}`,
                }))}
                value={typed.profileId}
                onChange={set("profileId")}
                error={problems.get("profileId")}
                placeholder={profiles.isPending ? "Loading…" : "Choose a profile"}
              />
              <TextField
                label="Name of the cluster"
                value={typed.clusterName}
                onChange={set("clusterName")}
                error={problems.get("clusterName")}
                placeholder="orders"
                help="The same at every site"
              />
              <TextField
                label="Namespace"
                value={typed.namespace}
                onChange={set("namespace")}
                error={problems.get("namespace")}
                help="Made at the site if it is not there"
              />
            </div>
            <LabelsField
              legend="Satellites with all of these labels"
              help="No label at all means every approved satellite."
              rows={rows}
              onChange={setRows}
              problems={tried && labels.kind === "bad" ? labels.problems : new Map()}
            />
            <div className="flex justify-end gap-2 border-t border-line pt-4">
              <ButtonLink to="/rules">Cancel</ButtonLink>
              <Button type="submit" kind="primary" isPending={create.isPending}>
                {create.isPending ? "Making…" : "Make rule"}
              </Button>
            </div>
          </form>
        </Panel>
        <RulePreview
          selector={labels.kind === "ok" ? labels.labels : undefined}
          clusterName={typed.clusterName.trim()}
          namespace={typed.namespace.trim()}
        />
      </div>
    </>
  )
}

type Issue = { readonly path: readonly PropertyKey[]; readonly message: string }

/** One problem for each field, from the schema here or from central. */
function problemsOf(issues: readonly Issue[], error: Error | null): Problems {
  const problems = new Map<string, string>()
  for (const { path, message } of issues) {
    const field = String(path[0] ?? "")
    if (problems.has(field)) continue
    problems.set(
      field,
      field === "profileId"
        ? "Choose a profile"
        : message.startsWith("Too small")
          ? "Give it a name"
          : message,
    )
  }
  if (error instanceof CallFailed && error.failure.kind === "refused") {
    for (const { field, problem } of error.failure.problem.problems ?? []) {
      problems.set(field.replace(/^body\./, ""), problem)
    }
  }
  return problems
}
