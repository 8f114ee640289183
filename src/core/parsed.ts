/** What a parser at the edge returns: the value, or all that is wrong with it at once. */
export type Problem = {
  /** Path of the field as the sender wrote it, e.g. `storage.data.size`. */
  readonly field: string
  /** What is wrong and how to mend it. */
  readonly problem: string
}

export type Parsed<T> =
  | { readonly kind: "ok"; readonly value: T }
  | { readonly kind: "bad"; readonly problems: readonly Problem[] }
