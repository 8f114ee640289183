/** The audit as a file: as many rows as there are, a page of them in memory at a time. */
import { Readable } from "node:stream"
import type { Database, Sql } from "#io/postgres/sql.ts"
import {
  type AuditEntry,
  auditExportPath,
  auditExportQuery,
  auditMediaTypes,
} from "#wire/rest/audit.ts"
import { csvLine } from "../audit/csv.ts"
import { type AuditFilter, listAudit } from "../store/audit.ts"
import type { App } from "./app.ts"
import { admit } from "./guard.ts"
import { fieldProblems, sendProblem } from "./problem.ts"
import { apiPrefix } from "./register.ts"
import { unstorable } from "./storable.ts"

const pageSize = 1000
const bufferBytes = 256 * 1024

const columns = [
  "serial",
  "at",
  "actor",
  "personId",
  "token",
  "address",
  "requestId",
  "action",
  "resource",
  "resourceId",
  "resourceName",
  "before",
  "after",
] as const satisfies readonly (keyof AuditEntry)[]

const inCsv = (entry: AuditEntry): string =>
  csvLine(
    columns.map((column) => {
      const value = entry[column]
      return typeof value === "object" && value !== null ? JSON.stringify(value) : value
    }),
  )

const inJson = (entry: AuditEntry): string => `${JSON.stringify(entry)}\n`

type Asked = { readonly filter: AuditFilter; readonly format: keyof typeof auditMediaTypes }

/**
 * Newest first, as the list shows them, page by page as the reader takes them. What is added meanwhile is newer than
 * where this is, so that each row is there once; a database that goes away ends the stream in the middle, which
 * the reader sees as a broken transfer and not as an end.
 */
async function* lines(
  sql: Sql,
  { filter, format }: Asked,
  first: readonly AuditEntry[],
): AsyncGenerator<string> {
  const line = format === "csv" ? inCsv : inJson
  if (format === "csv") yield csvLine(columns)
  for (let page = first; ;) {
    const last = page.at(-1)
    if (last === undefined) return
    yield page.map(line).join("")
    if (page.length < pageSize) return
    page = await listAudit(sql, filter, last.serial, pageSize)
  }
}

export function serveAuditExport(app: App, { sql }: Database): void {
  app.get(`${apiPrefix}${auditExportPath}`, async (request, reply) => {
    const caller = await admit(sql, request, { access: "admin" })
    if (caller.kind === "refused") return sendProblem(request, reply, caller)
    const read = auditExportQuery.strict().safeParse(request.query)
    const problems = read.success ? unstorable(read.data) : fieldProblems(read.error, "query")
    if (!read.success || problems.length > 0)
      return sendProblem(request, reply, {
        status: 400,
        code: "INVALID",
        detail: "some fields are not as they must be",
        problems,
      })
    const { format, actor, action, resource, resourceId, requestId, since, until } = read.data
    const filter = { actor, action, resource, resourceId, requestId, since, until }
    // Read before anything is answered: a database that is away, or a time that it does not know, is a problem.
    const first = await listAudit(sql, filter, undefined, pageSize)
    const name = `audit-${new Date().toISOString().slice(0, 10)}.${format}`
    return reply
      .type(auditMediaTypes[format])
      .header("content-disposition", `attachment; filename="${name}"`)
      .send(
        Readable.from(lines(sql, { filter, format }, first), {
          objectMode: false,
          highWaterMark: bufferBytes,
        }),
      )
  })
}
