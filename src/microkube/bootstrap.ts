/** What a new site is born with, and what every start sets right: namespaces, nodes, classes, roles. */
import type { Config } from "./config.ts"
import { type JsonObject, objectAt, textAt, withAt } from "./json.ts"
import { timestamp } from "./object.ts"
import type { Objects, WriteOptions } from "./objects.ts"
import { resourceById } from "./resources.ts"

const options: WriteOptions = { manager: "microkube" }

const standardClass: JsonObject = {
  metadata: {
    name: "standard",
    annotations: { "storageclass.kubernetes.io/is-default-class": "true" },
  },
  provisioner: "microkube/folder",
  allowVolumeExpansion: true,
  volumeBindingMode: "WaitForFirstConsumer",
}

const everything: JsonObject = {
  metadata: { name: "cluster-admin" },
  rules: [
    { apiGroups: ["*"], resources: ["*"], verbs: ["*"] },
    { nonResourceURLs: ["*"], verbs: ["*"] },
  ],
}

export function bootstrap(objects: Objects, config: Config): void {
  const ensure = (id: string, object: JsonObject): void => {
    const name = textAt(object, "metadata", "name") ?? ""
    if (objects.find(id, "", name) === undefined) {
      objects.create(resourceById(id), "", object, options)
    }
  }
  for (const name of ["default", "kube-system", "kube-public", "kube-node-lease"]) {
    ensure("namespaces", { metadata: { name } })
  }
  for (const storageClass of config.storageClasses.length === 0
    ? [standardClass]
    : config.storageClasses) {
    ensure("storageclasses.storage.k8s.io", storageClass)
  }
  ensure("clusterroles.rbac.authorization.k8s.io", everything)
  for (const [index, name] of config.nodes.entries()) {
    ensure("nodes", {
      metadata: {
        name,
        labels: {
          "kubernetes.io/hostname": name,
          "kubernetes.io/os": "linux",
          "topology.kubernetes.io/zone": `zone-${index + 1}`,
        },
      },
    })
    setNodeReady(objects, name, true, config.block, index)
  }
}

const versions: JsonObject = {
  kubeletVersion: "v1.32.4+microkube",
  operatingSystem: "linux",
  architecture: "amd64",
  containerRuntimeVersion: "microkube://1",
}

/** The node's status as its own agent reports it, or as the cluster judges it when that went silent. */
export function setNodeReady(
  objects: Objects,
  name: string,
  isReady: boolean,
  block: string,
  index: number,
): void {
  const now = timestamp(objects.now())
  const condition = isReady
    ? { status: "True", reason: "KubeletReady", message: "microkube runs pods" }
    : {
        status: "Unknown",
        reason: "NodeStatusUnknown",
        message: "Kubelet stopped posting node status.",
      }
  const resources = { cpu: "8", memory: "32Gi", pods: "200", "ephemeral-storage": "100Gi" }
  objects.change(
    resourceById("nodes"),
    "",
    name,
    (node) =>
      withAt(node, ["status"], {
        ...objectAt(node, "status"),
        capacity: resources,
        allocatable: resources,
        addresses: [
          { type: "InternalIP", address: `${block}.0.${index + 10}` },
          { type: "Hostname", address: name },
        ],
        nodeInfo: versions,
        conditions: [
          { type: "Ready", ...condition, lastHeartbeatTime: now, lastTransitionTime: now },
        ],
      }),
    { ...options, subresource: "status" },
  )
}
