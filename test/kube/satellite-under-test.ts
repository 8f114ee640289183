/** A satellite in this process, on the Kubernetes under test, with namespaces of its own. */
import { randomUUID } from "node:crypto"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { ClusterSpec } from "#core/cluster/spec.ts"
import { clusterId, clusterName, configVersion, namespace } from "#core/ids.ts"
import { bytes, mebibytes, seconds } from "#core/units.ts"
import { kubeconfigAccess } from "#io/kube/access.ts"
import { KubeApi, type Live } from "#io/kube/api.ts"
import { type Kind, kinds } from "#io/kube/kinds.ts"
import { LogRing } from "#io/log-ring.ts"
import { type Log, openLog } from "#io/log.ts"
import type { Config, KubeSource } from "../../src/satellite/config.ts"
import type { Started } from "../../src/satellite/live.ts"
import { runSatellite } from "../../src/satellite/satellite.ts"
import { firstPause, nextPause } from "../fixtures/asking.ts"
import { clusterSpec } from "../fixtures/cluster-spec.ts"

/** Lines of satellites' logs go to standard error with PG_SWARM_TEST_LOG=1. */
const recent = new LogRing()
const log: Log = openLog("satellite", "debug", (line) => {
  if (process.env["PG_SWARM_TEST_LOG"] !== undefined) process.stderr.write(`${line}\n`)
  recent.put(line)
})

export const never = new AbortController().signal

export const anySpec = (changes: Partial<ClusterSpec> = {}): ClusterSpec =>
  clusterSpec({
    id: clusterId(randomUUID()),
    namespace: namespace("shop"),
    profile: "small",
    postgres: { major: 17, image: "pg-swarm/postgres:17" },
    data: { size: mebibytes(512), storageClass: undefined },
    resources: {
      cpuRequest: "50m",
      memoryRequest: "64Mi",
      cpuLimit: undefined,
      memoryLimit: "1024Mi",
    },
    parameters: { work_mem: "8MB" },
    hba: ["host all all 10.0.0.0/8 scram-sha-256"],
    ...changes,
  })

export { bytes, configVersion, clusterId, clusterName }

/** Namespaces of one test file, each a new one; all of them are removed at its end. */
export class TestKube implements AsyncDisposable {
  readonly api: KubeApi
  readonly kubeconfig: string
  readonly #namespaces = new Set<string>()

  private constructor(api: KubeApi, kubeconfig: string) {
    this.api = api
    this.kubeconfig = kubeconfig
  }

  static async open(kubeconfig: string): Promise<TestKube> {
    return new TestKube(new KubeApi(await kubeconfigAccess(kubeconfig)), kubeconfig)
  }

  namespace(purpose: string) {
    const name = `t-${purpose}-${randomUUID().slice(0, 8)}`
    this.#namespaces.add(name)
    return namespace(name)
  }

  get(kind: Kind, at: string, name: string): Promise<Live | undefined> {
    return this.api.get(kind, at, name, never)
  }

  /** Every object of ours in a namespace, by kind and name. */
  async all(at: string, of: readonly Kind[]): Promise<ReadonlyMap<string, Live>> {
    const found = new Map<string, Live>()
    for (const kind of of) {
      const { items } = await this.api.list(kind, at, {}, never)
      for (const item of items) found.set(`${kind.kind}/${item.metadata.name}`, item)
    }
    return found
  }

  async until<T>(what: string, look: () => Promise<T | undefined>, withinMs = 30_000): Promise<T> {
    const deadline = performance.now() + withinMs
    for (let pause = firstPause; ; pause = nextPause(pause)) {
      const found = await look()
      if (found !== undefined) return found
      if (performance.now() > deadline) throw new Error(`never came: ${what}`)
      await new Promise((resolve) => setTimeout(resolve, pause))
    }
  }

  /** Volumes are let go first: a finalizer would keep their namespace for ever. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of this.#namespaces) {
      const live = await this.get(kinds.Namespace, "", name)
      if (live === undefined) continue
      const { items } = await this.api.list(kinds.PersistentVolumeClaim, name, {}, never)
      await this.api.delete(kinds.Namespace, live, "Background", never)
      for (const { metadata } of items)
        await this.api
          .mergePatch(
            kinds.PersistentVolumeClaim,
            { metadata: { name: metadata.name, namespace: name } },
            { metadata: { finalizers: [] } },
            "test",
            never,
          )
          .catch(() => {})
    }
    this.api[Symbol.dispose]()
  }
}

export class SatelliteUnderTest implements AsyncDisposable {
  readonly started: Started
  readonly #stop: AbortController
  readonly #running: Promise<void>
  readonly dataDir: string

  private constructor(
    started: Started,
    stop: AbortController,
    running: Promise<void>,
    dataDir: string,
  ) {
    this.started = started
    this.#stop = stop
    this.#running = running
    this.dataDir = dataDir
  }

  static async start(
    kube: TestKube,
    options: {
      readonly central: string
      readonly namespace: string
      readonly dataDir?: string
      readonly centralCa?: string
      readonly centralName?: string
      readonly kube?: KubeSource
      readonly site?: string
      /** Where sidecars reach it; otherwise none of them does. */
      readonly sidecars?: { readonly host: string; readonly failoverImage: string }
    },
  ): Promise<SatelliteUnderTest> {
    const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), "satellite-")))
    const config: Config = {
      central: {
        url: options.central,
        ca: options.centralCa === undefined ? undefined : { kind: "text", pem: options.centralCa },
        name: options.centralName,
      },
      site: options.site ?? "test",
      labels: { tier: "edge" },
      sidecarListen: { host: options.sidecars?.host ?? "127.0.0.1", port: 0 },
      sidecarAddress:
        options.sidecars === undefined ? "satellite.test:9091" : `${options.sidecars.host}:0`,
      healthListen: { host: "127.0.0.1", port: 0 },
      namespace: options.namespace,
      failoverImage: options.sidecars?.failoverImage ?? "pg-swarm/failover:test",
      dataDir,
      outboxFile: join(dataDir, "outbox.db"),
      logLevel: "debug",
      kube: options.kube ?? { kind: "kubeconfig", file: kube.kubeconfig },
      self: { name: "test", isPod: false },
    }
    const stop = new AbortController()
    const { promise: started, resolve, reject } = Promise.withResolvers<Started>()
    const pace = {
      link: {
        heartbeat: seconds(1),
        silence: seconds(3),
        first: seconds(0.1),
        longest: seconds(0.5),
        stable: seconds(60),
      },
      approval: { pending: seconds(0.1), rejected: seconds(0.2) },
    }
    const running = runSatellite(
      { config, log, recent, started: resolve, pace },
      stop.signal,
    ).catch((failure: unknown) => {
      reject(failure)
      if (!stop.signal.aborted) throw failure
    })
    running.catch(() => {})
    return new SatelliteUnderTest(await started, stop, running, dataDir)
  }

  /** Stops it; its data folder stays, for one that starts in its place. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error("the test stops it"))
    await this.#running
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    await rm(this.dataDir, { recursive: true, force: true })
  }
}
