/** What the watches and the sidecars know of a cluster, as the planner wants to see it. */
import { mirrored } from "#core/cluster/image.ts"
import { pgHba } from "#core/cluster/hba.ts"
import type { MemberSeen } from "#core/cluster/health.ts"
import { configPrint } from "#core/cluster/member-config.ts"
import { postgresqlConf } from "#core/cluster/parameters.ts"
import type { SidecarStatus } from "#core/cluster/sidecar.ts"
import type { ClusterSpec } from "#core/cluster/spec.ts"
import { priorityOf } from "#core/failover/candidates.ts"
import { caughtUpBytes } from "#core/failover/fit.ts"
import { ordinalOf, type PodName } from "#core/ids.ts"
import { bytesBetween } from "#core/lsn.ts"
import { fingerprint } from "#core/manifests/object.ts"
import { podTemplate } from "#core/manifests/pod-template.ts"
import type { ClusterRecord, Site } from "#core/manifests/site.ts"
import { annotation, configKey, objectNames } from "#core/names.ts"
import { usualOrder } from "#core/rollout/impact.ts"
import { nextStep } from "#core/rollout/next-step.ts"
import type { Progress } from "#core/rollout/progress.ts"
import { nextPlacement, type ScaleStep } from "#core/rollout/scale.ts"
import type { MemberNow, Situation } from "#core/rollout/situation.ts"
import { type Live, isRecord } from "#io/kube/api.ts"
import { parseLease } from "#io/kube/lease.ts"
import { outdatedPods } from "../operator/outdated.ts"
import { podConfigOf } from "../operator/pod-config.ts"
import type { SiteView } from "../site/view.ts"
import type { Expectation } from "./expectation.ts"

export type LookParts = {
  readonly view: SiteView
  readonly site: Site
  readonly record: (spec: ClusterSpec) => ClusterRecord
  readonly members: (spec: ClusterSpec) => readonly MemberSeen[]
  readonly imageMirror: () => string | undefined
  readonly busy: (spec: ClusterSpec) => string | undefined
}

export type Looked = {
  readonly situation: Situation
  readonly scale: ScaleStep
  /** What the sidecars are told, and what Kubernetes is: where they differ from `scale`, a pass is due. */
  readonly told: number | undefined
  readonly replicas: number | undefined
  /** Kubernetes' controller has seen the template that we want. */
  readonly isSettled: boolean
  /** Revision of the StatefulSet that its older pods are not of. */
  readonly revision: string
  /** Pods of members that are counted no more. */
  readonly leaving: readonly PodName[]
}

export function lookAt(
  parts: LookParts,
  spec: ClusterSpec,
  expectation: Pick<Expectation, "together" | "replaces" | "restarts">,
  progress: Progress | undefined,
): Looked {
  const { view, site } = parts
  const names = objectNames(spec.name)
  const set = view.get("StatefulSet", spec.namespace, names.statefulSet)
  const lease = view.get("Lease", spec.namespace, names.lease)
  const onLease = lease === undefined ? undefined : parseLease(lease)
  const told = toldMembers(view.get("ConfigMap", spec.namespace, names.configMap))
  const replicas = replicasOf(set)
  const all = parts.members(spec)
  const { revision, pods: outdated } = outdatedPods(view, spec)
  const counted = told ?? spec.members
  const primary = leader(all)
  const members = all
    .filter(({ pod }) => (ordinalOf(pod) ?? 0) < counted)
    .map((member) => memberNow(view, spec, member, outdated, primary, onLease?.members ?? []))
  const record = parts.record(spec)
  const situation: Situation = {
    members,
    term: primary?.report?.term,
    print: configPrint({
      conf: postgresqlConf(spec),
      hba: pgHba(spec),
      pod: JSON.stringify(podConfigOf(site, spec, record, counted)),
    }),
    replaces: expectation.replaces,
    together: expectation.together || members.some((member) => isForAll(spec, member)),
    ordered: stillRunning(members, expectation.restarts ? progress : undefined),
    leftAlone: new Set(
      [...(spec.parameterOrders ?? [])].flatMap(([name, order]) =>
        order === "reload" ? [name] : [],
      ),
    ),
    paused: spec.paused,
    busy: parts.busy(spec),
  }
  const scale = nextPlacement({
    wanted: spec.members,
    exists: record.systemIdentifier !== undefined,
    told,
    replicas,
    onLease: onLease?.members ?? [],
    syncSet: onLease?.syncSet ?? [],
    primary: primary?.pod,
    well: new Set(members.flatMap(({ pod, trouble }) => (trouble === undefined ? [pod] : []))),
    paused: spec.paused,
    isUnsettled: nextStep(situation).kind !== "done",
  })
  const image = mirrored(spec.postgres.image, parts.imageMirror())
  const template = podTemplate({ ...spec, postgres: { ...spec.postgres, image } }, site)
  return {
    situation,
    scale,
    told,
    replicas,
    isSettled:
      revision !== "" &&
      set?.metadata.annotations?.[annotation.templateHash] === fingerprint(template),
    revision,
    leaving: all
      .filter(({ pod, seen }) => (ordinalOf(pod) ?? 0) >= counted && seen !== undefined)
      .map(({ pod }) => pod),
  }
}

