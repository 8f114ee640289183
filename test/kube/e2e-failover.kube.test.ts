/**
 * The failover scenario on a real Kubernetes: central and satellite are deployed as `deploy/kubernetes` says,
 * PostgreSQL 17 from its image. Runs where PG_SWARM_TEST_KUBECONFIG names a cluster whose node has the images
 * `pg-swarm/{central,satellite,failover}:PG_SWARM_TEST_IMAGE_TAG` and `pg-swarm/postgres:17`, and whose Service
 * addresses this machine reaches.
 */
import { randomBytes } from "node:crypto"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, relative } from "node:path"
import { after, before, test } from "node:test"
import { present } from "#core/assert.ts"
import { clusterName } from "#core/ids.ts"
import { container, systemNamespace } from "#core/names.ts"
import { gibibytes } from "#core/units.ts"
import { applicationSql, newApplication } from "../../src/demo/application.ts"
import { CentralApi } from "../../src/demo/central-api.ts"
import { SiteKube } from "../../src/demo/kube.ts"
import { explained } from "../e2e/demo-fixture.ts"
import { failoverScenario } from "../e2e/failover.suite.ts"
import { until } from "../e2e/wait.ts"
import type { World } from "../e2e/world.ts"
import { hardFaults } from "./hard-faults.suite.ts"
import { Kubectl } from "./kubectl.ts"

const kubeconfig = process.env["PG_SWARM_TEST_KUBECONFIG"] ?? ""
const tag = process.env["PG_SWARM_TEST_IMAGE_TAG"] ?? ""
const skip =
  kubeconfig === ""
    ? "PG_SWARM_TEST_KUBECONFIG names no Kubernetes"
    : tag === ""
      ? "PG_SWARM_TEST_IMAGE_TAG names no images on that Kubernetes"
      : false

const kubectl = new Kubectl(process.env["PG_SWARM_TEST_KUBECTL"] ?? "kubectl", kubeconfig)
const deploymentMs = 180_000
const members = 3
const repository = join(import.meta.dirname, "../..")
const adminPassword = randomBytes(12).toString("base64url")

/** A folder with an overlay of ours, which only says which images to run. */
async function overlay(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "pg-swarm-overlay-"))
  const base = relative(folder, join(repository, "deploy/kubernetes/overlays/all-in-one"))
  const images = ["central", "satellite"].map((name) => ({ name: `pg-swarm/${name}`, newTag: tag }))
  const text = {
    apiVersion: "kustomize.config.k8s.io/v1beta1",
    kind: "Kustomization",
    bases: [base],
    images,
  }
  await writeFile(join(folder, "kustomization.yaml"), JSON.stringify(text))
  return folder
}

async function deploy(): Promise<void> {
  const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: systemNamespace } }
  await kubectl.apply(namespace)
  await kubectl.apply({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "pg-swarm-central", namespace: systemNamespace },
    stringData: { "admin-password": adminPassword },
  })
  const folder = await overlay()
  try {
    await kubectl.run(["apply", "-k", folder])
  } finally {
    await rm(folder, { recursive: true })
  }
  const inSystem = ["-n", systemNamespace]
  await kubectl.run([
    ...inSystem,
    "set",
    "env",
    "deployment/pg-swarm-satellite",
    `PG_SWARM_FAILOVER_IMAGE=pg-swarm/failover:${tag}`,
  ])
  for (const name of ["pg-swarm-central", "pg-swarm-satellite"])
    await kubectl.run(
      [...inSystem, "rollout", "status", `deployment/${name}`, `--timeout=${deploymentMs / 1000}s`],
      "",
      deploymentMs + 10_000,
    )
}

async function signedIn(): Promise<CentralApi> {
  const output = "-o=jsonpath={.spec.clusterIP}"
  const address = await kubectl.run([
    "-n",
    systemNamespace,
    "get",
    "service/pg-swarm-central",
    output,
  ])
  const central = new CentralApi(`http://${address}:8080`, { kind: "none" })
  return until("central lets the admin in", deploymentMs, () =>
    central.signIn("admin", adminPassword),
  )
}

