/**
 * Brings changed configs into force, cluster by cluster: looks, asks the planner (`core/rollout/next-step.ts`), does the
 * one thing that it says, and tells how far it is. All that it must know is in what it sees; what it keeps is the story.
 */
import type { MemberSeen } from "#core/cluster/health.ts"
import type { HandOverProgress } from "#core/cluster/sidecar.ts"
import type { ClusterSpec } from "#core/cluster/spec.ts"
import type { ClusterId, PodName } from "#core/ids.ts"
import { memberPod } from "#core/ids.ts"
import { emptyRecord } from "#core/manifests/lease.ts"
import { objectNames } from "#core/names.ts"
import type { Problem } from "#core/parsed.ts"
import type { ConfigChange } from "#core/rollout/change.ts"
import { type Deed, type Next, nextStep } from "#core/rollout/next-step.ts"
import {
  beginning,
  type Progress,
  shownChange,
  withDeed,
  withFailure,
  withLook,
} from "#core/rollout/progress.ts"
import { primaryIn } from "#core/rollout/situation.ts"
import { minutes, seconds } from "#core/units.ts"
import { kinds } from "#io/kube/kinds.ts"
import type { Hub } from "../hub/hub.ts"
import type { Context, Guide } from "../operator/context.ts"
import { whyNotGrown } from "../operator/grow.ts"
import type { Operator } from "../operator/operator.ts"
import { type Next as QueueNext, Queue } from "../operator/queue.ts"
import { perform } from "./deeds.ts"
import { describe, Pace, singly } from "./pace.ts"
import { tellOutdated, tellProgress } from "./told.ts"
import { expectationOf } from "./expectation.ts"
import { type Kept, keptObject, readKept } from "./kept.ts"
import { lookAt, type Looked } from "./look.ts"

export type RolloutOptions = {
  readonly context: Context
  readonly operator: () => Operator
  readonly hub: Hub
  readonly members: (spec: ClusterSpec) => readonly MemberSeen[]
  readonly busy: (cluster: ClusterId) => string | undefined
  /** What is told of the cluster changed. */
  readonly touched: (cluster: ClusterId) => void
  readonly signal: AbortSignal
}

const askedPatience = minutes(3)
const applyPatience = seconds(30)

export class Rollouts {
  readonly #options: RolloutOptions
  readonly #kept = new Map<ClusterId, Kept>()
  readonly #saved = new Map<ClusterId, string>()
  readonly #pace = new Map<ClusterId, Pace>()
  /** Revision of the StatefulSet that its older pods were told of. */
  readonly #toldOutdated = new Map<ClusterId, string>()
  readonly #queue: Queue<ClusterId>

