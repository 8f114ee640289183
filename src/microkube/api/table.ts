/** Lists as tables, for `kubectl get`: the server decides the columns. */
import { type Json, type JsonObject, isObject, withAt } from "../json.ts"
import { type KubeObject, nameOf, versionOf } from "../object.ts"
import type { Resource } from "../resources.ts"
import { type Column, age, columnsOf } from "./columns.ts"

const nameColumn: Column = { name: "Name", of: nameOf }
const ageColumn: Column = { name: "Age", of: age }

/** How much of each object goes into its row. */
export type Included = "None" | "Metadata" | "Object"

export function readIncluded(text: string | null): Included {
  return text === "None" || text === "Object" ? text : "Metadata"
}

export const wantsTable = (accept: string | undefined): boolean =>
  /application\/json\s*;[^,]*as=Table/.test(accept ?? "")

export const wantsMetadata = (accept: string | undefined): boolean =>
  /application\/json\s*;[^,]*as=PartialObjectMetadata/.test(accept ?? "")

export function table(
  of: Resource,
  objects: readonly KubeObject[],
  listMetadata: JsonObject,
  included: Included,
  now: number,
  hasHead = true,
): JsonObject {
  const own = columnsOf(of.id)
  const columns = [nameColumn, ...own.filter((one) => one.isWide !== true), ageColumn]
  const all = [...columns, ...own.filter((one) => one.isWide === true)]
  return {
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    metadata: listMetadata,
    columnDefinitions: hasHead
      ? all.map((column) => ({
          name: column.name,
          type: column.type ?? "string",
          format: column === nameColumn ? "name" : "",
          description: column.name,
          priority: column.isWide === true ? 1 : 0,
        }))
      : null,
    rows: objects.map((object) => ({
      cells: all.map((column): Json => column.of(object, now)),
      ...(included === "None"
        ? {}
        : { object: included === "Object" ? object : metadataOnly(object) }),
    })),
  }
}

export const metadataOnly = (object: KubeObject): JsonObject => ({
  kind: "PartialObjectMetadata",
  apiVersion: "meta.k8s.io/v1",
  metadata: object["metadata"] ?? {},
})

/** The answer in the form that the client asked for. */
export function shaped(
  of: Resource,
  object: KubeObject,
  accept: string | undefined,
  included: string | null,
  now: number,
): JsonObject {
  if (wantsTable(accept)) {
    const metadata = { resourceVersion: versionOf(object) }
    return table(of, [object], metadata, readIncluded(included), now)
  }
  return wantsMetadata(accept) ? metadataOnly(object) : object
}

/** A list document of the kind. */
export const listOf = (
  of: Resource,
  apiVersion: string,
  objects: readonly KubeObject[],
  metadata: JsonObject,
): JsonObject => ({
  kind: `${of.kind}List`,
  apiVersion,
  metadata,
  items: objects.map((object) =>
    isObject(object["metadata"]) ? object : withAt(object, ["metadata"], {}),
  ),
})
