import assert from "node:assert/strict"
import { test } from "node:test"
import type { SidecarStatus } from "#core/cluster/sidecar.ts"
import type { ClusterState, InstancePhase } from "#core/cluster/state.ts"
import { clusterId, configVersion, podName, systemIdentifier, term, timeline } from "#core/ids.ts"
import { lsn } from "#core/lsn.ts"
import { millis } from "#core/units.ts"
import { instanceHealth } from "../../../test/fixtures/instance-health.ts"
import { type HealthInput, type MemberSeen, type PodSeen, clusterHealth } from "./health.ts"

const id = clusterId("1c6f3ab5-2b8d-4d37-8d3c-7f1b1b7b0001")

const pod: PodSeen = {
  ready: true,
  restarts: 0,
  deleting: false,
  labelledPrimary: false,
  stuck: undefined,
}

const report = (
  name: string,
  phase: InstancePhase,
  changes: Partial<SidecarStatus> & { readonly at?: bigint; readonly ready?: boolean } = {},
): SidecarStatus => ({
  term: changes.term ?? term(3),
  holdsLease: changes.holdsLease ?? phase === "primary",
  systemIdentifier: systemIdentifier("7400000000000000001"),
  handOver: undefined,
  health: instanceHealth(podName(name), {
    role: phase === "primary" ? "primary" : "replica",
    phase,
    ready: changes.ready ?? (phase === "primary" || phase === "streaming"),
    timeline: timeline(2),
    receivedLsn: lsn(changes.at ?? 5_000n),
    replayedLsn: lsn(changes.at ?? 5_000n),
    receiver: phase === "streaming" ? "streaming" : undefined,
  }),
})

const member = (
  ordinal: number,
  phase: InstancePhase | undefined,
  changes: Parameters<typeof report>[2] & { readonly seen?: PodSeen | undefined } = {},
): MemberSeen => ({
  pod: podName(`orders-${ordinal}`),
  seen: "seen" in changes ? changes.seen : pod,
  report: phase === undefined ? undefined : report(`orders-${ordinal}`, phase, changes),
})

const input = (pods: readonly MemberSeen[], changes: Partial<HealthInput> = {}): HealthInput => ({
  clusterId: id,
  members: 3,
  intent: "running",
  appliedVersion: configVersion(1),
  outcome: { kind: "applied" },
  systemIdentifier: systemIdentifier("7400000000000000001"),
  term: term(3),
  pods,
  withoutPrimary: millis(0),
  observedAt: 1_700_000_000_000,
  ...changes,
})

const [healthy0, healthy1, healthy2] = [
  member(0, "primary"),
  member(1, "streaming"),
  member(2, "streaming"),
]
const healthy = [healthy0, healthy1, healthy2]
const leaderless = [member(0, "stopped"), member(1, "streaming"), member(2, "streaming")]
const fresh = { systemIdentifier: undefined, withoutPrimary: undefined }

