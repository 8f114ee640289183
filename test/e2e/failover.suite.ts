/**
 * The promise of the product, as a scenario: an application writes through the `-rw` service and notes each
 * acknowledged commit, while the primary is lost in one way after the other. Each time another member takes
 * over, the old one comes back and streams, and in the synchronous setting nothing acknowledged is missing.
 */
import assert from "node:assert/strict"
import { Client } from "pg"
import type { Pod } from "../../src/demo/kube.ts"
import { type Gap, Writer } from "../../src/demo/writer.ts"
import { until } from "./wait.ts"
import type { World } from "./world.ts"

/** Generous: the figures are printed, not judged, except that it must end. */
const takeoverMs = 60_000
const rejoinMs = 120_000

export type Outcome = {
  readonly fault: string
  readonly from: string
  readonly to: string
  readonly term: number
  readonly gap: Gap
  readonly acknowledged: number
}

/** Restarts of every container of the cluster, by pod and container. */
const restartsOf = (pods: readonly Pod[]): Readonly<Record<string, number>> =>
  Object.fromEntries(
    pods.flatMap(({ name, uid, restarts }) =>
      Object.entries(restarts).map(([container, count]) => [`${name}/${uid}/${container}`, count]),
    ),
  )

/** Names of the members that stream from the primary of now. */
async function streaming(world: World): Promise<readonly string[]> {
  const client = new Client({
    ...world.database,
    connectionTimeoutMillis: 2_000,
    query_timeout: 2_000,
  })
  client.on("error", () => undefined)
  try {
    await client.connect()
    const { rows } = await client.query<{ name: string }>(
      "select application_name as name from pg_stat_replication where state = 'streaming'",
    )
    return rows.map(({ name }) => name)
  } finally {
    await client.end().catch(() => undefined)
  }
}

/**
 * One primary, everybody ready, everybody else streaming, and on record as those who may hold the last commit:
 * from here on, losing one member is a single fault (again).
 */
export async function untilWhole(world: World, withinMs: number): Promise<Pod> {
  const pods = () => world.kube.pods(world.namespace, world.cluster)
  return until(
    `${world.members} members ready and all but one streaming`,
    withinMs,
    async () => {
      const there = await pods()
      const primaries = there.filter(({ role }) => role === "primary")
      const ready = there.filter((pod) => pod.ready && !pod.deleting)
      if (primaries.length !== 1 || ready.length !== world.members) return undefined
      if ((await streaming(world)).length !== world.members - 1) return undefined
      const { syncSet } = await world.kube.lease(world.namespace, world.cluster)
      return syncSet.length === world.members - 1
        ? primaries.find(({ name }) => !syncSet.includes(name))
        : undefined
    },
    async () => ({
      pods: (await pods()).map(({ name, role, ready }) => `${name} ${role} ready=${ready}`),
      streaming: await streaming(world).catch(String),
      lease: await world.kube.lease(world.namespace, world.cluster),
    }),
  )
}

/** Loses the primary by `strike`, and waits until another member leads and the old one is back. */
async function loseThePrimary(
  world: World,
  writer: Writer,
  fault: string,
  strike: (primary: Pod) => Promise<AsyncDisposable | void>,
  options: { readonly restarts: "none" | "any" },
): Promise<Outcome> {
  const before = await untilWhole(world, rejoinMs)
  const restartsBefore = restartsOf(await world.kube.pods(world.namespace, world.cluster))
  const { term: termBefore } = await world.kube.lease(world.namespace, world.cluster)
  const since = performance.now()
  const damage = await strike(before)
  await writer.nextCommit(takeoverMs)
  const after = await until(
    `another member than ${before.name} is primary`,
    takeoverMs,
    async () => {
      const pod = await world.kube.primary(world.namespace, world.cluster)
      return pod === undefined || pod.name === before.name ? undefined : pod
    },
    () => world.kube.pods(world.namespace, world.cluster),
  )
  if (damage !== undefined) await damage[Symbol.asyncDispose]()
  const whole = await untilWhole(world, rejoinMs)
  assert.equal(whole.name, after.name, "the new primary stays when the old one comes back")
  const { term } = await world.kube.lease(world.namespace, world.cluster)
  assert.ok(term > termBefore, `a new primary has a new term: ${termBefore} -> ${term}`)
  if (options.restarts === "none") {
    const restartsAfter = restartsOf(await world.kube.pods(world.namespace, world.cluster))
    assert.deepEqual(restartsAfter, restartsBefore, "Kubernetes restarted a container")
  }
  await writer.nextCommit(takeoverMs)
  return {
    fault,
    from: before.name,
    to: after.name,
    term,
    gap: writer.longestGap(since),
    acknowledged: writer.acknowledged.length,
  }
}

/** Runs the whole scenario; returns what was measured. Throws where a promise is broken. */
export async function failoverScenario(
  world: World,
  name: string,
  say: (line: string) => void,
): Promise<readonly Outcome[]> {
  await untilWhole(world, rejoinMs)
  await using writer = new Writer(`${name}-${Date.now()}`, world.database, 20)
  await writer.nextCommit(takeoverMs)
  const outcomes: Outcome[] = []
  const step = async (
    ...args: Parameters<typeof loseThePrimary> extends [unknown, unknown, ...infer R] ? R : never
  ): Promise<void> => {
    outcomes.push(await loseThePrimary(world, writer, ...args))
    const lost = await writer.lost()
    assert.deepEqual(lost, [], `acknowledged commits are missing after: ${args[0]}`)
  }
  await step("postmaster killed", (primary) => world.killPostmaster(primary.name), {
    restarts: "none",
  })
  await step("pod deleted", (primary) => world.kube.deletePod(world.namespace, primary.name), {
    restarts: "any",
  })
  const { vanishNode } = world
  if (vanishNode !== undefined)
    await step("node vanished", (primary) => vanishNode(primary.name), { restarts: "any" })
  await writer.stop()
  assert.deepEqual(await writer.lost(), [], "acknowledged commits are missing at the end")
  for (const line of table(name, outcomes, writer)) say(line)
  return outcomes
}

function table(name: string, outcomes: readonly Outcome[], writer: Writer): readonly string[] {
  return [
    `${name}: ${writer.acknowledged.length} commits acknowledged, none missing`,
    `${"fault".padEnd(20)}${"from".padEnd(18)}${"to".padEnd(18)}term   writes away`,
    ...outcomes.map(
      ({ fault, from, to, term, gap }) =>
        `${fault.padEnd(20)}${from.padEnd(18)}${to.padEnd(18)}${String(term).padStart(4)}   ${(gap.ms / 1000).toFixed(2).padStart(8)} s`,
    ),
  ]
}
