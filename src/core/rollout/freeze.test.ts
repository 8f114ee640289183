import assert from "node:assert/strict"
import { test } from "node:test"
import { type FreezeTime, frozenBy, isFrozen, untilOf } from "#core/rollout/freeze.ts"

/** `at` of a day, whose beginning is given in milliseconds since 1970. */
const on = (day: number, at: string): number => {
  const [hours = 0, minutes = 0, seconds = 0] = at.split(":").map(Number)
  return day + ((hours * 60 + minutes) * 60 + seconds) * 1000
}
const dayMs = 86_400_000
/** Friday the 27th of November 2026, in UTC. */
const friday = 1_795_737_600_000
const saturday = friday + dayMs
const sunday = saturday + dayMs
const monday = sunday + dayMs
const wednesday = monday + 2 * dayMs
/** Wednesday the 1st of July 2026. */
const inSummer = 1_782_864_000_000
const christmasEve = 1_798_070_400_000
const nights = (change: Partial<Extract<FreezeTime, { kind: "weekly" }>> = {}): FreezeTime => ({
  kind: "weekly",
  days: ["fri"],
  from: "22:00",
  until: "06:00",
  timeZone: "UTC",
  ...change,
})

test("a window over midnight begins on its day and ends on the next", () => {
  const frozen = (day: number, at: string): boolean => isFrozen(nights(), on(day, at))
  assert.equal(frozen(friday, "21:59:59"), false)
  assert.equal(frozen(friday, "22:00:00"), true)
  assert.equal(frozen(saturday, "05:59:59"), true)
  assert.equal(frozen(saturday, "06:00:00"), false)
  assert.equal(frozen(friday, "05:00:00"), false, "the morning of its own day is another night")
})

test("a window from a time to the same time is a whole day", () => {
  const day = nights({ days: ["sun"], from: "00:00", until: "00:00" })
  assert.equal(isFrozen(day, on(sunday, "00:00:00")), true)
  assert.equal(isFrozen(day, on(sunday, "23:59:00")), true)
  assert.equal(isFrozen(day, on(monday, "00:00:00")), false)
})

test("its hours are those of its time zone, in summer and in winter", () => {
  const work = nights({ days: ["wed"], from: "08:00", until: "18:00", timeZone: "Europe/Vienna" })
  assert.equal(isFrozen(work, on(inSummer, "06:00:00")), true, "summer: 06:00 UTC is 08:00 there")
  assert.equal(isFrozen(work, on(wednesday, "06:30:00")), false, "winter: it is 07:30 there")
  assert.equal(isFrozen(work, on(wednesday, "07:00:00")), true)
  const eve = nights({ days: ["thu"], from: "00:00", until: "02:00", timeZone: "Asia/Tokyo" })
  assert.equal(isFrozen(eve, on(wednesday, "15:30:00")), true, "it is Thursday in Tokyo already")
})

test("a window that comes once has its first instant and not its last", () => {
  const once: FreezeTime = {
    kind: "once",
    from: on(christmasEve, "12:00:00"),
    until: christmasEve + 3 * dayMs,
  }
  assert.deepEqual(
    [once.from - 1, once.from, once.until - 1, once.until].map((now) => isFrozen(once, now)),
    [false, true, true, false],
  )
  assert.equal(untilOf(once), "until 2026-12-27 00:00 UTC")
})

test("a window holds the satellites that its labels fit, and without labels all", () => {
  const window = { id: "w", name: "nights", selector: { tier: "shop" }, time: nights() }
  const now = on(friday, "23:00:00")
  assert.equal(frozenBy([window], { tier: "shop", site: "x" }, now)?.name, "nights")
  assert.equal(frozenBy([window], { tier: "office" }, now), undefined)
  assert.equal(frozenBy([{ ...window, selector: {} }], {}, now)?.name, "nights")
})
