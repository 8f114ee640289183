/** Every kind of operation, with central gone after each of its steps: the next central goes on from there. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { podName } from "#core/ids.ts"
import { askedKinds, type OperationReport, stepsOf } from "#core/switchover/operation.ts"
import { begun, ended, noSteps } from "#core/switchover/steps.ts"
import type { Operation } from "#wire/rest/operations.ts"
import type { RouteName } from "#wire/rest/routes.ts"
import type { Central } from "../../src/central/central.ts"
import { Api, quick, restUrl, rulePut } from "../fixtures/central.ts"
import { centrals } from "../fixtures/centrals.ts"
import { clusterHealth } from "../fixtures/cluster-health.ts"
import { operationReport } from "../fixtures/operation-report.ts"
import { ObedientSite } from "../fixtures/obedient-site.ts"
import { eventually, type SiteStream } from "../fixtures/site.ts"

const fleet = centrals()

/** A central that can be replaced by another on the same database. */
class Mortal {
  readonly url: string
  central: Central
  api: Api

  constructor({ url, running, api }: Awaited<ReturnType<typeof fleet.central>>) {
    this.url = url
    this.central = running
    this.api = api
  }

  async another(): Promise<void> {
    await fleet.stop(this.central)
    this.central = await fleet.start(this.url, { timing: quick })
    this.api = new Api(restUrl(this.central), this.api.token)
  }

  operation = (id: string): Promise<Operation> => this.api.ok("getOperation", { params: { id } })

  /** Events of these kinds about a cluster. */
  async told(clusterId: string, ...kinds: readonly string[]): Promise<readonly string[]> {
    const { items } = await this.api.ok("listEvents", { query: { clusterId } })
    return items.map(({ kind }) => kind).filter((kind) => kinds.includes(kind))
  }
}

const [a, b] = [podName("orders-0"), podName("orders-1")]

async function scene(isVacant: boolean) {
  const { site, stream, spec, ...opened } = await fleet.withStream()
  const on = new Mortal(opened)
  const health = clusterHealth(spec.id)
  const [first] = health.instances
  assert.ok(first !== undefined)
  const second = { ...first, pod: b, role: "replica", phase: "streaming" } as const
  const instances = [first, { ...second, synchronous: true }]
  stream.send({
    kind: "health",
    health: isVacant
      ? { ...health, state: "unavailable", primary: undefined, instances }
      : { ...health, instances },
  })
  await eventually("its members are known", async () => {
    const { instances: known } = await on.api.ok("getCluster", { params: { id: spec.id } })
    return known.length === 2
  })
  return { on, site, stream, id: spec.id }
}

/** How each is asked for. A site's answer is the same for all. */
const asks: Readonly<Record<(typeof askedKinds)[number], { route: RouteName; body?: unknown }>> = {
  switchover: { route: "startSwitchover", body: { to: b } },
  fence: { route: "fenceCluster", body: { reason: "wrong data" } },
  unfence: { route: "unfenceCluster" },
  promote: { route: "promoteMember", body: { to: b } },
}

async function tell(stream: SiteStream, told: OperationReport): Promise<void> {
  stream.send({ kind: "operation-update", report: told })
  await stream.next("operation-ack", ({ revision }) => revision === told.revision)
}

