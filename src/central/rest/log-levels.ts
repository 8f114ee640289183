/** Log levels of satellites and of clusters' sidecars. */
import { askedLogLevels, type logLevelRoutes } from "#wire/rest/log-level-routes.ts"
import { askClusterLevel, askSatelliteLevel } from "../intent/log-levels.ts"
import { done, notFound } from "../refusal.ts"
import { type Asked, clusterLevel, satelliteLevel } from "../store/log-level.ts"
import type { Handlers, Services } from "./handler.ts"

const shown = (asked: Asked | undefined) =>
  done({
    level: askedLogLevels.find((level) => level === asked?.level) ?? null,
    until: asked === undefined ? null : new Date(asked.until).toISOString(),
  })

export const logLevelHandlers = ({
  database,
}: Services): Pick<Handlers, keyof typeof logLevelRoutes> => {
  const { sql } = database
  const ofSatellite = async (scope: Parameters<typeof satelliteLevel>[1], id: string) => {
    const asked = await satelliteLevel(sql, scope, id)
    return asked === "none" ? notFound("satellite") : shown(asked)
  }
  const ofCluster = async (scope: Parameters<typeof clusterLevel>[1], id: string) => {
    const asked = await clusterLevel(sql, scope, id)
    return asked === "none" ? notFound("cluster") : shown(asked)
  }
  return {
    getSatelliteLogLevel: async ({ params }, { caller }) => ofSatellite(caller.scope, params.id),
    putSatelliteLogLevel: async ({ params, body }, { caller }) => {
      const outcome = await askSatelliteLevel(database, params.id, body, caller)
      return outcome.kind === "refused" ? outcome : ofSatellite(caller.scope, params.id)
    },
    getClusterLogLevel: async ({ params }, { caller }) => ofCluster(caller.scope, params.id),
    putClusterLogLevel: async ({ params, body }, { caller }) => {
      const outcome = await askClusterLevel(database, params.id, body, caller)
      return outcome.kind === "refused" ? outcome : ofCluster(caller.scope, params.id)
    },
  }
}
