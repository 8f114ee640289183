/**
 * What only a person may decide, asked through REST, central, the satellite and the sidecar: the cluster is paused, its
 * primary is gone with commits that nobody else has, and an operator promotes a member all the same.
 */
import assert from "node:assert/strict"
import { readFile } from "node:fs/promises"
import { test } from "node:test"
import { present } from "#core/assert.ts"
import { type Lsn, lsn, parseLsn } from "#core/lsn.ts"
import { isOver } from "#core/switchover/operation.ts"
import { settle } from "../../src/demo/compose.ts"
import { processesOfPod, signalAll } from "../../src/demo/containers.ts"
import { admitApplication, asSuperuser, type Patient, patientOf } from "../../src/demo/patient.ts"
import { Writer } from "../../src/demo/writer.ts"
import { explained, openTestDemo, siteOf } from "./demo-fixture.ts"
import { until } from "./wait.ts"

const withinMs = 180_000
/** More WAL than the sockets between two servers hold. */
const unseen = [
  "create table unseen (id int, filler text)",
  "insert into unseen select n, repeat('x', 500) from generate_series(1, 60000) n",
]

test("a paused cluster that lost its primary is promoted by REST, and what that loses is accounted for", async (t) => {
  const say = (line: string): void => t.diagnostic(line)
  await using opened = await openTestDemo(["--sites", "1", "--durability", "async"], say)
  const { demo, flags, steps, signal } = opened
  const { api } = demo
  const [cluster] = await settle(demo, flags, steps, signal)
  const patient = await patientOf(siteOf(demo, 0), present(cluster, "there is a cluster"))
  using kube = patient.kube
  const { id, name, namespace, members } = patient
  const params = { id }
  const shown = () => api.call("getCluster", { params })
  await using writer = new Writer("emergency", await admitApplication(patient), 20)
  await writer.nextCommit(withinMs)

  const promote = (body: { to: string; acceptLoss: boolean; confirm?: string }) =>
    api.call("promoteMember", { params, body })
  const refused = async (body: Parameters<typeof promote>[0]): Promise<string> => {
    const failure: unknown = await promote(body).catch((thrown: unknown) => thrown)
    assert.ok(failure instanceof Error, "it is refused")
    return failure.message
  }

  await explained(api, say, async () => {
    await api.call("pauseCluster", { params, body: { reason: "maintenance of the network" } })
    await until("every member runs with the pause", withinMs, async () => {
      const { inForceVersion, desiredVersion, paused } = await shown()
      return paused && inForceVersion === desiredVersion ? true : undefined
    })
    const before = present(await kube.primary(namespace, name), "there is a primary")
    const others = (await kube.pods(namespace, name)).filter((pod) => pod.name !== before.name)
    const { term } = await kube.lease(namespace, name)
    const receivers = (
      await Promise.all(others.map((pod) => receiversOf(patient, pod.name)))
    ).flat()
    assert.equal(receivers.length, members - 1)
    signalAll(receivers, "SIGSTOP")
    await asSuperuser(patient, before.name, unseen)
    // By then the Lease, which is written more often than this is reported, says how far the primary was.
    await until("central shows that the primary is ahead", withinMs, async () => {
      const { instances } = await shown()
      const [own, ...rest] = [before, ...others].map((pod) => {
        const received = instances.find((one) => one.pod === pod.name)?.receivedLsn
        return (typeof received === "string" ? parseLsn(received) : undefined) ?? lsn(0n)
      })
      const isAhead = (end: Lsn): boolean => end > 0n && (own ?? 0n) > end + 1_000_000n
      return rest.every(isAhead) ? true : undefined
    })
    const faults = kube.faults()
    const node = present(before.node, "the primary has a node")
    await faults.vanishNode(node)
    signalAll(receivers, "SIGCONT")

    const asked = await until(
      "a member asks whether it may become primary",
      withinMs,
      async () => {
        const { instances, primary } = await shown()
        if (primary !== null) return undefined
        return instances.find(({ question }) => question?.about === "pause")
      },
      shown,
    )
    say(`${asked.pod} asks, ${asked.question?.missingBytes ?? 0} bytes are known to be missing`)
    assert.equal((await kube.lease(namespace, name)).term, term, "nobody became primary by itself")
    const to = asked.pod
    assert.match(await refused({ to, acceptLoss: true }), new RegExp(name))
    assert.match(await refused({ to: "nobody-9", acceptLoss: false }), /nobody-9/)

    const order = await promote({ to, acceptLoss: true, confirm: name })
    const over = await until("the promotion is over", withinMs, async () => {
      const now = await api.call("getOperation", { params: { id: order.id } })
      return isOver(now.state) ? now : undefined
    })
    assert.deepEqual([over.state, over.error, over.target], ["succeeded", null, to])
    await until("central shows the new primary", withinMs, async () =>
      (await shown()).primary === to ? true : undefined,
    )
    await writer.nextCommit(withinMs)
    assert.ok((await kube.lease(namespace, name)).term > term)

    const story = async () =>
      (await api.call("listRoleChanges", { params, query: {} })).items.find((one) => one.to === to)
    const told = await until("the story of the promotion is told", withinMs, story)
    assert.equal(told.from, before.name)
    assert.equal(told.lossPossible, true)
    say(`${told.cause}: ${told.evidence.join("; ")}`)
    const { items: events } = await api.call("listEvents", { query: { clusterId: id, limit: 200 } })
    const actors = events.filter(({ kind }) => kind === "promote.succeeded")
    assert.deepEqual(
      actors.map(({ details }) => details["actor"]),
      ["admin"],
    )
    assert.ok(events.some(({ kind }) => kind === "failover.consented"))

    await faults.restoreNode(node)
    const counted = await until(
      "what the old primary alone had is counted",
      withinMs,
      async () => {
        const now = await story()
        return now?.lostBytes === null ? undefined : now
      },
      async () => [await story(), await shown()],
    )
    say(`${counted.lostBytes ?? 0} bytes and ${counted.lostCommits ?? 0} commits were lost`)
    assert.ok((counted.lostBytes ?? 0) > 1_000_000)
    assert.ok((counted.lostCommits ?? 0) >= 1)
    await api.call("resumeCluster", { params })
    await until(
      "the cluster is healthy again",
      withinMs,
      async () => {
        const { state, paused } = await shown()
        return state === "healthy" && !paused ? true : undefined
      },
      shown,
    )
  })
})

/** The walreceiver of the pod's server. */
async function receiversOf({ site, namespace }: Patient, pod: string) {
  const found = []
  for (const one of await processesOfPod(site.folder, namespace, pod)) {
    const title = await readFile(`/proc/${one.pid}/cmdline`, "utf8").catch(() => "")
    if (title.includes("walreceiver")) found.push(one)
  }
  return found
}
