/** `metadata.managedFields`: who owns which fields, and how that moves with each write. */
import {
  type Json,
  type JsonObject,
  defined,
  objectAt,
  objectsAt,
  textAt,
  withAt,
} from "../json.ts"
import type { KubeObject } from "../object.ts"
import type { Shape } from "../schema/shape.ts"
import {
  type FieldSet,
  difference,
  fieldsOf,
  fromFieldsV1,
  intersection,
  isNone,
  noFields,
  pathsOf,
  sameFields,
  subtraction,
  toFieldsV1,
  union,
} from "./field-set.ts"
import { mergeApplied, pruned } from "./merge.ts"

export type Writer = {
  readonly manager: string
  readonly apiVersion: string
  /** Empty for the object itself. */
  readonly subresource: string
  /** RFC 3339, to the second. */
  readonly time: string
}

type Entry = Writer & { readonly operation: "Apply" | "Update"; readonly fields: FieldSet }

const ownFields = (paths: JsonObject): FieldSet => fromFieldsV1(paths)

/** What the server keeps for itself and no manager owns. */
const unowned = ownFields({
  "f:apiVersion": {},
  "f:kind": {},
  "f:metadata": {
    ".": {},
    "f:name": {},
    "f:namespace": {},
    "f:creationTimestamp": {},
    "f:deletionTimestamp": {},
    "f:deletionGracePeriodSeconds": {},
    "f:selfLink": {},
    "f:uid": {},
    "f:clusterName": {},
    "f:generation": {},
    "f:managedFields": {},
    "f:resourceVersion": {},
  },
})

function readEntries(object: KubeObject): readonly Entry[] {
  return objectsAt(object, "metadata", "managedFields").flatMap((entry) => {
    const manager = textAt(entry, "manager")
    if (manager === undefined) return []
    const fields = objectAt(entry, "fieldsV1")
    return [
      {
        manager,
        operation: textAt(entry, "operation") === "Apply" ? "Apply" : "Update",
        apiVersion: textAt(entry, "apiVersion") ?? "",
        subresource: textAt(entry, "subresource") ?? "",
        time: textAt(entry, "time") ?? "",
        fields: Object.keys(fields).length === 0 ? noFields : fromFieldsV1(fields),
      } as const,
    ]
  })
}

function writeEntries(object: KubeObject, entries: readonly Entry[]): KubeObject {
  const written = entries
    .filter((entry) => !isNone(entry.fields))
    .map((entry): Json =>
      defined({
        manager: entry.manager,
        operation: entry.operation,
        apiVersion: entry.apiVersion,
        time: entry.time,
        fieldsType: "FieldsV1",
        fieldsV1: toFieldsV1(entry.fields),
        subresource: entry.subresource === "" ? undefined : entry.subresource,
      }),
    )
  return withAt(object, ["metadata", "managedFields"], written.length === 0 ? undefined : written)
}

const isOf = (entry: Entry, operation: Entry["operation"], writer: Writer): boolean =>
  entry.operation === operation &&
  entry.manager === writer.manager &&
  entry.apiVersion === writer.apiVersion &&
  entry.subresource === writer.subresource

/** Replaces the writer's entry; its time moves only when its fields do. */
function setEntry(
  entries: readonly Entry[],
  operation: Entry["operation"],
  writer: Writer,
  fields: FieldSet,
): readonly Entry[] {
  const old = entries.find((entry) => isOf(entry, operation, writer))
  if (old === undefined) return [...entries, { ...writer, operation, fields }]
  if (sameFields(old.fields, fields)) return entries
  return entries.map((entry) => (entry === old ? { ...writer, operation, fields } : entry))
}

const take = (entries: readonly Entry[], gone: FieldSet): readonly Entry[] =>
  entries.map((entry) => {
    const fields = subtraction(entry.fields, gone)
    return sameFields(fields, entry.fields) ? entry : { ...entry, fields }
  })

/** The object after a write that is not an apply: the writer owns what it changed. */
export function ownUpdate(
  before: KubeObject | undefined,
  after: KubeObject,
  shape: Shape,
  writer: Writer,
): KubeObject {
  const moved = difference(before ?? {}, after, shape)
  const changed = subtraction(moved.changed, unowned)
  const entries = readEntries(before ?? {})
  const mine = entries.find((entry) => isOf(entry, "Update", writer))
  const others = take(
    entries.filter((entry) => entry !== mine),
    changed,
  )
  const own = union(mine?.fields ?? noFields, changed)
  const rest = mine === undefined ? others : keepOrder(entries, mine, others)
  return writeEntries(after, take(setEntry(rest, "Update", writer, own), moved.removed))
}

const keepOrder = (
  entries: readonly Entry[],
  mine: Entry,
  others: readonly Entry[],
): readonly Entry[] => others.toSpliced(entries.indexOf(mine), 0, mine)

export type OwnershipConflict = { readonly manager: string; readonly field: string }

export type Applied =
  | { readonly kind: "applied"; readonly object: KubeObject }
  | { readonly kind: "conflict"; readonly conflicts: readonly OwnershipConflict[] }

/** What a server-side apply of `config` makes of the live object. */
export function applyConfig(
  live: KubeObject,
  config: KubeObject,
  shape: Shape,
  writer: Writer,
  isForced: boolean,
): Applied {
  const entries = readEntries(live)
  const last = entries.find((entry) => isOf(entry, "Apply", writer))?.fields ?? noFields
  const fields = subtraction(fieldsOf(config, shape), unowned)
  const merged = mergeApplied(live, config, shape)
  const others = entries.filter((entry) => !isOf(entry, "Apply", writer))
  const kept = others.reduce((all, entry) => union(all, entry.fields), fields)
  const object = objectAt({ it: pruned(merged, last, kept, shape) }, "it")
  const moved = difference(live, object, shape)
  const changed = subtraction(moved.changed, unowned)
  const conflicts = others.flatMap((entry) =>
    pathsOf(intersection(entry.fields, changed)).map((field) => ({
      manager: `conflict with ${JSON.stringify(entry.manager)}${
        entry.subresource === "" ? "" : ` with subresource ${JSON.stringify(entry.subresource)}`
      } using ${entry.apiVersion}`,
      field,
    })),
  )
  if (conflicts.length > 0 && !isForced) return { kind: "conflict", conflicts }
  const rest = entries.map((entry) =>
    others.includes(entry) ? (take([entry], changed)[0] ?? entry) : entry,
  )
  const owned = take(setEntry(rest, "Apply", writer, fields), moved.removed)
  return { kind: "applied", object: writeEntries(object, owned) }
}