/** Something waits that changes for all members at one point, whatever was expected. */
const isForAll = ({ postgres, parameterOrders }: ClusterSpec, { config }: MemberNow): boolean =>
  config?.pending.some(
    ({ name }) =>
      (parameterOrders?.get(name) ?? usualOrder(postgres.major, name)) === "full-restart",
  ) === true

/** Members that run the server that they had when the change began. */
function stillRunning(
  members: readonly MemberNow[],
  progress: Progress | undefined,
): ReadonlySet<PodName> {
  return new Set(
    members.flatMap(({ pod, config }) =>
      config !== undefined && progress?.runs[pod] === config.startedAt ? [pod] : [],
    ),
  )
}

const leader = (members: readonly MemberSeen[]): MemberSeen | undefined =>
  members
    .filter(({ report }) => report?.holdsLease === true && report.health.phase === "primary")
    .toSorted((a, b) => (b.report?.term ?? 0) - (a.report?.term ?? 0))
    .at(0)

function memberNow(
  view: SiteView,
  spec: ClusterSpec,
  member: MemberSeen,
  outdated: readonly string[],
  primary: MemberSeen | undefined,
  onLease: readonly PodName[],
): MemberNow {
  const { pod, seen, report } = member
  const role =
    member === primary ? "primary" : report?.health.role === "replica" ? "standby" : "unknown"
  return {
    pod,
    uid: seen === undefined ? undefined : view.get("Pod", spec.namespace, pod)?.metadata.uid,
    deleting: seen?.deleting === true,
    // Its sidecar may run and report while the server's container has no image.
    stuck: seen?.stuck !== undefined,
    outdated: outdated.includes(pod),
    role,
    trouble: troubleOf(member, primary, onLease),
    config: report?.config,
    mayLead: priorityOf({ priorities: spec.failover.priorities ?? [] }, pod) > 0,
  }
}

function troubleOf(
  { pod, seen, report }: MemberSeen,
  primary: MemberSeen | undefined,
  onLease: readonly PodName[],
): string | undefined {
  if (seen === undefined) return "has no pod"
  if (seen.deleting) return "is being stopped"
  if (report === undefined)
    return seen.stuck === undefined ? "does not report" : `does not run: ${seen.stuck}`
  if (seen.stuck !== undefined && report.config === undefined) return `does not run: ${seen.stuck}`
  const { phase, ready, reason } = report.health
  const because = reason === undefined ? "" : `: ${reason}`
  if (report.handOver !== undefined) return "hands over"
  if (pod === primary?.pod) return ready ? undefined : `serves but is not ready${because}`
  if (phase !== "streaming") return `is ${phase}${because}`
  if (!ready) return `streams but is not ready${because}`
  // A wiped Lease names nobody until the primary renews it.
  if (onLease.length > 0 && !onLease.includes(pod)) return "streams but the Lease does not name it"
  const behind = lag(report, primary?.report)
  return behind !== undefined && behind > Number(caughtUpBytes)
    ? `is ${Math.round(behind / 1024 / 1024)} MB behind`
    : undefined
}

function lag(standby: SidecarStatus, primary: SidecarStatus | undefined): number | undefined {
  const written = primary?.health.receivedLsn
  const replayed = standby.health.replayedLsn
  return written === undefined || replayed === undefined
    ? undefined
    : bytesBetween(replayed, written)
}

const replicasOf = (set: Live | undefined): number | undefined => {
  const spec = isRecord(set?.["spec"]) ? set["spec"] : {}
  return typeof spec["replicas"] === "number" ? spec["replicas"] : undefined
}

/** What `pod.json` says now. */
function toldMembers(map: Live | undefined): number | undefined {
  const data = isRecord(map?.["data"]) ? map["data"] : {}
  const text = data[configKey.podConfig]
  if (typeof text !== "string") return undefined
  try {
    const parsed: unknown = JSON.parse(text)
    const members = isRecord(parsed) ? parsed["members"] : undefined
    return typeof members === "number" ? members : undefined
  } catch {
    return undefined
  }
}
