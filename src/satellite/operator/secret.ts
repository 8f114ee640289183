/**
 * Step 3: the Secret of a cluster. Created once; keys that are missing are added; what is there is never
 * overwritten, so that passwords survive every change. The exceptions are the satellite's to say: the public
 * certificate of its own authority, and the list of databases with their owners' verifiers.
 */
import { randomBytes } from "node:crypto"
import { completed, noDatabases } from "#core/cluster/databases.ts"
import type { ClusterSpec } from "#core/cluster/spec.ts"
import { objectMetadata } from "#core/manifests/object.ts"
import { objectNames, peerServerName, secretKey } from "#core/names.ts"
import { issue, newAuthority } from "#io/certificates/authority.ts"
import { type KubeApi, type Live, isRecord } from "#io/kube/api.ts"
import { isConflict } from "#io/kube/kube-error.ts"
import { kinds } from "#io/kube/kinds.ts"
import { parseDatabases, writeDatabases } from "#wire/databases-file.ts"
import { fieldManager } from "../site/names.ts"
import type { SiteView } from "../site/view.ts"
import { whyForeign } from "./applier.ts"

export type SecretResult =
  | { readonly kind: "ready" }
  | { readonly kind: "created" }
  | { readonly kind: "filled"; readonly keys: readonly string[] }
  | { readonly kind: "foreign"; readonly why: string }
  | { readonly kind: "incomplete"; readonly why: string }

const peerKeys = [secretKey.peerCa, secretKey.peerCertificate, secretKey.peerKey]
const randomKeys = [
  secretKey.superuserPassword,
  secretKey.replicationPassword,
  secretKey.sidecarToken,
]
/** As long as a cluster is expected to live: renewing peers' certificates needs an operation of its own. */
const peerDays = 20 * 365

type Place = { readonly api: KubeApi; readonly view: SiteView; readonly satelliteCa: string }

export async function ensureSecret(
  place: Place,
  spec: ClusterSpec,
  now: number,
  signal: AbortSignal,
): Promise<SecretResult> {
  const { api, view, satelliteCa } = place
  const name = objectNames(spec.name).secret
  const live =
    view.get("Secret", spec.namespace, name) ??
    (await api.get(kinds.Secret, spec.namespace, name, signal))
  if (live === undefined) {
    const metadata = objectMetadata(spec, name)
    const data = encoded(await missingValues(spec, satelliteCa, new Map(), now))
    const body = { apiVersion: "v1", kind: "Secret", type: "Opaque", metadata, data }
    return settled(await tried(api.create(kinds.Secret, body, fieldManager, signal)), {
      kind: "created",
    })
  }
  const foreign = whyForeign(live, spec.name)
  if (foreign !== undefined) return { kind: "foreign", why: foreign }
  const held = secretValues(live)
  const heldPeers = peerKeys.filter((key) => held.has(key))
  if (heldPeers.length > 0 && heldPeers.length < peerKeys.length)
    return {
      kind: "incomplete",
      why: `Secret ${name} has only ${heldPeers.join(" and ")} of the peers' certificates; remove these too and all are made anew`,
    }
  const missing = await missingValues(spec, satelliteCa, held, now)
  if (missing.size === 0) return { kind: "ready" }
  const patch = {
    // Compare-and-set: a key that somebody adds meanwhile is theirs.
    metadata: { resourceVersion: live.metadata.resourceVersion },
    data: encoded(missing),
  }
  const body = { metadata: { name, namespace: spec.namespace } }
  return settled(await tried(api.mergePatch(kinds.Secret, body, patch, fieldManager, signal)), {
    kind: "filled",
    keys: [...missing.keys()],
  })
}

/** False when somebody else was faster: the next pass sees what is there. */
async function tried(write: Promise<unknown>): Promise<boolean> {
  try {
    await write
    return true
  } catch (failure) {
    if (isConflict(failure)) return false
    throw failure
  }
}

const settled = (written: boolean, result: SecretResult): SecretResult =>
  written
    ? result
    : { kind: "incomplete", why: "the Secret was changed by somebody else at the same moment" }

async function missingValues(
  spec: ClusterSpec,
  satelliteCa: string,
  held: ReadonlyMap<string, string>,
  now: number,
): Promise<ReadonlyMap<string, string>> {
  const missing = new Map<string, string>()
  for (const key of randomKeys)
    if (!held.has(key)) missing.set(key, randomBytes(24).toString("hex"))
  if (!held.has(secretKey.peerCa)) {
    const authority = await newAuthority(`${spec.name} peers`, now, peerDays)
    const pair = await issue(authority, peerServerName(spec.name), now, peerDays)
    // The authority's key is not kept: nobody can add a peer to this cluster later.
    missing.set(secretKey.peerCa, authority.certificate)
    missing.set(secretKey.peerCertificate, pair.certificate)
    missing.set(secretKey.peerKey, pair.key)
  }
  if (held.get(secretKey.satelliteCa) !== satelliteCa)
    missing.set(secretKey.satelliteCa, satelliteCa)
  const databases = databasesText(spec, held.get(secretKey.databases))
  if (databases !== undefined && databases !== held.get(secretKey.databases))
    missing.set(secretKey.databases, databases)
  return missing
}

/** Undefined where there is no list and there never was one. Verifiers that nobody says again are kept. */
export function databasesText(spec: ClusterSpec, held: string | undefined): string | undefined {
  if (spec.databases === undefined && held === undefined) return undefined
  const known = parseDatabases(held)
  const wanted = spec.databases ?? noDatabases
  return writeDatabases(known.kind === "ok" ? completed(wanted, known.value) : wanted)
}

const encoded = (values: ReadonlyMap<string, string>): Readonly<Record<string, string>> =>
  Object.fromEntries([...values].map(([key, value]) => [key, toBase64(value)]))

const toBase64 = (text: string): string => Buffer.from(text, "utf8").toString("base64")

/** The values of a Secret that are not empty. */
export function secretValues(secret: Live): ReadonlyMap<string, string> {
  const data = isRecord(secret["data"]) ? secret["data"] : {}
  const values = new Map<string, string>()
  for (const [key, value] of Object.entries(data))
    if (typeof value === "string" && value !== "")
      values.set(key, Buffer.from(value, "base64").toString("utf8"))
  return values
}
