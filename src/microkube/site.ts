/** Everything of one site, put together: opened, started, stopped. */
import { randomBytes } from "node:crypto"
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"

import type { Surroundings } from "./admission/defaults.ts"
import { Accounts } from "./api/accounts.ts"
import { commandInside } from "./api/exec-command.ts"
import { answerLogs } from "./api/pod-logs.ts"
import { Rights } from "./api/rights.ts"
import { ApiServer } from "./api/server.ts"
import { noSuchPath } from "./api-error.ts"
import { bootstrap } from "./bootstrap.ts"
import { type Certificates, certificatesIn } from "./certificates.ts"
import type { Config } from "./config.ts"
import { runBudgets } from "./controllers/budgets.ts"
import { runClaims, volumeFolder } from "./controllers/claims.ts"
import type { Ground, Stop } from "./controllers/controller.ts"
import { runDeployments } from "./controllers/deployment.ts"
import { runEndpoints } from "./controllers/endpoints.ts"
import { runGarbageCollector } from "./controllers/garbage.ts"
import { runJobs } from "./controllers/job.ts"
import { runNamespaces } from "./controllers/namespaces.ts"
import { runReplicaSets } from "./controllers/replicas.ts"
import { runScheduler } from "./controllers/scheduler.ts"
import { runStatefulSets } from "./controllers/stateful-set.ts"
import { runTokenSecrets } from "./controllers/token-secrets.ts"
import { Recorder } from "./events.ts"
import { Admin } from "./faults/admin.ts"
import { ApiFaults } from "./faults/api-faults.ts"
import { Networks } from "./faults/network.ts"
import { Nodes } from "./faults/nodes.ts"
import { at, textAt } from "./json.ts"
import { takeFolder } from "./lock.ts"
import { log } from "./log.ts"
import { annotationsOf, nameOf, namespaceOf, uidOf } from "./object.ts"
import { Objects } from "./objects.ts"
import { Addresses } from "./runtime/addresses.ts"
import { Forwarders } from "./runtime/forwarders.ts"
import { findUser, launcherFor } from "./runtime/isolation.ts"
import { Kubelet, instanceIn } from "./runtime/kubelet.ts"
import { Store } from "./store/store.ts"

export type Started = { readonly kubeconfig: string; readonly url: string }

const lifeOfTokensSeconds = 365 * 24 * 3600

export class Site {
  readonly #config: Config
  readonly #store: Store
  readonly #addresses: Addresses
  readonly #objects: Objects
  readonly #accounts: Accounts
  readonly #adminToken: string
  readonly #faults = new ApiFaults()
  readonly #networks: Networks
  readonly #instance: string
  #admin: Admin | undefined
  #server: ApiServer | undefined
  #kubelet: Kubelet | undefined
  #stops: Stop[] = []

