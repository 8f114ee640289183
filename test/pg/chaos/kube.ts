/** Faults of the Kubernetes API as the members of a test cluster meet them, and what they leave to be mended. */
import type { ApiFault } from "#io/kube/faults.ts"
import type { FailoverCluster, Member } from "../failover-cluster.ts"

/** `Omit` of each member of a union by itself. */
type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never

/** Puts a fault in force for these members until the returned value is disposed. */
export async function apiFault(
  cluster: FailoverCluster,
  members: readonly Member[],
  fault: Without<ApiFault, "match">,
): Promise<AsyncDisposable> {
  const ids: string[] = []
  for (const { accountName } of members) {
    const match = { serviceAccount: `${cluster.namespace}/${accountName}` }
    ids.push(await cluster.faults.breakApi({ ...fault, match }))
  }
  return {
    async [Symbol.asyncDispose]() {
      for (const id of ids) await cluster.faults.mend(id)
    },
  }
}
