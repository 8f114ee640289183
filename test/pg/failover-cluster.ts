/**
 * A cluster of real members for tests: for each one the real supervisor, the real sidecar and a real
 * PostgreSQL, with addresses of their own, over a microkube that serves the API and runs nothing itself.
 * Every process can be killed or frozen on its own.
 */
import assert from "node:assert/strict"
import { type ChildProcess, spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import { once } from "node:events"
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import * as z from "zod"
import type { Databases } from "#core/cluster/databases.ts"
import { pgHba } from "#core/cluster/hba.ts"
import { postgresqlConf } from "#core/cluster/parameters.ts"
import type { ClusterSpec, Durability, PostgresMajor, Preset } from "#core/cluster/spec.ts"
import { clusterId, clusterName, namespace, term } from "#core/ids.ts"
import { configKey, label, objectNames, peerServerName, port, secretKey } from "#core/names.ts"
import { type Bytes, gibibytes } from "#core/units.ts"
import { access } from "#core/manifests/access.ts"
import { lease } from "#core/manifests/lease.ts"
import { issue, newAuthority } from "#io/certificates/authority.ts"
import { kubeconfigAccess } from "#io/kube/access.ts"
import { KubeApi } from "#io/kube/api.ts"
import { MicrokubeFaults } from "#io/kube/faults.ts"
import { kinds } from "#io/kube/kinds.ts"
import { parseLease } from "#io/kube/lease.ts"
import { writeDatabases } from "#wire/databases-file.ts"
import { supervisorScript } from "#io/supervisor/gen/supervisor.ts"
import { serverAccount } from "#io/process/account.ts"
import type { ServerBinaries } from "#io/postgres/binaries.ts"
import { firstPause, nextPause } from "../fixtures/asking.ts"
import { clusterSpec } from "../fixtures/cluster-spec.ts"
import { Links } from "./chaos/links.ts"
import { makeAccount } from "./failover-account.ts"
import { Member, patience } from "./failover-member.ts"

export type { Member } from "./failover-member.ts"

const root = join(import.meta.dirname, "../..")

let clusters = 0

export type Options = {
  readonly members?: number
  readonly durability?: Durability
  readonly preset?: Preset
  /** Members reach each other through relays that can be cut. */
  readonly links?: boolean
  /** Data volumes of this size, which can be filled; takes root. */
  readonly volume?: Bytes
  readonly parameters?: Readonly<Record<string, string>>
}

export class FailoverCluster implements AsyncDisposable {
  readonly name = clusterName("c")
  readonly namespace = namespace("test")
  readonly folder: string
  readonly spec: ClusterSpec
  readonly members: Member[] = []
  readonly #forgotten: Member[] = []
  readonly binaries: ServerBinaries
  /** Undefined unless asked for. */
  readonly links: Links | undefined
  readonly volume: Bytes | undefined
  readonly #block: string
  #microkube: ChildProcess | undefined
  #api: KubeApi | undefined
  #authority = ""
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
    this.links = options.links === true ? new Links() : undefined
    this.volume = options.volume
    this.spec = specOf(this.name, this.namespace, binaries, options)
  }

  static async create(binaries: ServerBinaries, options: Options = {}): Promise<FailoverCluster> {
    const cluster = new FailoverCluster(binaries, options, await serverAccount())
    try {
      await cluster.#startMicrokube()
      await cluster.#shared()
      for (let ordinal = 0; ordinal < cluster.spec.members; ordinal += 1)
        await cluster.#addMember(ordinal)
    } catch (failure) {
      await cluster[Symbol.asyncDispose]()
      throw failure
    }
    return cluster
  }

  async #addMember(ordinal: number): Promise<void> {
    this.members.push(await this.#made(ordinal, ""))
  }

  /**
   * Another pod by the name of one of the members, with an empty volume, that takes its place among the
   * members: the old one's processes run on, and nobody but the test ends them.
   */
  async twin(ordinal: number): Promise<Member> {
    await this.member(ordinal).deletePod()
    const twin = await this.#made(ordinal, "-twin")
    this.#forgotten.push(...this.members.splice(ordinal, 1, twin))
    return twin
  }

  async #made(ordinal: number, twin: string): Promise<Member> {
    const address = (last: number): string => `${this.#block}.${process.pid % 250}.${last}`
    const place = ordinal + (twin === "" ? 10 : 20)
    const published = address(place)
    const own = this.links === undefined ? published : address(place + 100)
    const member = await Member.create(this, ordinal, { own, published, twin })
    const { pod, processes } = member
    await this.links?.add({ pod, own, published, processes }, [port.postgres, port.peer])
    return member
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
    const admin = await kubeconfigAccess(kubeconfig)
    this.#api = new KubeApi(admin)
    this.#authority = admin.authority ?? ""
  }

  accountOf(account: string): Promise<string> {
    const { api, namespace, name, folder } = this
    const authority = this.#authority
    return makeAccount({ api, namespace, cluster: name, folder, authority }, account)
  }

  /** Faults of the Kubernetes API, for all or for one member (`serviceAccount: <namespace>/<its account>`). */
  get faults(): MicrokubeFaults {
    return new MicrokubeFaults(this.api, AbortSignal.timeout(patience))
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
    const [, role] = access(this.spec)
    assert(role?.kind === "Role")
    await this.api.create(kinds.Role, { ...role }, "test", signal)
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
  configure(change: {
    readonly durability?: Durability
    readonly preset?: Preset
    readonly members?: number
    /** Recovery rules; anything at all, also what no sidecar can use. */
    readonly recovery?: unknown
  }): void {
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
        members: change.members ?? members,
        preset: change.preset ?? failover.preset,
        durability: change.durability ?? failover.durability,
        satelliteAddress: "127.0.0.1:1",
        paused: false,
        logLevel: "debug",
        ...(change.recovery === undefined ? {} : { recovery: change.recovery }),
      }),
    )
  }

  /** Parameters beside those that the cluster began with, as the satellite would write them. */
  parameters(more: Readonly<Record<string, string>>): void {
    const parameters = { ...this.spec.parameters, ...more }
    this.#write(
      join(this.folder, "config", configKey.postgresqlConf),
      postgresqlConf({ ...this.spec, parameters }),
    )
  }

  /** The list of databases in the Secret and the rules that limit them, as the satellite would write them. */
  databases(list: Databases): void {
    this.#write(join(this.folder, "secret", secretKey.databases), writeDatabases(list))
    this.#write(
      join(this.folder, "config", configKey.hba),
      pgHba({ ...this.spec, databases: list }),
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

  /** Label of each pod, as services see it. */
  async roles(): Promise<ReadonlyMap<string, string | undefined>> {
    const labels = `${label.cluster}=${this.name}`
    const signal = AbortSignal.timeout(patience)
    const { items } = await this.api.list(kinds.Pod, this.namespace, { labels }, signal)
    return new Map(items.map(({ metadata }) => [metadata.name, metadata.labels?.[label.role]]))
  }

  /** Asks until it is so; says what every member thinks when it is not in time. */
  async until(
    what: string,
    so: () => Promise<boolean> | boolean,
    within = patience,
  ): Promise<void> {
    const began = performance.now()
    for (let pause = firstPause; ; pause = nextPause(pause)) {
      if (await so()) return
      if (performance.now() - began > within) {
        const moods = this.members.map(
          (member) => `${member.pod}: ${member.moods.slice(-6).join(" | ")}`,
        )
        throw new Error(`it did not come about that ${what}:\n${moods.join("\n")}`)
      }
      await new Promise((resolve) => setTimeout(resolve, pause))
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
    const all = [...this.members, ...this.#forgotten]
    await Promise.all(all.map((member) => member.destroy()))
    await this.links?.[Symbol.asyncDispose]()
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

const specOf = (
  name: ClusterSpec["name"],
  space: ClusterSpec["namespace"],
  binaries: ServerBinaries,
  options: Options,
): ClusterSpec =>
  clusterSpec({
    id: clusterId(randomUUID()),
    name,
    namespace: space,
    profile: "test",
    members: options.members ?? 2,
    postgres: { major: binaries.major as PostgresMajor, image: "none" },
    data: { size: options.volume ?? gibibytes(5), storageClass: undefined },
    parameters: {
      shared_buffers: "16MB",
      max_connections: "40",
      max_wal_size: "128MB",
      ...options.parameters,
    },
    failover: { preset: options.preset ?? "fast", durability: options.durability ?? "preferred" },
  })
