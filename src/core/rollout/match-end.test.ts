import assert from "node:assert/strict"
import { test } from "node:test"
import { clusterId, ruleId, satelliteId } from "#core/ids.ts"
import { type Site, place } from "#core/rollout/match.ts"
import {
  type GoverningRule,
  type MatchEnd,
  type OnMatchEnd,
  settle,
  type Standing,
} from "#core/rollout/match-end.ts"
import { preview } from "#core/rollout/preview.ts"

const rule = (onMatchEnd: OnMatchEnd, over: Partial<GoverningRule> = {}): GoverningRule => ({
  id: ruleId("gold"),
  name: "gold",
  profileId: "small",
  selector: { tier: "gold" },
  clusterName: "orders",
  namespace: "databases",
  onMatchEnd,
  ...over,
})
const site = (name: string, labels: Readonly<Record<string, string>> = {}): Site => ({
  id: satelliteId(name),
  name,
  labels,
})
const plain = site("plain")
const gold = site("gold", { tier: "gold" })
const cluster = (at: Site, over: Partial<Standing> = {}): Standing => ({
  id: clusterId(`orders-${at.name}`),
  satelliteId: at.id,
  namespace: "databases",
  name: "orders",
  ruleId: "gold",
  deleting: false,
  paused: false,
  pausedByRule: false,
  isProtected: false,
  ...over,
})
const fates = (found: MatchEnd): readonly string[] =>
  Object.entries(found).flatMap(([fate, settled]) =>
    settled.map((one) => `${fate} ${one.cluster.id}`),
  )
const settled = (onMatchEnd: OnMatchEnd, one: Standing): readonly string[] =>
  fates(settle([rule(onMatchEnd)], [plain, gold], [one]))

test("while a rule wants its cluster, nothing becomes of it, whatever the rule says of the end", () => {
  for (const end of ["keep", "pause", "delete"] as const)
    assert.deepEqual(settled(end, cluster(gold)), [])
})

test("when the match ends, the rule's own word is done", () => {
  assert.deepEqual(settled("keep", cluster(plain)), ["keep orders-plain"])
  assert.deepEqual(settled("pause", cluster(plain)), ["pause orders-plain"])
  assert.deepEqual(settled("delete", cluster(plain)), ["delete orders-plain"])
})

test("a protected cluster is not deleted by a rule", () => {
  assert.deepEqual(settled("delete", cluster(plain, { isProtected: true })), [
    "isProtected orders-plain",
  ])
  assert.deepEqual(settled("pause", cluster(plain, { isProtected: true })), ["pause orders-plain"])
})

test("a match that is back resumes what the rule paused, and not what a person paused", () => {
  const paused = { paused: true, pausedByRule: true }
  assert.deepEqual(settled("pause", cluster(gold, paused)), ["resume orders-gold"])
  assert.deepEqual(settled("pause", cluster(gold, { paused: true })), [])
  assert.deepEqual(settled("pause", cluster(plain, paused)), ["keep orders-plain"])
  // Nobody else paused it, and this rule would not have.
  for (const at of [gold, plain])
    assert.deepEqual(settled("keep", cluster(at, paused)), [`resume orders-${at.name}`])
})

test("what is paused already is left as it is, and what is on its way out is not asked about", () => {
  assert.deepEqual(settled("pause", cluster(plain, { paused: true })), ["keep orders-plain"])
  for (const end of ["keep", "pause", "delete"] as const)
    assert.deepEqual(settled(end, cluster(plain, { deleting: true })), [])
})

test("a rule that gives its cluster another name or namespace does not want the old one", () => {
  for (const over of [{ clusterName: "sales" }, { namespace: "shops" }])
    assert.deepEqual(fates(settle([rule("pause", over)], [gold], [cluster(gold)])), [
      "pause orders-gold",
    ])
})

test("clusters of other rules, of no rule and of other sites are nobody's business here", () => {
  for (const other of [{ ruleId: undefined }, { ruleId: "silver" }])
    assert.deepEqual(settled("delete", cluster(plain, other)), [])
  assert.deepEqual(fates(settle([rule("delete")], [gold], [cluster(plain)])), [])
})

test("a preview says of each matching satellite what would be done there, and why not", () => {
  const sites = [
    plain,
    ...["new", "old", "taken", "spared"].map((name) => site(name, { tier: "gold" })),
  ]
  const wanted = rule("keep")
  const taken = sites
    .filter(({ name }) => name === "old" || name === "taken")
    .map((at) => cluster(at, at.name === "taken" ? { ruleId: "silver" } : {}))
  const excepted = [{ ruleId: wanted.id, satelliteId: satelliteId("spared") }]
  const placement = place([wanted], sites, taken, excepted)
  assert.deepEqual(
    preview(wanted, sites, placement, excepted).map(({ site: at, verdict }) => [at.name, verdict]),
    [
      ["new", "create"],
      ["old", "has"],
      ["taken", "conflict"],
      ["spared", "left-alone"],
    ],
  )
})
