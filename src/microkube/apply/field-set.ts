/**
 * Sets of fields, as `managedFields` records who owns what. A set is a tree over path elements in
 * the spelling of `fieldsV1`: `f:name` for a field or map key, `k:{…}` for an item of a keyed list,
 * `v:…` for an item of a set.
 */
import { type Json, type JsonObject, equal, isList, isObject } from "../json.ts"
import type { ListKey, Shape } from "../schema/shape.ts"

export type FieldSet = {
  /** Whether the path to here is itself in the set. */
  readonly isMember: boolean
  readonly children: ReadonlyMap<string, FieldSet>
}

export const noFields: FieldSet = { isMember: false, children: new Map() }
const leaf: FieldSet = { isMember: true, children: new Map() }

export const isNone = (set: FieldSet): boolean => !set.isMember && set.children.size === 0

const node = (isMember: boolean, children: ReadonlyMap<string, FieldSet>): FieldSet => ({
  isMember,
  children,
})

/** The path element of a keyed list's item. */
export function itemKey(item: Json, keys: readonly ListKey[]): string {
  const key: Record<string, Json> = {}
  for (const { name, fallback } of keys.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const value = isObject(item) ? item[name] : undefined
    if (value !== undefined) key[name] = value
    else if (fallback !== undefined) key[name] = fallback
  }
  return `k:${JSON.stringify(key)}`
}

/** The children of a value that are owned on their own; undefined where it is owned as a whole. */
export function parts(
  value: Json | undefined,
  shape: Shape,
): readonly (readonly [element: string, value: Json, shape: Shape])[] | undefined {
  switch (shape.kind) {
    case "any":
    case "scalar":
    case "list":
      return undefined
    case "struct":
    case "map":
      if (shape.isAtomic || !isObject(value)) return undefined
      return Object.entries(value).flatMap(([key, item]) => {
        const inner = shape.kind === "map" ? shape.of : shape.fields.get(key)
        return item === undefined || inner === undefined ? [] : [[`f:${key}`, item, inner] as const]
      })
    case "set":
      if (!isList(value)) return undefined
      return value.map((item) => [`v:${JSON.stringify(item)}`, item, shape.of] as const)
    case "keyed":
      if (!isList(value)) return undefined
      return value.map((item) => [itemKey(item, shape.keys), item, shape.of] as const)
  }
}

/** All fields that a configuration names: what its applier owns. */
export function fieldsOf(value: Json, shape: Shape): FieldSet {
  const inner = parts(value, shape)
  if (inner === undefined) return leaf
  const isItem = (element: string): boolean => !element.startsWith("f:")
  const children = new Map(
    inner.map(([element, item, of]) => {
      const set = fieldsOf(item, of)
      return [element, isItem(element) || isNone(set) ? node(true, set.children) : set] as const
    }),
  )
  return node(false, children)
}

export type Difference = {
  /** Fields that are new or have another value. */
  readonly changed: FieldSet
  readonly removed: FieldSet
}

/** What differs between two states of an object, field by field. */
export function difference(
  before: Json | undefined,
  after: Json | undefined,
  shape: Shape,
): Difference {
  if (equal(before, after)) return { changed: noFields, removed: noFields }
  if (after === undefined) return { changed: noFields, removed: whole(before, shape) }
  if (before === undefined) return { changed: whole(after, shape), removed: noFields }
  const was = parts(before, shape)
  const is = parts(after, shape)
  if (was === undefined || is === undefined) return { changed: leaf, removed: noFields }
  const changed = new Map<string, FieldSet>()
  const removed = new Map<string, FieldSet>()
  const old = new Map(was.map(([element, value]) => [element, value]))
  for (const [element, value, of] of is) {
    const inner = difference(old.get(element), value, of)
    if (!isNone(inner.changed)) changed.set(element, inner.changed)
    if (!isNone(inner.removed)) removed.set(element, inner.removed)
    old.delete(element)
  }
  const shapes = new Map(was.map(([element, , of]) => [element, of]))
  for (const [element, value] of old) {
    removed.set(element, whole(value, shapes.get(element) ?? shape))
  }
  return { changed: node(false, changed), removed: node(false, removed) }
}

/** A value and all within it. */
function whole(value: Json | undefined, shape: Shape): FieldSet {
  const inner = parts(value, shape)
  if (inner === undefined) return leaf
  return node(
    true,
    new Map(inner.map(([element, item, of]) => [element, whole(item, of)] as const)),
  )
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  const children = new Map(a.children)
  for (const [element, set] of b.children) {
    const other = children.get(element)
    children.set(element, other === undefined ? set : union(other, set))
  }
  return node(a.isMember || b.isMember, children)
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  const children = new Map<string, FieldSet>()
  for (const [element, set] of a.children) {
    const other = b.children.get(element)
    const both = other === undefined ? noFields : intersection(set, other)
    if (!isNone(both)) children.set(element, both)
  }
  return node(a.isMember && b.isMember, children)
}

export function subtraction(a: FieldSet, b: FieldSet): FieldSet {
  const children = new Map<string, FieldSet>()
  for (const [element, set] of a.children) {
    const other = b.children.get(element)
    const rest = other === undefined ? set : subtraction(set, other)
    if (!isNone(rest)) children.set(element, rest)
  }
  return node(a.isMember && !b.isMember, children)
}

export function sameFields(a: FieldSet, b: FieldSet): boolean {
  return (
    a.isMember === b.isMember &&
    a.children.size === b.children.size &&
    [...a.children].every(([element, set]) => {
      const other = b.children.get(element)
      return other !== undefined && sameFields(set, other)
    })
  )
}

/** Every member's path, spelled as error texts do: `.spec.containers[name="a"].image`. */
export function pathsOf(set: FieldSet, prefix = ""): readonly string[] {
  const own = set.isMember && prefix !== "" ? [prefix] : []
  const inner = [...set.children].flatMap(([element, child]) =>
    pathsOf(child, `${prefix}${spelled(element)}`),
  )
  return [...own, ...inner]
}

function spelled(element: string): string {
  const rest = element.slice(2)
  if (element.startsWith("f:")) return `.${rest}`
  if (element.startsWith("v:")) return `[=${rest}]`
  const key: Json = JSON.parse(rest)
  const pairs = isObject(key) ? Object.entries(key) : []
  return `[${pairs.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(",")}]`
}

/** A set as `fieldsV1`. */
export function toFieldsV1(set: FieldSet): JsonObject {
  const own: Record<string, Json> = {}
  if (set.isMember && set.children.size > 0) own["."] = {}
  for (const [element, child] of set.children) own[element] = toFieldsV1(child)
  return own
}

export function fromFieldsV1(fields: JsonObject): FieldSet {
  const children = new Map<string, FieldSet>()
  let isMember = Object.keys(fields).length === 0
  for (const [element, child] of Object.entries(fields)) {
    if (element === ".") isMember = true
    else if (isObject(child)) children.set(element, fromFieldsV1(child))
  }
  return node(isMember, children)
}