  private constructor(config: Config, store: Store) {
    this.#config = config
    this.#store = store
    this.#addresses = new Addresses(store, config.block)
    this.#objects = new Objects(store, this.#surroundings(), Date.now)
    this.#instance = instanceIn(config.dir)
    this.#networks = new Networks(this.#instance, process.env["PATH"] ?? "")
    this.#adminToken = secretIn(config.dir, "admin.token")
    this.#accounts = new Accounts(
      store,
      secretIn(config.dir, "tokens.key"),
      this.#adminToken,
      Date.now,
    )
  }

  /** Throws where another microkube works on the folder. */
  static open(given: Config): Site {
    const config = { ...given, dir: resolve(given.dir) }
    mkdirSync(config.dir, { recursive: true, mode: 0o755 })
    const other = takeFolder(config.dir)
    if (other !== undefined) {
      throw new Error(
        `microkube with pid ${other} works on ${config.dir}; stop it, or name another --dir`,
      )
    }
    return new Site(config, new Store(join(config.dir, "objects.sqlite")))
  }

  #surroundings(): Surroundings {
    const store = this.#store
    return {
      serviceAddress: () => this.#addresses.newServiceAddress(),
      defaultStorageClass: () => {
        const key = "storageclass.kubernetes.io/is-default-class"
        const classes = store.list("storageclasses.storage.k8s.io")
        const found = classes.find((one) => annotationsOf(one)[key] === "true")
        return found === undefined ? undefined : nameOf(found)
      },
      mountsToken: (namespace, account) => {
        const found = store.get("serviceaccounts", namespace, account)
        return found === undefined ? undefined : at(found, "automountServiceAccountToken") !== false
      },
    }
  }

  async start(): Promise<Started> {
    const { dir, block } = this.#config
    const certificates = certificatesIn(dir, `${block}.0.1`, Date.now())
    bootstrap(this.#objects, this.#config)
    const server = await this.#serve(certificates)
    const kubelet = this.#makeKubelet(server)
    this.#kubelet = kubelet
    this.#control(certificates.ca)
    kubelet.start()
    const networks = this.#networks
    const forwarders = new Forwarders(this.#store, (address) => networks.reaches(address))
    forwarders.start()
    const nodes = new Nodes({
      objects: this.#objects,
      kubelet,
      names: this.#config.nodes,
      block,
      graceMs: this.#config.nodeGraceMs,
    })
    const parts = { objects: this.#objects, kubelet, api: this.#faults, nodes, networks, dir }
    this.#admin = new Admin(parts)
    this.#stops.push(() => {
      forwarders.stop()
      nodes.close()
    })
    const kubeconfig = join(dir, "kubeconfig")
    writeKubeconfig(kubeconfig, this.#config.name, server.url, certificates.ca, this.#adminToken)
    return { kubeconfig, url: server.url }
  }

  async #serve(certificates: Certificates): Promise<ApiServer> {
    const { dir, block, port } = this.#config
    const server = new ApiServer({
      host: `${block}.0.1`,
      port,
      key: certificates.key,
      certificate: certificates.certificate,
      objects: this.#objects,
      accounts: this.#accounts,
      rights: new Rights(this.#store),
      gate: this.#faults,
      logs: async (exchange, request) => {
        if (this.#kubelet === undefined) throw noSuchPath()
        await answerLogs(this.#objects, this.#kubelet, dir)(exchange, request)
      },
      inside: (request) => {
        if (this.#kubelet === undefined) throw noSuchPath()
        return commandInside(this.#objects, this.#kubelet, request)
      },
      admin: async (exchange) => (await this.#admin?.serve(exchange)) ?? false,
      onBug: (error) => {
        log("api.bug", {
          error: error instanceof Error ? (error.stack ?? error.message) : String(error),
        })
      },
    })
    this.#server = server
    await server.listen()
    return server
  }

  #makeKubelet(server: ApiServer): Kubelet {
    const { dir, block, images, nodes, isolation, user } = this.#config
    const launcher = launcherFor(isolation, process.env["PATH"] ?? "")
    log("runtime.started", { isNamespaced: launcher.isNamespaced })
    const asUser = user === undefined || process.getuid?.() !== 0 ? undefined : findUser(user)
    return new Kubelet({
      objects: this.#objects,
      events: new Recorder(this.#objects),
      launcher,
      images,
      nodes,
      user: asUser,
      hostAddressOf: (node) => `${block}.0.${nodes.indexOf(node) + 10}`,
      api: { host: `${block}.0.1`, port: server.port },
      dir,
      instance: this.#instance,
      enroll: (group, pid) => {
        this.#networks.enroll(group, pid)
      },
      leave: (group) => {
        this.#networks.forget(group)
      },
      newAddress: () => this.#addresses.newPodAddress(),
      claimFolder: (namespace, claim) => {
        const found = this.#store.get("persistentvolumeclaims", namespace, claim)
        const volume = textAt(found, "spec", "volumeName")
        return volume === undefined || textAt(found, "status", "phase") !== "Bound"
          ? undefined
          : volumeFolder(dir, volume)
      },
      token: (pod, audience) =>
        this.#accounts.token(
          namespaceOf(pod),
          textAt(pod, "spec", "serviceAccountName") ?? "default",
          lifeOfTokensSeconds,
          audience === undefined ? [] : [audience],
          { pod: nameOf(pod), podUid: uidOf(pod) },
        ),
      log,
    })
  }

  #control(authority: string): void {
    const ground: Ground = { objects: this.#objects, events: new Recorder(this.#objects) }
    this.#stops.push(
      runNamespaces(ground, authority),
      runTokenSecrets(ground, this.#accounts, authority),
      runClaims(ground, this.#config.dir),
      runScheduler(ground),
      runStatefulSets(ground),
      runReplicaSets(ground),
      runDeployments(ground),
      runJobs(ground),
      runEndpoints(ground),
      runBudgets(ground),
      runGarbageCollector(ground),
    )
  }

  async stop(): Promise<void> {
    for (const stop of this.#stops) stop()
    await this.#kubelet?.stop()
    this.#networks.close()
    await this.#server?.close()
    this.#store.close()
  }
}

/** A random secret kept in a file of the folder. */
function secretIn(dir: string, name: string): string {
  const file = join(dir, name)
  if (!existsSync(file)) writeFileSync(file, randomBytes(32).toString("base64url"), { mode: 0o600 })
  return readFileSync(file, "utf8").trim()
}

function writeKubeconfig(
  file: string,
  name: string,
  server: string,
  ca: string,
  token: string,
): void {
  const document = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      {
        name,
        cluster: { server, "certificate-authority-data": Buffer.from(ca).toString("base64") },
      },
    ],
    users: [{ name: "admin", user: { token } }],
    contexts: [{ name, context: { cluster: name, user: "admin", namespace: "default" } }],
    "current-context": name,
  }
  writeFileSync(file, `${JSON.stringify(document, undefined, 2)}\n`, { mode: 0o600 })
}
