/** Labels while they are edited: rows of text, checked by the schema that central checks with. */
import { labelsSchema } from "#wire/rest/shapes.ts"

export type LabelRow = { readonly key: string; readonly value: string }
/** What is wrong, by row; the row -1 is the whole. */
export type RowProblems = ReadonlyMap<number, string>

export type ReadLabels =
  | { readonly kind: "ok"; readonly labels: Readonly<Record<string, string>> }
  | { readonly kind: "bad"; readonly problems: RowProblems }

export const rowsOf = (labels: Readonly<Record<string, string>>): readonly LabelRow[] =>
  Object.entries(labels).map(([key, value]) => ({ key, value }))

/** Rows as labels, or everything that is wrong with them. Rows left wholly empty do not count. */
export function readLabels(rows: readonly LabelRow[]): ReadLabels {
  const problems = new Map<number, string>()
  const labels: Record<string, string> = {}
  for (const [place, { key, value }] of rows.entries()) {
    if (key.trim() === "" && value.trim() === "") continue
    if (key.trim() === "") {
      problems.set(place, "Give the label a name")
    } else if (Object.hasOwn(labels, key.trim())) {
      problems.set(place, `“${key.trim()}” is there twice`)
    } else {
      labels[key.trim()] = value.trim()
      const problem = problemOf(key.trim(), value.trim())
      if (problem !== undefined) problems.set(place, problem)
    }
  }
  const whole = labelsSchema.safeParse(labels)
  if (problems.size === 0 && !whole.success) {
    problems.set(-1, whole.error.issues[0]?.message ?? "These labels are not allowed")
  }
  return problems.size === 0 ? { kind: "ok", labels } : { kind: "bad", problems }
}

/** Checks one label alone, so that the problem stands at its row and says which half is wrong. */
function problemOf(key: string, value: string): string | undefined {
  const name = labelsSchema.safeParse({ [key]: "" })
  if (!name.success) return `Name: ${wording(name.error.issues[0])}`
  const text = labelsSchema.safeParse({ x: value })
  if (!text.success) return `Value: ${wording(text.error.issues[0])}`
  return undefined
}

type Issue = {
  readonly message: string
  readonly code?: string | undefined
  readonly issues?: unknown
}

function wording(issue: Issue | undefined): string {
  if (issue === undefined) return "not allowed"
  // A wrong key of a record carries its real problem one level down.
  if (Array.isArray(issue.issues)) {
    const [inner] = issue.issues
    if (hasMessage(inner)) return wording(inner)
  }
  return issue.message.startsWith("Too big") ? "at most 63 characters" : issue.message
}

const hasMessage = (value: unknown): value is Issue =>
  typeof value === "object" &&
  value !== null &&
  "message" in value &&
  typeof value.message === "string"
