/** Satellites, clusters, events and the fleet in numbers. */
import { clusterStates } from "#core/cluster/state.ts"
import { satelliteStates } from "#wire/rest/satellites.ts"
import type { Caller } from "../auth/access.ts"
import { deleteCluster, editCluster } from "../intent/clusters.ts"
import { setPaused } from "../intent/pausing.ts"
import { approveSatellite, editSatellite, rejectSatellite } from "../intent/satellites.ts"
import { done, notFound, type Outcome } from "../refusal.ts"
import * as clusters from "../store/cluster.ts"
import { listEvents } from "../store/event.ts"
import { listRoleChanges } from "../store/role-change.ts"
import * as satellites from "../store/satellite.ts"
import { byNameAndId, byTimeAndId, page, readCursor } from "./cursor.ts"
import type { Handlers, Services } from "./handler.ts"

type Names =
  | "overview"
  | "listSatellites"
  | "getSatellite"
  | "approveSatellite"
  | "rejectSatellite"
  | "editSatellite"
  | "listClusters"
  | "getCluster"
  | "editCluster"
  | "deleteCluster"
  | "pauseCluster"
  | "resumeCluster"
  | "listRoleChanges"
  | "listEvents"

export const fleetHandlers = ({ database }: Services): Pick<Handlers, Names> => ({
  ...satelliteHandlers(database),
  ...clusterHandlers(database),
  overview: async (_, { caller }) => {
    const [perSatelliteState, perClusterState] = await Promise.all([
      satellites.countByState(database.sql, caller.scope),
      clusters.countByState(database.sql, caller.scope),
    ])
    return done({
      satellites: counted(satelliteStates, perSatelliteState),
      clusters: counted(clusterStates, perClusterState),
      observedAt: new Date().toISOString(),
    })
  },
  listRoleChanges: async ({ params, query }, { caller }) => {
    const at = readCursor(query.cursor, byTimeAndId)
    if (at.kind === "refused") return at
    const before =
      at.after === undefined ? undefined : ([storableTime(at.after[0]) ?? "", at.after[1]] as const)
    if ((await clusters.findCluster(database.sql, caller.scope, params.id)) === undefined)
      return notFound("cluster")
    const found = await listRoleChanges(database.sql, params.id, before, query.limit + 1)
    return done(page(found, query.limit, (change) => [change.at, change.id]))
  },
  listEvents: async ({ query }, { caller }) => {
    const at = readCursor(query.cursor, byTimeAndId)
    if (at.kind === "refused") return at
    const { clusterId, satelliteId, severity } = query
    const filter = {
      clusterId,
      satelliteId,
      severity,
      since: storableTime(query.since),
      until: storableTime(query.until),
    }
    const before =
      at.after === undefined ? undefined : ([storableTime(at.after[0]) ?? "", at.after[1]] as const)
    const found = await listEvents(database.sql, caller.scope, filter, before, query.limit + 1)
    return done(page(found, query.limit, (event) => [event.at, event.id]))
  },
})

/** Nothing happened before 1970, and PostgreSQL does not know the year 0. */
const storableTime = (text: string | undefined): string | undefined =>
  text === undefined ? undefined : new Date(Math.max(0, Date.parse(text))).toISOString()

/** Every state with its number, also where that is 0. */
const counted = <const State extends string>(
  states: readonly State[],
  found: ReadonlyMap<State, number>,
): Record<State, number> => {
  const entries = states.map((state) => [state, found.get(state) ?? 0])
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- fromEntries forgets the keys that it was given
  return Object.fromEntries(entries) as Record<State, number>
}

type SatelliteNames = Extract<Names, `${string}Satellite${string}`>

function satelliteHandlers(database: Services["database"]): Pick<Handlers, SatelliteNames> {
  const answer = async (outcome: Outcome<string>, { scope }: Caller) => {
    if (outcome.kind === "refused") return outcome
    const satellite = await satellites.findSatellite(database.sql, scope, outcome.value)
    return satellite === undefined ? notFound("satellite") : done(satellite)
  }
  return {
    listSatellites: async ({ query }, { caller }) => {
      const at = readCursor(query.cursor, byNameAndId)
      if (at.kind === "refused") return at
      const { state, search, labels } = query
      const filter = { state, search, labels }
      const found = await satellites.listSatellites(
        database.sql,
        caller.scope,
        filter,
        at.after,
        query.limit + 1,
      )
      return done(page(found, query.limit, ({ name, id }) => [name, id]))
    },
    getSatellite: async ({ params }, { caller }) => answer(done(params.id), caller),
    approveSatellite: async ({ params, body }, { caller }) =>
      answer(await approveSatellite(database, params.id, body, caller), caller),
    rejectSatellite: async ({ params }, { caller }) =>
      answer(await rejectSatellite(database, params.id, caller), caller),
    editSatellite: async ({ params, body }, { caller }) =>
      answer(await editSatellite(database, params.id, body, caller), caller),
  }
}

type ClusterNames = Extract<Names, `${string}Cluster${string}`>

function clusterHandlers(database: Services["database"]): Pick<Handlers, ClusterNames> {
  const answer = async (outcome: Outcome<string>, { scope }: Caller) => {
    if (outcome.kind === "refused") return outcome
    const cluster = await clusters.findCluster(database.sql, scope, outcome.value)
    return cluster === undefined ? notFound("cluster") : done(cluster)
  }
  return {
    listClusters: async ({ query }, { caller }) => {
      const at = readCursor(query.cursor, byNameAndId)
      if (at.kind === "refused") return at
      const { satelliteId, state, search, labels } = query
      const filter = { satelliteId, state, search, labels }
      const found = await clusters.listClusters(
        database.sql,
        caller.scope,
        filter,
        at.after,
        query.limit + 1,
      )
      return done(page(found, query.limit, ({ name, id }) => [name, id]))
    },
    getCluster: async ({ params }, { caller }) => answer(done(params.id), caller),
    editCluster: async ({ params, body }, { caller }) =>
      answer(await editCluster(database, params.id, body, caller), caller),
    pauseCluster: async ({ params, body }, { caller }) => {
      const given = { pausing: true, reason: body.reason }
      return answer(await setPaused(database, params.id, given, caller), caller)
    },
    resumeCluster: async ({ params }, { caller }) =>
      answer(await setPaused(database, params.id, { pausing: false, reason: "" }, caller), caller),
    deleteCluster: async ({ params }, { caller }) =>
      answer(await deleteCluster(database, params.id, caller), caller),
  }
}
