/** Follows a cluster while something happens to it and tells each change, with the time since it began. */
import { setTimeout as sleep } from "node:timers/promises"
import type { CentralApi } from "./central-api.ts"
import type { Pod } from "./kube.ts"
import type { Patient } from "./patient.ts"
import type { Say } from "./steps.ts"

/** Lines wait this long, so that what central tells a moment later finds its place among them. */
const patienceMs = 700
const podsEveryMs = 50
const centralEveryMs = 250
const eventsMax = 100

export interface Narrator extends AsyncDisposable {
  /** The primary that Kubernetes shows now. */
  readonly primary: string | undefined
  /** Every member is ready, and central shows the cluster healthy. */
  readonly whole: boolean
  /** Adds a line of now. */
  tell(line: string): void
}

/** Tells until it is disposed of. `since` is the moment of the fault, `performance.now()`. */
export function narrate(patient: Patient, api: CentralApi, since: number, say: Say): Narrator {
  const stop = new AbortController()
  const clockStart = Date.now() - (performance.now() - since)
  const story = new Story(since, say)
  const state: Seen = { primary: undefined, ready: 0, whole: false }
  const done = Promise.all([
    followPods(patient, state, (line) => story.tell(performance.now() - since, line), stop.signal),
    followCentral({ patient, api, clockStart, state }, story, stop.signal),
  ])
  return {
    get primary() {
      return state.primary
    },
    get whole() {
      return state.whole && state.ready === patient.members
    },
    tell: (line) => story.tell(performance.now() - since, line),
    async [Symbol.asyncDispose]() {
      stop.abort()
      await done
      story.end()
    },
  }
}

type Seen = { primary: string | undefined; ready: number; whole: boolean }

/** Lines by the time at which they happened, whoever told them first. */
class Story {
  readonly #since: number
  readonly #say: Say
  #waiting: { readonly at: number; readonly line: string }[] = []

  constructor(since: number, say: Say) {
    this.#since = since
    this.#say = say
  }

  tell(atMs: number, line: string): void {
    this.#waiting.push({ at: Math.max(0, atMs), line })
    this.flush(performance.now() - this.#since - patienceMs)
  }

  /** Tells what happened before `until`. */
  flush(until: number): void {
    const due = this.#waiting.filter(({ at }) => at <= until).toSorted((a, b) => a.at - b.at)
    this.#waiting = this.#waiting.filter(({ at }) => at > until)
    let before: string | undefined
    for (const { at, line } of due) {
      if (line !== before) this.#say(`${(at / 1000).toFixed(2).padStart(8)} s  ${line}`)
      before = line
    }
  }

  end(): void {
    this.flush(Number.POSITIVE_INFINITY)
  }
}

const wait = (ms: number, signal: AbortSignal): Promise<unknown> =>
  sleep(ms, undefined, { signal }).catch(() => undefined)

async function followPods(
  patient: Patient,
  state: Seen,
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

type Line = {
  readonly patient: Patient
  readonly api: CentralApi
  readonly clockStart: number
  readonly state: Seen
}

/** Events of the site, and what central shows of each member. */
async function followCentral(line: Line, story: Story, signal: AbortSignal): Promise<void> {
  const told = new Set<string>()
  const phases = new Map<string, string>()
  while (!signal.aborted) {
    await wait(centralEveryMs, signal)
    try {
      await tellEvents(line, story, told)
      await tellPhases(line, story, phases)
    } catch {
      // Central is asked again in a moment; what happened is kept at the site.
    }
    story.flush(Date.now() - line.clockStart - patienceMs)
  }
}

async function tellEvents(
  { patient, api, clockStart }: Line,
  story: Story,
  told: Set<string>,
): Promise<void> {
  const { items } = await api.call("listEvents", {
    query: { since: new Date(clockStart).toISOString(), limit: eventsMax },
  })
  const news = items.filter(
    ({ id, clusterId, satelliteName }) =>
      !told.has(id) && (clusterId === patient.id || satelliteName === patient.site.name),
  )
  for (const { id, at, message, kind } of news) {
    told.add(id)
    story.tell(Date.parse(at) - clockStart, `\u2022 ${message}  (${kind})`)
  }
}

async function tellPhases(
  { patient, api, clockStart, state }: Line,
  story: Story,
  phases: Map<string, string>,
): Promise<void> {
  const cluster = await api.call("getCluster", { params: { id: patient.id } })
  const first = phases.size === 0
  // What was seen before the fault says nothing about after it.
  const isNews = cluster.observedAt !== null && Date.parse(cluster.observedAt) > clockStart
  state.whole = cluster.state === "healthy" && isNews
  for (const { pod, phase } of cluster.instances) {
    const before = phases.get(pod)
    phases.set(pod, phase)
    if (!first && before !== phase)
      story.tell(Date.now() - clockStart, `${pod}: ${before ?? "unknown"} \u2192 ${phase}`)
  }
}