  constructor(options: RolloutOptions) {
    this.#options = options
    const { clock, log } = options.context
    this.#queue = new Queue({
      clock,
      work: (id, signal) => this.#work(id, signal),
      failed: (id, failure, pause) =>
        log.warn("rollout.failed", { cluster: id, failure, againInMs: Math.round(pause) }),
      signal: options.signal,
    })
  }

  async ended(): Promise<void> {
    await this.#queue.ended()
  }

  /** Something about this cluster may have changed. */
  poke(id: ClusterId): void {
    if (this.#spec(id) === undefined) this.#forget(id)
    else this.#queue.poke(id)
  }

  change(id: ClusterId): ConfigChange | undefined {
    const progress = this.#kept.get(id)?.progress
    return progress === undefined || this.#spec(id) === undefined
      ? undefined
      : shownChange(progress)
  }

  /** A hand-over that a member gave up. */
  heard(id: ClusterId, pod: PodName, { outcome }: HandOverProgress): void {
    const pace = this.#pace.get(id)
    if (pace !== undefined && "reason" in outcome) pace.handOver = `${pod}: ${outcome.reason}`
  }

  /** How many members there are on the way, and what of the config no running cluster takes. */
  async guide(spec: ClusterSpec, signal: AbortSignal): Promise<Guide> {
    const { inForce, progress } = await this.#load(spec, signal)
    const { problems } = expectationOf(inForce, spec)
    const looked = this.#look(spec, progress, inForce)
    return { placement: looked.scale.placement, problems }
  }

  #spec(id: ClusterId): ClusterSpec | undefined {
    const desired = this.#options.operator().held.get(id)
    return desired?.kind === "wanted" ? desired.spec : undefined
  }

  #forget(id: ClusterId): void {
    this.#kept.delete(id)
    this.#saved.delete(id)
    this.#pace.delete(id)
    this.#toldOutdated.delete(id)
  }

  async #load(spec: ClusterSpec, signal: AbortSignal): Promise<Kept> {
    const known = this.#kept.get(spec.id)
    if (known !== undefined) return known
    const { api } = this.#options.context
    const name = objectNames(spec.name).rollout
    const read = readKept(await api.get(kinds.ConfigMap, spec.namespace, name, signal))
    // One of the same name may have been another cluster's.
    const kept = read.inForce === undefined || read.inForce.id === spec.id ? read : nothingKept
    this.#kept.set(spec.id, kept)
    return kept
  }

  #look(
    spec: ClusterSpec,
    progress: Progress | undefined,
    inForce: ClusterSpec | undefined,
  ): Looked {
    const { context, members, busy } = this.#options
    return lookAt(
      {
        view: context.view,
        site: context.site,
        record: ({ id }) => context.records.get(id) ?? emptyRecord,
        members,
        imageMirror: () => context.settings().imageMirror,
        busy: ({ id }) => busy(id),
      },
      spec,
      expectationOf(inForce, spec),
      progress?.version === spec.version ? progress : undefined,
    )
  }

  async #work(id: ClusterId, signal: AbortSignal): Promise<QueueNext> {
    const { context, operator } = this.#options
    const spec = this.#spec(id)
    // Before the operator has been in the namespace there is nothing to look at.
    if (spec === undefined || operator().progress(id) === undefined) return { kind: "rest" }
    const { progress: before, inForce } = await this.#load(spec, signal)
    const looked = this.#look(spec, before, inForce)
    const at = context.clock.wall()
    const begun =
      before?.version === spec.version
        ? before
        : beginning(
            spec.version,
            expectationOf(inForce, spec).strategy,
            looked.situation.members,
            at,
          )
    const pace = this.#paceOf(spec)
    const now = context.clock.now()
    const next = pace.due(this.#next(spec, looked), now)
    const told = withLook(
      begun,
      { seen: looked.situation, next, waited: pace.waited(next, now), leaving: looked.leaving },
      at,
    )
    await this.#keep(spec, told, inForce, signal)
    this.#tellOutdated(spec, looked)
    if (next.kind === "act") await this.#act(spec, next.deed, signal)
    if (this.#differs(spec, looked)) operator().poke(id)
    return { kind: next.kind === "done" ? "rest" : "again" }
  }

  /** The planner's word, after all that must be so before it is asked. */
  #next(spec: ClusterSpec, looked: Looked): Next {
    const { operator, context } = this.#options
    const { situation, scale, isSettled } = looked
    const applied = operator().progress(spec.id)
    if (applied?.version !== spec.version || applied.outcome.kind !== "applied") {
      if (applied?.version === spec.version && applied.outcome.kind === "refused")
        return { kind: "failed", why: problemText(applied.outcome.problems) }
      const why =
        applied?.version === spec.version && applied.outcome.kind === "waiting"
          ? applied.outcome.reason
          : "the site's objects are being written"
      return { kind: "wait", why, patience: applyPatience }
    }
    const isShrinking = (looked.told ?? 0) > spec.members || (looked.replicas ?? 0) > spec.members
    if (isShrinking) return this.#shrink(spec, looked)
    if (looked.leaving.length > 0)
      return {
        kind: "wait",
        why: `${looked.leaving.join(", ")} is being stopped`,
        patience: askedPatience,
      }
    if (!isSettled)
      return { kind: "wait", why: "Kubernetes has not taken it up yet", patience: applyPatience }
    const next = nextStep(situation)
    if (next.kind !== "done") return next
    if (scale.waits !== undefined || this.#differs(spec, looked))
      return { kind: "wait", why: scale.waits ?? "a member joins", patience: askedPatience }
    const small = whyNotGrown(context, spec)
    return small === undefined ? next : { kind: "wait", why: small, patience: askedPatience }
  }

  #shrink(spec: ClusterSpec, { situation, scale }: Looked): Next {
    const primary = primaryIn(situation)
    const { waits, handOver } = scale
    if (handOver && primary !== undefined && situation.term !== undefined) {
      if (situation.busy !== undefined)
        return { kind: "wait", why: situation.busy, patience: askedPatience }
      const stays = situation.members.find(
        ({ pod, trouble }) => trouble === undefined && isStaying(spec, pod),
      )
      return {
        kind: "act",
        deed: { kind: "hand-over", pod: primary.pod, term: situation.term, to: stays?.pod },
      }
    }
    return { kind: "wait", why: waits ?? "members leave", patience: askedPatience }
  }

  #differs(spec: ClusterSpec, { told, replicas, scale }: Looked): boolean {
    const { placement } = scale
    const applied = this.#options.operator().progress(spec.id)
    return (
      applied?.version === spec.version &&
      applied.outcome.kind === "applied" &&
      (told !== placement.members || replicas !== placement.replicas)
    )
  }

  #tellOutdated(spec: ClusterSpec, looked: Looked): void {
    const { situation, revision } = looked
    const isTold = this.#toldOutdated.get(spec.id) === revision
    if (situation.replaces || isTold || !situation.members.some(({ outdated }) => outdated)) return
    this.#toldOutdated.set(spec.id, revision)
    tellOutdated(this.#options.context.tell, spec, looked)
  }

  #paceOf({ id, version }: ClusterSpec): Pace {
    const known = this.#pace.get(id)
    if (known?.version === version) return known
    const fresh = new Pace(version)
    this.#pace.set(id, fresh)
    return fresh
  }

  async #act(spec: ClusterSpec, deed: Deed, signal: AbortSignal): Promise<void> {
    const { context, hub } = this.#options
    const { clock, log } = context
    const pace = this.#paceOf(spec)
    pace.began(deed, clock.now())
    const { progress, inForce } = await this.#load(spec, signal)
    if (progress === undefined) return
    const begun = withDeed(progress, deed, spec.members, clock.wall())
    // On record before it is done: a satellite that dies now knows what it began.
    await this.#keep(spec, begun, inForce, signal)
    log.event("rollout.step", { cluster: spec.id, deed: describe(deed), version: spec.version })
    const done = await Promise.all(
      singly(deed).map(async (one) => ({
        one,
        failure: await perform({ ...context, hub }, spec, one, signal),
      })),
    )
    let known = begun
    for (const { one, failure } of done) {
      if (failure === undefined) continue
      log.warn("rollout.step-failed", { cluster: spec.id, deed: describe(one), failure })
      pace.failed(one, failure, clock.now())
      known = withFailure(known, one, failure, clock.wall())
    }
    if (known !== begun) await this.#keep(spec, known, inForce, signal)
  }

  /** Told once: what is kept already was told. */
  async #keep(
    spec: ClusterSpec,
    progress: Progress,
    before: ClusterSpec | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const { context, touched } = this.#options
    const was = this.#kept.get(spec.id)?.progress
    const inForce = progress.state === "done" ? spec : before
    const kept: Kept = { progress, inForce }
    const object = keptObject(spec, kept)
    const text = JSON.stringify(object)
    if (this.#saved.get(spec.id) !== text) {
      await context.applier.apply(object, spec.name, signal)
      this.#saved.set(spec.id, text)
      this.#kept.set(spec.id, kept)
      touched(spec.id)
    }
    tellProgress(context.tell, spec, progress, was)
  }
}

const nothingKept: Kept = { progress: undefined, inForce: undefined }

const isStaying = (spec: ClusterSpec, pod: PodName): boolean =>
  Array.from({ length: spec.members }, (_, ordinal) => memberPod(spec.name, ordinal)).includes(pod)

const problemText = (problems: readonly Problem[]): string =>
  problems.map(({ field, problem }) => `${field}: ${problem}`).join("; ")
