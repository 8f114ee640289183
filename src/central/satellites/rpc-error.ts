/** What a caller of gRPC hears when it does not get what it asked for. */
import { Code, ConnectError } from "@connectrpc/connect"
import type { Problem } from "#core/parsed.ts"
import type { Log } from "#io/log.ts"
import { Outage } from "#io/outage.ts"

export const badMessage = (problems: readonly Problem[]): ConnectError =>
  new ConnectError(
    problems
      .slice(0, 20)
      .map(({ field, problem }) => `${field}: ${problem}`)
      .join("; "),
    Code.InvalidArgument,
  )

/** Said to who shows a token that a person made void; the satellite knows by the code that it is final. */
export const revoked = (why = "revoked"): ConnectError =>
  new ConnectError(
    `this identity was ${why}. Clusters run on; the satellite must be let in anew`,
    Code.PermissionDenied,
  )

/** Runs one call: refusals pass, an outage says "try again", a bug says nothing of itself to the caller. */
export async function answering<T>(log: Log, call: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw told(log, call, error)
  }
}

export function told(log: Log, call: string, error: unknown): ConnectError {
  if (error instanceof ConnectError) return error
  if (error instanceof Outage) {
    log.warn("grpc.unavailable", { call, why: error.message })
    return new ConnectError("central cannot answer at the moment; try again", Code.Unavailable)
  }
  log.error("grpc.failed", { call, error })
  return new ConnectError("central failed; its log says why", Code.Internal)
}
