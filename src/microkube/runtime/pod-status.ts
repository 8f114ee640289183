/** The status of a pod, from what its containers are doing. */
import { type JsonObject, defined, objectsAt, textAt } from "../json.ts"
import { type KubeObject, timestamp, uidOf } from "../object.ts"
import { condition, withCondition } from "../pods.ts"
import type { Container } from "./container.ts"
import { stateJson } from "./container-state.ts"

export type PodPicture = {
  readonly containers: readonly Container[]
  readonly address: string | undefined
  readonly hostAddress: string
  readonly isInitialized: boolean
  /** Set when the pod has ended for good. */
  readonly outcome: "Succeeded" | "Failed" | undefined
  readonly reason: string | undefined
  readonly startedAt: number
}

export function podStatus(pod: KubeObject, picture: PodPicture, now: number): JsonObject {
  const { containers, outcome } = picture
  const inits = containers.filter((one) => one.role !== "main")
  const mains = containers.filter((one) => one.role === "main")
  const hasRun = mains.some(
    (one) => one.state.kind !== "waiting" || one.restarts > 0 || one.last !== undefined,
  )
  const phase = outcome ?? (picture.isInitialized && hasRun ? "Running" : "Pending")
  const sidecars = inits.filter((one) => one.role === "sidecar")
  const unready = [...mains, ...sidecars].filter((one) => !one.isReady).map((one) => one.name)
  const areReady = outcome === undefined && picture.isInitialized && unready.length === 0
  const gates = objectsAt(pod, "spec", "readinessGates").map(
    (one) => textAt(one, "conditionType") ?? "",
  )
  const isReady = areReady && gates.every((gate) => condition(pod, gate)?.["status"] === "True")
  const because = (status: boolean, reason: string): JsonObject =>
    status
      ? { status: "True" }
      : {
          status: "False",
          reason: outcome === "Succeeded" ? "PodCompleted" : reason,
          message: `containers with unready status: [${unready.join(" ")}]`,
        }
  const wanted = [
    { type: "PodReadyToStartContainers", status: picture.address === undefined ? "False" : "True" },
    picture.isInitialized
      ? { type: "Initialized", status: "True" }
      : { type: "Initialized", status: "False", reason: "ContainersNotInitialized" },
    { type: "Ready", ...because(isReady, "ContainersNotReady") },
    { type: "ContainersReady", ...because(areReady, "ContainersNotReady") },
  ]
  const conditions = wanted.reduce(
    (all, one) => withCondition(all, one, timestamp(now)),
    objectsAt(pod, "status", "conditions"),
  )
  const { address } = picture
  return defined({
    phase,
    conditions,
    hostIP: picture.hostAddress,
    hostIPs: [{ ip: picture.hostAddress }],
    podIP: address,
    podIPs: address === undefined ? undefined : [{ ip: address }],
    startTime: textAt(pod, "status", "startTime") ?? timestamp(picture.startedAt),
    qosClass: textAt(pod, "status", "qosClass"),
    reason: picture.reason,
    initContainerStatuses:
      inits.length === 0 ? undefined : inits.map((one) => containerStatus(pod, one)),
    containerStatuses: mains.map((one) => containerStatus(pod, one)),
  })
}

function containerStatus(pod: KubeObject, container: Container): JsonObject {
  const id = `microkube://${uidOf(pod)}/${container.name}/${container.restarts}`
  const image = textAt(container.spec, "image") ?? ""
  const isRunning = container.state.kind === "running"
  const isDone =
    container.role === "init" && container.state.kind === "terminated" && container.state.code === 0
  return defined({
    name: container.name,
    state: stateJson(container.state, id),
    lastState: container.last === undefined ? {} : stateJson(container.last, id),
    ready: isDone || (isRunning && container.isReady),
    restartCount: container.restarts,
    image,
    imageID: `microkube://${image}`,
    containerID: container.state.kind === "waiting" ? undefined : id,
    started: isRunning && container.isStarted,
  })
}
