/**
 * Who this satellite is to central: Secret `pg-swarm-satellite-identity` in its own namespace. While it
 * waits for approval the Secret holds the registration, so that a restart goes on waiting instead of
 * asking again.
 */
import { type SatelliteId, satelliteId } from "#core/ids.ts"
import { identitySecret, label, managedBy } from "#core/names.ts"
import type { Pair } from "#io/certificates/authority.ts"
import type { KubeApi } from "#io/kube/api.ts"
import { kinds } from "#io/kube/kinds.ts"
import { secretValues } from "../operator/secret.ts"
import { fieldManager } from "../site/names.ts"

export type Identity =
  | { readonly kind: "none" }
  | {
      readonly kind: "registered"
      readonly satelliteId: SatelliteId
      readonly registrationToken: string
    }
  | Approved

export type Approved = {
  readonly kind: "approved"
  readonly satelliteId: SatelliteId
  readonly authToken: string
  /** Given by central and not used yet; `authToken` is good until it is. */
  readonly nextToken: string | undefined
  /** PEM: what we show central; undefined while the line is plain. */
  readonly client: Pair | undefined
  /** PEM of central's authorities, as central told them. */
  readonly authorities: string | undefined
}

const key = {
  satelliteId: "satellite-id",
  authToken: "auth-token",
  nextToken: "next-auth-token",
  registrationToken: "registration-token",
  certificate: "tls.crt",
  certificateKey: "tls.key",
  authorities: "central-ca.crt",
} as const

const written = (identity: Exclude<Identity, { readonly kind: "none" }>) => ({
  [key.satelliteId]: identity.satelliteId,
  ...(identity.kind === "approved"
    ? {
        [key.authToken]: identity.authToken,
        [key.nextToken]: identity.nextToken,
        [key.certificate]: identity.client?.certificate,
        [key.certificateKey]: identity.client?.key,
        [key.authorities]: identity.authorities,
      }
    : { [key.registrationToken]: identity.registrationToken }),
})

function pairOf(values: ReadonlyMap<string, string>): Pair | undefined {
  const [certificate, own] = [values.get(key.certificate), values.get(key.certificateKey)]
  return certificate === undefined || own === undefined ? undefined : { certificate, key: own }
}

export class IdentityStore {
  readonly #api: KubeApi
  readonly #namespace: string

  constructor(api: KubeApi, namespace: string) {
    this.#api = api
    this.#namespace = namespace
  }

  async load(signal: AbortSignal): Promise<Identity> {
    const live = await this.#api.get(kinds.Secret, this.#namespace, identitySecret, signal)
    const values = live === undefined ? new Map<string, string>() : secretValues(live)
    const id = values.get(key.satelliteId)
    const authToken = values.get(key.authToken)
    const registrationToken = values.get(key.registrationToken)
    if (id === undefined) return { kind: "none" }
    if (authToken !== undefined)
      return {
        kind: "approved",
        satelliteId: satelliteId(id),
        authToken,
        nextToken: values.get(key.nextToken),
        client: pairOf(values),
        authorities: values.get(key.authorities),
      }
    if (registrationToken !== undefined)
      return { kind: "registered", satelliteId: satelliteId(id), registrationToken }
    return { kind: "none" }
  }

  /** Replaces what was there: keys that the new identity does not have are removed. */
  async save(identity: Exclude<Identity, { readonly kind: "none" }>, signal: AbortSignal) {
    await this.#api.apply(
      kinds.Secret,
      {
        apiVersion: "v1",
        kind: "Secret",
        type: "Opaque",
        metadata: {
          name: identitySecret,
          namespace: this.#namespace,
          labels: { [label.managedBy]: managedBy },
        },
        data: Object.fromEntries(
          Object.entries(written(identity)).flatMap(([name, value]) =>
            value === undefined ? [] : [[name, Buffer.from(value).toString("base64")]],
          ),
        ),
      },
      fieldManager,
      signal,
    )
  }

  async clear(signal: AbortSignal): Promise<void> {
    const live = await this.#api.get(kinds.Secret, this.#namespace, identitySecret, signal)
    if (live !== undefined) await this.#api.delete(kinds.Secret, live, "Background", signal)
  }
}
