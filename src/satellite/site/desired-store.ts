/**
 * The desired state, kept at the site: one ConfigMap for each cluster in the satellite's own namespace.
 * A satellite that restarts alone reads them and goes on. Written only here.
 */
import * as z from "zod"
import { type Desired, desiredId, desiredPlace } from "#core/cluster/desired.ts"
import { type ClusterId, clusterId, clusterName, configVersion, namespace } from "#core/ids.ts"
import { label, managedBy } from "#core/names.ts"
import type { KubeApi, Live } from "#io/kube/api.ts"
import { isRecord } from "#io/kube/api.ts"
import { kinds } from "#io/kube/kinds.ts"
import type { Log } from "#io/log.ts"
import { readStoredCluster, storeCluster } from "#wire/stored-cluster.ts"
import { fieldManager } from "./names.ts"

const partOf = "pg-swarm.io/part"
const part = "desired-cluster"
const key = { config: "config.json", tombstone: "deleting.json" } as const

const tombstoneSchema = z.object({
  id: z.uuid(),
  name: z.string().min(1),
  namespace: z.string().min(1),
  version: z.number().int().min(0),
})

const objectName = (id: ClusterId): string => `pg-swarm-cluster-${id}`

export class DesiredStore {
  readonly #api: KubeApi
  readonly #namespace: string
  readonly #log: Log

  constructor(api: KubeApi, inNamespace: string, log: Log) {
    this.#api = api
    this.#namespace = inNamespace
    this.#log = log
  }

  /** All that was kept. What cannot be read is told and left alone, for a newer satellite or a person. */
  async load(signal: AbortSignal): Promise<ReadonlyMap<ClusterId, Desired>> {
    const labels = `${label.managedBy}=${managedBy},${partOf}=${part}`
    const { items } = await this.#api.list(kinds.ConfigMap, this.#namespace, { labels }, signal)
    const found = new Map<ClusterId, Desired>()
    for (const item of items) {
      const desired = this.#read(item)
      if (desired !== undefined) found.set(desiredId(desired), desired)
    }
    return found
  }

  #read(item: Live): Desired | undefined {
    const data = isRecord(item["data"]) ? item["data"] : {}
    const [tombstone, config] = [data[key.tombstone], data[key.config]]
    try {
      if (typeof tombstone === "string") {
        const { id, name, namespace: at, version } = tombstoneSchema.parse(JSON.parse(tombstone))
        return {
          kind: "deleting",
          id: clusterId(id),
          name: clusterName(name),
          namespace: namespace(at),
          version: configVersion(version),
        }
      }
      const spec = readStoredCluster(typeof config === "string" ? config : "")
      if (spec.kind === "ok") return { kind: "wanted", spec: spec.value }
      this.#log.error("desired.unreadable", { object: item.metadata.name, problems: spec.problems })
    } catch (failure) {
      this.#log.error("desired.unreadable", { object: item.metadata.name, failure })
    }
    return undefined
  }

  /** Safe to repeat: the same state is the same object. */
  async save(desired: Desired, signal: AbortSignal): Promise<void> {
    const id = desiredId(desired)
    const { name, namespace: at, version } = desiredPlace(desired)
    const data =
      desired.kind === "wanted"
        ? { [key.config]: storeCluster(desired.spec) }
        : { [key.tombstone]: JSON.stringify({ id, name, namespace: at, version }) }
    await this.#api.apply(
      kinds.ConfigMap,
      {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: {
          name: objectName(id),
          namespace: this.#namespace,
          labels: { [label.managedBy]: managedBy, [partOf]: part },
        },
        data,
      },
      fieldManager,
      signal,
    )
  }

  async forget(id: ClusterId, signal: AbortSignal): Promise<void> {
    const found = await this.#api.get(kinds.ConfigMap, this.#namespace, objectName(id), signal)
    if (found !== undefined) await this.#api.delete(kinds.ConfigMap, found, "Background", signal)
  }
}
