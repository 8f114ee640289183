/** A member: its volume outlives it, its pod is born and dies, and in the pod run a supervisor and a real sidecar. */
import { nobodyYet } from "../src/failover/local-server.ts"
import type { ServerRole } from "../src/failover/running-config.ts"
import { clusterName, namespace, type PodName, podName } from "#core/ids.ts"
import type { Decision } from "#core/failover/decision.ts"
import type { Observation } from "#core/failover/observation.ts"
import type { Fields, Log } from "#io/log.ts"
import { together } from "#io/together.ts"
import type { PodConfig } from "#wire/pod-config.ts"
import { assemble, type Parts } from "../src/failover/assemble.ts"
import { type Config, policyFor } from "../src/failover/config.ts"
import { peerAnswers } from "../src/failover/peer-server.ts"
import { protocolTasks } from "../src/failover/protocol.ts"
import type { ApiServer } from "./api-server.ts"
import type { Coverage } from "./coverage.ts"
import { asSource, doorOf, ownServer, silent } from "./own-server.ts"
import { type Callee, dialler } from "./peer-lines.ts"
import { type Ground, initially, type Postgres, type Running } from "./postgres.ts"
import { clockOf, Machine, pause, Process } from "./process.ts"
import { SimSupervisor } from "./supervisor.ts"
import { Disk, volumeOf } from "./volume.ts"

export type Site = {
  readonly ground: Ground
  readonly api: ApiServer
  readonly coverage: Coverage
  readonly podConfig: () => PodConfig
  readonly calleeAt: (address: string) => Callee | undefined
  /** What a sidecar told, for the checks that need it. */
  readonly told: (pod: PodName, kind: string, fields: Fields) => void
  readonly verbose: boolean
}

type Sidecar = {
  readonly process: Process
  readonly parts: Parts
  readonly stop: AbortController
  readonly callee: Callee
}

export class Member {
  readonly pod: PodName
  readonly ordinal: number
  readonly #site: Site
  disk = new Disk()
  machine: Machine
  #births = 0
  #boots = 0
  uid = ""
  address = ""
  supervisor: SimSupervisor | undefined
  sidecar: Sidecar | undefined
  file: Running = initially
  /** There should be a pod of this name. */
  wanted = true
  decision: Decision | undefined
  /** When it last said that a person must decide, and how. */
  asked: { readonly at: number; readonly words: string } | undefined

  constructor(pod: PodName, ordinal: number, site: Site) {
    this.pod = pod
    this.ordinal = ordinal
    this.#site = site
    this.machine = new Machine(site.ground.agenda, site.ground.dice)
  }

  get server(): Postgres | undefined {
    return this.supervisor?.server
  }
  get lives(): boolean {
    return this.#lives
  }
  #lives = false
  get leaving(): boolean {
    return this.#gone !== undefined
  }

  // ---- births and deaths -------------------------------------------------------------------------

