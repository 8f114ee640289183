/** The OpenAPI 3.1 document, printed from the route table: what is served is what is described. */
import * as z from "zod"
import { version } from "#core/version.ts"
import type { Role } from "#core/access/role.ts"
import { problemSchema } from "#wire/rest/shapes.ts"
import { takesIdempotencyKey } from "#wire/rest/route.ts"
import { type Route, routes } from "#wire/rest/routes.ts"
import { auditExportPath, auditExportQuery, auditMediaTypes } from "#wire/rest/audit.ts"
import { apiPrefix } from "./register.ts"

type Json = Record<string, unknown>

const schemaOf = (schema: z.ZodType, io: "input" | "output"): Json => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: "any" })
  return rest
}

const problemAnswer = {
  description: "Refused; the problem document says why",
  content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
}

const idempotencyKey = {
  name: "Idempotency-Key",
  in: "header",
  required: false,
  description:
    "Sent again within 24 hours by the same caller, the same key with the same request is answered as the first time and does nothing (`Idempotency-Replayed: true`); with another request it is refused with 422. A refused request leaves its key free.",
  schema: { type: "string", minLength: 8, maxLength: 255, pattern: "^[\\x21-\\x7e]+$" },
} as const

let text: string | undefined

/** Made when somebody first asks, and kept: most starts of central are over before anybody does. */
export function openApiText(): string {
  text ??= JSON.stringify(openApi())
  return text
}

function openApi(): Json {
  const paths: Record<string, Json> = {}
  for (const [name, route] of Object.entries<Route>(routes)) {
    const path = `${apiPrefix}${route.path.replaceAll(/:(\w+)/g, "{$1}")}`
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(name, route) }
  }
  paths[`${apiPrefix}${auditExportPath}`] = { get: auditExport() }
  return {
    openapi: "3.1.0",
    info: {
      title: "pg-swarm central",
      version,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    paths,
    components: {
      parameters: { IdempotencyKey: idempotencyKey },
      schemas: { Problem: schemaOf(problemSchema, "output") },
      securitySchemes: {
        token: { type: "http", scheme: "bearer", description: "An API token" },
        session: { type: "apiKey", in: "cookie", name: "pg_swarm_session" },
      },
    },
  }
}

function operation(name: string, route: Route): Json {
  return {
    operationId: name,
    summary: route.summary,
    tags: [route.path.split("/")[1] ?? "fleet"],
    security: route.access === "anyone" ? [] : [{ token: [] }, { session: [] }],
    ...(route.access === "anyone"
      ? {}
      : {
          description: needs(route.access, route.reach),
          "x-role": route.access,
          "x-reach": route.reach ?? "scope",
        }),
    parameters: [
      ...parameters(route.params, "path"),
      ...parameters(route.query, "query"),
      ...(takesIdempotencyKey(route) ? [{ $ref: "#/components/parameters/IdempotencyKey" }] : []),
    ],
    ...(route.body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { "application/json": { schema: schemaOf(route.body, "input") } },
          },
        }),
    responses: {
      [route.status]:
        route.answer === undefined
          ? { description: "Done" }
          : {
              description: "Done",
              content: { "application/json": { schema: schemaOf(route.answer, "output") } },
            },
      default: problemAnswer,
    },
  }
}

function auditExport(): Json {
  const route = {
    method: "GET",
    path: auditExportPath,
    summary: "Every change that somebody made as a file, newest first",
    access: "admin",
    query: auditExportQuery,
    status: 200,
  } as const
  const content = Object.fromEntries(
    Object.values(auditMediaTypes).map((type) => [type, { schema: { type: "string" } }]),
  )
  return {
    ...operation("exportAudit", route),
    responses: { 200: { description: "The file", content }, default: problemAnswer },
  }
}

const needs = (role: Role, reach: Route["reach"]): string =>
  reach === "fleet"
    ? `Needs the role ${role}, without a scope: it reaches the whole fleet.`
    : `Needs the role ${role}.`

const parameters = (schema: z.ZodObject | undefined, where: "path" | "query"): readonly Json[] =>
  Object.entries(schema?.shape ?? {}).map(([name, field]) => ({
    name,
    in: where,
    required: where === "path" || !z.safeParse(z.object({ field }), {}).success,
    schema: schemaOf(field, "input"),
  }))
