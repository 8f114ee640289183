/** The programs that the demo runs: started with their log in a file, written down, stopped in order. */
import { spawn } from "node:child_process"
import { open, rename, stat, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import * as z from "zod"
import { assert, present } from "#core/assert.ts"
import type { Account } from "#io/process/account.ts"
import { recordFile } from "./leftovers.ts"
import { type KnownProcess, startOf } from "./proc.ts"

export type ProgramSpec = {
  readonly name: string
  readonly command: readonly [string, ...string[]]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  /** Runs with the rights of the demo itself, not as the unprivileged account. */
  readonly asOurselves: boolean
  /** Whether this line of the program's output says that it can be used. */
  readonly isReady: (line: ReadyFields) => boolean
  readonly readyWithinMs: number
}

/** Fields of the log line that said it was ready. */
export type ReadyFields = Readonly<Record<string, unknown>>

export type Ended = { readonly name: string; readonly how: string; readonly tail: string }

export interface Program {
  readonly name: string
  readonly pid: number
  readonly ready: ReadyFields
  /** Resolves when it is gone, wanted or not. */
  readonly ended: Promise<Ended>
  /** Asks it to end, waits, ends it by force when `withinMs` is over. */
  stop(withinMs: number): Promise<void>
}

const logMaxBytes = 20 * 1024 * 1024
const tailBytes = 3_000
const lineSchema = z.record(z.string(), z.unknown())

export class Programs {
  readonly #folder: string
  readonly #account: Account | undefined
  readonly #known = new Map<string, KnownProcess>()
  readonly #specs = new Map<string, ProgramSpec>()
  readonly #broken = Promise.withResolvers<Ended>()
  /** Programs that run and were ready, by name. */
  readonly running = new Map<string, Program>()

  constructor(folder: string, account: Account | undefined) {
    this.#folder = folder
    this.#account = account
  }

  /** Resolves with the first program that ended although nobody stopped it. */
  get broken(): Promise<Ended> {
    return this.#broken.promise
  }

  /** Starts a stopped program again, as it was started before. */
  async restart(name: string, signal: AbortSignal): Promise<Program> {
    assert(!this.running.has(name), "a program is stopped before it is started again")
    return this.start(present(this.#specs.get(name), "it was started before"), signal)
  }

  logFile(name: string): string {
    return join(this.#folder, "logs", `${name}.log`)
  }

  async start(spec: ProgramSpec, signal: AbortSignal): Promise<Program> {
    signal.throwIfAborted()
    this.#specs.set(spec.name, spec)
    const path = this.logFile(spec.name)
    const before = await stat(path).catch(() => undefined)
    if (before !== undefined && before.size > logMaxBytes) await rename(path, `${path}.1`)
    const log = await open(path, "a")
    const from = (await log.stat()).size
    const [file, ...args] = spec.command
    const account = spec.asOurselves ? undefined : this.#account
    // A session of its own: Ctrl-C in the terminal reaches the demo alone, which stops them in order.
    // The log is a file and not a pipe: they must not die of a demo that was killed before it could stop them.
    const child = spawn(file, args, {
      cwd: spec.cwd,
      env: { ...spec.env },
      stdio: ["ignore", log.fd, log.fd],
      detached: true,
      ...(account === undefined ? {} : { uid: account.uid, gid: account.gid }),
    })
    let wanted = false
    const ended = new Promise<Ended>((resolve) => {
      const end = async (how: string): Promise<void> => {
        this.#known.delete(spec.name)
        this.running.delete(spec.name)
        await this.#record()
        const end = { name: spec.name, how, tail: await tailOf(path, from) }
        resolve(end)
        if (!wanted) this.#broken.resolve(end)
      }
      child.once("error", (error) => void end(error.message))
      child.once("exit", (code, name) => void end(name ?? `status ${code ?? "?"}`))
    })
    await log.close()
    const { pid } = child
    if (pid === undefined) {
      const { how } = await ended
      throw new Error(`${spec.name} could not be started: ${how}`)
    }
    await this.#remember(spec.name, pid)
    const stop = async (withinMs: number): Promise<void> => {
      wanted = true
      child.kill("SIGTERM")
      const late = sleep(withinMs, "late" as const, { ref: false })
      if ((await Promise.race([ended, late])) === "late") child.kill("SIGKILL")
      await ended
    }
    try {
      const ready = await this.#untilReady(spec, { path, from, ended, signal })
      const program: Program = { name: spec.name, pid, ready, ended, stop }
      this.running.set(spec.name, program)
      return program
    } catch (error) {
      await stop(5_000)
      throw error
    }
  }

  async #remember(name: string, pid: number): Promise<void> {
    const started = await startOf(pid)
    if (started === undefined) return
    this.#known.set(name, { name, pid, started })
    await this.#record()
  }

  async #record(): Promise<void> {
    await writeFile(recordFile(this.#folder), JSON.stringify([...this.#known.values()]))
  }

  async #untilReady(
    spec: ProgramSpec,
    {
      path,
      from,
      ended,
      signal,
    }: {
      readonly path: string
      readonly from: number
      readonly ended: Promise<Ended>
      readonly signal: AbortSignal
    },
  ): Promise<ReadyFields> {
    const until = performance.now() + spec.readyWithinMs
    let over: Ended | undefined
    void ended.then((how) => (over = how))
    await using log = await open(path, "r")
    let at = from
    let rest = ""
    const buffer = Buffer.alloc(64 * 1024)
    for (;;) {
      const { bytesRead } = await log.read(buffer, 0, buffer.length, at)
      at += bytesRead
      const lines = (rest + buffer.toString("utf8", 0, bytesRead)).split("\n")
      rest = lines.pop() ?? ""
      for (const line of lines) {
        const fields = fieldsOf(line)
        if (fields !== undefined && spec.isReady(fields)) return fields
      }
      signal.throwIfAborted()
      if (bytesRead > 0) continue
      if (over !== undefined)
        throw new Error(`${spec.name} ended (${over.how}) before it was ready:\n${over.tail}`)
      if (performance.now() > until)
        throw new Error(
          `${spec.name} was not ready after ${spec.readyWithinMs / 1000} s:\n${await tailOf(path, from)}`,
        )
      await sleep(20)
    }
  }
}

function fieldsOf(line: string): ReadyFields | undefined {
  if (!line.startsWith("{")) return undefined
  try {
    return lineSchema.parse(JSON.parse(line))
  } catch {
    return undefined
  }
}

/** The last lines that it wrote since `from`. */
async function tailOf(path: string, from: number): Promise<string> {
  await using log = await open(path, "r")
  const { size } = await log.stat()
  const start = Math.max(from, size - tailBytes)
  assert(start >= 0, "a place in a file is not negative")
  const buffer = Buffer.alloc(Math.max(0, size - start))
  await log.read(buffer, 0, buffer.length, start)
  return buffer.toString("utf8").trim()
}
