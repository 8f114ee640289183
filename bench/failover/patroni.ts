/**
 * Patroni from Debian's packages over one etcd: `apt-get install --no-install-recommends patroni etcd-server`. Each
 * member is a machine of its own, so that a killed server is buried at once and a node can be lost.
 */
import { randomBytes } from "node:crypto"
import { access, chown, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import * as z from "zod"
import { present } from "#core/assert.ts"
import type { ServerBinaries } from "#io/postgres/binaries.ts"
import { quoteIdentifier, quoteLiteral } from "#io/postgres/sql.ts"
import { type Account as OsAccount, serverAccount } from "#io/process/account.ts"
import { connect } from "./connection.ts"
import { Machine } from "./machine.ts"
import {
  type Account,
  type FaultName,
  type Host,
  type Struck,
  type System,
  tablesSql,
} from "./system.ts"

export type PatroniOptions = {
  readonly timing: "default" | "fast"
  readonly mode: "async" | "sync"
  readonly members: number
  readonly postgres: ServerBinaries
  /** Second number of its loopback block. */
  readonly block: number
}

const programs = { patroni: "/usr/bin/patroni", etcd: "/usr/bin/etcd" } as const
const bringUpMs = 120_000

/** Where something is missing, how to get it. */
export async function patroniObstacle(): Promise<string | undefined> {
  for (const file of Object.values(programs))
    try {
      await access(file)
    } catch {
      return `${file} is not there: apt-get install --no-install-recommends patroni etcd-server`
    }
  return undefined
}

/** Patroni's own rule is loop_wait + 2 * retry_timeout <= ttl, and it takes no ttl below 20. */
const timings = {
  default: { ttl: 30, loop_wait: 10, retry_timeout: 10 },
  fast: {
    ttl: 20,
    loop_wait: 1,
    retry_timeout: 3,
    primary_start_timeout: 0,
    failsafe_mode: true,
  },
} as const

type Member = { readonly name: string; readonly address: string; readonly machine: Machine }

const clusterSchema = z.looseObject({
  members: z.array(
    z.looseObject({
      name: z.string(),
      role: z.string(),
      state: z.string(),
      timeline: z.number().optional(),
    }),
  ),
})

export async function openPatroni(options: PatroniOptions): Promise<System> {
  const folder = await mkdtemp("/var/tmp/failover-bench-")
  const system = new Patroni(options, folder)
  try {
    await system.start()
    return system
  } catch (error) {
    await system[Symbol.asyncDispose]()
    throw error
  }
}

class Patroni implements System {
  readonly name: string
  readonly account: Account = {
    user: "application",
    password: randomBytes(12).toString("base64url"),
    database: "postgres",
  }
  readonly #options: PatroniOptions
  readonly #folder: string
  readonly #passwords = {
    superuser: randomBytes(12).toString("base64url"),
    replication: randomBytes(12).toString("base64url"),
  }
  readonly #members: Member[] = []
  #etcd: Machine | undefined

  constructor(options: PatroniOptions, folder: string) {
    this.#options = options
    this.#folder = folder
    this.name = `Patroni, ${options.timing}, ${options.mode}`
  }

  async start(): Promise<void> {
    const account = await serverAccount()
    await own(this.#folder, account)
    this.#etcd = new Machine(await this.#etcdSpec(account))
    this.#etcd.start()
    await this.#until("etcd answers", async () => {
      const answer = await fetch(`${this.#store}/health`, { signal: AbortSignal.timeout(1_000) })
      return answer.ok ? true : undefined
    })
    for (let at = 0; at < this.#options.members; at += 1) {
      const name = `member-${at}`
      const address = `127.${this.#options.block}.0.${10 + at}`
      const machine = new Machine(await this.#memberSpec(name, address, account))
      this.#members.push({ name, address, machine })
      machine.start()
      // The first one makes the cluster, the others copy it: as its manual says, and everybody knows who leads.
      if (at === 0) await this.#until("a leader runs", () => this.#leader())
    }
    await this.#prepare(await this.untilWhole(bringUpMs))
  }

  get #store(): string {
    return `http://127.${this.#options.block}.0.1:2379`
  }

  async #etcdSpec(account: OsAccount | undefined) {
    const data = join(this.#folder, "store")
    await mkdir(data, { mode: 0o700 })
    await own(data, account)
    const peer = this.#store.replace("2379", "2380")
    return {
      command: [
        programs.etcd,
        "--data-dir",
        data,
        "--name",
        "store",
        "--listen-client-urls",
        this.#store,
        "--advertise-client-urls",
        this.#store,
        "--listen-peer-urls",
        peer,
        "--initial-advertise-peer-urls",
        peer,
        "--initial-cluster",
        `store=${peer}`,
      ],
      env: { PATH: "/usr/bin:/bin" },
      cwd: this.#folder,
      account,
      logFile: join(this.#folder, "etcd.log"),
    }
  }

  async #memberSpec(name: string, address: string, account: OsAccount | undefined) {
    const home = join(this.#folder, name)
    await mkdir(home, { mode: 0o700 })
    await own(home, account)
    const file = join(home, "agent.yml")
    // JSON is YAML.
    await writeFile(file, JSON.stringify(this.#config(name, address, home)), { mode: 0o600 })
    await own(file, account)
    return {
      command: [programs.patroni, file],
      env: { PATH: `${this.#options.postgres.dir}:/usr/bin:/bin`, HOME: home, LANG: "C.UTF-8" },
      cwd: home,
      account,
      logFile: join(this.#folder, `${name}.log`),
    }
  }

  #config(name: string, address: string, home: string): object {
    const { timing, mode, postgres } = this.#options
    return {
      scope: "bench",
      name,
      restapi: { listen: `${address}:8008`, connect_address: `${address}:8008` },
      etcd3: { hosts: this.#store.replace("http://", "") },
      bootstrap: {
        dcs: {
          ...timings[timing],
          synchronous_mode: mode === "sync",
          postgresql: { use_pg_rewind: true, use_slots: true },
        },
        initdb: [{ encoding: "UTF8" }, { locale: "C.UTF-8" }, "data-checksums"],
      },
      postgresql: {
        listen: `${address}:5432`,
        connect_address: `${address}:5432`,
        data_dir: join(home, "data"),
        bin_dir: postgres.dir,
        pgpass: join(home, "pgpass"),
        authentication: {
          superuser: { username: "postgres", password: this.#passwords.superuser },
          replication: { username: "replication", password: this.#passwords.replication },
        },
        pg_hba: [
          "local all all scram-sha-256",
          "host replication replication 127.0.0.0/8 scram-sha-256",
          "host all all 127.0.0.0/8 scram-sha-256",
        ],
        // As the other side's servers have it.
        parameters: {
          unix_socket_directories: home,
          password_encryption: "scram-sha-256",
          shared_buffers: "32MB",
          max_connections: 50,
          max_wal_size: "256MB",
        },
      },
      watchdog: { mode: "off" },
    }
  }

  async #prepare(leader: string): Promise<void> {
    const { user, password } = this.account
    const statements = [
      `create role ${quoteIdentifier(user)} login password ${quoteLiteral(password)}`,
      `grant pg_monitor to ${quoteIdentifier(user)}`,
      ...tablesSql,
      `grant select, insert on bench_writes, bench_probes to ${quoteIdentifier(user)}`,
    ]
    const { client, close } = await connect(this.#hostOf(leader), this.#superuser, 20_000)
    try {
      for (const statement of statements) await client.query(statement)
    } finally {
      close()
    }
  }

  get #superuser(): Account {
    return { user: "postgres", password: this.#passwords.superuser, database: "postgres" }
  }

  hosts(): Promise<readonly Host[]> {
    return Promise.resolve(this.#members.map(({ name }) => this.#hostOf(name)))
  }

  #member(name: string): Member {
    return present(
      this.#members.find((one) => one.name === name),
      `there is a member ${name}`,
    )
  }

  #hostOf(name: string): Host {
    return { member: name, host: this.#member(name).address, port: 5432 }
  }

  /** As the first member says that answers. */
  async #cluster() {
    for (const { address } of this.#members)
      try {
        const signal = AbortSignal.timeout(2_000)
        const answer = await fetch(`http://${address}:8008/cluster`, { signal })
        if (answer.ok) return clusterSchema.parse(await answer.json()).members
      } catch {
        // Not this one, or not now.
      }
    return []
  }

  async #leader(): Promise<string | undefined> {
    const members = await this.#cluster()
    return members.find(({ role, state }) => role === "leader" && state === "running")?.name
  }

  untilWhole(withinMs: number): Promise<string> {
    return this.#until("everybody is where it should be", () => this.#whole(), withinMs)
  }

  async #whole(): Promise<string | undefined> {
    const members = await this.#cluster()
    const leader = members.find(({ role, state }) => role === "leader" && state === "running")
    const follow = members.filter(({ role }) => role === "replica" || role === "sync_standby")
    const level = new Set(members.map(({ timeline }) => timeline)).size === 1
    const isSafe =
      this.#options.mode === "async" || follow.some(({ role }) => role === "sync_standby")
    if (leader === undefined || !level || !isSafe) return undefined
    if (follow.length !== this.#options.members - 1) return undefined
    const { client, close } = await connect(this.#hostOf(leader.name), this.#superuser, 2_000)
    try {
      const { rows } = await client.query(
        "select from pg_stat_replication where state = 'streaming'",
      )
      return rows.length === this.#options.members - 1 ? leader.name : undefined
    } finally {
      close()
    }
  }

  async #until<T>(
    what: string,
    look: () => Promise<T | undefined>,
    withinMs = bringUpMs,
  ): Promise<T> {
    const until = performance.now() + withinMs
    for (;;) {
      const found = await look().catch(() => undefined)
      if (found !== undefined) return found
      if (performance.now() > until)
        throw new Error(`${this.name}: it did not come about that ${what}; see ${this.#folder}`)
      await sleep(200)
    }
  }

  async strike(fault: FaultName, primary: string): Promise<Struck | undefined> {
    const { machine, address } = this.#member(primary)
    const etcd = present(this.#etcd, "the store was started")
    // Not the machine's own first process, which has the same words after its own.
    const agent = /^\S*python\S* \S*bin\/patroni /
    switch (fault) {
      case "postmaster-killed":
        await must(machine.signal(/bin\/postgres -D/, "SIGKILL"))
        return { mend: undefined }
      case "switchover":
        await this.#switchover(primary, address)
        return { mend: undefined }
      case "member-deleted":
        await must(machine.signal(agent, "SIGTERM"))
        return {
          mend: async () => {
            await machine.lose()
            machine.start()
          },
        }
      case "node-lost":
        await machine.lose()
        return { mend: () => Promise.resolve(machine.start()) }
      case "node-frozen":
        await machine.freeze()
        return { mend: () => machine.thaw() }
      case "agent-killed":
        await must(machine.signal(agent, "SIGKILL"))
        return { mend: () => machine.startProgram() }
      case "agent-frozen":
        await must(machine.signal(agent, "SIGSTOP"))
        return { mend: () => must(machine.signal(agent, "SIGCONT")) }
      case "store-away":
        await etcd.freeze()
        return { mend: () => etcd.thaw() }
    }
  }

  async #switchover(leader: string, address: string): Promise<void> {
    const answer = await fetch(`http://${address}:8008/switchover`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ leader }),
      signal: AbortSignal.timeout(60_000),
    })
    if (!answer.ok) throw new Error(`switchover: ${answer.status} ${await answer.text()}`)
  }

  explained(): Promise<undefined> {
    return Promise.resolve(undefined)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#members.map(({ machine }) => machine.lose()))
    await this.#etcd?.lose()
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

async function must(signalled: Promise<number>): Promise<void> {
  if ((await signalled) === 0) throw new Error("the process to signal does not run")
}

async function own(path: string, account: OsAccount | undefined): Promise<void> {
  if (account !== undefined) await chown(path, account.uid, account.gid)
}
