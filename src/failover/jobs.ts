/** Waits for jobs and commands of the supervisor to end: initdb, clone, rewind, commands of recovery rules. */
import { Outage } from "#io/outage.ts"
import type { SupervisorReport } from "#io/supervisor/supervisor.ts"

type Ended = SupervisorReport & { readonly kind: "job-ended" | "command-ended" }

export class Jobs {
  readonly #waiting = new Map<
    string,
    { readonly ended: (report: Ended) => void; readonly lost: (why: Outage) => void }
  >()

  ended(report: Ended): void {
    this.#waiting.get(report.job)?.ended(report)
  }

  /** The supervisor that ran them is gone, and they with it. */
  lost(): void {
    for (const { lost } of this.#waiting.values())
      lost(new Outage("JOB_LOST", "the container was restarted while the job ran"))
  }

  /** Begins a job with `start` and resolves when it ended well; throws its output when it did not. */
  async run(
    job: string,
    name: string,
    start: () => Promise<void>,
    signal: AbortSignal,
  ): Promise<string> {
    const { exitCode, output } = await this.end(job, start, signal)
    if (exitCode !== 0)
      throw new Outage("JOB_FAILED", `${name} ended with ${exitCode}: ${output.trim().slice(-600)}`)
    return output
  }

  /** Begins a job with `start` and resolves when it ended, well or not. */
  async end(job: string, start: () => Promise<void>, signal: AbortSignal): Promise<Ended> {
    const { promise, resolve, reject } = Promise.withResolvers<Ended>()
    // It may be refused while the order is still on its way, or after everybody left: that is no unhandled error.
    promise.catch(() => undefined)
    const stop = (): void => reject(signal.reason)
    signal.addEventListener("abort", stop, { once: true })
    this.#waiting.set(job, { ended: resolve, lost: reject })
    try {
      await start()
      signal.throwIfAborted()
      return await promise
    } finally {
      this.#waiting.delete(job)
      signal.removeEventListener("abort", stop)
    }
  }
}
