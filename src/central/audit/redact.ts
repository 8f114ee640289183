/** What of a resource goes on record: by its schema, so that what nobody named is never kept. */
import * as z from "zod"

/** A value that must not be read again; only whether it is another one than before is told. */
export class Hidden {
  readonly #value: unknown

  constructor(value: unknown) {
    this.#value = value
  }

  isSame(other: Hidden): boolean {
    return JSON.stringify(this.#value) === JSON.stringify(other.#value)
  }
}

/** A field of which only its being there, and its change, is kept. */
export const secretField = z.unknown().transform((value) => new Hidden(value))

export type Recorded = {
  readonly before: Readonly<Record<string, unknown>> | undefined
  readonly after: Readonly<Record<string, unknown>> | undefined
}

type Fields = Readonly<Record<string, unknown>>

/** Both sides as they may be kept; `before` or `after` is absent for what was made or is gone. */
export function redact(
  shape: z.ZodObject,
  before: Fields | undefined,
  after: Fields | undefined,
): Recorded {
  const kept = shape.partial()
  const [was, is] = [before, after].map((side) =>
    side === undefined ? undefined : (kept.parse(side) as Fields),
  )
  return {
    before: was === undefined ? undefined : fields(was, is, "(secret)"),
    after: is === undefined ? undefined : fields(is, was, "(new secret)"),
  }
}

const fields = (one: Fields, other: Fields | undefined, word: string): Fields =>
  Object.fromEntries(
    Object.entries(one).map(([key, value]) => [key, told(value, other?.[key], word)]),
  )

/** `word` stands for a secret that the other side does not have, or has otherwise. */
function told(value: unknown, other: unknown, word: string): unknown {
  if (value instanceof Hidden)
    return other instanceof Hidden && value.isSame(other) ? "(secret)" : word
  if (isFields(value)) return fields(value, isFields(other) ? other : undefined, word)
  return value
}

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Hidden)
