/** Rollouts in small fleets: all interleavings of what may happen in the smallest, random ones in larger. */
import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import type { Command } from "#core/rollout/commands.ts"
import type { Plan, Stage } from "#core/rollout/plan.ts"
import {
  comeRight,
  type Event,
  happened,
  looked,
  type World,
  worldOf,
} from "#core/rollout/test-world.ts"
import { isOver } from "#core/rollout/waves.ts"

const stage = (change: Partial<Stage> = {}): Stage => ({
  name: "all",
  share: { kind: "rest" },
  maxParallel: 1,
  bakeMs: 0,
  hasGate: false,
  ...change,
})
const plan = (stages: readonly Stage[], change: Partial<Plan> = {}): Plan => ({
  to: 2,
  stages,
  haltAfter: 1,
  onHalt: "stay",
  whenUnhealthy: "wait",
  ignoresFreeze: false,
  changeWithinMs: 100,
  unwellMs: 20,
  ...change,
})
const command = (kind: "pause" | "resume" | "halt" | "roll-back" | "cancel"): Event => ({
  kind: "command",
  command: kind === "resume" ? { kind, by: "anna" } : { kind, by: "anna", reason: "" },
})
const pass = (at: number): Event => ({
  kind: "command",
  command: { kind: "pass-gate", by: "anna", stage: at } satisfies Command,
})

/** Lets it all happen, looking after each; the states of the entries, and of the rollout. */
function play(with_: Plan, start: World, events: readonly Event[]): World {
  let world = looked(with_, start)
  for (const event of events) world = looked(with_, happened(with_, world, event))
  return world
}
const states = ({ progress }: World): string =>
  `${progress.state}: ${progress.entries.map(({ state }) => state).join(" ")}`
const specs = ({ clusters }: World): readonly number[] => clusters.map(({ spec }) => spec)

test("one after another takes the version, as many at a time as may", () => {
  const two = plan([stage({ maxParallel: 2 })])
  const world = play(two, worldOf([0, 0, 0]), [])
  assert.equal(states(world), "running: sent sent waiting")
  const further = play(two, world, [
    { kind: "take", at: 0 },
    { kind: "in-force", at: 1 },
  ])
  assert.equal(states(further), "running: applying done sent")
  assert.equal(states(comeRight(two, further)), "finished: done done done")
})

test("a site that is away holds nobody up, and takes the change when it returns", () => {
  const one = plan([stage({ name: "canary" }), stage()])
  const away = happened(one, worldOf([0, 0, 1]), { kind: "away", at: 0 })
  const world = play(one, away, [
    { kind: "in-force", at: 1 },
    { kind: "in-force", at: 2 },
  ])
  assert.equal(states(world), "running: owed done done")
  assert.equal(specs(world)[0], 1, "nothing was sent to who may not want it any more")
  const returned = play(one, world, [{ kind: "back", at: 0 }])
  assert.equal(states(returned), "running: sent done done")
})

test("a halted rollout gives nothing to who returns later", () => {
  const one = plan([stage({ maxParallel: 3 })])
  const away = happened(one, worldOf([0, 0]), { kind: "away", at: 0 })
  const world = play(one, away, [
    { kind: "fail", at: 1 },
    { kind: "back", at: 0 },
  ])
  assert.equal(states(world), "halted: owed failed")
  assert.match(world.progress.reason, /1 cluster failed: as it says/)
})

test("a site that fails holds nobody up below the threshold", () => {
  const lenient = plan([stage()], { haltAfter: 2 })
  const world = play(lenient, worldOf([0, 0, 0]), [
    { kind: "fail", at: 0 },
    { kind: "in-force", at: 1 },
  ])
  assert.equal(states(world), "running: failed done sent")
  assert.equal(
    states(play(lenient, world, [{ kind: "fail", at: 2 }])),
    "halted: failed done failed",
  )
})

test("going on after a halt forgives what failed until then", () => {
  const one = plan([stage()])
  const world = play(one, worldOf([0, 0, 0]), [{ kind: "fail", at: 0 }, command("resume")])
  assert.equal(states(world), "running: failed sent waiting")
  assert.equal(states(play(one, world, [{ kind: "fail", at: 1 }])), "halted: failed failed waiting")
})

test("too long is failed; what comes right after all counts", () => {
  const one = plan([stage()], { haltAfter: 9 })
  const world = play(one, worldOf([0, 0]), [
    { kind: "take", at: 0 },
    { kind: "time", ms: 100 },
  ])
  assert.equal(states(world), "running: failed sent")
  assert.match(world.progress.entries[0]?.reason ?? "", /not in force within/)
  assert.equal(states(play(one, world, [{ kind: "in-force", at: 0 }])), "running: done sent")
})

