import assert from "node:assert/strict"
import { test } from "node:test"
import { ruleId, satelliteId } from "#core/ids.ts"
import { type DeploymentRule, matches, place, type Site } from "#core/rollout/match.ts"

const rule = (name: string, selector: Readonly<Record<string, string>> = {}): DeploymentRule => ({
  id: ruleId(name),
  name,
  profileId: "small",
  selector,
  clusterName: "orders",
  namespace: "databases",
})
const site = (name: string, labels: Readonly<Record<string, string>> = {}): Site => ({
  id: satelliteId(name),
  name,
  labels,
})
const cluster = (at: Site, of: DeploymentRule | undefined, deleting = false) => ({
  satelliteId: at.id,
  namespace: "databases",
  name: "orders",
  ruleId: of?.id,
  deleting,
})

test("a rule without labels wants every satellite", () => {
  const made = place([rule("all")], [site("north"), site("south")], [], [])
  assert.deepEqual(
    made.create.map((wanted) => wanted.site.name),
    ["north", "south"],
  )
})

test("every label of the selector must be on the satellite", () => {
  const gold = rule("gold", { tier: "gold", region: "north" })
  assert.equal(matches(gold, site("a", { tier: "gold", region: "north", extra: "x" })), true)
  assert.equal(matches(gold, site("b", { tier: "gold" })), false)
  assert.equal(matches(gold, site("c", { tier: "gold", region: "south" })), false)
})

test("a label is not found on the prototype of the labels", () => {
  assert.equal(matches(rule("odd", { constructor: "x" }), site("a")), false)
})

test("what a rule made already is left alone, also while it is being deleted", () => {
  const all = rule("all")
  const north = site("north")
  for (const deleting of [false, true])
    assert.deepEqual(place([all], [north], [cluster(north, all, deleting)], []), {
      create: [],
      conflicts: [],
    })
})

test("two rules that want the same place on a satellite are a conflict that names both", () => {
  const { create, conflicts } = place(
    [rule("first"), rule("second", { tier: "gold" })],
    [site("north", { tier: "gold" }), site("south")],
    [],
    [],
  )
  assert.equal(create.length, 2)
  assert.equal(conflicts.length, 1)
  assert.match(conflicts[0]?.reason ?? "", /first and second .*databases\/orders.*north/)
})

test("a place that is taken by somebody else is a conflict that says by what", () => {
  const north = site("north")
  const reason = (deleting: boolean): string =>
    place([rule("all")], [north], [cluster(north, undefined, deleting)], []).conflicts[0]?.reason ??
    ""
  assert.match(reason(false), /one of that name is already/)
  assert.match(reason(true), /still being deleted/)
})

test("a satellite that a person took out of a rule gets no cluster of it again", () => {
  const all = rule("all")
  const north = site("north")
  assert.deepEqual(place([all], [north], [], [{ ruleId: all.id, satelliteId: north.id }]), {
    create: [],
    conflicts: [],
  })
})
