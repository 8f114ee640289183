/** Makes the parts of the sidecar and connects them. Nothing runs yet; `sidecar.ts` runs them. */
import { clusterId } from "#core/ids.ts"
import { objectNames } from "#core/names.ts"
import type { Observation } from "#core/failover/observation.ts"
import type { Clock } from "#io/clock.ts"
import type { KubeApi } from "#io/kube/api.ts"
import type { Policy } from "#core/failover/policy.ts"
import { type LeaseStore, openLeaseStore } from "#io/kube/lease.ts"
import { openPods, type Pods } from "#io/kube/pods.ts"
import type { Log } from "#io/log.ts"
import { openSupervisor } from "#io/supervisor/channel.ts"
import type { Supervisor } from "#io/supervisor/supervisor.ts"
import type { PodConfig } from "#wire/pod-config.ts"
import { Bell } from "./bell.ts"
import { type Config, policyFor, type Secrets, settingsFor } from "./config.ts"
import { type Dial, peerDialler } from "./dial.ts"
import { type Door, openDoor } from "./door.ts"
import { HandOvers } from "./hand-overs.ts"
import { Jobs } from "./jobs.ts"
import { Known } from "./known.ts"
import { Lanes } from "./lanes.ts"
import { Liveliness } from "./liveliness.ts"
import { LocalServer, type OwnServer } from "./local-server.ts"
import type { Marks } from "./marks.ts"
import { MemberSetMarks } from "./member-set-marks.ts"
import { Outbox } from "./outbox.ts"
import { Peers } from "./peers.ts"
import type { PerformPorts } from "./ports.ts"
import { RunningConfig, runningConfigWriter, type WriteRunning } from "./running-config.ts"
import { LeaseSense } from "./sense-lease.ts"
import { ServerFiles } from "./server-files.ts"
import { type AskSource, sourceAsker } from "./sense-source.ts"
import { StatusBoard } from "./status.ts"
import { openVolume, type Volume } from "./volume.ts"
import { Voter } from "./voter.ts"

/** What the sidecar touches outside of its own process. The simulator brings a world of its own. */
export type Outside = {
  readonly store: LeaseStore
  readonly pods: Pods
  readonly server: OwnServer
  readonly door: Door
  readonly supervisor: Supervisor
  readonly volume: Volume
  readonly writeRunning: WriteRunning
  readonly dial: Dial
  readonly askSource: AskSource
}

export function openOutside(
  given: {
    readonly config: Config
    readonly clock: Clock
    readonly api: KubeApi
    readonly secrets: Secrets
    readonly podConfig: { readonly current: PodConfig }
  },
  { callTimeout }: Pick<Policy, "callTimeout">,
): Outside & { readonly files: ServerFiles } {
  const { config, clock, api, secrets, podConfig } = given
  const calls = { api, namespace: config.namespace, callTimeout }
  const files = new ServerFiles(config)
  const server = new LocalServer({
    runDir: config.runDir,
    password: secrets.superuserPassword,
    now: () => clock.now(),
  })
  return {
    store: openLeaseStore({
      ...calls,
      name: objectNames(config.cluster).lease,
      wall: () => clock.wall(),
    }),
    pods: openPods({ ...calls, clock, cluster: config.cluster }),
    server,
    door: openDoor(config.address, server),
    supervisor: openSupervisor(config.runDir, clock),
    volume: openVolume(config.dataDir),
    files,
    writeRunning: runningConfigWriter(
      config,
      files,
      secrets.replicationPassword,
      () => podConfig.current.durability,
    ),
    dial: peerDialler(config, secrets),
    askSource: sourceAsker(secrets.replicationPassword, clock),
  }
}

export type Given = {
  readonly config: Config
  readonly clock: Clock
  readonly log: Log
  readonly outside: Outside
  readonly marks: Marks
  /** As the satellite last wrote it. */
  readonly podConfig: { current: PodConfig }
}

export type Parts = PerformPorts & {
  readonly podConfig: { current: PodConfig }
  readonly askSource: AskSource
  readonly bell: Bell
  readonly serverBell: Bell
  readonly board: StatusBoard
  readonly live: Liveliness
  readonly handOvers: HandOvers
}

/** `signal` ends all work in the lanes. */
export function assemble(given: Given, signal: AbortSignal): Parts {
  const { config, clock, log, outside, marks, podConfig } = given
  const { store, pods, server, supervisor, volume } = outside
  const bell = new Bell(clock)
  const serverBell = new Bell(clock)
  const ring = (): void => bell.ring()
  const policy = policyFor(podConfig.current)
  const settings = settingsFor(config, podConfig.current)
  const known = new Known({ clock, config, policy, settings, marks }, ring)
  const lanes = new Lanes(clock, log, ring, signal)
  const running = new RunningConfig(outside.writeRunning)
  const observe = (): Observation => known.observe(lanes, running)
  const voter = new Voter({ clock, log, config, known, server, volume, running, observe })
  const me = () => voter.me()
  const peers = new Peers({ clock, log, known, config, volume, dial: outside.dial, me })
  return {
    config,
    clock,
    log,
    podConfig,
    askSource: outside.askSource,
    clusterId: () => clusterId(podConfig.current.clusterId),
    known,
    lanes,
    jobs: new Jobs(),
    store,
    lease: new LeaseSense(clock, log, store, known),
    pods,
    peers,
    voter,
    memberSets: new MemberSetMarks({ known, volume, log }),
    server,
    door: outside.door,
    running,
    supervisor,
    volume,
    outbox: new Outbox(),
    observe,
    look: () => serverBell.ring(),
    bell,
    serverBell,
    board: new StatusBoard(config.pod, observe()),
    live: new Liveliness(clock, log),
    handOvers: new HandOvers({ clock, log, known, peers, observe }),
  }
}
