/** What another person changed, in sentences. */
import type { Satellite } from "#wire/rest/satellites.ts"

type Editable = Pick<Satellite, "name" | "labels">

/** The differences that an edit can make, from one version of a satellite to another. */
export function satelliteChanges(before: Editable, after: Editable): readonly string[] {
  const changes: string[] = []
  if (before.name !== after.name) changes.push(`name is now “${after.name}”`)
  for (const [key, value] of Object.entries(after.labels)) {
    const was = before.labels[key]
    if (was === undefined) changes.push(`label ${key}=${value} was added`)
    else if (was !== value) changes.push(`label ${key} is now ${value}, it was ${was}`)
  }
  for (const key of Object.keys(before.labels)) {
    if (!Object.hasOwn(after.labels, key)) changes.push(`label ${key} was removed`)
  }
  return changes.length === 0 ? ["nothing that stands in this form"] : changes
}
