import assert from "node:assert/strict"
import { test } from "node:test"
import { LogRing } from "./log-ring.ts"
import { openLog } from "./log.ts"

test("who follows gets the last lines, then each new one until it leaves; secrets are masked in them", () => {
  const ring = new LogRing()
  const log = openLog("test", "info", ring.put)
  log.event("one")
  log.event("two", { token: "s3cret" })
  log.debug("not at this level")
  const seen: string[] = []
  const leave = ring.follow(1, ({ text }) => seen.push(text))
  log.warn("three", { url: "postgres://app:s3cret@db" })
  leave()
  log.event("four")
  assert.deepEqual(
    seen.map((text) => JSON.parse(text).event),
    ["two", "three"],
  )
  assert.doesNotMatch(seen.join(""), /s3cret/)
})

test("the ring is bounded in lines and in characters", () => {
  const count = (ring: LogRing): number => {
    let lines = 0
    ring.follow(10_000, () => (lines += 1))()
    return lines
  }
  const many = new LogRing()
  for (let at = 0; at < 3000; at += 1) many.put("x")
  assert.equal(count(many), 1000)
  const long = new LogRing()
  for (let at = 0; at < 3000; at += 1) long.put("x".repeat(4096))
  assert.equal(count(long), 128)
})
