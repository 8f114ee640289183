/** The member's data volume as its sidecar reads and marks it; every write is on disk when it resolves. */
import type { SystemIdentifier, Term, Timeline } from "#core/ids.ts"
import type { MemberSets } from "#core/failover/member-sets.ts"
import type { Vote } from "#core/failover/pledge.ts"
import {
  confirmBootstrap,
  type DataDirectory,
  keepsOldData,
  lookAtData,
  readMark,
  renameMark,
  readPeers,
  unconfirmedBootstrap,
  writeHighestTerm,
  writePeers,
} from "#io/postgres/data-directory.ts"
import { skipTimelines } from "#io/postgres/timelines.ts"
import { writeMemberSets, writeServed, writeVote } from "./marks.ts"

export type Volume = {
  readonly look: () => Promise<{
    readonly data: DataDirectory
    /** System identifier of an initialisation that nobody recorded yet. */
    readonly unconfirmed: SystemIdentifier | undefined
    readonly keepsOld: boolean
  }>
  readonly writeTerm: (seen: Term) => Promise<void>
  readonly writeServed: (served: Term) => Promise<void>
  readonly writeVote: (vote: Vote) => Promise<void>
  readonly writeMemberSets: (sets: MemberSets) => Promise<void>
  /** Timelines above `own` and below `next` are somebody else's: the next promotion here opens `next`. */
  readonly skipTimelines: (own: Timeline, next: Timeline) => Promise<void>
  readonly confirmBootstrap: () => Promise<void>
  /** The supervisor's note of WAL that was discarded, and that it was told. */
  readonly lostWal: () => Promise<string | undefined>
  readonly toldLostWal: () => Promise<void>
  readonly readPeers: () => Promise<ReadonlyMap<string, string>>
  readonly writePeers: (peers: ReadonlyMap<string, string>) => Promise<void>
}

const lostWalNote = "wal-lost"

export const openVolume = (dataDir: string): Volume => ({
  look: async () => ({
    unconfirmed: await unconfirmedBootstrap(dataDir),
    keepsOld: await keepsOldData(dataDir),
    data: await lookAtData(dataDir),
  }),
  writeTerm: (seen) => writeHighestTerm(dataDir, seen),
  writeServed: (served) => writeServed(dataDir, served),
  writeVote: (vote) => writeVote(dataDir, vote),
  writeMemberSets: (sets) => writeMemberSets(dataDir, sets),
  skipTimelines: (own, next) => skipTimelines(dataDir, own, next),
  confirmBootstrap: () => confirmBootstrap(dataDir),
  lostWal: () => readMark(dataDir, lostWalNote),
  toldLostWal: () => renameMark(dataDir, lostWalNote, `${lostWalNote}-told`),
  readPeers: () => readPeers(dataDir),
  writePeers: (peers) => writePeers(dataDir, peers),
})
