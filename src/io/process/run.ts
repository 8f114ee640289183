/** Runs a program to its end: bounded in time and in what is kept of its output, killed as a whole group. */
import { spawn } from "node:child_process"
import { Outage } from "#io/outage.ts"
import type { Millis } from "#core/units.ts"
import type { Account } from "./account.ts"

export type Ran = {
  /** 128 + signal number when a signal ended it, as shells say it. */
  readonly exitCode: number
  /** The last `outputMax` bytes of stdout and of stderr. */
  readonly stdout: string
  readonly stderr: string
}

const outputMax = 64 * 1024

/** Throws an Outage when the program cannot be started, does not end in time or `signal` ends it. */
export function run(
  command: string,
  args: readonly string[],
  options: {
    readonly within: Millis
    readonly account?: Account | undefined
    readonly env?: Readonly<Record<string, string | undefined>>
    readonly cwd?: string
    readonly input?: string
    readonly signal?: AbortSignal | undefined
  },
): Promise<Ran> {
  const child = spawn(command, [...args], {
    stdio: "pipe",
    detached: true,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.env === undefined ? {} : { env: { ...options.env } }),
    ...(options.account === undefined
      ? {}
      : { uid: options.account.uid, gid: options.account.gid }),
  })
  const stdout = tail(child.stdout)
  const stderr = tail(child.stderr)
  child.stdin.on("error", () => undefined) // it ended without reading its input: its exit code tells
  child.stdin.end(options.input ?? "")
  const { promise, resolve, reject } = Promise.withResolvers<Ran>()
  const stop = (why: string) => (): void => {
    killGroup(child.pid)
    reject(new Outage("PROGRAM_STOPPED", `${command} ${why}: ${stderr().slice(-500)}`))
  }
  const timer = setTimeout(stop(`did not end within ${options.within} ms`), options.within)
  const aborted = stop("was given up")
  options.signal?.addEventListener("abort", aborted, { once: true })
  if (options.signal?.aborted === true) aborted()
  child.on("error", (cause) => {
    reject(new Outage("PROGRAM_NOT_STARTED", `${command} could not be started`, { cause }))
  })
  child.on("close", (code, name) => {
    resolve({
      exitCode: code ?? 128 + (name === "SIGKILL" ? 9 : 15),
      stdout: stdout(),
      stderr: stderr(),
    })
  })
  return promise.finally(() => {
    clearTimeout(timer)
    options.signal?.removeEventListener("abort", aborted)
  })
}

function tail(stream: NodeJS.ReadableStream): () => string {
  let kept = Buffer.alloc(0)
  stream.on("data", (chunk: Buffer) => {
    kept = Buffer.concat([kept, chunk]).subarray(-outputMax)
  })
  return () => kept.toString("utf8")
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, "SIGKILL")
  } catch {
    // already gone, which is what was wanted
  }
}
