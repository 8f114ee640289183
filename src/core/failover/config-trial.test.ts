import assert from "node:assert/strict"
import { test } from "node:test"
import {
  restAfter,
  type Trial,
  tried,
  type TrialSight,
  untried,
  whyResting,
} from "#core/failover/config-trial.ts"
import { seconds } from "#core/units.ts"
import { following, now } from "../../../test/fixtures/situation.ts"

const down = (
  crashedAt: number | undefined,
  former: TrialSight["former"] = "other",
): TrialSight => ({ isUp: false, crashedAt, former })
const up = (crashedAt?: number): TrialSight => ({ isUp: true, crashedAt, former: "other" })
const after = (...seen: readonly TrialSight[]): Trial["kind"] =>
  seen.reduce(tried, untried(undefined)).kind

test("a server that fails twice with a config and starts with the former one tells which of them is wrong", () => {
  assert.equal(after(down(1), down(2)), "back")
  assert.equal(after(down(1), down(2), up(2)), "guilty")
  assert.equal(after(down(1), down(2), up(2), down(9), down(10), up(10)), "guilty")
})

test("one failure is none of the config's, and one that is seen again is one", () => {
  assert.equal(after(down(1), down(1), down(1)), "failing")
  assert.equal(after(down(1), up(1)), "untried")
  assert.equal(after(down(1), up(1), down(1), down(2)), "failing")
})

test("a server that does not start with the former config either has another reason", () => {
  const twice = [down(1), down(2)]
  assert.equal(after(...twice, down(3), down(4)), "back")
  assert.equal(after(...twice, down(3), down(4), down(5)), "innocent")
  assert.equal(after(...twice, down(3), down(4), down(5), down(6), down(7)), "innocent")
  assert.equal(after(...twice, down(3), down(4), down(5), up(5)), "untried")
})

test("a config that a server ran with before is not what keeps it from starting", () => {
  assert.equal(after(...[1, 2, 3, 4, 5].map((at) => down(at, "same"))), "failing")
})

test("where there is nothing to go back to, it is stranded until a server starts", () => {
  const downs = [1, 2, 3, 4, 5].map((at) => down(at, "none"))
  assert.equal(after(...downs.slice(0, 1)), "failing")
  assert.equal(after(...downs.slice(0, 2)), "stranded")
  assert.equal(after(...downs), "stranded")
  assert.equal(after(...downs, up(5)), "untried")
})

test("each further try of a stranded server waits longer, and none longer than a minute", () => {
  const times = [2, 3, 4, 5, 6, 7, 1000]
  assert.deepEqual(times.map(restAfter), [5, 10, 20, 40, 60, 60, 60].map(seconds))
})

test("a stranded server rests from its last failure on, or from when that was found out", () => {
  const stranded = { why: "no library", rest: seconds(10), since: now - 4000 }
  const resting = (ago?: number) =>
    whyResting(
      following({
        server: {
          kind: "down",
          exit:
            ago === undefined ? undefined : { cause: "crashed", term: undefined, at: now - ago },
        },
        stranded,
      }),
    )
  assert.match(resting() ?? "", /^no library; trying again in 6 s, or when its config changes$/)
  assert.match(resting(1000) ?? "", /in 9 s/)
  assert.match(resting(60_000) ?? "", /in 6 s/)
  assert.equal(whyResting(following({ stranded: { ...stranded, since: now - 10_000 } })), undefined)
  assert.equal(whyResting(following()), undefined)
})

test("a server that is stopped on purpose has failed at nothing, whatever crashed long ago", () => {
  assert.equal(after(up(7), down(7), down(7), up(7)), "untried")
  assert.equal(tried(untried(7), down(7)).kind, "untried")
  assert.equal(after(up(7), down(7), down(8)), "failing")
})
