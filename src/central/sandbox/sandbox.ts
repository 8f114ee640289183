/**
 * Tries a set of recovery rules on a log that somebody pasted. Patterns are people's and the log is anybody's:
 * the engine takes time in proportion to both, which can still be minutes, so it runs in a thread of its own
 * that is ended when its time is over. Nothing else of central waits for it.
 */
import { Worker } from "node:worker_threads"
import { type Millis, seconds } from "#core/units.ts"
import type { SandboxAnswer, SandboxTask } from "./task.ts"

export type SandboxOutcome =
  | SandboxAnswer
  /** Ended before it was done: it needed more than it may have. */
  | { readonly kind: "too-much"; readonly of: "time" | "memory" }
  /** Others are at it. */
  | { readonly kind: "busy" }

export const sandboxWithin = seconds(5)
/** Threads at once: central has other things to do. */
const atOnceMax = 2
const memoryMax = 256

let running = 0

export async function runInSandbox(
  task: SandboxTask,
  within: Millis = sandboxWithin,
): Promise<SandboxOutcome> {
  if (running >= atOnceMax) return { kind: "busy" }
  running += 1
  try {
    return await inThread(task, within)
  } finally {
    running -= 1
  }
}

async function inThread(task: SandboxTask, within: Millis): Promise<SandboxOutcome> {
  // Beside this file in the sources, beside the bundle where it was bundled (scripts/build.ts).
  const name = import.meta.url.endsWith(".ts") ? "worker.ts" : "log-sandbox.js"
  const worker = new Worker(new URL(name, import.meta.url), {
    workerData: task,
    resourceLimits: { maxOldGenerationSizeMb: memoryMax },
  })
  const { promise, resolve, reject } = Promise.withResolvers<SandboxOutcome>()
  const timer = setTimeout(() => resolve({ kind: "too-much", of: "time" }), within)
  worker.once("message", (answer: SandboxAnswer) => resolve(answer))
  worker.once("error", (error) => {
    if ("code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY")
      resolve({ kind: "too-much", of: "memory" })
    else reject(error)
  })
  worker.once("exit", () => reject(new Error("the sandbox's thread ended without an answer")))
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    await worker.terminate()
  }
}
