/** Where a contract test stands: an API and a namespace of its own on it. */
import assert from "node:assert/strict"
import { randomBytes } from "node:crypto"
import type { RawKube } from "./raw-kube.ts"

export type Ground = {
  readonly kube: RawKube
  readonly namespace: string
  /** `/api/v1/namespaces/NS/configmaps/NAME` and the like. */
  readonly path: (plural: string, name?: string, sub?: string) => string
}

/** Says which Kubernetes is meant; opened when the first test runs. */
export type GroundOf = () => Ground

const groups: Readonly<Record<string, string>> = {
  statefulsets: "apis/apps/v1",
  deployments: "apis/apps/v1",
  replicasets: "apis/apps/v1",
  controllerrevisions: "apis/apps/v1",
  leases: "apis/coordination.k8s.io/v1",
  roles: "apis/rbac.authorization.k8s.io/v1",
  rolebindings: "apis/rbac.authorization.k8s.io/v1",
  jobs: "apis/batch/v1",
}

export function groundOn(kube: RawKube, namespace: string): Ground {
  return {
    kube,
    namespace,
    path: (plural, name, sub) =>
      [`/${groups[plural] ?? "api/v1"}/namespaces/${namespace}/${plural}`, name, sub]
        .filter((part) => part !== undefined)
        .join("/"),
  }
}

export async function makeNamespace(kube: RawKube): Promise<string> {
  const name = `contract-${randomBytes(4).toString("hex")}`
  await kube.create("/api/v1/namespaces", { metadata: { name } })
  // Its first account comes a moment later; pods are refused before.
  const over = AbortSignal.timeout(60_000)
  const asked = { body: idlePod("probe"), query: { dryRun: "All" } }
  while ((await kube.call("POST", `/api/v1/namespaces/${name}/pods`, asked)).status !== 201) {
    assert.ok(!over.aborted, `no pod is let into ${name}`)
  }
  return name
}

export const configMap = (name: string, data: Readonly<Record<string, string>> = {}): object => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name },
  data,
})

/** A pod that no scheduler takes, so that its status is the test's to write. */
export const idlePodSpec = {
  schedulerName: "nobody",
  terminationGracePeriodSeconds: 0,
  containers: [
    { name: "main", image: "example.invalid/idle:1", ports: [{ name: "web", containerPort: 80 }] },
  ],
}

/** A pod on a node that does not exist: it is placed, and nobody runs it. */
export const placedPod = (name: string, labels: Readonly<Record<string, string>>): object => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, labels },
  spec: { ...idlePodSpec, nodeName: "nowhere" },
})

export const idlePod = (name: string, labels: Readonly<Record<string, string>> = {}): object => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, labels },
  spec: idlePodSpec,
})

/** What a node would say of a pod that runs. */
export const runningStatus = (address: string, isReady: boolean): object => ({
  phase: "Running",
  podIP: address,
  podIPs: [{ ip: address }],
  conditions: [{ type: "Ready", status: isReady ? "True" : "False" }],
})

export async function setPodStatus(
  { kube, path }: Ground,
  name: string,
  status: object,
): Promise<void> {
  await kube.must(200, "PATCH", path("pods", name, "status"), {
    contentType: "application/strategic-merge-patch+json",
    body: { status },
  })
}