test("the time that a site is away is not counted against it", () => {
  const one = plan([stage()])
  const world = play(one, worldOf([0]), [
    { kind: "take", at: 0 },
    { kind: "time", ms: 90 },
    { kind: "away", at: 0 },
    { kind: "time", ms: 1000 },
    { kind: "back", at: 0 },
    { kind: "time", ms: 90 },
  ])
  assert.equal(states(world), "running: applying")
})

test("a cluster is watched through its bake time, and begins anew when it falls ill", () => {
  const baking = plan([stage({ name: "canary", bakeMs: 50 }), stage()])
  const world = play(baking, worldOf([0, 1]), [
    { kind: "in-force", at: 0 },
    { kind: "time", ms: 40 },
    { kind: "unwell", at: 0 },
    { kind: "time", ms: 15 },
    { kind: "well", at: 0 },
    { kind: "time", ms: 40 },
  ])
  assert.equal(states(world), "running: baking waiting")
  assert.equal(states(play(baking, world, [{ kind: "time", ms: 10 }])), "running: done sent")
  const ill = play(baking, world, [
    { kind: "unwell", at: 0 },
    { kind: "time", ms: 20 },
  ])
  assert.equal(states(ill), "halted: failed waiting")
})

test("a gate waits for a person, and another stage's gate is not passed by it", () => {
  const gated = plan([stage({ name: "canary" }), stage({ hasGate: true })])
  const world = play(gated, worldOf([0, 1]), [{ kind: "in-force", at: 0 }, pass(0)])
  assert.equal(states(world), "at-gate: done waiting")
  assert.equal(states(play(gated, world, [pass(1)])), "running: done sent")
  const first = plan([stage({ hasGate: true })])
  assert.equal(states(play(first, worldOf([0]), [])), "at-gate: waiting")
})

test("a stage that shows nothing opens no other by itself", () => {
  const one = plan([stage({ name: "canary" }), stage()])
  const away = happened(one, worldOf([0, 1]), { kind: "away", at: 0 })
  const world = play(one, away, [])
  assert.equal(states(world), "at-gate: owed waiting")
  assert.equal(states(play(one, world, [pass(1)])), "running: owed sent")
  assert.equal(
    states(
      play(one, world, [
        { kind: "back", at: 0 },
        { kind: "in-force", at: 0 },
      ]),
    ),
    "running: done sent",
  )
})

test("freeze, pause and ill health make a cluster owe, each for itself", () => {
  const all = plan([stage({ maxParallel: 9 })])
  let world = worldOf([0, 0, 0, 0])
  for (const event of [
    { kind: "freeze", at: 0 },
    { kind: "pause", at: 1 },
    { kind: "unwell", at: 2 },
  ] as const)
    world = happened(all, world, event)
  world = play(all, world, [])
  assert.equal(states(world), "running: owed owed owed sent")
  assert.match(world.progress.entries[0]?.reason ?? "", /freeze window nights/)
  assert.match(world.progress.entries[2]?.reason ?? "", /not healthy before the change/)
  const thawed = play(all, world, [
    { kind: "thaw", at: 0 },
    { kind: "resume", at: 1 },
    { kind: "well", at: 2 },
  ])
  assert.equal(states(thawed), "running: sent sent sent sent")
})

test("another operation is waited for", () => {
  const one = plan([stage()])
  const busy = happened(one, worldOf([0]), { kind: "busy", at: 0 })
  const world = play(one, busy, [])
  assert.equal(states(world), "running: waiting")
  assert.match(world.progress.entries[0]?.reason ?? "", /a switchover is under way/)
  assert.equal(states(play(one, world, [{ kind: "free", at: 0 }])), "running: sent")
})

test("rolling back returns what was changed to what it had, and nothing else", () => {
  const all = plan([stage({ maxParallel: 2 })], { haltAfter: 9 })
  const world = play(all, worldOf([0, 0, 0, 0]), [
    { kind: "in-force", at: 0 },
    { kind: "fail", at: 1 },
    { kind: "elsewhere", at: 2 },
    command("roll-back"),
  ])
  assert.equal(states(world), "rolling-back: rolling-back rolling-back skipped rolling-back")
  const over = comeRight(all, world)
  assert.equal(states(over), "rolled-back: rolled-back rolled-back skipped rolled-back")
  assert.deepEqual(specs(over), [1, 1, 3, 1])
})