  /** A pod is there; a new one has a UID of its own and is a stranger to its own old Lease. */
  start(isNew: boolean): void {
    if (this.#lives) return
    this.#lives = true
    this.#births += 1
    if (isNew || this.uid === "") this.uid = `uid-${this.ordinal}-${this.#births}`
    this.address = `10.0.${this.ordinal}.${this.#births}`
    this.file = initially
    const { api } = this.#site
    const { pod, uid, address } = this
    api.putPod({
      pod,
      uid,
      address,
      role: isNew ? undefined : api.roleOf(pod),
      leaving: false,
      serverPrint: undefined,
    })
    this.bootContainer()
    this.startSidecar()
  }

  /** Kubernetes starts what ended again, unless the pod is being deleted. */
  restart(): void {
    if (!this.#lives || this.leaving) return
    if (this.supervisor === undefined) this.bootContainer()
    this.startSidecar()
  }

  bootContainer(): void {
    this.#boots += 1
    const { ground } = this.#site
    this.supervisor = new SimSupervisor(
      {
        ground,
        pod: this.pod,
        machine: this.machine,
        disk: () => this.disk,
        running: () => this.file,
        told: (report) => ground.note(`${this.pod} ${report.kind}`),
      },
      `n${this.ordinal}-${this.#boots}`,
    )
  }

  /** The postgres container dies: its first process, the server and every job with it. */
  killContainer(): void {
    this.server?.die()
    this.supervisor?.end()
    this.supervisor = undefined
  }

  killSidecar(): void {
    const { sidecar } = this
    if (sidecar === undefined) return
    sidecar.process.kill()
    sidecar.stop.abort(new Error("killed"))
    this.sidecar = undefined
  }

  /** The power is gone. What the machine knew besides its volumes is forgotten, its clock too. */
  kill(): void {
    this.killContainer()
    this.killSidecar()
    this.#lives = false
    this.#gone = undefined
    const { ground } = this.#site
    this.machine = new Machine(ground.agenda, ground.dice)
  }

  /** The pod is deleted: its sidecar may hand over first, for as long as Kubernetes waits. */
  leave(then: () => void): void {
    const { sidecar, supervisor } = this
    const born = this.#births
    const end = (): void => {
      if (this.#births !== born || !this.lives) return
      this.kill()
      then()
    }
    this.#gone = end
    if (supervisor === undefined) return end()
    supervisor.terminating = true
    this.#site.ground.agenda.after(55_000, end)
    sidecar?.process.deliver(() => {
      sidecar.parts.known.handOver = {
        since: this.machine.now(),
        leaving: true,
        to: undefined,
        operation: undefined,
        abandoned: false,
      }
      sidecar.parts.bell.ring()
    })
  }
  /** What happens when a pod that is being deleted has nothing left to do. */
  #gone: (() => void) | undefined

  /** Another volume takes the place of this member's. */
  renewDisk(disk: Disk | undefined): void {
    this.disk = disk ?? new Disk()
  }

  // ---- the sidecar -------------------------------------------------------------------------------

  startSidecar(): void {
    if (this.sidecar !== undefined || this.supervisor === undefined) return
    const { ground } = this.#site
    const process = new Process(this.machine)
    const { pod } = this
    const stop = new AbortController()
    const podConfig = { current: this.#site.podConfig() }
    const config: Config = configOf(pod, this.uid, this.address)
    const clock = clockOf(process)
    const log = this.#log()
    const outside = this.#outside(process, podConfig)
    const marks = this.disk.marks
    const parts = assemble({ config, clock, log, outside, marks, podConfig }, stop.signal)
    const callee: Callee = { pod, process, answers: peerAnswers(parts) }
    const sidecar: Sidecar = { process, parts, stop, callee }
    this.sidecar = sidecar
    const go = (): void => {
      const gone = this.#gone
      if (gone !== undefined) ground.agenda.after(200, gone)
    }
    const turned = (seen: Observation, decision: Decision): void => {
      this.#site.coverage.turned(this.pod, seen, decision, this.decision)
      this.decision = decision
      this.#heed(decision.mood.why)
    }
    process.after(ground.dice.between(50, 400), () => {
      void this.#run(sidecar, protocolTasks(parts, go, turned))
    })
  }

  #heed(why: string): void {
    const words = personWords.find((each) => why.toLowerCase().includes(each))
    if (words !== undefined) this.asked = { at: this.#site.ground.agenda.now, words }
  }

  async #run(sidecar: Sidecar, tasks: ReturnType<typeof protocolTasks>): Promise<void> {
    const { ground } = this.#site
    try {
      await sidecar.parts.peers.remember()
      await together(sidecar.stop.signal, ...tasks)
    } catch (failure) {
      if (sidecar.process.alive)
        ground.checker.broken(`BUG: the sidecar of ${this.pod} ended: ${reasonOf(failure)}`)
    }
  }

  #outside(process: Process, podConfig: { current: PodConfig }) {
    const { ground, api, calleeAt } = this.#site
    const { supervisor, pod } = this
    const connection = {
      sidecar: process,
      server: () => this.supervisor?.server,
      running: () => this.file,
      now: () => this.machine.now(),
      unknown: (text: string) =>
        ground.checker.broken(`BUG: the simulated server does not know: ${text.trim()}`),
    }
    const caller = { process, pod, timeout: () => policyFor(podConfig.current).callTimeout }
    if (supervisor === undefined) throw new Error("a sidecar without a supervisor")
    return {
      store: api.leaseStore(caller),
      pods: api.podsOf(caller),
      server: ownServer(connection),
      door: doorOf(connection),
      supervisor: this.#supervisorPort(process),
      volume: volumeOf(() => this.disk, process, ground.dice),
      writeRunning: async (
        follows: { readonly address: string } | undefined,
        names: readonly PodName[],
        refusing: string | undefined,
        as: ServerRole,
      ) => {
        await pause(process, ground.dice.between(1, 6))
        // As the true writer (decision 10): who is not known to be a primary gets the names of nobody.
        const waits = as === "standby" && ground.quorum() ? [podName(nobodyYet)] : names
        this.file = { follows: follows?.address, names: waits, refusing }
      },
      dial: dialler(pod, process, ground.network, ground.dice, calleeAt),
      askSource: async (peer: { readonly address: string }) => {
        const askedAt = this.machine.now()
        await pause(process, ground.network.delay() * 2)
        const source = ground.serverAt(peer.address)
        if (
          source === undefined ||
          source.phase !== "up" ||
          !source.process.awake ||
          !ground.network.linked(pod, source.pod)
        ) {
          await pause(process, 300)
          throw silent()
        }
        return asSource(source, askedAt)
      },
    }
  }

  /** The container may be another one by now: the files are where they were. */
  #supervisorPort(process: Process) {
    const now = () => this.supervisor?.port(process)
    const absent = (): Promise<never> => Promise.reject(silent())
    return {
      status: async () => now()?.status(),
      order: (...given: Parameters<ReturnType<SimSupervisor["port"]>["order"]>) =>
        now()?.order(...given) ?? absent(),
      extendDeadline: (deadline: number) => now()?.extendDeadline(deadline) ?? absent(),
      pulse: () => Promise.resolve(),
      reports: (signal: AbortSignal) => this.#reports(process, signal),
    }
  }

  async *#reports(process: Process, signal: AbortSignal) {
    while (!signal.aborted) {
      const { supervisor } = this
      if (supervisor === undefined) await pause(process, 250)
      else {
        const inner = new AbortController()
        supervisor.onEnd(() => inner.abort())
        yield* supervisor.port(process).reports(AbortSignal.any([signal, inner.signal]))
        await pause(process, 50)
      }
    }
  }

