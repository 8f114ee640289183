/** Events of the whole fleet, newest first. */
import * as z from "zod"
import { severities } from "#core/cluster/events.ts"
import { pageQuery, timestamp } from "#wire/rest/shapes.ts"

export const eventSchema = z.object({
  id: z.uuid(),
  /** By the clock of the site where it happened. */
  at: timestamp,
  receivedAt: timestamp,
  severity: z.enum(severities),
  kind: z.string(),
  message: z.string(),
  satelliteId: z.uuid().nullable(),
  satelliteName: z.string().nullable(),
  clusterId: z.uuid().nullable(),
  clusterName: z.string().nullable(),
  pod: z.string().nullable(),
  details: z.record(z.string(), z.string()),
})
export type FleetEventBody = z.infer<typeof eventSchema>

export const eventQuery = pageQuery.extend({
  clusterId: z.uuid().optional(),
  satelliteId: z.uuid().optional(),
  /** This severity and worse. */
  severity: z.enum(severities).optional(),
  since: timestamp.optional(),
  until: timestamp.optional(),
})
