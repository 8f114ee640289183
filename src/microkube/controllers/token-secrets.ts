/** Secrets of type `kubernetes.io/service-account-token`: filled with a token of the account they name. */
import type { Accounts } from "../api/accounts.ts"
import { objectAt, textAt } from "../json.ts"
import { type KubeObject, annotationsOf, keyOf, nameOf, namespaceOf, uidOf } from "../object.ts"
import { resourceById } from "../resources.ts"
import { type Ground, type Stop, itself, runController, splitKey } from "./controller.ts"

const tokenType = "kubernetes.io/service-account-token"
const lifeSeconds = 10 * 365 * 24 * 3600
const accountOf = (secret: KubeObject): string =>
  annotationsOf(secret)["kubernetes.io/service-account.name"] ?? ""

export const runTokenSecrets = (ground: Ground, accounts: Accounts, authority: string): Stop =>
  runController(ground, "tokens", (key) => reconcile(ground, accounts, authority, key), {
    secrets: itself,
    serviceaccounts: ({ object }) =>
      ground.objects.store
        .list("secrets", namespaceOf(object))
        .filter((one) => textAt(one, "type") === tokenType && accountOf(one) === nameOf(object))
        .map(keyOf),
  })

function reconcile(ground: Ground, accounts: Accounts, authority: string, key: string): undefined {
  const [namespace, name] = splitKey(key)
  const secret = ground.objects.find("secrets", namespace, name)
  if (secret === undefined || textAt(secret, "type") !== tokenType) return
  const account = ground.objects.find("serviceaccounts", namespace, accountOf(secret))
  if (account === undefined) {
    ground.objects.remove(resourceById("secrets"), namespace, name, {})
    return
  }
  if (textAt(secret, "data", "token") !== undefined) return
  const base64 = (text: string): string => Buffer.from(text).toString("base64")
  const token = accounts.token(namespace, nameOf(account), lifeSeconds, [])
  ground.objects.change(
    resourceById("secrets"),
    namespace,
    name,
    (one) => ({
      ...one,
      metadata: {
        ...objectAt(one, "metadata"),
        annotations: { ...annotationsOf(one), "kubernetes.io/service-account.uid": uidOf(account) },
      },
      data: {
        ...objectAt(one, "data"),
        token: base64(token),
        "ca.crt": base64(authority),
        namespace: base64(namespace),
      },
    }),
    { manager: "kube-controller-manager" },
  )
}
