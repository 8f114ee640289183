/** Where each kind that pg-swarm uses lives in the API. */

export type Kind = {
  readonly apiVersion: string
  readonly kind: string
  readonly plural: string
  readonly namespaced: boolean
}

const kindOf = (apiVersion: string, kind: string, plural: string, namespaced = true): Kind => ({
  apiVersion,
  kind,
  plural,
  namespaced,
})

const rbac = "rbac.authorization.k8s.io/v1"

export const kinds = {
  Namespace: kindOf("v1", "Namespace", "namespaces", false),
  ConfigMap: kindOf("v1", "ConfigMap", "configmaps"),
  Secret: kindOf("v1", "Secret", "secrets"),
  Service: kindOf("v1", "Service", "services"),
  ServiceAccount: kindOf("v1", "ServiceAccount", "serviceaccounts"),
  Pod: kindOf("v1", "Pod", "pods"),
  PersistentVolumeClaim: kindOf("v1", "PersistentVolumeClaim", "persistentvolumeclaims"),
  Role: kindOf(rbac, "Role", "roles"),
  RoleBinding: kindOf(rbac, "RoleBinding", "rolebindings"),
  StatefulSet: kindOf("apps/v1", "StatefulSet", "statefulsets"),
  Lease: kindOf("coordination.k8s.io/v1", "Lease", "leases"),
  StorageClass: kindOf("storage.k8s.io/v1", "StorageClass", "storageclasses", false),
} as const

export const disruptionBudgetKind = (apiVersion: string): Kind =>
  kindOf(apiVersion, "PodDisruptionBudget", "poddisruptionbudgets")

/** The kind of an object that we build ourselves. */
export function kindNamed(apiVersion: string, kind: string): Kind | undefined {
  if (kind === "PodDisruptionBudget") return disruptionBudgetKind(apiVersion)
  return Object.values(kinds).find(
    (known) => known.kind === kind && known.apiVersion === apiVersion,
  )
}

/** Path of a collection, or of the object `name` in it. */
export function apiPath(kind: Kind, namespace: string | undefined, name?: string): string {
  const group = kind.apiVersion.includes("/") ? `/apis/${kind.apiVersion}` : `/api/v1`
  const place =
    kind.namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : ""
  const object = name === undefined ? "" : `/${encodeURIComponent(name)}`
  return `${group}${place}/${kind.plural}${object}`
}
