/**
 * Who this satellite is to central: Secret `pg-swarm-satellite-identity` in its own namespace. While it
 * waits for approval the Secret holds the registration, so that a restart goes on waiting instead of
 * asking again.
 */
import { type SatelliteId, satelliteId } from "#core/ids.ts"
import { identitySecret, label, managedBy } from "#core/names.ts"
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
  | { readonly kind: "approved"; readonly satelliteId: SatelliteId; readonly authToken: string }

const key = {
  satelliteId: "satellite-id",
  authToken: "auth-token",
  registrationToken: "registration-token",
} as const

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
      return { kind: "approved", satelliteId: satelliteId(id), authToken }
    if (registrationToken !== undefined)
      return { kind: "registered", satelliteId: satelliteId(id), registrationToken }
    return { kind: "none" }
  }

  /** Replaces what was there: keys that the new identity does not have are removed. */
  async save(identity: Exclude<Identity, { readonly kind: "none" }>, signal: AbortSignal) {
    const [name, value] =
      identity.kind === "approved"
        ? [key.authToken, identity.authToken]
        : [key.registrationToken, identity.registrationToken]
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
        data: {
          [key.satelliteId]: Buffer.from(identity.satelliteId).toString("base64"),
          [name]: Buffer.from(value).toString("base64"),
        },
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
