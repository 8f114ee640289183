import assert from "node:assert/strict"
import { test } from "node:test"
import { systemClock } from "#io/clock.ts"
import { type Next, Queue } from "./queue.ts"

/** A queue whose passes are released one by one by the test. */
function steered(results: readonly (Next | Error)[]) {
  const stop = new AbortController()
  const passes: { readonly key: string; readonly finish: () => void }[] = []
  const failures: unknown[] = []
  let heard = (): void => {}
  let count = 0
  const queue = new Queue<string>({
    clock: systemClock,
    signal: stop.signal,
    failed: (_, failure) => void failures.push(failure),
    work: async (key) => {
      const result = results[count] ?? { kind: "rest" }
      count += 1
      await new Promise<void>((finish) => {
        passes.push({ key, finish })
        heard()
      })
      if (result instanceof Error) throw result
      return result
    },
  })
  const started = async (number: number): Promise<void> => {
    while (passes.length < number) await new Promise<void>((resolve) => (heard = resolve))
  }
  return { queue, stop, passes, failures, started }
}

test("many pokes during a pass make one more pass, not many", async () => {
  const { queue, passes, started } = steered([])
  queue.poke("a")
  await started(1)
  for (let at = 0; at < 20; at += 1) queue.poke("a")
  passes[0]?.finish()
  await started(2)
  passes[1]?.finish()
  await queue.ended()
  assert.equal(passes.length, 2)
})

test("a pass that hangs holds up its own key and no other", async () => {
  const { queue, passes, started, stop } = steered([])
  queue.poke("slow")
  await started(1)
  queue.poke("quick")
  await started(2)
  assert.deepEqual(
    passes.map(({ key }) => key),
    ["slow", "quick"],
  )
  stop.abort()
  for (const { finish } of passes) finish()
  await queue.ended()
})

test("a failed pass is told and repeated without a poke", async () => {
  const { queue, passes, failures, started } = steered([new Error("no"), { kind: "again" }])
  queue.poke("a")
  for (const number of [1, 2, 3]) {
    await started(number)
    passes[number - 1]?.finish()
  }
  await queue.ended()
  assert.equal(failures.length, 1)
})

test("nothing is begun after the end", async () => {
  const { queue, passes, stop } = steered([])
  stop.abort()
  queue.poke("a")
  await queue.ended()
  assert.equal(passes.length, 0)
})
