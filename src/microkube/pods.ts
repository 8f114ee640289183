/** Pods as controllers look at them. */
import { type JsonObject, numberAt, objectsAt, textAt } from "./json.ts"
import { type KubeObject, isDeleting } from "./object.ts"

export const phaseOf = (pod: KubeObject): string => textAt(pod, "status", "phase") ?? "Pending"

export const condition = (object: KubeObject, type: string): JsonObject | undefined =>
  objectsAt(object, "status", "conditions").find((one) => one["type"] === type)

export const isReady = (pod: KubeObject): boolean => condition(pod, "Ready")?.["status"] === "True"

export const isRunningAndReady = (pod: KubeObject): boolean =>
  phaseOf(pod) === "Running" && isReady(pod)

export const isTerminal = (pod: KubeObject): boolean =>
  phaseOf(pod) === "Succeeded" || phaseOf(pod) === "Failed"

/** Neither finished nor shutting down. */
export const isActive = (pod: KubeObject): boolean => !isTerminal(pod) && !isDeleting(pod)

export const nodeOf = (pod: KubeObject): string | undefined => textAt(pod, "spec", "nodeName")

/** Ready for at least so long; answers how many milliseconds are missing. */
export function untilAvailable(pod: KubeObject, minSeconds: number, now: number): number {
  const since = Date.parse(textAt(condition(pod, "Ready"), "lastTransitionTime") ?? "")
  if (!isReady(pod) || Number.isNaN(since)) return Number.POSITIVE_INFINITY
  return Math.max(0, since + minSeconds * 1000 - now)
}

export const claimsOf = (pod: KubeObject): readonly string[] =>
  objectsAt(pod, "spec", "volumes").flatMap((volume) => {
    const name = textAt(volume, "persistentVolumeClaim", "claimName")
    return name === undefined ? [] : [name]
  })

/** The conditions with one of them set; its time moves only when its status does. */
export function withCondition(
  conditions: readonly JsonObject[],
  wanted: JsonObject,
  now: string,
): readonly JsonObject[] {
  const old = conditions.find((one) => one["type"] === wanted["type"])
  const isSame = old !== undefined && old["status"] === wanted["status"]
  const lastTransitionTime = isSame ? (old["lastTransitionTime"] ?? now) : now
  const made = { ...wanted, lastTransitionTime }
  return old === undefined
    ? [...conditions, made]
    : conditions.map((one) => (one === old ? made : one))
}

export const replicasOf = (object: KubeObject): number => numberAt(object, "spec", "replicas") ?? 1
