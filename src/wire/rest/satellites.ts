/** Satellites: the sites of the fleet, from asking to be let in to being removed. */
import * as z from "zod"
import { confirmedDeletes, labelsSchema, timestamp } from "#wire/rest/shapes.ts"

/**
 * `pending` waits for an admin; `late` has missed heartbeats for 30 s, `lost` for 120 s;
 * `offline` is approved and has not connected yet.
 */
export const satelliteStates = [
  "pending",
  "rejected",
  "offline",
  "connected",
  "late",
  "lost",
] as const

export const satelliteSchema = z.object({
  id: z.uuid(),
  name: z.string(),
  /** As the satellite named itself when it registered. */
  site: z.string(),
  state: z.enum(satelliteStates),
  labels: z.record(z.string(), z.string()),
  kubernetesVersion: z.string(),
  satelliteVersion: z.string(),
  /** StorageClasses that it told, by name, and which of them is the default. */
  storageClasses: z.array(z.string()),
  defaultStorageClass: z.string().nullable(),
  /** What storage tiers mean there: tier to StorageClass. */
  tiers: z.record(z.string(), z.string()),
  /** Registry that it pulls images from; null: as the whole fleet does, empty: from where they are named. */
  imageMirror: z.string().nullable(),
  clusterCount: z.number().int(),
  registeredAt: timestamp,
  approvedAt: timestamp.nullable(),
  lastSeenAt: timestamp.nullable(),
  identity: z.object({
    /** Somebody asks to be let in under this row; of an approved one, anew. */
    asks: z.boolean(),
    /** A new token was asked for, which the satellite does not use yet. */
    rotationAskedAt: timestamp.nullable(),
    rotatedAt: timestamp.nullable(),
    revokedAt: timestamp.nullable(),
    revokedWhy: z.string().nullable(),
  }),
  /** Rises with each edit; send it back with a change. */
  version: z.number().int(),
})
export type Satellite = z.infer<typeof satelliteSchema>

const satelliteName = z
  .string()
  .min(1)
  .max(63)
  .regex(/^\S(.*\S)?$/, "one line that neither begins nor ends with a space")

export const approveSatelliteBody = z.strictObject({
  /** Unique among satellites; defaults to the site's own name. */
  name: satelliteName.optional(),
  labels: labelsSchema.optional(),
  confirmedDeletes,
})
export const editSatelliteBody = z.strictObject({
  version: z.number().int(),
  name: satelliteName.optional(),
  labels: labelsSchema.optional(),
  confirmedDeletes,
})
