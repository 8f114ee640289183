/** One run of a container: a main process, all that descends from it, and their common end. */
import { type ChildProcess, spawn } from "node:child_process"
import { constants } from "node:os"
import { Readable } from "node:stream"
import { setTimeout as sleep } from "node:timers/promises"

import type { Launcher, RunUser } from "./isolation.ts"
import type { LogFile } from "./log-file.ts"
import { pause } from "./probe.ts"
import { type Proc, descendants, readProc, signal, strays } from "./proc.ts"

export type Exit = {
  readonly code: number
  readonly signal: NodeJS.Signals | undefined
  /** Why it never ran, where it did not. */
  readonly failure: string | undefined
}

export type RunSpec = {
  readonly launcher: Launcher
  readonly command: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  readonly user: RunUser | undefined
  /** `NAME=value` in the environment by which remains are known. */
  readonly marker: string
  /** Folders that only this pod works in. */
  readonly folders: readonly string[]
  readonly log: LogFile
}

const killTriesMax = 200
const pipesWithinMs = 500

function exitOf(code: number | null | undefined, signal: NodeJS.Signals | undefined): Exit {
  const number = signal === undefined ? 0 : constants.signals[signal]
  return { code: code ?? 128 + number, signal, failure: undefined }
}

export class ContainerProcess {
  readonly #spec: RunSpec
  readonly #child: ChildProcess
  readonly exited: Promise<Exit>
  #hasExited = false
  #main: number | undefined
  /** What unshare itself said. */
  #said = ""

  constructor(spec: RunSpec) {
    this.#spec = spec
    const [program = "", ...args] = spec.launcher.wrap(spec.command, spec.user)
    const { isNamespaced } = spec.launcher
    this.#child = spawn(program, args, {
      env: { ...spec.env },
      cwd: spec.cwd,
      detached: true,
      stdio: ["ignore", "pipe", "pipe", ...(isNamespaced ? (["pipe"] as const) : [])],
    })
    const { stdout, stderr, stdio } = this.#child
    if (stdout !== null) spec.log.take(stdout, "stdout")
    const errors = isNamespaced ? stdio[3] : stderr
    if (errors instanceof Readable) spec.log.take(errors, "stderr")
    if (isNamespaced) stderr?.on("data", (chunk: Buffer) => (this.#said += chunk.toString()))
    this.exited = this.#end()
  }

  async #end(): Promise<Exit> {
    const { promise, resolve } = Promise.withResolvers<Exit>()
    const closed = new AbortController()
    this.#child.once("close", () => {
      closed.abort()
    })
    this.#child.once("error", (error) => {
      resolve({ code: 128, signal: undefined, failure: error.message })
      closed.abort()
    })
    this.#child.once("exit", (code, name) => {
      resolve(exitOf(code, name ?? undefined))
    })
    const exit = await promise
    if (!this.#spec.launcher.isNamespaced) await this.#killRemains()
    this.#hasExited = true
    // All that it wrote is read, unless somebody who got away holds its pipes open.
    await pause(pipesWithinMs, closed.signal)
    for (const stream of this.#child.stdio) stream?.destroy()
    await this.#spec.log.end()
    // When the container was killed, unshare wants to die the same way, fails at that, and says so.
    return exit.code === 1 && this.#said !== "" ? exitOf(undefined, "SIGKILL") : exit
  }

  /** The process that was started here; the container's own may be a child of it. */
  get pid(): number | undefined {
    return this.#child.pid
  }

  get hasExited(): boolean {
    return this.#hasExited
  }

  /** The process that was started here, for the record of what to end after a crash. */
  get started(): Proc | undefined {
    return this.#child.pid === undefined ? undefined : readProc(this.#child.pid)
  }

  /** The container's process 1. */
  get main(): number | undefined {
    if (this.#hasExited || this.#child.pid === undefined) return undefined
    this.#main ??= this.#spec.launcher.mainOf(this.#child.pid)
    return this.#main
  }

  /** All processes of the container, its main process first. */
  tree(): readonly Proc[] {
    const { main } = this
    if (main === undefined) return []
    const inTree = descendants(new Set([main]))
    if (this.#spec.launcher.isNamespaced) return inTree
    const rest = strays(this.#spec.marker, this.#spec.folders)
    const known = new Set(inTree.map((proc) => proc.pid))
    return [...inTree, ...rest.filter((proc) => !known.has(proc.pid))]
  }

  /** Sends the signal to the main process. */
  signal(name: NodeJS.Signals): boolean {
    const { main } = this
    return main !== undefined && signal(main, name)
  }

  /** Ends every process of the container at once. */
  kill(): void {
    const { main } = this
    if (main !== undefined) signal(main, "SIGKILL")
    if (!this.#spec.launcher.isNamespaced)
      for (const proc of this.tree()) signal(proc.pid, "SIGKILL")
    if (main === undefined && !this.#hasExited) this.#child.kill("SIGKILL")
  }

  /** Stops every process of the container in its tracks, also those that are being born. */
  async freeze(): Promise<void> {
    for (let attempt = 0; attempt < 20; attempt += 1) {
      const moving = this.tree().filter((proc) => !["T", "Z", "X"].includes(proc.state))
      if (moving.length === 0) return
      for (const proc of moving) signal(proc.pid, "SIGSTOP")
      await sleep(5)
    }
  }

  thaw(): void {
    // Children first: a parent that wakes before them could take them for dead.
    for (const proc of this.tree().toReversed()) signal(proc.pid, "SIGCONT")
  }

  async #killRemains(): Promise<void> {
    for (let attempt = 0; attempt < killTriesMax; attempt += 1) {
      const roots = new Set(strays(this.#spec.marker, this.#spec.folders).map((proc) => proc.pid))
      const left = descendants(roots).filter((proc) => proc.state !== "Z")
      if (left.length === 0) return
      for (const proc of left) signal(proc.pid, "SIGKILL")
      await sleep(10)
    }
  }
}
