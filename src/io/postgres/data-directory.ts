/**
 * What lies on the data volume, and the small files that pg-swarm keeps beside the data directory
 * (never in it: a rewind removes what its source does not have).
 *
 *     <data>/pgdata            the data directory
 *     <data>/pgdata.old-*      the one before the last clone, until the clone streams
 *     <data>/pg-swarm/         rewinding, bootstrap-unconfirmed, wal-lost, lost-wal/ (made by supervisor.sh); term, peers
 */
import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises"
import { join } from "node:path"
import { readControlFile } from "./control-file.ts"
import { Outage } from "#io/outage.ts"
import type { ControlFile } from "#io/supervisor/supervisor.ts"
import { systemIdentifier, term } from "#core/ids.ts"
import type { SystemIdentifier, Term } from "#core/ids.ts"

export type DataDirectory =
  /** Nothing to lose: it may be cloned into, or initialised when the cluster never was. */
  | { readonly kind: "empty" }
  | {
      readonly kind: "present"
      readonly major: number
      readonly control: ControlFile
      /**
       * A base backup that no server has started yet. Its control file is a copy of its source's and says
       * "in production"; recovering it as if it had crashed here would break it.
       */
      readonly isBackup: boolean
    }
  /** Must not be started: clone, or stop with the reason. */
  | { readonly kind: "damaged"; readonly reason: string }

const dataDir = (data: string): string => join(data, "pgdata")
const marks = (data: string, name: string): string => join(data, "pg-swarm", name)

/** Looks at the data directory of volume `data`. Throws an Outage when the volume can not be read. */
export async function lookAtData(data: string): Promise<DataDirectory> {
  const names = await namesIn(dataDir(data))
  if (names.length === 0) return { kind: "empty" }
  const source = await readMark(data, "rewinding")
  if (source !== undefined)
    return { kind: "damaged", reason: `a rewind from ${source.trim()} was interrupted` }
  const version = await readOptional(join(dataDir(data), "PG_VERSION"))
  const major = Number.parseInt(version ?? "", 10)
  if (!Number.isInteger(major)) return { kind: "damaged", reason: "PG_VERSION is missing" }
  try {
    const control = await readControlFile(dataDir(data))
    const isBackup = (await readOptional(join(dataDir(data), "backup_label"))) !== undefined
    return { kind: "present", major, control, isBackup }
  } catch (error) {
    if (!(error instanceof Outage)) throw error
    return { kind: "damaged", reason: error.message }
  }
}

/** Whether the data directory before the last clone is still kept. */
export const keepsOldData = async (data: string): Promise<boolean> =>
  (await namesIn(data)).some((name) => name.startsWith("pgdata.old-"))

/**
 * The system identifier of an initialisation that is not yet written down outside of the volume; undefined
 * when there is none. Until `confirmBootstrap` it may not be taken for the cluster's data.
 */
export async function unconfirmedBootstrap(data: string): Promise<SystemIdentifier | undefined> {
  const text = (await readMark(data, "bootstrap-unconfirmed"))?.trim()
  return text === undefined || text === "" ? undefined : systemIdentifier(text)
}

/** Once the Lease carries the system identifier. Harmless when repeated. */
export const confirmBootstrap = (data: string): Promise<void> =>
  rm(marks(data, "bootstrap-unconfirmed"), { force: true })

/** The highest term that this member ever saw; undefined before the first. */
export async function readHighestTerm(data: string): Promise<Term | undefined> {
  const text = await readMark(data, "term")
  if (text === undefined) return undefined
  const value = Number(text.trim())
  if (text.trim() === "" || !Number.isSafeInteger(value) || value < 0)
    throw new Outage("TERM_UNREADABLE", `${marks(data, "term")} does not hold a term`)
  return term(value)
}

/** Durable when it resolves. A lower term than the written one stays unwritten: terms only grow. */
export async function writeHighestTerm(data: string, seen: Term): Promise<void> {
  const written = await readHighestTerm(data)
  if (written !== undefined && written >= seen) return
  await writeMark(data, "term", `${seen}\n`)
}

/** Addresses of the other members as last seen, by pod name: a start without the Kubernetes API begins with them. */
export async function readPeers(data: string): Promise<ReadonlyMap<string, string>> {
  const lines = ((await readMark(data, "peers")) ?? "").split("\n")
  return new Map(
    lines.flatMap((line) => {
      const [pod, address, ...rest] = line.split(" ")
      return pod === undefined || address === undefined || pod === "" || rest.length > 0
        ? []
        : [[pod, address] as const]
    }),
  )
}

export const writePeers = (data: string, peers: ReadonlyMap<string, string>): Promise<void> =>
  writeMark(data, "peers", [...peers].map(([pod, address]) => `${pod} ${address}\n`).join(""))

export const readMark = (data: string, name: string): Promise<string | undefined> =>
  readOptional(marks(data, name))

/** Durable when it resolves; harmless when it was done before. */
export async function renameMark(data: string, name: string, to: string): Promise<void> {
  try {
    await rename(marks(data, name), marks(data, to))
  } catch (cause) {
    if (!isMissing(cause)) throw cause
  }
  await using folder = await open(join(data, "pg-swarm"), "r")
  await folder.sync()
}

/** Atomic and durable: the content and its place in the folder are on the disk when it resolves. */
export async function writeMark(data: string, name: string, content: string): Promise<void> {
  await mkdir(join(data, "pg-swarm"), { recursive: true, mode: 0o700 })
  const made = marks(data, `${name}.new`)
  {
    await using file = await open(made, "w", 0o600)
    await file.writeFile(content)
    await file.sync()
  }
  await rename(made, marks(data, name))
  await using folder = await open(join(data, "pg-swarm"), "r")
  await folder.sync()
}

/** Durable when it resolves; harmless when there is none. */
export async function removeMark(data: string, name: string): Promise<void> {
  await rm(marks(data, name), { force: true })
  await using folder = await open(join(data, "pg-swarm"), "r")
  await folder.sync()
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "ENOENT"

async function readOptional(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8")
  } catch (cause) {
    if (isMissing(cause)) return undefined
    throw new Outage("VOLUME_UNREADABLE", `cannot read ${file}`, { cause })
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder)
  } catch (cause) {
    if (isMissing(cause)) return []
    throw new Outage("VOLUME_UNREADABLE", `cannot read ${folder}`, { cause })
  }
}
