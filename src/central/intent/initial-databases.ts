/**
 * A profile's databases become those of each of its clusters, once. From then on they are the cluster's own: a
 * profile that names them otherwise, or not any more, changes none, and one that was dropped stays so.
 */
import { randomBytes, randomUUID } from "node:crypto"
import type { InitialDatabase } from "#core/cluster/databases.ts"
import { millis } from "#core/units.ts"
import { systemClock } from "#io/clock.ts"
import type { Log } from "#io/log.ts"
import { Outage } from "#io/outage.ts"
import { scramVerifier } from "#io/postgres/scram.ts"
import type { Database, Sql } from "#io/postgres/sql.ts"
import type { SecretBox } from "../secrets/secret-box.ts"
import { lockCluster, type Place } from "../store/cluster.ts"
import { databaseNamed, insertDatabase, raiseDesired } from "../store/cluster-database.ts"
import { isRole, putVerifier } from "../store/cluster-role.ts"
import { missingDatabases, noteGiven } from "../store/initial-database.ts"
import { central } from "./actor.ts"
import { announce } from "./databases.ts"
import { tell } from "./tell.ts"

const lookEvery = millis(3000)
const atOnce = 100

export class InitialDatabases {
  readonly #database: Database
  readonly #box: SecretBox
  readonly #log: Log

  constructor(database: Database, box: SecretBox, log: Log) {
    this.#database = database
    this.#box = box
    this.#log = log
  }

  /** Looks until `signal`: clusters come, and move to other versions, in more ways than one. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.#box.current !== undefined) {
      try {
        await this.give()
      } catch (error) {
        if (error instanceof Outage) this.#log.debug("databases.waiting", { why: error.message })
        else this.#log.error("databases.failed", { error })
      }
      await systemClock.sleep(lookEvery, signal).catch(() => {})
    }
  }

  async give(): Promise<void> {
    const missing = await missingDatabases(this.#database.sql, atOnce)
    for (const [id, databases] of missing) {
      // Nobody ever sees these passwords: who needs one makes a new one.
      const verifiers = await Promise.all(
        databases.map(() => scramVerifier(randomBytes(24).toString("base64url"))),
      )
      await this.#database.transaction(async (sql) => {
        const cluster = await lockCluster(sql, central.scope, id)
        if (cluster === undefined || cluster.deleting) return
        let given = false
        for (const [at, database] of databases.entries())
          given = (await this.#giveOne(sql, cluster, database, verifiers[at] ?? "")) || given
        if (!given) return
        await raiseDesired(sql, id)
        await announce(sql, id, cluster.satelliteId)
      })
    }
  }

  async #giveOne(
    sql: Sql,
    cluster: Place,
    { name, owner, allowedCidrs, endSessions }: InitialDatabase,
    verifier: string,
  ): Promise<boolean> {
    const { id, satelliteId } = cluster
    if (!(await noteGiven(sql, id, name))) return false
    // What people asked for in the cluster itself is theirs.
    if ((await databaseNamed(sql, id, name)) !== undefined) return false
    if (!(await isRole(sql, id, owner))) await putVerifier(sql, this.#box, id, owner, verifier)
    await insertDatabase(sql, {
      id: randomUUID(),
      clusterId: id,
      name,
      owner,
      allowedCidrs,
      endSessions,
    })
    await tell(sql, central, satelliteId, [
      {
        kind: "database.requested",
        message: `database ${name} of ${owner} shall be in ${cluster.namespace}/${cluster.name}, as its profile says; a new password lets somebody in`,
        clusterId: id,
        details: { database: name, owner },
      },
    ])
    return true
  }
}
