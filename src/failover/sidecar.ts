/** Runs the parts of the sidecar side by side until the pod is told to leave and has handed over. */
import { mkdir } from "node:fs/promises"
import { port } from "#core/names.ts"
import { millis, seconds } from "#core/units.ts"
import type { Action, Decision } from "#core/failover/decision.ts"
import type { Observation } from "#core/failover/observation.ts"
import { leadingTerm } from "#core/failover/standing.ts"
import type { Clock } from "#io/clock.ts"
import { podAccess } from "#io/kube/access.ts"
import { KubeApi } from "#io/kube/api.ts"
import type { Log } from "#io/log.ts"
import { forever, type Task, together } from "#io/together.ts"
import { assemble, type Parts } from "./assemble.ts"
import { type Config, policyFor, readPodConfig, readSecrets, settingsFor } from "./config.ts"
import { mayGo, wantedSource } from "./liveliness.ts"
import { runLoop } from "./loop.ts"
import { readMarks } from "./marks.ts"
import { measureDisk, measureServer, unmeasured } from "./measure.ts"
import { openPeerServer } from "./peer-server.ts"
import { askAgainAfter } from "./peers.ts"
import { perform } from "./perform.ts"
import { talkToSatellite } from "./satellite-talk.ts"
import { senseServer } from "./sense-server.ts"
import { senseSource } from "./sense-source.ts"
import { senseSupervisor } from "./sense-supervisor.ts"
import { openWeb } from "./web.ts"

/** Between SIGTERM and the end, whatever happens: Kubernetes kills after 60 s. */
const leaveWithin = seconds(50)
const measureEvery = seconds(10)
const rereadEvery = seconds(3)

/** Runs until `leaving`, then hands over, stops the server and returns. */
export async function runSidecar(
  config: Config,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  leaving: AbortSignal,
): Promise<void> {
  await mkdir(config.dataDir, { recursive: true })
  const secrets = await readSecrets(config)
  const podConfig = { current: await readPodConfig(config) }
  log.setLevel(podConfig.current.logLevel)
  using api = new KubeApi(await podAccess(config.kubernetes, config.serviceAccountDir))
  const marks = await readMarks(config.dataDir)
  const ended = new AbortController()
  const parts = assemble({ config, clock, log, api, secrets, marks, podConfig }, ended.signal)
  await using _server = parts.server
  using _peers = parts.peers
  await parts.peers.remember()
  await using _peerServer = await openPeerServer(parts)
  await using _web = await openWeb({
    listen: { host: config.address, port: port.sidecarHealth },
    cluster: config.cluster,
    status: () => parts.board.status,
    loopAge: () => parts.live.age,
    counters: () => parts.live.counters,
  })
  log.event("failover.ready", { pod: config.pod, address: config.address, term: marks.term })
  const leave = (): void => {
    parts.known.handOver = { since: clock.now(), leaving: true, to: undefined }
    parts.bell.ring()
    setTimeout(() => ended.abort(new Error("leaving took too long")), leaveWithin).unref()
  }
  if (leaving.aborted) leave()
  else leaving.addEventListener("abort", leave, { once: true })
  await together(ended.signal, ...senses(parts), ...voices(parts), (stop) =>
    turn(parts, () => ended.abort(new Error("the pod leaves")), stop),
  )
  ended.abort(new Error("a part of the sidecar ended"))
  await parts.lanes.drained()
}

/** What keeps the blackboard fresh. */
function senses(parts: Parts): readonly Task[] {
  const { known, peers, live, log, clock, config, secrets, observe } = parts
  return [
    (stop) => senseSupervisor(parts, stop),
    (stop) =>
      senseServer(
        { ...parts, dataDir: config.dataDir, bell: parts.serverBell, closely: () => live.closely },
        stop,
      ),
    (stop) => parts.lease.run(stop),
    (stop) =>
      parts.pods.watch(
        (found) => {
          known.pods = new Map(found.map((pod) => [pod.pod, pod]))
          for (const { pod, address } of found)
            if (address !== undefined) peers.heardAddress(pod, address)
          known.changed()
        },
        (failure) => log.debug("pods.unreachable", { why: failure }),
        stop,
      ),
    (stop) =>
      senseSource(
        {
          clock,
          log,
          known,
          password: secrets.replicationPassword,
          wanted: () => wantedSource(observe()),
        },
        stop,
      ),
    repeated(parts, rereadEvery, () => reread(parts), "config.unreadable"),
    repeated(parts, measureEvery, (stop) => measure(parts, stop), "measure.failed"),
  ]
}

/** What speaks to others. */
function voices(parts: Parts): readonly Task[] {
  const { clock, known, live, peers, observe } = parts
  return [
    async (stop) => {
      while (!stop.aborted) {
        const seen = observe()
        const leading = seen.self === undefined ? undefined : leadingTerm(seen, seen.self)
        // Not awaited: each call has its own deadline, and a slow peer must not delay the next round.
        void peers.askAll(leading)
        await clock.sleep(askAgainAfter(known, leading !== undefined, live.closely), stop)
      }
    },
    (stop) => talkToSatellite(parts, stop),
  ]
}

async function turn(parts: Parts, go: () => void, signal: AbortSignal): Promise<void> {
  const { live, board, supervisor, log, bell, known, observe } = parts
  const publish = (seen: Observation, decision: Decision): void => {
    live.turned(seen, decision)
    board.publish(seen, decision.mood)
    if (live.pulseIsDue())
      supervisor.pulse().catch((failure: unknown) => log.debug("pulse.unwritten", { why: failure }))
    if (mayGo(seen)) go()
  }
  const begin = (action: Action): void => {
    if (action.kind === "fence") live.counters.fences += 1
    if (action.kind === "campaign") live.counters.campaigns += 1
    if (action.kind === "promote") live.counters.promotions += 1
    perform(parts, action)
  }
  const news = bell.wait.bind(bell)
  await runLoop({ policy: () => known.policy, observe, perform: begin, publish, news }, signal)
}

const repeated =
  ({ clock, log }: Parts, every: number, work: Task, failed: string): Task =>
  (stop) =>
    forever(
      stop,
      work,
      (failure) => log.debug(failed, { why: failure }),
      (_, inner) => clock.sleep(millis(every), inner),
    )

/** The satellite may change what it says without a restart. */
async function reread({ config, podConfig, known, log }: Parts): Promise<void> {
  const next = await readPodConfig(config)
  if (JSON.stringify(next) === JSON.stringify(podConfig.current)) return
  podConfig.current = next
  known.policy = policyFor(next)
  known.settings = settingsFor(config, next)
  log.setLevel(next.logLevel)
  const { members, preset, durability } = next
  log.event("config.changed", { members, preset, durability })
  known.changed()
}

async function measure(
  { config, known, server, board }: Parts,
  signal: AbortSignal,
): Promise<void> {
  const disk = await measureDisk(config.dataDir)
  const runs = known.glance?.kind === "looked"
  const more = runs ? await server.patient(measureEvery, measureServer, signal) : unmeasured
  board.measured({ ...more, ...disk })
}
