/**
 * Approved versions on their way to seven real sites: some are away, one cannot take it, one is paused, one is let in
 * only now. Central, satellites, sidecars and servers are the real ones; each site has one member, to fit two cores. It waits
 * for minutes (a site that is away counts as lost after two), so its name puts it first, beside all others.
 */
import assert from "node:assert/strict"
import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { test } from "node:test"
import { Client } from "pg"
import * as z from "zod"
import { present } from "#core/assert.ts"
import type { EntryState } from "#core/rollout/entry.ts"
import { kinds } from "#io/kube/kinds.ts"
import type { Cluster } from "#wire/rest/clusters.ts"
import type { Profile } from "#wire/rest/profiles.ts"
import type { Rollout } from "#wire/rest/rollouts.ts"
import type { CentralApi } from "../../src/demo/central-api.ts"
import type { Demo } from "../../src/demo/compose.ts"
import { approveAll, ensureProfile, ensureRule, untilHealthy } from "../../src/demo/fleet.ts"
import { admitApplication, type Patient, patientOf } from "../../src/demo/patient.ts"
import type { Site } from "../../src/demo/site.ts"
import { type Database, Writer } from "../../src/demo/writer.ts"
import { explained, openTestDemo } from "./demo-fixture.ts"
import { until } from "./wait.ts"

const healthyMs = 180_000
const soonMs = 60_000
/** Central calls a site lost that it has not heard for two minutes. */
const lostMs = 200_000
const rolloutMs = 240_000
const stopMs = 15_000
/** A site that can take a change has long done so; one that cannot is a failure then. */
const changeWithinSeconds = 40

/** By the names of the demo's sites. */
const canaries = ["amsterdam", "edinburgh"]
const canariesDone = { amsterdam: "done", edinburgh: "done" } as const
const [offline, doomed, poor, resting, late] = [
  "bergen",
  "dresden",
  "florence",
  "cadiz",
  "gdansk",
] as const
/** The label by which the canaries are chosen. */
const canaryLabels = { region: "west" }

const before = "32MB"
const after = "40MB"

