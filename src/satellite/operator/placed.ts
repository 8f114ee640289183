/**
 * A spec as this site carries it out: tiers become StorageClasses of this Kubernetes, images come from
 * the site's mirror.
 */
import { mirrored } from "#core/cluster/image.ts"
import type { ClusterSpec } from "#core/cluster/spec.ts"
import {
  classMissing,
  type MadeWith,
  type Resolved,
  resolveTiers,
  volumeNames,
} from "#core/cluster/tiers.ts"
import { volumeName } from "#core/manifests/pod-template.ts"
import { type Live, isRecord } from "#io/kube/api.ts"
import { KubeError } from "#io/kube/kube-error.ts"
import { readStorageClasses } from "../site/storage-classes.ts"
import type { Context } from "./context.ts"

/** `live` is the cluster's StatefulSet: its volumes keep the class that they were made with. */
export async function placed(
  context: Context,
  spec: ClusterSpec,
  live: Live | undefined,
  signal: AbortSignal,
): Promise<Resolved> {
  const settings = context.settings()
  const resolved = resolveTiers(spec, settings, live === undefined ? undefined : madeWith(live))
  if (resolved.kind === "waiting") return resolved
  const missing =
    live === undefined ? await missingClasses(context, spec, resolved.spec, signal) : []
  if (missing.length > 0) return { kind: "waiting", reasons: missing }
  const { postgres } = resolved.spec
  const image = mirrored(postgres.image, settings.imageMirror)
  return { kind: "resolved", spec: { ...resolved.spec, postgres: { ...postgres, image } } }
}

function madeWith(live: Live): MadeWith {
  const spec = isRecord(live["spec"]) ? live["spec"] : {}
  const claims = Array.isArray(spec["volumeClaimTemplates"]) ? spec["volumeClaimTemplates"] : []
  const found: Partial<Record<keyof MadeWith, string | undefined>> = {}
  for (const claim of claims) {
    if (!isRecord(claim) || !isRecord(claim["metadata"]) || !isRecord(claim["spec"])) continue
    const storageClass = claim["spec"]["storageClassName"]
    const name = volumeNames.find((one) => volumeName[one] === nameOf(claim["metadata"]))
    if (name !== undefined)
      found[name] = typeof storageClass === "string" ? storageClass : undefined
  }
  return found
}

const nameOf = (metadata: unknown): unknown => (isRecord(metadata) ? metadata["name"] : undefined)

/** Said before anything is made: a volume of a class that is not there would wait for ever, and could not be changed. */
async function missingClasses(
  { api, log, settings }: Context,
  spec: ClusterSpec,
  resolved: ClusterSpec,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const wanted = volumeNames.flatMap((name) => {
    const storageClass = resolved[name]?.storageClass
    return storageClass === undefined ? [] : [{ storageClass, tier: spec[name]?.tier }]
  })
  if (wanted.length === 0) return []
  const there = await readStorageClasses(api, signal).catch((failure: unknown) => {
    // Who may not look makes what was asked for: Kubernetes will say what is wrong with it.
    if (!(failure instanceof KubeError) || (failure.status !== 403 && failure.status !== 404))
      throw failure
    log.warn("storage-classes.unread", { status: failure.status })
    return undefined
  })
  if (there === undefined) return []
  const missing = wanted
    .filter(({ storageClass }) => !there.names.includes(storageClass))
    .map(({ storageClass, tier }) => classMissing(storageClass, tier, settings().satelliteName))
  return [...new Set(missing)]
}
