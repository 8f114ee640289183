/** Tasks that live together die together (style rule 9). */

export type Task = (signal: AbortSignal) => Promise<void>

/**
 * Runs the tasks side by side. The first to end, well or badly, stops the rest through their signal;
 * all are awaited; the first failure that was not just the stopping itself is thrown.
 */
export async function together(signal: AbortSignal, ...tasks: readonly Task[]): Promise<void> {
  const stop = new AbortController()
  const both = AbortSignal.any([signal, stop.signal])
  const failures: unknown[] = []
  await Promise.all(
    tasks.map(async (task) => {
      try {
        await task(both)
      } catch (failure) {
        if (!both.aborted || !isStop(failure, both)) failures.push(failure)
      } finally {
        stop.abort(new Stopped())
      }
    }),
  )
  if (failures.length > 0) throw failures[0]
}

/** The reason that a task sees when a task beside it ended first. */
export class Stopped extends Error {
  override readonly name = "Stopped"
  constructor() {
    super("a task beside this one ended")
  }
}

/** True for the error that an aborted wait throws: the signal's own reason, or Node's AbortError. */
export function isStop(failure: unknown, signal: AbortSignal): boolean {
  if (!signal.aborted) return false
  if (failure === signal.reason) return true
  return failure instanceof Error && (failure.name === "AbortError" || failure.name === "Stopped")
}

/**
 * Runs `task` again and again until `signal`: after it ended or failed, `pause` says how long to wait.
 * `failed` hears each failure; nothing is swallowed.
 */
export async function forever(
  signal: AbortSignal,
  task: Task,
  failed: (failure: unknown, attempt: number) => void,
  pause: (attempt: number, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    try {
      await task(signal)
      attempt = -1
    } catch (failure) {
      if (isStop(failure, signal)) return
      failed(failure, attempt)
    }
    try {
      await pause(Math.max(0, attempt), signal)
    } catch (failure) {
      if (isStop(failure, signal)) return
      throw failure
    }
  }
}
