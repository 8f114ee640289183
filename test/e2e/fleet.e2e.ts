/** What central and a site owe each other while one of them was away, driven through REST on a demo of its own. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { Client } from "pg"
import { present } from "#core/assert.ts"
import { objectNames } from "#core/names.ts"
import { kinds } from "#io/kube/kinds.ts"
import { approveAll, ensureProfile, ensureRule, untilHealthy } from "../../src/demo/fleet.ts"
import { admitApplication, patientOf } from "../../src/demo/patient.ts"
import { SiteKube } from "../../src/demo/kube.ts"
import { type Database, Writer } from "../../src/demo/writer.ts"
import { openTestDemo, siteOf } from "./demo-fixture.ts"
import { untilWhole } from "./failover.suite.ts"
import { until } from "./wait.ts"

const healthyMs = 120_000
const soonMs = 60_000
const stopMs = 15_000

test("a satellite that is approved after the rule was made receives its clusters", async (t) => {
  const say = (line: string): void => t.diagnostic(line)
  await using opened = await openTestDemo(["--sites", "2", "--members", "1"], say)
  const { demo, flags, signal } = opened
  const { api, sites, postgres } = demo
  const [first, second] = [siteOf(demo, 0), siteOf(demo, 1)]
  await approveAll(api, [first], { withinMs: soonMs, signal }, say)
  const profile = await ensureProfile(api, flags, postgres[0].major, say)
  await ensureRule(api, profile, say)
  await untilHealthy(api, [first], { withinMs: healthyMs, signal }, say)
  const { items: early } = await api.call("listClusters", { query: {} })
  assert.deepEqual(
    early.map(({ satelliteName }) => satelliteName),
    [first.name],
    "a satellite that nobody approved has no cluster",
  )

  await approveAll(api, [second], { withinMs: soonMs, signal }, say)
  const clusters = await untilHealthy(api, sites, { withinMs: healthyMs, signal }, say)
  assert.deepEqual(clusters.map(({ satelliteName }) => satelliteName).toSorted(), [
    first.name,
    second.name,
  ])

  await t.test(
    "an approved version is in force at both, without a restart; rolled back it is gone",
    async () => {
      const here = clusters.find(({ satelliteName }) => satelliteName === first.name)
      const patient = await patientOf(first, present(here, "there is a cluster"))
      using _ = patient.kube
      const database = await admitApplication(patient)
      const before = await settingOf(database)
      await api.call("editProfile", {
        params: { id: profile.id },
        body: {
          version: profile.version,
          spec: { ...profile.spec, parameters: { ...profile.spec.parameters, work_mem: "9MB" } },
        },
      })
      const { id } = await api.call("createRollout", {
        body: {
          profileId: profile.id,
          stages: [
            { name: "canary", share: { kind: "percent", percent: 50 } },
            { name: "rest", share: { kind: "rest" } },
          ],
          bakeSeconds: 1,
        },
      })
      const untilState = (wanted: string) =>
        until(
          `the rollout is ${wanted}`,
          healthyMs,
          async () => {
            const now = await api.call("getRollout", { params: { id } })
            return now.state === wanted ? now : undefined
          },
          async () => (await api.call("listRolloutClusters", { params: { id }, query: {} })).items,
        )
      const over = await untilState("finished")
      assert.equal(over.counts.done, 2)
      const inForce = await settingOf(database)
      assert.deepEqual(inForce, { workMem: "9MB", startedAt: before.startedAt })
      const { items } = await api.call("listOperations", { query: { rollout: id } })
      assert.deepEqual(
        items.map(({ state }) => state),
        ["succeeded", "succeeded"],
      )
      await api.call("rollBackRollout", { params: { id }, body: {} })
      assert.equal((await untilState("rolled-back")).counts["rolled-back"], 2)
      assert.deepEqual(await settingOf(database), before)
    },
  )
})

/** What the server that the application reaches has in force, and since when it runs. */
async function settingOf(database: Database): Promise<{ workMem: string; startedAt: string }> {
  const client = new Client({ ...database, connectionTimeoutMillis: 5_000, query_timeout: 5_000 })
  await client.connect()
  try {
    const { rows } = await client.query<{ workMem: string; startedAt: string }>(
      `select current_setting('work_mem') as "workMem", pg_postmaster_start_time()::text as "startedAt"`,
    )
    return present(rows[0], "a server has settings")
  } finally {
    await client.end()
  }
}

