/** The stand-in's rollouts and freeze windows: one that waits at its gate, and what is asked for here. */
import { randomUUID } from "node:crypto"
import { entryStates, type EntryState } from "#core/rollout/entry.ts"
import type { RolloutState } from "#core/rollout/waves.ts"
import type { LiveMessage } from "#wire/live.ts"
import type { Cluster } from "#wire/rest/clusters.ts"
import type { FreezeWindow } from "#wire/rest/freeze-windows.ts"
import type { Rollout, RolloutCluster, RolloutPlanBody } from "#wire/rest/rollouts.ts"
import { FakeRefusal, type Handlers, one, page } from "./fake-answers.ts"
import { type FakeFleet } from "./fleet.ts"
import { ago } from "./fleet-parts.ts"

const counted = (clusters: readonly RolloutCluster[]): Rollout["counts"] =>
  // Every state gets its entry.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  Object.fromEntries(
    entryStates.map((state) => [state, clusters.filter((each) => each.state === state).length]),
  ) as Rollout["counts"]

const entry = (
  cluster: Cluster,
  stage: number,
  state: EntryState,
  reason = "",
): RolloutCluster => ({
  clusterId: cluster.id,
  name: cluster.name,
  namespace: cluster.namespace,
  satelliteId: cluster.satelliteId,
  satelliteName: cluster.satelliteName,
  stage,
  state,
  reason,
  fromVersion: 1,
  strategy: "sequential-restart",
  operationId: null,
  changedAt: ago(90 * (stage + 1)),
})

/** A rollout as it would be shown with its clusters standing so. */
export function exampleRollout(
  clusters: readonly Cluster[],
  more: Partial<Rollout> = {},
): { readonly rollout: Rollout; readonly clusters: readonly RolloutCluster[] } {
  const [first, second, third, fourth, fifth] = clusters
  const entries = [
    first && entry(first, 0, "done"),
    second && entry(second, 0, "failed", "orders-1 did not start: could not map shared memory"),
    third && entry(third, 1, "waiting"),
    fourth && entry(fourth, 1, "owed", "its site is away; it takes the change when it is back"),
    fifth && entry(fifth, 1, "applying", "member 2 of 3 restarts"),
  ].filter((each) => each !== undefined)
  const stage = (name: string, at: number, gate: boolean): Rollout["stages"][number] => {
    const of = entries.filter((each) => each.stage === at)
    const share = at === 0 ? { kind: "percent" as const, percent: 40 } : { kind: "rest" as const }
    const counts = { clusterCount: of.length, counts: counted(of) }
    return { name, share, maxParallel: 2, bakeSeconds: 60, gate, gatePassedBy: null, ...counts }
  }
  const rollout: Rollout = {
    id: randomUUID(),
    profileId: first?.profileId ?? randomUUID(),
    profileName: first?.profileName ?? "",
    specVersion: 2,
    note: "more memory for the month-end reports",
    actor: "admin",
    state: "at-gate",
    reason: "stage the rest waits for a person to pass its gate",
    stage: 0,
    gate: 1,
    haltAfter: 2,
    onHalt: "stay",
    whenUnhealthy: "wait",
    ignoreFreeze: false,
    changeWithinSeconds: 3600,
    unhealthyForSeconds: 300,
    clusterCount: entries.length,
    counts: counted(entries),
    stages: [stage("canary", 0, false), stage("the rest", 1, true)],
    createdAt: ago(900),
    changedAt: ago(120),
    endedAt: null,
    ...more,
  }
  return { rollout, clusters: entries }
}

