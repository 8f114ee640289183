/**
 * Recovery rules that ask for the worst at any time, in the pretended world with its faults: they break no
 * invariant, and a cluster whose rules never stop asking is well all the same between two repairs.
 */
import assert from "node:assert/strict"
import { test } from "node:test"
import { presetPolicies } from "#core/failover/policy.ts"
import { repairs } from "#core/recovery/rule.ts"
import { fault } from "../../../test/fixtures/simulated/faults.ts"
import { World } from "../../../test/fixtures/simulated/world.ts"

const seeds = Number(process.env["PG_SWARM_SEEDS"] ?? 24)
const patience = 120_000

/** A rule on some member wants something; wishes are taken back as the sidecar does it. */
function ask(world: World): void {
  for (const member of world.members) {
    const { repair } = member
    if (repair !== undefined && world.clock(member) - repair.since > patience)
      member.repair = undefined
  }
  const member = world.members[Math.floor(world.random() * world.members.length)]
  const kind = repairs[Math.floor(world.random() * repairs.length)]
  if (member === undefined || kind === undefined) return
  world.log.push(`${world.now} rule ${kind} ${member.pod}`)
  member.repair = { kind, rule: "some-rule", since: world.clock(member) }
}

function run(seed: number, members: number, faults: boolean, begun = new Set<string>()): World {
  const durability = members === 3 ? "quorum" : "preferred"
  const world = new World({
    seed,
    members,
    durability,
    policy: presetPolicies.edge,
    sabotage: {},
  })
  while (world.now < 15_000 && world.problems.length === 0) world.tick()
  while (world.now < 90_000 && world.problems.length === 0) {
    if (faults && world.random() < 0.02) fault(world)
    if (world.random() < 0.01) ask(world)
    world.tick()
    for (const { lanes } of world.members) begun.add(lanes.running.get("server")?.kind ?? "")
  }
  return world
}

for (const members of [2, 3])
  test(`S1, S2: ${members} members survive rules that ask for any repair among faults`, () => {
    for (let seed = 0; seed < seeds; seed += 1) {
      const world = run(seed, members, true)
      assert.deepEqual(world.problems, [], `seed ${seed}\n${world.log.slice(-40).join("\n")}`)
    }
  })

test("L1: a cluster is well again after its rules have asked for repairs", () => {
  for (let seed = 0; seed < seeds; seed += 1) {
    const world = run(seed, 3, false)
    const ended = world.now
    for (const member of world.members) member.repair = undefined
    while (!world.isWell && world.now < ended + 90_000 && world.problems.length === 0) world.tick()
    assert.deepEqual(world.problems, [], `seed ${seed}`)
    assert.ok(world.isWell, `seed ${seed}\n${world.log.slice(-40).join("\n")}`)
  }
})

test("all repairs come true in the pretended world", () => {
  const begun = new Set<string>()
  for (let seed = 0; seed < seeds; seed += 1) run(seed, 3, false, begun)
  assert.deepEqual(
    ["stop", "start-standby", "rewind", "clone"].filter((kind) => !begun.has(kind)),
    [],
  )
})
