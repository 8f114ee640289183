/**
 * One instance pod's postgres container for tests: the real supervisor over real PostgreSQL in
 * temporary folders, with an address of its own (127.60.x.y).
 */
import { spawn } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { chown, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises"
import { readdirSync, readFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { once } from "node:events"
import pg from "pg"
import { firstPause, nextPause } from "../fixtures/asking.ts"
import { supervisorEnvironment } from "./supervisor-environment.ts"
import { replicationUser } from "#core/names.ts"
import { systemIdentifier, term as termOf } from "#core/ids.ts"
import type { SystemIdentifier } from "#core/ids.ts"
import { millis } from "#core/units.ts"
import type { ServerBinaries } from "#io/postgres/binaries.ts"
import { endServers } from "#io/postgres/stray-servers.ts"
import { writeServerConfig } from "#io/postgres/server-config.ts"
import type { Conninfo } from "#io/postgres/server-config.ts"
import { serverAccount } from "#io/process/account.ts"
import { openSupervisor } from "#io/supervisor/channel.ts"
import { uptimeNow } from "#io/supervisor/uptime.ts"
import type {
  JobName,
  Order,
  Source,
  Supervisor,
  SupervisorReport,
  SupervisorStatus,
} from "#io/supervisor/supervisor.ts"

export const supervisorScript = join(import.meta.dirname, "../../src/io/supervisor/supervisor.sh")
const port = 5432
/** Generous: a test fails by it only when nothing happens at all. */
export const patience = 60_000

let lastAddress = 0
const nextAddress = (): string => {
  lastAddress += 1
  return `127.60.${process.pid % 250}.${lastAddress}`
}

/** A process id space of its own: the supervisor is its first process, or below one that never buries orphans. */
export type Space = "first" | "unburied"

export class Instance implements AsyncDisposable {
  readonly folder: string
  readonly address = nextAddress()
  readonly supervisor: Supervisor
  readonly binaries: ServerBinaries
  readonly #uid: number | undefined
  readonly #gid: number | undefined
  readonly #env: Record<string, string>
  readonly #space: Space | undefined
  #process: ChildProcess | undefined
  readonly superuserPassword = "super 'secret' \\ one"
  readonly replicationPassword = "repli:cation'\\secret"
  /** What the container wrote on its standard output. */
  output = ""

  private constructor(
    folder: string,
    binaries: ServerBinaries,
    account: { readonly uid: number; readonly gid: number } | undefined,
    options: { readonly wal?: boolean; readonly space?: Space },
  ) {
    this.folder = folder
    this.binaries = binaries
    this.#uid = account?.uid
    this.#gid = account?.gid
    this.supervisor = openSupervisor(this.path("run"))
    this.#env = supervisorEnvironment({
      folder,
      address: this.address,
      binaries,
      wal: options.wal === true,
    })
    this.#space = options.space
  }

  static async create(
    binaries: ServerBinaries,
    options: { readonly wal?: boolean; readonly space?: Space } = {},
  ): Promise<Instance> {
    const account = await serverAccount()
    const folder = await mkdtemp(join(tmpdir(), "pg-swarm-pg-"))
    const instance = new Instance(folder, binaries, account, options)
    await instance.#own(folder)
    for (const name of ["data", "wal", "run", "config", "secret"]) {
      await mkdir(instance.path(name), { mode: 0o700 })
      await instance.#own(instance.path(name))
    }
    await instance.write(
      "config/pg_hba.conf",
      [
        "local all all scram-sha-256",
        `host replication ${replicationUser} all scram-sha-256`,
        "host all all all scram-sha-256",
        "",
      ].join("\n"),
    )
    await instance.write("secret/superuser-password", instance.superuserPassword)
    await instance.write("secret/replication-password", instance.replicationPassword)
    await instance.configure(undefined)
    return instance
  }

  /** For spawning another process of the same account. */
  get account(): { readonly uid?: number; readonly gid?: number } {
    return {
      ...(this.#uid === undefined ? {} : { uid: this.#uid }),
      ...(this.#gid === undefined ? {} : { gid: this.#gid }),
    }
  }

  /** What a volume looks like when it was lost: the folder is elsewhere, its place is free. */
  moveAway(name: string): Promise<void> {
    return rename(this.path(name), `${this.path(name)}.away`)
  }

  path(...below: readonly string[]): string {
    return join(this.folder, ...below)
  }

  async #own(path: string): Promise<void> {
    if (this.#uid !== undefined && this.#gid !== undefined) await chown(path, this.#uid, this.#gid)
  }

  async write(name: string, content: string): Promise<void> {
    await writeFile(this.path(name), content, { mode: 0o600 })
    await this.#own(this.path(name))
  }

  /** Writes the server's configuration; `follow` is the primary. */
  async configure(
    follow: Instance | undefined,
    others: Readonly<Record<string, string | number | boolean>> = {},
  ): Promise<void> {
    const primaryConninfo: Conninfo | undefined =
      follow === undefined
        ? undefined
        : {
            host: follow.address,
            port,
            user: replicationUser,
            password: follow.replicationPassword,
            application_name: this.address,
          }
    await writeServerConfig(this.path("run"), {
      include: undefined,
      clusterName: "test",
      primaryConninfo,
      primarySlotName: undefined,
      synchronousStandbys: undefined,
      others: {
        port,
        shared_buffers: "16MB",
        max_connections: 30,
        max_wal_size: "128MB",
        wal_log_hints: true,
        wal_keep_size: "512MB",
        wal_retrieve_retry_interval: "200ms",
        ...others,
      },
    })
    await this.#own(this.path("run/postgresql.conf"))
  }

  /** Starts the supervisor and waits until it is in hold. */
  async boot(): Promise<SupervisorStatus> {
    const before = (await this.supervisor.status())?.bootNonce
    const command = ["bash", supervisorScript]
    const [program = "", ...args] =
      this.#space === undefined ? command : this.#inOwnSpace(command, this.#space)
    const child = spawn(program, args, {
      cwd: "/",
      env: this.#env,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
      ...(this.#space === undefined ? this.account : {}),
    })
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => {
        this.output = (this.output + chunk.toString("utf8")).slice(-100_000)
      })
    this.#process = child
    return this.#until((status) => status.bootNonce !== before)
  }

  #inOwnSpace(command: readonly string[], space: Space): readonly string[] {
    const account =
      this.#uid === undefined
        ? []
        : [
            "setpriv",
            `--reuid=${this.#uid}`,
            `--regid=${this.#gid}`,
            "--clear-groups",
            "--pdeathsig=KILL",
          ]
    const first = space === "first" ? [] : ["bash", "-c", '"$@" & exec sleep infinity', "bash"]
    return [
      "unshare",
      "--pid",
      "--fork",
      "--mount-proc",
      "--kill-child",
      ...account,
      ...first,
      ...command,
    ]
  }

  /** The first process of its own space, as this machine numbers it: the supervisor, or who never buries. */
  get firstProcess(): number {
    const [first] = childrenOf(this.pid)
    if (first === undefined) throw new Error("there is no first process")
    return first.pid
  }

  /** Process id of the supervisor. */
  get pid(): number {
    const pid = this.#process?.pid
    if (pid === undefined) throw new Error("the supervisor was not booted")
    return pid
  }

  kill(signal: NodeJS.Signals): void {
    this.#process?.kill(signal)
  }

  /** Nobody reads what the container writes, until `resumeLog`. */
  pauseLog(): void {
    this.#process?.stdout?.pause()
    this.#process?.stderr?.pause()
  }

  resumeLog(): void {
    this.#process?.stdout?.resume()
    this.#process?.stderr?.resume()
  }

  /** Resolves with the exit code when the supervisor has ended. */
  async ended(): Promise<number> {
    const child = this.#process
    if (child === undefined) throw new Error("the supervisor was not booted")
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit")
    return child.exitCode ?? 128
  }

  async #until(condition: (status: SupervisorStatus) => boolean): Promise<SupervisorStatus> {
    const began = performance.now()
    for (let pause = firstPause; ; pause = nextPause(pause)) {
      const status = await this.supervisor.status()
      if (status !== undefined && condition(status)) return status
      if (performance.now() - began > patience)
        throw new Error(`the supervisor did not get there: ${this.output.slice(-2000)}`)
      await new Promise((resolve) => setTimeout(resolve, pause))
    }
  }

  untilRunning(kind: SupervisorStatus["running"]["kind"]): Promise<SupervisorStatus> {
    return this.#until((status) => status.running.kind === kind)
  }

  /** Gives an order that must be obeyed. */
  async order(order: Order): Promise<void> {
    const result = await this.supervisor.order(order, AbortSignal.timeout(patience))
    if (result.kind === "refused") throw new Error(`${order.kind} was refused: ${result.reason}`)
  }

  /** Gives an order that must be refused; answers why it was. */
  async refused(order: Order): Promise<string> {
    const result = await this.supervisor.order(order, AbortSignal.timeout(patience))
    if (result.kind === "done") throw new Error(`${order.kind} was obeyed`)
    return result.reason
  }

  /** Listens from now on; `next(kind)` waits for the next report of that kind. */
  listen(): {
    next<K extends SupervisorReport["kind"]>(
      kind: K,
    ): Promise<Extract<SupervisorReport, { kind: K }>>
  } & AsyncDisposable {
    const stop = new AbortController()
    const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(patience)])
    const reports = this.supervisor.reports(signal)[Symbol.asyncIterator]()
    const is = <K extends SupervisorReport["kind"]>(
      report: SupervisorReport,
      kind: K,
    ): report is Extract<SupervisorReport, { kind: K }> => report.kind === kind
    return {
      next: async (kind) => {
        for (;;) {
          const { value, done } = await reports.next()
          if (done === true) throw new Error(`no ${kind} came: ${this.output.slice(-3000)}`)
          if (is(value, kind)) return value
        }
      },
      [Symbol.asyncDispose]: async () => {
        stop.abort()
        await reports.return?.()
      },
    }
  }

  /** Runs a job to its end. */
  async job(
    name: JobName,
    source?: Source,
  ): Promise<{ readonly exitCode: number; readonly output: string }> {
    await using reports = this.listen()
    await this.order({ kind: "run-job", job: `${name}-1`, name, source })
    return await reports.next("job-ended")
  }

  async initialise(): Promise<void> {
    const { exitCode, output } = await this.job("initdb")
    if (exitCode !== 0) throw new Error(`initdb failed: ${output}`)
  }

  /** Starts as primary with a deadline `ahead` milliseconds ahead, and waits until it takes connections. */
  async startPrimary(term: number, ahead = 120_000): Promise<void> {
    await this.order({ kind: "start-primary", term: termOf(term), deadline: uptimeNow() + ahead })
    await this.answering()
  }

  async startStandby(): Promise<void> {
    await this.order({ kind: "start-standby" })
    await this.answering()
  }

  /** Stops the server in good order and waits until it is gone. */
  async stop(): Promise<void> {
    await using reports = this.listen()
    await this.order({ kind: "stop-fast", within: millis(30_000) })
    await reports.next("server-gone")
  }

  source(of: SystemIdentifier | undefined): Source {
    return { host: this.address, port, systemIdentifier: of }
  }

  async client(): Promise<pg.Client> {
    const client = new pg.Client({
      host: this.address,
      port,
      user: "postgres",
      password: this.superuserPassword,
      database: "postgres",
      connectionTimeoutMillis: 5000,
    })
    client.on("error", () => undefined)
    await client.connect()
    return client
  }

  async sql(text: string): Promise<string | undefined> {
    const client = await this.client()
    try {
      const { rows } = await client.query<string[]>({ text, rowMode: "array" })
      return rows[0]?.[0] === undefined ? undefined : String(rows[0][0])
    } finally {
      await client.end()
    }
  }

  /** Waits until the server takes connections. */
  async answering(): Promise<void> {
    await eventually(
      `${this.address} answers: ${this.output.slice(-1500)}`,
      async () => (await this.sql("select 1").catch(() => "")) === "1",
    )
  }

  async systemIdentifier(): Promise<SystemIdentifier> {
    return systemIdentifier(
      (await this.sql("select system_identifier from pg_control_system()")) ?? "",
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#process
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      child.kill("SIGCONT")
      child.kill("SIGKILL")
      await this.ended()
    }
    await endServers(this.path("data/pgdata"), millis(1), AbortSignal.timeout(patience))
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Waits until `condition` holds. */
export async function eventually(
  what: string,
  condition: () => Promise<boolean> | boolean,
): Promise<void> {
  const began = performance.now()
  for (let pause = firstPause; !(await condition()); pause = nextPause(pause)) {
    if (performance.now() - began > patience) throw new Error(`never came true: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, pause))
  }
}

/** Whether a process exists and is not a zombie. */
export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(")") + 2))
  } catch {
    return false
  }
}

/** Processes whose parent is `parent`, dead ones that nobody reaped included. */
export const childrenOf = (
  parent: number,
): readonly { readonly pid: number; readonly name: string; readonly state: string }[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, "utf8")
        const end = stat.lastIndexOf(")")
        const [state = "", above] = stat.slice(end + 2).split(" ")
        const found = { pid: Number(name), name: stat.slice(stat.indexOf("(") + 1, end), state }
        return Number(above) === parent ? [found] : []
      } catch {
        return [] // it ended meanwhile
      }
    })
