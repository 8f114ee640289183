/** Follows a cluster while something happens to it and tells each change, with the time since it began. */
import { setTimeout as sleep } from "node:timers/promises"
import type { CentralApi } from "./central-api.ts"
import type { Pod } from "./kube.ts"
import type { Patient } from "./patient.ts"
import type { Say } from "./steps.ts"

const podsEveryMs = 50
const eventsEveryMs = 300
const eventsMax = 100

export interface Narrator extends AsyncDisposable {
  /** The primary that Kubernetes shows now. */
  readonly primary: string | undefined
  /** Members that are ready now. */
  readonly ready: number
}

/** Tells until it is disposed of. `since` is the moment of the fault, `performance.now()`. */
export function narrate(patient: Patient, api: CentralApi, since: number, say: Say): Narrator {
  const stop = new AbortController()
  const clockStart = Date.now() - (performance.now() - since)
  const tell = (atMs: number, line: string): void =>
    say(`${(Math.max(0, atMs) / 1000).toFixed(2).padStart(8)} s  ${line}`)
  const state = { primary: undefined as string | undefined, ready: 0 }
  const done = Promise.all([
    followPods(patient, state, (line) => tell(performance.now() - since, line), stop.signal),
    followEvents(patient, api, clockStart, tell, stop.signal),
  ])
  return {
    get primary() {
      return state.primary
    },
    get ready() {
      return state.ready
    },
    async [Symbol.asyncDispose]() {
      stop.abort()
      await done
    },
  }
}

const wait = (ms: number, signal: AbortSignal): Promise<unknown> =>
  sleep(ms, undefined, { signal }).catch(() => undefined)

async function followPods(
  patient: Patient,
  state: { primary: string | undefined; ready: number },
  tell: Say,
  signal: AbortSignal,
): Promise<void> {
  let before = new Map<string, Pod>()
  let isAway = false
  while (!signal.aborted) {
    const looked = await lookAt(patient)
    if ((looked === undefined) !== isAway) {
      isAway = looked === undefined
      tell(isAway ? "the Kubernetes API does not answer" : "the Kubernetes API answers again")
    }
    if (looked !== undefined) {
      const pods = new Map(looked.pods.map((pod) => [pod.name, pod]))
      state.ready = looked.pods.filter(({ ready }) => ready).length
      const primary = looked.pods.find(
        ({ role, deleting }) => role === "primary" && !deleting,
      )?.name
      if (before.size > 0) for (const line of changes(before, pods)) tell(line)
      if (before.size > 0 && primary !== state.primary)
        tell(
          primary === undefined
            ? "no pod is primary"
            : `${primary} is primary, term ${looked.term}`,
        )
      state.primary = primary
      before = pods
    }
    await wait(podsEveryMs, signal)
  }
}

async function lookAt(
  patient: Patient,
): Promise<{ readonly pods: readonly Pod[]; readonly term: number } | undefined> {
  try {
    const [pods, { term }] = await Promise.all([
      patient.kube.pods(patient.namespace, patient.name),
      patient.kube.lease(patient.namespace, patient.name),
    ])
    return { pods, term }
  } catch {
    return undefined
  }
}

function* changes(
  before: ReadonlyMap<string, Pod>,
  after: ReadonlyMap<string, Pod>,
): Iterable<string> {
  for (const [name, pod] of after) {
    const was = before.get(name)
    if (was === undefined || was.uid !== pod.uid) yield `${name} is a new pod`
    else if (was.ready !== pod.ready) yield pod.ready ? `${name} is ready` : `${name} is not ready`
    if (was === undefined || was.uid !== pod.uid) continue
    for (const [container, count] of Object.entries(pod.restarts))
      if (count > (was.restarts[container] ?? 0))
        yield `Kubernetes restarted the container ${container} of ${name}`
    if (pod.deleting && !was.deleting) yield `${name} is being deleted`
  }
  for (const name of before.keys()) if (!after.has(name)) yield `${name} is gone`
}

async function followEvents(
  patient: Patient,
  api: CentralApi,
  clockStart: number,
  tell: (atMs: number, line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const told = new Set<string>()
  while (!signal.aborted) {
    await wait(eventsEveryMs, signal)
    try {
      const { items } = await api.call("listEvents", {
        query: { since: new Date(clockStart).toISOString(), limit: eventsMax },
      })
      const news = items
        .filter(({ id }) => !told.has(id))
        .filter(
          ({ clusterId, satelliteName }) =>
            clusterId === patient.id || satelliteName === patient.site.name,
        )
        .toReversed()
      for (const { id, at, kind, message, pod } of news) {
        told.add(id)
        tell(
          Date.parse(at) - clockStart,
          `\u2022 ${kind}${pod === null ? "" : ` ${pod}`}: ${message}`,
        )
      }
    } catch {
      // Central is asked again in a moment; what happened is kept at the site.
    }
  }
}
