/**
 * `global/pg_control`, read as bytes: the sidecar has no `pg_controldata`, and the server is down when the
 * answer matters. Layouts of PostgreSQL 13 to 18 (`catalog/pg_control.h`): the fields that are read here stand
 * at the same places in all of them, only the checksum moved.
 */
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as wait } from "node:timers/promises"
import { lsn } from "#core/lsn.ts"
import type { Parsed } from "#core/parsed.ts"
import { Outage } from "#io/outage.ts"
import type { ControlFile } from "#io/supervisor/supervisor.ts"

/** As `pg_controldata` says them, in the order of `DBState`. */
const states = [
  "starting up",
  "shut down",
  "shut down in recovery",
  "shutting down",
  "in crash recovery",
  "in archive recovery",
  "in production",
] as const

/** `pg_control_version` -> where the CRC stands. */
const checksumAt: ReadonlyMap<number, number> = new Map([
  [1300, 288],
  [1700, 288],
  [1800, 292],
])

const at = {
  systemIdentifier: 0,
  version: 8,
  state: 16,
  checkpoint: 32,
  timeline: 48,
  minRecoveryEnd: 136,
  minRecoveryTimeline: 144,
  maxConnections: 180,
  maxWorkerProcesses: 184,
  maxWalSenders: 188,
  maxPreparedTransactions: 192,
  maxLocksPerTransaction: 196,
} as const

/** Refuses bytes that are cut short, of an unknown version, or whose checksum is wrong (read in the middle of a write). */
export function parseControlFile(bytes: Uint8Array): Parsed<ControlFile> {
  if (bytes.length < 296) return bad("is cut short")
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const version = view.getUint32(at.version, true)
  const checksum = checksumAt.get(version)
  if (checksum === undefined)
    return bad(`has version ${version}, known are ${[...checksumAt.keys()].join(", ")}`)
  if (crc32c(bytes.subarray(0, checksum)) !== view.getUint32(checksum, true))
    return bad("has a wrong checksum")
  const state = states[view.getInt32(at.state, true)]
  if (state === undefined) return bad("holds an unknown state")
  return {
    kind: "ok",
    value: {
      systemIdentifier: view.getBigUint64(at.systemIdentifier, true).toString(),
      state,
      timeline: view.getUint32(at.timeline, true),
      checkpoint: lsn(view.getBigUint64(at.checkpoint, true)),
      minRecoveryEnd: lsn(view.getBigUint64(at.minRecoveryEnd, true)),
      minRecoveryTimeline: view.getUint32(at.minRecoveryTimeline, true),
      standbyNeeds: new Map([
        ["max_connections", view.getInt32(at.maxConnections, true)],
        ["max_worker_processes", view.getInt32(at.maxWorkerProcesses, true)],
        ["max_wal_senders", view.getInt32(at.maxWalSenders, true)],
        ["max_prepared_transactions", view.getInt32(at.maxPreparedTransactions, true)],
        ["max_locks_per_transaction", view.getInt32(at.maxLocksPerTransaction, true)],
      ]),
    },
  }
}

const bad = (problem: string): Parsed<ControlFile> => ({
  kind: "bad",
  problems: [{ field: "pg_control", problem }],
})

const table = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index
  for (let bit = 0; bit < 8; bit += 1)
    value = (value & 1) === 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1
  return value
})

/** Castagnoli's CRC, as PostgreSQL computes it. */
function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) crc = (crc >>> 8) ^ (table[(crc ^ byte) & 0xff] ?? 0)
  return (crc ^ 0xffffffff) >>> 0
}

export const controlFile = (pgdata: string): string => join(pgdata, "global", "pg_control")

/** Reads the control file of `pgdata`. Throws an Outage when it is not there or stays unreadable. */
export async function readControlFile(pgdata: string): Promise<ControlFile> {
  const file = controlFile(pgdata)
  for (let tries = 1; ; tries += 1) {
    const bytes = await readFile(file).catch((cause: unknown) => {
      throw new Outage("CONTROL_FILE_UNREADABLE", `cannot read ${file}`, { cause })
    })
    const parsed = parseControlFile(bytes)
    if (parsed.kind === "ok") return parsed.value
    if (tries === 3)
      throw new Outage(
        "CONTROL_FILE_UNREADABLE",
        `${file}: ${parsed.problems.map(({ problem }) => problem).join("; ")}`,
      )
    await wait(20) // a running server may have been writing it
  }
}
