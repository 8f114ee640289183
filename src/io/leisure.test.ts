import assert from "node:assert/strict"
import { test } from "node:test"
import { type Millis, millis } from "#core/units.ts"
import { Ticks } from "./leisure.ts"

/** A clock whose alarms ring when the test says so. */
function started() {
  const alarms: (() => void)[] = []
  const ticks = new Ticks(
    {
      alarm: (_: Millis, ring) => {
        alarms.push(ring)
        return () => assert.fail("nobody takes an alarm back")
      },
    },
    millis(500),
  )
  const tick = async (): Promise<void> => {
    for (const ring of alarms.splice(0)) ring()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { ticks, alarms, tick }
}

test("many sleepers share one alarm, and each wakes with the tick that is nearest to its end", async () => {
  const { ticks, alarms, tick } = started()
  const { signal } = new AbortController()
  const woken: string[] = []
  const sleep = (name: string, duration: number): void =>
    void ticks.sleep(millis(duration), signal).then(() => woken.push(name))
  sleep("short", 20)
  sleep("half", 500)
  sleep("second", 1000)
  assert.equal(alarms.length, 1)
  await tick()
  assert.deepEqual(woken.splice(0), ["short", "half"])
  assert.equal(alarms.length, 1)
  await tick()
  assert.deepEqual(woken, ["second"])
  assert.equal(alarms.length, 0, "nobody sleeps: nothing wakes")
})

test("who is woken and sleeps again counts from that tick", async () => {
  const { ticks, alarms, tick } = started()
  const { signal } = new AbortController()
  let rounds = 0
  const again = async (): Promise<void> => {
    for (;;) {
      await ticks.sleep(millis(500), signal)
      rounds += 1
    }
  }
  void again()
  void again()
  for (let count = 1; count <= 3; count += 1) {
    await tick()
    assert.equal(rounds, 2 * count)
    assert.equal(alarms.length, 1)
  }
})

test("a sleep ends with its signal, and one whose signal is over does not begin", async () => {
  const { ticks, tick } = started()
  const end = new AbortController()
  const slept = assert.rejects(ticks.sleep(millis(1000), end.signal), { message: "enough" })
  end.abort(new Error("enough"))
  await slept
  await assert.rejects(ticks.sleep(millis(1), end.signal), { message: "enough" })
  await tick()
})
