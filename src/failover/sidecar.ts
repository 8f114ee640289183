/** Runs the parts of the sidecar side by side until the pod is told to leave and has handed over. */
import { mkdir } from "node:fs/promises"
import { port } from "#core/names.ts"
import { type Millis, seconds } from "#core/units.ts"
import type { Clock } from "#io/clock.ts"
import { podAccess } from "#io/kube/access.ts"
import { KubeApi } from "#io/kube/api.ts"
import { KeptFiles } from "#io/kept-files.ts"
import { atLeisure, type Leisure } from "#io/leisure.ts"
import type { Log } from "#io/log.ts"
import { forever, type Task, together } from "#io/together.ts"
import type { PodConfig } from "#wire/pod-config.ts"
import { assemble, openOutside, type Parts } from "./assemble.ts"
import { configFollower } from "./config-follower.ts"
import {
  type Config,
  podConfigFile,
  policyFor,
  readPodConfig,
  readSecrets,
  settingsFor,
} from "./config.ts"
import { DatabaseKeeper, databasesEvery } from "./databases.ts"
import { tellDiscardedWal } from "./discarded-wal.ts"
import { readFence } from "./fence-request.ts"
import { openLogWatch } from "./log-watch.ts"
import { readMarks } from "./marks.ts"
import { measureDisk, measureServer, unmeasured } from "./measure.ts"
import { openPeerServer } from "./peer-server.ts"
import { protocolTasks } from "./protocol.ts"
import { talkToSatellite } from "./satellite-talk.ts"
import { RoleChangeFigures } from "./role-change-figures.ts"
import { keepUnsent } from "./unsent.ts"
import { openWeb } from "./web.ts"

/** Between SIGTERM and the end, whatever happens: Kubernetes kills after 60 s. */
const leaveWithin = seconds(50)
const measureEvery = seconds(10)
const unsentRetry = seconds(10)
const rereadEvery = seconds(3)
const followEvery = seconds(1)

/** Runs until `leaving`, then hands over, stops the server and returns. */
export async function runSidecar(
  config: Config,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  leaving: AbortSignal,
): Promise<void> {
  await mkdir(config.dataDir, { recursive: true })
  const secrets = await readSecrets(config)
  const podFile = new KeptFiles([podConfigFile(config)], () => readPodConfig(config), "at-once")
  const podConfig = { current: await podFile.get() }
  log.setLevel(podConfig.current.logLevel)
  using api = new KubeApi(await podAccess(config.kubernetes, config.serviceAccountDir))
  const marks = await readMarks(config.dataDir)
  const ended = new AbortController()
  const outside = openOutside(
    { config, clock, api, secrets, podConfig },
    policyFor(podConfig.current),
  )
  const parts = assemble({ config, clock, log, outside, marks, podConfig }, ended.signal)
  parts.known.fence = await readFence(config.runDir)
  await using _server = parts.server
  using _peers = parts.peers
  await parts.peers.remember()
  await tellDiscardedWal(parts)
  await using _peerServer = await openPeerServer({ ...parts, secrets })
  const figures = new RoleChangeFigures()
  parts.outbox.onPut((event) => figures.heard(event))
  const leisure = atLeisure(clock)
  const watch = await openLogWatch(parts, leisure)
  await using _web = await openWeb({
    listen: { host: config.address, port: port.sidecarHealth },
    cluster: config.cluster,
    status: () => parts.board.status,
    loopAge: () => parts.live.age,
    counters: () => parts.live.counters,
    observe: parts.observe,
    roleChanges: figures,
    logRules: watch.figures,
  })
  const followConfig = await configFollower(parts, outside.files)
  log.event("failover.ready", { pod: config.pod, address: config.address, term: marks.term })
  const leave = (): void => {
    parts.known.handOver = {
      since: clock.now(),
      leaving: true,
      to: undefined,
      operation: undefined,
      abandoned: false,
    }
    parts.bell.ring()
    setTimeout(() => ended.abort(new Error("leaving took too long")), leaveWithin).unref()
  }
  if (leaving.aborted) leave()
  else leaving.addEventListener("abort", leave, { once: true })
  await together(
    ended.signal,
    ...protocolTasks(parts, () => ended.abort(new Error("the pod leaves"))),
    ...besides({ parts, followConfig, podFile, leisure }),
    watch.run,
  )
  ended.abort(new Error("a part of the sidecar ended"))
  await parts.lanes.drained()
}

type Besides = {
  readonly parts: Parts
  readonly followConfig: Task
  readonly podFile: KeptFiles<PodConfig>
  readonly leisure: Leisure
}

/** What goes on beside the protocol: nothing of it decides who is primary. */
function besides({ parts, followConfig, podFile, leisure }: Besides): readonly Task[] {
  const databases = new DatabaseKeeper(parts)
  const repeated = (every: Millis, work: Task, failed: string): Task => {
    const tell = (failure: unknown): void => parts.log.debug(failed, { why: failure })
    return (stop) => forever(stop, work, tell, (_, inner) => leisure.sleep(every, inner))
  }
  return [
    repeated(rereadEvery, () => reread(parts, podFile), "config.unreadable"),
    repeated(followEvery, followConfig, "server-config.unreadable"),
    repeated(databasesEvery, (stop) => databases.step(stop), "databases.waiting"),
    repeated(measureEvery, (stop) => measure(parts, stop), "measure.failed"),
    (stop) => talkToSatellite(parts, stop),
    (stop) =>
      forever(
        stop,
        (inner) => keepUnsent({ ...parts, dataDir: parts.config.dataDir }, inner),
        (failure) => parts.log.warn("unsent.unwritten", { why: failure }),
        (_, inner) => parts.clock.sleep(unsentRetry, inner),
      ),
  ]
}

/** The satellite may change what it says without a restart. */
async function reread(
  { config, podConfig, known, log }: Parts,
  file: KeptFiles<PodConfig>,
): Promise<void> {
  const next = await file.get()
  if (next === podConfig.current) return
  const isSame = JSON.stringify(next) === JSON.stringify(podConfig.current)
  podConfig.current = next
  if (isSame) return
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
  // A volume that hangs keeps whoever asks it.
  if (known.server.disk.kind === "hanging") return
  const disk = await measureDisk(config.dataDir)
  const runs = known.server.glance?.kind === "looked"
  const more = runs ? await server.measure(measureServer, signal) : unmeasured
  board.measured({ ...more, ...disk })
}
