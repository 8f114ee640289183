/** Runs a command to its end, with a limit on its time and its words. */
import { spawn } from "node:child_process"

import type { Outcome } from "./probe.ts"

const outputMax = 1_000

/** A command inside a container, ready to be started. */
export type Inside = {
  readonly command: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

export async function execIn(
  command: readonly string[],
  env: Readonly<Record<string, string>>,
  timeoutMs: number,
): Promise<Outcome> {
  const [program = "", ...args] = command
  const { promise, resolve } = Promise.withResolvers<Outcome>()
  const child = spawn(program, args, {
    env,
    cwd: "/",
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  })
  let output = ""
  const take = (chunk: Buffer): void => {
    if (output.length < outputMax) output += chunk.toString()
  }
  child.stdout.on("data", take)
  child.stderr.on("data", take)
  const timer = setTimeout(() => {
    resolve({ kind: "failure", why: `command ${JSON.stringify(command.at(-1))} timed out` })
    // Its own group: whatever it started goes with it.
    if (child.pid !== undefined) killGroup(child.pid)
  }, timeoutMs)
  child.once("error", (error) => {
    resolve({ kind: "failure", why: error.message })
  })
  child.once("exit", (code) => {
    resolve(
      code === 0
        ? { kind: "success" }
        : { kind: "failure", why: `exit ${code}: ${output.trim().slice(0, outputMax)}` },
    )
  })
  const outcome = await promise
  clearTimeout(timer)
  child.stdout.destroy()
  child.stderr.destroy()
  return outcome
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL")
  } catch {
    // It ended just now.
  }
}
