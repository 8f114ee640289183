/**
 * Faults that need pods, nodes, volumes and services: on microkube, with the whole product around it, under a
 * writing application that uses the `-rw` service. Names begin with the ids of docs/scenarios.md.
 */
import assert from "node:assert/strict"
import { test, type TestContext } from "node:test"
import { present } from "#core/assert.ts"
import { container, objectNames } from "#core/names.ts"
import { apiPath, kinds } from "#io/kube/kinds.ts"
import { kubeconfigAccess } from "#io/kube/access.ts"
import { KubeApi } from "#io/kube/api.ts"
import type { MicrokubeFaults } from "#io/kube/faults.ts"
import { type Demo, settle } from "../../src/demo/compose.ts"
import { postmasterOf, processesOfPod } from "../../src/demo/containers.ts"
import type { Pod } from "../../src/demo/kube.ts"
import { admitApplication, type Patient, patientOf } from "../../src/demo/patient.ts"
import { Writer } from "../../src/demo/writer.ts"
import { explained, openTestDemo, serversByMajor, siteOf } from "./demo-fixture.ts"
import { untilWhole } from "./failover.suite.ts"
import { until } from "./wait.ts"
import type { World } from "./world.ts"

const wholeMs = 120_000
const soonMs = 60_000
const stopMs = 15_000
/** Longer than the default preset waits for a silent primary. */
const silentMs = 12_000

type Scene = {
  readonly demo: Demo
  readonly patient: Patient
  readonly world: World
  readonly writer: Writer
  readonly faults: MicrokubeFaults
  readonly api: KubeApi
  readonly primary: Pod
  readonly replicas: readonly Pod[]
}

type Act = { readonly name: string; readonly play: (scene: Scene) => Promise<void> }

const term = async ({ patient }: Scene): Promise<number> =>
  (await patient.kube.lease(patient.namespace, patient.name)).term

const untilAnotherLeads = ({ patient, primary }: Scene): Promise<Pod> =>
  until(`another than ${primary.name} leads`, soonMs, async () => {
    const found = await patient.kube.primary(patient.namespace, patient.name)
    return found === undefined || found.name === primary.name ? undefined : found
  })

const untilSame = async (scene: Scene): Promise<void> => {
  const whole = await untilWhole(scene.world, wholeMs)
  assert.equal(whole.name, scene.primary.name, "the role did not move")
}