test("versions reach six sites in waves: who is away owes, who cannot take it is rolled back or left behind, and holds up nobody", async (t) => {
  const say = (line: string): void => t.diagnostic(line)
  await using opened = await openTestDemo(["--sites", "7", "--members", "1"], say)
  const { demo, flags, signal } = opened
  const { api, sites, postgres } = demo
  const image = `pg-swarm/postgres:${postgres[0].major}`
  await havingImages(demo, poor, (match) => (match.startsWith("*/postgres:") ? image : match))
  const six = sites.filter(({ name }) => name !== late)
  await approveAll(api, six, { withinMs: soonMs, signal }, say)
  const profile = await ensureProfile(api, flags, postgres[0].major, say)
  await ensureRule(api, profile, say)
  const clusters = await untilHealthy(api, six, { withinMs: healthyMs, signal }, say)
  using fleet = await Fleet.open(demo, clusters)
  await using writer = new Writer("poor", fleet.database(poor), 20)
  await writer.nextCommit(soonMs)
  for (const name of [offline, doomed])
    await present(demo.programs.get(`${name}-satellite`), "it runs").stop(stopMs)

  await explained(api, say, async () => {
    await editProfile(api, profile, `${image}-next`)

    await t.test(
      "a site that cannot get the image halts the rollout, which takes back what it changed, there and elsewhere",
      async () => {
        const chosen = [...canaries, poor, resting]
        const { id } = await api.call("createRollout", {
          body: {
            profileId: profile.id,
            clusterIds: chosen.map((name) => fleet.id(name)),
            stages: [
              { name: "canary", share: { kind: "selector", labels: canaryLabels } },
              { name: "rest", share: { kind: "rest" } },
            ],
            bakeSeconds: 1,
            changeWithinSeconds,
            onHalt: "roll-back",
          },
        })
        await fleet.untilEntries(id, canariesDone)
        await writer.nextCommit(soonMs)
        await fleet.untilRollout(id, "rolling-back")
        const over = await fleet.untilRollout(id, "rolled-back")
        say(`rolled back: ${over.reason}`)
        assert.match(
          over.reason,
          /^1 cluster failed: .*orders-0 does not run: container postgres waits: ErrImagePull/,
        )
        assert.equal(over.counts["rolled-back"], chosen.length)
        await fleet.untilHealthy(chosen)
        for (const name of chosen) assert.equal(await fleet.buffers(name), before, name)
        await writer.nextCommit(soonMs)
        assert.deepEqual(await writer.lost(), [], "what was committed before is there")
      },
    )

    await t.test(
      "left behind, it blocks nobody, and all others take the change as they can",
      async () => {
        await api.call("pauseCluster", { params: { id: fleet.id(resting) }, body: {} })
        const { id } = await api.call("createRollout", {
          body: {
            profileId: profile.id,
            stages: [
              { name: "canary", share: { kind: "selector", labels: canaryLabels } },
              { name: "rest", share: { kind: "rest" }, gate: true },
            ],
            bakeSeconds: 1,
            changeWithinSeconds,
            haltAfter: 2,
          },
        })
        await fleet.untilRollout(id, "at-gate")
        for (const name of canaries) assert.equal(await fleet.buffers(name), after, name)
        for (const name of [offline, doomed]) await fleet.untilLost(name)
        await api.call("passRolloutGate", { params: { id }, body: { stage: 1 } })
        await fleet.untilEntries(id, {
          ...canariesDone,
          [offline]: "owed",
          [doomed]: "owed",
          [resting]: "owed",
          [poor]: "failed",
        })
        const [owing] = await fleet.seen([offline])
        assert.equal(owing?.specVersion, 1, "who is away is not moved behind its back")

        await api.call("deleteCluster", { params: { id: fleet.id(doomed) } })
        await fleet.untilEntries(id, { [doomed]: "skipped" })
        assert.ok(await fleet.isThere(doomed), "its site has not heard of it")

        await approveAll(api, [siteNamed(demo, late)], { withinMs: soonMs, signal }, say)
        // Who comes later begins with what got through, and takes its turn.
        await fleet.untilEntries(id, { [late]: "done" })
        await fleet.untilHealthy([late])

        await api.call("resumeCluster", { params: { id: fleet.id(resting) } })
        await fleet.untilEntries(id, { [resting]: "done" })
        await havingImages(demo, poor, (match) => (match === image ? `${image}*` : match))
        await fleet.untilEntries(id, { [poor]: "done" })
        await writer.nextCommit(soonMs)
        assert.deepEqual(await writer.lost(), [], "what was committed before is there")
        assert.equal((await fleet.untilRollout(id, "running")).counts.owed, 1)

        for (const name of [offline, doomed]) await demo.restart(`${name}-satellite`)
        const over = await fleet.untilRollout(id, "finished")
        assert.deepEqual([over.counts.done, over.counts.skipped], [6, 1])
        for (const name of [...canaries, offline, poor, resting])
          assert.equal(await fleet.buffers(name), after, name)
        await until("the deleted cluster is gone, at its site and in central", soonMs, async () => {
          const left = await fleet.seen([doomed])
          return left.length === 0 && !(await fleet.isThere(doomed)) ? true : undefined
        })
        await fleet.untilHealthy([...canaries, offline, poor, resting, late])
      },
    )
  })
})

const siteNamed = (demo: Demo, name: string): Site =>
  present(
    demo.sites.find((site) => site.name === name),
    `there is a site ${name}`,
  )

async function editProfile(api: CentralApi, profile: Profile, image: string): Promise<void> {
  const { spec, version, id } = profile
  await api.call("editProfile", {
    params: { id },
    body: {
      version,
      spec: {
        ...spec,
        postgres: { ...spec.postgres, image },
        parameters: { ...spec.parameters, shared_buffers: after },
      },
    },
  })
}

const microkubeConfig = z.looseObject({ images: z.array(z.looseObject({ match: z.string() })) })

/** The images that this site can get: those whose names fit the patterns, where PostgreSQL's are concerned. */
async function havingImages(
  demo: Demo,
  name: string,
  change: (match: string) => string,
): Promise<void> {
  const kubernetes = `${name}-kubernetes`
  await present(demo.programs.get(kubernetes), `${kubernetes} runs`).stop(stopMs)
  const file = join(siteNamed(demo, name).folder, "microkube.json")
  const config = microkubeConfig.parse(JSON.parse(await readFile(file, "utf8")))
  const images = config.images.map((image) => ({ ...image, match: change(image.match) }))
  await writeFile(file, JSON.stringify({ ...config, images }))
  await demo.restart(kubernetes)
}

