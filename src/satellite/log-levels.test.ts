import assert from "node:assert/strict"
import { test } from "node:test"
import { clusterId } from "#core/ids.ts"
import { systemClock } from "#io/clock.ts"
import { type LogLevel, silentLog } from "#io/log.ts"
import { LogLevels } from "./log-levels.ts"

const cluster = clusterId("1c6f3ab5-2b8d-4d37-8d3c-7f1b1b7b0001")

/** Levels on a clock whose alarms ring when the test says so. */
function started() {
  const said: string[] = []
  const alarms = new Set<() => void>()
  const levels = new LogLevels({
    log: { ...silentLog, setLevel: (level: LogLevel) => void said.push(`satellite ${level}`) },
    own: "warn",
    clock: {
      ...systemClock,
      alarm: (_, ring) => {
        alarms.add(ring)
        return () => void alarms.delete(ring)
      },
    },
    tellSidecars: (_, level) => void said.push(`sidecars ${level}`),
  })
  const ring = (): void => {
    for (const alarm of alarms) {
      alarms.delete(alarm)
      alarm()
    }
  }
  return { levels, said, ring, alarms }
}

test("a level ends by itself, and what a newer order set is not ended by an older one", () => {
  const { levels, said, ring, alarms } = started()
  levels.set({ level: "debug", seconds: 60, clusterId: undefined })
  levels.set({ level: "error", seconds: 60, clusterId: undefined })
  assert.equal(alarms.size, 1)
  ring()
  assert.deepEqual(said, ["satellite debug", "satellite error", "satellite warn"])
})

test("sidecars that connect later are told the same, until it ends or is taken back", () => {
  const { levels, said, ring } = started()
  assert.equal(levels.ofSidecars(cluster), "info")
  levels.set({ level: "debug", seconds: 60, clusterId: cluster })
  assert.equal(levels.ofSidecars(cluster), "debug")
  ring()
  assert.equal(levels.ofSidecars(cluster), "info")
  levels.set({ level: "debug", seconds: 60, clusterId: cluster })
  levels.set({ level: undefined, seconds: 0, clusterId: cluster })
  ring()
  assert.deepEqual(said, ["sidecars debug", "sidecars info", "sidecars debug", "sidecars info"])
})
