/**
 * Watches over the promises of PROTOCOL.md while a world runs. It knows what no member can know: every
 * acknowledged commit, who was given which term, whose data is whose.
 */
import type { PodName, SystemIdentifier, Term } from "#core/ids.ts"
import type { Branch, Commit } from "./wal.ts"
import { hasCommit, reachOn } from "./wal.ts"

/** The history of `branch` has as high a timeline number as the commit's, and never was on that timeline. */
function unaware(branch: Branch, commit: Commit): boolean {
  if (reachOn(commit.branch, branch, branch.forkAt) !== undefined) return false
  return branch.parent !== undefined && branch.parent.tli >= commit.branch.tli
}

/** Commits that an older one on the same branch implies are forgotten: a later one has it too. */
const keptMax = 4000

export type Loss = {
  readonly term: Term
  readonly by: PodName
  readonly commits: number
  readonly first: string
  /** A known limit of PROTOCOL.md: between record and setting, by who knew nothing of a promotion, or after who never served. */
  readonly between: boolean
}

export class Checker {
  readonly problems: string[] = []
  acknowledged = 0
  lastAckAt = -Infinity
  #lastAck: Commit | undefined
  #ackTerm = 0
  #acker: PodName | undefined
  #commits: Commit[] = []
  #system: SystemIdentifier | undefined
  readonly losses: Loss[] = []
  /** Terms whose promotion was told to lose nothing, or to perhaps lose something. */
  readonly told = new Map<number, boolean>()
  /** A volume was rolled back or somebody wrote the Lease by hand: what that loses is nobody's promise. */
  excusesLoss = false
  /** A known limit of PROTOCOL.md: a Lease that was deleted forgets timelines that were opened unseen. */
  excusesTwins = false
  /** Times that a server would have streamed from another on two timelines of one number. */
  twins = 0

  broken(problem: string): void {
    if (this.problems.length < 20) this.problems.push(problem)
  }

  /** S1 by order of terms, and the identity of the data. `excused`: on waking, see PROTOCOL.md, known limits. */
  acknowledge(commit: Commit, now: number, excused: boolean): void {
    const { term, by } = commit
    if (term < this.#ackTerm) {
      if (!excused)
        this.broken(
          `S1: ${by} acknowledges in term ${term} at ${now.toFixed(0)} after ${this.#acker ?? "?"} did in term ${this.#ackTerm}`,
        )
      return
    }
    if (term === this.#ackTerm && this.#acker !== undefined && by !== this.#acker)
      this.broken(`S1: ${by} and ${this.#acker} acknowledge in term ${term}`)
    this.#ackTerm = term
    this.#acker = by
    this.acknowledged += 1
    this.lastAckAt = now
    this.#lastAck = commit
    this.#system ??= commit.branch.system
    if (this.#system !== commit.branch.system)
      this.broken(`S4: ${by} serves system ${commit.branch.system}, the cluster is ${this.#system}`)
    const last = this.#commits.at(-1)
    if (last?.branch === commit.branch && last.lsn <= commit.lsn) this.#commits.pop()
    this.#commits.push(commit)
    if (this.#commits.length > keptMax) this.#commits.shift()
  }

  /** Whether somebody was given this term. */
  isGranted = (_term: number): boolean => false

  /** Whoever held a term in between and never served took the knowledge of the loss along: a known limit. */
  #wasHeldBetween(commit: Commit, term: Term): boolean {
    for (let between = commit.term + 1; between < term; between += 1)
      if (this.isGranted(between)) return true
    return false
  }

  get ackTerm(): number {
    return this.#ackTerm
  }
  get lastAck(): Commit | undefined {
    return this.#lastAck
  }
  get hasServed(): boolean {
    return this.#system !== undefined
  }

  /** A server becomes writable with the history of `branch` up to `end`: what was acknowledged must be there (S2). */
  opens(by: PodName, term: Term, branch: Branch, end: bigint, quorum: boolean): void {
    // Another leads already: should this one acknowledge anything, S1 is broken, and nothing else.
    if (term < this.#ackTerm) return
    const lost = this.#commits.filter((commit) => !hasCommit(branch, end, commit))
    if (lost.length === 0) return
    // What is lost is lost once.
    this.#commits = this.#commits.filter((commit) => !lost.includes(commit))
    if (this.excusesLoss) return
    const [first] = lost
    if (quorum) {
      this.broken(
        `S2: ${by} opens term ${term} at ${end} of timeline ${branch.tli} without ${lost.length} acknowledged commits (${first?.lsn ?? 0n} of term ${first?.term ?? 0} by ${first?.by ?? "?"})`,
      )
    }
    const which = `${first?.lsn ?? 0n} of timeline ${first?.branch.tli ?? 0}, acknowledged in term ${first?.term ?? 0} by ${first?.by ?? "?"}`
    const between = lost.every(
      (commit) =>
        commit.between?.() === true ||
        unaware(branch, commit) ||
        this.#wasHeldBetween(commit, term),
    )
    this.losses.push({ term, by, commits: lost.length, first: which, between })
  }
}
