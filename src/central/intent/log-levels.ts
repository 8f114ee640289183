/** Asking programs at sites to write more or less to their logs, for a while. */
import type { z } from "zod"
import type { Database } from "#io/postgres/sql.ts"
import type { putLogLevelBody } from "#wire/rest/log-level-routes.ts"
import { audit } from "../audit/audit.ts"
import { done, notFound, type Outcome } from "../refusal.ts"
import { notify } from "../store/change.ts"
import { lockCluster } from "../store/cluster.ts"
import {
  type Asked,
  clusterLevel,
  putClusterLevel,
  putSatelliteLevel,
  satelliteLevel,
} from "../store/log-level.ts"
import { lockSatellite } from "../store/satellite.ts"
import type { Actor } from "./actor.ts"
import { tell } from "./tell.ts"

type Body = z.output<typeof putLogLevelBody>

const inWords = ({ level, minutes }: Body): string =>
  level === null ? "log as they usually do" : `log at level ${level} for ${minutes} minutes`

const inForce = (asked: Asked | undefined | "none"): string =>
  asked === undefined || asked === "none"
    ? inWords({ level: null, minutes: 0 })
    : `log at level ${asked.level} until ${new Date(asked.until).toISOString()}`

export async function askSatelliteLevel(
  database: Database,
  id: string,
  body: Body,
  actor: Actor,
): Promise<Outcome<undefined>> {
  return database.transaction(async (sql) => {
    const satellite = await lockSatellite(sql, actor.scope, id)
    if (satellite === undefined) return notFound("satellite")
    const before = await satelliteLevel(sql, actor.scope, satellite.id)
    await putSatelliteLevel(sql, satellite.id, body.level, body.minutes)
    await tell(sql, actor, satellite.id, [
      { kind: "satellite.log-level", message: `${satellite.name} shall ${inWords(body)}` },
    ])
    await audit(sql, actor, {
      action: "set-log-level",
      resource: "satellite",
      id: satellite.id,
      name: satellite.name,
      before: { logLevel: inForce(before) },
      after: { logLevel: inWords(body) },
    })
    await notify(sql, { kind: "desired", ids: [satellite.id] })
    return done(undefined)
  })
}

export async function askClusterLevel(
  database: Database,
  id: string,
  body: Body,
  actor: Actor,
): Promise<Outcome<undefined>> {
  return database.transaction(async (sql) => {
    const cluster = await lockCluster(sql, actor.scope, id)
    if (cluster === undefined) return notFound("cluster")
    const place = `${cluster.namespace}/${cluster.name}`
    const before = await clusterLevel(sql, actor.scope, cluster.id)
    await putClusterLevel(sql, cluster.id, body.level, body.minutes)
    await tell(sql, actor, cluster.satelliteId, [
      {
        kind: "cluster.log-level",
        message: `sidecars of ${place} shall ${inWords(body)}`,
        clusterId: cluster.id,
      },
    ])
    await audit(sql, actor, {
      action: "set-log-level",
      resource: "cluster",
      id: cluster.id,
      name: place,
      before: { logLevel: inForce(before) },
      after: { logLevel: inWords(body) },
    })
    await notify(sql, { kind: "desired", ids: [cluster.satelliteId] })
    return done(undefined)
  })
}
