/**
 * A machine that can be lost: a PID namespace whose first process adopts and buries orphans, as an init does. Killing
 * that one ends everything inside at the same instant; nothing of it is left to look alive.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { closeSync, openSync } from "node:fs"
import { readdir, readFile } from "node:fs/promises"

export type MachineSpec = {
  readonly command: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  readonly account: { readonly uid: number; readonly gid: number } | undefined
  readonly logFile: string
}

/**
 * Starts the program, and outlives it: what the program leaves behind goes on, as on a real machine. SIGUSR1 starts it
 * once more. `wait` buries everybody; the sleep is there so that it never returns for want of children.
 */
const init = `trap : TERM; trap '"$@" &' USR1; sleep infinity & "$@" & while :; do wait; done`

type Process = { readonly pid: number; readonly parent: number; readonly command: string }

export class Machine {
  readonly #spec: MachineSpec
  #child: ChildProcess | undefined

  constructor(spec: MachineSpec) {
    this.#spec = spec
  }

  get isUp(): boolean {
    return this.#child !== undefined
  }

  start(): void {
    if (this.#child !== undefined) throw new Error("the machine is up")
    const { command, env, cwd, account, logFile } = this.#spec
    const log = openSync(logFile, "a")
    const become =
      account === undefined
        ? []
        : [
            "setpriv",
            `--reuid=${account.uid}`,
            `--regid=${account.gid}`,
            "--clear-groups",
            // Lost by becoming another: asked for once more.
            "--pdeathsig=KILL",
          ]
    const namespace = account === undefined ? ["--user", "--map-current-user"] : []
    const args = [
      "--pdeathsig=KILL",
      "unshare",
      ...namespace,
      "--pid",
      "--fork",
      "--mount-proc",
      "--kill-child=KILL",
      ...become,
      "bash",
      "-c",
      init,
      "init",
      ...command,
    ]
    this.#child = spawn("setpriv", args, {
      cwd,
      env: { ...env },
      stdio: ["ignore", log, log],
      detached: true,
    })
    closeSync(log)
  }

  /** Its processes, init first. */
  async processes(): Promise<readonly Process[]> {
    const { pid } = this.#child ?? {}
    if (pid === undefined) return []
    const all = await allProcesses()
    const inside = new Set([pid])
    for (let size = 0; size !== inside.size;) {
      size = inside.size
      for (const one of all) if (inside.has(one.parent)) inside.add(one.pid)
    }
    inside.delete(pid)
    return all.filter((one) => inside.has(one.pid))
  }

  /** Signals each process whose command line matches; says how many there were. */
  async signal(match: RegExp, name: NodeJS.Signals): Promise<number> {
    const found = (await this.processes()).filter(({ command }) => match.test(command))
    for (const { pid } of found) process.kill(pid, name)
    return found.length
  }

  /** From one instant to the next. */
  async lose(): Promise<void> {
    const child = this.#child
    if (child === undefined) return
    if (child.exitCode !== null || child.signalCode !== null) {
      this.#child = undefined // it ended by itself
      return
    }
    const ended = once(child, "exit")
    const first = await this.#init()
    if (first === undefined) child.kill("SIGKILL")
    else process.kill(first, "SIGKILL")
    await ended
    this.#child = undefined
  }

  /** Starts the program again beside what it left behind. */
  async startProgram(): Promise<void> {
    const first = await this.#init()
    if (first === undefined) throw new Error("the machine is down")
    process.kill(first, "SIGUSR1")
  }

  async #init(): Promise<number | undefined> {
    const { pid } = this.#child ?? {}
    return (await this.processes()).find(({ parent }) => parent === pid)?.pid
  }

  /** Stops every process in its tracks, also those that are being born. */
  async freeze(): Promise<void> {
    for (let round = 0; round < 3; round += 1) await this.signal(/./, "SIGSTOP")
  }

  async thaw(): Promise<void> {
    await this.signal(/./, "SIGCONT")
  }
}

async function allProcesses(): Promise<readonly Process[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number)
  const found = await Promise.all(pids.map((pid) => read(pid)))
  return found.filter((one) => one !== undefined)
}

async function read(pid: number): Promise<Process | undefined> {
  try {
    const [stat, command] = await Promise.all([
      readFile(`/proc/${pid}/stat`, "latin1"),
      readFile(`/proc/${pid}/cmdline`, "utf8"),
    ])
    const [, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
    return { pid, parent: Number(parent), command: command.replaceAll("\0", " ").trim() }
  } catch {
    return undefined // it ended meanwhile
  }
}
