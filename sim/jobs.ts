/** initdb, pg_basebackup and pg_rewind: what they leave on the volume, whole or half done. */
import { timeline } from "#core/ids.ts"
import { lsn } from "#core/lsn.ts"
import type { JobName } from "#io/supervisor/supervisor.ts"
import type { Ground, Postgres } from "./postgres.ts"
import type { Disk } from "./volume.ts"
import { copyOf, firstBranch, type PgData } from "./wal.ts"

export type Job = {
  readonly name: JobName
  readonly host: string | undefined
  readonly system: string | undefined
  readonly pod: Postgres["pod"]
}

export type JobResult = { readonly exitCode: number; readonly output: string }
const good: JobResult = { exitCode: 0, output: "" }
const bad = (output: string): JobResult => ({ exitCode: 1, output })

export const jobTakes = ({ dice }: Ground, name: JobName): number =>
  name === "clone" && dice.chance(0.1) ? dice.between(3000, 12_000) : dice.between(200, 1500)

/** What a job finds wrong before it touches anything. */
export function jobRefused(disk: Disk, job: Job): string | undefined {
  if (job.name === "initdb") return disk.data === undefined ? undefined : "not empty"
  if (job.name === "clone" && job.system === undefined) return "a clone needs a system identifier"
  if (job.name === "rewind" && disk.data === undefined) return "no data directory"
  if (job.name === "rewind" && disk.damaged !== undefined) return "damaged: clone it"
  return undefined
}

/** The end of a job that was not cut off. */
export function finish(ground: Ground, disk: Disk, job: Job): JobResult {
  if (disk.full) return bad("no space left on device")
  switch (job.name) {
    case "initdb":
      return initialise(ground, disk)
    case "clone":
      return clone(ground, disk, job)
    case "rewind":
      return rewind(ground, disk, job)
    case "crash-recovery":
      return good
  }
}

function reachable(ground: Ground, job: Job): Postgres | undefined {
  const source = job.host === undefined ? undefined : ground.serverAt(job.host)
  if (source === undefined || source.phase !== "up" || !source.process.awake) return undefined
  if (!ground.network.linked(job.pod, source.pod)) return undefined
  if (job.system !== undefined && source.data.system !== job.system) return undefined
  return source
}

function initialise(ground: Ground, disk: Disk): JobResult {
  const system = ground.newSystem()
  ground.note(`initialised ${system}`)
  disk.data = {
    system,
    branch: firstBranch(system),
    end: 1000n,
    state: "shut down",
    checkpoint: lsn(976n),
    checkpointTli: timeline(1),
    minRecoveryEnd: lsn(0n),
    minRecoveryTli: timeline(0),
    isBackup: false,
    topTli: 1,
    oldest: 0n,
    streamed: false,
  }
  disk.unconfirmed = system
  return good
}

function clone(ground: Ground, disk: Disk, job: Job): JobResult {
  const source = reachable(ground, job)
  if (source === undefined) return bad("the source does not answer")
  if (ground.dice.chance(0.06)) return bad("pg_basebackup failed")
  if (disk.data !== undefined) disk.old ??= disk.data
  disk.data = {
    ...copyOf(source.data),
    state: "in production",
    minRecoveryEnd: lsn(0n),
    minRecoveryTli: timeline(0),
    isBackup: true,
    oldest: source.data.end,
    streamed: false,
  }
  disk.damaged = undefined
  disk.unconfirmed = undefined
  return good
}

function rewind(ground: Ground, disk: Disk, job: Job): JobResult {
  const { data } = disk
  const source = reachable(ground, job)
  if (data === undefined || source === undefined) return bad("the source does not answer")
  recover(data)
  if (ground.dice.chance(0.08)) return bad("pg_rewind cannot do it; nothing was changed")
  if (data.checkpointTli === source.data.checkpointTli) {
    ground.note(`${job.pod}: no rewind required`)
    return good
  }
  if (ground.dice.chance(0.08)) {
    disk.damaged = "a rewind was interrupted"
    return bad("pg_rewind failed half way")
  }
  data.branch = source.data.branch
  data.end = source.data.end
  data.topTli = Math.max(data.topTli, source.data.topTli)
  data.state = "in archive recovery"
  data.checkpoint = source.data.checkpoint
  data.checkpointTli = source.data.checkpointTli
  data.minRecoveryEnd = lsn(source.data.end)
  data.minRecoveryTli = source.data.branch.tli
  data.isBackup = true
  return good
}

/** Crash recovery of an ex-primary in single-user mode. */
function recover(data: PgData): void {
  if (data.state !== "in production") return
  data.checkpoint = lsn(data.end)
  data.end += 24n
  data.checkpointTli = data.branch.tli
  data.state = "shut down"
}
