/** Jobs: pods until enough of them have succeeded, or too many failed. */
import { type JsonObject, isTrueAt, numberAt, objectsAt, textAt, withAt } from "../json.ts"
import { type KubeObject, isDeleting, nameOf, namespaceOf, timestamp, uidOf } from "../object.ts"
import { isActive, isReady, phaseOf, withCondition } from "../pods.ts"
import { resourceById } from "../resources.ts"
import {
  type Ground,
  type Stop,
  controlledBy,
  itself,
  ownerOfKind,
  runController,
  splitKey,
} from "./controller.ts"
import { podOf } from "./replicas.ts"

const manager = { manager: "kube-controller-manager" }
/** A pod that failed is followed by the next one after so long, doubling; a real cluster starts at 10 s. */
const firstRetryMs = 1_000
const longestRetryMs = 20_000

export const runJobs = (ground: Ground): Stop =>
  runController(ground, "jobs", (key) => reconcile(ground, key), {
    "jobs.batch": itself,
    pods: ownerOfKind("Job"),
  })

const finished = (job: KubeObject): JsonObject | undefined =>
  objectsAt(job, "status", "conditions").find(
    (one) => one["status"] === "True" && (one["type"] === "Complete" || one["type"] === "Failed"),
  )

function reconcile(ground: Ground, key: string): number | undefined {
  const [namespace, name] = splitKey(key)
  const job = ground.objects.find("jobs.batch", namespace, name)
  if (job === undefined || isDeleting(job)) return undefined
  if (finished(job) !== undefined) return expire(ground, job)
  const pods = controlledBy(ground.objects, "pods", job, uidOf(job))
  const active = pods.filter(isActive)
  const succeeded = pods.filter((pod) => phaseOf(pod) === "Succeeded").length
  const failed = pods.filter((pod) => phaseOf(pod) === "Failed").length
  const started = Date.parse(textAt(job, "status", "startTime") ?? "")
  const limit = (numberAt(job, "spec", "activeDeadlineSeconds") ?? Number.POSITIVE_INFINITY) * 1000
  const leftMs = Number.isNaN(started) ? limit : started + limit - ground.objects.now()
  const verdict = judge(job, succeeded, failed, leftMs)
  if (verdict !== undefined || isTrueAt(job, "spec", "suspend")) {
    for (const pod of active) {
      ground.objects.remove(resourceById("pods"), namespace, nameOf(pod), {
        propagation: "Background",
      })
    }
    writeStatus(ground, job, { active: [], succeeded, failed }, verdict)
    return undefined
  }
  const wait = startPods(ground, job, active.length, succeeded, failed, pods)
  const now = controlledBy(ground.objects, "pods", job, uidOf(job)).filter(isActive)
  writeStatus(ground, job, { active: now, succeeded, failed }, undefined)
  const again = Math.min(wait ?? Number.POSITIVE_INFINITY, leftMs)
  return Number.isFinite(again) ? Math.max(100, again) : undefined
}

function judge(
  job: KubeObject,
  succeeded: number,
  failed: number,
  leftMs: number,
): JsonObject | undefined {
  if (succeeded >= (numberAt(job, "spec", "completions") ?? 1)) {
    return { type: "Complete", status: "True" }
  }
  if (failed > (numberAt(job, "spec", "backoffLimit") ?? 6)) {
    const message = "Job has reached the specified backoff limit"
    return { type: "Failed", status: "True", reason: "BackoffLimitExceeded", message }
  }
  if (leftMs > 0) return undefined
  const message = "Job was active longer than specified deadline"
  return { type: "Failed", status: "True", reason: "DeadlineExceeded", message }
}

/** Starts what is missing; answers how long to wait where a failure asks for patience. */
function startPods(
  ground: Ground,
  job: KubeObject,
  active: number,
  succeeded: number,
  failed: number,
  pods: readonly KubeObject[],
): number | undefined {
  const completions = numberAt(job, "spec", "completions") ?? 1
  const parallelism = numberAt(job, "spec", "parallelism") ?? 1
  const wanted = Math.min(parallelism, completions - succeeded)
  if (active >= wanted) return undefined
  if (failed > 0) {
    const ended = pods.flatMap((pod) => objectsAt(pod, "status", "containerStatuses"))
    const last = Math.max(
      0,
      ...ended.map(
        (one) => Date.parse(textAt(one, "state", "terminated", "finishedAt") ?? "") || 0,
      ),
    )
    const pause = Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(failed - 1, 10))
    const left = last + pause - ground.objects.now()
    if (left > 0) return left
  }
  for (let index = active; index < wanted; index += 1) {
    const body = podOf(job, { generateName: `${nameOf(job)}-` })
    const pod = ground.objects.create(resourceById("pods"), namespaceOf(job), body, manager)
    const message = `Created pod: ${nameOf(pod)}`
    ground.events.note(job, "job-controller", {
      type: "Normal",
      reason: "SuccessfulCreate",
      message,
    })
  }
  return undefined
}

type Counts = {
  readonly active: readonly KubeObject[]
  readonly succeeded: number
  readonly failed: number
}

function writeStatus(
  ground: Ground,
  job: KubeObject,
  counts: Counts,
  verdict: JsonObject | undefined,
): void {
  const now = timestamp(ground.objects.now())
  const conditions = objectsAt(job, "status", "conditions")
  const status: JsonObject = {
    startTime: textAt(job, "status", "startTime") ?? now,
    ...(counts.active.length === 0 ? {} : { active: counts.active.length }),
    ready: counts.active.filter(isReady).length,
    ...(counts.succeeded === 0 ? {} : { succeeded: counts.succeeded }),
    ...(counts.failed === 0 ? {} : { failed: counts.failed }),
    ...(verdict?.["type"] === "Complete" ? { completionTime: now } : {}),
    ...(verdict === undefined
      ? conditions.length === 0
        ? {}
        : { conditions }
      : { conditions: withCondition(conditions, { ...verdict, lastProbeTime: now }, now) }),
  }
  ground.objects.change(
    resourceById("jobs.batch"),
    namespaceOf(job),
    nameOf(job),
    (one) => withAt(one, ["status"], status),
    { ...manager, subresource: "status" },
  )
}

/** A finished job goes after its time to live, where it has one. */
function expire(ground: Ground, job: KubeObject): number | undefined {
  const seconds = numberAt(job, "spec", "ttlSecondsAfterFinished")
  if (seconds === undefined) return undefined
  const ended = Date.parse(textAt(finished(job), "lastTransitionTime") ?? "")
  const left = ended + seconds * 1000 - ground.objects.now()
  if (left > 0) return left
  ground.objects.remove(resourceById("jobs.batch"), namespaceOf(job), nameOf(job), {
    propagation: "Foreground",
  })
  return undefined
}
