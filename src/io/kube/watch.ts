/**
 * Follows a collection: lists it, then watches from there, and lists again when the server has
 * forgotten how to go on. The follower always ends up with what is there, whatever was missed between.
 */
import type { IncomingMessage } from "node:http"
import { backoff } from "#core/backoff.ts"
import { type Millis, millis, seconds } from "#core/units.ts"
import type { Clock } from "#io/clock.ts"
import { isStop } from "#io/together.ts"
import { type KubeApi, type Live, isRecord, live } from "./api.ts"
import { KubeError } from "./kube-error.ts"
import { type Kind, apiPath } from "./kinds.ts"

export type Selection = {
  readonly kind: Kind
  readonly namespace: string | undefined
  readonly labels?: string
  readonly fields?: string
  /** Longest pause between tries; 30 s where it is not said. */
  readonly longestPause?: Millis
}

export interface Follower {
  /** All there is, after each list. */
  replaced(items: readonly Live[]): void
  changed(object: Live): void
  removed(object: Live): void
  /** The collection could not be read or watched; it is tried again after `pause`. */
  failed(failure: unknown, pause: Millis): void
}

/** The server ends a watch after this; a connection that died silently lives no longer either. */
const watchFor = seconds(120)
const graceful = seconds(15)
const bounds = { first: millis(500), longest: seconds(30) }
const lineMax = 16 * 1024 * 1024

/** Runs until `signal`. Safe to run twice: followers are told states, not steps. */
export async function follow(
  api: KubeApi,
  clock: Clock,
  selection: Selection,
  follower: Follower,
  signal: AbortSignal,
): Promise<void> {
  let failures = 0
  while (!signal.aborted) {
    try {
      await listAndWatch(api, selection, follower, signal, () => (failures = 0))
    } catch (failure) {
      // A connection cut by our own stop fails in its own words.
      if (isOver(signal)) return
      // 410: what we knew is too old to go on from. Listing again is all it takes.
      const expired = failure instanceof KubeError && failure.status === 410
      const pause =
        expired && failures === 0
          ? millis(0)
          : backoff(failures, Math.random(), {
              ...bounds,
              longest: selection.longestPause ?? bounds.longest,
            })
      failures += 1
      if (!expired) follower.failed(failure, pause)
      if (!(await slept(clock, pause, signal))) return
    }
  }
}

const isOver = (signal: AbortSignal): boolean => signal.aborted

async function listAndWatch(
  api: KubeApi,
  { kind, namespace, labels, fields }: Selection,
  follower: Follower,
  signal: AbortSignal,
  worked: () => void,
): Promise<void> {
  const listed = await api.list(kind, namespace, selectorOf(labels, fields), signal)
  follower.replaced(listed.items)
  worked()
  let from = listed.resourceVersion
  while (!signal.aborted) {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(watchFor + graceful)])
    const answer = await api.open(
      {
        method: "GET",
        path: apiPath(kind, namespace),
        query: {
          watch: "true",
          resourceVersion: from,
          allowWatchBookmarks: "true",
          timeoutSeconds: String(watchFor / 1000),
          labelSelector: labels,
          fieldSelector: fields,
        },
      },
      limit,
    )
    answer.socket.setKeepAlive(true, 10_000)
    try {
      for await (const line of linesOf(answer)) {
        from = dispatch(line, follower) ?? from
        worked()
      }
    } finally {
      answer.destroy()
    }
  }
}

const selectorOf = (labels: string | undefined, fields: string | undefined) => ({
  ...(labels === undefined ? {} : { labels }),
  ...(fields === undefined ? {} : { fields }),
})

export async function* linesOf(answer: IncomingMessage): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ""
  for await (const part of answer) {
    if (!(part instanceof Uint8Array)) continue
    const lines = (rest + decoder.decode(part, { stream: true })).split("\n")
    rest = lines.pop() ?? ""
    if (rest.length > lineMax)
      throw new KubeError(undefined, "TooLarge", "a watch event that is too large")
    yield* lines.filter((line) => line !== "")
  }
}

/** Tells the follower; returns the resource version to go on from. */
function dispatch(line: string, follower: Follower): string | undefined {
  const event: unknown = JSON.parse(line)
  if (!isRecord(event)) throw new KubeError(undefined, "NotAnEvent", "no watch event")
  const { type, object } = event
  switch (type) {
    case "ADDED":
    case "MODIFIED": {
      const changed = live(object)
      follower.changed(changed)
      return changed.metadata.resourceVersion
    }
    case "DELETED": {
      const removed = live(object)
      follower.removed(removed)
      return removed.metadata.resourceVersion
    }
    case "BOOKMARK": {
      const metadata = isRecord(object) ? object["metadata"] : undefined
      return isRecord(metadata) ? String(metadata["resourceVersion"]) : undefined
    }
    case "ERROR": {
      const status = isRecord(object) ? object : {}
      const code = Number(status["code"] ?? 0)
      throw new KubeError(code, String(status["reason"]), `watch: ${String(status["message"])}`)
    }
    default:
      return undefined
  }
}

/** False when `signal` ended the sleep. */
async function slept(clock: Clock, pause: Millis, signal: AbortSignal): Promise<boolean> {
  try {
    await clock.sleep(pause, signal)
    return true
  } catch (failure) {
    if (isStop(failure, signal)) return false
    throw failure
  }
}
