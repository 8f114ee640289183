/** A container of a pod: runs its process again and again as the pod's policy says, and probes it. */
import { mkdirSync, readdirSync, rmSync } from "node:fs"
import { join } from "node:path"

import { type ImageRule, ruleFor } from "../config.ts"
import { type JsonObject, at, isObject, numberAt, objectsAt, textAt, textsAt } from "../json.ts"
import { ContainerProcess, type Exit } from "./container-process.ts"
import { type ContainerState, type Ended, ended, waiting } from "./container-state.ts"
import { environmentOf, type Lookup } from "./environment.ts"
import { type Inside, execIn } from "./exec.ts"
import { expanded } from "./expand.ts"
import type { Launcher, RunUser } from "./isolation.ts"
import { LogFile } from "./log-file.ts"
import { type Outcome, type Target, carryOut, isOver, keepProbing, pause } from "./probe.ts"
import { type Mount, rewritten } from "./rewrite.ts"
import type { KubeObject } from "../object.ts"

/** A crash loop waits this long, doubling; short, so that tests need not wait for minutes. */
const firstBackoffMs = 1_000
const longestBackoffMs = 10_000
/** A container that ran this long begins its back-off anew. */
const calmMs = 60_000
const configRetryMs = 500

export type Role = "init" | "sidecar" | "main"
export type RestartPolicy = "Always" | "OnFailure" | "Never"

/** What a container needs of its pod. */
export type Home = {
  readonly pod: () => KubeObject
  readonly address: () => string
  readonly mountsOf: (container: JsonObject) => readonly Mount[]
  readonly baseEnv: (image: ImageRule) => Readonly<Record<string, string>>
  readonly userOf: (container: JsonObject) => RunUser | undefined
  readonly lookup: Lookup
  readonly images: readonly ImageRule[]
  readonly launcher: Launcher
  readonly marker: string
  readonly folders: () => readonly string[]
  readonly logFolder: string
  readonly now: () => number
  readonly note: (type: "Normal" | "Warning", reason: string, message: string) => void
  /** Something about the container changed that the pod's status tells. */
  readonly onChange: () => void
  /** A process was started, or (undefined) has ended. */
  readonly onProcess: (pid: number | undefined) => void
}

export class Container {
  readonly name: string
  readonly role: Role
  readonly #spec: JsonObject
  readonly #home: Home
  readonly #policy: RestartPolicy
  readonly #stop = new AbortController()
  state: ContainerState = waiting("ContainerCreating")
  last: Ended | undefined
  restarts = 0
  isReady = false
  isStarted = false
  #process: ContainerProcess | undefined
  #log: LogFile | undefined
  #graceMs: number | undefined
  #backoffMs = 0

  constructor(spec: JsonObject, role: Role, policy: RestartPolicy, home: Home) {
    this.#spec = spec
    this.role = role
    this.#policy = policy
    this.#home = home
    this.name = textAt(spec, "name") ?? ""
  }

  get spec(): JsonObject {
    return this.#spec
  }

  get process(): ContainerProcess | undefined {
    return this.#process?.hasExited === false ? this.#process : undefined
  }

  logFile(isPrevious: boolean): string {
    const run = isPrevious ? this.restarts - 1 : this.restarts
    return join(this.#home.logFolder, this.name, `${run}.log`)
  }

  /** The log being written right now. */
  get log(): LogFile | undefined {
    return this.#log
  }

  #set(state: ContainerState): void {
    this.state = state
    this.#home.onChange()
  }

