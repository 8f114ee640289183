/** A broken invariant is a bug: it throws where it is seen, in production too (style rule 13). */
export class BrokenInvariant extends Error {
  override readonly name = "BrokenInvariant"
}

export function assert(condition: boolean, invariant: string): asserts condition {
  if (!condition) throw new BrokenInvariant(invariant)
}

/** The value, or a broken invariant where it is absent. */
export function present<T>(value: T | undefined, invariant: string): T {
  assert(value !== undefined, invariant)
  return value
}
