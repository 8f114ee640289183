/** The fields of a deployment rule, with what it would do beside them. The page brings the saving. */
import { useQuery } from "@tanstack/react-query"
import { type ReactNode, useEffect, useState } from "react"
import { matchEnds } from "#core/rollout/match-end.ts"
import { previewRuleBody, type RulePreview as Preview } from "#wire/rest/rules.ts"
import { rulePreviewQuery, type RuleToPreview } from "../../api/intent-queries.ts"
import { CallFailed } from "../../api/failure.ts"
import { profilesQuery } from "../../api/queries.ts"
import { DeedFailed } from "../../components/load-failed.tsx"
import { RulePreview } from "../../components/rule-preview.tsx"
import { useKnownLabels } from "../../components/use-known-labels.ts"
import { matchEndLook } from "../../domain/words.ts"
import { ButtonLink } from "../../ui/button.tsx"
import { useDebounced } from "../../ui/debounce.ts"
import { TextField } from "../../ui/field.tsx"
import { Notice } from "../../ui/notice.tsx"
import { Panel } from "../../ui/panel.tsx"
import { RadioCards } from "../../ui/radio-cards.tsx"
import { Select } from "../../ui/select.tsx"
import { readLabels } from "../label-rows.ts"
import { LabelsField } from "../labels-field.tsx"
import { type ReadRule, readRule, type RuleBody, type RuleValues } from "./values.ts"

type Props = {
  readonly values: RuleValues
  readonly onChange: (values: RuleValues) => void
  /** The rule that is edited; absent for a new one. */
  readonly ruleId?: string
  readonly error: Error | null
  /** `preview` is what the person saw, where central has said it of exactly this rule. */
  readonly onSave: (body: RuleBody, preview: Preview | undefined) => void
  readonly children: ReactNode
}

const typingPause = 300

const endChoices = matchEnds.map((end) => ({
  value: end,
  name: matchEndLook(end).word,
  help: matchEndLook(end).meaning,
}))

export function RuleEditor({ values, onChange, ruleId, error, onSave, children }: Props) {
  const [tried, setTried] = useState(false)
  const profiles = useQuery(profilesQuery)
  const known = useKnownLabels()
  const read = readRule(values)
  const asked = JSON.stringify(toPreview(values, ruleId))
  const settled = useDebounced(asked, typingPause)
  const rule = parse(settled)
  const preview = useQuery(rulePreviewQuery(rule))
  const [waiting, setWaiting] = useState(false)
  const isComing = asked !== settled || preview.isFetching
  const save = (): void => {
    if (read.kind !== "ok") return
    onSave(read.body, preview.isPlaceholderData ? undefined : preview.data)
  }
  // Who saves right after a change has not seen yet what it would delete: what central says of it is waited for.
  useEffect(() => {
    if (!waiting || isComing) return
    setWaiting(false)
    save()
  }, [waiting, isComing])
  const problems = tried ? allProblems(read, error) : new Map<string, string>()
  const labels = readLabels(values.labels)
  const set = (field: "name" | "profileId" | "clusterName" | "namespace") => (value: string) =>
    onChange({ ...values, [field]: value })
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_24rem]">
      <Panel>
        <form
          noValidate
          className="flex flex-col gap-5 p-4"
          onSubmit={(event) => {
            event.preventDefault()
            setTried(true)
            if (isComing) setWaiting(true)
            else save()
          }}
        >
          <DeedFailed error={error} />
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
              value={values.name}
              onChange={set("name")}
              error={problems.get("name")}
              placeholder="orders-on-plants"
              autoFocus={ruleId === undefined}
            />
            <Select
              label="Profile"
              choices={(profiles.data?.items ?? []).map((profile) => ({
                value: profile.id,
                name: profile.name,
                help: `${profile.spec.members} members, PostgreSQL ${profile.spec.postgres.major}`,
              }))}
              value={values.profileId}
              onChange={set("profileId")}
              error={problems.get("profileId")}
              placeholder={profiles.isPending ? "Loading…" : "Choose a profile"}
              {...(ruleId === undefined
                ? {}
                : { help: "For clusters made from now on; those that are there keep theirs." })}
            />
            <TextField
              label="Name of the cluster"
              value={values.clusterName}
              onChange={set("clusterName")}
              error={problems.get("clusterName")}
              placeholder="orders"
              help="The same at every site"
            />
            <TextField
              label="Namespace"
              value={values.namespace}
              onChange={set("namespace")}
              error={problems.get("namespace")}
              help="Made at the site if it is not there"
            />
          </div>
          <LabelsField
            legend="Satellites with all of these labels"
            help="No label at all means every approved satellite."
            rows={values.labels}
            onChange={(rows) => onChange({ ...values, labels: rows })}
            problems={tried && labels.kind === "bad" ? labels.problems : new Map()}
            known={known}
          />
          <RadioCards
            label="Where it does not match any more, its cluster"
            value={values.onMatchEnd}
            onChange={(onMatchEnd) => onChange({ ...values, onMatchEnd })}
            choices={endChoices}
          />
          <div className="flex flex-wrap justify-end gap-2 border-t border-line pt-4">
            {children}
          </div>
        </form>
      </Panel>
      <RulePreview rule={rule} />
    </div>
  )
}

/** What can be asked about already: the name of the rule and its profile do not matter for where it matches. */
function toPreview(values: RuleValues, ruleId: string | undefined): RuleToPreview | undefined {
  const read = readRule(values)
  const needed = ["labels", "selector", "clusterName", "namespace"]
  if (read.kind === "bad" && needed.some((field) => read.problems.has(field))) return undefined
  const labels = readLabels(values.labels)
  return {
    ...(ruleId === undefined ? {} : { ruleId }),
    selector: labels.kind === "ok" ? { ...labels.labels } : {},
    clusterName: values.clusterName.trim(),
    namespace: values.namespace.trim(),
    onMatchEnd: values.onMatchEnd,
  }
}

const parse = (text: string | undefined): RuleToPreview | undefined =>
  text === undefined ? undefined : previewRuleBody.safeParse(JSON.parse(text)).data

/** One problem for each field, from the schema here or from central. */
function allProblems(read: ReadRule, error: Error | null): ReadonlyMap<string, string> {
  const said =
    error instanceof CallFailed && error.failure.kind === "refused"
      ? (error.failure.problem.problems ?? [])
      : []
  return new Map([
    ...said.map(({ field, problem }): [string, string] => [field.replace(/^body\./, ""), problem]),
    ...(read.kind === "bad" ? read.problems : []),
  ])
}
