/** Cursors: where a page ended, opaque to the client, checked when they come back. */
import * as z from "zod"
import { invalid, type Refusal } from "../refusal.ts"

const problem = "is not a cursor of this list; use the nextCursor of a previous page, or none"

/** Where the next page begins, or a refusal that names the field. */
export function readCursor<Place extends z.ZodType>(
  text: string | undefined,
  place: Place,
): { readonly kind: "at"; readonly after: z.output<Place> | undefined } | Refusal {
  if (text === undefined) return { kind: "at", after: undefined }
  const parsed = place.safeParse(decoded(text))
  return parsed.success
    ? { kind: "at", after: parsed.data }
    : invalid([{ field: "cursor", problem }])
}

function decoded(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, "base64url").toString("utf8"))
  } catch {
    return undefined
  }
}

export const byName = z.tuple([z.string().max(300)])
export const byNumber = z.tuple([z.string().regex(/^\d{1,9}$/)])
export const byNameAndId = z.tuple([z.string().max(300), z.uuid()])
export const byStageSiteAndId = z.tuple([
  z.string().regex(/^\d{1,4}$/),
  z.string().max(300),
  z.uuid(),
])
export const byTimeAndId = z.tuple([z.iso.datetime({ offset: true }), z.uuid()])

/** One page of `found`, which was read with one row more than `limit`. */
export function page<T>(
  found: readonly T[],
  limit: number,
  placeOf: (item: T) => readonly string[],
): { items: T[]; nextCursor: string | null } {
  const items = found.slice(0, limit)
  const last = items.at(-1)
  const more = found.length > limit && last !== undefined
  return {
    items,
    nextCursor: more
      ? Buffer.from(JSON.stringify(placeOf(last)), "utf8").toString("base64url")
      : null,
  }
}
