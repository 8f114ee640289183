/**
 * Runs the clusters of the site: holds what is desired, lets a queue bring each cluster there, and says
 * what came of it. Central is only one of those who may change the desired state; without it all goes on.
 */
import { type Desired, desiredId, desiredPlace, offer, whyKept } from "#core/cluster/desired.ts"
import type { ClusterSpec } from "#core/cluster/spec.ts"
import type { AckOutcome, FromCentral, HeldCluster, Removing } from "#core/fleet/satellite.ts"
import { type ClusterId, type ConfigVersion, configVersion } from "#core/ids.ts"
import type { ClusterRecord } from "#core/manifests/site.ts"
import { objectNames } from "#core/names.ts"
import { type Millis, minutes } from "#core/units.ts"
import { type Live, isRecord } from "#io/kube/api.ts"
import type { Change } from "../site/view.ts"
import type { Context } from "./context.ts"
import { dropPermission } from "./namespace.ts"
import { type Next, Queue } from "./queue.ts"
import { leaseRecord } from "./record.ts"
import { type Pass, reconcile } from "./reconcile.ts"
import { remove } from "./remove.ts"

export type ClusterProgress = {
  readonly version: ConfigVersion
  readonly outcome: AckOutcome
  /** The last version that all objects were written from. */
  readonly appliedVersion: ConfigVersion | undefined
}

export type OperatorOptions = {
  /** Without `view`'s changes arriving here, drift waits for the next round. */
  readonly context: Context
  readonly acknowledge: (id: ClusterId, version: ConfigVersion, outcome: AckOutcome) => void
  readonly removed: (id: ClusterId, how: Removing, place: Place) => void
  /** Something that health depends on changed. */
  readonly touched: (id: ClusterId) => void
  readonly signal: AbortSignal
}

export type Place = { readonly namespace: string; readonly name: string }

type Delete = Extract<FromCentral, { readonly kind: "delete-cluster" }>

const resyncEvery = minutes(5)

export class Operator {
  readonly #options: OperatorOptions
  readonly #held = new Map<ClusterId, Desired>()
  readonly #saved = new Map<ClusterId, Desired>()
  readonly #unsure = new Set<ClusterId>()
  /** Configs whose name still belongs to another cluster: offered again when that one is gone. */
  readonly #pending = new Map<ClusterId, ClusterSpec>()
  readonly #progress = new Map<ClusterId, ClusterProgress>()
  readonly #queue: Queue<ClusterId>
  #passes = 0
  #failures = 0