/** Every cluster of the fleet, and how to look at it in central, at its site and on its server. */
class Fleet implements Disposable {
  readonly #api: CentralApi
  readonly #patients: ReadonlyMap<string, Patient>
  readonly #databases: ReadonlyMap<string, Database>

  private constructor(
    api: CentralApi,
    patients: ReadonlyMap<string, Patient>,
    databases: ReadonlyMap<string, Database>,
  ) {
    this.#api = api
    this.#patients = patients
    this.#databases = databases
  }

  static async open(demo: Demo, clusters: readonly Cluster[]): Promise<Fleet> {
    const patients = new Map<string, Patient>()
    const databases = new Map<string, Database>()
    for (const cluster of clusters) {
      const patient = await patientOf(siteNamed(demo, cluster.satelliteName), cluster)
      patients.set(cluster.satelliteName, patient)
      databases.set(cluster.satelliteName, await admitApplication(patient))
    }
    return new Fleet(demo.api, patients, databases)
  }

  [Symbol.dispose](): void {
    for (const { kube } of this.#patients.values()) kube[Symbol.dispose]()
  }

  id(name: string): string {
    return this.#patient(name).id
  }

  database(name: string): Database {
    return present(this.#databases.get(name), `the application reaches ${name}`)
  }

  #patient(name: string): Patient {
    return present(this.#patients.get(name), `there is a cluster at ${name}`)
  }

  /** What central shows of the clusters at these sites. */
  async seen(names: readonly string[]): Promise<readonly Cluster[]> {
    const { items } = await this.#api.call("listClusters", { query: { limit: 50 } })
    return items.filter(({ satelliteName }) => names.includes(satelliteName))
  }

  untilHealthy(names: readonly string[]): Promise<readonly Cluster[]> {
    return until(
      `healthy: ${names.join(", ")}`,
      healthyMs,
      async () => {
        const seen = await this.seen(names)
        const healthy = seen.filter(({ state }) => state === "healthy")
        return healthy.length === names.length ? seen : undefined
      },
      async () => (await this.seen(names)).map((one) => [one.satelliteName, one.state, one.reason]),
    )
  }

  untilLost(name: string): Promise<unknown> {
    return until(`central takes ${name} for lost`, lostMs, async () => {
      const { items } = await this.#api.call("listSatellites", { query: { limit: 50 } })
      return items.find((one) => one.name === name && one.state === "lost")
    })
  }

  /** What its server runs with, asked by the application. */
  async buffers(name: string): Promise<string> {
    const limits = { connectionTimeoutMillis: 5_000, query_timeout: 5_000 }
    const client = new Client({ ...this.database(name), ...limits })
    await client.connect()
    try {
      const { rows } = await client.query<{ shared_buffers: string }>("show shared_buffers")
      return present(rows[0], "a server has settings").shared_buffers
    } finally {
      await client.end()
    }
  }

  isThere(site: string): Promise<boolean> {
    const { kube, namespace, name } = this.#patient(site)
    return kube.exists(kinds.StatefulSet, namespace, name)
  }

  untilRollout(id: string, state: Rollout["state"]): Promise<Rollout> {
    return until(
      `the rollout is ${state}`,
      rolloutMs,
      async () => {
        const now = await this.#api.call("getRollout", { params: { id } })
        return now.state === state ? now : undefined
      },
      () => this.#entries(id),
    )
  }

  /** The clusters at the named sites stand so in the rollout, whatever the others do. */
  untilEntries(id: string, wanted: Readonly<Record<string, EntryState>>): Promise<unknown> {
    return until(
      `the rollout has ${JSON.stringify(wanted)}`,
      rolloutMs,
      async () => {
        const now = new Map((await this.#entries(id)).map(([name, state]) => [name, state]))
        return Object.entries(wanted).every(([name, state]) => now.get(name) === state)
          ? true
          : undefined
      },
      () => this.#entries(id),
    )
  }

  async #entries(id: string) {
    const { items } = await this.#api.call("listRolloutClusters", { params: { id }, query: {} })
    return items.map(({ satelliteName, state, reason }) => [satelliteName, state, reason] as const)
  }
}
