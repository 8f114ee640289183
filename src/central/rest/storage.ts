/** Storage tiers and their mappings. */
import type { Caller } from "../auth/access.ts"
import type { storageRoutes } from "#wire/rest/storage-routes.ts"
import * as intent from "../intent/storage-tiers.ts"
import { done, notFound, type Outcome } from "../refusal.ts"
import { findSatellite } from "../store/satellite.ts"
import { findStorageTier, listStorageTiers } from "../store/storage-tier.ts"
import { byName, page, readCursor } from "./cursor.ts"
import type { Handlers, Services } from "./handler.ts"

export const storageHandlers = ({
  database,
}: Services): Pick<Handlers, keyof typeof storageRoutes> => {
  const tier = async (outcome: Outcome<string>) => {
    if (outcome.kind === "refused") return outcome
    const found = await findStorageTier(database.sql, outcome.value)
    return found === undefined ? notFound("storage tier") : done(found)
  }
  const satellite = async (outcome: Outcome<string>, { scope }: Caller) => {
    if (outcome.kind === "refused") return outcome
    const found = await findSatellite(database.sql, scope, outcome.value)
    return found === undefined ? notFound("satellite") : done(found)
  }
  return {
    listStorageTiers: async ({ query }) => {
      const at = readCursor(query.cursor, byName)
      if (at.kind === "refused") return at
      const found = await listStorageTiers(database.sql, at.after, query.limit + 1)
      return done(page(found, query.limit, ({ name }) => [name]))
    },
    createStorageTier: async ({ body }, { caller }) =>
      tier(await intent.createStorageTier(database, body, caller)),
    editStorageTier: async ({ params, body }, { caller }) =>
      tier(await intent.editStorageTier(database, params.name, body, caller)),
    deleteStorageTier: async ({ params }, { caller }) =>
      intent.deleteStorageTier(database, params.name, caller),
    mapTiers: async ({ params, body }, { caller }) =>
      satellite(await intent.mapTiers(database, params.id, body, caller), caller),
    refreshStorageClasses: async ({ params }, { caller }) =>
      satellite(await intent.refreshStorageClasses(database, caller.scope, params.id), caller),
  }
}