for (const kind of askedKinds)
  test(`D5: a ${kind} goes on through the death of central after each of its steps, and ends once`, async () => {
    const { on, site, id, ...first } = await scene(kind === "promote")
    let { stream } = first
    const again = async (): Promise<void> => {
      await on.another()
      site.turnTo(on.central)
      ;({ stream } = await site.connect())
    }
    const { route, body } = asks[kind]
    const answer = await on.api.raw(route, { params: { id }, body })
    assert.equal(answer.status, 202, JSON.stringify(answer.body))
    const [asked] = (await on.api.ok("listOperations")).items
    assert.ok(asked !== undefined)

    await again()
    const { order } = await stream.next("start-operation")
    assert.deepEqual([order.operation, order.kind], [asked.id, kind])
    await again()
    await stream.next("start-operation")

    let [steps, revision] = [noSteps(kind), 0]
    for (const name of stepsOf[kind]) {
      steps = begun(steps, name, 1_750_000_000_000 + revision)
      revision += 1
      await tell(stream, operationReport(asked.id, { revision, steps }))
      await again()
      const now = await on.operation(asked.id)
      assert.deepEqual(
        [now.state, now.steps.find(({ state }) => state === "running")?.name],
        ["running", name],
      )
      const second = await on.api.raw(route, { params: { id }, body })
      assert.equal(second.status, 409, "one at a time, also by the next central")
    }
    assert.ok(
      !stream.received.some((message) => message.kind === "start-operation"),
      "what was taken up is not asked for again",
    )

    const last = stepsOf[kind].at(-1) ?? "check"
    steps = ended(steps, last, { state: "done", at: 1_750_000_009_000, detail: "so" })
    const end = operationReport(asked.id, {
      revision: revision + 1,
      state: "succeeded",
      steps,
      endedAt: 1_750_000_009_000,
    })
    await tell(stream, end)
    // The acknowledgement was lost with central, so the site says it again.
    await again()
    await tell(stream, end)
    const over = await on.operation(asked.id)
    assert.deepEqual([over.state, over.steps.at(-1)?.detail], ["succeeded", "so"])
    assert.deepEqual(await on.told(id, `${kind}.asked`, `${kind}.succeeded`), [
      `${kind}.succeeded`,
      `${kind}.asked`,
    ])
  })

test("D5: a restart goes on through the death of central after each of its steps, and ends once", async () => {
  const on = new Mortal(await fleet.central())
  await rulePut(on.api)
  const north = await new ObedientSite(on.central, "north").join(on.api)
  fleet.open.push(north)
  await north.connect()
  const [cluster] = (await on.api.ok("listClusters")).items
  assert.ok(cluster !== undefined)
  const { id } = cluster
  const spec = () => {
    const [held] = north.held.values()
    assert.ok(held !== undefined)
    return held
  }
  const again = async (remembered: () => Promise<void> = () => Promise.resolve()) => {
    await north.disconnect()
    await on.another()
    await remembered()
    north.site.turnTo(on.central)
    await north.connect()
  }
  north.conduct = "never"
  const asked = await on.api.ok("restartCluster", { params: { id }, body: {} })
  // Nobody has heard of it yet, as far as central knows.
  await again()
  await eventually("the site hears of it, once", () =>
    Promise.resolve(spec().restart?.nonce === asked.id),
  )
  const version = spec().version
  const step = { action: "restart", detail: undefined, at: Date.now() } as const
  const shown = async (what: string): Promise<void> => {
    await eventually(what, async () => {
      const { steps } = await on.operation(asked.id)
      return steps.map(({ name, state }) => `${name} ${state}`).join(", ") === what
    })
    // Before the site says anything to the next one.
    await again(async () => {
      const { state, steps } = await on.operation(asked.id)
      assert.equal(state, "running")
      assert.equal(steps.map((one) => `${one.name} ${one.state}`).join(", "), what)
    })
    assert.deepEqual([spec().version, spec().restart?.nonce], [version, asked.id])
    assert.equal((await on.api.raw("restartCluster", { params: { id }, body: {} })).status, 409)
  }
  const tells = (one: "running" | "done", other: "waiting" | "running"): void =>
    north.report(spec(), {
      steps: [
        { ...step, pod: b, state: one },
        { ...step, pod: a, state: other },
      ],
    })
  tells("running", "waiting")
  await shown(`restart ${b} running, restart ${a} pending`)
  tells("done", "running")
  await shown(`restart ${b} done, restart ${a} running`)
  // In force while central was away: the site says it to the next one.
  await again(() => {
    north.conduct = "at-once"
    return Promise.resolve()
  })
  await eventually("it is over", async () => (await on.operation(asked.id)).state === "succeeded")
  await again()
  north.reportAll()
  assert.equal((await on.operation(asked.id)).state, "succeeded")
  assert.deepEqual(await on.told(id, "restart.asked", "restart.succeeded"), [
    "restart.succeeded",
    "restart.asked",
  ])
})