  #log(): Log {
    const { told, verbose, ground } = this.#site
    const line =
      (level: string) =>
      (event: string, fields: Fields = {}): void => {
        told(this.pod, event, fields)
        if (verbose) ground.note(`${this.pod} ${level}${event} ${shown(fields)}`)
      }
    const log: Log = {
      debug: () => undefined,
      event: line(""),
      warn: line("! "),
      error: line("!! "),
      child: () => log,
      setLevel: () => undefined,
    }
    return log
  }
}

/** States that a machine must not leave alone. */
const personWords = [
  "refuses to become primary",
  "a person must decide",
  "waiting for a person",
  "data directory is of another cluster",
  "the lease records system identifier",
] as const

const configOf = (pod: PodName, podUid: string, address: string): Config => ({
  cluster: clusterName("c"),
  namespace: namespace("n"),
  pod,
  podUid,
  address,
  dataDir: "/data",
  walDir: undefined,
  runDir: "/run",
  configDir: "/config",
  secretDir: "/secret",
  serviceAccountDir: "/account",
  kubernetes: { host: "127.0.0.1", port: 1 },
})

const reasonOf = (failure: unknown): string =>
  failure instanceof Error ? (failure.stack ?? failure.message) : String(failure)

const shown = (fields: Fields): string =>
  Object.entries(fields)
    .map(([name, value]) => `${name}=${value instanceof Error ? value.message : String(value)}`)
    .join(" ")
    .slice(0, 240)