/** What is seen, and the word for it. Each row is one rule. */
const rows: readonly (readonly [string, HealthInput, ClusterState, RegExp])[] = [
  [
    "a primary and streaming replicas",
    input(healthy),
    "healthy",
    /orders-0 is primary, 2 standbys/,
  ],
  ["one member that is primary", input([member(0, "primary")], { members: 1 }), "healthy", /only/],
  [
    "a replica that clones",
    input([healthy0, member(1, "cloning"), healthy2]),
    "degraded",
    /orders-1 is cloning/,
  ],
  [
    "a replica that catches up",
    input([healthy0, member(1, "catching-up"), healthy2]),
    "degraded",
    /orders-1 is catching-up/,
  ],
  [
    "a replica in quarantine",
    input([healthy0, member(1, "quarantined"), healthy2]),
    "degraded",
    /orders-1 is quarantined/,
  ],
  [
    "a replica without a pod",
    input([healthy0, member(1, undefined, { seen: undefined }), healthy2]),
    "degraded",
    /orders-1 has no pod/,
  ],
  [
    "a replica that is stopped",
    input([healthy0, member(1, "streaming", { seen: { ...pod, deleting: true } }), healthy2]),
    "degraded",
    /orders-1 is being stopped/,
  ],
  [
    "a replica that does not report",
    input([healthy0, member(1, undefined), healthy2]),
    "degraded",
    /orders-1 does not report/,
  ],
  [
    "a replica that streams but is not ready",
    input([healthy0, member(1, "streaming", { ready: false }), healthy2]),
    "degraded",
    /not ready/,
  ],
  [
    "a primary that is not ready",
    input([member(0, "primary", { ready: false }), healthy1, healthy2]),
    "degraded",
    /orders-0 is primary but not ready/,
  ],
  [
    "the last report of a primary that was replaced",
    input([member(0, "primary", { term: term(2) }), member(1, "primary"), healthy2]),
    "degraded",
    /^orders-0 does not report to the satellite$/,
  ],
  [
    "a second primary in the same term",
    input([member(0, "primary"), member(1, "primary"), healthy2]),
    "degraded",
    /also reports to be primary/,
  ],
  [
    "a paused cluster that nobody serves",
    input(leaderless, { intent: "paused", withoutPrimary: millis(2_000) }),
    "unavailable",
    /paused, and no member serves writes.*promote/,
  ],
  [
    "no primary since a moment",
    input(leaderless, { withoutPrimary: millis(2_000) }),
    "failing-over",
    /no member holds the Lease/,
  ],
  [
    "no primary since long",
    input(leaderless, { withoutPrimary: millis(60_000) }),
    "unavailable",
    /no member serves writes/,
  ],
  [
    "no primary was ever seen by this satellite",
    input(leaderless, { withoutPrimary: undefined }),
    "unavailable",
    /no member serves writes/,
  ],
  [
    "a single member that is not primary",
    input([member(0, "starting")], { members: 1, withoutPrimary: millis(500) }),
    "unavailable",
    /orders-0 is starting/,
  ],
  [
    "only quarantined members",
    input([member(0, "quarantined"), member(1, "quarantined")], { withoutPrimary: millis(500) }),
    "unavailable",
    /quarantined/,
  ],
  [
    "a primary that reports without the Lease",
    input([member(0, "primary", { holdsLease: false }), ...healthy.slice(1)], {
      withoutPrimary: millis(100),
    }),
    "failing-over",
    /no member holds the Lease/,
  ],
  [
    "silence, while Kubernetes calls a labelled primary ready",
    input([
      member(0, undefined, { seen: { ...pod, labelledPrimary: true } }),
      member(1, undefined),
    ]),
    "unknown",
    /Kubernetes calls orders-0 a ready primary/,
  ],
  [
    "silence, and no ready primary",
    input([member(0, undefined), member(1, undefined)]),
    "unavailable",
    /no sidecar reports/,
  ],
  [
    "pods that cannot run",
    input([
      member(0, undefined, {
        seen: { ...pod, ready: false, stuck: "container postgres waits: ErrImagePull" },
      }),
    ]),
    "unavailable",
    /ErrImagePull/,
  ],
  [
    "a sidecar that runs, and no image for its server",
    input(
      [
        member(0, "unknown", {
          seen: { ...pod, ready: false, stuck: "container postgres waits: ErrImagePull" },
        }),
      ],
      { members: 1 },
    ),
    "unavailable",
    /no member serves writes; orders-0 does not run: container postgres waits: ErrImagePull/,
  ],
  [
    "no pod at all",
    input([member(0, undefined, { seen: undefined })]),
    "unavailable",
    /no pod of it exists/,
  ],
  [
    "nothing initialised yet",
    input([member(0, undefined)], fresh),
    "creating",
    /1 of 3 pods exist/,
  ],
  [
    "its first member being made",
    input([member(0, "initialising")], fresh),
    "creating",
    /orders-0 is initialising/,
  ],
  [
    "a new cluster that waits for its site",
    input([], {
      ...fresh,
      outcome: { kind: "waiting", reason: "namespace shop is being deleted" },
    }),
    "creating",
    /namespace shop is being deleted/,
  ],
  [
    "a new cluster that the site refuses",
    input([], {
      ...fresh,
      outcome: { kind: "refused", problems: [{ field: "name", problem: "is taken" }] },
    }),
    "unavailable",
    /name: is taken/,
  ],
  ["a healthy cluster that is paused", input(healthy, { intent: "paused" }), "paused", /paused/],
  [
    "a healthy cluster on its way out",
    input(healthy, { intent: "deleting" }),
    "deleting",
    /removed/,
  ],
]

for (const [what, seen, state, reason] of rows)
  test(`${what}: ${state}`, () => {
    const health = clusterHealth(seen)
    assert.equal(health.state, state, health.reason)
    assert.match(health.reason, reason)
  })

test("of two that claim to be primary, the later term counts", () => {
  const pods = [member(0, "primary", { term: term(2) }), member(1, "primary", { term: term(4) })]
  const health = clusterHealth(input(pods))
  assert.equal(health.primary, "orders-1")
  assert.equal(health.term, 4)
})

test("lag is counted against what the primary has written", () => {
  const pods = [
    member(0, "primary", { at: 9_000n }),
    member(1, "streaming", { at: 8_500n }),
    member(2, "streaming", { at: 9_500n }),
  ]
  const lags = clusterHealth(input(pods)).instances.map(({ lagBytes }) => lagBytes)
  assert.deepEqual(lags, [0, 500, 0])
})

test("a member without a report shows nothing that is not known", () => {
  const [first] = clusterHealth(
    input([member(0, undefined, { seen: { ...pod, restarts: 2 } })]),
  ).instances
  assert.ok(first)
  assert.equal(first.role, "unknown")
  assert.equal(first.ready, false)
  assert.equal(first.containerRestarts, 2)
  assert.equal(first.lagBytes, undefined)
  assert.equal(first.timeline, undefined)
})

test("container restarts are what Kubernetes counts, whatever the sidecar says", () => {
  const [first] = clusterHealth(
    input([member(0, "primary", { seen: { ...pod, restarts: 5 } })]),
  ).instances
  assert.equal(first?.containerRestarts, 5)
})
