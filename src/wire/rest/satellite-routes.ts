/** Who a satellite is: its token, another in its place, its end. */
import * as z from "zod"
import { route } from "#wire/rest/route.ts"
import { satelliteSchema } from "#wire/rest/satellites.ts"
import { idParams } from "#wire/rest/shapes.ts"

const clusters = z.array(z.uuid()).max(5000).default([])

export const revokeSatelliteBody = z.strictObject({
  /** Told to the satellite and to whoever looks at it. */
  reason: z.string().trim().min(1).max(200).optional(),
})
export const replaceSatelliteBody = z.strictObject({
  /** The satellite that waits for approval and shall be this one from now on. */
  by: z.uuid(),
  /** Every cluster of this satellite: each is made anew at the other Kubernetes, without its data. */
  movedClusters: clusters,
})
export const decommissionSatelliteBody = z.strictObject({
  /** Clusters that are forgotten here and run on at the site, if there still is one. */
  abandonedClusters: clusters,
})

export const satelliteIdentityRoutes = {
  rotateSatelliteToken: route({
    method: "POST",
    path: "/satellites/:id/rotate-token",
    summary: "Give the satellite a new token; the one it has is void once it has used the new one",
    access: "admin",
    params: idParams,
    status: 202,
    answer: satelliteSchema,
  }),
  revokeSatellite: route({
    method: "POST",
    path: "/satellites/:id/revoke",
    summary: "Take the satellite's identity away; its stream ends, its clusters run on",
    access: "admin",
    params: idParams,
    body: revokeSatelliteBody,
    status: 200,
    answer: satelliteSchema,
  }),
  replaceSatellite: route({
    method: "POST",
    path: "/satellites/:id/replace",
    summary: "Let a satellite that waits for approval take over this one with its clusters",
    access: "admin",
    params: idParams,
    body: replaceSatelliteBody,
    status: 200,
    answer: satelliteSchema,
  }),
  decommissionSatellite: route({
    method: "POST",
    path: "/satellites/:id/decommission",
    summary: "Forget the satellite; its clusters must be gone, or are abandoned by name",
    access: "admin",
    params: idParams,
    body: decommissionSatelliteBody,
    status: 204,
  }),
} as const
