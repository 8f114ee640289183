/** A deployment rule while it is edited, and what is wrong with it by the schema that central checks with. */
import { createRuleBody, type Rule } from "#wire/rest/profiles.ts"
import type { Sent } from "#wire/rest/routes.ts"
import { type LabelRow, readLabels, rowsOf } from "../label-rows.ts"

export type RuleBody = Sent<"createRule">["body"]

export type RuleValues = Pick<
  Rule,
  "name" | "profileId" | "clusterName" | "namespace" | "onMatchEnd"
> & {
  readonly labels: readonly LabelRow[]
}

export const freshRule = (profileId: string | undefined): RuleValues => ({
  name: "",
  profileId: profileId ?? "",
  clusterName: "",
  namespace: "databases",
  onMatchEnd: "keep",
  labels: [{ key: "", value: "" }],
})

export const ruleValues = (rule: Rule): RuleValues => ({
  name: rule.name,
  profileId: rule.profileId,
  clusterName: rule.clusterName,
  namespace: rule.namespace,
  onMatchEnd: rule.onMatchEnd,
  labels: rowsOf(rule.selector),
})

export type ReadRule =
  | { readonly kind: "ok"; readonly body: RuleBody }
  | { readonly kind: "bad"; readonly problems: ReadonlyMap<string, string> }

export function readRule({ labels, ...typed }: RuleValues): ReadRule {
  const read = readLabels(labels)
  const parsed = createRuleBody.safeParse({
    ...typed,
    name: typed.name.trim(),
    clusterName: typed.clusterName.trim(),
    namespace: typed.namespace.trim(),
    selector: read.kind === "ok" ? read.labels : {},
  })
  const problems = new Map<string, string>(read.kind === "bad" ? [["labels", ""]] : [])
  for (const { path, message } of parsed.error?.issues ?? []) {
    const field = String(path[0] ?? "")
    if (!problems.has(field)) problems.set(field, wording(field, message))
  }
  if (problems.size > 0 || !parsed.success) return { kind: "bad", problems }
  return { kind: "ok", body: parsed.data }
}

const wording = (field: string, message: string): string =>
  field === "profileId"
    ? "Choose a profile"
    : message.startsWith("Too small")
      ? "Give it a name"
      : message
