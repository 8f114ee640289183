/**
 * WAL as the protocol cares for it: branches that promotions make, positions on them, commits. Two branches
 * may carry the same timeline number, as two real ones may that were promoted without knowing of each other.
 */
import type { SystemIdentifier, Term, Timeline } from "#core/ids.ts"
import { timeline } from "#core/ids.ts"
import type { PodName } from "#core/ids.ts"
import { type Lsn, lsn } from "#core/lsn.ts"
import type { Fork, History } from "#core/timeline.ts"

export type Branch = {
  readonly system: SystemIdentifier
  readonly tli: Timeline
  readonly parent: Branch | undefined
  /** Where it left its parent. */
  readonly forkAt: bigint
}

export type Commit = {
  readonly branch: Branch
  readonly lsn: bigint
  readonly term: Term
  readonly by: PodName
  /** It waited for nobody, although the Lease said already, or still, that commits wait. */
  between?: () => boolean
}

/** Where the WAL of a member that is at `end` of `on` leaves `branch`; undefined when it never was on it. */
export function reachOn(branch: Branch, on: Branch, end: bigint): bigint | undefined {
  let reach = end
  for (let at: Branch | undefined = on; at !== undefined; at = at.parent) {
    if (at === branch) return reach
    if (at.forkAt < reach) reach = at.forkAt
  }
  return undefined
}

export const hasCommit = (on: Branch, end: bigint, commit: Commit): boolean => {
  const reach = reachOn(commit.branch, on, end)
  return reach !== undefined && commit.lsn <= reach
}

export function historyOf(branch: Branch): History {
  const forks: Fork[] = []
  for (let at: Branch = branch; at.parent !== undefined; at = at.parent)
    forks.unshift({ from: at.parent.tli, at: lsn(at.forkAt) })
  return { timeline: branch.tli, forks }
}

export const firstBranch = (system: SystemIdentifier): Branch => ({
  system,
  tli: timeline(1),
  parent: undefined,
  forkAt: 0n,
})

/** A data directory. */
export type PgData = {
  system: SystemIdentifier
  branch: Branch
  /** End of the WAL that is on its disk. */
  end: bigint
  /** As `pg_control` says. */
  state: "shut down" | "in production" | "in archive recovery" | "shut down in recovery"
  checkpoint: Lsn
  checkpointTli: Timeline
  minRecoveryEnd: Lsn
  minRecoveryTli: Timeline
  isBackup: boolean
  /** Highest timeline whose history file lies in its WAL folder. */
  topTli: number
  /** Where the WAL begins that it still has: what is older was removed. */
  oldest: bigint
  /** Streamed or was started since it was cloned. */
  streamed: boolean
}

export const copyOf = (data: PgData): PgData => ({ ...data })
