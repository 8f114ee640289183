/** Text that PostgreSQL can not keep: a NUL, or half of a surrogate pair. Refused at the door, by field. */
import type { Problem } from "#core/parsed.ts"

/** Every unstorable text in `value`, which a schema has already bounded. */
export function unstorable(value: unknown, path = ""): readonly Problem[] {
  if (typeof value === "string") return isStorable(value) ? [] : [{ field: path, problem }]
  if (typeof value !== "object" || value === null) return []
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) => {
    const field = path === "" ? key : `${path}.${key}`
    return isStorable(key) ? unstorable(inner, field) : [{ field: path, problem }]
  })
}

const problem = "holds a character that no database can keep (NUL, or half of a pair)"

const isStorable = (text: string): boolean => !text.includes("\0") && text.isWellFormed()