  constructor(options: OperatorOptions) {
    this.#options = options
    this.#queue = new Queue({
      clock: options.context.clock,
      work: (id, signal) => this.#work(id, signal),
      failed: (id, failure, pause) => this.#failed(id, failure, pause),
      signal: options.signal,
    })
  }

  /** Takes up what the site has kept. */
  async start(signal: AbortSignal): Promise<void> {
    const kept = await this.#options.context.store.load(signal)
    for (const [id, desired] of kept) {
      this.#held.set(id, desired)
      this.#saved.set(id, desired)
      this.#queue.poke(id)
    }
    this.#options.context.log.event("desired.loaded", { clusters: kept.size })
  }

  /** Looks at every cluster from time to time, whatever the watches say. Runs until `signal`. */
  async resync(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#options.context.clock.sleep(resyncEvery, signal)
      for (const id of this.#held.keys()) {
        // Nobody watches what we keep in our own namespace: it is written again, which changes nothing.
        this.#unsure.add(id)
        this.#queue.poke(id)
      }
    }
  }

  async ended(): Promise<void> {
    await this.#queue.ended()
  }

  get held(): ReadonlyMap<ClusterId, Desired> {
    return this.#held
  }

  get figures(): { readonly passes: number; readonly failures: number } {
    return { passes: this.#passes, failures: this.#failures }
  }

  record(id: ClusterId): ClusterRecord | undefined {
    return this.#options.context.records.get(id)
  }

  progress(id: ClusterId): ClusterProgress | undefined {
    return this.#progress.get(id)
  }

  /** What central is told at the start of a stream: only what is really stored here. */
  hello(): readonly HeldCluster[] {
    return [...this.#held.values()].map((desired) => {
      const saved = this.#saved.get(desiredId(desired))
      return {
        clusterId: desiredId(desired),
        version: saved === undefined ? configVersion(0) : desiredPlace(saved).version,
        deleting: desired.kind === "deleting",
      }
    })
  }

  /** A config from central. It may come twice, late, or out of order. */
  take(spec: ClusterSpec): void {
    const offered = offer(this.#held, spec)
    switch (offered.kind) {
      case "taken":
        this.#pending.delete(spec.id)
        this.#held.set(spec.id, offered.desired)
        this.#queue.poke(spec.id)
        return
      case "known": {
        // Central may have missed what came of it.
        const known = this.#progress.get(spec.id)
        if (known !== undefined) this.#options.acknowledge(spec.id, known.version, known.outcome)
        return
      }
      case "deleting":
        this.#options.removed(spec.id, { gone: false }, spec)
        return
      case "refused":
        if (!this.#held.has(spec.id)) this.#pending.set(spec.id, spec)
        this.#settle(spec.id, spec.version, { kind: "refused", problems: offered.problems })
        return
    }
  }

  /** A deletion from central. Remembered until nothing is left, across restarts. */
  drop(order: Delete): void {
    const { clusterId: id, name, namespace } = order
    this.#pending.delete(id)
    const known = this.#held.get(id)
    const kept = whyKept(known, order.version)
    if (kept !== undefined) return this.#refuseDrop(order, kept)
    if (known?.kind !== "deleting") {
      const version = known?.spec.version ?? configVersion(0)
      // Where it lives is what we know ourselves; the order's word counts only where we know nothing.
      const place = known === undefined ? { name, namespace } : known.spec
      this.#held.set(id, {
        kind: "deleting",
        id,
        name: place.name,
        namespace: place.namespace,
        version,
      })
    }
    this.#options.touched(id)
    this.#queue.poke(id)
  }

  #refuseDrop({ clusterId, name, namespace, version }: Delete, why: string): void {
    const { context, removed } = this.#options
    context.tell({
      severity: "error",
      kind: "cluster.deletion-refused",
      message: `cluster ${namespace}/${name} stays: ${why}`,
      cluster: clusterId,
    })
    removed(clusterId, { gone: false, refused: { version, why } }, { name, namespace })
  }

  /** The view saw a change; pokes whom it concerns. */
  changed(change: Change): void {
    for (const desired of this.#held.values()) {
      const place = desiredPlace(desired)
      if (place.namespace !== change.namespace || place.name !== change.cluster) continue
      const id = desiredId(desired)
      if (change.kind === "Pod" || change.kind === "Lease") this.#options.touched(id)
      if (needsPass(change)) this.#queue.poke(id)
    }
  }

  poke(id: ClusterId): void {
    if (this.#held.has(id)) this.#queue.poke(id)
  }

  /** What every cluster depends on changed. */
  pokeAll(): void {
    for (const id of this.#held.keys()) this.#queue.poke(id)
  }

  async #work(id: ClusterId, signal: AbortSignal): Promise<Next> {
    const desired = this.#held.get(id)
    if (desired === undefined) return { kind: "rest" }
    this.#passes += 1
    if (this.#saved.get(id) !== desired || this.#unsure.has(id)) {
      await this.#options.context.store.save(desired, signal)
      this.#saved.set(id, desired)
      this.#unsure.delete(id)
    }
    if (desired.kind === "deleting") return this.#remove(desired, signal)
    const pass = await reconcile(this.#options.context, desired.spec, signal)
    // Central spoke meanwhile: the next pass is already asked for.
    if (this.#held.get(id) !== desired) return { kind: "again" }
    this.#report(desired.spec, pass)
    this.#options.touched(id)
    return { kind: pass.isUnfinished ? "again" : "rest" }
  }

  async #remove(
    desired: Extract<Desired, { readonly kind: "deleting" }>,
    signal: AbortSignal,
  ): Promise<Next> {
    const { context, removed } = this.#options
    const removal = this.#isTaken(desired)
      ? ({ kind: "not-ours", why: "another cluster of this site has its name" } as const)
      : await remove(context, desired, signal)
    if (removal.kind === "going") {
      removed(desired.id, { gone: false, detail: removal.why }, desired)
      return { kind: "again" }
    }
    if (removal.kind === "not-ours")
      context.log.warn("cluster.not-ours", { cluster: desired.id, why: removal.why })
    context.applier.forget(desired.namespace, desired.name)
    if (!this.#hasOthersIn(desired)) {
      context.view.unfollow(desired.namespace)
      await dropPermission(context, desired.namespace, signal)
    }
    // Last of all: until here a restart begins again.
    await context.store.forget(desired.id, signal)
    this.#held.delete(desired.id)
    this.#saved.delete(desired.id)
    this.#progress.delete(desired.id)
    context.records.delete(desired.id)
    context.tell({
      severity: "info",
      kind: "cluster.deleted",
      message: `${desired.namespace}/${desired.name} is gone from this site`,
      cluster: desired.id,
    })
    removed(desired.id, { gone: true }, desired)
    for (const spec of this.#pending.values()) this.take(spec)
    return { kind: "rest" }
  }

  #hasOthersIn({ id, namespace }: Extract<Desired, { readonly kind: "deleting" }>): boolean {
    for (const other of this.#held.values())
      if (desiredId(other) !== id && desiredPlace(other).namespace === namespace) return true
    return false
  }

  /** Whether a cluster that should be there has the name and namespace of one that should go. */
  #isTaken({ name, namespace }: Extract<Desired, { readonly kind: "deleting" }>): boolean {
    for (const other of this.#held.values())
      if (other.kind === "wanted" && other.spec.name === name && other.spec.namespace === namespace)
        return true
    return false
  }

  #report(spec: ClusterSpec, pass: Pass): void {
    const { tell } = this.#options.context
    const known = this.#progress.get(spec.id)
    const place = `${spec.namespace}/${spec.name}`
    if (pass.repaired.length > 0)
      tell({
        severity: "warning",
        kind: "drift.repaired",
        message: `put back after somebody else's change: ${pass.repaired.join(", ")}`,
        cluster: spec.id,
      })
    if (
      pass.outcome.kind === "applied" &&
      known?.appliedVersion !== spec.version &&
      pass.written > 0
    )
      tell({
        severity: "info",
        kind: "config.applied",
        message: `${place} has config version ${spec.version}`,
        cluster: spec.id,
        details: { version: String(spec.version) },
      })
    this.#settle(spec.id, spec.version, pass.outcome)
  }

  #settle(id: ClusterId, version: ConfigVersion, outcome: AckOutcome): void {
    const known = this.#progress.get(id)
    const isNew = known?.version !== version || !sameOutcome(known.outcome, outcome)
    this.#progress.set(id, {
      version,
      outcome,
      appliedVersion: outcome.kind === "applied" ? version : known?.appliedVersion,
    })
    if (!isNew) return
    if (outcome.kind === "refused")
      this.#options.context.tell({
        severity: "error",
        kind: "config.refused",
        message: `config version ${version} is refused: ${outcome.problems
          .map(({ field, problem }) => `${field}: ${problem}`)
          .join("; ")
          .slice(0, 2000)}`,
        cluster: id,
      })
    this.#options.acknowledge(id, version, outcome)
    this.#options.touched(id)
  }

  #failed(id: ClusterId, failure: unknown, pause: Millis): void {
    this.#failures += 1
    const { log } = this.#options.context
    log.warn("pass.failed", { cluster: id, failure, againInMs: Math.round(pause) })
    const desired = this.#held.get(id)
    if (desired === undefined) return
    const reason = failure instanceof Error ? failure.message : String(failure)
    if (desired.kind === "deleting")
      return this.#options.removed(id, { gone: false, detail: reason.slice(0, 1000) }, desired)
    this.#settle(id, desired.spec.version, { kind: "waiting", reason: reason.slice(0, 1000) })
  }
}

