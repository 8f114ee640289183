/**
 * pg-swarm on a real Kubernetes, deployed as `deploy/kubernetes` says. Runs where PG_SWARM_TEST_KUBECONFIG names a
 * cluster whose node has the images `pg-swarm/{central,satellite,failover}:PG_SWARM_TEST_IMAGE_TAG`,
 * `pg-swarm/postgres:17` and the same once more under `imageMirror`, and whose Service addresses this machine reaches.
 */
import { randomBytes } from "node:crypto"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, relative } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import * as z from "zod"
import { present } from "#core/assert.ts"
import { clusterName } from "#core/ids.ts"
import { container, path, systemNamespace } from "#core/names.ts"
import { gibibytes } from "#core/units.ts"
import type { Cluster } from "#wire/rest/clusters.ts"
import { applicationSql, newApplication } from "../../../src/demo/application.ts"
import { CentralApi } from "../../../src/demo/central-api.ts"
import { type PodProcess, processesOfPod } from "../../../src/demo/containers.ts"
import type { SiteKube } from "../../../src/demo/kube.ts"
import { until } from "../../e2e/wait.ts"
import type { World } from "../../e2e/world.ts"
import { Kubectl } from "../kubectl.ts"

export const kubeconfig = process.env["PG_SWARM_TEST_KUBECONFIG"] ?? ""
const tag = process.env["PG_SWARM_TEST_IMAGE_TAG"] ?? ""
/** Why nothing can be deployed here; false when it can. */
export const skip =
  kubeconfig === ""
    ? "PG_SWARM_TEST_KUBECONFIG names no Kubernetes"
    : tag === ""
      ? "PG_SWARM_TEST_IMAGE_TAG names no images on that Kubernetes"
      : false

/** Nothing answers there: what comes from it must be on the node already. */
export const imageMirror = "mirror.test/hub"

export const kubectl = new Kubectl(process.env["PG_SWARM_TEST_KUBECTL"] ?? "kubectl", kubeconfig)
export const deploymentMs = 180_000
const members = 3
const repository = join(import.meta.dirname, "../../..")
export const adminPassword = randomBytes(12).toString("base64url")

/** Applies a folder of `deploy/kubernetes`, which an overlay of ours tells which images to run. */
export async function applyFolder(name: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "pg-swarm-overlay-"))
  const base = relative(folder, join(repository, "deploy/kubernetes", name))
  const images = ["central", "satellite"].map((image) => ({
    name: `pg-swarm/${image}`,
    newTag: tag,
  }))
  const text = {
    apiVersion: "kustomize.config.k8s.io/v1beta1",
    kind: "Kustomization",
    bases: [base],
    images,
  }
  try {
    await writeFile(join(folder, "kustomization.yaml"), JSON.stringify(text))
    await kubectl.run(["apply", "-k", folder])
  } finally {
    await rm(folder, { recursive: true })
  }
}

export const inSystem = (...words: readonly string[]): Promise<string> =>
  kubectl.run(["-n", systemNamespace, ...words], "", deploymentMs + 10_000)

const podsSchema = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string(), deletionTimestamp: z.string().optional() }),
      status: z.object({
        containerStatuses: z
          .array(z.object({ state: z.object({ running: z.object({}).optional() }).default({}) }))
          .default([]),
      }),
    }),
  ),
})

/**
 * Pods that are to go and of which nothing runs any more. A kubelet of v1.20 forgets how their containers ended (it calls
 * them waiting) and takes half a minute and more to let go of such a pod.
 */
async function forgetEnded(namespace: string): Promise<void> {
  const { items } = podsSchema.parse(
    JSON.parse(await kubectl.run(["-n", namespace, "get", "pods", "-o=json"])),
  )
  for (const { metadata, status } of items) {
    const runs = status.containerStatuses.some(({ state }) => state.running !== undefined)
    if (metadata.deletionTimestamp !== undefined && !runs)
      await kubectl.run([
        "-n",
        namespace,
        "delete",
        "pod",
        metadata.name,
        "--force",
        "--grace-period=0",
      ])
  }
}

const forgetEveryMs = 2_000

