/**
 * The part of the server's configuration that changes with roles: whom to follow and whom commits wait
 * for. Every change goes through here, so that the file is always the whole truth.
 */
import { rename, writeFile } from "node:fs/promises"
import { join } from "node:path"
import type { Durability } from "#core/cluster/spec.ts"
import type { PodName } from "#core/ids.ts"
import { configKey, port, replicationUser } from "#core/names.ts"
import type { Peer } from "#core/failover/decision.ts"
import { writeServerConfig } from "#io/postgres/server-config.ts"
import { doorHba } from "#core/cluster/hba.ts"
import type { Config } from "./config.ts"
import { nobodyYet, refusingSetting } from "./local-server.ts"
import type { ServerFiles } from "./server-files.ts"
import { slotName } from "./slot-name.ts"

/** What the sidecar sets, and nobody else may: `ALTER SYSTEM` on these is undone. */
export const ownSettings = [
  "primary_conninfo",
  "primary_slot_name",
  "synchronous_standby_names",
  "cluster_name",
] as const

/** Puts the part that changes with roles where the server reads it. */
export type WriteRunning = (
  follows: Peer | undefined,
  syncNames: readonly PodName[],
  /** Why clients are refused; undefined lets them in. */
  refusing: string | undefined,
  /** A standby must not be given less than its own WAL asks for. */
  as: ServerRole,
) => Promise<void>

export type ServerRole = "primary" | "standby"

export class RunningConfig {
  readonly #writeFile: WriteRunning
  #follows: Peer | undefined
  #syncNames: readonly PodName[] = []
  #refusing: string | undefined
  /** The careful one, until it is known. */
  #as: ServerRole = "standby"
  #written = false
  /** Writes happen one after another. */
  #writing: Promise<void> = Promise.resolve()

  constructor(write: WriteRunning) {
    this.#writeFile = write
  }

  get follows(): Peer | undefined {
    return this.#follows
  }

  /** A sidecar that restarted beside a running primary goes on with what is in force. */
  adopt(syncNames: readonly PodName[], refusing: string | undefined): void {
    if (this.#written) return
    this.#syncNames = syncNames
    this.#refusing = refusing
    this.#as = "primary"
  }

  /**
   * Writes the files anew, because what they are made from changed. False where a sidecar that restarted
   * does not know yet what a standby should follow.
   */
  async again(isPrimary: boolean): Promise<boolean> {
    if (!this.#written && !isPrimary) return false
    await this.set({ as: isPrimary ? "primary" : "standby" })
    return true
  }

  /** Writes the file; a running server takes it over with its next reload. */
  async set(change: {
    readonly follow?: Peer | "nobody"
    readonly syncNames?: readonly PodName[]
    /** Why clients are refused, or that they are let in. */
    readonly clients?: "admitted" | { readonly refusing: string }
    readonly as?: ServerRole
  }): Promise<void> {
    if (change.as !== undefined) this.#as = change.as
    if (change.follow !== undefined)
      this.#follows = change.follow === "nobody" ? undefined : change.follow
    if (change.syncNames !== undefined) this.#syncNames = change.syncNames
    if (change.clients !== undefined)
      this.#refusing = change.clients === "admitted" ? undefined : change.clients.refusing
    const write = this.#writing.then(() => this.#write())
    this.#writing = write.catch(() => undefined)
    await write
  }

  async #write(): Promise<void> {
    const follows = this.#follows
    const names = this.#syncNames
    const refusing = this.#refusing
    const as = this.#as
    this.#written = true
    await this.#writeFile(follows, names, refusing, as)
  }
}

/**
 * Whom a standby's commits would wait for in `quorum`: somebody who never comes. A server that is promoted by hand
 * acknowledges nothing; and one that is promoted in good order has its backends wait from the first commit on, even
 * where the checkpointer, who tells them that there are names, is still busy (decision 10).
 */
const untilPromoted = { count: 1, members: [nobodyYet] } as const

/** Writes the file and the password that it names, on the in-memory volume. */
export const runningConfigWriter =
  (
    { runDir, pod, cluster }: Pick<Config, "runDir" | "pod" | "cluster">,
    files: ServerFiles,
    replicationPassword: string,
    durability: () => Durability,
  ): WriteRunning =>
  async (follows, names, refusing, as) => {
    const { hba, floors } = await files.put(as)
    await writeHba(runDir, hba, refusing)
    const passfile = join(runDir, "replication.pass")
    await writeFile(passfile, `*:*:*:${replicationUser}:${escaped(replicationPassword)}\n`, {
      mode: 0o600,
    })
    await writeServerConfig(runDir, {
      include: files.conf,
      clusterName: cluster,
      primaryConninfo:
        follows === undefined
          ? undefined
          : {
              host: follows.address,
              port: port.postgres,
              user: replicationUser,
              passfile,
              application_name: pod,
              connect_timeout: 2,
              tcp_user_timeout: 3000,
              keepalives_idle: 2,
              keepalives_interval: 1,
              keepalives_count: 3,
              sslmode: "prefer",
            },
      primarySlotName: follows === undefined ? undefined : slotName(pod),
      synchronousStandbys:
        as === "standby" && durability() === "quorum"
          ? untilPromoted
          : names.length === 0
            ? undefined
            : { count: 1, members: names },
      // For people, and for a sidecar that restarts: the rules above are what counts.
      others: {
        ...Object.fromEntries(floors),
        ...(refusing === undefined ? {} : { [refusingSetting]: refusing.slice(0, 200) }),
      },
    })
  }

/** Readers see the old rules or the new ones; a server keeps the old ones when it cannot read the new. */
async function writeHba(
  runDir: string,
  rules: string,
  refusing: string | undefined,
): Promise<void> {
  const made = join(runDir, `${configKey.hba}.new`)
  await writeFile(made, doorHba(rules, refusing === undefined), { mode: 0o600 })
  await rename(made, join(runDir, configKey.hba))
}

const escaped = (password: string): string =>
  password.replaceAll("\\", "\\\\").replaceAll(":", "\\:")
