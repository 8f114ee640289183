/**
 * The log of a member's container, by the Kubernetes API. It is followed over restarts of the container and
 * of the pod: whoever watches a failover wants to see what comes after.
 */
import type { IncomingMessage } from "node:http"
import type { Namespace, PodName } from "#core/ids.ts"
import type { TailContainer } from "#core/logs/tail.ts"
import { type Millis, seconds } from "#core/units.ts"
import type { Clock } from "#io/clock.ts"
import type { KubeApi } from "#io/kube/api.ts"
import { KubeError } from "#io/kube/kube-error.ts"
import { apiPath, kinds } from "#io/kube/kinds.ts"
import { LineSplitter, type SplitLine } from "#io/line-splitter.ts"
import type { Ended, Reading, Source } from "./source.ts"

export type MemberLogOptions = {
  readonly api: KubeApi
  readonly clock: Clock
  readonly namespace: Namespace
  readonly pod: PodName
  readonly container: TailContainer
  readonly pace?: { readonly again: Millis; readonly patience: Millis }
}

/** Longer lines are cut; no statement that anybody reads is longer. */
const lineMax = 16 * 1024
/** Between two looks at a container that does not write, or is not there. */
const usual = { again: seconds(1), patience: seconds(60) }
/** The API answers a request for a log so soon, or not at all. */
const answerWithin = seconds(15)

export const memberLog = (options: MemberLogOptions): Source => {
  const { clock, pod, pace = usual } = options
  return async (lines, reading, signal) => {
    const place = new Place(lines)
    let missingSince: number | undefined
    for (;;) {
      try {
        await followOnce(options, place, reading, signal)
        missingSince = undefined
        reading.waiting("the container ended; waiting for the next")
      } catch (failure) {
        signal.throwIfAborted()
        if (!(failure instanceof KubeError)) throw failure
        const ended = endOf(failure, options, place)
        if (ended !== undefined) return ended
        missingSince ??= clock.now()
        if (clock.now() - missingSince > pace.patience)
          return { end: "gone", why: `${pod} did not come back: ${failure.message}`.slice(0, 500) }
        reading.waiting(waitingFor(failure, pod))
      }
      await clock.sleep(pace.again, signal)
    }
  }
}

/** Undefined: it may be otherwise soon. */
function endOf(
  failure: KubeError,
  { namespace, pod, container }: MemberLogOptions,
  place: Place,
): Ended | undefined {
  const { status, message } = failure
  if (status === 401 || status === 403)
    return {
      end: "forbidden",
      why: `Kubernetes does not let the satellite read logs in ${namespace}: its ClusterRole pg-swarm-satellite-namespace must have \`get\` on \`pods/log\``,
    }
  if (status === 404 && !place.hasBegun)
    return { end: "gone", why: `there is no pod ${pod} at the site` }
  if (status === 400 && message.includes("is not valid for pod"))
    return { end: "gone", why: `${pod} has no container ${container}` }
  return undefined
}

const waitingFor = (failure: KubeError, pod: PodName): string =>
  failure.status === 404
    ? `${pod} is gone; waiting for the next of its name`
    : failure.status === 400
      ? `${pod} has not started yet`
      : `the Kubernetes API does not give its log: ${failure.message}`.slice(0, 500)

/** How far the log is read: by the time that Kubernetes puts before each line. */
class Place {
  readonly #lines: number
  /** With nine digits after the second, so that two can be compared as text. */
  #last = ""
  /** Lines up to here were read from an earlier answer. */
  #resumedAt = ""
  #hasBegun = false
  /** The last that the kubelet itself said. */
  #notice = ""

  constructor(lines: number) {
    this.#lines = lines
  }

  /** There was something to read once. */
  get hasBegun(): boolean {
    return this.#hasBegun
  }

  get query(): Readonly<Record<string, string>> {
    return this.#last === ""
      ? { tailLines: String(this.#lines) }
      : { sinceTime: `${this.#last.slice(0, 19)}Z` }
  }

  /** A new answer begins, and with it perhaps what was read already. */
  begin(): void {
    this.#hasBegun = true
    this.#resumedAt = this.#last
  }

  /** The line without its time, or undefined for one that was read before. */
  take({ text, isCut }: SplitLine) {
    const found = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d) ?/.exec(text)
    // What the kubelet says of itself has no time: that a container's log is gone, each time that it is asked.
    if (found === null) {
      if (text === this.#notice) return undefined
      this.#notice = text
      return { at: undefined, text, isCut }
    }
    const [head, second = "", fraction = "", zone = "Z"] = found
    const at = Date.parse(`${second}.${fraction.slice(0, 3).padEnd(3, "0")}${zone}`)
    const time = `${new Date(at).toISOString().slice(0, 19)}.${fraction.padEnd(9, "0")}`
    if (time <= this.#resumedAt) return undefined
    this.#last = time
    return { at, text: text.slice(head.length), isCut }
  }
}

async function followOnce(
  { api, namespace, pod, container }: MemberLogOptions,
  place: Place,
  reading: Reading,
  signal: AbortSignal,
): Promise<void> {
  const opening = new AbortController()
  const late = setTimeout(() => opening.abort(tooLate(pod)), answerWithin)
  const limit = AbortSignal.any([signal, opening.signal])
  let answer: IncomingMessage
  try {
    answer = await api.open(
      {
        method: "GET",
        path: `${apiPath(kinds.Pod, namespace, pod)}/log`,
        query: { container, follow: "true", timestamps: "true", ...place.query },
      },
      limit,
    )
  } finally {
    clearTimeout(late)
  }
  place.begin()
  answer.socket.setKeepAlive(true, 10_000)
  reading.following()
  const splitter = new LineSplitter(lineMax)
  const tell = (lines: readonly SplitLine[]): void => {
    for (const line of lines) {
      const taken = place.take(line)
      if (taken !== undefined) reading.line(taken)
    }
  }
  try {
    for await (const part of answer) {
      if (!(part instanceof Uint8Array)) continue
      tell(splitter.push(part))
      await reading.room()
    }
    tell(splitter.end())
  } catch (cause) {
    signal.throwIfAborted()
    if (cause instanceof KubeError) throw cause
    throw new KubeError(undefined, "Broken", "the log broke off", { cause })
  } finally {
    answer.destroy()
  }
}

const tooLate = (pod: PodName): KubeError =>
  new KubeError(undefined, "Unreachable", `the log of ${pod}: no answer in time`)
