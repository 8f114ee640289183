import assert from "node:assert/strict"
import { test } from "node:test"
import type { CommandOutcome, HandOverProgress } from "#core/cluster/sidecar.ts"
import type { HandOver } from "#core/failover/decision.ts"
import type { HandOverRequest, Observation } from "#core/failover/observation.ts"
import { operationId, podName, type PodName, term } from "#core/ids.ts"
import { systemClock } from "#io/clock.ts"
import { silentLog } from "#io/log.ts"
import { following, leading, members } from "../../test/fixtures/situation.ts"
import { HandOvers } from "./hand-overs.ts"

const operation = operationId("2a6f3ab5-2b8d-4d37-8d3c-7f1b1b7b0002")
const other = operationId("2a6f3ab5-2b8d-4d37-8d3c-7f1b1b7b0003")
const question = (to: PodName | undefined = members[2], inTerm = term(3), id = operation) =>
  ({ kind: "hand-over", operation: id, to, term: inTerm }) as const

const { signal: never } = new AbortController()

/** A sidecar that sees `seen`, and whose peers answer while `answers` says so. */
function member(seen: Observation, answers: (pod: PodName) => boolean = () => true) {
  const known: { handOver: HandOverRequest | undefined; changed: () => void } = {
    handOver: undefined,
    changed: () => {},
  }
  const asked: PodName[] = []
  const handOvers = new HandOvers({
    clock: systemClock,
    log: silentLog,
    known,
    peers: {
      answers: (pod) => {
        asked.push(pod)
        return Promise.resolve(answers(pod))
      },
    },
    observe: () => ({ ...seen, handOver: known.handOver }),
  })
  return { known, handOvers, asked }
}

const codeOf = (outcome: CommandOutcome): string =>
  outcome.kind === "failed" ? outcome.code : outcome.output
const going = (change: Partial<HandOver> = {}): HandOver => ({
  asked: 1,
  operation,
  step: "checkpoint",
  to: members[2],
  since: 1,
  stepSince: 1,
  checkpoint: undefined,
  takingBack: false,
  outcome: { kind: "running" },
  ...change,
})

test("a hand-over that can be done is begun once, however often it is asked for", async () => {
  const { known, handOvers, asked } = member(leading())
  assert.equal(codeOf(await handOvers.ask(question(), never)), "begun")
  assert.equal(codeOf(await handOvers.ask(question(), never)), "known already")
  assert.deepEqual(asked, [members[2]])
  assert.deepEqual(
    { ...known.handOver, since: 0 },
    { since: 0, leaving: false, to: members[2], operation, abandoned: false },
  )
  assert.equal(codeOf(await handOvers.ask(question(members[1], term(3), other), never)), "BUSY")
})

test("nothing is begun by a member that does not lead, or leads in another term", async () => {
  const replica = member(following())
  const refused = await replica.handOvers.ask(question(), never)
  assert.deepEqual(refused, {
    kind: "failed",
    code: "NOT_PRIMARY",
    message: "c-1 is not the primary; c-0 is",
  })
  const later = member(leading())
  assert.equal(
    codeOf(await later.handOvers.ask(question(members[2], term(2)), never)),
    "OTHER_TERM",
  )
  assert.deepEqual([replica.known.handOver, later.known.handOver], [undefined, undefined])
})

test("what the candidate said seconds ago is not enough: it must answer now", async () => {
  const { known, handOvers } = member(leading(), () => false)
  assert.deepEqual(await handOvers.ask(question(), never), {
    kind: "failed",
    code: "UNFIT",
    message: "c-2 does not answer",
  })
  assert.equal(known.handOver, undefined)
})

test("a stranger, the primary itself, and nobody at all are refused without asking anybody", async () => {
  const { handOvers, asked } = member(leading())
  assert.match(JSON.stringify(await handOvers.ask(question(podName("c-7")), never)), /not a member/)
  assert.match(
    JSON.stringify(await handOvers.ask(question(members[0]), never)),
    /the primary already/,
  )
  const lonely = member(leading({ peers: new Map() }))
  assert.deepEqual(await lonely.handOvers.ask({ ...question(), to: undefined }, never), {
    kind: "failed",
    code: "UNFIT",
    message: "no member can take over: c-1 does not answer; c-2 does not answer",
  })
  assert.deepEqual([...asked, ...lonely.asked], [])
})

test("only what is under way and has not released can be abandoned", async () => {
  const { known, handOvers } = member(leading())
  assert.equal(codeOf(handOvers.abandon(operation)), "NOT_RUNNING")
  await handOvers.ask(question(), never)
  assert.equal(codeOf(handOvers.abandon(other)), "NOT_RUNNING")
  handOvers.turned(going({ step: "confirm" }))
  assert.equal(codeOf(handOvers.abandon(operation)), "it will be undone")
  assert.equal(known.handOver?.abandoned, true)
  handOvers.turned(going({ step: "release" }))
  assert.equal(codeOf(handOvers.abandon(operation)), "TOO_LATE")
})

test("each step is told once, and all of them again to whoever connects later", async () => {
  const { known, handOvers } = member(leading())
  await handOvers.ask(question(), never)
  const asked = known.handOver?.since ?? 0
  const heard: HandOverProgress[] = []
  const forget = handOvers.onProgress((progress) => heard.push(progress))
  for (const step of ["checkpoint", "checkpoint", "fence", "stop"] as const)
    handOvers.turned(going({ asked, step }))
  forget()
  assert.notEqual(known.handOver, undefined)
  const outcome = {
    kind: "undone",
    reason: "the server was started again",
    abandoned: false,
  } as const
  handOvers.turned(going({ asked, step: "stop", outcome }))
  assert.deepEqual(
    heard.map(({ step }) => step),
    ["checkpoint", "fence", "stop"],
  )
  assert.deepEqual(
    handOvers.told.map((progress) => [progress.step, progress.outcome.kind]),
    [
      ["checkpoint", "running"],
      ["fence", "running"],
      ["stop", "running"],
      ["stop", "undone"],
    ],
  )
  assert.equal(known.handOver, undefined, "what is over is wanted no more")
  assert.equal(
    codeOf(await handOvers.ask(question(), never)),
    "known already",
    "and is not begun again",
  )
})

test("a pod that leaves goes on leaving when the hand-over that it was asked for is over", async () => {
  const { known, handOvers } = member(leading())
  await handOvers.ask(question(), never)
  const leaving: HandOverRequest = {
    since: 99,
    leaving: true,
    to: undefined,
    operation: undefined,
    abandoned: false,
  }
  known.handOver = leaving
  handOvers.turned(going({ outcome: { kind: "done", primary: podName("c-2"), term: term(4) } }))
  assert.equal(known.handOver, leaving)
  assert.equal(handOvers.told.at(-1)?.outcome.kind, "done")
  assert.equal(codeOf(await handOvers.ask(question(members[1], term(3), other), never)), "BUSY")
})
