/**
 * Strategic merge patch: a merge patch that knows which lists are merged by a key. Directives:
 * `$patch: replace | delete | merge`, `$retainKeys`, `$deleteFromPrimitiveList/<field>` and
 * `$setElementOrder/<field>`.
 */
import { type Json, type JsonObject, equal, isList, isObject, textsAt, without } from "../json.ts"
import type { Shape } from "../schema/shape.ts"

const deletePrefix = "$deleteFromPrimitiveList/"
const orderPrefix = "$setElementOrder/"

const free: Shape = { kind: "any" }

export function strategicPatch(
  target: Json | undefined,
  patch: JsonObject,
  shape: Shape,
): JsonObject {
  const directive = patch["$patch"]
  if (directive === "replace") return clean(without(patch, "$patch"))
  if (directive === "delete") return {}
  const merged: Record<string, Json | undefined> = isObject(target) ? { ...target } : {}
  if (isList(patch["$retainKeys"])) {
    const kept = new Set(textsAt(patch, "$retainKeys"))
    for (const key of Object.keys(merged)) if (!kept.has(key)) delete merged[key]
  }
  for (const [key, item] of Object.entries(patch)) {
    if (key.startsWith("$") || item === undefined) continue
    if (item === null) delete merged[key]
    else merged[key] = patched(merged[key], item, fieldOf(shape, key))
  }
  for (const [key, item] of Object.entries(patch)) {
    if (key.startsWith(deletePrefix)) dropFrom(merged, key.slice(deletePrefix.length), item)
  }
  for (const [key, item] of Object.entries(patch)) {
    if (!key.startsWith(orderPrefix)) continue
    const field = key.slice(orderPrefix.length)
    const list = merged[field]
    if (isList(list) && isList(item)) merged[field] = ordered(list, item, fieldOf(shape, field))
  }
  return merged
}

function fieldOf(shape: Shape, key: string): Shape {
  if (shape.kind === "struct") return shape.fields.get(key) ?? free
  return shape.kind === "map" ? shape.of : free
}

function patched(live: Json | undefined, patch: Json, shape: Shape): Json {
  if (isObject(patch)) return strategicPatch(live, patch, shape)
  if (!isList(patch)) return patch
  const old = isList(live) ? live : []
  if (shape.kind === "set")
    return [...old, ...patch.filter((item) => !old.some((a) => equal(a, item)))]
  if (shape.kind !== "keyed") return patch
  const key = shape.keys[0]?.name ?? ""
  if (patch.some((item) => isObject(item) && item["$patch"] === "replace")) {
    return patch.filter((item) => !(isObject(item) && item["$patch"] === "replace")).map(cleanItem)
  }
  return mergedByKey(old, patch, key, shape.of)
}

function mergedByKey(
  live: readonly Json[],
  patch: readonly Json[],
  key: string,
  shape: Shape,
): readonly Json[] {
  const merged = [...live]
  for (const item of patch) {
    if (!isObject(item)) continue
    const place = merged.findIndex((old) => isObject(old) && equal(old[key], item[key]))
    if (item["$patch"] === "delete") {
      if (place >= 0) merged.splice(place, 1)
    } else if (place < 0) merged.push(strategicPatch(undefined, item, shape))
    else merged[place] = strategicPatch(merged[place], item, shape)
  }
  return merged
}

function dropFrom(
  merged: Record<string, Json | undefined>,
  key: string,
  gone: Json | undefined,
): void {
  const list = merged[key]
  if (!isList(list) || !isList(gone)) return
  merged[key] = list.filter((item) => !gone.some((other) => equal(item, other)))
}

/** The items named by the order in that order; the others stay where they stood relative to them. */
function ordered(list: readonly Json[], order: readonly Json[], shape: Shape): readonly Json[] {
  const key = shape.kind === "keyed" ? (shape.keys[0]?.name ?? "") : undefined
  const rank = (item: Json): number =>
    order.findIndex((other) =>
      key !== undefined && isObject(item) && isObject(other)
        ? equal(item[key], other[key])
        : equal(item, other),
    )
  const named = list.filter((item) => rank(item) >= 0).toSorted((a, b) => rank(a) - rank(b))
  const result: Json[] = [...named]
  for (const [place, item] of list.entries()) {
    if (rank(item) >= 0) continue
    const before = list.slice(0, place).findLast((other) => result.includes(other))
    result.splice(before === undefined ? 0 : result.indexOf(before) + 1, 0, item)
  }
  return result
}

const cleanItem = (item: Json): Json => (isObject(item) ? clean(item) : item)

/** What a patch says to put in place, without the directives in it. */
function clean(patch: JsonObject): JsonObject {
  const cleaned: Record<string, Json | undefined> = {}
  for (const [key, item] of Object.entries(patch)) {
    if (key.startsWith("$") || item === null || item === undefined) continue
    cleaned[key] = isObject(item) ? clean(item) : isList(item) ? item.map(cleanItem) : item
  }
  return cleaned
}
