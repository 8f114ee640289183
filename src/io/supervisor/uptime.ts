/**
 * The clock that sidecar and supervisor share: `/proc/uptime`, monotonic, counted on through suspend, the
 * same in all containers of a node. Read in steps of 10 ms and rounded down, so a deadline made from
 * it is never later than meant.
 */
import { readFileSync } from "node:fs"
import { assert } from "#core/assert.ts"
import type { Uptime } from "./supervisor.ts"

/** Reads the text of `/proc/uptime`; undefined when it is something else. */
export function parseUptime(text: string): Uptime | undefined {
  const found = /^(\d+)\.(\d\d) /.exec(text)
  return found === null ? undefined : Number(found[1]) * 1000 + Number(found[2]) * 10
}

/** Now. The file is made by the kernel in memory: reading it does not wait. */
export function uptimeNow(): Uptime {
  const now = parseUptime(readFileSync("/proc/uptime", "utf8"))
  assert(now !== undefined, "/proc/uptime is in the kernel's format")
  return now
}
