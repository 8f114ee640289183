/**
 * What central pushes to somebody who follows a log, over a WebSocket of its own:
 * `/api/v1/satellites/{id}/log` and `/api/v1/clusters/{id}/members/{pod}/log`. Closing it ends the tail.
 */
import * as z from "zod"
import type { Needed } from "#core/access/may.ts"
import {
  lineLevels,
  type TailBatch,
  tailBounds,
  tailContainers,
  tailEnds,
} from "#core/logs/tail.ts"

/**
 * Logs hold what others did and wrote: statements with their values, names, addresses. Who may only look at
 * the fleet does not need that; who acts on it does.
 */
export const tailNeeds: Needed = { role: "operator", reach: "scope" }

/** How many lines of the past, and which lines at all; both are sorted out at the site. */
export const tailQuery = z.object({
  lines: z.coerce.number().int().min(0).max(tailBounds.startLinesMax).default(200),
  level: z.enum(lineLevels).optional(),
  text: z.string().min(1).max(tailBounds.filterTextMax).optional(),
})
export const memberTailQuery = tailQuery.extend({
  container: z.enum(tailContainers).default("postgres"),
})

export const shownTailEnds = [
  ...tailEnds,
  /** The site is not connected, or its line broke off. */
  "offline",
  /** The site says nothing. */
  "silent",
  "not-found",
] as const
export type ShownTailEnd = (typeof shownTailEnds)[number]

export const tailMessageSchema = z.object({
  /** Lines that were left out just before these. */
  dropped: z.number().int().min(0),
  lines: z.array(
    z.object({
      at: z.iso.datetime({ offset: true }).nullable(),
      level: z.enum(lineLevels),
      text: z.string(),
      /** The rest of the line was left out. */
      cut: z.boolean(),
    }),
  ),
  standing: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("following") }),
    z.object({ kind: z.literal("waiting"), why: z.string() }),
    /** The last message: the socket closes. */
    z.object({ kind: z.literal("ended"), end: z.enum(shownTailEnds), why: z.string() }),
  ]),
})
export type TailMessage = z.infer<typeof tailMessageSchema>

export const shownBatch = ({ dropped, lines, standing }: TailBatch): TailMessage => ({
  dropped,
  lines: lines.map(({ at, level, text, isCut }) => ({
    at: at === undefined ? null : timeText(at),
    level,
    text,
    cut: isCut,
  })),
  standing,
})

/** A site's clock may be anywhere; what no date can say is none. */
const timeText = (at: number): string | null => (at > 8.64e15 ? null : new Date(at).toISOString())
