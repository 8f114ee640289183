/**
 * Kubernetes objects as immutable JSON: reading by path, and changing by copying only what changes.
 * Objects in the store are shared with every reader, so nothing here ever writes in place.
 */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject
export type JsonObject = { readonly [key: string]: Json | undefined }

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !isList(value)

export const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value)

/** Parses text that must be one JSON object; undefined when it is not. */
export function parseObject(text: string): JsonObject | undefined {
  try {
    const value: Json = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

export function at(value: Json | undefined, ...path: readonly string[]): Json | undefined {
  let here = value
  for (const key of path) {
    if (!isObject(here)) return undefined
    here = Object.hasOwn(here, key) ? here[key] : undefined
  }
  return here
}

export function textAt(value: Json | undefined, ...path: readonly string[]): string | undefined {
  const found = at(value, ...path)
  return typeof found === "string" ? found : undefined
}

export function numberAt(value: Json | undefined, ...path: readonly string[]): number | undefined {
  const found = at(value, ...path)
  return typeof found === "number" ? found : undefined
}

/** True only where the field is there and is `true`. */
export const isTrueAt = (value: Json | undefined, ...path: readonly string[]): boolean =>
  at(value, ...path) === true

/** The object at the path; an empty one where there is none. */
export function objectAt(value: Json | undefined, ...path: readonly string[]): JsonObject {
  const found = at(value, ...path)
  return isObject(found) ? found : {}
}

/** The list at the path; an empty one where there is none. */
export function listAt(value: Json | undefined, ...path: readonly string[]): readonly Json[] {
  const found = at(value, ...path)
  return isList(found) ? found : []
}

/** The objects of the list at the path. */
export const objectsAt = (
  value: Json | undefined,
  ...path: readonly string[]
): readonly JsonObject[] => listAt(value, ...path).filter(isObject)

/** The strings of the list at the path. */
export const textsAt = (value: Json | undefined, ...path: readonly string[]): readonly string[] =>
  listAt(value, ...path).filter((item) => typeof item === "string")

/** A map of strings, as labels and ConfigMap data are. */
export function stringsAt(
  value: Json | undefined,
  ...path: readonly string[]
): Readonly<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const [key, item] of Object.entries(objectAt(value, ...path))) {
    if (typeof item === "string") found[key] = item
  }
  return found
}

/** A copy with the value at the path; `undefined` takes the field away. Missing parents are made. */
export function withAt(
  value: JsonObject,
  path: readonly string[],
  item: Json | undefined,
): JsonObject {
  const [key, ...rest] = path
  if (key === undefined) return isObject(item) ? item : value
  const inner = rest.length === 0 ? item : withAt(objectAt(value, key), rest, item)
  if (inner === undefined) return without(value, key)
  return { ...value, [key]: inner }
}

export function without(value: JsonObject, ...keys: readonly string[]): JsonObject {
  const copy: Record<string, Json | undefined> = { ...value }
  for (const key of keys) delete copy[key]
  return copy
}

/** A copy without the fields that are `undefined`: what a JSON round trip would leave. */
export function defined(value: JsonObject): JsonObject {
  const copy: Record<string, Json> = {}
  for (const [key, item] of Object.entries(value)) if (item !== undefined) copy[key] = item
  return copy
}

/** Deep equality; the order of fields does not matter, that of list items does. */
export function equal(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true
  if (isList(a)) {
    return isList(b) && a.length === b.length && a.every((item, index) => equal(item, b[index]))
  }
  if (!isObject(a) || !isObject(b)) return false
  const keys = Object.keys(a).filter((key) => a[key] !== undefined)
  return (
    keys.length === Object.keys(b).filter((key) => b[key] !== undefined).length &&
    keys.every((key) => Object.hasOwn(b, key) && equal(a[key], b[key]))
  )
}
