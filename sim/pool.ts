/** Worlds on several processors: child processes that take plans and give verdicts. */
import { fork } from "node:child_process"
import { type Plan, run, type Verdict } from "./run.ts"

type Asked = { readonly plan: Plan }

const isAsked = (message: unknown): message is Asked =>
  typeof message === "object" && message !== null && "plan" in message

/** A world that does not end is a bug of the simulator or a loop without a pause in the sidecar. */
const longest = 120_000

/** Runs `plans` on `workers` processes and tells each verdict as it comes. */
export async function runAll(
  plans: readonly Plan[],
  workers: number,
  heard: (verdict: Verdict, plan: Plan) => boolean,
): Promise<void> {
  const left = [...plans]
  const worker = async (): Promise<void> => {
    let child = fork(new URL("pool-worker.ts", import.meta.url), { serialization: "advanced" })
    try {
      for (let plan = left.shift(); plan !== undefined; plan = left.shift()) {
        const verdict = await ask(child, plan)
        if (verdict === undefined) {
          child.kill("SIGKILL")
          child = fork(new URL("pool-worker.ts", import.meta.url), { serialization: "advanced" })
        }
        if (!heard(verdict ?? endless(plan), plan)) left.length = 0
      }
    } finally {
      child.kill("SIGKILL")
    }
  }
  await Promise.all(Array.from({ length: Math.max(1, workers) }, worker))
}

function ask(child: ReturnType<typeof fork>, plan: Plan): Promise<Verdict | undefined> {
  return new Promise((resolve) => {
    const over = (verdict: Verdict | undefined): void => {
      clearTimeout(timer)
      child.off("message", heard)
      child.off("exit", ended)
      child.off("error", ended)
      resolve(verdict)
    }
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own worker says nothing else
    const heard = (verdict: unknown): void => over(verdict as Verdict)
    const ended = (): void => over(undefined)
    const timer = setTimeout(ended, longest)
    child.once("message", heard)
    child.once("exit", ended)
    // The channel of a worker closes before its end is told.
    child.once("error", ended)
    child.send({ plan })
  })
}

const endless = (plan: Plan): Verdict => ({
  seed: plan.seed,
  shape: plan,
  problems: ["BUG: the world did not end, or ended its process"],
  simulated: 0,
  happened: 0,
  acknowledged: 0,
  lost: 0,
  counts: [],
  log: [],
})

/** The other end. */
export function serve(): void {
  process.on("message", (message: unknown) => {
    if (!isAsked(message)) return
    void run(message.plan).then((verdict) => process.send?.(verdict))
  })
}
