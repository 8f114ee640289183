/** The fleet in one look. */
import * as z from "zod"
import { clusterStates } from "#core/cluster/state.ts"
import { satelliteStates } from "#wire/rest/satellites.ts"
import { timestamp } from "#wire/rest/shapes.ts"

export const overviewSchema = z.object({
  satellites: z.record(z.enum(satelliteStates), z.number().int()),
  clusters: z.record(z.enum(clusterStates), z.number().int()),
  observedAt: timestamp,
})
export type Overview = z.infer<typeof overviewSchema>
