/** A machine of the simulated world does what one of the real world can do, and nothing else. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { Agenda } from "./agenda.ts"
import { Dice } from "./dice.ts"
import { Machine, Process } from "./process.ts"

async function until(agenda: Agenda, time: number): Promise<void> {
  agenda.quietly(time - agenda.now, () => {})
  while (agenda.now < time) await agenda.step()
}

test("a machine is paused until the last of its pauses ends, and its clock stands while one says so", async () => {
  const agenda = new Agenda()
  const machine = new Machine(agenda, new Dice(1))
  const process = new Process(machine)
  const began = machine.now()
  const long = machine.pause(true)
  await until(agenda, 1000)
  const short = machine.pause(false)
  await until(agenda, 2000)
  long()
  assert.ok(machine.paused)
  assert.equal(machine.stood, 2000)
  assert.equal(machine.now(), began)
  await until(agenda, 5000)
  short()
  assert.ok(process.awake)
  assert.equal(machine.stood, 2000)
  assert.ok(Math.abs(machine.now() - began - 3000 * machine.rate) <= 10)
})

test("a pause that was ended from outside does not end a later one", () => {
  const machine = new Machine(new Agenda(), new Dice(1))
  const end = machine.pause(true)
  machine.wake()
  machine.pause(false)
  end()
  assert.ok(machine.paused)
})

test("no clock runs backwards, however pauses overlap", async () => {
  const agenda = new Agenda()
  const dice = new Dice(44)
  const machine = new Machine(agenda, dice)
  let last = machine.now()
  for (let turn = 0; turn < 2000; turn += 1) {
    if (dice.chance(0.05)) agenda.after(dice.between(1, 3000), machine.pause(dice.chance(0.5)))
    await until(agenda, agenda.now + dice.between(1, 100))
    const now = machine.now()
    assert.ok(now >= last, `${now} after ${last}`)
    last = now
  }
})
