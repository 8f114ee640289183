/** The frame of every object: what a client may say of it, and what only the server does. */
import { randomInt, randomUUID } from "node:crypto"

import { alreadyExists, badRequest, invalid } from "../api-error.ts"
import { type JsonObject, objectAt, textAt, without } from "../json.ts"
import { type KubeObject, nameOf, timestamp } from "../object.ts"
import { type Resource, apiVersionOf } from "../resources.ts"
import { conform } from "../schema/conform.ts"

/** What to do about fields that the kind does not have. */
export type OnUnknown = {
  readonly onUnknown?: "ignore" | "warn" | "refuse"
  /** Collects warnings for the answer. */
  readonly warnings?: string[]
}

/** Drops what the kind does not have, refuses what can not be read. */
export function readAs(of: Resource, body: JsonObject, options: OnUnknown): KubeObject {
  const found = conform(body, of.shape)
  if (found.wrong.length > 0) {
    throw badRequest(
      `${of.kind} in version "${of.version}" cannot be handled as a ${of.kind}: ${found.wrong.join("; ")}`,
    )
  }
  const unknown = found.unknown.map((path) => `unknown field "${path}"`)
  if (unknown.length > 0 && options.onUnknown === "refuse") {
    throw badRequest(`strict decoding error: ${unknown.join(", ")}`)
  }
  if (options.onUnknown === "warn") options.warnings?.push(...unknown)
  return { ...found.value, apiVersion: apiVersionOf(of), kind: of.kind }
}

/** A new object as the server takes it in: named, dated, with nothing that only the server writes. */
export function born(
  of: Resource,
  namespace: string,
  read: KubeObject,
  isTaken: (name: string) => boolean,
  now: number,
): KubeObject {
  const prefix = textAt(read, "metadata", "generateName")
  const given = nameOf(read)
  if (given === "" && prefix === undefined) {
    throw invalid(of, "", [
      {
        reason: "FieldValueRequired",
        field: "metadata.name",
        message: "Required value: name or generateName is required",
      },
    ])
  }
  const name = given === "" ? generated(of, prefix ?? "", isTaken) : given
  const metadata: JsonObject = {
    ...without(
      objectAt(read, "metadata"),
      "deletionTimestamp",
      "deletionGracePeriodSeconds",
      "selfLink",
      "generation",
      "managedFields",
    ),
    ...(of.isNamespaced ? { namespace } : {}),
    name,
    uid: randomUUID(),
    creationTimestamp: timestamp(now),
    ...(of.countsGeneration ? { generation: 1 } : {}),
  }
  return { ...(of.hasStatus ? without(read, "status") : read), metadata }
}

const letters = "bcdfghjklmnpqrstvwxz2456789"

function generated(of: Resource, prefix: string, isTaken: (name: string) => boolean): string {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const random = Array.from({ length: 5 }, () => letters[randomInt(letters.length)])
    const name = `${prefix}${random.join("")}`
    if (!isTaken(name)) return name
  }
  throw alreadyExists(of, prefix)
}

/** What a client may not change is put back; what this kind of write does not touch, too. */
export function framed(
  of: Resource,
  before: KubeObject,
  wanted: KubeObject,
  options: { readonly subresource?: "status" },
): KubeObject {
  const old = objectAt(before, "metadata")
  const kept: Record<string, JsonObject[string]> = {}
  const fixed = [
    "name",
    "namespace",
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generation",
    "resourceVersion",
    "generateName",
  ]
  for (const key of fixed) if (old[key] !== undefined) kept[key] = old[key]
  const metadata = {
    ...without(objectAt(wanted, "metadata"), ...fixed, "managedFields", "selfLink"),
    ...kept,
    ...(old["managedFields"] === undefined ? {} : { managedFields: old["managedFields"] }),
  }
  if (options.subresource === "status") {
    return {
      ...before,
      metadata,
      ...(wanted["status"] === undefined ? {} : { status: wanted["status"] }),
    }
  }
  const object: KubeObject = { ...wanted, apiVersion: apiVersionOf(of), kind: of.kind, metadata }
  if (!of.hasStatus) return object
  return before["status"] === undefined
    ? without(object, "status")
    : { ...object, status: before["status"] }
}
