/** What works and is unlikely to be meant: said to whoever writes a profile, never refused. */
import { bytesOf, numberOf } from "#core/cluster/catalog.ts"
import { parametersOf } from "#core/cluster/parameters.ts"
import { parseMemory } from "#core/cluster/quantity.ts"
import type { ProfileSpec } from "#core/cluster/spec.ts"
import { policyOf } from "#core/failover/policy.ts"
import type { Problem } from "#core/parsed.ts"

type Warn = (field: string, problem: string) => void

export function profileWarnings(spec: ProfileSpec): readonly Problem[] {
  const warnings: Problem[] = []
  const warn: Warn = (field, problem) => void warnings.push({ field, problem })
  const of = readerOf(spec)
  memory(spec, of, warn)
  volumes(spec, of, warn)
  availability(spec, of, warn)
  image(spec, warn)
  return warnings
}

/** The values in force with this spec; PostgreSQL's own default where nobody says anything. */
type Reader = {
  readonly bytes: (name: string) => number
  readonly count: (name: string) => number
  readonly text: (name: string) => string | undefined
}

/** Of those that are looked at here, in the words of postgresql.conf. */
const otherwise: Readonly<Record<string, string>> = {
  shared_buffers: "128MB",
  work_mem: "4MB",
  maintenance_work_mem: "64MB",
  autovacuum_work_mem: "-1",
  autovacuum_max_workers: "3",
  hash_mem_multiplier: "2",
  max_wal_size: "1GB",
  min_wal_size: "80MB",
  wal_keep_size: "0",
  max_slot_wal_keep_size: "-1",
  temp_file_limit: "-1",
  effective_cache_size: "4GB",
}

function readerOf(spec: ProfileSpec): Reader {
  const given = parametersOf(spec)
  const { major } = spec.postgres
  const text = (name: string): string | undefined => given.get(name) ?? otherwise[name]
  return {
    text,
    bytes: (name) => bytesOf(major, name, text(name) ?? "") ?? 0,
    count: (name) => numberOf(major, name, text(name) ?? "") ?? 0,
  }
}

const mebibyte = 1024 ** 2
const inMebibytes = (size: number): string => `${Math.round(size / mebibyte)} MiB`
const percent = (part: number, whole: number): string => `${Math.round((100 * part) / whole)} %`

function memory({ resources }: ProfileSpec, of: Reader, warn: Warn): void {
  const text = resources.memoryLimit ?? resources.memoryRequest
  const room = text === undefined ? undefined : parseMemory(text)
  if (room === undefined) {
    warn(
      "resources.memoryLimit",
      "nothing limits a member's memory: it may take what others on its node need; set a limit",
    )
    return
  }
  const shared = of.bytes("shared_buffers")
  if (shared >= room)
    warn(
      "parameters.shared_buffers",
      `${inMebibytes(shared)} do not fit into the ${inMebibytes(room)} that a member has; a quarter is usual`,
    )
  else if (shared > room * 0.45)
    warn(
      "parameters.shared_buffers",
      `is ${percent(shared, room)} of a member's memory; a quarter is usual, and connections need theirs`,
    )
  if (of.bytes("effective_cache_size") > room)
    warn(
      "parameters.effective_cache_size",
      `tells the planner of more cache than the ${inMebibytes(room)} that a member has`,
    )
  const vacuum = of.bytes(
    of.count("autovacuum_work_mem") < 0 ? "maintenance_work_mem" : "autovacuum_work_mem",
  )
  const workers = of.count("autovacuum_max_workers") * vacuum
  const sessions = of.count("max_connections") * of.bytes("work_mem")
  if (shared < room && shared + workers + sessions > room)
    warn(
      "parameters.work_mem",
      `${of.count("max_connections")} connections that each sort once (${inMebibytes(sessions)}), autovacuum (${inMebibytes(workers)}) and shared_buffers (${inMebibytes(shared)}) together need more than the ${inMebibytes(room)} that a member has: lower work_mem or max_connections`,
    )
}

function volumes(spec: ProfileSpec, of: Reader, warn: Warn): void {
  const [name, size] =
    spec.wal === undefined ? (["data", spec.data.size] as const) : (["wal", spec.wal.size] as const)
  const limit = of.bytes("max_wal_size")
  // A checkpoint begins early enough to stay below the limit, and a busy server passes it.
  const most = name === "wal" ? 0.8 : 0.4
  if (limit > size * most)
    warn(
      "parameters.max_wal_size",
      `WAL may grow to ${inMebibytes(limit)} between checkpoints, ${percent(limit, size)} of the ${name} volume; at most ${percent(most, 1)} leaves room`,
    )
  if (of.bytes("min_wal_size") > limit)
    warn("parameters.min_wal_size", "is above max_wal_size, which then means nothing")
  const kept = of.bytes("wal_keep_size")
  if (kept > size * 0.5)
    warn(
      "parameters.wal_keep_size",
      `keeps ${inMebibytes(kept)} of WAL, ${percent(kept, size)} of the ${name} volume`,
    )
  const slots = of.count("max_slot_wal_keep_size")
  const slotBytes = of.bytes("max_slot_wal_keep_size")
  if (slots < 0)
    warn(
      "parameters.max_slot_wal_keep_size",
      `without a limit, one member that is away fills the ${name} volume of the primary`,
    )
  else if (slotBytes > size * 0.8)
    warn(
      "parameters.max_slot_wal_keep_size",
      `a member that is away may hold ${inMebibytes(slotBytes)} of WAL, ${percent(slotBytes, size)} of the ${name} volume`,
    )
}

function availability(spec: ProfileSpec, of: Reader, warn: Warn): void {
  const { members, failover } = spec
  if (failover.durability === "quorum" && members === 2)
    warn(
      "failover.durability",
      "with two members, commits wait whenever one of them is away: three keep going",
    )
  if (members === 1)
    warn("members", "one member: nobody takes over when it fails, and its data is nowhere else")
  const { expireAfter } = policyOf(failover.preset)
  for (const name of ["wal_receiver_timeout", "wal_sender_timeout"]) {
    const patience = of.count(name)
    if (of.text(name) !== undefined && (patience === 0 || patience > expireAfter))
      warn(
        `parameters.${name}`,
        `a silent connection is believed ${patience === 0 ? "for ever" : `for ${patience / 1000} s`}, longer than the Lease of preset ${failover.preset} lasts (${expireAfter / 1000} s): followers find a new primary late`,
      )
  }
  if (of.text("autovacuum") !== undefined && /^(of|f|n|0)/i.test(of.text("autovacuum") ?? ""))
    warn("parameters.autovacuum", "without it tables bloat, and transaction ids run out")
  if (/^(of|f|n|0)/i.test(of.text("synchronous_commit") ?? ""))
    warn("parameters.synchronous_commit", "a crash may lose commits that were acknowledged")
}

function image({ postgres }: ProfileSpec, warn: Warn): void {
  const name = postgres.image.split("@")[0] ?? ""
  const tag = /:([^/:]+)$/.exec(name)?.[1]
  if (postgres.image.includes("@sha256:")) return
  if (tag === undefined || tag === "latest") {
    warn("postgres.image", "names no fixed version: members may come to run different ones")
    return
  }
  const major = /^(\d{1,2})([.-]|$)/.exec(tag)?.[1]
  if (major !== undefined && Number(major) !== postgres.major)
    warn("postgres.image", `its tag says PostgreSQL ${major}, the profile says ${postgres.major}`)
}
