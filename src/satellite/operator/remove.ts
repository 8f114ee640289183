/**
 * One pass over a cluster that should be gone: pods first, then what they used, volumes last but the
 * stored config, which says whose all this was. Only objects with our label are touched.
 */
import type { Desired } from "#core/cluster/desired.ts"
import { label, managedBy, objectNames } from "#core/names.ts"
import { type Live, isRecord } from "#io/kube/api.ts"
import { type Kind, disruptionBudgetKind, kinds } from "#io/kube/kinds.ts"
import { readStoredCluster } from "#wire/stored-cluster.ts"
import { volumeFinalizer } from "../site/names.ts"
import type { Context } from "./context.ts"
import { hasPermission } from "./namespace.ts"
import { setFinalizer } from "./volumes.ts"

export type Removal =
  | { readonly kind: "gone" }
  | { readonly kind: "going"; readonly why: string }
  /** The objects of this name belong to another cluster: nothing of ours is here. */
  | { readonly kind: "not-ours"; readonly why: string }

type Deleting = Extract<Desired, { readonly kind: "deleting" }>

export async function remove(
  context: Context,
  cluster: Deleting,
  signal: AbortSignal,
): Promise<Removal> {
  const { api } = context
  const namespace = await api.get(kinds.Namespace, undefined, cluster.namespace, signal)
  if (namespace === undefined) return { kind: "gone" }
  // Central may delete what never reached this site: then there is nothing, and nothing we may see.
  if (!(await hasPermission(context, cluster.namespace, signal))) return { kind: "gone" }
  // A pod or a volume that goes then asks for the next pass at once.
  await context.view.follow(cluster.namespace, signal)
  const owner = await ownerOf(context, cluster, signal)
  if (owner !== undefined && owner !== cluster.id)
    return { kind: "not-ours", why: `${cluster.namespace}/${cluster.name} is cluster ${owner}` }

  const serving = [
    ...(await ofKind(context, cluster, kinds.StatefulSet, signal)),
    ...(await ofKind(context, cluster, kinds.Pod, signal)),
  ]
  await deleteAll(context, serving, signal)
  const pods = await ofKind(context, cluster, kinds.Pod, signal)
  if (pods.length > 0) return { kind: "going", why: `${pods.length} pods are stopping` }

  const claims = await ofKind(context, cluster, kinds.PersistentVolumeClaim, signal)
  for (const [, claim] of claims) {
    // A person asked for this deletion in central: it is what the protection waits for.
    if (claim.metadata.finalizers?.includes(volumeFinalizer) ?? false)
      await setFinalizer(context, claim, false, signal)
  }
  const stored = objectNames(cluster.name).storedConfig
  const budget = context.site.disruptionBudgetVersion
  const rest = await Promise.all(
    [
      kinds.Service,
      kinds.ConfigMap,
      kinds.Secret,
      kinds.RoleBinding,
      kinds.Role,
      kinds.ServiceAccount,
      kinds.Lease,
      ...(budget === undefined ? [] : [disruptionBudgetKind(budget)]),
    ].map((kind) => ofKind(context, cluster, kind, signal)),
  )
  const used = rest.flat().filter(([, { metadata }]) => metadata.name !== stored)
  await deleteAll(context, [...claims, ...used], signal)
  const left = [
    ...(await ofKind(context, cluster, kinds.PersistentVolumeClaim, signal)),
    ...(await ofKind(context, cluster, kinds.StatefulSet, signal)),
  ]
  if (left.length > 0) return { kind: "going", why: `${left.length} volumes are being released` }
  const config = await api.get(kinds.ConfigMap, cluster.namespace, stored, signal)
  if (config !== undefined && isOurs(config, cluster))
    await api.delete(kinds.ConfigMap, config, "Background", signal)
  return { kind: "gone" }
}

/** Id in the stored config; undefined when there is none to read. */
async function ownerOf(
  { api }: Context,
  cluster: Deleting,
  signal: AbortSignal,
): Promise<string | undefined> {
  const name = objectNames(cluster.name).storedConfig
  const stored = await api.get(kinds.ConfigMap, cluster.namespace, name, signal)
  const data = isRecord(stored?.["data"]) ? stored["data"] : {}
  const text = data["config.json"]
  const read = typeof text === "string" ? readStoredCluster(text) : undefined
  return read?.kind === "ok" ? read.value.id : undefined
}

const isOurs = ({ metadata }: Live, cluster: Deleting): boolean =>
  metadata.labels?.[label.managedBy] === managedBy &&
  metadata.labels[label.cluster] === cluster.name

type Found = readonly [Kind, Live]

/** Asked of the server, not of the view: what is still there decides whether we are done. */
async function ofKind(
  { api }: Context,
  cluster: Deleting,
  kind: Kind,
  signal: AbortSignal,
): Promise<readonly Found[]> {
  const labels = `${label.managedBy}=${managedBy},${label.cluster}=${cluster.name}`
  const { items } = await api.list(kind, cluster.namespace, { labels }, signal)
  return items.map((item) => [kind, item] as const)
}

async function deleteAll(
  { api }: Context,
  found: readonly Found[],
  signal: AbortSignal,
): Promise<void> {
  for (const [kind, object] of found)
    if (object.metadata.deletionTimestamp === undefined)
      await api.delete(kind, object, "Background", signal)
}