test("a cluster that is deleted while its site is offline is gone after the site returned", async (t) => {
  const say = (line: string): void => t.diagnostic(line)
  await using opened = await openTestDemo(["--sites", "1", "--members", "1"], say)
  const { demo, flags, signal } = opened
  const { api, sites, postgres } = demo
  await approveAll(api, sites, { withinMs: soonMs, signal }, say)
  await ensureRule(api, await ensureProfile(api, flags, postgres[0].major, say), say)
  const [cluster] = await untilHealthy(api, sites, { withinMs: healthyMs, signal }, say)
  const { id, namespace, name } = present(cluster, "there is a cluster")
  using kube = await SiteKube.open(siteOf(demo, 0).kubeconfig)

  const satellite = `${siteOf(demo, 0).name}-satellite`
  await present(demo.programs.get(satellite), "the satellite runs").stop(stopMs)
  const answer = await api.call("deleteCluster", { params: { id } })
  assert.equal(answer.state, "deleting")
  assert.ok(await kube.exists(kinds.StatefulSet, namespace, name), "the site has not heard of it")

  await demo.restart(satellite)
  await until("the StatefulSet is gone", soonMs, async () =>
    (await kube.exists(kinds.StatefulSet, namespace, name)) ? undefined : true,
  )
  await until(
    "central has forgotten the cluster",
    soonMs,
    async () => {
      const { items } = await api.call("listClusters", { query: {} })
      return items.length === 0 ? true : undefined
    },
    async () => (await api.call("listClusters", { query: {} })).items,
  )
})

test("a satellite that restarts while central is down manages its clusters; an emptied volume is cloned, never initialised", async (t) => {
  const say = (line: string): void => t.diagnostic(line)
  await using opened = await openTestDemo(["--sites", "1"], say)
  const { demo, flags, signal } = opened
  const { api, sites, postgres } = demo
  await approveAll(api, sites, { withinMs: soonMs, signal }, say)
  await ensureRule(api, await ensureProfile(api, flags, postgres[0].major, say), say)
  const [cluster] = await untilHealthy(api, sites, { withinMs: healthyMs, signal }, say)
  const site = siteOf(demo, 0)
  const patient = await patientOf(site, present(cluster, "there is a cluster"))
  const { namespace, name } = patient
  using kube = patient.kube
  const database = await admitApplication(patient)
  const world = {
    kube,
    namespace,
    cluster: name,
    members: patient.members,
    database,
    killPostmaster: () => Promise.resolve(),
    vanishNode: undefined,
  }

  await using writer = new Writer("volumes", database, 20)
  await writer.nextCommit(soonMs)

  await t.test("without central, what is deleted at the site comes back", async () => {
    await present(demo.programs.get("central"), "central runs").stop(stopMs)
    const satellite = `${site.name}-satellite`
    await present(demo.programs.get(satellite), "the satellite runs").stop(stopMs)
    const { readOnly, configMap } = objectNames(name)
    await kube.remove(kinds.Service, namespace, readOnly)
    await kube.remove(kinds.ConfigMap, namespace, configMap)
    await demo.restart(satellite)
    await until("the service and the configuration are back", soonMs, async () =>
      (await kube.exists(kinds.Service, namespace, readOnly)) &&
      (await kube.exists(kinds.ConfigMap, namespace, configMap))
        ? true
        : undefined,
    )
  })

  const emptied: string[] = []
  for (const role of ["replica", "primary"] as const)
    await t.test(`without central, the emptied volume of the ${role} is cloned anew`, async () => {
      const identifier = await systemIdentifier(writer, database)
      const primary = await untilWhole(world, healthyMs)
      const pods = await kube.pods(namespace, name)
      const pod = present(
        pods.find((one) => (one.name === primary.name) === (role === "primary")),
        `there is a ${role}`,
      )
      emptied.push(pod.name)
      await kube.faults().loseVolume(namespace, `data-${pod.name}`, "replace")
      await kube.deletePod(namespace, pod.name)
      await until("the pod is a new one", soonMs, async () => {
        const now = (await kube.pods(namespace, name)).find((one) => one.name === pod.name)
        return now !== undefined && now.uid !== pod.uid ? true : undefined
      })
      await untilWhole(world, healthyMs)
      assert.equal(await systemIdentifier(writer, database), identifier)
      assert.deepEqual(await writer.lost(), [], "acknowledged commits are missing")
    })
  await writer.stop()

  await t.test("central learns of it all when it is back", async () => {
    await demo.restart("central")
    for (const pod of emptied)
      await until(`central has heard that ${pod} was cloned`, soonMs, async () => {
        const { items } = await api.call("listEvents", { query: { limit: 200 } })
        const clones = items.filter((one) => one.kind === "instance.cloned" && one.pod === pod)
        // A replica was cloned when the cluster was made as well.
        const before = pod === cluster?.primary ? 0 : 1
        return clones.length > before ? true : undefined
      })
  })
})

/** Of the database that the application reaches now. */
async function systemIdentifier(writer: Writer, database: Database): Promise<string> {
  await writer.nextCommit(soonMs)
  const client = new Client({ ...database, connectionTimeoutMillis: 5_000, query_timeout: 5_000 })
  await client.connect()
  try {
    const { rows } = await client.query<{ id: string }>(
      "select system_identifier::text as id from pg_control_system()",
    )
    return present(rows[0], "a server has a system identifier").id
  } finally {
    await client.end()
  }
}
