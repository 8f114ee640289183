/**
 * A whole site for tests of changed configs: a Kubernetes that really runs the members, the real satellite in this
 * process, and a central that only says what it wants. A cluster is made once and changed many times.
 */
import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises"
import { networkInterfaces, tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { Client } from "pg"
import { present } from "#core/assert.ts"
import type { ClusterSpec } from "#core/cluster/spec.ts"
import type { ClusterHealth, InstanceHealth } from "#core/cluster/state.ts"
import { configVersion, type PodName, podName } from "#core/ids.ts"
import { container, env, failoverNodeFlags, path, port, superuser } from "#core/names.ts"
import type { ConfigChange } from "#core/rollout/change.ts"
import { findServerBinaries } from "#io/postgres/binaries.ts"
import { serverAccount } from "#io/process/account.ts"
import { applicationSql, newApplication } from "../../src/demo/application.ts"
import { SiteKube } from "../../src/demo/kube.ts"
import { type PodProcess, postmasterOf, processesOfPod } from "../../src/demo/containers.ts"
import { type Database, Writer } from "../../src/demo/writer.ts"
import { type Watched, witness, Witnesses, witnessSql } from "../pg/chaos/witnesses.ts"
import { Kubectl } from "./kubectl.ts"
import { anySpec, SatelliteUnderTest, TestKube } from "./satellite-under-test.ts"
import { TinyCentral } from "./tiny-central.ts"

export type Ground = AsyncDisposable & {
  readonly name: string
  readonly kubeconfig: string
  readonly postgresImage: string
  readonly failoverImage: string
  /** An address of this process that pods reach. */
  readonly host: string
  readonly asSuperuser: (
    world: RolloutWorld,
    pod: string,
    statements: readonly string[],
  ) => Promise<void>
  /** The pod's processes, where they are processes of this host. */
  readonly processes: (namespace: string, pod: string) => Promise<readonly PodProcess[]>
}

/** Members are processes of this host. */
export async function microkubeGround(block: string): Promise<Ground> {
  const folder = await mkdtemp(join(tmpdir(), "rollout-"))
  await chmod(folder, 0o755)
  const account = await serverAccount()
  const [binaries] = await findServerBinaries({ path: process.env["PATH"] })
  const { dir, major } = present(binaries, "there is a PostgreSQL")
  const PATH = `${dir}:/usr/local/bin:/usr/bin:/bin`
  const source = (program: string): string =>
    join(import.meta.dirname, "../../src", program, "main.ts")
  const config = {
    nodes: ["node-1", "node-2", "node-3"],
    images: [
      { match: "pg-swarm/postgres:*", env: { PATH, PG_MAJOR: String(major) }, entrypoint: [] },
      {
        match: "pg-swarm/failover:*",
        env: { PATH },
        entrypoint: [process.execPath, ...failoverNodeFlags, source("failover")],
      },
    ],
    storageClasses: [
      {
        metadata: {
          name: "standard",
          annotations: { "storageclass.kubernetes.io/is-default-class": "true" },
        },
        provisioner: "microkube/folder",
        allowVolumeExpansion: true,
      },
    ],
  }
  await writeFile(join(folder, "config.json"), JSON.stringify(config))
  const kubeDir = join(folder, "kube")
  const given = ["--dir", kubeDir, "--name", "rollout", "--block", block, "--port", "0"]
  const user = account === undefined ? [] : ["--user", account.name]
  const child = spawn(
    process.execPath,
    [source("microkube"), ...given, ...user, "--config", join(folder, "config.json")],
    { stdio: ["ignore", "pipe", "inherit"] },
  )
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()))
  const lines = createInterface({ input: child.stdout })
  const ready = await new Promise<string>((resolve, reject) => {
    lines.once("line", resolve)
    void exited.then(() => reject(new Error("microkube ended before it was ready")))
  })
  const { kubeconfig }: { kubeconfig: string } = JSON.parse(ready)
  return {
    name: `microkube, PostgreSQL ${major}`,
    kubeconfig,
    postgresImage: `pg-swarm/postgres:${major}`,
    failoverImage: "pg-swarm/failover:test",
    host: `${block}.0.2`,
    processes: (namespace, pod) => processesOfPod(kubeDir, namespace, pod),
    asSuperuser: async (world, pod, statements) => {
      const processes = await processesOfPod(kubeDir, world.spec.namespace, pod)
      const postmaster = present(postmasterOf(processes), `PostgreSQL of ${pod} runs`)
      await bySocket(world, present(postmaster.environment.get(env.runDir), "a socket"), statements)
    },
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGTERM")
      await exited
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function bySocket(
  { kube, spec }: RolloutWorld,
  host: string,
  statements: readonly string[],
): Promise<void> {
  const password = await kube.superuserPassword(spec.namespace, spec.name)
  const client = new Client({ host, port: port.postgres, user: superuser, password })
  await client.connect()
  try {
    for (const statement of statements) await client.query(statement)
  } finally {
    await client.end()
  }
}

const named = process.env["PG_SWARM_TEST_KUBECONFIG"] ?? ""
const tag = process.env["PG_SWARM_TEST_IMAGE_TAG"] ?? ""
export const whyNoKubernetes: string | false =
  named === ""
    ? "PG_SWARM_TEST_KUBECONFIG names no Kubernetes"
    : tag === ""
      ? "PG_SWARM_TEST_IMAGE_TAG names no images on that Kubernetes"
      : false

/** Members are containers of a Kubernetes whose pods reach this machine. */
export function kubernetesGround(): Ground {
  const addresses = Object.values(networkInterfaces()).flatMap((one) => one ?? [])
  const own = addresses.find(({ family, internal }) => family === "IPv4" && !internal)
  const kubectl = new Kubectl(process.env["PG_SWARM_TEST_KUBECTL"] ?? "kubectl", named)
  return {
    name: "Kubernetes, PostgreSQL 17",
    kubeconfig: named,
    postgresImage: "pg-swarm/postgres:17",
    failoverImage: `pg-swarm/failover:${tag}`,
    host: present(own, "this machine has an address").address,
    processes: (namespace, pod) =>
      processesOfPod(path.data.slice(0, path.data.lastIndexOf("/")), namespace, pod),
    asSuperuser: async ({ spec }, pod, statements) => {
      await kubectl.shell(
        spec.namespace,
        pod,
        container.postgres,
        'PGPASSWORD=$(cat "$PG_SWARM_SECRET_DIR/superuser-password") psql -h "$PG_SWARM_RUN_DIR" -U postgres -v ON_ERROR_STOP=1 -q -f -',
        statements.join(";\n"),
      )
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

export type Member = {
  readonly pod: PodName
  readonly uid: string
  readonly startedAt: number
  readonly restarts: number
}

const watched = (pod: string, address: string): Watched => ({
  pod,
  address,
  query: async (text) => {
    const limits = { connectionTimeoutMillis: 5_000, query_timeout: 30_000 }
    const client = new Client({ ...witness, ...limits, host: address, port: port.postgres })
    await client.connect()
    try {
      return (await client.query<Record<string, unknown>>(text)).rows
    } finally {
      await client.end()
    }
  },
})

/** One cluster on a ground, and everything that a test wants to know of it. */
export class RolloutWorld implements AsyncDisposable {
  readonly ground: Ground
  readonly central = new TinyCentral()
  readonly kube: SiteKube
  readonly test: TestKube
  readonly #system: string
  #spec: ClusterSpec
  #satellite: SatelliteUnderTest | undefined
  #application: Database | undefined

  private constructor(ground: Ground, kube: SiteKube, test: TestKube, spec: Partial<ClusterSpec>) {
    this.ground = ground
    this.kube = kube
    this.test = test
    this.#system = test.namespace("rollout-sys")
    this.#spec = anySpec({
      namespace: test.namespace("rollout"),
      postgres: { major: 17, image: ground.postgresImage },
      parameters: { shared_buffers: "32MB", max_connections: "60" },
      ...spec,
    })
  }

  static async open(ground: Ground, spec: Partial<ClusterSpec>): Promise<RolloutWorld> {
    const major = ground.postgresImage.endsWith(":15") ? 15 : 17
    const world = new RolloutWorld(
      ground,
      await SiteKube.open(ground.kubeconfig),
      await TestKube.open(ground.kubeconfig),
      { postgres: { major, image: ground.postgresImage }, ...spec },
    )
    await world.central.open()
    world.central.clusters = [world.spec]
    await world.startSatellite()
    await world.until("in force for the first time", ({ state }) => state === "done", 180_000)
    const application = newApplication()
    await ground.asSuperuser(world, world.health.primary ?? "", applicationSql(application))
    world.#application = {
      ...(await world.kube.readWriteAddress(world.spec.namespace, world.spec.name)),
      ...application,
    }
    return world
  }

  get spec(): ClusterSpec {
    return this.#spec
  }

  get database(): Database {
    return present(this.#application, "the application has its user")
  }

  get health(): ClusterHealth {
    return present(this.central.health.get(this.spec.id), "the satellite reports")
  }

  get change(): ConfigChange | undefined {
    return this.central.health.get(this.spec.id)?.change
  }

  async startSatellite(): Promise<void> {
    const { host, failoverImage } = this.ground
    this.#satellite = await SatelliteUnderTest.start(this.test, {
      central: this.central.url,
      namespace: this.#system,
      sidecars: { host, failoverImage },
    })
  }

  async stopSatellite(): Promise<void> {
    await this.#satellite?.[Symbol.asyncDispose]()
    this.#satellite = undefined
  }

  /** Another config, as central would send it. */
  want(changes: Partial<ClusterSpec>): void {
    const version = configVersion(this.#spec.version + 1)
    this.#spec = { ...this.#spec, ...changes, version }
    this.central.clusters = [this.#spec]
    this.central.send({ kind: "config", spec: this.#spec })
  }

  /** Another config, in force. */
  async changed(changes: Partial<ClusterSpec>, withinMs = 180_000): Promise<ConfigChange> {
    this.want(changes)
    return this.inForce(withinMs)
  }

  inForce(withinMs = 180_000): Promise<ConfigChange> {
    return this.until("in force", ({ state }) => state === "done", withinMs)
  }

  /** What is said of the newest config, as soon as it is so. */
  async until(
    what: string,
    holds: (change: ConfigChange) => boolean,
    withinMs = 60_000,
  ): Promise<ConfigChange> {
    const now = (): ConfigChange | undefined =>
      this.change?.version === this.spec.version ? this.change : undefined
    try {
      await this.central.until(
        what,
        () => {
          const change = now()
          return change !== undefined && holds(change)
        },
        withinMs,
      )
    } catch (failure) {
      const { change, instances, ...health } = this.central.health.get(this.spec.id) ?? {}
      const text = JSON.stringify(
        {
          change,
          health,
          instances: instances?.map(({ pod, phase, reason }) => [pod, phase, reason]),
        },
        (_, value: unknown) => (typeof value === "bigint" ? String(value) : value),
        1,
      )
      throw new Error(`${String(failure)}: version ${this.spec.version}: ${text}`, {
        cause: failure,
      })
    }
    return present(now(), what)
  }

  async members(): Promise<ReadonlyMap<string, Member>> {
    const pods = await this.kube.pods(this.spec.namespace, this.spec.name)
    return new Map(
      pods.map(({ name, uid, restarts }) => {
        const instance = this.instance(podName(name))
        return [
          name,
          {
            pod: podName(name),
            uid,
            startedAt: instance?.startedAt ?? 0,
            restarts: Object.values(restarts).reduce((sum, one) => sum + one, 0),
          },
        ]
      }),
    )
  }

  instance(pod: PodName): InstanceHealth | undefined {
    return this.health.instances.find((one) => one.pod === pod)
  }

  /** What the primary's server has, asked by the application. */
  async show(parameter: string): Promise<string> {
    const client = new Client({ ...this.database, connectionTimeoutMillis: 5_000 })
    await client.connect()
    try {
      const { rows } = await client.query<{ value: string }>(
        "select current_setting($1) as value",
        [parameter],
      )
      return rows[0]?.value ?? ""
    } finally {
      await client.end()
    }
  }

  /** Clients that try to write to every member, each at its pod's address. */
  async witnesses(): Promise<Witnesses> {
    await this.ground.asSuperuser(this, this.health.primary ?? "", witnessSql)
    const pods = await this.kube.pods(this.spec.namespace, this.spec.name)
    return Witnesses.watching({
      members: pods.map(({ name, ip }) => watched(name, present(ip, `${name} has an address`))),
      until: (what, so) =>
        this.test
          .until(what, async () => ((await so()) ? true : undefined), 120_000)
          .then(() => undefined),
    })
  }

  /** Runs `work` under a client that writes: nothing that it was told to be committed may be missing. */
  async underWrites<T>(work: (writer: Writer) => Promise<T>): Promise<T> {
    await using writer = new Writer(`w-${Date.now()}`, this.database, 20)
    await writer.nextCommit(30_000)
    const result = await work(writer)
    await writer.nextCommit(30_000)
    assert.deepEqual(await writer.lost(), [], "acknowledged commits are missing")
    return result
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopSatellite()
    await this.central.close()
    this.kube[Symbol.dispose]()
    await this.test[Symbol.asyncDispose]()
  }
}
