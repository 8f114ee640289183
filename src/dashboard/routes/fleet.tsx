/** Pages of the fleet as it stands. */
import { createRoute } from "@tanstack/react-router"
import * as z from "zod"
import { severities } from "#core/cluster/events.ts"
import { clusterStates } from "#core/cluster/state.ts"
import { lineLevels, tailContainers } from "#core/logs/tail.ts"
import { operationStates } from "#core/switchover/operation.ts"
import { operationKinds } from "#wire/rest/operations.ts"
import { satelliteStates } from "#wire/rest/satellites.ts"
import { eventRanges } from "../domain/event-range.ts"
import { ClusterPage } from "../pages/cluster.tsx"
import { ClustersPage } from "../pages/clusters.tsx"
import { EventsPage } from "../pages/events.tsx"
import { ClusterLogsPage, SatelliteLogPage } from "../pages/logs.tsx"
import { OperationsPage } from "../pages/operations.tsx"
import { OverviewPage } from "../pages/overview.tsx"
import { SatellitePage } from "../pages/satellite.tsx"
import { SatellitesPage } from "../pages/satellites.tsx"
import { id, search, signedIn } from "./frame.tsx"

const overview = createRoute({
  getParentRoute: () => signedIn,
  path: "/",
  component: OverviewPage,
})
const satellites = createRoute({
  getParentRoute: () => signedIn,
  path: "/satellites",
  validateSearch: z.object({ state: z.enum(satelliteStates).optional().catch(undefined), search }),
  component: SatellitesPage,
})
const satellite = createRoute({
  getParentRoute: () => signedIn,
  path: "/satellites/$id",
  component: SatellitePage,
})
const level = z.enum(lineLevels).optional().catch(undefined)
const satelliteLog = createRoute({
  getParentRoute: () => signedIn,
  path: "/satellites/$id/logs",
  validateSearch: z.object({ level }),
  component: SatelliteLogPage,
})
const clusters = createRoute({
  getParentRoute: () => signedIn,
  path: "/clusters",
  validateSearch: z.object({
    state: z.enum(clusterStates).optional().catch(undefined),
    satelliteId: id,
    search,
  }),
  component: ClustersPage,
})
const cluster = createRoute({
  getParentRoute: () => signedIn,
  path: "/clusters/$id",
  component: ClusterPage,
})
const clusterLogs = createRoute({
  getParentRoute: () => signedIn,
  path: "/clusters/$id/logs",
  validateSearch: z.object({
    level,
    pod: z.string().max(63).optional().catch(undefined),
    container: z.enum(tailContainers).optional().catch(undefined),
  }),
  component: ClusterLogsPage,
})
const events = createRoute({
  getParentRoute: () => signedIn,
  path: "/events",
  validateSearch: z.object({
    severity: z.enum(severities).optional().catch(undefined),
    range: z.enum(eventRanges).optional().catch(undefined),
    clusterId: id,
    satelliteId: id,
  }),
  component: EventsPage,
})
const operations = createRoute({
  getParentRoute: () => signedIn,
  path: "/operations",
  validateSearch: z.object({
    state: z.enum(operationStates).optional().catch(undefined),
    kind: z.enum(operationKinds).optional().catch(undefined),
    actor: search,
    cluster: id,
  }),
  component: OperationsPage,
})

export const fleetRoutes = [
  overview,
  satellites,
  satellite,
  satelliteLog,
  clusters,
  cluster,
  clusterLogs,
  operations,
  events,
] as const