const sameOutcome = (a: AckOutcome, b: AckOutcome): boolean =>
  JSON.stringify(a) === JSON.stringify(b)

/** Renewals of a Lease, and what happens inside a pod, ask for no pass. */
function needsPass({ kind, before, after }: Change): boolean {
  if (kind === "Lease" && before !== undefined && after !== undefined) {
    const [was, is] = [leaseRecord(before), leaseRecord(after)]
    return was.highestTerm !== is.highestTerm || was.systemIdentifier !== is.systemIdentifier
  }
  if (kind === "Pod" && before !== undefined && after !== undefined)
    return JSON.stringify(before.metadata.labels) !== JSON.stringify(after.metadata.labels)
  if (kind === "StatefulSet" && before !== undefined && after !== undefined)
    return asApplied(before) !== asApplied(after)
  return true
}

/** What an apply of ours can change, and what came of it; not the counts that a controller writes. */
function asApplied({ metadata, spec, status }: Live): string {
  const { labels, annotations, deletionTimestamp } = metadata
  const observed = isRecord(status)
    ? [status["updateRevision"], status["observedGeneration"]]
    : undefined
  return JSON.stringify([labels, annotations, deletionTimestamp, spec, observed])
}

/** The cluster's Secret, which the sidecars' tokens are checked against. */
export const secretName = (desired: Desired): string =>
  objectNames(desiredPlace(desired).name).secret
