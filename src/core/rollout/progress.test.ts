import assert from "node:assert/strict"
import { test } from "node:test"
import { configVersion, podName, term } from "#core/ids.ts"
import type { Deed, Next } from "#core/rollout/next-step.ts"
import {
  beginning,
  type Progress,
  shownChange,
  withDeed,
  withFailure,
  withLook,
} from "#core/rollout/progress.ts"
import type { MemberNow, Situation } from "#core/rollout/situation.ts"
import { millis, minutes } from "#core/units.ts"

const [zero, one] = [podName("c-0"), podName("c-1")]
const member = (pod: MemberNow["pod"], run: number, more: Partial<MemberNow> = {}): MemberNow => ({
  pod,
  uid: `${pod}-uid`,
  deleting: false,
  stuck: false,
  outdated: false,
  role: pod === zero ? "primary" : "standby",
  trouble: undefined,
  mayLead: true,
  config: {
    print: "p",
    pending: [],
    held: [],
    refused: [],
    refusedPrint: undefined,
    startedAt: run,
  },
  ...more,
})
const situation = (members: readonly MemberNow[]): Situation => ({
  members,
  term: term(1),
  print: "p",
  replaces: false,
  together: false,
  ordered: new Set(),
  leftAlone: new Set(),
  paused: false,
  busy: undefined,
})
const both = [member(zero, 10), member(one, 10)]
const begun = beginning(configVersion(2), "reload", both, 1_000)
const look = (
  before: Progress,
  next: Next,
  at: number,
  members: readonly MemberNow[] = both,
  waited = 0,
): Progress =>
  withLook(before, { seen: situation(members), next, waited: millis(waited), leaving: [] }, at)
const restartOne: Deed = {
  kind: "restart",
  members: [{ pod: one, primaryOf: undefined, startedAt: 10 }],
}
const steps = (progress: Progress): readonly string[] =>
  shownChange(progress).steps.map(({ pod, action, state, at }) => `${at} ${action} ${pod} ${state}`)

test("each member takes the config over once, and what was done keeps its time", () => {
  const first = look(begun, { kind: "done" }, 2_000)
  assert.deepEqual(steps(first), ["2000 reload c-0 done", "2000 reload c-1 done"])
  const later = look(first, { kind: "done" }, 3_000)
  assert.deepEqual(later, first, "another look at the same changes nothing")
  assert.deepEqual([first.state, first.endedAt], ["done", 2_000])
})

test("a restart is done when another run of the server is well; the expectation is corrected by it", () => {
  const asked = withDeed(begun, restartOne, 2, 1_500)
  assert.equal(asked.strategy, "sequential-restart")
  const waits: Next = { kind: "wait", why: "c-1 is starting", patience: minutes(3) }
  const away = look(asked, waits, 2_000, [
    both[0] ?? assert.fail(),
    member(one, 11, { trouble: "is starting" }),
  ])
  assert.ok(steps(away).includes("1500 restart c-1 running"))
  const back = look(away, { kind: "done" }, 2_500, [both[0] ?? assert.fail(), member(one, 11)])
  assert.ok(steps(back).includes("2500 restart c-1 done"))
})

test("what did not come about says why, and a wait is blocked when its patience is over", () => {
  const failed = withFailure(
    withDeed(begun, restartOne, 2, 1_500),
    restartOne,
    "not connected",
    1_600,
  )
  assert.equal(failed.steps[0]?.detail, "not connected")
  const waits: Next = { kind: "wait", why: "c-1 is away", patience: minutes(3) }
  assert.equal(look(failed, waits, 2_000, both, 1_000).state, "applying")
  const blocked = look(failed, waits, 2_000, both, 180_000)
  assert.deepEqual(
    [blocked.state, blocked.reason, blocked.endedAt],
    ["blocked", "c-1 is away", undefined],
  )
})

test("members that come and go are steps of their own", () => {
  const two = podName("c-2")
  const seen = situation([...both, member(two, 5, { trouble: "is cloning" })])
  const waits: Next = { kind: "wait", why: "", patience: minutes(3) }
  const joining = withLook(begun, { seen, next: waits, waited: millis(0), leaving: [] }, 2_000)
  assert.ok(steps(joining).includes("2000 join c-2 running"))
  const leaving = { seen: situation(both), next: waits, waited: millis(0), leaving: [two] }
  const goes = withLook(begun, leaving, 2_000)
  assert.ok(steps(goes).includes("2000 leave c-2 running"))
  assert.ok(steps(look(goes, { kind: "done" }, 3_000)).includes("3000 leave c-2 done"))
})
