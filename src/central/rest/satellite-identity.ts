/** Who a satellite is: token, revocation, replacement, end. */
import type { Caller } from "../auth/access.ts"
import {
  decommissionSatellite,
  replaceSatellite,
  revokeSatellite,
  rotateToken,
} from "../intent/satellite-identity.ts"
import { done, notFound, type Outcome } from "../refusal.ts"
import { findSatellite } from "../store/satellite.ts"
import type { Handlers, Services } from "./handler.ts"

type Names =
  | "rotateSatelliteToken"
  | "revokeSatellite"
  | "replaceSatellite"
  | "decommissionSatellite"

export function satelliteIdentityHandlers({ database }: Services): Pick<Handlers, Names> {
  const answer = async (outcome: Outcome<string>, { scope }: Caller) => {
    if (outcome.kind === "refused") return outcome
    const satellite = await findSatellite(database.sql, scope, outcome.value)
    return satellite === undefined ? notFound("satellite") : done(satellite)
  }
  return {
    rotateSatelliteToken: async ({ params }, { caller }) =>
      answer(await rotateToken(database, params.id, caller), caller),
    revokeSatellite: async ({ params, body }, { caller }) =>
      answer(await revokeSatellite(database, params.id, body, caller), caller),
    replaceSatellite: async ({ params, body }, { caller }) =>
      answer(await replaceSatellite(database, params.id, body, caller), caller),
    decommissionSatellite: async ({ params, body }, { caller }) =>
      decommissionSatellite(database, params.id, body, caller),
  }
}
