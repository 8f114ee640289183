/** What a person does to one running cluster by REST: a restart of all its servers at once; a pause, and its end. */
import assert from "node:assert/strict"
import { isOver } from "#core/switchover/operation.ts"
import type { Cluster } from "#wire/rest/clusters.ts"
import type { Answer } from "#wire/rest/routes.ts"
import type { CentralApi } from "../../src/demo/central-api.ts"
import { type PodProcess, signalAll } from "../../src/demo/containers.ts"
import type { Pod } from "../../src/demo/kube.ts"
import { Writer } from "../../src/demo/writer.ts"
import { untilWhole } from "./failover.suite.ts"
import { until } from "./wait.ts"
import type { World } from "./world.ts"

export type Operation = Answer<"getOperation">

const wholeMs = 180_000
/** The satellite gives a switchover 90 s, and one that was killed must first be the only one again. */
const overMs = 180_000

export const untilOver = (api: CentralApi, id: string): Promise<Operation> =>
  until(
    "the operation is over",
    overMs,
    async () => {
      const now = await api.call("getOperation", { params: { id } })
      return isOver(now.state) ? now : undefined
    },
    () => api.call("getOperation", { params: { id } }),
  )

/** Every server anew, in the pods and containers that there are; the primary keeps its role and term. */
export async function restartedInFull(
  api: CentralApi,
  world: World,
  id: string,
  say: (line: string) => void,
): Promise<void> {
  const params = { id }
  const primary = await untilWhole(world, wholeMs)
  const before = await identity(world)
  const servers = await serversOf(api, id)
  await using writer = new Writer(`restart-${Date.now()}`, world.database, 20)
  await writer.nextCommit(wholeMs)
  const since = performance.now()
  const asked = await api.call("restartCluster", { params, body: { mode: "full" } })
  const over = await untilOver(api, asked.id)
  assert.deepEqual([over.state, over.error], ["succeeded", null])
  assert.equal((await untilWhole(world, wholeMs)).name, primary.name)
  await writer.nextCommit(wholeMs)
  assert.deepEqual(await identity(world), before, "same term, same pods, same containers")
  for (const [pod, startedAt] of await serversOf(api, id))
    assert.ok(startedAt > (servers.get(pod) ?? ""), `the server of ${pod} is new`)
  assert.deepEqual(await writer.lost(), [], "acknowledged commits are missing")
  say(`restarted in full: no write for ${Math.round(writer.longestGap(since).ms)} ms`)
}

async function identity({ kube, namespace, cluster }: World) {
  const pods = await kube.pods(namespace, cluster)
  const { term } = await kube.lease(namespace, cluster)
  return { term, pods: pods.map(({ name, uid, restarts }) => ({ name, uid, restarts })) }
}

/** Since when each server runs, by its sidecar's word. */
async function serversOf(api: CentralApi, id: string): Promise<ReadonlyMap<string, string>> {
  const { instances } = await api.call("getCluster", { params: { id } })
  return new Map(instances.map(({ pod, startedAt }) => [pod, startedAt ?? ""]))
}

/**
 * While it is paused, nobody takes over from a primary that does not answer any more, and that is said; resumed, the
 * cluster helps itself. `processesOf` finds the processes of a pod, which stand still meanwhile.
 */
export async function pausedByHand(
  api: CentralApi,
  world: World,
  id: string,
  processesOf: (pod: string) => Promise<readonly PodProcess[]>,
  say: (line: string) => void,
): Promise<void> {
  const params = { id }
  const { kube, namespace, cluster } = world
  const primary = await untilWhole(world, wholeMs)
  const { term } = await kube.lease(namespace, cluster)
  await using writer = new Writer(`pause-${Date.now()}`, world.database, 20)
  await writer.nextCommit(wholeMs)
  const begun = performance.now()
  await api.call("pauseCluster", { params, body: { reason: "to look at it" } })
  const paused = await untilCluster(api, id, "every member knows of the pause", isInForce)
  assert.equal(paused.state, "paused")
  say(`paused everywhere after ${Math.round(performance.now() - begun)} ms`)

  const since = performance.now()
  const frozen = await processesOf(primary.name)
  assert.ok(signalAll(frozen, "SIGSTOP") > 0, "something was frozen")
  try {
    await untilCluster(
      api,
      id,
      "central says that the paused cluster waits for a person",
      ({ state, reason }) => state === "unavailable" && reason.startsWith("paused, and no member"),
    )
    assert.equal((await kube.lease(namespace, cluster)).term, term, "nobody took the role")
    const pods = await kube.pods(namespace, cluster)
    assert.deepEqual(
      pods.filter((pod) => leads(pod) && pod.name !== primary.name),
      [],
    )
    await until("an event says it too", wholeMs, async () => {
      const { items } = await api.call("listEvents", { query: { limit: 100 } })
      return items.find(({ kind, clusterId }) => kind === "failover.paused" && clusterId === id)
    })
    await api.call("resumeCluster", { params })
    await writer.nextCommit(wholeMs)
  } finally {
    signalAll(frozen, "SIGCONT")
  }
  const after = await untilWhole(world, wholeMs)
  await untilCluster(api, id, "it is resumed everywhere", isInForce)
  assert.deepEqual(await writer.lost(), [], "acknowledged commits are missing")
  say(
    `paused and resumed: ${primary.name} -> ${after.name}, no write for ${Math.round(writer.longestGap(since).ms)} ms`,
  )
}

const leads = ({ role, deleting }: Pod): boolean => role === "primary" && !deleting

const isInForce = ({ desiredVersion, inForceVersion }: Cluster): boolean =>
  inForceVersion === desiredVersion

function untilCluster(
  api: CentralApi,
  id: string,
  what: string,
  is: (cluster: Cluster) => boolean,
): Promise<Cluster> {
  const look = () => api.call("getCluster", { params: { id } })
  return until(
    what,
    wholeMs,
    async () => {
      const now = await look()
      return is(now) ? now : undefined
    },
    async () => {
      const { state, reason, change, desiredVersion } = await look()
      return { state, reason, change, desiredVersion }
    },
  )
}