/** Does the work, and meanwhile lets go of pods that have ended. */
async function forgettingEnded<T>(namespace: string, work: () => Promise<T>): Promise<T> {
  const stop = new AbortController()
  const { signal } = stop
  const forgetting = async (): Promise<void> => {
    while (!signal.aborted) {
      // Whoever was quicker has done it.
      await forgetEnded(namespace).catch(() => undefined)
      await sleep(forgetEveryMs, undefined, { signal }).catch(() => undefined)
    }
  }
  const helper = forgetting()
  try {
    return await work()
  } finally {
    stop.abort()
    await helper
  }
}

export const untilDeployed = (name: string): Promise<string> =>
  forgettingEnded(systemNamespace, () =>
    inSystem("rollout", "status", `deployment/${name}`, `--timeout=${deploymentMs / 1000}s`),
  )

/** The sidecar's image, which is a setting of the satellite. */
export const setFailoverImage = (): Promise<string> =>
  inSystem(
    "set",
    "env",
    "deployment/pg-swarm-satellite",
    `PG_SWARM_FAILOVER_IMAGE=pg-swarm/failover:${tag}`,
  )

export const applySecret = (
  name: string,
  stringData: Readonly<Record<string, string>>,
): Promise<string> =>
  kubectl.apply({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace: systemNamespace },
    stringData,
  })

/** Central and a satellite, in the folder's way, from nothing. */
export async function deploy(folder: string): Promise<void> {
  await undeploy()
  const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: systemNamespace } }
  await kubectl.apply(namespace)
  await applySecret("pg-swarm-central", { "admin-password": adminPassword })
  await applyFolder(folder)
  await setFailoverImage()
  for (const name of ["pg-swarm-central", "pg-swarm-satellite"]) await untilDeployed(name)
}

export const removeNamespace = (name: string): Promise<string> =>
  forgettingEnded(name, () =>
    kubectl.run(["delete", "namespace", name, "--ignore-not-found", "--wait"]),
  )

export async function undeploy(): Promise<void> {
  await removeNamespace(systemNamespace)
}

export const centralAddress = (): Promise<string> =>
  inSystem("get", "service/pg-swarm-central", "-o=jsonpath={.spec.clusterIP}")

export async function signedIn(): Promise<CentralApi> {
  const central = new CentralApi(`http://${await centralAddress()}:8080`, { kind: "none" })
  return until("central lets the admin in", deploymentMs, () =>
    central.signIn("admin", adminPassword),
  )
}

export async function approveSatellite(api: CentralApi): Promise<void> {
  const pending = await until("the satellite has registered", 120_000, async () =>
    (await api.call("listSatellites", { query: {} })).items.find(
      ({ state }) => state === "pending",
    ),
  )
  await api.call("approveSatellite", { params: { id: pending.id }, body: {} })
}

/** A cluster by profile and rule, healthy. */
export async function makeCluster(
  api: CentralApi,
  name: string,
  durability: "preferred" | "quorum",
): Promise<Cluster> {
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

/** By central's way where central can still do it; nothing of the cluster is left in any case. */
export async function removeCluster(api: CentralApi, name: string): Promise<void> {
  const named = async () =>
    (await api.call("listClusters", { query: {} })).items.find((one) => one.name === name)
  try {
    const { items } = await api.call("listRules", { query: {} })
    const rule = items.find((one) => one.name === name)
    if (rule !== undefined) await api.call("deleteRule", { params: { id: rule.id } })
    const made = await named()
    if (made !== undefined) await api.call("deleteCluster", { params: { id: made.id } })
    await forgettingEnded(name, () =>
      until(
        "the cluster is gone, and central knows it",
        120_000,
        async () => ((await named()) === undefined ? true : undefined),
        async () => ({
          cluster: await named(),
          left: await kubectl.run(["-n", name, "get", "pods,pvc", "--no-headers"]),
        }),
      ),
    )
  } finally {
    // Not before: with the namespace goes the satellite's permission to finish. Never later: what is left of a test that
    // failed would take the processors from every test that follows.
    await removeNamespace(name)
  }
}

export async function worldOf(kube: SiteKube, name: string): Promise<World> {
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

/** The pod's processes, where containers are processes of this host; none where they are not. */
export const processesIn = (namespace: string, pod: string): Promise<readonly PodProcess[]> =>
  processesOfPod(path.data.slice(0, path.data.lastIndexOf("/")), namespace, pod)
