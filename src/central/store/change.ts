/**
 * Telling every central on this database what changed. Sent inside the transaction that changes it, so it
 * arrives after the commit or not at all. A change is a hint: who hears it looks at the tables.
 */
import * as z from "zod"
import type { Sql } from "#io/postgres/sql.ts"
import { refetched } from "#wire/live.ts"

export const changeChannel = "pg_swarm_change"

const ids = z.array(z.uuid())
const changeSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("satellites"), ids }),
  z.object({ kind: z.literal("clusters"), ids }),
  z.object({ kind: z.literal("clusters-gone"), ids }),
  z.object({ kind: z.literal("events"), ids }),
  z.object({ kind: z.literal("role-changes"), ids }),
  z.object({ kind: z.literal("operations"), ids }),
  /** What these satellites should run, or who they may be, changed. */
  z.object({ kind: z.literal("desired"), ids }),
  /** These satellites shall say which StorageClasses they have. */
  z.object({ kind: z.literal("storage-classes"), ids }),
  /** Somebody began or ended to follow a log of these satellites. */
  z.object({ kind: z.literal("log-tails"), ids }),
  /** Lines of these tails wait for the central of their watcher, or their stream is over. */
  z.object({ kind: z.literal("log-lines"), ids }),
  z.object({ kind: z.literal("list"), resource: z.enum(refetched) }),
  /** Labels of satellites changed: who sees them by their labels may see others now. */
  z.object({ kind: z.literal("relabelled") }),
  /** What these people may do changed, or a session or token of theirs ended. */
  z.object({ kind: z.literal("access"), ids }),
  /** A satellite opened a stream; older ones, wherever they are, end. */
  z.object({ kind: z.literal("stream"), id: z.uuid(), serial: z.number().int() }),
])
export type Change = z.infer<typeof changeSchema>

/** A notification holds 8000 bytes; an id takes 39 of them. */
const idsPerNotification = 150

export async function notify(sql: Sql, change: Change): Promise<void> {
  for (const part of parts(change))
    await sql`select pg_notify(${changeChannel}, ${JSON.stringify(part)})`
}

function parts(change: Change): readonly Change[] {
  if (!("ids" in change)) return [change]
  const found: Change[] = []
  for (let at = 0; at < change.ids.length; at += idsPerNotification)
    found.push({ ...change, ids: change.ids.slice(at, at + idsPerNotification) })
  return found
}

/** Undefined for a notification of a newer central that this one does not understand. */
export function readChange(payload: string): Change | undefined {
  try {
    return changeSchema.safeParse(JSON.parse(payload)).data
  } catch {
    return undefined
  }
}
