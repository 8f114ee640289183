/**
 * The one table of the REST API: central registers its handlers by it, the dashboard's client is typed
 * by it, the OpenAPI document is printed from it. Paths are relative to `/api/v1`.
 */
import * as z from "zod"
import { accessRoutes } from "#wire/rest/access-routes.ts"
import { authorityRoutes } from "#wire/rest/authority-routes.ts"
import { cascadeRoutes } from "#wire/rest/cascade.ts"
import { clusterSchema, editClusterBody, pauseClusterBody } from "#wire/rest/clusters.ts"
import { idParams, labelsQuery, pageOf, pageQuery } from "#wire/rest/shapes.ts"
import { databaseRoutes } from "#wire/rest/databases.ts"
import { eventQuery, eventSchema } from "#wire/rest/events.ts"
import { operationRoutes } from "#wire/rest/operation-routes.ts"
import { overviewSchema } from "#wire/rest/overview.ts"
import { parameterRoutes, profileRoutes, ruleRoutes } from "#wire/rest/profile-routes.ts"
import { freezeWindowRoutes, rolloutRoutes } from "#wire/rest/rollout-routes.ts"
import { type Route, route } from "#wire/rest/route.ts"
import {
  approveSatelliteBody,
  editSatelliteBody,
  satelliteSchema,
  satelliteStates,
} from "#wire/rest/satellites.ts"
import { logLevelRoutes } from "#wire/rest/log-level-routes.ts"
import { imageRoutes } from "#wire/rest/image-routes.ts"
import { ruleSetRoutes } from "#wire/rest/rule-set-routes.ts"
import { storageRoutes } from "#wire/rest/storage-routes.ts"
import { satelliteIdentityRoutes } from "#wire/rest/satellite-routes.ts"
import { roleChangeSchema } from "#wire/rest/role-changes.ts"
import { clusterStates } from "#core/cluster/state.ts"

export const routes = {
  ...accessRoutes,

  overview: route({
    method: "GET",
    path: "/overview",
    summary: "The fleet in numbers",
    access: "viewer",
    status: 200,
    answer: overviewSchema,
  }),

  listSatellites: route({
    method: "GET",
    path: "/satellites",
    summary: "Satellites, by name",
    access: "viewer",
    query: pageQuery.extend({
      state: z.enum(satelliteStates).optional(),
      search: z.string().max(100).optional(),
      labels: labelsQuery.optional(),
    }),
    status: 200,
    answer: pageOf(satelliteSchema),
  }),
  getSatellite: route({
    method: "GET",
    path: "/satellites/:id",
    summary: "One satellite",
    access: "viewer",
    params: idParams,
    status: 200,
    answer: satelliteSchema,
  }),
  approveSatellite: route({
    method: "POST",
    path: "/satellites/:id/approve",
    summary: "Let a pending satellite in",
    access: "admin",
    params: idParams,
    body: approveSatelliteBody,
    status: 200,
    answer: satelliteSchema,
  }),
  rejectSatellite: route({
    method: "POST",
    path: "/satellites/:id/reject",
    summary: "Refuse a pending satellite",
    access: "admin",
    params: idParams,
    status: 200,
    answer: satelliteSchema,
  }),
  editSatellite: route({
    method: "PATCH",
    path: "/satellites/:id",
    summary: "Rename or relabel a satellite; rules are matched anew",
    access: "operator",
    params: idParams,
    body: editSatelliteBody,
    status: 200,
    answer: satelliteSchema,
  }),

  listClusters: route({
    method: "GET",
    path: "/clusters",
    summary: "Clusters, by name",
    access: "viewer",
    query: pageQuery.extend({
      satelliteId: z.uuid().optional(),
      state: z.enum(clusterStates).optional(),
      search: z.string().max(100).optional(),
      /** Of their satellites. */
      labels: labelsQuery.optional(),
    }),
    status: 200,
    answer: pageOf(clusterSchema),
  }),
  getCluster: route({
    method: "GET",
    path: "/clusters/:id",
    summary: "One cluster with its instances",
    access: "viewer",
    params: idParams,
    status: 200,
    answer: clusterSchema,
  }),
  listRoleChanges: route({
    method: "GET",
    path: "/clusters/:id/role-changes",
    summary: "Every time that the cluster got a primary, newest first",
    access: "viewer",
    params: idParams,
    query: pageQuery,
    status: 200,
    answer: pageOf(roleChangeSchema),
  }),
  editCluster: route({
    method: "PATCH",
    path: "/clusters/:id",
    summary: "Protect a cluster from being deleted, or do not any more",
    access: "operator",
    params: idParams,
    body: editClusterBody,
    status: 200,
    answer: clusterSchema,
  }),
  pauseCluster: route({
    method: "POST",
    path: "/clusters/:id/pause",
    summary: "Nobody in it becomes primary by itself, and no rollout moves it",
    access: "operator",
    params: idParams,
    body: pauseClusterBody,
    status: 200,
    answer: clusterSchema,
  }),
  resumeCluster: route({
    method: "POST",
    path: "/clusters/:id/resume",
    summary: "Let a paused cluster go on",
    access: "operator",
    params: idParams,
    status: 200,
    answer: clusterSchema,
  }),
  deleteCluster: route({
    method: "DELETE",
    path: "/clusters/:id",
    summary: "Delete a cluster and its data; happens when its site is next connected",
    access: "operator",
    params: idParams,
    status: 202,
    answer: clusterSchema,
  }),

  ...databaseRoutes,
  ...authorityRoutes,
  ...cascadeRoutes,
  ...satelliteIdentityRoutes,
  ...profileRoutes,
  ...parameterRoutes,
  ...ruleRoutes,
  ...storageRoutes,
  ...ruleSetRoutes,
  ...imageRoutes,
  ...logLevelRoutes,
  ...rolloutRoutes,
  ...freezeWindowRoutes,

  ...operationRoutes,

  listEvents: route({
    method: "GET",
    path: "/events",
    summary: "Events, newest first",
    access: "viewer",
    query: eventQuery,
    status: 200,
    answer: pageOf(eventSchema),
  }),
} satisfies Record<string, Route>

export type { Route }
export type Routes = typeof routes
export type RouteName = keyof Routes

type Out<T> = T extends z.ZodType ? z.output<T> : undefined
type In<T> = T extends z.ZodType ? z.input<T> : undefined
type Field<R, K extends string> = R extends { readonly [P in K]: infer V } ? V : undefined

/** What a client sends, per route. */
export type Sent<N extends RouteName> = {
  readonly params: In<Field<Routes[N], "params">>
  readonly query: In<Field<Routes[N], "query">>
  readonly body: In<Field<Routes[N], "body">>
}
/** What a handler receives, per route: parsed, defaults filled in. */
export type Received<N extends RouteName> = {
  readonly params: Out<Field<Routes[N], "params">>
  readonly query: Out<Field<Routes[N], "query">>
  readonly body: Out<Field<Routes[N], "body">>
}
/** The good answer, per route. */
export type Answer<N extends RouteName> = Out<Field<Routes[N], "answer">>
