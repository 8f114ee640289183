/** What the demo's tools look at in a site's Kubernetes: the pods of a cluster, its service, its secret. */
import * as z from "zod"
import type { ClusterName } from "#core/ids.ts"
import { annotation, label, objectNames, port, secretKey } from "#core/names.ts"
import { present } from "#core/assert.ts"
import { kubeconfigAccess } from "#io/kube/access.ts"
import { KubeApi, type Live } from "#io/kube/api.ts"
import { MicrokubeFaults } from "#io/kube/faults.ts"
import { apiPath, type Kind, kinds } from "#io/kube/kinds.ts"

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
}

export type LeaseView = {
  readonly holder: string
  readonly term: number
  /** Members that may hold the last acknowledged commit. */
  readonly syncSet: readonly string[]
}

const podSchema = z.looseObject({
  spec: z.looseObject({ nodeName: z.string().optional() }),
  status: z
    .looseObject({
      podIP: z.string().optional(),
      conditions: z.array(z.looseObject({ type: z.string(), status: z.string() })).optional(),
      containerStatuses: z
        .array(z.looseObject({ name: z.string(), restartCount: z.number() }))
        .optional(),
    })
    .optional(),
})
const serviceSchema = z.looseObject({
  spec: z.looseObject({
    clusterIP: z.string(),
    ports: z.array(z.looseObject({ port: z.number() })).optional(),
  }),
})
const secretSchema = z.looseObject({ data: z.record(z.string(), z.string()) })
const leaseSchema = z.looseObject({
  spec: z.looseObject({
    holderIdentity: z.string().nullish(),
    leaseTransitions: z.number().nullish(),
  }),
})

const answerMs = 5_000

export class SiteKube implements Disposable {
  readonly #api: KubeApi
  readonly #gone = new AbortController()

  private constructor(api: KubeApi) {
    this.#api = api
  }

  static async open(kubeconfig: string): Promise<SiteKube> {
    return new SiteKube(new KubeApi(await kubeconfigAccess(kubeconfig)))
  }

  [Symbol.dispose](): void {
    this.#gone.abort(new Error("no longer looked at"))
    this.#api[Symbol.dispose]()
  }

  /** Works only where the site is a microkube. */
  faults(): MicrokubeFaults {
    return new MicrokubeFaults(this.#api, this.#gone.signal)
  }

  async pods(namespace: string, cluster: ClusterName): Promise<readonly Pod[]> {
    const labels = `${label.cluster}=${cluster}`
    const { items } = await this.#api.list(kinds.Pod, namespace, { labels }, soon())
    return items.map(podOf).toSorted((a, b) => a.name.localeCompare(b.name))
  }

  /** The pod that carries the primary's label; undefined while there is none. */
  async primary(namespace: string, cluster: ClusterName): Promise<Pod | undefined> {
    const pods = await this.pods(namespace, cluster)
    return pods.find(({ role, deleting }) => role === "primary" && !deleting)
  }

  deletePod(namespace: string, name: string): Promise<void> {
    return this.remove(kinds.Pod, namespace, name)
  }

  async remove(kind: Kind, namespace: string, name: string): Promise<void> {
    await this.#api.call({ method: "DELETE", path: apiPath(kind, namespace, name) }, soon())
  }

  async exists(kind: Kind, namespace: string | undefined, name: string): Promise<boolean> {
    return (await this.uidOf(kind, namespace, name)) !== undefined
  }

  /** Tells an object from its successor of the same name; undefined while there is none. */
  async uidOf(
    kind: Kind,
    namespace: string | undefined,
    name: string,
  ): Promise<string | undefined> {
    return (await this.#api.get(kind, namespace, name, soon()))?.metadata.uid
  }

  /** Address of the service that always leads to the primary. */
  async readWriteAddress(
    namespace: string,
    cluster: ClusterName,
  ): Promise<{ readonly host: string; readonly port: number }> {
    const found = await this.#need(kinds.Service, namespace, objectNames(cluster).readWrite)
    const { spec } = serviceSchema.parse(found)
    return { host: spec.clusterIP, port: spec.ports?.[0]?.port ?? port.postgres }
  }

  async superuserPassword(namespace: string, cluster: ClusterName): Promise<string> {
    const { data } = secretSchema.parse(
      await this.#need(kinds.Secret, namespace, objectNames(cluster).secret),
    )
    const encoded = data[secretKey.superuserPassword]
    return Buffer.from(
      present(encoded, "the cluster's secret has the superuser's password"),
      "base64",
    ).toString("utf8")
  }

  async lease(namespace: string, cluster: ClusterName): Promise<LeaseView> {
    const found = await this.#need(kinds.Lease, namespace, objectNames(cluster).lease)
    const { spec } = leaseSchema.parse(found)
    const syncSet = found.metadata.annotations?.[annotation.syncSet] ?? "[]"
    return {
      holder: spec.holderIdentity ?? "",
      term: spec.leaseTransitions ?? 0,
      syncSet: z.array(z.string()).parse(JSON.parse(syncSet === "" ? "[]" : syncSet)),
    }
  }

  async #need(kind: Kind, namespace: string, name: string): Promise<Live> {
    const found = await this.#api.get(kind, namespace, name, soon())
    return present(found, `${kind.kind} ${namespace}/${name} is there`)
  }
}

const soon = (): AbortSignal => AbortSignal.timeout(answerMs)

function podOf(pod: Live): Pod {
  const { spec, status } = podSchema.parse(pod)
  const { metadata } = pod
  return {
    name: metadata.name,
    uid: metadata.uid,
    ip: status?.podIP,
    node: spec.nodeName,
    role: metadata.labels?.[label.role],
    ready:
      status?.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True") ??
      false,
    deleting: metadata.deletionTimestamp !== undefined,
    restarts: Object.fromEntries(
      (status?.containerStatuses ?? []).map(({ name, restartCount }) => [name, restartCount]),
    ),
  }
}
