/** The kinds that are served: how each is addressed, and which general rules hold for it. */
import { present } from "#core/assert.ts"

import { type StructShape } from "./schema/shape.ts"
import { shapeOf } from "./schema/shapes.ts"

export type Resource = {
  /** Empty for the core group. */
  readonly group: string
  readonly version: string
  readonly plural: string
  readonly singular: string
  readonly kind: string
  readonly isNamespaced: boolean
  readonly shortNames: readonly string[]
  readonly inAll: boolean
  /** Status is written through `/status` only, and everything else not through it. */
  readonly hasStatus: boolean
  readonly hasScale: boolean
  /** A change of the spec counts up `metadata.generation`. */
  readonly countsGeneration: boolean
  /** A PUT without a resourceVersion is refused, as nothing would guard it. */
  readonly needsVersion: boolean
  /** A PUT may create. */
  readonly createsOnUpdate: boolean
  readonly shape: StructShape
  /** Name under which objects are stored and counted: `pods`, `statefulsets.apps`. */
  readonly id: string
}

/** `cluster`-wide, `all` for `kubectl get all`, `status`, `scale`, `generation`, `versioned`, `upsert`. */
type Trait = "cluster" | "all" | "status" | "scale" | "generation" | "versioned" | "upsert"

function resource(
  groupVersion: string,
  plural: string,
  kind: string,
  shortNames: readonly string[],
  ...traits: readonly Trait[]
): Resource {
  const [group, version] = groupVersion.includes("/")
    ? [groupVersion.split("/")[0] ?? "", groupVersion.split("/")[1] ?? ""]
    : ["", groupVersion]
  return {
    group,
    version,
    plural,
    singular: kind.toLowerCase(),
    kind,
    isNamespaced: !traits.includes("cluster"),
    shortNames,
    inAll: traits.includes("all"),
    hasStatus: traits.includes("status"),
    hasScale: traits.includes("scale"),
    countsGeneration: traits.includes("generation"),
    needsVersion: traits.includes("versioned"),
    createsOnUpdate: traits.includes("upsert"),
    shape: shapeOf(kind),
    id: group === "" ? plural : `${plural}.${group}`,
  }
}

const rbac = "rbac.authorization.k8s.io/v1"

export const resources: readonly Resource[] = [
  resource("v1", "namespaces", "Namespace", ["ns"], "cluster", "status"),
  resource("v1", "nodes", "Node", ["no"], "cluster", "status"),
  resource("v1", "pods", "Pod", ["po"], "all", "status"),
  resource("v1", "services", "Service", ["svc"], "all", "status", "upsert"),
  resource("v1", "endpoints", "Endpoints", ["ep"], "upsert"),
  resource("v1", "configmaps", "ConfigMap", ["cm"]),
  resource("v1", "secrets", "Secret", []),
  resource("v1", "serviceaccounts", "ServiceAccount", ["sa"]),
  resource("v1", "persistentvolumeclaims", "PersistentVolumeClaim", ["pvc"], "status"),
  resource("v1", "persistentvolumes", "PersistentVolume", ["pv"], "cluster", "status"),
  resource("v1", "events", "Event", ["ev"]),
  resource(
    "apps/v1",
    "statefulsets",
    "StatefulSet",
    ["sts"],
    "all",
    "status",
    "scale",
    "generation",
  ),
  resource(
    "apps/v1",
    "deployments",
    "Deployment",
    ["deploy"],
    "all",
    "status",
    "scale",
    "generation",
  ),
  resource("apps/v1", "replicasets", "ReplicaSet", ["rs"], "all", "status", "scale", "generation"),
  resource("apps/v1", "controllerrevisions", "ControllerRevision", []),
  resource("batch/v1", "jobs", "Job", [], "all", "status", "generation"),
  resource("coordination.k8s.io/v1", "leases", "Lease", [], "versioned", "upsert"),
  resource("discovery.k8s.io/v1", "endpointslices", "EndpointSlice", [], "generation"),
  resource("networking.k8s.io/v1", "networkpolicies", "NetworkPolicy", ["netpol"], "generation"),
  resource(
    "policy/v1",
    "poddisruptionbudgets",
    "PodDisruptionBudget",
    ["pdb"],
    "status",
    "generation",
  ),
  resource(rbac, "roles", "Role", []),
  resource(rbac, "rolebindings", "RoleBinding", []),
  resource(rbac, "clusterroles", "ClusterRole", [], "cluster"),
  resource(rbac, "clusterrolebindings", "ClusterRoleBinding", [], "cluster"),
  resource("storage.k8s.io/v1", "storageclasses", "StorageClass", ["sc"], "cluster"),
]

const byId = new Map(resources.map((one) => [one.id, one]))

/** The resource stored under `id`, which must be one of ours. */
export const resourceById = (id: string): Resource =>
  present(byId.get(id), `microkube serves ${id}`)

export const findResource = (
  group: string,
  version: string,
  plural: string,
): Resource | undefined =>
  resources.find((one) => one.group === group && one.version === version && one.plural === plural)

/** The resource of an owner reference or of any object. */
export const resourceOfKind = (apiVersion: string, kind: string): Resource | undefined =>
  resources.find((one) => one.kind === kind && groupOf(apiVersion) === one.group)

export const apiVersionOf = ({ group, version }: Resource): string =>
  group === "" ? version : `${group}/${version}`

const groupOf = (apiVersion: string): string =>
  apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : ""

/** `statefulsets.apps "x"`: how error texts name an object. */
export const named = (of: Resource, name: string): string => `${of.id} "${name}"`
