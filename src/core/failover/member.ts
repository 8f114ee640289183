/** A member of the cluster as it describes itself to its peers (`peer.proto`, MemberStatus). */
import type { PodName, SystemIdentifier, Term, Timeline } from "#core/ids.ts"
import type { Lsn } from "#core/lsn.ts"
import type { Millis } from "#core/units.ts"

export type MemberData = "empty" | "present" | "damaged"
export type MemberServer = "down" | "starting" | "standby" | "primary"

export type MemberStatus = {
  readonly pod: PodName
  readonly uid: string
  /** Where its sidecar and its server can be reached. */
  readonly address: string
  /** Highest term that it has seen. */
  readonly term: Term
  readonly systemIdentifier: SystemIdentifier | undefined
  readonly data: MemberData
  readonly server: MemberServer
  /** 0 where nothing is known. */
  readonly timeline: Timeline
  /** End of the WAL that is safely on its disk. */
  readonly receivedLsn: Lsn
  readonly replayedLsn: Lsn
  readonly streamsFrom: PodName | undefined
  readonly synchronous: boolean
  /** Higher is preferred among equals. */
  readonly priority: number
  readonly eligible: boolean
  /** Why it is not eligible, or empty. */
  readonly reason: string
  /** Since its WAL receiver last heard from the primary. */
  readonly receiverSilence: Millis | undefined
}
