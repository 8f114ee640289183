/**
 * Two people edited one profile. What one of them typed is carried over to what the other one saved, field by
 * field; where both changed the same field, the one who carries over has the last word and is told.
 */
type Json = unknown
type Tree = Readonly<Record<string, Json>>

export type CarriedOver<T> = {
  readonly merged: T
  /** Paths that both changed, to different values. */
  readonly both: readonly string[]
}

/** `mine` and `theirs` both began from `base`. Lists are one value: their order is part of their meaning. */
export function carryOver<T extends object>(base: T, mine: T, theirs: T): CarriedOver<T> {
  const both: string[] = []
  const merged = merge([tree(base), tree(mine), tree(theirs)], "", both)
  // A field of the result is a field of one of the three, at the same place.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return { merged: merged as T, both }
}

function merge(
  [base, mine, theirs]: readonly [Tree, Tree, Tree],
  at: string,
  both: string[],
): Tree {
  const names = new Set([...Object.keys(theirs), ...Object.keys(mine)])
  const entries = [...names].map((name): [string, Json] => {
    const path = at === "" ? name : `${at}.${name}`
    const [was, my, their] = [base[name], mine[name], theirs[name]]
    if (isSame(my, was)) return [name, their]
    if (isSame(their, was) || isSame(their, my)) return [name, my]
    if (isTree(my) && isTree(their))
      return [name, merge([isTree(was) ? was : {}, my, their], path, both)]
    both.push(path)
    return [name, my]
  })
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
}

const isTree = (value: Json): value is Tree =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const tree = (value: object): Tree => ({ ...value })

/** Absent and null are the same in a spec; the order of an object's fields means nothing. */
const isSame = (a: Json, b: Json): boolean => inOneSpelling(a) === inOneSpelling(b)

const inOneSpelling = (value: Json): string =>
  JSON.stringify(value ?? null, (_, inner: Json) =>
    isTree(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
