/** The columns of `kubectl get`, by kind. */
import {
  type Json,
  at,
  isList,
  isObject,
  isTrueAt,
  numberAt,
  objectAt,
  objectsAt,
  stringsAt,
  textAt,
  textsAt,
} from "../json.ts"
import { type KubeObject, isDeleting } from "../object.ts"
import { selectorText } from "../selectors.ts"

export type Column = {
  readonly name: string
  readonly type?: "integer"
  readonly isWide?: boolean
  readonly of: (object: KubeObject, now: number) => Json
}

const text = (name: string, ...path: readonly string[]): Column => ({
  name,
  of: (object) => {
    const found = at(object, ...path)
    return isObject(found) || isList(found) || found === undefined || found === null
      ? "<none>"
      : String(found)
  },
})
const wide = (column: Column): Column => ({ ...column, isWide: true })
const count = (name: string, ...path: readonly string[]): Column => ({
  name,
  type: "integer",
  of: (object) => numberAt(object, ...path) ?? 0,
})

/** A span of time as `kubectl` writes it: 42s, 5m3s, 2h, 3d. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const [minutes, hours, days] = [
    Math.floor(seconds / 60),
    Math.floor(seconds / 3600),
    Math.floor(seconds / 86_400),
  ]
  if (seconds < 120) return `${seconds}s`
  if (minutes < 10) return `${minutes}m${seconds % 60 === 0 ? "" : `${seconds % 60}s`}`
  if (minutes < 180) return `${minutes}m`
  if (hours < 8) return `${hours}h${minutes % 60 === 0 ? "" : `${minutes % 60}m`}`
  if (hours < 48) return `${hours}h`
  return days < 8 ? `${days}d${hours % 24 === 0 ? "" : `${hours % 24}h`}` : `${days}d`
}

function since(value: string | undefined, now: number): string {
  const then = Date.parse(value ?? "")
  return Number.isNaN(then) ? "<unknown>" : duration(now - then)
}

export const age = (object: KubeObject, now: number): string =>
  since(textAt(object, "metadata", "creationTimestamp"), now)

const containers = (...path: readonly string[]): readonly Column[] => [
  wide({
    name: "Containers",
    of: (object) =>
      objectsAt(object, ...path, "containers")
        .map((one) => textAt(one, "name") ?? "")
        .join(","),
  }),
  wide({
    name: "Images",
    of: (object) =>
      objectsAt(object, ...path, "containers")
        .map((one) => textAt(one, "image") ?? "")
        .join(","),
  }),
]
const selector: Column = wide({
  name: "Selector",
  of: (object) => selectorText(objectAt(object, "spec", "selector")),
})
const dataCount: Column = {
  name: "Data",
  type: "integer",
  of: (object) =>
    Object.keys(objectAt(object, "data")).length +
    Object.keys(objectAt(object, "binaryData")).length,
}

const ratio = (name: string, is: readonly string[], wanted: readonly string[]): Column => ({
  name,
  of: (object) => `${numberAt(object, ...is) ?? 0}/${numberAt(object, ...wanted) ?? 0}`,
})

function podStatus(pod: KubeObject): string {
  if (isDeleting(pod)) {
    return textAt(pod, "status", "reason") === "NodeLost" ? "Unknown" : "Terminating"
  }
  const phase = textAt(pod, "status", "reason") ?? textAt(pod, "status", "phase") ?? "Unknown"
  const inits = objectsAt(pod, "status", "initContainerStatuses")
  const sidecars = new Set(
    objectsAt(pod, "spec", "initContainers")
      .filter((one) => one["restartPolicy"] === "Always")
      .map((one) => one["name"]),
  )
  for (const [index, init] of inits.entries()) {
    if (numberAt(init, "state", "terminated", "exitCode") === 0) continue
    if (sidecars.has(init["name"]) && at(init, "started") === true) continue
    const reason =
      textAt(init, "state", "waiting", "reason") ?? textAt(init, "state", "terminated", "reason")
    if (reason !== undefined && reason !== "PodInitializing") return `Init:${reason}`
    return `Init:${index}/${inits.length}`
  }
  for (const status of objectsAt(pod, "status", "containerStatuses").toReversed()) {
    const reason =
      textAt(status, "state", "waiting", "reason") ??
      textAt(status, "state", "terminated", "reason")
    if (reason !== undefined) return reason
  }
  return phase
}

const restarts = (pod: KubeObject, now: number): string => {
  const statuses = objectsAt(pod, "status", "containerStatuses")
  const total = statuses.reduce((sum, one) => sum + (numberAt(one, "restartCount") ?? 0), 0)
  const last =
    statuses
      .map((one) => textAt(one, "lastState", "terminated", "finishedAt") ?? "")
      .toSorted()
      .at(-1) ?? ""
  return total === 0 || last === "" ? String(total) : `${total} (${since(last, now)} ago)`
}

const podColumns: readonly Column[] = [
  {
    name: "Ready",
    of: (pod) => {
      const statuses = objectsAt(pod, "status", "containerStatuses")
      return `${statuses.filter((one) => isTrueAt(one, "ready")).length}/${objectsAt(pod, "spec", "containers").length}`
    },
  },
  { name: "Status", of: podStatus },
  { name: "Restarts", of: restarts },
  wide(text("IP", "status", "podIP")),
  wide(text("Node", "spec", "nodeName")),
  wide(text("Nominated Node", "status", "nominatedNodeName")),
  wide({ name: "Readiness Gates", of: () => "<none>" }),
]

const endpointsText = (object: KubeObject): string => {
  const all = objectsAt(object, "subsets").flatMap((subset) =>
    objectsAt(subset, "ports").flatMap((port) =>
      objectsAt(subset, "addresses").map((one) => `${textAt(one, "ip")}:${numberAt(port, "port")}`),
    ),
  )
  if (all.length === 0) return "<none>"
  return all.length > 3 ? `${all.slice(0, 3).join(",")} + ${all.length - 3} more...` : all.join(",")
}

const subjects = (kind: string): Column =>
  wide({
    name: kind === "User" ? "Users" : kind === "Group" ? "Groups" : "ServiceAccounts",
    of: (object) =>
      objectsAt(object, "subjects")
        .filter((one) => one["kind"] === kind)
        .map((one) =>
          kind === "ServiceAccount"
            ? `${textAt(one, "namespace")}/${textAt(one, "name")}`
            : (textAt(one, "name") ?? ""),
        )
        .join(", "),
  })
const bindingColumns: readonly Column[] = [
  {
    name: "Role",
    of: (object) => `${textAt(object, "roleRef", "kind")}/${textAt(object, "roleRef", "name")}`,
  },
  subjects("User"),
  subjects("Group"),
  subjects("ServiceAccount"),
]

const modes: Readonly<Record<string, string>> = {
  ReadWriteOnce: "RWO",
  ReadOnlyMany: "ROX",
  ReadWriteMany: "RWX",
  ReadWriteOncePod: "RWOP",
}
const accessModes: Column = {
  name: "Access Modes",
  of: (object) =>
    textsAt(object, "spec", "accessModes")
      .map((one) => modes[one] ?? one)
      .join(","),
}

const columns: Readonly<Record<string, readonly Column[]>> = {
  namespaces: [text("Status", "status", "phase")],
  nodes: [
    {
      name: "Status",
      of: (node) => {
        const ready = objectsAt(node, "status", "conditions").find((one) => one["type"] === "Ready")
        const word = ready?.["status"] === "True" ? "Ready" : "NotReady"
        return isTrueAt(node, "spec", "unschedulable") ? `${word},SchedulingDisabled` : word
      },
    },
    { name: "Roles", of: () => "<none>" },
    text("Version", "status", "nodeInfo", "kubeletVersion"),
    wide({
      name: "Internal-IP",
      of: (node) => textAt(objectsAt(node, "status", "addresses")[0], "address") ?? "<none>",
    }),
  ],
  pods: podColumns,
  services: [
    text("Type", "spec", "type"),
    text("Cluster-IP", "spec", "clusterIP"),
    { name: "External-IP", of: () => "<none>" },
    {
      name: "Port(s)",
      of: (service) =>
        objectsAt(service, "spec", "ports")
          .map((one) => `${numberAt(one, "port")}/${textAt(one, "protocol")}`)
          .join(","),
    },
    wide({
      name: "Selector",
      of: (service) =>
        Object.entries(stringsAt(service, "spec", "selector"))
          .map(([key, value]) => `${key}=${value}`)
          .join(","),
    }),
  ],
  endpoints: [{ name: "Endpoints", of: endpointsText }],
  configmaps: [dataCount],
  secrets: [text("Type", "type"), dataCount],
  serviceaccounts: [
    { name: "Secrets", type: "integer", of: (object) => objectsAt(object, "secrets").length },
  ],
  persistentvolumeclaims: [
    {
      name: "Status",
      of: (object) =>
        isDeleting(object) ? "Terminating" : (textAt(object, "status", "phase") ?? ""),
    },
    text("Volume", "spec", "volumeName"),
    text("Capacity", "status", "capacity", "storage"),
    accessModes,
    text("StorageClass", "spec", "storageClassName"),
    wide(text("VolumeMode", "spec", "volumeMode")),
  ],
  persistentvolumes: [
    text("Capacity", "spec", "capacity", "storage"),
    accessModes,
    text("Reclaim Policy", "spec", "persistentVolumeReclaimPolicy"),
    text("Status", "status", "phase"),
    {
      name: "Claim",
      of: (object) =>
        `${textAt(object, "spec", "claimRef", "namespace") ?? ""}/${textAt(object, "spec", "claimRef", "name") ?? ""}`,
    },
    text("StorageClass", "spec", "storageClassName"),
  ],
  events: [
    {
      name: "Last Seen",
      of: (event, now) => since(textAt(event, "lastTimestamp") ?? textAt(event, "eventTime"), now),
    },
    text("Type", "type"),
    text("Reason", "reason"),
    {
      name: "Object",
      of: (event) =>
        `${(textAt(event, "involvedObject", "kind") ?? "").toLowerCase()}/${textAt(event, "involvedObject", "name")}`,
    },
    text("Message", "message"),
    wide(text("Source", "source", "component")),
    wide(count("Count", "count")),
  ],
  "statefulsets.apps": [
    ratio("Ready", ["status", "readyReplicas"], ["spec", "replicas"]),
    ...containers("spec", "template", "spec"),
  ],
  "deployments.apps": [
    ratio("Ready", ["status", "readyReplicas"], ["spec", "replicas"]),
    count("Up-to-date", "status", "updatedReplicas"),
    count("Available", "status", "availableReplicas"),
    ...containers("spec", "template", "spec"),
    selector,
  ],
  "replicasets.apps": [
    count("Desired", "spec", "replicas"),
    count("Current", "status", "replicas"),
    count("Ready", "status", "readyReplicas"),
    ...containers("spec", "template", "spec"),
    selector,
  ],
  "controllerrevisions.apps": [
    {
      name: "Controller",
      of: (object) =>
        `${(textAt(objectsAt(object, "metadata", "ownerReferences")[0], "kind") ?? "<none>").toLowerCase()}/${textAt(objectsAt(object, "metadata", "ownerReferences")[0], "name") ?? ""}`,
    },
    count("Revision", "revision"),
  ],
  "jobs.batch": [
    {
      name: "Status",
      of: (job) => {
        const done = objectsAt(job, "status", "conditions").find(
          (one) =>
            one["status"] === "True" && (one["type"] === "Complete" || one["type"] === "Failed"),
        )
        return textAt(done, "type") ?? "Running"
      },
    },
    ratio("Completions", ["status", "succeeded"], ["spec", "completions"]),
    {
      name: "Duration",
      of: (job, now) =>
        since(
          textAt(job, "status", "startTime"),
          Date.parse(textAt(job, "status", "completionTime") ?? "") || now,
        ),
    },
    ...containers("spec", "template", "spec"),
    selector,
  ],
  "leases.coordination.k8s.io": [text("Holder", "spec", "holderIdentity")],
  "endpointslices.discovery.k8s.io": [
    text("AddressType", "addressType"),
    {
      name: "Ports",
      of: (slice) =>
        objectsAt(slice, "ports")
          .map((one) => String(numberAt(one, "port")))
          .join(","),
    },
    {
      name: "Endpoints",
      of: (slice) =>
        objectsAt(slice, "endpoints")
          .flatMap((one) => textsAt(one, "addresses"))
          .join(","),
    },
  ],
  "poddisruptionbudgets.policy": [
    text("Min Available", "spec", "minAvailable"),
    text("Max Unavailable", "spec", "maxUnavailable"),
    count("Allowed Disruptions", "status", "disruptionsAllowed"),
  ],
  "roles.rbac.authorization.k8s.io": [],
  "rolebindings.rbac.authorization.k8s.io": bindingColumns,
  "clusterrolebindings.rbac.authorization.k8s.io": bindingColumns,
  "storageclasses.storage.k8s.io": [
    text("Provisioner", "provisioner"),
    text("ReclaimPolicy", "reclaimPolicy"),
    text("VolumeBindingMode", "volumeBindingMode"),
    { name: "AllowVolumeExpansion", of: (object) => isTrueAt(object, "allowVolumeExpansion") },
  ],
}

export const columnsOf = (resource: string): readonly Column[] => columns[resource] ?? []
