import assert from "node:assert/strict"
import { test } from "node:test"
import { exampleFleet } from "../../../test/e2e/dashboard/fleet.ts"
import { event, instance } from "../../../test/e2e/dashboard/fleet-parts.ts"
import { attentionCount, sitesOf } from "./attention.ts"
import { satelliteChanges } from "./changes.ts"
import { type ChangeState, changeStates } from "#core/rollout/change.ts"
import { diskUse, membersOf, versionStanding } from "./cluster.ts"
import { failoverTimes } from "./failover-times.ts"
import { isStale, staleAfter } from "./freshness.ts"
import { clusterBelongs, eventBelongs, satelliteBelongs } from "./match.ts"
import { fillToneOf, lagTone } from "./tones.ts"

const fleet = exampleFleet()
const [cluster] = fleet.clusters
const [satellite] = fleet.satellites
assert.ok(cluster !== undefined && satellite !== undefined)

test("the primary comes first and the others keep their order by ordinal", () => {
  const instances = ["c-10", "c-2", "c-1"].map((pod) =>
    instance(pod, pod === "c-2" ? "primary" : "replica"),
  )
  const members = membersOf({ ...cluster, primary: "c-2", instances })
  assert.deepEqual(
    members.map(({ pod }) => pod),
    ["c-2", "c-1", "c-10"],
  )
})

test("two primaries are never shown: the one that the cluster does not name only claims to be", () => {
  const instances = [
    instance("c-0", "primary"),
    instance("c-1", "primary"),
    instance("c-2", "replica"),
  ]
  const members = membersOf({ ...cluster, primary: "c-1", instances })
  assert.deepEqual(
    members.map(({ pod, shown }) => `${pod} ${shown}`),
    ["c-1 primary", "c-0 claims-primary", "c-2 replica"],
  )
})

test("a refused configuration is said before anything else", () => {
  assert.equal(
    versionStanding({ ...cluster, desiredVersion: 3, appliedVersion: 3, applyProblem: "no" }).text,
    "v3 refused",
  )
  assert.deepEqual(
    versionStanding({ ...cluster, desiredVersion: 3, appliedVersion: 2 }).text,
    "v2, v3 wanted",
  )
  assert.equal(
    versionStanding({ ...cluster, desiredVersion: 1, appliedVersion: null }).behind,
    true,
  )
  assert.equal(versionStanding({ ...cluster, desiredVersion: 2, appliedVersion: 2 }).behind, false)
})

test("a configuration that is written is in force only by the word of the site", () => {
  const [desiredVersion, appliedVersion] = [3, 3]
  const of = (state: ChangeState, version = 3) =>
    versionStanding({
      ...cluster,
      desiredVersion,
      appliedVersion,
      change: {
        version,
        state,
        strategy: "reload",
        steps: [],
        reason: null,
        pendingRestart: [],
        startedAt: "",
        endedAt: null,
      },
    })
  assert.deepEqual(
    changeStates.map((state) => [of(state).text, of(state).behind]),
    [
      ["v3 applying", true],
      ["v3 in force", false],
      ["v3 blocked", true],
      ["v3 given up", true],
    ],
  )
  assert.equal(of("failed", 2).text, "v3 applied", "what was said of an earlier one is over")
})

test("what fills a disk besides data and WAL is shown as its own part, and never below zero", () => {
  const of = (more: object) => diskUse({ ...instance("c-0", "primary"), ...more })
  assert.deepEqual(of({ dataBytes: 40, walBytes: 10, diskTotalBytes: 100, diskFreeBytes: 30 }), {
    data: 40,
    wal: 10,
    other: 20,
    total: 100,
  })
  assert.equal(
    of({ dataBytes: 90, walBytes: 10, diskTotalBytes: 100, diskFreeBytes: 30 })?.other,
    0,
  )
  assert.equal(of({ diskTotalBytes: null }), undefined)
})

test("a report is stale when four were missed, and an absent one is not stale", () => {
  assert.equal(isStale(new Date(0).toISOString(), staleAfter), false)
  assert.equal(isStale(new Date(0).toISOString(), staleAfter + 1), true)
  assert.equal(isStale(null, Number.MAX_SAFE_INTEGER), false)
})

test("a live item is put only into lists whose filter it passes", () => {
  assert.equal(satelliteBelongs({ state: "lost" }, satellite), false)
  assert.equal(satelliteBelongs({ search: "LEIP" }, satellite), true)
  assert.equal(clusterBelongs({ satelliteId: satellite.id, state: cluster.state }, cluster), true)
  assert.equal(clusterBelongs({ search: "nowhere" }, cluster), false)
  assert.equal(clusterBelongs({ search: `${cluster.name} region=central` }, cluster), true)
  assert.equal(clusterBelongs({ search: "nowhere region=central" }, cluster), false)
  const warning = event(60, "warning", "k", "m", { cluster })
  assert.equal(eventBelongs({ severity: "warning", clusterId: cluster.id }, warning), true)
  assert.equal(eventBelongs({ severity: "error" }, warning), false)
  assert.equal(eventBelongs({ since: new Date().toISOString() }, warning), false)
})

test("sites with trouble come first, and undecided satellites are no sites", () => {
  const sites = sitesOf(fleet.satellites, fleet.clusters)
  assert.equal(sites[0]?.satellite.name, "depot-riga")
  assert.ok(sites.every(({ satellite: { state } }) => state !== "pending" && state !== "rejected"))
  assert.deepEqual(sites.flatMap((site) => site.clusters).length, fleet.clusters.length)
})

test("a lost site counts once: its unknown clusters do not count again", () => {
  const satellites = { pending: 0, rejected: 4, offline: 0, connected: 1, late: 0, lost: 1 }
  const clusters = {
    creating: 0,
    healthy: 1,
    degraded: 0,
    "failing-over": 0,
    unavailable: 0,
    paused: 0,
    deleting: 0,
    unknown: 3,
  }
  assert.equal(attentionCount({ satellites, clusters, observedAt: "" }), 1)
})

test("another person's edit is told label by label", () => {
  const before = { name: "a", labels: { x: "1", y: "2" } }
  assert.deepEqual(satelliteChanges(before, { name: "b", labels: { x: "3", z: "4" } }), [
    "name is now “b”",
    "label x is now 3, it was 1",
    "label z=4 was added",
    "label y was removed",
  ])
})

test("lag and fill begin to worry in time", () => {
  assert.equal(lagTone({ lagBytes: null, lagSeconds: null }), "quiet")
  assert.equal(lagTone({ lagBytes: 0, lagSeconds: 6 }), "warn")
  assert.equal(lagTone({ lagBytes: 2 * 1024 ** 3, lagSeconds: 0 }), "bad")
  assert.deepEqual([0.5, 0.8, 0.95].map(fillToneOf), ["busy", "warn", "bad"])
})

test("the time of a failover is split only where every part is told", () => {
  const details = {
    detectMs: "610",
    electMs: "40",
    promoteMs: "3600",
    routeMs: "100",
    totalMs: "4350",
  }
  assert.deepEqual(failoverTimes({ details }), {
    parts: [
      { name: "Detect", ms: 610 },
      { name: "Elect", ms: 40 },
      { name: "Promote", ms: 3600 },
      { name: "Route", ms: 100 },
    ],
    total: 4350,
  })
  assert.equal(failoverTimes({ details: { ...details, routeMs: "" } }), undefined)
  assert.equal(failoverTimes({ details: {} }), undefined)
})
