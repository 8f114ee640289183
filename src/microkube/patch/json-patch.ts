/** JSON patch (RFC 6902). */
import { type Json, type JsonObject, equal, isList, isObject, textAt } from "../json.ts"

export type Patched =
  | { readonly kind: "ok"; readonly value: Json }
  /** The patch itself is malformed. */
  | { readonly kind: "malformed"; readonly why: string }
  /** The patch does not fit the object: a test that failed, a path that is not there. */
  | { readonly kind: "unfit"; readonly why: string }

const operationsMax = 10_000

class Unfit extends Error {}

export function jsonPatch(target: Json, operations: Json): Patched {
  if (!isList(operations)) return { kind: "malformed", why: "a JSON patch is a list of operations" }
  if (operations.length > operationsMax) {
    return { kind: "malformed", why: `more than ${operationsMax} operations in one patch` }
  }
  let value: Json = target
  for (const operation of operations) {
    if (!isObject(operation)) return { kind: "malformed", why: "an operation is an object" }
    try {
      value = apply(value, operation)
    } catch (error) {
      if (error instanceof Unfit) return { kind: "unfit", why: error.message }
      throw error
    }
  }
  return { kind: "ok", value }
}

function apply(target: Json, operation: JsonObject): Json {
  const op = textAt(operation, "op")
  const path = pointer(textAt(operation, "path"))
  const value = operation["value"]
  switch (op) {
    case "add":
      return add(target, path, needed(value, "add needs a value"))
    case "replace":
      if (path.length === 0) return needed(value, "replace needs a value")
      return add(remove(target, path), path, needed(value, "replace needs a value"))
    case "remove":
      return remove(target, path)
    case "test":
      if (equal(find(target, path), value ?? null)) return target
      throw new Unfit(`testing value ${textAt(operation, "path")} failed`)
    case "move": {
      const from = pointer(textAt(operation, "from"))
      return add(remove(target, from), path, find(target, from))
    }
    case "copy":
      return add(target, path, find(target, pointer(textAt(operation, "from"))))
    case undefined:
    default:
      throw new Unfit(`unexpected kind: ${op}`)
  }
}

function needed(value: Json | undefined, why: string): Json {
  if (value === undefined) throw new Unfit(why)
  return value
}

function pointer(text: string | undefined): readonly string[] {
  if (text === undefined) throw new Unfit("an operation needs a path")
  if (text === "") return []
  if (!text.startsWith("/")) throw new Unfit(`the path ${text} does not begin with a slash`)
  return text
    .slice(1)
    .split("/")
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))
}

const missing = (path: readonly string[]): Unfit => new Unfit(`missing path: /${path.join("/")}`)

function find(target: Json, path: readonly string[]): Json {
  let here: Json | undefined = target
  for (const key of path) {
    if (isList(here)) here = here[index(key, here.length - 1, path)]
    else if (isObject(here)) here = Object.hasOwn(here, key) ? here[key] : undefined
    else throw missing(path)
  }
  if (here === undefined) throw missing(path)
  return here
}

function index(key: string, largest: number, path: readonly string[]): number {
  const at = /^-?\d+$/.test(key) ? Number(key) : Number.NaN
  const absolute = at < 0 ? largest + 1 + at : at
  if (!(absolute >= 0 && absolute <= largest)) throw missing(path)
  return absolute
}

function add(target: Json, path: readonly string[], value: Json): Json {
  return change(
    target,
    path,
    path,
    (parent, key) => {
      if (isObject(parent)) return { ...parent, [key]: value }
      const place = key === "-" ? parent.length : index(key, parent.length, path)
      return parent.toSpliced(place, 0, value)
    },
    value,
  )
}

function remove(target: Json, path: readonly string[]): Json {
  return change(
    target,
    path,
    path,
    (parent, key) => {
      if (isList(parent)) return parent.toSpliced(index(key, parent.length - 1, path), 1)
      if (!Object.hasOwn(parent, key)) throw missing(path)
      return Object.fromEntries(Object.entries(parent).filter(([name]) => name !== key))
    },
    null,
  )
}

function change(
  target: Json,
  rest: readonly string[],
  path: readonly string[],
  edit: (parent: readonly Json[] | JsonObject, key: string) => Json,
  whole: Json,
): Json {
  const [key, ...deeper] = rest
  if (key === undefined) return whole
  if (!isList(target) && !isObject(target)) throw missing(path)
  if (deeper.length === 0) return edit(target, key)
  const child = isList(target)
    ? target[index(key, target.length - 1, path)]
    : Object.hasOwn(target, key)
      ? target[key]
      : undefined
  if (child === undefined) throw missing(path)
  const changed = change(child, deeper, path, edit, whole)
  return isList(target)
    ? target.with(index(key, target.length - 1, path), changed)
    : { ...target, [key]: changed }
}
