/** This member in the words that it uses towards its peers. */
import { term, timeline, type Timeline } from "#core/ids.ts"
import { type Lsn, lsn } from "#core/lsn.ts"
import { millis } from "#core/units.ts"
import type { Holder } from "#core/failover/holder.ts"
import type { MemberStatus } from "#core/failover/member.ts"
import type { Observation } from "#core/failover/observation.ts"
import { diskReason } from "#core/failover/disk.ts"
import { priorityOf } from "#core/failover/candidates.ts"
import { knownIdentifier } from "#core/failover/standing.ts"

type Place = Pick<
  MemberStatus,
  "data" | "server" | "timeline" | "receivedLsn" | "replayedLsn" | "receiverSilence"
>

const nowhere = { timeline: timeline(0), receivedLsn: lsn(0n), replayedLsn: lsn(0n) } as const

export function describe(seen: Observation, self: Holder, address: string): MemberStatus {
  const place = placeOf(seen)
  const reason = unfit(seen, self, place)
  return {
    pod: self.pod,
    uid: self.uid,
    address,
    term: seen.term > 0 ? seen.term : term(0),
    systemIdentifier: seen.systemIdentifier,
    streamsFrom:
      seen.server.kind === "standby" && seen.server.receiver === "streaming"
        ? seen.follows?.pod
        : undefined,
    synchronous: seen.lease.kind === "read" && seen.lease.lease.syncSet.includes(self.pod),
    priority: priorityOf(seen.settings, self.pod),
    eligible: reason === "",
    reason,
    ...place,
  }
}

function placeOf({ server, data }: Observation): Place {
  const at = (where: Pick<Place, "data" | "server">, on: Timeline, end: Lsn): Place => ({
    ...where,
    timeline: on,
    receivedLsn: end,
    replayedLsn: end,
    receiverSilence: undefined,
  })
  switch (server.kind) {
    case "standby":
      return {
        data: "present",
        // Until it has read all of its WAL nobody knows where that ends: no position to vote with.
        server: server.readAll ? "standby" : "starting",
        timeline: server.timeline,
        receivedLsn: server.receivedLsn,
        replayedLsn: server.replayedLsn,
        receiverSilence:
          server.receiverSilence === undefined ? undefined : millis(server.receiverSilence),
      }
    case "primary":
      return at({ data: "present", server: "primary" }, server.timeline, server.writtenLsn)
    case "starting":
    case "silent":
    case "stopping":
      return { ...nowhere, data: "present", server: "starting", receiverSilence: undefined }
    case "job":
      return { ...nowhere, data: "damaged", server: "down", receiverSilence: undefined }
    case "lost":
    case "down":
      return data.kind === "present" && !data.unconfirmed
        ? at({ data: "present", server: "down" }, data.timeline, data.lsn)
        : {
            ...nowhere,
            // An initialisation that nobody recorded is as good as none.
            data: data.kind === "empty" || data.kind === "present" ? "empty" : "damaged",
            server: "down",
            receiverSilence: undefined,
          }
  }
}

/** Why this member must not become primary; empty when it may. */
function unfit(seen: Observation, self: Holder, place: Place): string {
  const known = knownIdentifier(seen)
  if (seen.handOver?.leaving === true) return "its pod is being stopped"
  const foreign =
    known !== undefined && seen.systemIdentifier !== undefined && known !== seen.systemIdentifier
  if (place.data === "present" && foreign)
    return `its data is of another cluster (${seen.systemIdentifier}, not ${known})`
  if (place.data === "empty") return "it has no data"
  if (place.data === "damaged") return "its data is not whole"
  if (place.server === "down") return "its server is down"
  if (seen.server.kind === "standby" && !seen.server.readAll)
    return "it has not read all WAL on its disk yet"
  if (place.server === "starting") return "its server does not answer yet"
  if (place.server === "standby" && priorityOf(seen.settings, self.pod) === 0)
    return "its priority is 0: it is never a candidate"
  if (seen.disk.kind !== "well") return diskReason(seen.disk)
  return ""
}
