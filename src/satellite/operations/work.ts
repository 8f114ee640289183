/** What every operation of a site is to those who keep it going. */
import type { CommandOutcome, HandOverProgress } from "#core/cluster/sidecar.ts"
import type { PodName, Term } from "#core/ids.ts"
import type { OperationOrder, OperationReport } from "#core/switchover/operation.ts"

export interface Work {
  readonly report: OperationReport
  /** Runs to its end. A signal leaves it as it is: it goes on when the satellite returns. */
  run(signal: AbortSignal): Promise<void>
  /** It is wanted no more: undone where that is possible. */
  cancel(): void
  /** Something about its cluster may have changed. */
  wake(): void
  /** What the sidecar of a member says of a hand-over. */
  heard(pod: PodName, progress: HandOverProgress): void
}

export type KeptOperation = {
  readonly order: OperationOrder
  /** The member that is asked: who was primary when it began, or the one to be promoted. */
  readonly from: PodName
  /** The term in which it was decided. */
  readonly term: Term
  readonly report: OperationReport
}

/** A satellite that restarts goes on above all that it said before. */
export const revisionsPerRun = 1000

/** The sidecar said no. Where nothing was heard, it may have begun all the same. */
export const isRefusal = (answer: CommandOutcome): boolean =>
  answer.kind === "failed" && answer.code !== "NO_ANSWER" && answer.code !== "STREAM_ENDED"
