/** Role changes: every time that a cluster got a primary, why, and where the time went. */
import * as z from "zod"
import { roleChangeKinds } from "#core/failover/role-change.ts"
import { timestamp } from "#wire/rest/shapes.ts"

const span = z.number().int().min(0).nullable()

export const roleChangeSchema = z.object({
  id: z.uuid(),
  clusterId: z.uuid(),
  /** When the new primary served, by the clock of the site. */
  at: timestamp,
  kind: z.enum(roleChangeKinds),
  /** One of a few words; `evidence` says what was seen. */
  cause: z.string(),
  evidence: z.array(z.string()),
  /** The primary before; null when there was none or nobody knows. */
  from: z.string().nullable(),
  to: z.string(),
  term: z.number().int(),
  timeline: z.number().int().nullable(),
  /** Where the new primary's own writes begin. */
  lsn: z.string().nullable(),
  /** WAL that only the old primary had, counted when it came back; null while nobody knows. */
  lostBytes: z.number().int().min(0).nullable(),
  /** Transactions that had committed in it; null where nobody could tell. */
  lostCommits: z.number().int().min(0).nullable(),
  /** Where the lost WAL ended. */
  lostLsn: z.string().nullable(),
  /** Whether acknowledged commits may be among what was lost, as far as the new primary could know. */
  lossPossible: z.boolean(),
  /** Last sign of life of the old primary until somebody stood for election. */
  detectMs: span,
  /** Until the Lease named the new primary. */
  electMs: span,
  /** Until it accepted writes. */
  promoteMs: span,
  /** Until the service for writes led to it. */
  routeMs: span,
  totalMs: span,
})
export type RoleChange = z.infer<typeof roleChangeSchema>
