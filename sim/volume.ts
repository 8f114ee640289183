/** The data volume of a member: its data directory, the one before, and the marks beside it. */
import type { SystemIdentifier, Term } from "#core/ids.ts"
import { term } from "#core/ids.ts"
import type { MemberSets } from "#core/failover/member-sets.ts"
import type { Vote } from "#core/failover/pledge.ts"
import type { DataDirectory } from "#io/postgres/data-directory.ts"
import { Outage } from "#io/outage.ts"
import type { Marks } from "../src/failover/marks.ts"
import type { Volume } from "../src/failover/volume.ts"
import type { Dice } from "./dice.ts"
import type { Process } from "./process.ts"
import { copyOf, type PgData } from "./wal.ts"

export class Disk {
  data: PgData | undefined
  old: PgData | undefined
  damaged: string | undefined
  unconfirmed: SystemIdentifier | undefined
  term: Term = term(0)
  served: Term | undefined
  vote: Vote | undefined
  memberSets: MemberSets = []
  peers: ReadonlyMap<string, string> = new Map()
  // Faults.
  full = false
  slow = 0
  /** A server that starts takes so long, at least, to read WAL that it has not read yet. */
  replay = 0

  get marks(): Marks {
    return { term: this.term, served: this.served, vote: this.vote, memberSets: this.memberSets }
  }

  /** Everything as it is now, for a volume that is brought back later. */
  copy(): Disk {
    const made = new Disk()
    made.data = this.data === undefined ? undefined : copyOf(this.data)
    made.damaged = this.damaged
    made.unconfirmed = this.unconfirmed
    made.term = this.term
    made.served = this.served
    made.vote = this.vote
    made.memberSets = this.memberSets
    made.peers = this.peers
    return made
  }
}

/** The volume as the sidecar process reads and marks it; a write that a crash overtakes did not happen. */
export function volumeOf(disk: () => Disk, process: Process, dice: Dice): Volume {
  const write = (change: (on: Disk) => void): Promise<void> => {
    const on = disk()
    return new Promise((resolve, reject) => {
      process.after(dice.between(1, 8) + (on.slow > 0 ? dice.between(0, on.slow) : 0), () => {
        if (on.full) return reject(new Outage("VOLUME_UNWRITABLE", "no space left on device"))
        change(on)
        resolve()
      })
    })
  }
  return {
    skipTimelines: (_, next) =>
      write(({ data }) => {
        if (data !== undefined) data.topTli = Math.max(data.topTli, next - 1)
      }),
    look: () =>
      new Promise((resolve) => {
        process.after(dice.between(1, 10), () => {
          const { unconfirmed, old } = disk()
          resolve({ unconfirmed, keepsOld: old !== undefined, data: directory(disk()) })
        })
      }),
    writeTerm: (seen) =>
      write((on) => {
        if (seen > on.term) on.term = seen
      }),
    writeServed: (served) =>
      write((on) => {
        on.served = served
      }),
    writeVote: (vote) =>
      write((on) => {
        on.vote = vote
      }),
    writeMemberSets: (sets) =>
      write((on) => {
        on.memberSets = sets
      }),
    confirmBootstrap: () =>
      write((on) => {
        on.unconfirmed = undefined
      }),
    lostWal: () => Promise.resolve(undefined),
    toldLostWal: () => Promise.resolve(),
    readPeers: () => Promise.resolve(disk().peers),
    writePeers: (peers) =>
      write((on) => {
        on.peers = peers
      }),
  }
}

function directory({ data, damaged }: Disk): DataDirectory {
  if (data === undefined) return { kind: "empty" }
  if (damaged !== undefined) return { kind: "damaged", reason: damaged }
  return {
    kind: "present",
    major: 17,
    isBackup: data.isBackup,
    control: {
      systemIdentifier: data.system,
      state: data.state,
      timeline: data.checkpointTli,
      checkpoint: data.checkpoint,
      minRecoveryEnd: data.minRecoveryEnd,
      minRecoveryTimeline: data.minRecoveryTli,
      standbyNeeds: new Map(),
    },
  }
}
