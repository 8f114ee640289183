/** One microkube at a time on a folder. */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"

import { numberAt, parseObject } from "./json.ts"
import { readProc } from "./runtime/proc.ts"

/** Notes that this process works on the folder; answers the pid of another that still does. */
export function takeFolder(dir: string): number | undefined {
  const file = join(dir, "microkube.lock")
  const holder = readHolder(file)
  const pid = numberAt(holder, "pid") ?? 0
  // A pid comes round again; with the time of its start it does not.
  const isAlive = pid !== process.pid && readProc(pid)?.startedAt === numberAt(holder, "startedAt")
  if (pid > 0 && isAlive) return pid
  const startedAt = readProc(process.pid)?.startedAt ?? 0
  writeFileSync(file, JSON.stringify({ pid: process.pid, startedAt }))
  return undefined
}

function readHolder(file: string): ReturnType<typeof parseObject> {
  try {
    return parseObject(readFileSync(file, "utf8"))
  } catch {
    // Nobody was here before.
    return undefined
  }
}
