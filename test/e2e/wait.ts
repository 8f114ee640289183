/** Waiting in tests: for a fact, with a bound, and with what was last seen in the failure. */
import assert from "node:assert/strict"
import { setTimeout as sleep } from "node:timers/promises"
import { firstPause, nextPause } from "../fixtures/asking.ts"

/** Resolves with what `look` finds; tells what `seen` shows when it does not find it in time. */
export async function until<T>(
  what: string,
  withinMs: number,
  look: () => Promise<T | undefined>,
  seen: () => Promise<unknown> = look,
): Promise<T> {
  const end = performance.now() + withinMs
  let failure = ""
  for (let pause = firstPause; ; pause = nextPause(pause)) {
    try {
      const found = await look()
      if (found !== undefined) return found
      failure = ""
    } catch (error) {
      failure = error instanceof Error ? `; ${error.message}` : ""
    }
    if (performance.now() > end) {
      const last = JSON.stringify(await seen().catch(String))
      assert.fail(`not within ${withinMs / 1000} s: ${what}; last seen ${last}${failure}`)
    }
    await sleep(pause)
  }
}