const lasting = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const acts: readonly Act[] = [
  {
    name: "CN9 OW20: central and satellite are away: the site fails over by itself, and both learn of it",
    async play(scene) {
      const { demo, patient, primary, writer } = scene
      const satellite = `${siteOf(demo, 0).name}-satellite`
      for (const name of [satellite, "central"])
        await present(demo.programs.get(name), `${name} runs`).stop(stopMs)
      const processes = await processesOfPod(patient.site.folder, patient.namespace, primary.name)
      process.kill(present(postmasterOf(processes), "the server runs").pid, "SIGKILL")
      const next = await untilAnotherLeads(scene)
      await writer.nextCommit(soonMs)
      for (const name of ["central", satellite]) await demo.restart(name)
      await until("central shows the new primary", soonMs, async () => {
        const { items } = await demo.api.call("listClusters", { query: {} })
        const shown = items[0]?.instances.find(({ role }) => role === "primary")
        return items[0]?.state === "healthy" && shown?.pod === next.name ? true : undefined
      })
    },
  },
  {
    name: "OW16: all sidecars and the satellite restart: same primary, same term, same servers",
    async play(scene) {
      const { demo, patient, faults, primary, replicas, writer } = scene
      const before = await term(scene)
      const servers = async (): Promise<readonly number[]> =>
        Promise.all(
          [primary, ...replicas].map(async ({ name }) => {
            const found = await processesOfPod(patient.site.folder, patient.namespace, name)
            return present(postmasterOf(found), `the server of ${name} runs`).pid
          }),
        )
      const running = await servers()
      const satellite = `${siteOf(demo, 0).name}-satellite`
      await present(demo.programs.get(satellite), "the satellite runs").stop(stopMs)
      for (const { name, restarts } of [...replicas, primary]) {
        const { namespace } = patient
        await faults.kill({ namespace, pod: name, container: container.failover })
        await until(`the sidecar of ${name} is back`, soonMs, async () => {
          const pods = await patient.kube.pods(namespace, patient.name)
          const now = pods.find((pod) => pod.name === name)
          const count = now?.restarts[container.failover] ?? 0
          return now?.ready === true && count > (restarts[container.failover] ?? 0)
            ? true
            : undefined
        })
      }
      await demo.restart(satellite)
      await untilSame(scene)
      await writer.nextCommit(soonMs)
      assert.equal(await term(scene), before)
      assert.deepEqual(await servers(), running)
    },
  },
  {
    name: "CN20 ST7: every pod is deleted, one after the other: the primary hands over, new addresses are found, nothing is lost",
    async play(scene) {
      const { patient, world, replicas, primary, writer } = scene
      for (const { name } of [...replicas, primary]) {
        await patient.kube.deletePod(patient.namespace, name)
        await lasting(1000)
        await untilWhole(world, wholeMs)
        await writer.nextCommit(soonMs)
      }
      const pods = await patient.kube.pods(patient.namespace, patient.name)
      const before = new Set([...replicas, primary].map(({ ip }) => ip))
      assert.ok(
        pods.some(({ ip }) => !before.has(ip)),
        "a pod has another address than before",
      )
    },
  },
  {
    name: "CN11 CN12 MG15: an evicted primary hands its role over",
    async play(scene) {
      const { api, patient, primary, writer } = scene
      const metadata = { name: primary.name, namespace: patient.namespace }
      await api.call(
        {
          method: "POST",
          path: `${apiPath(kinds.Pod, patient.namespace, primary.name)}/eviction`,
          body: { apiVersion: "policy/v1", kind: "Eviction", metadata },
        },
        AbortSignal.timeout(soonMs),
      )
      await untilAnotherLeads(scene)
      await writer.nextCommit(soonMs)
    },
  },
  {
    name: "CN8: a Lease that is deleted is made again, and the primary goes on in it",
    async play(scene) {
      const { patient, writer } = scene
      const before = await term(scene)
      const { lease } = objectNames(patient.name)
      await patient.kube.remove(kinds.Lease, patient.namespace, lease)
      await until("the primary holds the new Lease", soonMs, async () => {
        const now = await patient.kube.lease(patient.namespace, patient.name)
        return now.holder.startsWith(`${scene.primary.name}/`) ? true : undefined
      })
      await untilSame(scene)
      await writer.nextCommit(soonMs)
      assert.ok((await term(scene)) >= before)
    },
  },
  {
    name: "CN16 CN14: the primary's volume is swapped for an empty one: another leads, and it is cloned",
    async play(scene) {
      const { patient, faults, primary, writer } = scene
      await faults.killPod(patient.namespace, primary.name)
      await faults.loseVolume(patient.namespace, `data-${primary.name}`, "replace")
      await untilAnotherLeads(scene)
      await writer.nextCommit(soonMs)
    },
  },
  {
    name: "ST5 OW7: the primary's node stands still: another leads, and it follows when the node wakes",
    async play(scene) {
      const { faults, primary, writer } = scene
      const node = present(primary.node, "the primary has a node")
      await faults.freezeNode(node)
      try {
        await untilAnotherLeads(scene)
        await writer.nextCommit(soonMs)
      } finally {
        await faults.thawNode(node)
      }
    },
  },
  {
    name: "AF4: two of three nodes vanish: the one that is left does not lead, and does when one is back",
    async play(scene) {
      const { patient, faults, primary, replicas, writer } = scene
      const gone = [primary, present(replicas[0], "there is a replica")].map(({ node }) =>
        present(node, "it has a node"),
      )
      const before = await term(scene)
      await Promise.all(gone.map((node) => faults.vanishNode(node)))
      await lasting(silentMs)
      assert.equal(await term(scene), before)
      const survivor = present(replicas[1], "there is a second replica").name
      const pods = await patient.kube.pods(patient.namespace, patient.name)
      assert.notEqual(pods.find(({ name }) => name === survivor)?.role, "primary")
      for (const node of gone.toReversed()) await faults.restoreNode(node)
      await writer.nextCommit(wholeMs)
    },
  },
  {
    name: "OW15: every node of the site vanishes at once and is back: nothing is lost",
    async play(scene) {
      const { faults, primary, replicas, writer } = scene
      const nodes = [...replicas, primary].map(({ node }) => present(node, "it has a node"))
      await Promise.all(nodes.map((node) => faults.vanishNode(node)))
      for (const node of nodes) await faults.restoreNode(node)
      await writer.nextCommit(wholeMs)
    },
  },
]

async function playAll(t: TestContext, demo: Demo, patient: Patient, world: World): Promise<void> {
  await untilWhole(world, wholeMs)
  await using writer = new Writer(`chaos-${Date.now()}`, world.database, 20)
  const api = new KubeApi(await kubeconfigAccess(patient.site.kubeconfig))
  using _api = api
  let broken = ""
  for (const { name, play } of acts)
    await t.test(name, async (act) => {
      if (broken !== "") throw new Error(`the cluster is as "${broken}" left it`)
      broken = name
      await explained(
        demo.api,
        (line) => act.diagnostic(line),
        async () => {
          await writer.nextCommit(soonMs)
          const primary = await untilWhole(world, wholeMs)
          const pods = await patient.kube.pods(patient.namespace, patient.name)
          const replicas = pods.filter((pod) => pod.name !== primary.name)
          const since = performance.now()
          await play({
            demo,
            patient,
            world,
            writer,
            faults: patient.kube.faults(),
            api,
            primary,
            replicas,
          })
          await untilWhole(world, wholeMs)
          assert.deepEqual(await writer.lost(), [], "acknowledged commits are missing")
          act.diagnostic(`no write for ${Math.round(writer.longestGap(since).ms)} ms`)
        },
      )
      broken = ""
    })
}

const newest = [...(await serversByMajor()).values()].at(-1)
const skip = newest === undefined ? "no PostgreSQL server is installed here" : false

test(
  "on microkube, in quorum, no fault of pods, nodes or volumes costs a commit",
  { skip },
  async (t) => {
    const say = (line: string): void => t.diagnostic(line)
    const { dir } = present(newest, "it was looked for")
    const words = ["--sites", "1", "--postgres", dir, "--durability", "quorum"]
    await using opened = await openTestDemo(words, say)
    const { demo, flags, steps, signal } = opened
    const [cluster] = await settle(demo, flags, steps, signal)
    const patient = await patientOf(siteOf(demo, 0), present(cluster, "there is a cluster"))
    using _kube = patient.kube
    const { kube, namespace, name, members } = patient
    await playAll(t, demo, patient, {
      kube,
      namespace,
      cluster: name,
      members,
      database: await admitApplication(patient),
      killPostmaster: () => Promise.reject(new Error("not asked for here")),
      vanishNode: undefined,
    })
  },
)
