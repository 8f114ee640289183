import assert from "node:assert/strict"
import { test } from "node:test"
import {
  type LiveEvent,
  type LiveState,
  isDead,
  next,
  offlineAfter,
  pulsePatience,
} from "./live-state.ts"

const start = 1_000_000
const run = (events: readonly (readonly [number, LiveEvent["kind"]])[]): LiveState =>
  events.reduce<LiveState>((state, [at, kind]) => next(state, { kind }, start + at, 0.5), {
    kind: "idle",
  })

test("a connection is live only after something was heard", () => {
  assert.equal(run([[0, "start"]]).kind, "connecting")
  assert.deepEqual(
    run([
      [0, "start"],
      [40, "heard"],
    ]),
    { kind: "live", since: start + 40, heardAt: start + 40 },
  )
})

test("what is heard later keeps the beginning and moves the last word", () => {
  assert.deepEqual(
    run([
      [0, "start"],
      [40, "heard"],
      [900, "heard"],
    ]),
    {
      kind: "live",
      since: start + 40,
      heardAt: start + 900,
    },
  )
})

test("a lost connection dates what is shown from the last word, not from the loss", () => {
  const state = run([
    [0, "start"],
    [40, "heard"],
    [9_000, "closed"],
  ])
  assert.deepEqual(state, {
    kind: "reconnecting",
    lostAt: start + 40,
    attempt: 1,
    retryAt: start + 9_750,
  })
})

test("each failed try waits longer, up to half a minute", () => {
  let state = run([
    [0, "start"],
    [40, "heard"],
  ])
  const waits: number[] = []
  for (let attempt = 0; attempt < 9; attempt += 1) {
    state = next(state, { kind: "closed" }, start, 0.999)
    assert.ok(state.kind === "reconnecting")
    waits.push(Math.round((state.retryAt ?? 0) - start))
    state = next(state, { kind: "trying" }, start, 0.5)
    assert.ok(state.kind === "reconnecting" && state.retryAt === undefined)
  }
  assert.deepEqual(waits.slice(0, 4), [1_000, 1_999, 3_998, 7_996])
  assert.ok(waits.every((wait) => wait <= 30_000))
})

test("a connection that stays away is called offline, and is still tried", () => {
  const state = run([
    [0, "start"],
    [0, "heard"],
    [1_000, "closed"],
    [offlineAfter, "tick"],
  ])
  assert.equal(state.kind, "offline")
  assert.equal(next(state, { kind: "trying" }, start, 0.5).kind, "offline")
  assert.equal(next(state, { kind: "heard" }, start + 60_000, 0.5).kind, "live")
})

test("a network that is back is tried at once", () => {
  const state = next(
    run([
      [0, "start"],
      [0, "heard"],
      [1_000, "closed"],
    ]),
    { kind: "network-back" },
    start + 1_100,
    0.5,
  )
  assert.ok(state.kind === "reconnecting")
  assert.equal(state.retryAt, start + 1_100)
})

test("silence beyond the patience for pulses is death", () => {
  const state = run([
    [0, "start"],
    [0, "heard"],
  ])
  assert.equal(isDead(state, start + pulsePatience), false)
  assert.equal(isDead(state, start + pulsePatience + 1), true)
})

test("after stopping nothing brings it back but a start", () => {
  for (const kind of ["heard", "closed", "trying", "network-back", "tick"] as const) {
    assert.deepEqual(next({ kind: "idle" }, { kind }, start, 0.5), { kind: "idle" })
  }
})
