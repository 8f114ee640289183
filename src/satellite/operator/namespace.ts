/** Step 1: the namespace of a cluster, and our own permission in it. */
import type { ClusterSpec } from "#core/cluster/spec.ts"
import type { KubeObject } from "#core/manifests/object.ts"
import { label, managedBy } from "#core/names.ts"
import { isConflict } from "#io/kube/kube-error.ts"
import { kinds } from "#io/kube/kinds.ts"
import { fieldManager, namespaceRole, satelliteAccount } from "../site/names.ts"
import type { Context } from "./context.ts"

export type NamespaceResult =
  | { readonly kind: "ready" }
  | { readonly kind: "waiting"; readonly why: string }

export async function ensureNamespace(
  context: Context,
  spec: ClusterSpec,
  signal: AbortSignal,
): Promise<NamespaceResult> {
  const { api } = context
  const live = await api.get(kinds.Namespace, undefined, spec.namespace, signal)
  if (live?.metadata.deletionTimestamp !== undefined)
    return { kind: "waiting", why: `namespace ${spec.namespace} is being deleted` }
  if (live === undefined) {
    const body = {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: spec.namespace, labels: { [label.managedBy]: managedBy } },
    }
    try {
      await api.create(kinds.Namespace, body, fieldManager, signal)
    } catch (failure) {
      if (!isConflict(failure)) throw failure
    }
  }
  if (context.account !== undefined) await ensurePermission(context, spec.namespace, signal)
  return { kind: "ready" }
}

/** Secrets, ConfigMaps and the rest are ours only where we manage: docs/decisions says how. */
async function ensurePermission(
  { api, account }: Context,
  namespace: string,
  signal: AbortSignal,
): Promise<void> {
  if (account === undefined) return
  const group = "rbac.authorization.k8s.io"
  const binding: KubeObject = {
    apiVersion: `${group}/v1`,
    kind: "RoleBinding",
    metadata: { name: satelliteAccount, namespace, labels: { [label.managedBy]: managedBy } },
    roleRef: { apiGroup: group, kind: "ClusterRole", name: namespaceRole },
    subjects: [{ kind: "ServiceAccount", name: account.name, namespace: account.namespace }],
  }
  await api.apply(kinds.RoleBinding, binding, fieldManager, signal)
}

/** Whether we ever managed anything in `namespace`. Outside a cluster everything is allowed, so: perhaps. */
export async function hasPermission(
  { api, account }: Context,
  namespace: string,
  signal: AbortSignal,
): Promise<boolean> {
  if (account === undefined) return true
  return (await api.get(kinds.RoleBinding, namespace, satelliteAccount, signal)) !== undefined
}

/** The last cluster of `namespace` is gone: so is our business there. */
export async function dropPermission(
  { api, account }: Context,
  namespace: string,
  signal: AbortSignal,
): Promise<void> {
  if (account === undefined) return
  const binding = await api.get(kinds.RoleBinding, namespace, satelliteAccount, signal)
  if (binding !== undefined) await api.delete(kinds.RoleBinding, binding, "Background", signal)
}
