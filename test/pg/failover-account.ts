/**
 * The service account of one member of a test cluster: each has one of its own here, with the permissions of
 * the product, so that faults of the API tell the members apart.
 */
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as z from "zod"
import type { ClusterName, Namespace } from "#core/ids.ts"
import { objectNames } from "#core/names.ts"
import type { KubeApi } from "#io/kube/api.ts"
import { kinds } from "#io/kube/kinds.ts"

const answer = z.looseObject({ status: z.looseObject({ token: z.string() }) })
const patience = 60_000

/** Makes the account; returns a folder as Kubernetes would mount it. */
export async function makeAccount(
  of: {
    readonly api: KubeApi
    readonly namespace: Namespace
    readonly cluster: ClusterName
    readonly folder: string
    /** The API's certificate authority, PEM. */
    readonly authority: string
  },
  account: string,
): Promise<string> {
  const { api, namespace, cluster } = of
  const signal = AbortSignal.timeout(patience)
  const metadata = { name: account, namespace }
  await api.create(kinds.ServiceAccount, { metadata }, "test", signal)
  const roleRef = {
    apiGroup: "rbac.authorization.k8s.io",
    kind: "Role",
    name: objectNames(cluster).role,
  }
  const subjects = [{ kind: "ServiceAccount", name: account, namespace }]
  await api.create(kinds.RoleBinding, { metadata, roleRef, subjects }, "test", signal)
  const { status } = answer.parse(
    await api.call(
      {
        method: "POST",
        path: `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`,
        body: { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} },
      },
      signal,
    ),
  )
  const folder = join(of.folder, `account-${account}`)
  mkdirSync(folder)
  writeFileSync(join(folder, "token"), status.token)
  writeFileSync(join(folder, "ca.crt"), of.authority)
  return folder
}
