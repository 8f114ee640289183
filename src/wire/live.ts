/**
 * What central pushes to browsers over the WebSocket `/api/v1/live`: small deltas, each a whole item
 * that replaces the one with its id. A browser that (re)connects fetches anew by REST, then listens.
 */
import * as z from "zod"
import { clusterSchema } from "#wire/rest/clusters.ts"
import { eventSchema } from "#wire/rest/events.ts"
import { operationSchema } from "#wire/rest/operations.ts"
import { roleChangeSchema } from "#wire/rest/role-changes.ts"
import { satelliteSchema } from "#wire/rest/satellites.ts"

/** Lists that are fetched anew when something in them changed. */
export const refetched = [
  "satellites",
  "profiles",
  "rules",
  "tokens",
  "people",
  "storage-tiers",
  "recovery-rule-sets",
  "images",
  "databases",
  "rollouts",
  "freeze-windows",
] as const

export const liveMessageSchema = z.discriminatedUnion("kind", [
  /** First message. `serverTime` lets the page show honest ages. */
  z.object({
    kind: z.literal("hello"),
    serverTime: z.iso.datetime({ offset: true }),
    version: z.string(),
  }),
  z.object({ kind: z.literal("satellite"), satellite: satelliteSchema }),
  z.object({ kind: z.literal("cluster"), cluster: clusterSchema }),
  z.object({ kind: z.literal("cluster-gone"), id: z.uuid() }),
  z.object({ kind: z.literal("events"), events: z.array(eventSchema) }),
  z.object({ kind: z.literal("operation"), operation: operationSchema }),
  z.object({ kind: z.literal("role-change"), roleChange: roleChangeSchema }),
  /** Something in a list changed that is not sent whole: fetch it again. */
  z.object({ kind: z.literal("refetch"), resource: z.enum(refetched) }),
  /** Every 15 s, so that a dead connection is known from a quiet fleet. */
  z.object({ kind: z.literal("pulse"), serverTime: z.iso.datetime({ offset: true }) }),
  /** The browser was too slow and messages were dropped: fetch everything again. */
  z.object({ kind: z.literal("overrun") }),
])
/** Why central closes the socket: the session or token is over; or it is good and something about it is new. */
export const closedSignedOut = 4401
export const closedAccessChanged = 4403

export type LiveMessage = z.infer<typeof liveMessageSchema>
