/** The environment of a container, made from its spec and from what the spec points to. */
import { type JsonObject, at, isTrueAt, objectAt, objectsAt, stringsAt, textAt } from "../json.ts"
import { type KubeObject, nameOf } from "../object.ts"
import { expanded } from "./expand.ts"
import { fieldText, resourceText } from "./field-path.ts"
import { type Mount, rewritten } from "./rewrite.ts"

/** Looks up a ConfigMap or Secret of the pod's namespace. */
export type Lookup = (kind: "configmaps" | "secrets", name: string) => KubeObject | undefined

export type Environment =
  | { readonly kind: "ready"; readonly values: ReadonlyMap<string, string> }
  /** Something that it points to is not there (yet). */
  | { readonly kind: "missing"; readonly why: string }

class Missing extends Error {}

export type Setting = {
  readonly pod: KubeObject
  readonly container: JsonObject
  readonly mounts: readonly Mount[]
  /** What the image brings, and what the platform injects. */
  readonly base: Readonly<Record<string, string>>
  readonly lookup: Lookup
}

export function environmentOf(setting: Setting): Environment {
  const values = new Map(Object.entries(setting.base))
  try {
    for (const source of objectsAt(setting.container, "envFrom")) takeAll(values, source, setting)
    for (const entry of objectsAt(setting.container, "env")) {
      const name = textAt(entry, "name") ?? ""
      const value =
        at(entry, "valueFrom") === undefined
          ? expanded(textAt(entry, "value") ?? "", values)
          : valueFrom(objectAt(entry, "valueFrom"), setting)
      if (value !== undefined) values.set(name, rewritten(value, setting.mounts))
    }
  } catch (error) {
    if (error instanceof Missing) return { kind: "missing", why: error.message }
    throw error
  }
  return { kind: "ready", values }
}

/** The texts of a ConfigMap or Secret. */
export function dataOf(object: KubeObject): Readonly<Record<string, string>> {
  const plain = stringsAt(object, "data")
  if (textAt(object, "kind") !== "Secret") return plain
  return Object.fromEntries(
    Object.entries(plain).map(([key, value]) => [key, Buffer.from(value, "base64").toString()]),
  )
}

function takeAll(values: Map<string, string>, source: JsonObject, setting: Setting): void {
  const prefix = textAt(source, "prefix") ?? ""
  for (const [kind, key] of [
    ["configmaps", "configMapRef"],
    ["secrets", "secretRef"],
  ] as const) {
    const name = textAt(source, key, "name")
    if (name === undefined) continue
    const found = setting.lookup(kind, name)
    if (found === undefined && !isTrueAt(source, key, "optional")) {
      throw new Missing(`${kind.slice(0, -1)} "${name}" not found`)
    }
    for (const [field, value] of Object.entries(found === undefined ? {} : dataOf(found))) {
      values.set(`${prefix}${field}`, rewritten(value, setting.mounts))
    }
  }
}

function valueFrom(source: JsonObject, setting: Setting): string | undefined {
  const path = textAt(source, "fieldRef", "fieldPath")
  if (path !== undefined) {
    const found = fieldText(setting.pod, path)
    if (found === undefined) throw new Missing(`unsupported fieldPath: ${path}`)
    return found
  }
  const resource = textAt(source, "resourceFieldRef", "resource")
  if (resource !== undefined) {
    const container =
      textAt(source, "resourceFieldRef", "containerName") ?? textAt(setting.container, "name") ?? ""
    const divisor = textAt(source, "resourceFieldRef", "divisor") ?? "1"
    return resourceText(setting.pod, container, resource, divisor)
  }
  return (
    keyOfMap("configmaps", objectAt(source, "configMapKeyRef"), setting) ??
    keyOfMap("secrets", objectAt(source, "secretKeyRef"), setting)
  )
}

function keyOfMap(
  kind: "configmaps" | "secrets",
  reference: JsonObject,
  setting: Setting,
): string | undefined {
  const name = textAt(reference, "name")
  if (name === undefined) return undefined
  const key = textAt(reference, "key") ?? ""
  const found = setting.lookup(kind, name)
  const isOptional = isTrueAt(reference, "optional")
  if (found === undefined) {
    if (isOptional) return undefined
    throw new Missing(`${kind.slice(0, -1)} "${name}" not found`)
  }
  const value = dataOf(found)[key]
  if (value !== undefined || isOptional) return value
  throw new Missing(`couldn't find key ${key} in ${textAt(found, "kind")} ${nameOf(found)}`)
}
