/** How much a satellite, or the sidecars of a cluster, write to their logs, for a while. */
import * as z from "zod"
import { type Route, route } from "#wire/rest/route.ts"
import { idParams, timestamp } from "#wire/rest/shapes.ts"

export const askedLogLevels = ["debug", "info", "warn", "error"] as const

export const logLevelSchema = z.object({
  /** What was asked for, and until when; null: their own. */
  level: z.enum(askedLogLevels).nullable(),
  until: timestamp.nullable(),
})

export const putLogLevelBody = z.strictObject({
  /** Null: back to their own at once. */
  level: z.enum(askedLogLevels).nullable(),
  /** Then they go back by themselves, also where central is away. */
  minutes: z
    .int()
    .min(1)
    .max(24 * 60)
    .default(30),
})

export const logLevelRoutes = {
  getSatelliteLogLevel: route({
    method: "GET",
    path: "/satellites/:id/log-level",
    summary: "The log level that was asked of a satellite",
    access: "viewer",
    params: idParams,
    status: 200,
    answer: logLevelSchema,
  }),
  putSatelliteLogLevel: route({
    method: "PUT",
    path: "/satellites/:id/log-level",
    summary: "Let a satellite write more or less to its log for a while",
    access: "operator",
    params: idParams,
    body: putLogLevelBody,
    status: 200,
    answer: logLevelSchema,
  }),
  getClusterLogLevel: route({
    method: "GET",
    path: "/clusters/:id/log-level",
    summary: "The log level that was asked of a cluster's sidecars",
    access: "viewer",
    params: idParams,
    status: 200,
    answer: logLevelSchema,
  }),
  putClusterLogLevel: route({
    method: "PUT",
    path: "/clusters/:id/log-level",
    summary: "Let the sidecars of a cluster write more or less to their logs for a while",
    access: "operator",
    params: idParams,
    body: putLogLevelBody,
    status: 200,
    answer: logLevelSchema,
  }),
} satisfies Record<string, Route>