test("a site that is away finds what it had when it returns", () => {
  const all = plan([stage({ maxParallel: 2 })])
  const world = play(all, worldOf([0, 0]), [
    { kind: "away", at: 0 },
    { kind: "in-force", at: 1 },
    command("roll-back"),
  ])
  assert.deepEqual(specs(world), [1, 1])
  assert.equal(states(world), "rolling-back: rolling-back rolling-back")
})

test("an automatic roll back begins with the failure that halts", () => {
  const back = plan([stage({ maxParallel: 3 })], { onHalt: "roll-back" })
  const world = play(back, worldOf([0, 0, 0]), [
    { kind: "in-force", at: 0 },
    { kind: "fail", at: 1 },
  ])
  assert.equal(world.progress.state, "rolling-back")
  assert.deepEqual(specs(world), [1, 1, 1])
})

test("a cancelled rollout leaves alone what it had not begun, and ends with what it had", () => {
  const one = plan([stage()])
  const world = play(one, worldOf([0, 0]), [command("cancel")])
  assert.equal(states(world), "cancelling: sent skipped")
  assert.equal(states(play(one, world, [{ kind: "in-force", at: 0 }])), "cancelled: done skipped")
})

const events = (clusters: number): readonly Event[] => [
  ...(
    ["in-force", "fail", "away", "back", "unwell", "well", "elsewhere", "delete"] as const
  ).flatMap((kind) => Array.from({ length: clusters }, (_, at): Event => ({ kind, at }))),
  { kind: "time", ms: 10 },
  ...(["pause", "resume", "roll-back", "cancel"] as const).map(command),
  pass(1),
]

test("in the smallest fleet every order of events keeps the rules, and comes right", () => {
  const plans = [
    plan([stage({ bakeMs: 10 }), stage({ hasGate: true })], { changeWithinMs: 20, unwellMs: 10 }),
    plan([stage(), stage()], { haltAfter: 2, onHalt: "roll-back", changeWithinMs: 20 }),
  ]
  for (const one of plans) {
    const start = looked(one, worldOf([0, 1]))
    const known = new Set<string>()
    let edge = [start]
    for (let depth = 0; depth < 5; depth += 1) {
      const next: World[] = []
      for (const world of edge)
        for (const event of events(2)) {
          const after = looked(one, happened(one, world, event))
          const name = JSON.stringify([after, [...after.progress.passed]])
          if (known.has(name)) continue
          known.add(name)
          next.push(after)
        }
      edge = next
    }
    assert.ok(known.size > 3000, `${known.size} situations were seen`)
    for (const world of edge)
      assert.ok(isOver(comeRight(one, world).progress.state), `comes right: ${states(world)}`)
  }
})

const someEvent = (clusters: number): fc.Arbitrary<Event> =>
  fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...events(clusters)) },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constantFrom("take", "block", "in-force", "in-force", "fail", "well", "back"),
        at: fc.nat(clusters - 1),
      }) as fc.Arbitrary<Event>,
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constantFrom("pause", "resume", "freeze", "thaw", "busy", "free", "taken"),
        at: fc.nat(clusters - 1),
      }) as fc.Arbitrary<Event>,
    },
    { weight: 2, arbitrary: fc.nat(3).map(pass) },
  )

const somePlan: fc.Arbitrary<Plan> = fc.record({
  to: fc.constant(2),
  stages: fc.array(
    fc.record({
      name: fc.constant("stage"),
      share: fc.constant({ kind: "rest" as const }),
      maxParallel: fc.integer({ min: 1, max: 3 }),
      bakeMs: fc.constantFrom(0, 10, 30),
      hasGate: fc.boolean(),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  haltAfter: fc.integer({ min: 1, max: 3 }),
  onHalt: fc.constantFrom("stay", "roll-back"),
  whenUnhealthy: fc.constantFrom("wait", "move"),
  ignoresFreeze: fc.boolean(),
  changeWithinMs: fc.constantFrom(20, 1000),
  unwellMs: fc.constantFrom(0, 20),
})

test("in larger fleets whatever happens keeps the rules, and comes right", () => {
  const clusters = 6
  fc.assert(
    fc.property(
      somePlan,
      fc.array(fc.nat(2), { minLength: clusters, maxLength: clusters }),
      fc.array(someEvent(clusters), { maxLength: 60 }),
      (one, places, story) => {
        const start = worldOf(places.map((at) => at % one.stages.length))
        const world = play(one, start, story)
        assert.deepEqual(looked(one, world), looked(one, world), "the same sights, the same step")
        assert.ok(isOver(comeRight(one, world).progress.state), `comes right: ${states(world)}`)
      },
    ),
    { numRuns: 1500 },
  )
})
