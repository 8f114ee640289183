/**
 * One member of a test cluster: the real supervisor, sidecar and PostgreSQL as processes of this host,
 * each of which can be killed or frozen on its own.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { createInterface } from "node:readline"
import pg from "pg"
import * as z from "zod"
import { memberPod, type PodName } from "#core/ids.ts"
import { configKey, env, label, port, superuser } from "#core/names.ts"
import { type Bytes, millis, seconds } from "#core/units.ts"
import type { ClusterName, Namespace } from "#core/ids.ts"
import type { KubeApi } from "#io/kube/api.ts"
import { kinds } from "#io/kube/kinds.ts"
import type { ServerBinaries } from "#io/postgres/binaries.ts"
import { endServers, serverProcesses } from "#io/postgres/stray-servers.ts"
import { listenAddress, tree } from "./chaos/links.ts"
import { mountVolume, unmountVolume } from "./chaos/small-volume.ts"
import { supervisorEnvironment } from "./supervisor-environment.ts"

const root = join(import.meta.dirname, "../..")
/** Generous: a test fails by it only when nothing happens at all. */
export const patience = 90_000

/** What a member needs of its cluster. */
export type Home = {
  readonly folder: string
  readonly name: ClusterName
  readonly namespace: Namespace
  readonly api: KubeApi
  readonly url: URL
  readonly account: { readonly uid?: number; readonly gid?: number }
  readonly binaries: ServerBinaries
  readonly superuserPassword: string
  own(path: string): void
  /** Size of the data volume where it shall be one of its own; undefined for a plain folder. */
  readonly volume: Bytes | undefined
  /** Folder with what Kubernetes mounts for the pod's service account. */
  accountOf(name: string): Promise<string>
}

/** Where a member is: its processes listen at `own`, the others are told `published`. */
export type Place = {
  readonly own: string
  readonly published: string
  /** Tells a pod from another one of the same name; empty for the first. */
  readonly twin: string
}

export class Member {
  readonly cluster: Home
  readonly pod: PodName
  readonly address: string
  readonly published: string
  readonly folder: string
  /** Its service account: each member has its own here. */
  readonly accountName: string
  #account = ""
  uid = ""
  #supervisor: ChildProcess | undefined
  #sidecar: ChildProcess | undefined
  /** What the sidecar said of itself, in order. */
  readonly moods: string[] = []
  /** Events in the sidecar's log. */
  readonly events: Readonly<Record<string, unknown>>[] = []
  postgresLog = ""

  private constructor(cluster: Home, ordinal: number, place: Place) {
    this.cluster = cluster
    this.pod = memberPod(cluster.name, ordinal)
    this.address = place.own
    this.published = place.published
    this.folder = join(cluster.folder, `${this.pod}${place.twin}`)
    this.accountName = `${this.pod}${place.twin}`
  }

  static async create(cluster: Home, ordinal: number, place: Place): Promise<Member> {
    const member = new Member(cluster, ordinal, place)
    member.#account = await cluster.accountOf(member.accountName)
    mkdirSync(member.folder, { mode: 0o755 })
    for (const name of ["data", "run"]) member.#folder(name)
    await member.#createPod()
    return member
  }

