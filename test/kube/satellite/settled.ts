/** A site that runs one cluster of a satellite under test, and what there is of it in Kubernetes. */
import type { ClusterSpec } from "#core/cluster/spec.ts"
import { objectNames } from "#core/names.ts"
import { type Live } from "#io/kube/api.ts"
import { type Kind, kinds } from "#io/kube/kinds.ts"
import { SatelliteUnderTest, type TestKube, anySpec, clusterName } from "../satellite-under-test.ts"
import { TinyCentral } from "../tiny-central.ts"

export const names = objectNames(clusterName("orders"))

export const applied: readonly (readonly [Kind, string])[] = [
  [kinds.ConfigMap, names.storedConfig],
  [kinds.ConfigMap, names.configMap],
  [kinds.ConfigMap, names.record],
  [kinds.Service, names.headless],
  [kinds.Service, names.readWrite],
  [kinds.Service, names.readOnly],
  [kinds.ServiceAccount, names.serviceAccount],
  [kinds.Role, names.role],
  [kinds.RoleBinding, names.roleBinding],
  [kinds.StatefulSet, names.statefulSet],
]
export const createdOnly: readonly (readonly [Kind, string])[] = [
  [kinds.Secret, names.secret],
  [kinds.Lease, names.lease],
]

/** What of an object is ours or a person's to change; status and book-keeping are the server's. */
export const content = ({ metadata, ...rest }: Live): unknown => ({
  ...rest,
  status: undefined,
  labels: metadata.labels,
  annotations: metadata.annotations,
  uid: metadata.uid,
})

/** A site that runs one cluster, everything applied; of one member where more would show no more. */
export async function settled(kube: TestKube, purpose: string, changes: Partial<ClusterSpec> = {}) {
  const central = new TinyCentral()
  await central.open()
  const spec = anySpec({ namespace: kube.namespace(purpose), members: 1, ...changes })
  central.clusters = [spec]
  const system = kube.namespace(`${purpose}-sys`)
  const satellite = await SatelliteUnderTest.start(kube, {
    central: central.url,
    namespace: system,
  })
  const end = async (): Promise<void> => {
    await satellite[Symbol.asyncDispose]()
    await central.close()
  }
  try {
    await central.until("the cluster applied", () =>
      central.acks.some(({ outcome }) => outcome.kind === "applied"),
    )
  } catch (failure) {
    await end()
    throw failure
  }
  return { central, spec, system, satellite, [Symbol.asyncDispose]: end }
}

/** Every object of the cluster in a namespace, by kind and name. */
export const snapshot = async (kube: TestKube, at: string): Promise<ReadonlyMap<string, Live>> => {
  const found = new Map<string, Live>()
  for (const [kind, name] of [...applied, ...createdOnly]) {
    const live = await kube.get(kind, at, name)
    if (live !== undefined) found.set(`${kind.kind} ${name}`, live)
  }
  return found
}
