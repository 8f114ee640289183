/**
 * A cluster of real members for tests: for each one the real supervisor, the real sidecar and a real
 * PostgreSQL, with addresses of their own, over a microkube that serves the API and runs nothing itself.
 * Every process can be killed or frozen on its own.
 */
import assert from "node:assert/strict"
import { type ChildProcess, spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import { once } from "node:events"
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import pg from "pg"
import * as z from "zod"
import { pgHba } from "#core/cluster/hba.ts"
import { postgresqlConf } from "#core/cluster/parameters.ts"
import type { ClusterSpec, Durability, PostgresMajor, Preset } from "#core/cluster/spec.ts"
import {
  clusterId,
  clusterName,
  configVersion,
  memberPod,
  namespace,
  type PodName,
  term,
} from "#core/ids.ts"
import {
  configKey,
  env,
  label,
  objectNames,
  peerServerName,
  port,
  secretKey,
  superuser,
} from "#core/names.ts"
import { gibibytes, millis, seconds } from "#core/units.ts"
import { lease } from "#core/manifests/lease.ts"
import { issue, newAuthority } from "#io/certificates/authority.ts"
import { kubeconfigAccess } from "#io/kube/access.ts"
import { KubeApi } from "#io/kube/api.ts"
import { kinds } from "#io/kube/kinds.ts"
import { parseLease } from "#io/kube/lease.ts"
import { supervisorScript } from "#io/supervisor/gen/supervisor.ts"
import { serverAccount } from "#io/process/account.ts"
import { endServers, serverProcesses } from "#io/postgres/stray-servers.ts"
import type { ServerBinaries } from "#io/postgres/binaries.ts"
import { supervisorEnvironment } from "./supervisor-environment.ts"

const root = join(import.meta.dirname, "../..")
/** Generous: a test fails by it only when nothing happens at all. */
export const patience = 90_000

let clusters = 0

export type Options = {
  readonly members?: number
  readonly durability?: Durability
  readonly preset?: Preset
}

export class FailoverCluster implements AsyncDisposable {
  readonly name = clusterName("c")
  readonly namespace = namespace("test")
  readonly folder: string
  readonly spec: ClusterSpec
  readonly members: Member[] = []
  readonly binaries: ServerBinaries
  readonly #block: string
  #microkube: ChildProcess | undefined
  #api: KubeApi | undefined
  readonly account: { readonly uid?: number; readonly gid?: number }
  url = new URL("https://nowhere")

  private constructor(
    binaries: ServerBinaries,
    options: Options,
    account: { readonly uid: number; readonly gid: number } | undefined,
  ) {
    clusters += 1
    this.binaries = binaries
    this.#block = `127.${70 + clusters}`
    this.folder = mkdtempSync(join(tmpdir(), "pg-swarm-failover-"))
    chmodSync(this.folder, 0o755)
    this.account = account === undefined ? {} : { uid: account.uid, gid: account.gid }
    this.spec = specOf(this.name, this.namespace, binaries, options)
  }

  static async create(binaries: ServerBinaries, options: Options = {}): Promise<FailoverCluster> {
    const cluster = new FailoverCluster(binaries, options, await serverAccount())
    try {
      await cluster.#startMicrokube()
      await cluster.#shared()
      for (let ordinal = 0; ordinal < cluster.spec.members; ordinal += 1)
        cluster.members.push(await Member.create(cluster, ordinal, cluster.#address(ordinal)))
    } catch (failure) {
      await cluster[Symbol.asyncDispose]()
      throw failure
    }
    return cluster
  }

  #address(ordinal: number): string {
    return `${this.#block}.${process.pid % 250}.${ordinal + 10}`
  }

  get api(): KubeApi {
    assert(this.#api !== undefined)
    return this.#api
  }

  member(ordinal: number): Member {
    const found = this.members[ordinal]
    assert(found !== undefined)
    return found
  }

  async #startMicrokube(): Promise<void> {
    const config = join(this.folder, "microkube.json")
    writeFileSync(config, JSON.stringify({ nodes: ["none"], images: [], storageClasses: [] }))
    const dir = join(this.folder, "kube")
    const child = spawn(
      process.execPath,
      [
        join(root, "src/microkube/main.ts"),
        "--dir",
        dir,
        "--name",
        "test",
        "--block",
        this.#block,
        "--port",
        "0",
        "--config",
        config,
      ],
      { stdio: ["ignore", "pipe", "pipe"] },
    )
    this.#microkube = child
    let log = ""
    child.stderr.on("data", (chunk: Buffer) => (log = (log + chunk.toString()).slice(-5000)))
    const lines = createInterface({ input: child.stdout })
    const [line] = await Promise.race([
      once(lines, "line").then(([first]) => [String(first)] as const),
      once(child, "exit").then(() => Promise.reject(new Error(`microkube ended: ${log}`))),
    ])
    const { kubeconfig, url } = z
      .object({ kubeconfig: z.string(), url: z.string() })
      .parse(JSON.parse(line))
    this.url = new URL(url)
    const access = await kubeconfigAccess(kubeconfig)
    this.#api = new KubeApi(access)
    const account = join(this.folder, "account")
    mkdirSync(account)
    writeFileSync(join(account, "token"), (await access.token()) ?? "")
    writeFileSync(join(account, "ca.crt"), access.authority ?? "")
  }

  /** Takes the Kubernetes API away, and gives it back. */
  freezeApi(): void {
    this.#microkube?.kill("SIGSTOP")
  }
  thawApi(): void {
    this.#microkube?.kill("SIGCONT")
  }

  async #shared(): Promise<void> {
    const signal = AbortSignal.timeout(patience)
    await this.api.create(kinds.Namespace, { metadata: { name: this.namespace } }, "test", signal)
    const record = { systemIdentifier: undefined, highestTerm: term(0) }
    await this.api.create(kinds.Lease, { ...lease(this.spec, record) }, "test", signal)
    await this.#secrets()
    this.configure({})
  }

  async #secrets(): Promise<void> {
    const now = Date.now()
    const authority = await newAuthority("peers", now, 30)
    const peer = await issue(authority, peerServerName(this.name), now, 30)
    const dir = join(this.folder, "secret")
    mkdirSync(dir, { mode: 0o755 })
    const files: Record<string, string> = {
      [secretKey.superuserPassword]: this.superuserPassword,
      [secretKey.replicationPassword]: "repli:cation'\\secret",
      [secretKey.sidecarToken]: randomUUID(),
      [secretKey.peerCa]: authority.certificate,
      [secretKey.peerCertificate]: peer.certificate,
      [secretKey.peerKey]: peer.key,
      [secretKey.satelliteCa]: authority.certificate,
    }
    for (const [name, content] of Object.entries(files)) this.#write(join(dir, name), content)
  }

  readonly superuserPassword = "super 'secret' \\ one"

  /** Writes the ConfigMap's files anew, as the satellite would. */
  configure(change: { readonly durability?: Durability; readonly preset?: Preset }): void {
    const dir = join(this.folder, "config")
    mkdirSync(dir, { recursive: true })
    const { failover, id, members } = this.spec
    this.#write(join(dir, configKey.postgresqlConf), postgresqlConf(this.spec))
    this.#write(join(dir, configKey.hba), pgHba(this.spec))
    this.#write(join(dir, configKey.supervisor), supervisorScript)
    this.#write(
      join(dir, configKey.podConfig),
      JSON.stringify({
        cluster: this.name,
        namespace: this.namespace,
        clusterId: id,
        members,
        preset: change.preset ?? failover.preset,
        durability: change.durability ?? failover.durability,
        satelliteAddress: "127.0.0.1:1",
        paused: false,
        logLevel: "debug",
      }),
    )
  }

  #write(file: string, content: string): void {
    writeFileSync(file, content, { mode: 0o600 })
    this.own(file)
  }

  own(path: string): void {
    const { uid, gid } = this.account
    if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid)
  }

  async lease() {
    const found = await this.api.get(
      kinds.Lease,
      this.namespace,
      objectNames(this.name).lease,
      AbortSignal.timeout(patience),
    )
    assert(found !== undefined, "the Lease exists")
    return parseLease(found)
  }

  /** Pods that carry the label of the primary. */
  async labelled(): Promise<readonly string[]> {
    const { items } = await this.api.list(
      kinds.Pod,
      this.namespace,
      { labels: `${label.role}=primary` },
      AbortSignal.timeout(patience),
    )
    return items.map(({ metadata }) => metadata.name)
  }

  /** Asks every 50 ms until it is so; says what every member thinks when it is not in time. */
  async until(
    what: string,
    so: () => Promise<boolean> | boolean,
    within = patience,
  ): Promise<void> {
    const began = performance.now()
    for (;;) {
      if (await so()) return
      if (performance.now() - began > within) {
        const moods = this.members.map(
          (member) => `${member.pod}: ${member.moods.slice(-6).join(" | ")}`,
        )
        throw new Error(`it did not come about that ${what}:\n${moods.join("\n")}`)
      }
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  /** The member that answers as primary; undefined when none or several do. */
  async primary(): Promise<Member | undefined> {
    const roles = await Promise.all(this.members.map((member) => member.role()))
    const found = this.members.filter((_, at) => roles[at] === "primary")
    return found.length === 1 ? found[0] : undefined
  }

  async untilPrimary(is: (member: Member) => boolean = () => true): Promise<Member> {
    let found: Member | undefined
    await this.until("there is a primary", async () => {
      found = await this.primary()
      return found !== undefined && is(found)
    })
    assert(found !== undefined)
    return found
  }

  /** Until every other running member streams from `primary`. */
  async untilStreaming(primary: Member, count = this.members.length - 1): Promise<void> {
    await this.until(`${count} members stream from ${primary.pod}`, async () => {
      const rows = await primary
        .query(
          "select from pg_stat_replication where state = 'streaming' and application_name = any($1)",
          [this.members.map(({ pod }) => pod)],
        )
        .catch(() => [])
      return rows.length >= count
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.thawApi()
    await Promise.all(this.members.map((member) => member.destroy()))
    const kube = this.#microkube
    if (kube !== undefined && kube.exitCode === null) {
      kube.kill("SIGTERM")
      await once(kube, "exit")
    }
    this.#api?.[Symbol.dispose]()
    if (process.env["PG_SWARM_TEST_KEEP"] === undefined)
      rmSync(this.folder, { recursive: true, force: true })
    else console.log(`kept: ${this.folder}`)
  }
}

export class Member {
  readonly cluster: FailoverCluster
  readonly pod: PodName
  readonly address: string
  readonly folder: string
  uid = ""
  #supervisor: ChildProcess | undefined
  #sidecar: ChildProcess | undefined
  /** What the sidecar said of itself, in order. */
  readonly moods: string[] = []
  /** Events in the sidecar's log. */
  readonly events: Readonly<Record<string, unknown>>[] = []
  postgresLog = ""

  private constructor(cluster: FailoverCluster, ordinal: number, address: string) {
    this.cluster = cluster
    this.pod = memberPod(cluster.name, ordinal)
    this.address = address
    this.folder = join(cluster.folder, this.pod)
  }

  static async create(cluster: FailoverCluster, ordinal: number, address: string): Promise<Member> {
    const member = new Member(cluster, ordinal, address)
    mkdirSync(member.folder, { mode: 0o755 })
    for (const name of ["data", "run"]) member.#folder(name)
    await member.#createPod()
    return member
  }

  #folder(name: string): void {
    const path = join(this.folder, name)
    mkdirSync(path, { mode: 0o700 })
    this.cluster.own(path)
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
        body: { status: { podIP: this.address, phase: "Running" } },
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
      [env.serviceAccountDir]: join(cluster.folder, "account"),
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
    const child = spawn(process.execPath, [join(root, "src/failover/main.ts")], {
      cwd: "/",
      env: this.#environment,
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
    this.signalSidecar("SIGKILL")
    this.signalSupervisor("SIGKILL")
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

  /** The volume is lost: what follows is an empty folder. */
  loseVolume(): void {
    for (const name of ["data", "run"]) {
      rmSync(join(this.folder, name), { recursive: true, force: true })
      this.#folder(name)
    }
  }

  /** The pod was deleted and made again: same name, another UID. */
  async rebirth(): Promise<void> {
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
    rmSync(join(this.folder, "run"), { recursive: true, force: true })
    this.#folder("run")
    await this.#createPod()
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
  }
}

const specOf = (
  name: ClusterSpec["name"],
  space: ClusterSpec["namespace"],
  binaries: ServerBinaries,
  options: Options,
): ClusterSpec => ({
  id: clusterId(randomUUID()),
  name,
  namespace: space,
  profile: "test",
  version: configVersion(1),
  paused: false,
  members: options.members ?? 2,
  postgres: { major: binaries.major as PostgresMajor, image: "none" },
  data: { size: gibibytes(5), storageClass: undefined },
  wal: undefined,
  resources: {
    cpuRequest: undefined,
    memoryRequest: undefined,
    cpuLimit: undefined,
    memoryLimit: undefined,
  },
  parameters: { shared_buffers: "16MB", max_connections: "40", max_wal_size: "128MB" },
  hba: [],
  failover: { preset: options.preset ?? "fast", durability: options.durability ?? "preferred" },
})
