/**
 * What satellites should hear, by the database. A change of a profile wakes thousands of streams at once: a read costs
 * the same for one satellite and for many, so they share it.
 */
import type { SiteSettings } from "#core/fleet/settings.ts"
import type { SatelliteId } from "#core/ids.ts"
import type { Log } from "#io/log.ts"
import type { Database } from "#io/postgres/sql.ts"
import { SharedTurns } from "#io/shared-turns.ts"
import type { SecretBox } from "../secrets/secret-box.ts"
import { type Desired, desiredOf } from "../store/desired.ts"
import { type LevelOfSite, levelsOf } from "../store/log-level.ts"
import { type Unfinished, unfinishedOf } from "../store/operation.ts"
import { findIdentities, type Identity } from "../store/satellite-identity.ts"
import { settingsOf } from "../store/storage-tier.ts"

export type Wants = {
  readonly identity: Identity
  readonly clusters: readonly Desired[]
  readonly settings: SiteSettings
  readonly levels: readonly LevelOfSite[]
  readonly operations: readonly Unfinished[]
}

/** Satellites in one read: what they all have fits into memory a few times over. */
const togetherMax = 100

export class WantsReader {
  readonly #ports: { readonly database: Database; readonly secrets: SecretBox; readonly log: Log }
  readonly #turns = new SharedTurns<SatelliteId, Wants | undefined>(togetherMax, async (ids) => {
    const found = await this.#readAll([...new Set(ids)])
    return (id) => found.get(id)
  })

  constructor(ports: {
    readonly database: Database
    readonly secrets: SecretBox
    readonly log: Log
  }) {
    this.#ports = ports
  }

  /** Undefined for a satellite that there is not. Throws an `Outage` while the database is away. */
  read(id: SatelliteId): Promise<Wants | undefined> {
    return this.#turns.ask(id)
  }

  async #readAll(ids: readonly SatelliteId[]): Promise<ReadonlyMap<SatelliteId, Wants>> {
    const { database, secrets, log } = this.#ports
    const { sql } = database
    const identities = await findIdentities(sql, ids)
    const clusters = await desiredOf(sql, ids, {
      secrets,
      unreadable: (why) => log.error("secrets.unreadable", { why }),
    })
    const settings = await settingsOf(sql, ids)
    const levels = await levelsOf(sql, ids)
    const operations = await unfinishedOf(sql, ids)
    const found = new Map<SatelliteId, Wants>()
    for (const [id, identity] of identities) {
      const own = settings.get(id)
      // Deleted between two of these reads: it is gone.
      if (own === undefined) continue
      found.set(id, {
        identity,
        clusters: clusters.get(id) ?? [],
        settings: own,
        levels: levels.get(id) ?? [],
        operations: operations.get(id) ?? [],
      })
    }
    return found
  }
}
