/** The failover scenario on a real Kubernetes, and what people ask of a running cluster there (`deployed.ts`). */
import { after, before, test } from "node:test"
import type { Cluster } from "#wire/rest/clusters.ts"
import type { CentralApi } from "../../../src/demo/central-api.ts"
import { SiteKube } from "../../../src/demo/kube.ts"
import { pausedByHand, restartedInFull } from "../../e2e/by-hand.suite.ts"
import { databaseByRest } from "../../e2e/databases.suite.ts"
import { explained } from "../../e2e/demo-fixture.ts"
import { failoverScenario } from "../../e2e/failover.suite.ts"
import { until } from "../../e2e/wait.ts"
import type { World } from "../../e2e/world.ts"
import { whyNotShort } from "../../long.ts"
import {
  approveSatellite,
  deploy,
  deploymentMs,
  kubeconfig,
  makeCluster,
  processesIn,
  removeCluster,
  removeNamespace,
  signedIn,
  skip,
  undeploy,
  worldOf,
} from "./deployed.ts"
import { hardFaults } from "./hard-faults.suite.ts"
import { lineChanges } from "./line.suite.ts"
import { mirrored } from "./mirror.suite.ts"
import { placesOfHost } from "../places.ts"

let api: CentralApi

before(
  async () => {
    if (skip !== false) return
    await deploy("overlays/all-in-one")
    api = await signedIn()
    await approveSatellite(api)
  },
  { timeout: 2 * deploymentMs + 180_000 },
)

after(
  async () => {
    if (skip === false) await undeploy()
  },
  { timeout: deploymentMs },
)

/** The task on a cluster of its own, of which nothing is left, not even of one that never came to be. */
async function onCluster(
  name: string,
  durability: "preferred" | "quorum",
  say: (line: string) => void,
  task: (world: World, made: Cluster) => Promise<void>,
): Promise<void> {
  using kube = await SiteKube.open(kubeconfig)
  await removeNamespace(name)
  try {
    await explained(api, say, async () => {
      const made = await makeCluster(api, name, durability)
      await task(await worldOf(kube, name), made)
    })
  } catch (error) {
    await removeCluster(api, name).catch((left: unknown) => say(`not removed: ${String(left)}`))
    throw error
  }
  await removeCluster(api, name)
}

for (const durability of ["preferred", "quorum"] as const)
  test(
    `real Kubernetes, PostgreSQL 17, ${durability}: the primary is lost twice, no acknowledged commit is`,
    { skip: skip === false && durability === "preferred" ? whyNotShort : skip, timeout: 900_000 },
    async (t) => {
      const say = (line: string): void => t.diagnostic(line)
      await onCluster(`e2e-${durability}`, durability, say, async (world) => {
        await failoverScenario(world, `real Kubernetes, PostgreSQL 17, ${durability}`, say)
        if (durability !== "quorum") return
        await hardFaults(world, say)
        // A node that was away from the API for long counts as gone for a moment, and Services leave its pods out.
        await until("central answers again", deploymentMs, () =>
          api.call("listSatellites", { query: {} }).catch(() => undefined),
        )
      })
    },
  )

test(
  "real Kubernetes, PostgreSQL 17: databases with limits, a restart, a pause, a mirror of images, a line that turns to TLS",
  { skip, timeout: 900_000 },
  async (t) => {
    const say = (line: string): void => t.diagnostic(line)
    const places = placesOfHost()
    await onCluster("e2e-by-hand", "quorum", say, async (world, made) => {
      const { id, namespace } = made
      const { kube, cluster } = world
      if (typeof places === "string") say(`LEFT OUT: databases with limits: ${places}`)
      else
        await t.test("a database lets in whom its limits name, and nobody else", async () => {
          await (
            await databaseByRest(api, { kube, namespace, name: cluster, id }, places)
          )()
        })
      await t.test("a restart in full: the same primary in its term, every server new", () =>
        restartedInFull(api, world, id, say),
      )
      await t.test("a pod that is made anew takes its image from the mirror", () =>
        mirrored(api, world, say),
      )
      await t.test("a paused cluster makes no failover by itself; resumed it helps itself", () =>
        pausedByHand(api, world, id, (pod) => processesIn(namespace, pod), say),
      )
      await t.test("the line turns from plain to TLS, and to another authority", async () => {
        api = await lineChanges(made, say)
      })
    })
  },
)
