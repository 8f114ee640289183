/**
 * The certificate of the sidecars' port and the authority that signed it, kept in a Secret: sidecars
 * trust the authority for as long as it lives, so it must survive the satellite.
 */
import { label, managedBy, satelliteServerName } from "#core/names.ts"
import { type Pair, goodUntil, issue, newAuthority } from "#io/certificates/authority.ts"
import type { KubeApi } from "#io/kube/api.ts"
import { isConflict } from "#io/kube/kube-error.ts"
import { kinds } from "#io/kube/kinds.ts"
import { secretValues } from "../operator/secret.ts"
import { fieldManager, satelliteTlsSecret } from "./names.ts"

export type SidecarTls = {
  /** PEM of the authority, for the Secrets of clusters. */
  readonly authority: string
  readonly serving: Pair
}

const authorityDays = 20 * 365
/** The serving certificate is made anew at each start and lives only in memory. */
const servingDays = 2 * 365
const key = { certificate: "ca.crt", key: "ca.key" } as const

export async function sidecarTls(
  api: KubeApi,
  namespace: string,
  now: number,
  signal: AbortSignal,
): Promise<SidecarTls> {
  const authority = await keptAuthority(api, namespace, now, signal)
  return {
    authority: authority.certificate,
    serving: await issue(authority, satelliteServerName, now, servingDays),
  }
}

async function keptAuthority(
  api: KubeApi,
  namespace: string,
  now: number,
  signal: AbortSignal,
): Promise<Pair> {
  for (;;) {
    const live = await api.get(kinds.Secret, namespace, satelliteTlsSecret, signal)
    if (live !== undefined) {
      const values = secretValues(live)
      const [certificate, privateKey] = [values.get(key.certificate), values.get(key.key)]
      if (certificate !== undefined && privateKey !== undefined && goodUntil(certificate) > now)
        return { certificate, key: privateKey }
      await api.delete(kinds.Secret, live, "Background", signal)
    }
    const made = await newAuthority("pg-swarm satellite", now, authorityDays)
    const body = {
      apiVersion: "v1",
      kind: "Secret",
      type: "Opaque",
      metadata: {
        name: satelliteTlsSecret,
        namespace,
        labels: { [label.managedBy]: managedBy },
      },
      data: {
        [key.certificate]: Buffer.from(made.certificate).toString("base64"),
        [key.key]: Buffer.from(made.key).toString("base64"),
      },
    }
    try {
      await api.create(kinds.Secret, body, fieldManager, signal)
      return made
    } catch (failure) {
      // Somebody was faster: what is there counts.
      if (!isConflict(failure)) throw failure
    }
  }
}
