/** What the demo's tools look at in a site's Kubernetes: the pods of a cluster, its service, its secret. */
import { CoordinationV1Api, CoreV1Api, KubeConfig, type V1Pod } from "@kubernetes/client-node"
import type { ClusterName } from "#core/ids.ts"
import { label, objectNames, port, secretKey } from "#core/names.ts"
import { present } from "#core/assert.ts"

export type Pod = {
  readonly name: string
  readonly uid: string
  readonly ip: string | undefined
  readonly node: string | undefined
  readonly role: string | undefined
  readonly ready: boolean
  readonly deleting: boolean
  /** Container -> restarts as Kubernetes counts them. */
  readonly restarts: Readonly<Record<string, number>>
  /** `containerd://…` or however the runtime names it, per container. */
  readonly containerIds: Readonly<Record<string, string>>
}

export class SiteKube {
  readonly #core: CoreV1Api
  readonly #coordination: CoordinationV1Api
  readonly kubeconfig: string

  constructor(kubeconfig: string) {
    const config = new KubeConfig()
    config.loadFromFile(kubeconfig)
    this.kubeconfig = kubeconfig
    this.#core = config.makeApiClient(CoreV1Api)
    this.#coordination = config.makeApiClient(CoordinationV1Api)
  }

  async pods(namespace: string, cluster: ClusterName): Promise<readonly Pod[]> {
    const { items } = await this.#core.listNamespacedPod({
      namespace,
      labelSelector: `${label.cluster}=${cluster}`,
    })
    return items.map(podOf).toSorted((a, b) => a.name.localeCompare(b.name))
  }

  /** The pod that carries the primary's label; undefined while there is none. */
  async primary(namespace: string, cluster: ClusterName): Promise<Pod | undefined> {
    const pods = await this.pods(namespace, cluster)
    return pods.find(({ role, deleting }) => role === "primary" && !deleting)
  }

  async deletePod(namespace: string, name: string, graceSeconds?: number): Promise<void> {
    await this.#core.deleteNamespacedPod({
      namespace,
      name,
      ...(graceSeconds === undefined ? {} : { gracePeriodSeconds: graceSeconds }),
    })
  }

  async deleteVolumeClaim(namespace: string, name: string): Promise<void> {
    await this.#core.deleteNamespacedPersistentVolumeClaim({ namespace, name })
  }

  /** Address of the service that always leads to the primary. */
  async readWriteAddress(
    namespace: string,
    cluster: ClusterName,
  ): Promise<{ readonly host: string; readonly port: number }> {
    const service = await this.#core.readNamespacedService({
      namespace,
      name: objectNames(cluster).readWrite,
    })
    return {
      host: present(service.spec?.clusterIP, "the -rw service has an address"),
      port: service.spec?.ports?.[0]?.port ?? port.postgres,
    }
  }

  async superuserPassword(namespace: string, cluster: ClusterName): Promise<string> {
    const secret = await this.#core.readNamespacedSecret({
      namespace,
      name: objectNames(cluster).secret,
    })
    const encoded = secret.data?.[secretKey.superuserPassword]
    return Buffer.from(
      present(encoded, "the cluster's secret has the superuser's password"),
      "base64",
    ).toString("utf8")
  }

  async leaseTerm(
    namespace: string,
    cluster: ClusterName,
  ): Promise<{ readonly holder: string; readonly term: number }> {
    const { spec } = await this.#coordination.readNamespacedLease({
      namespace,
      name: objectNames(cluster).lease,
    })
    return { holder: spec?.holderIdentity ?? "", term: spec?.leaseTransitions ?? 0 }
  }
}

function podOf(pod: V1Pod): Pod {
  const statuses = pod.status?.containerStatuses ?? []
  const ready = pod.status?.conditions?.find(({ type }) => type === "Ready")?.status === "True"
  return {
    name: pod.metadata?.name ?? "",
    uid: pod.metadata?.uid ?? "",
    ip: pod.status?.podIP,
    node: pod.spec?.nodeName,
    role: pod.metadata?.labels?.[label.role],
    ready,
    deleting: pod.metadata?.deletionTimestamp !== undefined,
    restarts: Object.fromEntries(statuses.map(({ name, restartCount }) => [name, restartCount])),
    containerIds: Object.fromEntries(
      statuses.map(({ name, containerID }) => [name, containerID ?? ""]),
    ),
  }
}
