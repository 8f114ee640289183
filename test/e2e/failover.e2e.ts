/**
 * The failover scenario on microkube. Each version of PostgreSQL here and each synchronous setting once; all of them together
 * with PG_SWARM_TEST_LONG.
 */
import { test } from "node:test"
import { present } from "#core/assert.ts"
import { postmasterOf, processesOfPod } from "../../src/demo/containers.ts"
import { settle } from "../../src/demo/compose.ts"
import { admitApplication, type Patient, patientOf } from "../../src/demo/patient.ts"
import { long } from "../long.ts"
import { explained, openTestDemo, serversByMajor, siteOf } from "./demo-fixture.ts"
import { failoverScenario } from "./failover.suite.ts"
import type { World } from "./world.ts"

const servers = await serversByMajor()

const worldOf = async (patient: Patient): Promise<World> => ({
  kube: patient.kube,
  namespace: patient.namespace,
  cluster: patient.name,
  members: patient.members,
  database: await admitApplication(patient),
  async killPostmaster(pod) {
    const processes = await processesOfPod(patient.site.folder, patient.namespace, pod)
    process.kill(present(postmasterOf(processes), `PostgreSQL of ${pod} runs`).pid, "SIGKILL")
  },
  async vanishNode(pod) {
    const pods = await patient.kube.pods(patient.namespace, patient.name)
    const node = present(pods.find(({ name }) => name === pod)?.node, `${pod} has a node`)
    const faults = patient.kube.faults()
    await faults.vanishNode(node)
    return { [Symbol.asyncDispose]: () => faults.restoreNode(node) }
  },
})

const settings = ["quorum", "preferred"] as const
const isEach = long || servers.size < settings.length

for (const [at, [major, { dir }]] of [...servers].entries())
  for (const durability of settings.filter((_, place) => isEach || place === at % settings.length))
    test(`PostgreSQL ${major}, ${durability}: the primary is lost three times, no acknowledged commit is`, async (t) => {
      const say = (line: string): void => t.diagnostic(line)
      const words = ["--sites", "1", "--postgres", dir, "--durability", durability]
      await using opened = await openTestDemo(words, say)
      const { demo, flags, steps, signal } = opened
      const [cluster] = await settle(demo, flags, steps, signal)
      const site = siteOf(demo, 0)
      const patient = await patientOf(site, present(cluster, "there is a cluster"))
      using _kube = patient.kube
      const world = await worldOf(patient)
      await explained(demo.api, say, () =>
        failoverScenario(world, `PostgreSQL ${major}, ${durability}`, say),
      )
    })