/** A cluster by profile and rule, healthy. */
async function makeCluster(api: CentralApi, name: string, durability: "preferred" | "quorum") {
  const profile = await api.call("createProfile", {
    body: {
      name,
      description: "made by a test",
      spec: {
        members,
        postgres: { major: 17, image: "pg-swarm/postgres:17" },
        data: { sizeBytes: gibibytes(1) },
        parameters: { shared_buffers: "32MB" },
        failover: { preset: "edge", durability },
      },
    },
  })
  await api.call("createRule", {
    body: { name, profileId: profile.id, selector: {}, clusterName: name, namespace: name },
  })
  const list = () => api.call("listClusters", { query: {} })
  return until(
    `${name} is healthy`,
    240_000,
    async () => (await list()).items.find((one) => one.name === name && one.state === "healthy"),
    async () =>
      (await list()).items.map(({ state, reason, instances }) => ({
        state,
        reason,
        instances: instances.map(({ pod, phase, reason: why }) => `${pod} ${phase} ${why}`),
      })),
  )
}

async function worldOf(kube: SiteKube, name: string): Promise<World> {
  const cluster = clusterName(name)
  const application = newApplication()
  const primary = present(await kube.primary(name, cluster), `${name} has a primary`)
  await kubectl.shell(
    name,
    primary.name,
    container.postgres,
    'PGPASSWORD=$(cat "$PG_SWARM_SECRET_DIR/superuser-password") psql -h "$PG_SWARM_RUN_DIR" -U postgres -v ON_ERROR_STOP=1 -q -f -',
    applicationSql(application).join(";\n"),
  )
  return {
    kube,
    namespace: name,
    cluster,
    members,
    database: { ...(await kube.readWriteAddress(name, cluster)), ...application },
    async killPostmaster(pod) {
      await kubectl.shell(
        name,
        pod,
        container.postgres,
        'read -r pid < "$PG_SWARM_DATA_DIR/pgdata/postmaster.pid" && kill -9 "$pid"',
      )
    },
    vanishNode: undefined,
  }
}

let api: CentralApi

before(
  async () => {
    if (skip !== false) return
    await kubectl.run(["delete", "namespace", systemNamespace, "--ignore-not-found", "--wait"])
    await deploy()
    api = await signedIn()
    const pending = await until("the satellite has registered", 120_000, async () =>
      (await api.call("listSatellites", { query: {} })).items.find(
        ({ state }) => state === "pending",
      ),
    )
    await api.call("approveSatellite", { params: { id: pending.id }, body: {} })
  },
  { timeout: 2 * deploymentMs + 180_000 },
)

after(
  async () => {
    if (skip === false)
      await kubectl.run(["delete", "namespace", systemNamespace, "--ignore-not-found", "--wait"])
  },
  { timeout: deploymentMs },
)

for (const durability of ["preferred", "quorum"] as const)
  test(
    `real Kubernetes, PostgreSQL 17, ${durability}: the primary is lost twice, no acknowledged commit is`,
    { skip, timeout: 900_000 },
    async (t) => {
      const name = `e2e-${durability}`
      const made = await makeCluster(api, name, durability)
      using kube = await SiteKube.open(kubeconfig)
      try {
        const say = (line: string): void => t.diagnostic(line)
        const world = await worldOf(kube, name)
        await explained(api, say, async () => {
          await failoverScenario(world, `real Kubernetes, PostgreSQL 17, ${durability}`, say)
          if (durability === "quorum") await hardFaults(world, say)
        })
      } finally {
        const { items } = await api.call("listRules", { query: {} })
        const rule = items.find((one) => one.name === name)
        if (rule !== undefined) await api.call("deleteRule", { params: { id: rule.id } })
        await api.call("deleteCluster", { params: { id: made.id } })
        // Not before: with the namespace goes the satellite's permission to finish.
        await until("the cluster is gone, and central knows it", 120_000, async () => {
          const { items: left } = await api.call("listClusters", { query: {} })
          return left.some(({ id }) => id === made.id) ? undefined : true
        })
        await kubectl.run(["delete", "namespace", name, "--ignore-not-found", "--wait"])
      }
    },
  )
