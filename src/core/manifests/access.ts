/**
 * What the failover sidecar may do: see the pods of its namespace, label those of its own cluster, and
 * use its one Lease by name. It creates nothing, runs nothing and reads no Secret through the API.
 */
import type { ClusterSpec } from "#core/cluster/spec.ts"
import { memberPod } from "#core/ids.ts"
import { type KubeObject, objectMetadata } from "#core/manifests/object.ts"
import { objectNames } from "#core/names.ts"

/** Members that a cluster can ever have: permissions by name do not change when it is scaled. */
const ordinals = [0, 1, 2, 3, 4, 5, 6, 7, 8]

export function access(spec: ClusterSpec): readonly KubeObject[] {
  const names = objectNames(spec.name)
  const rbac = "rbac.authorization.k8s.io"
  return [
    {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: objectMetadata(spec, names.serviceAccount),
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: "Role",
      metadata: objectMetadata(spec, names.role),
      rules: [
        { apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch"] },
        {
          apiGroups: [""],
          resources: ["pods"],
          resourceNames: ordinals.map((ordinal) => memberPod(spec.name, ordinal)),
          verbs: ["patch"],
        },
        {
          // list and watch by name need a field selector, which the sidecar gives.
          apiGroups: ["coordination.k8s.io"],
          resources: ["leases"],
          resourceNames: [names.lease],
          verbs: ["get", "list", "watch", "update", "patch"],
        },
      ],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: "RoleBinding",
      metadata: objectMetadata(spec, names.roleBinding),
      roleRef: { apiGroup: rbac, kind: "Role", name: names.role },
      subjects: [{ kind: "ServiceAccount", name: names.serviceAccount, namespace: spec.namespace }],
    },
  ]
}
