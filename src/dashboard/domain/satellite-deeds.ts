/** What can be done about who a satellite is, as it stands. */
import type { Satellite } from "#wire/rest/satellites.ts"

export const satelliteDeeds = ["rotate", "revoke", "replace", "decommission"] as const
export type SatelliteDeed = (typeof satelliteDeeds)[number]

export function deedsOf({ state, approvedAt, identity }: Satellite): readonly SatelliteDeed[] {
  if (approvedAt === null) return ["decommission"]
  const isRevoked = identity.revokedAt !== null
  const isHeard = state === "connected" || state === "late"
  return satelliteDeeds.filter((deed) => {
    switch (deed) {
      case "rotate":
        return !isRevoked && identity.rotationAskedAt === null
      case "revoke":
        return !isRevoked
      case "replace":
        return !isHeard
      case "decommission":
        return true
    }
  })
}

/** One sentence about an identity that is not simply good; undefined for one that is. */
export function identityTrouble({ identity }: Satellite): string | undefined {
  if (identity.revokedAt !== null)
    return `Its identity was ${identity.revokedWhy ?? "revoked"}. Its clusters run on by themselves; ${
      identity.asks
        ? "it asks to be let in anew."
        : "nothing reaches it and nothing is heard until it is let in anew."
    }`
  if (identity.rotationAskedAt !== null)
    return "It gets a new token when it is next connected; until it has used that one, the present one is good."
  return undefined
}
