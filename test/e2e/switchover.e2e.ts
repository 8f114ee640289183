/** A switchover as a person asks for it, through REST, central, the satellite and the sidecars, while programs die. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { present } from "#core/assert.ts"
import { switchoverSteps } from "#core/switchover/operation.ts"
import type { CentralApi } from "../../src/demo/central-api.ts"
import { settle } from "../../src/demo/compose.ts"
import { processesOfPod } from "../../src/demo/containers.ts"
import { admitApplication, patientOf } from "../../src/demo/patient.ts"
import { Writer } from "../../src/demo/writer.ts"
import { type Operation, pausedByHand, restartedInFull, untilOver } from "./by-hand.suite.ts"
import { databaseByRest, loopback } from "./databases.suite.ts"
import { explained, openTestDemo, siteOf } from "./demo-fixture.ts"
import { untilWhole } from "./failover.suite.ts"
import { until } from "./wait.ts"

const healthyMs = 120_000
const begunMs = 180_000

test("the primary's role is handed over by REST; nothing acknowledged is lost, whichever program dies meanwhile", async (t) => {
  const say = (line: string): void => t.diagnostic(line)
  await using opened = await openTestDemo(["--sites", "1", "--durability", "quorum"], say)
  const { demo, flags, steps, signal } = opened
  const { api } = demo
  const [cluster] = await settle(demo, flags, steps, signal)
  const site = siteOf(demo, 0)
  const patient = await patientOf(site, present(cluster, "there is a cluster"))
  using kube = patient.kube
  const { namespace, name, members, id } = patient
  const world = {
    kube,
    namespace,
    cluster: name,
    members,
    database: await admitApplication(patient),
    killPostmaster: () => Promise.resolve(),
    vanishNode: undefined,
  }
  await using writer = new Writer("switchover", world.database, 20)
  await writer.nextCommit(healthyMs)

  /** Asks for a switchover, lets `meanwhile` happen, and tells how it ended once the cluster is whole again. */
  const handOver = async (meanwhile: (operation: Operation) => Promise<void>) => {
    const before = await untilWhole(world, healthyMs)
    await until("central knows the primary and a ready replica", healthyMs, async () => {
      const now = await api.call("getCluster", { params: { id } })
      const ready = now.instances.filter((one) => one.role === "replica" && one.ready)
      return now.primary === before.name && ready.length === members - 1 ? true : undefined
    })
    const since = performance.now()
    const asked = await api.call("startSwitchover", { params: { id }, body: {} })
    await meanwhile(asked)
    const over = await untilOver(api, asked.id)
    const after = await untilWhole(world, healthyMs)
    await writer.nextCommit(healthyMs)
    assert.deepEqual(await writer.lost(), [], "acknowledged commits are missing")
    const gap = Math.round(writer.longestGap(since).ms)
    say(
      `${over.state} ${over.error ?? ""}: ${before.name} -> ${after.name}, no write for ${gap} ms`,
    )
    return { before, after, over }
  }
  const program = (named: string) => present(demo.programs.get(named), `${named} runs`)

  await explained(api, say, async () => {
    let isLimited = (): Promise<void> => Promise.resolve()
    await t.test("a database by REST: its password, its limits, a new password", async () => {
      await untilWhole(world, healthyMs)
      isLimited = await databaseByRest(api, patient, loopback)
    })

    await t.test("by REST, with every step", async () => {
      const { before, after, over } = await handOver(() => Promise.resolve())
      assert.deepEqual([over.state, over.error], ["succeeded", null])
      assert.equal(over.target, after.name)
      assert.notEqual(after.name, before.name)
      assert.deepEqual(
        over.steps.map(({ name: step, state }) => `${step} ${state}`),
        switchoverSteps.map((step) => `${step} done`),
      )
      assert.notEqual(over.pointOfNoReturnAt, null)
      await isLimited()
      const again = await api
        .call("cancelOperation", { params: { id: over.id } })
        .catch((failure: unknown) => failure)
      assert.match(String(again), /the operation is over/)
    })

    await t.test(
      "a fence by REST keeps clients out of the primary, and its end lets them in",
      async () => {
        const { name: primary } = await untilWhole(world, healthyMs)
        const reason = "the application writes nonsense"
        const earlier = refusals(writer)
        const fence = await api.call("fenceCluster", { params: { id }, body: { reason } })
        const fenced = await untilOver(api, fence.id)
        assert.deepEqual([fenced.state, fenced.error], ["succeeded", null])
        await until("central shows why no client is let in", healthyMs, async () => {
          const now = await api.call("getCluster", { params: { id } })
          const refusing = now.instances.find(({ pod }) => pod === primary)?.refusing
          return now.primary === primary && refusing === `fenced: ${reason}` ? true : undefined
        })
        // A login that the rules of before had let in may be through a moment later, and is ended then. Once the
        // writer, which has one connection at a time, was refused, no later one of its logins can be such a one.
        await until("the rules refuse the writer", healthyMs, async () =>
          refusals(writer) > earlier ? true : undefined,
        )
        const acknowledged = writer.acknowledged.length
        const since = performance.now()
        const promote = { to: primary, acceptLoss: false }
        const refused = await api
          .call("promoteMember", { params: { id }, body: promote })
          .catch((failure: unknown) => failure)
        assert.match(String(refused), /serves as primary: hand its role over instead/)
        assert.equal(writer.acknowledged.length, acknowledged)
        const unfence = await api.call("unfenceCluster", { params: { id } })
        assert.equal((await untilOver(api, unfence.id)).state, "succeeded")
        await writer.nextCommit(healthyMs)
        say(`fenced: no write for ${Math.round(writer.longestGap(since).ms)} ms`)
        assert.equal((await untilWhole(world, healthyMs)).name, primary)
      },
    )

    await t.test("a restart in full by REST: the same primary in its term, every server new", () =>
      restartedInFull(api, world, id, say),
    )

    await t.test("a paused cluster makes no failover by itself; resumed it does", async () => {
      const { name: was } = await untilWhole(world, healthyMs)
      const processesOf = (pod: string) => processesOfPod(patient.site.folder, namespace, pod)
      await pausedByHand(api, world, id, processesOf, say)
      assert.notEqual((await untilWhole(world, healthyMs)).name, was)
    })

    await t.test("the satellite is killed in the middle", async () => {
      const satellite = `${site.name}-satellite`
      const { before, after, over } = await handOver(async ({ id: operation }) => {
        await untilBegun(api, operation)
        await program(satellite).stop(0)
        await demo.restart(satellite)
      })
      consistent(over, before.name, after.name)
    })

    await t.test("central is restarted in the middle", async () => {
      const { before, after, over } = await handOver(async ({ id: operation }) => {
        await untilBegun(api, operation)
        await program("central").stop(0)
        await demo.restart("central")
      })
      assert.equal(over.state, "succeeded", over.error ?? "")
      assert.notEqual(after.name, before.name)
    })
  })
})

/** How often the server's rules refused the application a login. */
const refusals = ({ errors }: Writer): number =>
  [...errors].reduce(
    (sum, [text, count]) => sum + (text.includes("pg_hba.conf rejects connection") ? count : 0),
    0,
  )

/** Whatever became of it, what is told is what is so. */
function consistent(over: Operation, before: string, after: string): void {
  if (over.state === "succeeded") assert.deepEqual([over.target, after !== before], [after, true])
  else assert.deepEqual([over.state, after], ["failed", before], over.error ?? "")
}

/** The site has taken it up. It may be over already. */
const untilBegun = (api: CentralApi, id: string): Promise<Operation> =>
  until("the site has begun", begunMs, async () => {
    const now = await api.call("getOperation", { params: { id } })
    return now.state === "pending" ? undefined : now
  })
