/** Putting on record what somebody changed, in the transaction that changes it. */
import type { Sql } from "#io/postgres/sql.ts"
import type { Actor } from "../intent/actor.ts"
import { insertAudit } from "../store/audit.ts"
import { redact } from "./redact.ts"
import { type AuditFields, type AuditResource, auditShapes } from "./shapes.ts"

export type Audited<R extends AuditResource = AuditResource> = {
  [Resource in R]: {
    /** What was done, as a verb: `create`, `edit`, `delete`, `approve`, … */
    readonly action: string
    readonly resource: Resource
    readonly id: string
    /** What people call it. */
    readonly name: string
    /** Absent for what was made by this. */
    readonly before?: AuditFields<Resource> | undefined
    /** Absent for what is gone by this. */
    readonly after?: AuditFields<Resource> | undefined
  }
}[R]

/** Who did it, when and by which request is known from `actor`; what is secret is left out by the resource's shape. */
export async function audit(sql: Sql, actor: Actor, ...done: readonly Audited[]): Promise<void> {
  if (done.length === 0) return
  await insertAudit(
    sql,
    actor,
    done.map(({ action, resource, id, name, before, after }) => ({
      action,
      resource,
      resource_id: id,
      resource_name: name,
      ...redact(auditShapes[resource], before, after),
    })),
  )
}
