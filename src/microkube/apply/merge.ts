/** The two halves of a server-side apply: lay the configuration over the live object, then prune. */
import { type Json, isList, isObject } from "../json.ts"
import type { Shape } from "../schema/shape.ts"
import { type FieldSet, itemKey, noFields } from "./field-set.ts"

/** The live value with all that the configuration names put in place. */
export function mergeApplied(live: Json | undefined, config: Json, shape: Shape): Json {
  if ((shape.kind === "struct" || shape.kind === "map") && !shape.isAtomic && isObject(config)) {
    const merged: Record<string, Json | undefined> = isObject(live) ? { ...live } : {}
    for (const [key, item] of Object.entries(config)) {
      const inner = shape.kind === "map" ? shape.of : shape.fields.get(key)
      if (item !== undefined && inner !== undefined) {
        merged[key] = mergeApplied(merged[key], item, inner)
      }
    }
    return merged
  }
  if (shape.kind === "set" && isList(config) && isList(live)) {
    return [...live, ...config.filter((item) => !live.includes(item))]
  }
  if (shape.kind === "keyed" && isList(config)) {
    const merged = isList(live) ? [...live] : []
    for (const item of config) {
      const key = itemKey(item, shape.keys)
      const place = merged.findIndex((old) => itemKey(old, shape.keys) === key)
      if (place < 0) merged.push(item)
      else merged[place] = mergeApplied(merged[place], item, shape.of)
    }
    return merged
  }
  return config
}

/**
 * Takes away what the applier named last time (`last`) and nobody, itself included, owns now
 * (`kept`). What nobody ever applied, such as a default, goes with the item that it is part of.
 */
export function pruned(value: Json, last: FieldSet, kept: FieldSet, shape: Shape): Json {
  if (last.children.size === 0) return value
  if ((shape.kind === "struct" || shape.kind === "map") && isObject(value)) {
    const rest: Record<string, Json | undefined> = {}
    for (const [key, item] of Object.entries(value)) {
      if (item === undefined) continue
      const inner = shape.kind === "map" ? shape.of : shape.fields.get(key)
      const was = last.children.get(`f:${key}`)
      const is = kept.children.get(`f:${key}`)
      if (was === undefined || inner === undefined) rest[key] = item
      else if (is !== undefined) rest[key] = pruned(item, was, is, inner)
    }
    return rest
  }
  if (!isList(value) || (shape.kind !== "set" && shape.kind !== "keyed")) return value
  return value.flatMap((item) => {
    const element = shape.kind === "set" ? `v:${JSON.stringify(item)}` : itemKey(item, shape.keys)
    const was = last.children.get(element)
    const is = kept.children.get(element)
    if (was === undefined) return [item]
    if (is === undefined && was.isMember) return []
    return [pruned(item, was, is ?? noFields, shape.of)]
  })
}
