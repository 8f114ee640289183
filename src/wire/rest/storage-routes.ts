/** Storage tiers, and what they mean on a satellite. */
import * as z from "zod"
import { type Route, route } from "#wire/rest/route.ts"
import { satelliteSchema } from "#wire/rest/satellites.ts"
import { dnsLabel, idParams, pageOf, pageQuery, timestamp } from "#wire/rest/shapes.ts"

const tierName = dnsLabel(63)

/** Most tiers that a fleet has: each is a choice that somebody has to make for each site. */
export const storageTiersMax = 50

export const storageTierSchema = z.object({
  name: z.string(),
  description: z.string(),
  /** Profiles whose newest version has a volume on it. */
  profiles: z.array(z.object({ id: z.uuid(), name: z.string() })),
  /** Approved satellites that it is mapped on, and how many there are. */
  mappedCount: z.number().int(),
  satelliteCount: z.number().int(),
  createdAt: timestamp,
  /** Rises with each edit; send it back with a change. */
  version: z.number().int(),
})
export type StorageTier = z.infer<typeof storageTierSchema>

const tierParams = z.object({ name: tierName })

export const createStorageTierBody = z.strictObject({
  /** For good: profiles name it. */
  name: tierName,
  description: z.string().max(1000).default(""),
})

export const editStorageTierBody = z.strictObject({
  version: z.int(),
  description: z.string().max(1000),
})

const storageClass = z
  .string()
  .min(1)
  .max(253)
  .regex(
    /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
    "the name of a StorageClass: lower-case letters, digits, '-' and '.'",
  )

export const mapTiersBody = z.strictObject({
  /** Of the satellite, as it was read. */
  version: z.int(),
  /** The whole mapping, tier to StorageClass: a tier that is not named is mapped to nothing. */
  tiers: z.record(tierName, storageClass),
})

export const storageRoutes = {
  listStorageTiers: route({
    method: "GET",
    path: "/storage-tiers",
    summary: "Storage tiers, by name",
    access: "viewer",
    query: pageQuery,
    status: 200,
    answer: pageOf(storageTierSchema),
  }),
  createStorageTier: route({
    method: "POST",
    path: "/storage-tiers",
    summary: "Make a storage tier; each satellite maps it to a StorageClass of its own",
    access: "admin",
    reach: "fleet",
    body: createStorageTierBody,
    status: 201,
    answer: storageTierSchema,
  }),
  editStorageTier: route({
    method: "PATCH",
    path: "/storage-tiers/:name",
    summary: "Describe a storage tier anew",
    access: "admin",
    reach: "fleet",
    params: tierParams,
    body: editStorageTierBody,
    status: 200,
    answer: storageTierSchema,
  }),
  deleteStorageTier: route({
    method: "DELETE",
    path: "/storage-tiers/:name",
    summary: "Delete a storage tier that no profile and no cluster uses, with its mappings",
    access: "admin",
    reach: "fleet",
    params: tierParams,
    status: 204,
  }),
  mapTiers: route({
    method: "PUT",
    path: "/satellites/:id/tiers",
    summary:
      "Say which StorageClass each tier means on a satellite; volumes that exist keep their class",
    access: "admin",
    params: idParams,
    body: mapTiersBody,
    status: 200,
    answer: satelliteSchema,
  }),
  refreshStorageClasses: route({
    method: "POST",
    path: "/satellites/:id/storage-classes/refresh",
    summary: "Ask a connected satellite which StorageClasses it has now; the answer comes live",
    access: "operator",
    params: idParams,
    status: 202,
    answer: satelliteSchema,
  }),
} satisfies Record<string, Route>
