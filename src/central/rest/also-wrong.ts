/**
 * What else is wrong with a body that its schema refuses. A person who mistyped two things of a profile is
 * told of both, also when one of them is a number in quotes and the other a parameter that does not exist.
 */
import * as z from "zod"
import type { Problem } from "#core/parsed.ts"
import { type ProfileSpecBody, profileSpecSchema } from "#wire/rest/profiles.ts"
import type { RouteName } from "#wire/rest/routes.ts"
import { specProblems } from "../intent/profiles.ts"

const bodiesWithSpec: ReadonlySet<RouteName> = new Set([
  "createProfile",
  "checkProfile",
  "editProfile",
])

export function alsoWrong(name: RouteName, body: unknown): readonly Problem[] {
  return bodiesWithSpec.has(name) ? specAlsoWrong(body) : []
}

const withSpec = z.looseObject({ spec: z.looseObject({}) })

/** Stands for a field that the schema refused: nothing is wrong with it, and the least is asked of the others. */
const sound: ProfileSpecBody = profileSpecSchema.parse({
  members: 1,
  postgres: { major: 17, image: "postgres:17" },
  data: { sizeBytes: 1024 ** 3 },
})

/** Which parts of a spec are judged by which others: what follows from a stand-in is not said. */
const judgedBy: Readonly<Record<string, readonly string[]>> = {
  parameters: ["postgres"],
  failover: ["members"],
}

function specAlsoWrong(body: unknown): readonly Problem[] {
  const given = withSpec.safeParse(body)
  if (!given.success) return []
  const { spec } = given.data
  const refused = new Set(
    Object.entries(profileSpecSchema.shape).flatMap(([field, schema]) =>
      schema.safeParse(spec[field]).success ? [] : [field],
    ),
  )
  const known = new Set(Object.keys(profileSpecSchema.shape))
  const kept = Object.entries(spec).filter(([field]) => known.has(field) && !refused.has(field))
  const parsed = profileSpecSchema.safeParse({ ...sound, ...Object.fromEntries(kept) })
  if (!parsed.success) return []
  return specProblems(parsed.data).filter(({ field }) => {
    const part = /^spec\.([A-Za-z]+)/.exec(field)?.[1] ?? ""
    return ![part, ...(judgedBy[part] ?? [])].some((one) => refused.has(one))
  })
}
