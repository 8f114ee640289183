/**
 * The real decisions in a pretended world, with faults from a seed; S1 and S2 are watched at every step,
 * L1 after the faults have ended. `PG_SWARM_SEEDS=1000` tries more, `PG_SWARM_SEED=17` one, with its log.
 */
import assert from "node:assert/strict"
import { test } from "node:test"
import { type Policy, presetPolicies } from "#core/failover/policy.ts"
import type { Durability } from "#core/cluster/spec.ts"
import { millis } from "#core/units.ts"
import { fault } from "../../../test/fixtures/simulated/faults.ts"
import { type Sabotage, World } from "../../../test/fixtures/simulated/world.ts"

const seeds = Number(process.env["PG_SWARM_SEEDS"] ?? 24)
const only = process.env["PG_SWARM_SEED"]
/**
 * Seeds that found something once are run for ever. 258: a hand-over hung when its server was started
 * again. 265: a member that was starting counted as heard. 891: a leaving member that was ahead did.
 * 2487: a ballot that nobody ended was waited for.
 */
const failedOnce = [258, 265, 891, 2487]
const faultsFor = 60_000
const healsWithin = 90_000

type Verdict = { readonly problems: readonly string[]; readonly world: World }

function run(
  seed: number,
  members: number,
  durability: Durability,
  policy: Policy,
  sabotage: Sabotage = {},
): Verdict {
  const world = new World({ seed, members, durability, policy, sabotage })
  while (world.now < 15_000 && world.problems.length === 0) world.tick()
  while (world.now < 15_000 + faultsFor && world.problems.length === 0) {
    if (world.random() < 0.02) fault(world)
    world.tick()
  }
  world.heal()
  const healed = world.now
  while (!world.isWell && world.now < healed + healsWithin && world.problems.length === 0)
    world.tick()
  const stuck = world.isWell || world.problems.length > 0 ? [] : ["L1: not well again"]
  return { problems: [...world.problems, ...stuck], world }
}

for (const [members, durability, preset] of [
  [1, "async", "fast"],
  [2, "preferred", "edge"],
  [3, "quorum", "fast"],
  [3, "preferred", "calm"],
  [5, "quorum", "edge"],
] as const)
  test(`S1, S2, L1: ${members} members in ${durability} with preset ${preset} survive ${seeds} seeds of faults`, () => {
    const list =
      only === undefined
        ? [...failedOnce, ...Array.from({ length: seeds }, (_, seed) => seed)]
        : [Number(only)]
    for (const seed of list) {
      const { problems, world } = run(seed, members, durability, presetPolicies[preset])
      const log = only === undefined ? "" : world.log.join("\n")
      assert.deepEqual(
        problems,
        [],
        `seed ${seed}, ${members} members, ${durability}, ${preset}\n${log}`,
      )
    }
  })

/** Mistakes planted on purpose: each must be found, or the tests above prove nothing. */
const planted: readonly (readonly [what: string, sabotage: Sabotage])[] = [
  ["the supervisor ignores the deadline", { ignoreDeadline: true }],
  ["the Lease is written without comparing its version", { ignoreVersion: true }],
]
for (const [what, sabotage] of planted)
  test(`S1: it is found when ${what}`, () => {
    for (let seed = 0; seed < 400; seed += 1)
      for (const members of [2, 3]) {
        const { problems } = run(seed, members, "async", presetPolicies.fast, sabotage)
        if (problems.some((problem) => problem.startsWith("S1"))) return
      }
    assert.fail("no seed found it")
  })

test("S1: it is found when the holder outlives the observers' patience", () => {
  const outliving = { ...presetPolicies.fast, deadlineAfter: millis(8000) }
  const found = Array.from({ length: 400 }).some((_, seed) => {
    const { problems } = run(seed, 3, "async", outliving)
    return problems.some((problem) => problem.startsWith("S1"))
  })
  assert.ok(found)
})
