/** What a change did to the fields of its resource, as lines that can be read. */
export type FieldChange = {
  readonly field: string
  readonly before: string | undefined
  readonly after: string | undefined
}

type Fields = Readonly<Record<string, unknown>>

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Every leaf by its path. */
function leaves(value: unknown, path: string, found: Map<string, string>): void {
  if (isFields(value) && Object.keys(value).length > 0)
    for (const [key, inner] of Object.entries(value))
      leaves(inner, path === "" ? key : `${path}.${key}`, found)
  else if (path !== "") found.set(path, typeof value === "string" ? value : JSON.stringify(value))
}

/** The fields that differ, or all of what was made or is gone. */
export function fieldChanges(before: Fields | null, after: Fields | null): readonly FieldChange[] {
  const was = new Map<string, string>()
  const is = new Map<string, string>()
  leaves(before, "", was)
  leaves(after, "", is)
  return [...new Set([...was.keys(), ...is.keys()])]
    .map((field) => ({ field, before: was.get(field), after: is.get(field) }))
    .filter((change) => change.before !== change.after)
}
