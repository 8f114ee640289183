/**
 * What satellites should hear, by the database. A change of a profile wakes thousands of streams at once: those who ask
 * while a read is under way share the next one, so that a read costs the same for one satellite and for many. Who asks
 * gets a read that began after asking.
 */
import type { SiteSettings } from "#core/fleet/settings.ts"
import type { SatelliteId } from "#core/ids.ts"
import type { Log } from "#io/log.ts"
import { Outage } from "#io/outage.ts"
import type { Database } from "#io/postgres/sql.ts"
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

type Asker = {
  readonly id: SatelliteId
  readonly done: PromiseWithResolvers<Wants | undefined>
}

export class WantsReader {
  readonly #ports: { readonly database: Database; readonly secrets: SecretBox; readonly log: Log }
  #waiting: Asker[] = []
  #isReading = false

  constructor(ports: {
    readonly database: Database
    readonly secrets: SecretBox
    readonly log: Log
  }) {
    this.#ports = ports
  }

  /** Undefined for a satellite that there is not. Throws {@link Outage} while the database is away. */
  read(id: SatelliteId): Promise<Wants | undefined> {
    const done = Promise.withResolvers<Wants | undefined>()
    this.#waiting.push({ id, done })
    if (!this.#isReading) void this.#work()
    return done.promise
  }

  async #work(): Promise<void> {
    this.#isReading = true
    while (this.#waiting.length > 0) await this.#answer(this.#waiting.splice(0, togetherMax))
    this.#isReading = false
  }

  async #answer(askers: readonly Asker[]): Promise<void> {
    try {
      const found = await this.#readAll([...new Set(askers.map(({ id }) => id))])
      for (const { id, done } of askers) done.resolve(found.get(id))
    } catch (error) {
      const [only] = askers
      // What cannot be read of one must not stop the others.
      if (error instanceof Outage || askers.length === 1)
        for (const { done } of askers) done.reject(error)
      else if (only !== undefined) for (const asker of askers) await this.#answer([asker])
    }
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
