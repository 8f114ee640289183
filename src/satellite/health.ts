/**
 * Collects health: what the watches and the sidecars know, made into one look at each cluster; sent
 * every 10 s and soon after a change.
 */
import { type Desired, desiredPlace } from "#core/cluster/desired.ts"
import {
  type HealthInput,
  type MemberSeen,
  type PodSeen,
  clusterHealth,
  primaryOf,
} from "#core/cluster/health.ts"
import type { ClusterHealth } from "#core/cluster/state.ts"
import { type ClusterId, type PodName, memberPod, ordinalOf, podName } from "#core/ids.ts"
import type { ConfigChange } from "#core/rollout/change.ts"
import { label, objectNames } from "#core/names.ts"
import { type Millis, millis, seconds } from "#core/units.ts"
import type { Clock } from "#io/clock.ts"
import { type Live, isRecord } from "#io/kube/api.ts"
import type { Hub } from "./hub/hub.ts"
import type { Operator } from "./operator/operator.ts"
import { leaseRecord } from "./operator/record.ts"
import type { SiteView } from "./site/view.ts"

export type HealthOptions = {
  readonly view: SiteView
  readonly hub: Hub
  readonly operator: () => Operator
  readonly clock: Clock
  /** How far the newest config is in force. */
  readonly change: (cluster: ClusterId) => ConfigChange | undefined
  readonly send: (health: ClusterHealth) => void
  /** A deleted volume, for one, waits for this. */
  readonly primaryChanged: (cluster: ClusterId) => void
}

const every = seconds(10)
/** Changes come in swarms; one look covers them. */
const coalesce = millis(150)

export class Health {
  readonly #options: HealthOptions
  readonly #due = new Set<ClusterId>()
  readonly #primarySeenAt = new Map<ClusterId, number>()
  readonly #primaries = new Map<ClusterId, PodName | undefined>()
  #timer: NodeJS.Timeout | undefined

  constructor(options: HealthOptions) {
    this.#options = options
  }

  /** Something about this cluster changed: it is looked at within a moment. */
  touch(id: ClusterId): void {
    this.#due.add(id)
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      const due = [...this.#due]
      this.#due.clear()
      for (const one of due) this.#look(one)
    }, coalesce)
  }

  /** Runs until `signal`. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      for (;;) {
        await this.#options.clock.sleep(every, signal)
        for (const id of this.#options.operator().held.keys()) this.#look(id)
      }
    } finally {
      clearTimeout(this.#timer)
    }
  }

  /** The member that serves writes by its own fresh report. */
  primary(id: ClusterId): PodName | undefined {
    const desired = this.#options.operator().held.get(id)
    return desired === undefined ? undefined : primaryOf(this.members(desired))?.pod
  }

  #look(id: ClusterId): void {
    const { operator, clock, send, primaryChanged, change } = this.#options
    const desired = operator().held.get(id)
    if (desired === undefined) {
      this.#primarySeenAt.delete(id)
      this.#primaries.delete(id)
      return
    }
    const pods = this.members(desired)
    const primary = primaryOf(pods)?.pod
    if (primary !== undefined) this.#primarySeenAt.set(id, clock.now())
    send({ ...clusterHealth(this.#input(id, desired, pods)), change: change(id) })
    if (this.#primaries.get(id) === primary) return
    this.#primaries.set(id, primary)
    primaryChanged(id)
  }

  #input(id: ClusterId, desired: Desired, pods: readonly MemberSeen[]): HealthInput {
    const { operator, view, clock } = this.#options
    const place = desiredPlace(desired)
    const progress = operator().progress(id)
    const lease = view.get("Lease", place.namespace, objectNames(place.name).lease)
    const known = leaseRecord(lease)
    return {
      clusterId: id,
      members: desired.kind === "wanted" ? desired.spec.members : 0,
      intent: desired.kind === "deleting" ? "deleting" : desired.spec.paused ? "paused" : "running",
      appliedVersion: progress?.appliedVersion,
      outcome: progress?.outcome,
      systemIdentifier: operator().record(id)?.systemIdentifier ?? known.systemIdentifier,
      term: lease === undefined ? undefined : known.highestTerm,
      pods,
      withoutPrimary: this.#sincePrimary(id),
      observedAt: clock.wall(),
    }
  }

  #sincePrimary(id: ClusterId): Millis | undefined {
    const at = this.#primarySeenAt.get(id)
    return at === undefined ? undefined : millis(this.#options.clock.now() - at)
  }

  /** Every pod there is, and every one that should be. */
  members(desired: Desired): readonly MemberSeen[] {
    const { view, hub } = this.#options
    const { namespace, name } = desiredPlace(desired)
    const live = new Map(
      view
        .ofCluster("Pod", namespace, name)
        .map((pod) => [podName(pod.metadata.name), pod] as const),
    )
    const names = new Set([...live.keys(), ...wantedPods(desired)])
    return [...names]
      .toSorted((a, b) => (ordinalOf(a) ?? 0) - (ordinalOf(b) ?? 0))
      .map((pod) => {
        const object = live.get(pod)
        return {
          pod,
          seen: object === undefined ? undefined : podSeen(object),
          // A pod that is gone is gone, whatever its sidecar said a moment ago.
          report:
            object === undefined
              ? undefined
              : hub.report(namespace, pod, object.metadata.uid)?.status,
        }
      })
  }
}

const wantedPods = (desired: Desired): readonly PodName[] =>
  desired.kind === "deleting"
    ? []
    : Array.from({ length: desired.spec.members }, (_, ordinal) =>
        memberPod(desired.spec.name, ordinal),
      )

/** A pod, in the few facts that health asks for. */
export function podSeen(pod: Live): PodSeen {
  const status = isRecord(pod["status"]) ? pod["status"] : {}
  const conditions = records(status["conditions"])
  const containers = records(status["containerStatuses"])
  return {
    ready: conditions.some((one) => one["type"] === "Ready" && one["status"] === "True"),
    restarts: containers.reduce((sum, one) => sum + count(one["restartCount"]), 0),
    deleting: pod.metadata.deletionTimestamp !== undefined,
    labelledPrimary: pod.metadata.labels?.[label.role] === "primary",
    stuck: whyStuck(conditions, containers),
  }
}

type Fields = Readonly<Record<string, unknown>>

const records = (value: unknown): readonly Fields[] =>
  Array.isArray(value) ? value.filter(isRecord) : []

const count = (value: unknown): number => (typeof value === "number" ? value : 0)

/** Waits that pass by themselves in a moment. */
const usual = ["ContainerCreating", "PodInitializing"]

function whyStuck(
  conditions: readonly Fields[],
  containers: readonly Fields[],
): string | undefined {
  const unscheduled = conditions.find(
    (one) => one["type"] === "PodScheduled" && one["status"] === "False",
  )
  if (unscheduled !== undefined)
    return `not scheduled: ${String(unscheduled["message"] ?? unscheduled["reason"])}`
  for (const container of containers) {
    const state = isRecord(container["state"]) ? container["state"] : {}
    const waiting = isRecord(state["waiting"]) ? state["waiting"] : undefined
    const reason = waiting?.["reason"]
    if (typeof reason === "string" && !usual.includes(reason))
      return `container ${String(container["name"])} waits: ${reason}`
  }
  return undefined
}
