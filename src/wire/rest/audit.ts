/** The record of every change: who, when, by which request, and how it was before and after. */
import * as z from "zod"
import { pageQuery, timestamp } from "#wire/rest/shapes.ts"

const fields = z.record(z.string(), z.unknown()).nullable()

export const auditEntrySchema = z.object({
  /** Rises with time. */
  serial: z.number().int(),
  at: timestamp,
  actor: z.string(),
  personId: z.uuid().nullable(),
  /** Name of the API token that it was asked with. */
  token: z.string().nullable(),
  address: z.string().nullable(),
  requestId: z.string().nullable(),
  action: z.string(),
  resource: z.string(),
  resourceId: z.string(),
  resourceName: z.string(),
  /** Null for what was made by this. Secrets are not in it. */
  before: fields,
  /** Null for what is gone by this. */
  after: fields,
})
export type AuditEntry = z.infer<typeof auditEntrySchema>

const word = z.string().min(1).max(100).optional()

export const auditQuery = pageQuery.extend({
  actor: word,
  action: word,
  resource: word,
  resourceId: word,
  requestId: word,
  since: timestamp.optional(),
  until: timestamp.optional(),
})

/** Not in the table of routes: its answer is a file, of any length, and no JSON. */
export const auditExportPath = "/audit/export"
export const auditMediaTypes = { csv: "text/csv", ndjson: "application/x-ndjson" } as const

export const auditExportQuery = auditQuery
  .omit({ limit: true, cursor: true })
  .extend({ format: z.enum(["csv", "ndjson"]).default("csv") })

/** Every word that is in the record, to choose from. */
export const auditWordsSchema = z.object({
  actors: z.array(z.string()),
  actions: z.array(z.string()),
  resources: z.array(z.string()),
})
