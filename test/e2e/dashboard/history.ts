/** What clusters of the pretended fleet went through: role changes and operations. */
import { randomUUID } from "node:crypto"
import type { Operation, OperationStep } from "#wire/rest/operations.ts"
import type { RoleChange } from "#wire/rest/role-changes.ts"
import { stepsOf, switchoverSteps, type SwitchoverStep } from "#core/switchover/operation.ts"

const ago = (seconds: number): string => new Date(Date.now() - seconds * 1000).toISOString()

type ClusterLike = {
  readonly id: string
  readonly satelliteId: string
  readonly name?: string
  readonly namespace?: string
}

/** A failover that took about a second, changed where a test says so. */
export function roleChange(
  { id: clusterId }: ClusterLike,
  at: number,
  change: Partial<RoleChange> = {},
): RoleChange {
  return {
    id: randomUUID(),
    clusterId,
    at: ago(at),
    kind: "failover",
    cause: "server-crashed",
    evidence: [],
    from: null,
    to: "telemetry-2",
    term: 4,
    timeline: 4,
    lsn: "3A/7C2D49F0",
    lostBytes: null,
    lostCommits: null,
    lostLsn: null,
    lossPossible: false,
    detectMs: 120,
    electMs: 60,
    promoteMs: 640,
    routeMs: 80,
    totalMs: 900,
    ...change,
  }
}

/** Five role changes of one cluster, newest first: one of each kind, and one that lost something. */
export const exampleRoleChanges = (
  cluster: ClusterLike,
  [zero, one, two]: readonly [string, string, string],
): RoleChange[] => [
  roleChange(cluster, 3_605, {
    from: zero,
    to: two,
    evidence: [
      `the WAL stream from ${zero} ended 118 ms before the campaign`,
      `${zero} let go of the Lease of term 3, 21 ms before the campaign: its server had crashed or its data could not be served`,
      `it named ${two} as its successor`,
      "won with 2 of 3 votes, none ahead of 3A/7C2D49F0",
      `${one} voted for it, having 3A/7C2D49F0 on timeline 3`,
      `${zero} did not answer`,
    ],
  }),
  roleChange(cluster, 86_400 * 2, {
    kind: "switchover",
    cause: "handed-over",
    from: one,
    to: zero,
    term: 3,
    timeline: 3,
    lsn: "38/11000028",
    evidence: [
      `the WAL stream from ${one} ended 64 ms before the campaign`,
      `${one} let go of the Lease of term 2, 31 ms before the campaign: it handed over`,
      "its shutdown checkpoint is at 38/11000028",
      `it named ${zero} as its successor`,
      "won with 2 of 3 votes, none ahead of 38/110000A0",
    ],
    detectMs: 64,
    electMs: 35,
    promoteMs: 120,
    routeMs: 22,
    totalMs: 241,
  }),
  roleChange(cluster, 86_400 * 9, {
    kind: "restart",
    cause: "server-crashed",
    from: one,
    to: one,
    term: 2,
    timeline: 2,
    lsn: null,
    evidence: [
      `the server of ${one} exited by itself 12 ms before it was started again`,
      `${one} held the Lease of term 2 all the time`,
    ],
    detectMs: 12,
    electMs: null,
    promoteMs: 810,
    routeMs: 0,
    totalMs: 822,
  }),
  roleChange(cluster, 86_400 * 20, {
    cause: "holder-silent",
    from: zero,
    to: one,
    term: 2,
    timeline: 2,
    lsn: "21/4A0003C8",
    evidence: [
      `the WAL receiver last heard from ${zero} 6410 ms before the campaign`,
      `${zero} last renewed the Lease of term 1, 6032 ms before the campaign`,
      `${zero} last asked for a pledge 6198 ms before the campaign`,
      "won with 2 of 3 votes, none ahead of 21/4A0003C8",
    ],
    lossPossible: true,
    lostBytes: 49_152,
    lostCommits: 12,
    lostLsn: "21/4A00C3C8",
    detectMs: 6_032,
    electMs: 210,
    promoteMs: 540,
    routeMs: 44,
    totalMs: 6_826,
  }),
  roleChange(cluster, 2_400_000, {
    kind: "bootstrap",
    cause: "new-cluster",
    to: zero,
    term: 1,
    timeline: 1,
    lsn: "0/0",
    evidence: ["no member has data and no record of this cluster exists"],
    detectMs: null,
    electMs: 40,
    promoteMs: 2_310,
    routeMs: 50,
    totalMs: 2_400,
  }),
]

/** A switchover in which the steps before `running` are done. */
export function switchover(
  cluster: ClusterLike,
  at: number,
  change: Partial<Operation> & { readonly running?: SwitchoverStep } = {},
): Operation {
  const { running, ...rest } = change
  const began = Date.now() - at * 1000
  const after = (steps: number): string => new Date(began + 50 * steps).toISOString()
  const place = running === undefined ? switchoverSteps.length : switchoverSteps.indexOf(running)
  return {
    id: randomUUID(),
    kind: "switchover",
    clusterId: cluster.id,
    clusterName: cluster.name ?? "telemetry",
    namespace: cluster.namespace ?? "databases",
    rolloutId: null,
    fromVersion: null,
    toVersion: null,
    satelliteId: cluster.satelliteId,
    actor: "admin",
    state: running === undefined ? "succeeded" : "running",
    target: "telemetry-1",
    steps: switchoverSteps.map((name, index): OperationStep => ({
      name,
      state: index < place ? "done" : index === place ? "running" : "pending",
      startedAt: index <= place ? after(index) : null,
      endedAt: index < place ? after(index + 1) : null,
      detail: "",
    })),
    pointOfNoReturnAt: place > switchoverSteps.indexOf("release") ? after(6) : null,
    error: null,
    createdAt: ago(at + 0.2),
    startedAt: after(0),
    endedAt: running === undefined ? after(8) : null,
    ...rest,
  }
}

/** What was asked of one member, and is done. */
export const command = (
  cluster: ClusterLike,
  kind: "fence" | "unfence" | "promote",
  target: string | null,
): Operation => ({
  ...switchover(cluster, 0, { target, pointOfNoReturnAt: ago(0) }),
  kind,
  steps: stepsOf[kind].map((name) => ({
    name,
    state: "done",
    startedAt: ago(1),
    endedAt: ago(0),
    detail: "",
  })),
})