export function rolloutHandlers(fleet: FakeFleet, push: (message: LiveMessage) => void): Handlers {
  const example = exampleRollout(fleet.clusters)
  const hasAny = fleet.clusters.length > 0
  let rollouts: Rollout[] = hasAny ? [example.rollout] : []
  const windows: FreezeWindow[] = hasAny
    ? [
        {
          id: randomUUID(),
          name: "opening hours",
          selector: { kind: "store" },
          time: {
            kind: "weekly",
            days: ["mon", "tue", "wed", "thu", "fri"],
            from: "08:00",
            until: "18:00",
            timeZone: "Europe/Berlin",
          },
          isActive: true,
          createdAt: ago(500_000),
          version: 1,
        },
      ]
    : []
  const to =
    (state: RolloutState) =>
    ({ params }: { readonly params: { readonly id: string } }): Rollout => {
      const saved = { ...one(rollouts, params.id), state, gate: null, changedAt: ago(0) }
      rollouts = rollouts.map((each) => (each.id === saved.id ? saved : each))
      push({ kind: "refetch", resource: "rollouts" })
      return saved
    }
  const chosen = ({ profileId, clusterIds }: RolloutPlanBody): readonly Cluster[] =>
    fleet.clusters.filter(
      (cluster) => cluster.profileId === profileId && (clusterIds?.includes(cluster.id) ?? true),
    )
  const verdictOf = (cluster: Cluster, target: number) => {
    const { state } = one(fleet.satellites, cluster.satelliteId)
    if (cluster.specVersion === target) return { verdict: "has" as const, reason: null }
    return state === "connected"
      ? { verdict: "move" as const, reason: null }
      : { verdict: "owe" as const, reason: "its site is away; it takes the change when it is back" }
  }
  return {
    previewRollout: ({ body }) => {
      const target = body.specVersion ?? one(fleet.profiles, body.profileId).specVersion
      const clusters = chosen(body).map((cluster) => ({
        ...cluster,
        fromVersion: cluster.specVersion,
        strategy: "sequential-restart" as const,
        summary: "3 members restart one after another",
        takesFrom: null,
        ...verdictOf(cluster, target),
      }))
      const count = (verdict: string) => clusters.filter((each) => each.verdict === verdict).length
      const names = body.stages?.map(({ name, gate }) => ({ name, gate })) ?? [
        { name: "all", gate: false },
      ]
      const { maxParallel, bakeSeconds } = body
      return {
        profileId: body.profileId,
        specVersion: target,
        clusterCount: clusters.length,
        counts: { move: count("move"), owe: count("owe"), has: count("has"), refuse: 0 },
        strategies: {
          none: 0,
          reload: 0,
          grow: 0,
          scale: 0,
          restart: 0,
          "sequential-restart": clusters.length,
          "full-restart": 0,
          immutable: 0,
        },
        warnings: [],
        stages: names.map((stage, at) => {
          const of = clusters.filter((_, place) => place % names.length === at)
          return { ...stage, maxParallel, bakeSeconds, clusterCount: of.length, clusters: of }
        }),
        frozenBy: [],
        refusal: null,
      }
    },
    createRollout: ({ body }) => {
      const { rollout } = exampleRollout(chosen(body), {
        profileId: body.profileId,
        profileName: one(fleet.profiles, body.profileId).name,
        note: body.note,
        state: "running",
        reason: "",
        gate: null,
      })
      rollouts = [rollout, ...rollouts]
      push({ kind: "refetch", resource: "rollouts" })
      return rollout
    },
    listRollouts: ({ query }) =>
      page(
        rollouts.filter(({ state }) => state === (query.state ?? state)),
        query,
      ),
    getRollout: ({ params }) => one(rollouts, params.id),
    listRolloutClusters: ({ query }) =>
      page(
        example.clusters
          .filter(({ state }) => state === (query.state ?? state))
          .map((each) => ({ ...each, id: each.clusterId })),
        query,
      ),
    pauseRollout: to("paused"),
    resumeRollout: to("running"),
    haltRollout: to("halted"),
    rollBackRollout: to("rolling-back"),
    cancelRollout: to("cancelling"),
    passRolloutGate: to("running"),
    listFreezeWindows: ({ query }) => page(windows, query),
    createFreezeWindow: ({ body }) => {
      if (windows.some(({ name }) => name === body.name))
        throw new FakeRefusal(409, "NAME_TAKEN", `there is a window called ${body.name} already`)
      const made = { ...body, id: randomUUID(), isActive: false, createdAt: ago(0), version: 1 }
      windows.push(made)
      return made
    },
    deleteFreezeWindow: ({ params }) => {
      windows.splice(windows.indexOf(one(windows, params.id)), 1)
    },
  }
}
