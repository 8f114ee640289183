/** JSON merge patch (RFC 7386): null takes a field away, objects merge, everything else replaces. */
import { type Json, type JsonObject, isObject } from "../json.ts"

export function mergePatch(target: Json | undefined, patch: JsonObject): JsonObject {
  const merged: Record<string, Json | undefined> = isObject(target) ? { ...target } : {}
  for (const [key, item] of Object.entries(patch)) {
    if (item === null || item === undefined) delete merged[key]
    else merged[key] = isObject(item) ? mergePatch(merged[key], item) : item
  }
  return merged
}
