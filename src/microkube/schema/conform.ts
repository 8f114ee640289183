/**
 * Brings what a client sent into the shape of its kind, as decoding into a typed struct does in a
 * real server: unknown fields are dropped (and named), nulls and empty collections vanish, a value of
 * the wrong type is refused with its path.
 */
import { type Json, type JsonObject, isList, isObject } from "../json.ts"
import { timestamp } from "../object.ts"
import { canonicalQuantity } from "./quantity.ts"
import type { Scalar, Shape, StructShape } from "./shape.ts"

export type Conformed = {
  readonly value: JsonObject
  /** Paths of the fields that the kind does not have. */
  readonly unknown: readonly string[]
  /** What can not be read at all. */
  readonly wrong: readonly string[]
}

/** Fields that a kind keeps although they are empty. */
const keptWhenEmpty: ReadonlySet<string> = new Set(["rules"])

type Findings = { readonly unknown: string[]; readonly wrong: string[] }

export function conform(value: JsonObject, shape: StructShape): Conformed {
  const found: Findings = { unknown: [], wrong: [] }
  return { value: readStruct(value, shape, "", found), ...found }
}

function readStruct(
  value: JsonObject,
  shape: StructShape,
  path: string,
  found: Findings,
): JsonObject {
  const read: Record<string, Json> = {}
  for (const [key, item] of Object.entries(value)) {
    const inner = path === "" ? key : `${path}.${key}`
    const field = shape.fields.get(key)
    if (field === undefined) {
      found.unknown.push(inner)
      continue
    }
    const result = readValue(item, field, inner, found)
    if (result !== undefined && !(isEmpty(result, field) && !keptWhenEmpty.has(key))) {
      read[key] = result
    }
  }
  return read
}

function isEmpty(value: Json, shape: Shape): boolean {
  if (shape.kind === "map") return isObject(value) && Object.keys(value).length === 0
  return isList(value) && value.length === 0 && shape.kind !== "any"
}

function readValue(
  value: Json | undefined,
  shape: Shape,
  path: string,
  found: Findings,
): Json | undefined {
  if (value === undefined || value === null) return undefined
  switch (shape.kind) {
    case "any":
      return value
    case "scalar":
      return readScalar(value, shape.of, path, found)
    case "struct":
      if (isObject(value)) return readStruct(value, shape, path, found)
      return mistyped(value, `an object (${shape.name})`, path, found)
    case "map":
      if (isObject(value)) return readMap(value, shape.of, path, found)
      return mistyped(value, "a map", path, found)
    case "list":
    case "set":
    case "keyed":
      if (!isList(value)) return mistyped(value, "a list", path, found)
      return value.flatMap((item, index) => {
        const result = readValue(item, shape.of, `${path}[${index}]`, found)
        return result === undefined ? [] : [result]
      })
  }
}

function readMap(value: JsonObject, of: Shape, path: string, found: Findings): JsonObject {
  const read: Record<string, Json> = {}
  for (const [key, item] of Object.entries(value)) {
    // A null in a map of strings reads as the empty string, as it does in a real server.
    const result =
      item === null && of.kind === "scalar" ? "" : readValue(item, of, `${path}.${key}`, found)
    if (result !== undefined) read[key] = result
  }
  return read
}

function mistyped(value: Json, wanted: string, path: string, found: Findings): undefined {
  const got = isList(value) ? "a list" : isObject(value) ? "an object" : `a ${typeof value}`
  found.wrong.push(`${path}: expected ${wanted}, got ${got}`)
}

function readScalar(value: Json, of: Scalar, path: string, found: Findings): Json | undefined {
  switch (of) {
    case "str":
      return typeof value === "string" ? value : mistyped(value, "a string", path, found)
    case "bytes":
      if (typeof value !== "string") return mistyped(value, "a base64 string", path, found)
      if (/^[A-Za-z0-9+/\s]*={0,2}$/.test(value)) return value
      found.wrong.push(`${path}: illegal base64 data`)
      return undefined
    case "time":
    case "micro":
      return readTime(value, of, path, found)
    case "bool":
      return typeof value === "boolean" ? value : mistyped(value, "a boolean", path, found)
    case "int":
      return Number.isSafeInteger(value) ? value : mistyped(value, "an integer", path, found)
    case "num":
      return typeof value === "number" ? value : mistyped(value, "a number", path, found)
    case "intstr":
      return typeof value === "string" || Number.isSafeInteger(value)
        ? value
        : mistyped(value, "an integer or a string", path, found)
    case "qty": {
      const quantity =
        typeof value === "string" || typeof value === "number"
          ? canonicalQuantity(String(value))
          : undefined
      if (quantity !== undefined) return quantity
      found.wrong.push(`${path}: ${JSON.stringify(value)} is not a quantity such as 500m or 10Gi`)
      return undefined
    }
  }
}

const seconds = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/
/** The real server insists on six digits here, which clients that send three find out only there. */
const microseconds = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d)$/

function readTime(
  value: Json,
  of: "time" | "micro",
  path: string,
  found: Findings,
): Json | undefined {
  if (typeof value !== "string") return mistyped(value, "a time", path, found)
  const layout = of === "time" ? seconds : microseconds
  if (!layout.test(value) || Number.isNaN(Date.parse(value))) {
    const like = of === "time" ? "2006-01-02T15:04:05Z" : "2006-01-02T15:04:05.000000Z"
    found.wrong.push(`${path}: parsing time ${JSON.stringify(value)}: expected a time like ${like}`)
    return undefined
  }
  if (of === "time") return timestamp(Math.floor(Date.parse(value) / 1000) * 1000)
  return value
}
