/** The sandbox's thread: tries a set of rules on a log with the sidecar's own engine, answers once, and ends. */
import { parentPort, workerData } from "node:worker_threads"
import { assert } from "#core/assert.ts"
import { type Ports, replay } from "#core/recovery/replay.ts"
import { compilePattern, patternProblems } from "#io/pattern.ts"
import type { SandboxAnswer, SandboxTask } from "./task.ts"

const ports: Ports = {
  compile: compilePattern,
  timeAt: (iso) => {
    const time = Date.parse(iso)
    return Number.isNaN(time) ? undefined : time
  },
}

function answer({ set, log, reader }: SandboxTask): SandboxAnswer {
  const problems = patternProblems(set)
  return problems.length > 0
    ? { kind: "bad", problems }
    : { kind: "replayed", replay: replay(set, log, reader, ports) }
}

assert(parentPort !== null, "the sandbox runs in a thread of its own")
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- sandbox.ts, which starts this thread, sends nothing else
parentPort.postMessage(answer(workerData as SandboxTask))
