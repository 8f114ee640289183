/** When a satellite was last heard from, as precisely as that is known. */
import type { Satellite } from "#wire/rest/satellites.ts"
import { useLiveState } from "../api/context.ts"
import { connectedWithin } from "../domain/freshness.ts"
import { Age } from "../ui/age.tsx"

/**
 * Central does not push every heartbeat. While the live connection stands, "connected" itself says that
 * the last one is young; without it only the last known moment counts.
 */
export function LastContact({ satellite }: { readonly satellite: Satellite }) {
  const live = useLiveState().kind === "live"
  if (satellite.state === "pending") {
    return (
      <span className="text-ink-2">
        asked <Age at={satellite.registeredAt} />
      </span>
    )
  }
  if (satellite.lastSeenAt === null) return <span className="text-ink-3">never</span>
  const known = live && satellite.state === "connected"
  return <Age at={satellite.lastSeenAt} atMost={known ? connectedWithin : undefined} />
}
