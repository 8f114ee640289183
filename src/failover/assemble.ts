/** Makes the parts of the sidecar and connects them. Nothing runs yet; `sidecar.ts` runs them. */
import { clusterId } from "#core/ids.ts"
import { objectNames } from "#core/names.ts"
import type { Observation } from "#core/failover/observation.ts"
import type { Clock } from "#io/clock.ts"
import type { KubeApi } from "#io/kube/api.ts"
import { openLeaseStore } from "#io/kube/lease.ts"
import { openPods } from "#io/kube/pods.ts"
import type { Log } from "#io/log.ts"
import { openSupervisor } from "#io/supervisor/channel.ts"
import type { PodConfig } from "#wire/pod-config.ts"
import { Bell } from "./bell.ts"
import { type Config, policyFor, type Secrets, settingsFor } from "./config.ts"
import { Jobs } from "./jobs.ts"
import { Known } from "./known.ts"
import { Lanes } from "./lanes.ts"
import { Liveliness } from "./liveliness.ts"
import { LocalServer } from "./local-server.ts"
import type { Marks } from "./marks.ts"
import { Outbox } from "./outbox.ts"
import { Peers } from "./peers.ts"
import type { PerformPorts } from "./ports.ts"
import { RunningConfig } from "./running-config.ts"
import { LeaseSense } from "./sense-lease.ts"
import { StatusBoard } from "./status.ts"
import { Voter } from "./voter.ts"

export type Given = {
  readonly config: Config
  readonly clock: Clock
  readonly log: Log
  readonly api: KubeApi
  readonly secrets: Secrets
  readonly marks: Marks
  /** As the satellite last wrote it. */
  readonly podConfig: { current: PodConfig }
}

export type Parts = PerformPorts & {
  readonly secrets: Secrets
  readonly podConfig: { current: PodConfig }
  readonly bell: Bell
  readonly serverBell: Bell
  readonly board: StatusBoard
  readonly live: Liveliness
}

/** `signal` ends all work in the lanes. */
export function assemble(given: Given, signal: AbortSignal): Parts {
  const { config, clock, log, api, secrets, marks, podConfig } = given
  const bell = new Bell()
  const serverBell = new Bell()
  const ring = (): void => bell.ring()
  const policy = policyFor(podConfig.current)
  const settings = settingsFor(config, podConfig.current)
  const known = new Known({ clock, config, policy, settings, marks }, ring)
  const lanes = new Lanes(clock, log, ring, signal)
  const running = new RunningConfig(config, secrets.replicationPassword)
  const observe = (): Observation => known.observe(lanes, running)
  const calls = { api, namespace: config.namespace, callTimeout: policy.callTimeout }
  const name = objectNames(config.cluster).lease
  const store = openLeaseStore({ ...calls, name, wall: () => clock.wall() })
  const server = new LocalServer({
    runDir: config.runDir,
    password: secrets.superuserPassword,
    now: () => clock.now(),
  })
  const voter = new Voter({ clock, log, config, known, server, running, observe })
  return {
    config,
    clock,
    log,
    secrets,
    podConfig,
    clusterId: () => clusterId(podConfig.current.clusterId),
    known,
    lanes,
    jobs: new Jobs(),
    store,
    lease: new LeaseSense(clock, log, store, known),
    pods: openPods({ ...calls, clock, cluster: config.cluster }),
    peers: new Peers({ clock, log, known, config, secrets, me: () => voter.me() }),
    voter,
    server,
    running,
    supervisor: openSupervisor(config.runDir),
    outbox: new Outbox(),
    observe,
    look: () => serverBell.ring(),
    bell,
    serverBell,
    board: new StatusBoard(config.pod, observe()),
    live: new Liveliness(clock, log),
  }
}