  #folder(name: string): void {
    const path = join(this.folder, name)
    mkdirSync(path, { mode: 0o700 })
    this.cluster.own(path)
    if (name === "data" && this.cluster.volume !== undefined)
      mountVolume(path, this.cluster.volume, this.cluster.account)
  }

  /** The folder of the data volume. */
  get volume(): string {
    return join(this.folder, "data")
  }

  async #createPod(): Promise<void> {
    const { api, name } = this.cluster
    const signal = AbortSignal.timeout(patience)
    const place = { name: this.pod, namespace: this.cluster.namespace }
    const pod = await api.create(
      kinds.Pod,
      {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { ...place, labels: { [label.cluster]: name } },
        // No node is like this, so microkube leaves the pod to the test.
        spec: {
          nodeSelector: { test: "hands" },
          containers: [{ name: "postgres", image: "none" }],
        },
      },
      "test",
      signal,
    )
    this.uid = pod.metadata.uid
    await api.call(
      {
        method: "PATCH",
        path: `/api/v1/namespaces/${place.namespace}/pods/${place.name}/status`,
        contentType: "application/merge-patch+json",
        body: { status: { podIP: this.published, phase: "Running" } },
      },
      signal,
    )
  }

  get pgdata(): string {
    return join(this.folder, "data/pgdata")
  }

  get #environment(): Record<string, string> {
    const { cluster } = this
    return {
      ...supervisorEnvironment({
        folder: this.folder,
        address: this.address,
        binaries: cluster.binaries,
        wal: false,
      }),
      [env.configDir]: join(cluster.folder, "config"),
      [env.secretDir]: join(cluster.folder, "secret"),
      [env.cluster]: cluster.name,
      [env.namespace]: cluster.namespace,
      [env.podName]: this.pod,
      [env.podUid]: this.uid,
      [env.serviceAccountDir]: this.#account,
      KUBERNETES_SERVICE_HOST: cluster.url.hostname,
      KUBERNETES_SERVICE_PORT: cluster.url.port,
    }
  }

  start(): void {
    this.startSupervisor()
    this.startSidecar()
  }

  startSupervisor(): void {
    const script = join(this.cluster.folder, "config", configKey.supervisor)
    const child = spawn("bash", [script], {
      cwd: "/",
      env: this.#environment,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
      ...this.cluster.account,
    })
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => {
        this.postgresLog = (this.postgresLog + chunk.toString()).slice(-50_000)
      })
    this.#supervisor = child
  }

  startSidecar(): void {
    const program = join(root, "src/failover/main.ts")
    const relayed = this.published !== this.address
    const preload = relayed ? ["--import", join(root, "test/pg/chaos/preloaded.ts")] : []
    const child = spawn(process.execPath, [...preload, program], {
      cwd: "/",
      env: {
        ...this.#environment,
        [env.podIp]: this.published,
        ...(relayed ? { [listenAddress]: this.address } : {}),
      },
      stdio: ["ignore", "pipe", "pipe"],
      ...this.cluster.account,
    })
    child.stderr.on("data", (chunk: Buffer) => this.moods.push(`stderr: ${chunk.toString()}`))
    createInterface({ input: child.stdout }).on("line", (line) => this.#hear(line))
    this.#sidecar = child
  }

  #hear(line: string): void {
    const event = z.record(z.string(), z.unknown()).parse(JSON.parse(line))
    if (process.env["PG_SWARM_TEST_VERBOSE"] !== undefined) console.log(this.pod, line)
    this.events.push(event)
    if (this.events.length > 5000) this.events.shift()
    if (event["event"] === "mood")
      this.moods.push(`${String(event["phase"])}: ${String(event["why"])}`)
    if (event["level"] !== "info" && event["level"] !== "debug") this.moods.push(line)
  }

  get supervisorPid(): number | undefined {
    return this.#supervisor?.pid
  }

  get sidecarPid(): number | undefined {
    return this.#sidecar?.pid
  }

  /** Every process of this member that runs now. */
  processes = async (): Promise<readonly number[]> => [
    ...(this.sidecarPid === undefined ? [] : [this.sidecarPid]),
    ...(this.supervisorPid === undefined ? [] : tree(this.supervisorPid)),
    ...(await serverProcesses(this.pgdata)),
  ]

  /** The process that copies the server's log. */
  copierPid(): number | undefined {
    const { supervisorPid } = this
    if (supervisorPid === undefined) return undefined
    return tree(supervisorPid).find((pid) => {
      try {
        return readFileSync(`/proc/${pid}/comm`, "utf8").trim() === "tee"
      } catch {
        return false // it ended meanwhile
      }
    })
  }

  /** Neither sidecar nor supervisor runs. */
  get isGone(): boolean {
    return [this.#sidecar, this.#supervisor].every(
      (child) => child === undefined || child.exitCode !== null || child.signalCode !== null,
    )
  }

  /** The postmaster alone: its children find out by themselves. */
  killPostmaster(): void {
    const pid = Number(readFileSync(join(this.pgdata, "postmaster.pid"), "utf8").split("\n")[0])
    process.kill(pid, "SIGKILL")
  }

  signalServer = async (signal: NodeJS.Signals): Promise<void> => {
    for (const pid of await serverProcesses(this.pgdata)) {
      try {
        process.kill(pid, signal)
      } catch {
        // It ended between the look and the signal.
      }
    }
  }
  signalSidecar(signal: NodeJS.Signals): void {
    this.#sidecar?.kill(signal)
  }
  signalSupervisor(signal: NodeJS.Signals): void {
    this.#supervisor?.kill(signal)
  }

  /** The node is gone: everything of this member at once. */
  async kill(): Promise<void> {
    // Before the supervisor ends: what it started has no parent afterwards.
    const all = await this.processes()
    this.signalSidecar("SIGKILL")
    this.signalSupervisor("SIGKILL")
    for (const pid of all) {
      try {
        process.kill(pid, "SIGKILL")
      } catch {
        // It ended between the look and the signal.
      }
    }
    await this.signalServer("SIGKILL")
    await this.#ended()
    await endServers(this.pgdata, millis(0), AbortSignal.timeout(patience))
  }

  /** As the kubelet does it: both containers are told, and waited for. */
  async terminate(): Promise<void> {
    this.signalSidecar("SIGTERM")
    this.signalSupervisor("SIGTERM")
    await this.#ended()
  }

  async #ended(): Promise<void> {
    for (const child of [this.#sidecar, this.#supervisor])
      if (child !== undefined && child.exitCode === null && child.signalCode === null)
        await once(child, "exit")
  }

  /** The container of the sidecar alone is killed, and comes back. */
  async restartSidecar(): Promise<void> {
    const ready = this.said("failover.ready").length
    const before = this.#sidecar
    this.signalSidecar("SIGKILL")
    if (before !== undefined && before.exitCode === null && before.signalCode === null)
      await once(before, "exit")
    this.startSidecar()
    const began = performance.now()
    while (this.said("failover.ready").length === ready) {
      if (performance.now() - began > patience) throw new Error("the sidecar did not come back")
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  /** The volume is lost: what follows is an empty folder. */
  loseVolume(): void {
    if (this.cluster.volume !== undefined) unmountVolume(this.volume)
    for (const name of ["data", "run"]) {
      rmSync(join(this.folder, name), { recursive: true, force: true })
      this.#folder(name)
    }
  }

  /** The pod was deleted and made again: same name, another UID. */
  async rebirth(): Promise<void> {
    await this.deletePod()
    rmSync(join(this.folder, "run"), { recursive: true, force: true })
    this.#folder("run")
    await this.#createPod()
  }

  /** By force: what runs is not asked. */
  async deletePod(): Promise<void> {
    const signal = AbortSignal.timeout(patience)
    const { api } = this.cluster
    const old = await api.get(kinds.Pod, this.cluster.namespace, this.pod, signal)
    if (old !== undefined) {
      await api.call(
        {
          method: "DELETE",
          path: `/api/v1/namespaces/${this.cluster.namespace}/pods/${this.pod}`,
          body: { apiVersion: "v1", kind: "DeleteOptions", gracePeriodSeconds: 0 },
        },
        signal,
      )
    }
  }

  /** One statement as superuser over the member's own socket, on a connection of its own. */
  async query(text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({
      host: join(this.folder, "run"),
      port: port.postgres,
      user: superuser,
      password: this.cluster.superuserPassword,
      database: "postgres",
      connectionTimeoutMillis: 2000,
      query_timeout: seconds(10),
    })
    client.on("error", () => undefined)
    try {
      await client.connect()
      return (await client.query<Record<string, unknown>>(text, values)).rows
    } finally {
      await client.end().catch(() => undefined)
    }
  }

  async role(): Promise<"primary" | "standby" | "down"> {
    try {
      const [row] = await this.query("select pg_is_in_recovery() as recovering")
      return row?.["recovering"] === false ? "primary" : "standby"
    } catch {
      return "down"
    }
  }

  said(event: string): readonly Readonly<Record<string, unknown>>[] {
    return this.events.filter((entry) => entry["event"] === event)
  }

  async destroy(): Promise<void> {
    for (const signal of ["SIGCONT", "SIGKILL"] as const) {
      this.signalSidecar(signal)
      this.signalSupervisor(signal)
      await this.signalServer(signal).catch(() => undefined)
    }
    await this.#ended()
    await endServers(this.pgdata, millis(0), AbortSignal.timeout(patience)).catch(() => undefined)
    if (this.cluster.volume !== undefined) unmountVolume(this.volume)
  }
}
