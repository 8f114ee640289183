/** Just enough OpenAPI for clients that look before they write: kubectl's validation and `explain`. */
import { type Json, type JsonObject } from "../json.ts"
import { type Resource, apiVersionOf, resources } from "../resources.ts"
import type { Shape, StructShape } from "../schema/shape.ts"

const pathOf = (groupVersion: string): string =>
  groupVersion.includes("/") ? `apis/${groupVersion}` : `api/${groupVersion}`

/** Index of the documents, one for each group and version. */
export const openApiIndex = (): JsonObject => ({
  paths: Object.fromEntries(
    [...new Set(resources.map(apiVersionOf))].map((groupVersion) => [
      pathOf(groupVersion),
      { serverRelativeURL: `/openapi/v3/${pathOf(groupVersion)}?hash=1` },
    ]),
  ),
})

export function openApiDocument(path: string): JsonObject | undefined {
  const own = resources.filter((one) => `/openapi/v3/${pathOf(apiVersionOf(one))}` === path)
  if (own.length === 0) return undefined
  const schemas: Record<string, Json> = {}
  const paths: Record<string, Json> = {}
  for (const of of own) {
    schemas[of.shape.name] = { ...schemaOf(of.shape, schemas), ...gvkList(of) }
    const prefix = path.slice("/openapi/v3".length)
    const inside = of.isNamespaced ? "/namespaces/{namespace}" : ""
    paths[`${prefix}${inside}/${of.plural}/{name}`] = { patch: patchOf(of) }
  }
  return {
    openapi: "3.0.0",
    info: { title: "microkube", version: "v1" },
    paths,
    components: { schemas },
  }
}

const gvk = (of: Resource): JsonObject => ({ group: of.group, kind: of.kind, version: of.version })
const gvkList = (of: Resource): JsonObject => ({ "x-kubernetes-group-version-kind": [gvk(of)] })

const patchOf = (of: Resource): JsonObject => ({
  "x-kubernetes-action": "patch",
  "x-kubernetes-group-version-kind": gvk(of),
  parameters: ["dryRun", "fieldManager", "fieldValidation", "force"].map((name) => ({
    name,
    in: "query",
    schema: { type: name === "force" ? "boolean" : "string" },
  })),
  responses: { "200": { description: "OK" } },
})

function schemaOf(shape: StructShape, schemas: Record<string, Json>): JsonObject {
  const properties: Record<string, Json> = {}
  for (const [field, inner] of shape.fields) properties[field] = typeOf(inner, schemas)
  return { type: "object", properties }
}

function typeOf(shape: Shape, schemas: Record<string, Json>): Json {
  switch (shape.kind) {
    case "any":
      return { type: "object" }
    case "scalar":
      if (shape.of === "int") return { type: "integer" }
      if (shape.of === "bool") return { type: "boolean" }
      return { type: shape.of === "num" ? "number" : "string" }
    case "struct":
      if (schemas[shape.name] === undefined) {
        schemas[shape.name] = {}
        schemas[shape.name] = schemaOf(shape, schemas)
      }
      return { $ref: `#/components/schemas/${shape.name}` }
    case "map":
      return { type: "object", additionalProperties: typeOf(shape.of, schemas) }
    case "list":
    case "set":
    case "keyed":
      return { type: "array", items: typeOf(shape.of, schemas) }
  }
}

/**
 * An OpenAPI v2 document without definitions, in the protobuf that older clients insist on: it tells
 * them to leave validation to the server. Fields: 1 swagger, 2 info (1 title, 2 version), 8 paths.
 */
export function openApiV2(): Buffer {
  const text = (field: number, value: string): Buffer =>
    Buffer.concat([Buffer.from([(field << 3) | 2, value.length]), Buffer.from(value)])
  const message = (field: number, body: Buffer): Buffer =>
    Buffer.concat([Buffer.from([(field << 3) | 2, body.length]), body])
  return Buffer.concat([
    text(1, "2.0"),
    message(2, Buffer.concat([text(1, "microkube"), text(2, "v1")])),
    message(8, Buffer.alloc(0)),
  ])
}
