/**
 * Keeps on the volume which member sets of the Lease may be in force, so that the next sidecar knows it too while the
 * API is away. A set is on disk before it is sent; a holder whose volume is slow goes on with the set that is.
 */
import type { PodName } from "#core/ids.ts"
import {
  attempted,
  confirmed,
  hasSet,
  type MemberSets,
  sameSets,
} from "#core/failover/member-sets.ts"
import type { Log } from "#io/log.ts"
import type { Known } from "./known.ts"
import type { Volume } from "./volume.ts"

type Remembering = Pick<Known, "memberSets" | "marks" | "stands">

export class MemberSetMarks {
  readonly #known: Remembering
  readonly #volume: Pick<Volume, "writeMemberSets">
  readonly #log: Log
  /** Writes, one after another. */
  #turn: Promise<unknown> = Promise.resolve()
  #pending = false
  /** What the next renewal should say. */
  #wanted: readonly PodName[] = []

  constructor(ports: {
    readonly known: Remembering
    readonly volume: Pick<Volume, "writeMemberSets">
    readonly log: Log
  }) {
    this.#known = ports.known
    this.#volume = ports.volume
    this.#log = ports.log
  }

  /** What a renewal may say now: `wanted` once it is on disk, before that what is in force already. */
  sendable(wanted: readonly PodName[], inForce: readonly PodName[]): readonly PodName[] {
    const known = this.#known
    this.#wanted = wanted
    if (hasSet(known.marks.memberSets, wanted)) return wanted
    this.#write()
    return inForce
  }

  /** Whoever stands for a term will write this set, and nothing that it sent before counts any more. */
  async stands(members: readonly PodName[]): Promise<void> {
    this.#wanted = []
    this.#known.stands(members)
    await this.#save(() => confirmed(members))
  }

  /** A write was confirmed: the sets before it are history. */
  settled(): void {
    if (!sameSets(this.#sets, this.#known.marks.memberSets)) this.#write()
  }

  /** What may be in force, and what is about to be sent. */
  get #sets(): MemberSets {
    return attempted(this.#known.memberSets, this.#wanted)
  }

  #write(): void {
    if (this.#pending) return
    this.#pending = true
    this.#save(() => this.#sets)
      .catch((failure: unknown) => this.#log.warn("members.unsaved", { why: failure }))
      .finally(() => {
        this.#pending = false
      })
  }

  #save(sets: () => MemberSets): Promise<void> {
    const write = async (): Promise<void> => {
      const known = this.#known
      const next = sets()
      if (sameSets(next, known.marks.memberSets)) return
      await this.#volume.writeMemberSets(next)
      known.marks = { ...known.marks, memberSets: next }
    }
    const mine = this.#turn.then(write, write)
    this.#turn = mine.catch(() => undefined)
    return mine
  }
}