  /** Runs until it has ended for good or is stopped; answers how its last run ended. */
  async run(): Promise<Ended | undefined> {
    for (let isFirst = true; !this.#stop.signal.aborted; isFirst = false) {
      if (!isFirst) {
        await this.#backOff()
        if (isOver(this.#stop.signal)) break
        this.restarts += 1
      }
      const process = await this.#start()
      if (process === undefined) break
      const end = await this.#watchOver(process)
      if (isOver(this.#stop.signal) || !this.#goesOn(end)) return end
    }
    return this.state.kind === "terminated" ? this.state : this.last
  }

  #goesOn(end: Ended): boolean {
    if (this.role === "sidecar") return true
    if (this.role === "init" && end.code === 0) return false
    return this.#policy === "Always" || (this.#policy === "OnFailure" && end.code !== 0)
  }

  async #backOff(): Promise<void> {
    const wait = this.#backoffMs
    const end = this.state
    if (end.kind === "terminated") {
      this.last = end
      const ranMs = end.endedAt - end.startedAt
      this.#backoffMs =
        ranMs > calmMs ? 0 : Math.min(longestBackoffMs, wait === 0 ? firstBackoffMs : wait * 2)
      if (ranMs > calmMs) return
    }
    // The first restart comes at once, as in a real cluster.
    if (wait === 0) return
    const message = `back-off ${wait / 1000}s restarting failed container=${this.name}`
    this.#set(waiting("CrashLoopBackOff", message))
    this.#home.note("Warning", "BackOff", `Back-off restarting failed container ${this.name}`)
    await pause(wait, this.#stop.signal)
  }

  /** Starts a run as soon as all that it needs is there; undefined when stopped before. */
  async #start(): Promise<ContainerProcess | undefined> {
    const image = textAt(this.#spec, "image") ?? ""
    const rule = ruleFor(this.#home.images, image)
    if (rule === undefined) {
      const message = `no image rule of this microkube matches ${image}`
      this.#set(waiting("ErrImagePull", message))
      this.#home.note("Warning", "Failed", `Failed to pull image "${image}": ${message}`)
      await untilAborted(this.#stop.signal)
      return undefined
    }
    for (;;) {
      if (this.#stop.signal.aborted) return undefined
      const made = this.#launch(rule)
      if (typeof made !== "string") return made
      this.#set(waiting("CreateContainerConfigError", made))
      this.#home.note("Warning", "Failed", `Error: ${made}`)
      await pause(configRetryMs, this.#stop.signal)
    }
  }

  /** The started process, or why it can not be started now. */
  #launch(rule: ImageRule): ContainerProcess | string {
    const mounts = this.#home.mountsOf(this.#spec)
    const setting = {
      pod: this.#home.pod(),
      container: this.#spec,
      mounts,
      base: this.#home.baseEnv(rule),
      lookup: this.#home.lookup,
    }
    const environment = environmentOf(setting)
    if (environment.kind === "missing") return environment.why
    const command = commandOf(this.#spec, rule, environment.values, mounts)
    if (command.length === 0) return "no command specified, and the image rule has no entrypoint"
    const log = new LogFile(this.#freshLog())
    this.#log = log
    const process = new ContainerProcess({
      launcher: this.#home.launcher,
      command,
      env: Object.fromEntries(environment.values),
      cwd: rewritten(textAt(this.#spec, "workingDir") ?? "/", mounts),
      user: this.#home.userOf(this.#spec),
      marker: this.#home.marker,
      folders: this.#home.folders(),
      log,
    })
    this.#process = process
    this.#env = Object.fromEntries(environment.values)
    this.#home.onProcess(process.pid)
    return process
  }

  #env: Readonly<Record<string, string>> = {}

  /** The log of this run; that of the run before the last one goes. */
  #freshLog(): string {
    const folder = join(this.#home.logFolder, this.name)
    mkdirSync(folder, { recursive: true, mode: 0o750 })
    for (const file of readdirSync(folder)) {
      if (Number.parseInt(file, 10) < this.restarts - 1) rmSync(join(folder, file), { force: true })
    }
    return this.logFile(false)
  }

  /** From the start of a run to its end, with its probes. */
  async #watchOver(process: ContainerProcess): Promise<Ended> {
    const startedAt = this.#home.now()
    const probing = new AbortController()
    this.#home.note("Normal", "Started", `Started container ${this.name}`)
    this.isStarted = at(this.#spec, "startupProbe") === undefined
    this.isReady = this.isStarted && at(this.#spec, "readinessProbe") === undefined
    this.#set({ kind: "running", startedAt })
    const probes = this.#probe(probing.signal)
    await this.#postStart()
    const exit: Exit = await process.exited
    probing.abort()
    this.isReady = false
    this.isStarted = false
    const end = ended(exit, startedAt, this.#home.now())
    this.#home.onProcess(undefined)
    this.#set(end)
    await probes
    return end
  }

  async #postStart(): Promise<void> {
    const hook = at(this.#spec, "lifecycle", "postStart")
    if (!isObject(hook)) return
    const outcome = await carryOut(hook, this.#target(), 30_000)
    if (outcome.kind === "success") return
    this.#home.note("Warning", "FailedPostStartHook", outcome.why)
    this.#process?.kill()
  }

  #target(): Target {
    const named = objectsAt(this.#spec, "ports")
    return {
      address: this.#home.address(),
      portOf: (name) =>
        numberAt(
          named.find((port) => port["name"] === name),
          "containerPort",
        ),
      exec: (command, timeoutMs) => this.#exec(command, timeoutMs),
    }
  }

  async #exec(command: readonly string[], timeoutMs: number): Promise<Outcome> {
    const inside = this.inside(command)
    if (inside === undefined) return { kind: "failure", why: "the container is not running" }
    return execIn(inside.command, inside.env, timeoutMs)
  }

  /** The command as it is started inside the container; undefined while that does not run. */
  inside(command: readonly string[]): Inside | undefined {
    const main = this.process?.main
    if (main === undefined) return undefined
    const mounts = this.#home.mountsOf(this.#spec)
    const words = command.map((word) => rewritten(word, mounts))
    const user = this.#home.userOf(this.#spec)
    return { command: this.#home.launcher.enter(main, words, user), env: this.#env }
  }

  async #probe(signal: AbortSignal): Promise<void> {
    const probe = (name: string): JsonObject | undefined => {
      const found = at(this.#spec, name)
      return isObject(found) ? found : undefined
    }
    const startup = probe("startupProbe")
    if (startup !== undefined) {
      const over = new AbortController()
      const both = AbortSignal.any([signal, over.signal])
      await keepProbing(
        startup,
        this.#target(),
        undefined,
        ({ isPassing, why }) => {
          over.abort()
          if (isPassing) this.isStarted = true
          else this.#unhealthy("Startup", startup, why)
        },
        both,
      )
      if (!this.isStarted || signal.aborted) return
      this.isReady = probe("readinessProbe") === undefined
      this.#home.onChange()
    }
    const liveness = probe("livenessProbe")
    const readiness = probe("readinessProbe")
    await Promise.all([
      liveness === undefined
        ? undefined
        : keepProbing(
            liveness,
            this.#target(),
            true,
            ({ isPassing, why }) => {
              if (!isPassing) this.#unhealthy("Liveness", liveness, why)
            },
            signal,
          ),
      readiness === undefined
        ? undefined
        : keepProbing(
            readiness,
            this.#target(),
            undefined,
            ({ isPassing, why }) => {
              if (!isPassing)
                this.#home.note("Warning", "Unhealthy", `Readiness probe failed: ${why}`)
              if (this.isReady === isPassing) return
              this.isReady = isPassing
              this.#home.onChange()
            },
            signal,
          ),
    ])
  }

  #unhealthy(kind: string, probe: JsonObject, why: string): void {
    this.#home.note("Warning", "Unhealthy", `${kind} probe failed: ${why}`)
    this.#home.note(
      "Normal",
      "Killing",
      `Container ${this.name} failed ${kind.toLowerCase()} probe, will be restarted`,
    )
    const pod = this.#home.pod()
    const seconds =
      numberAt(probe, "terminationGracePeriodSeconds") ??
      numberAt(pod, "spec", "terminationGracePeriodSeconds") ??
      30
    const process = this.process
    if (process !== undefined) void this.#terminate(process, seconds * 1000)
  }

  /** Asks the process to end, and makes it end when the grace is over. */
  async #terminate(process: ContainerProcess, graceMs: number): Promise<void> {
    const deadline = this.#home.now() + graceMs
    const hook = at(this.#spec, "lifecycle", "preStop")
    if (isObject(hook) && graceMs > 0) {
      const outcome = await carryOut(hook, this.#target(), graceMs)
      if (outcome.kind === "failure") this.#home.note("Warning", "FailedPreStopHook", outcome.why)
    }
    process.signal("SIGTERM")
    const over = new AbortController()
    void process.exited.then(() => {
      over.abort()
    })
    for (let left = deadline - this.#home.now(); left > 0 && !process.hasExited;) {
      await pause(Math.min(left, 250), over.signal)
      // A second, more impatient deletion shortens the grace of the first.
      left = Math.min(deadline - this.#home.now(), this.#graceMs ?? Number.POSITIVE_INFINITY)
    }
    if (!process.hasExited) process.kill()
    await process.exited
  }

  /** Ends it for good; a second call may only shorten the grace. */
  async stop(graceMs: number): Promise<void> {
    const isFirst = !this.#stop.signal.aborted
    this.#stop.abort()
    const process = this.process
    if (process === undefined) return
    if (graceMs <= 0) {
      this.#graceMs = 0
      process.kill()
      await process.exited
      return
    }
    this.#graceMs = isFirst ? undefined : 0
    if (isFirst) {
      this.#home.note("Normal", "Killing", `Stopping container ${this.name}`)
      await this.#terminate(process, graceMs)
    } else await process.exited
  }
}

function commandOf(
  spec: JsonObject,
  rule: ImageRule,
  env: ReadonlyMap<string, string>,
  mounts: readonly Mount[],
): readonly string[] {
  const own = textsAt(spec, "command")
  const words = [...(own.length > 0 ? own : rule.entrypoint), ...textsAt(spec, "args")]
  return words.map((word) => rewritten(expanded(word, env), mounts))
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  const { promise, resolve } = Promise.withResolvers<undefined>()
  signal.addEventListener("abort", () => {
    resolve(undefined)
  })
  await promise
}

export const isSidecar = (spec: JsonObject): boolean => spec["restartPolicy"] === "Always"
