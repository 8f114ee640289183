/** What primaries say of databases becomes their state; what is dropped leaves the list. */
import type { Severity } from "#core/cluster/events.ts"
import type { ClusterId, SatelliteId } from "#core/ids.ts"
import type { Database } from "#io/postgres/sql.ts"
import { notify } from "../store/change.ts"
import { lockCluster } from "../store/cluster.ts"
import {
  type DatabaseNews,
  type DatabaseReport,
  keepDatabaseReports,
  raiseDesired,
  removeDropped,
} from "../store/cluster-database.ts"
import { forgetUnusedRoles } from "../store/cluster-role.ts"
import { announce } from "./databases.ts"
import { central } from "./actor.ts"
import { tell, type Told } from "./tell.ts"

export async function keepDatabases(
  database: Database,
  reports: readonly DatabaseReport[],
): Promise<void> {
  if (!reports.some(({ databases }) => databases.length > 0)) return
  const news = await database.transaction(async (sql) => {
    const found = await keepDatabaseReports(sql, reports)
    if (found.length === 0) return found
    for (const [satellite, here] of Map.groupBy(found, (one) => one.satelliteId))
      await tell(sql, central, satellite, here.flatMap(toldOf))
    await notify(sql, { kind: "list", resource: "databases" })
    return found
  })
  const dropped = new Map(
    news.filter(({ state }) => state === "dropped").map((one) => [one.clusterId, one.satelliteId]),
  )
  for (const [cluster, satellite] of dropped) await forgetDropped(database, cluster, satellite)
}

/** The tombstones have done their work: the site is sent a list without them. */
async function forgetDropped(
  database: Database,
  cluster: ClusterId,
  satellite: SatelliteId,
): Promise<void> {
  await database.transaction(async (sql) => {
    if ((await lockCluster(sql, central.scope, cluster)) === undefined) return
    const gone = await removeDropped(sql, cluster)
    if (gone.length === 0) return
    await forgetUnusedRoles(sql, cluster)
    await raiseDesired(sql, cluster)
    await tell(
      sql,
      central,
      satellite,
      gone.map(({ name, owner, withRole }) => ({
        kind: "database.dropped",
        message: `database ${name} is dropped${withRole ? `, and its owner ${owner}` : ""}`,
        clusterId: cluster,
        details: { database: name },
      })),
    )
    await announce(sql, cluster, satellite)
  })
}

const words: Partial<Record<DatabaseNews["state"], readonly [string, Severity, string]>> = {
  applied: ["database.applied", "info", "is as it was asked for"],
  failed: ["database.failed", "error", "could not be brought to what was asked for"],
}

function toldOf({ state, isTurn, name, reason, clusterId }: DatabaseNews): readonly Told[] {
  const [kind, severity, what] = words[state] ?? []
  if (!isTurn || kind === undefined || severity === undefined) return []
  const why = reason === undefined ? "" : `: ${reason}`
  return [
    {
      kind,
      severity,
      message: `database ${name} ${what}${why}`,
      clusterId,
      details: { database: name },
    },
  ]
}
