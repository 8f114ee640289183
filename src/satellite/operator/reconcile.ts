/**
 * One pass over a cluster that should be there: the ten steps of the design, each idempotent. A pass
 * may end half-way; the next one starts from what is there.
 */
import { checkCluster } from "#core/cluster/check.ts"
import type { ClusterSpec } from "#core/cluster/spec.ts"
import type { AckOutcome } from "#core/fleet/satellite.ts"
import { access } from "#core/manifests/access.ts"
import { configMap } from "#core/manifests/config-map.ts"
import { type KubeObject, objectMetadata } from "#core/manifests/object.ts"
import { services } from "#core/manifests/services.ts"
import { objectNames } from "#core/names.ts"
import { patternProblems } from "#io/pattern.ts"
import { supervisorScript } from "#io/supervisor/gen/supervisor.ts"
import { storeCluster } from "#wire/stored-cluster.ts"
import type { Applied } from "./applier.ts"
import type { Context } from "./context.ts"
import { hurryPods } from "./hurry.ts"
import { ensureNamespace } from "./namespace.ts"
import { podConfigOf } from "./pod-config.ts"
import { ensureRecord } from "./record.ts"
import { ensureRoleLabels } from "./role-labels.ts"
import { ensureSecret } from "./secret.ts"
import { ensureStatefulSet } from "./stateful-set.ts"
import { ensureVolumes } from "./volumes.ts"

export type Pass = {
  readonly outcome: AckOutcome
  /** Objects that were put back after somebody had changed or removed them. */
  readonly repaired: readonly string[]
  readonly written: number
  /** Worth another look without being told: what stands in the way may go. */
  readonly isUnfinished: boolean
}

export async function reconcile(
  context: Context,
  spec: ClusterSpec,
  signal: AbortSignal,
): Promise<Pass> {
  const problems = [...checkCluster(spec), ...patternProblems(spec.recovery)]
  if (problems.length > 0) return done({ kind: "refused", problems })
  const found = new Findings()

  // 1: namespace
  const namespace = await ensureNamespace(context, spec, signal)
  if (namespace.kind === "waiting") return done({ kind: "waiting", reason: namespace.why })
  await context.view.follow(spec.namespace, signal)
  const guide = await context.guide(spec, signal)
  if (guide.problems.length > 0) return done({ kind: "refused", problems: guide.problems })

  const apply = async (objects: readonly KubeObject[]): Promise<void> => {
    for (const object of objects) found.note(await context.applier.apply(object, spec.name, signal))
  }
  // 2: stored config, for people
  await apply([storedConfig(spec)])
  if (found.isForeign()) return found.pass()
  // 3: Secret; record and Lease
  const secret = await ensureSecret(context, spec, context.clock.wall(), signal)
  if (secret.kind === "foreign")
    found.foreign(`Secret ${spec.namespace}/${objectNames(spec.name).secret}`, secret.why)
  if (secret.kind === "incomplete") found.wait(secret.why)
  const { record, applied, conflict } = await ensureRecord(context, spec, signal)
  for (const one of applied) found.note(one)
  if (conflict !== undefined) found.wait(conflict)
  if (found.isForeign()) return found.pass()
  // 4: ConfigMap
  const podConfig = JSON.stringify(
    podConfigOf(context.site, spec, record, guide.placement.members),
    undefined,
    2,
  )
  await apply([configMap(spec, { supervisor: supervisorScript, podConfig })])
  // 5: Services, 6: RBAC
  await apply([...services(spec), ...access(spec)])
  if (found.isForeign()) return found.pass()
  // 7: StatefulSet; members without their Secret would only fail to start
  if (secret.kind !== "incomplete") {
    const set = await ensureStatefulSet(context, spec, guide.placement.replicas, signal)
    for (const one of set.applied) found.note(one)
    if (set.waiting !== undefined) found.wait(set.waiting)
  }
  // 8: volumes, 9: role labels
  for (const why of await ensureVolumes(context, spec, signal)) found.wait(why)
  await ensureRoleLabels(context, spec, signal)
  // 10: what members read from files, they read soon
  await hurryPods(context, spec, signal)
  return found.pass()
}

const done = (outcome: AckOutcome): Pass => ({
  outcome,
  repaired: [],
  written: 0,
  isUnfinished: outcome.kind === "waiting",
})

/** What the steps of one pass came upon. */
class Findings {
  readonly #foreign: { readonly field: string; readonly problem: string }[] = []
  readonly #waiting: string[] = []
  readonly #repaired: string[] = []
  #written = 0

  note(applied: Applied): void {
    switch (applied.kind) {
      case "same":
        return
      case "created":
      case "changed":
        this.#written += 1
        return
      case "repaired":
        this.#written += 1
        this.#repaired.push(applied.what)
        return
      case "foreign":
        this.foreign(applied.what, applied.why)
        return
    }
  }

  foreign(what: string, why: string): void {
    const problem = `${what} exists and is not pg-swarm's (${why}); remove it, or choose another name for the cluster`
    this.#foreign.push({ field: "name", problem })
  }

  wait(why: string): void {
    this.#waiting.push(why)
  }

  isForeign(): boolean {
    return this.#foreign.length > 0
  }

  pass(): Pass {
    const outcome: AckOutcome =
      this.#foreign.length > 0
        ? { kind: "refused", problems: this.#foreign }
        : this.#waiting.length > 0
          ? { kind: "waiting", reason: this.#waiting.join("; ") }
          : { kind: "applied" }
    // An object that is not ours is not watched either.
    const isUnfinished = outcome.kind !== "applied"
    return { outcome, repaired: this.#repaired, written: this.#written, isUnfinished }
  }
}

const storedConfig = (spec: ClusterSpec): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: objectMetadata(spec, objectNames(spec.name).storedConfig),
  data: { "config.json": storeCluster(spec) },
})
