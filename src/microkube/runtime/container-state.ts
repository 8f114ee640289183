/** What is known of a container, as its pod's status tells it. */
import { type JsonObject, defined, numberAt, objectAt, textAt } from "../json.ts"
import { timestamp } from "../object.ts"
import type { Exit } from "./container-process.ts"

export type Ended = {
  readonly kind: "terminated"
  readonly code: number
  readonly signal: number | undefined
  readonly reason: string
  readonly message: string | undefined
  readonly startedAt: number
  readonly endedAt: number
}

export type ContainerState =
  | { readonly kind: "waiting"; readonly reason: string; readonly message: string | undefined }
  | { readonly kind: "running"; readonly startedAt: number }
  | Ended

export const waiting = (reason: string, message?: string): ContainerState => ({
  kind: "waiting",
  reason,
  message,
})

export function ended(exit: Exit, startedAt: number, endedAt: number): Ended {
  const number = exit.code > 128 ? exit.code - 128 : undefined
  return {
    kind: "terminated",
    code: exit.code,
    signal: exit.signal === undefined ? undefined : number,
    reason: exit.failure === undefined ? (exit.code === 0 ? "Completed" : "Error") : "StartError",
    message: exit.failure,
    startedAt,
    endedAt,
  }
}

export function stateJson(state: ContainerState, id: string): JsonObject {
  switch (state.kind) {
    case "waiting":
      return { waiting: defined({ reason: state.reason, message: state.message }) }
    case "running":
      return { running: { startedAt: timestamp(state.startedAt) } }
    case "terminated":
      return {
        terminated: defined({
          exitCode: state.code,
          signal: state.signal,
          reason: state.reason,
          message: state.message,
          startedAt: timestamp(state.startedAt),
          finishedAt: timestamp(state.endedAt),
          containerID: id,
        }),
      }
  }
}

/** How a container that a former life of this program ran has ended: nobody saw it. */
export function endedUnseen(status: JsonObject, now: number): Ended | undefined {
  const started = textAt(objectAt(status, "state"), "running", "startedAt")
  if (started === undefined) return undefined
  return {
    kind: "terminated",
    code: 255,
    signal: undefined,
    reason: "Unknown",
    message: "microkube or the node stopped",
    startedAt: Date.parse(started),
    endedAt: now,
  }
}

/** The last end of the container that its status tells of. */
export function lastEnd(status: JsonObject): Ended | undefined {
  const last = objectAt(status, "lastState", "terminated")
  const code = numberAt(last, "exitCode")
  if (code === undefined) return undefined
  return {
    kind: "terminated",
    code,
    signal: numberAt(last, "signal"),
    reason: textAt(last, "reason") ?? "Error",
    message: textAt(last, "message"),
    startedAt: Date.parse(textAt(last, "startedAt") ?? ""),
    endedAt: Date.parse(textAt(last, "finishedAt") ?? ""),
  }
}
