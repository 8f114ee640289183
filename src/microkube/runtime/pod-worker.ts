/** One pod on its node: volumes, address, containers in their order, and its end. */
import { existsSync, realpathSync } from "node:fs"
import { join } from "node:path"

import { type ImageRule } from "../config.ts"
import type { Recorder } from "../events.ts"
import { type JsonObject, numberAt, objectsAt, textAt } from "../json.ts"
import { type KubeObject, isDeleting, nameOf, namespaceOf, uidOf } from "../object.ts"
import type { Objects } from "../objects.ts"
import { resourceById } from "../resources.ts"
import { Container, type Home, type RestartPolicy, type Role, isSidecar } from "./container.ts"
import { endedUnseen, lastEnd, waiting } from "./container-state.ts"
import type { Launcher, RunUser } from "./isolation.ts"
import { baseEnv, markerOf, mountsOf, userOf } from "./pod-setting.ts"
import { podStatus } from "./pod-status.ts"
import { pause } from "./probe.ts"
import { type Volumes, mountVolumes } from "./volumes.ts"

const mountRetryMs = 1_000

/** What a pod needs of its node. */
export type NodeHost = {
  readonly objects: Objects
  readonly events: Recorder
  readonly launcher: Launcher
  readonly images: readonly ImageRule[]
  /** Whom containers run as that are not to be root; undefined: whoever microkube is. */
  readonly user: RunUser | undefined
  readonly hostAddress: string
  readonly api: { readonly host: string; readonly port: number }
  readonly dir: string
  readonly newAddress: () => string
  readonly claimFolder: (namespace: string, claim: string) => string | undefined
  readonly token: (pod: KubeObject, audience: string | undefined) => string
  readonly onProcess: () => void
  /** A process that was just started joins the pod's control group. */
  readonly enroll: (group: string, pid: number) => void
  readonly log: (event: string, fields: JsonObject) => void
}

export type PodPlace = {
  readonly root: string
  readonly memoryRoot: string
  /** Name of the pod's control group. */
  readonly group: string
}

export class PodWorker {
  readonly #host: NodeHost
  readonly #place: PodPlace
  readonly #containers: readonly Container[]
  readonly #over = new AbortController()
  readonly #startedAt: number
  readonly uid: string
  #pod: KubeObject
  #folders: ReadonlyMap<string, string> = new Map()
  #address: string | undefined
  #isInitialized = false
  #outcome: "Succeeded" | "Failed" | undefined
  #isTold = true
  /** Ends the wait for something that a volume is made of. */
  #wake = new AbortController()
  #isSilent = false
  #isHeld = false
  #isStopping = false
  #running: Promise<void> | undefined

  constructor(pod: KubeObject, host: NodeHost, place: PodPlace) {
    this.#pod = pod
    this.#host = host
    this.#place = place
    this.uid = uidOf(pod)
    this.#startedAt = host.objects.now()
    this.#containers = this.#makeContainers()
  }

  get pod(): KubeObject {
    return this.#pod
  }

  get address(): string | undefined {
    return this.#address
  }

  get containers(): readonly Container[] {
    return this.#containers
  }

  /** Name of the pod's control group. */
  get group(): string {
    return this.#place.group
  }

  /** While held, as on a node that does not answer, nothing of it is told and no change reaches it. */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld
    if (isHeld) return
    for (const one of this.#containers) one.process?.thaw()
    const { objects } = this.#host
    const found = objects.find("pods", namespaceOf(this.#pod), nameOf(this.#pod))
    if (found !== undefined) this.changed(found)
    this.#tell()
  }

  get isHeld(): boolean {
    return this.#isHeld
  }

  get folders(): ReadonlyMap<string, string> {
    return this.#folders
  }

  /** Folders that only this pod's processes work in. */
  #ownFolders(): readonly string[] {
    const known = [this.#place.root, this.#place.memoryRoot, ...this.#folders.values()]
    // Processes are known by the real path of the folder that they work in.
    return known.map((folder) => (existsSync(folder) ? realpathSync(folder) : folder))
  }

  #makeContainers(): readonly Container[] {
    const policy = textAt(this.#pod, "spec", "restartPolicy")
    const mainPolicy: RestartPolicy =
      policy === "Never" || policy === "OnFailure" ? policy : "Always"
    const make = (spec: JsonObject, role: Role): Container => {
      const initPolicy = mainPolicy === "Never" ? "Never" : "OnFailure"
      const made = new Container(
        spec,
        role,
        role === "init" ? initPolicy : mainPolicy,
        this.#home(spec),
      )
      if (role !== "main") made.state = waiting("PodInitializing")
      this.#recall(made)
      return made
    }
    return [
      ...objectsAt(this.#pod, "spec", "initContainers").map((one) =>
        make(one, isSidecar(one) ? "sidecar" : "init"),
      ),
      ...objectsAt(this.#pod, "spec", "containers").map((one) => make(one, "main")),
    ]
  }

  /** A pod that ran before, under a former life of this program or of its node, counts on. */
  #recall(container: Container): void {
    const status = ["initContainerStatuses", "containerStatuses"]
      .flatMap((list) => objectsAt(this.#pod, "status", list))
      .find((one) => one["name"] === container.name)
    if (status === undefined) return
    const unseen = endedUnseen(status, this.#host.objects.now())
    container.last = unseen ?? lastEnd(status)
    container.restarts = (numberAt(status, "restartCount") ?? 0) + (unseen === undefined ? 0 : 1)
  }

  #home(spec: JsonObject): Home {
    const host = this.#host
    const namespace = namespaceOf(this.#pod)
    return {
      pod: () => this.#pod,
      address: () => this.#address ?? host.hostAddress,
      mountsOf: (container) => mountsOf(container, this.#folders),
      baseEnv: (image) =>
        baseEnv({
          pod: this.#pod,
          container: spec,
          image,
          api: host.api,
          home: this.#place.root,
          folders: this.#folders,
        }),
      userOf: (container) => userOf(this.#pod, container, host.user),
      lookup: (kind, name) => host.objects.find(kind, namespace, name),
      images: host.images,
      launcher: host.launcher,
      marker: `MICROKUBE_POD=${markerOf(this.#pod, spec)}`,
      folders: () => this.#ownFolders(),
      logFolder: this.logFolder,
      now: () => host.objects.now(),
      note: (type, reason, message) => {
        if (!this.#isSilent) host.events.note(this.#pod, "kubelet", { type, reason, message })
      },
      onChange: () => {
        this.#tell()
      },
      onProcess: (pid) => {
        if (pid !== undefined) host.enroll(this.#place.group, pid)
        host.onProcess()
      },
    }
  }

  get logFolder(): string {
    const pod = this.#pod
    return join(this.#host.dir, "logs", `${namespaceOf(pod)}_${nameOf(pod)}_${this.uid}`)
  }

  /** Whom the pod's files belong to: the one that its containers run as. */
  #owner(): RunUser | undefined {
    const specs = this.#containers.map((one) => one.spec)
    return specs
      .map((one) => userOf(this.#pod, one, this.#host.user))
      .find((user) => user !== undefined)
  }

  start(): void {
    this.#running = this.#run().catch((error: unknown) => {
      this.#host.log("pod.bug", {
        pod: nameOf(this.#pod),
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      })
    })
  }

  async #run(): Promise<void> {
    if (!(await this.#mounted())) return
    // Written before containers start, as they read their address from the object.
    this.#address = this.#host.newAddress()
    this.#write()
    if (!(await this.#initialize())) return
    this.#isInitialized = true
    const mains = this.#containers.filter((one) => one.role === "main")
    for (const one of mains)
      if (one.state.kind === "waiting") one.state = waiting("ContainerCreating")
    const ends = await Promise.all(mains.map((one) => one.run()))
    if (this.#over.signal.aborted) return
    await this.#stopSidecars(5_000)
    this.#outcome = ends.every((end) => end?.code === 0) ? "Succeeded" : "Failed"
    this.#tell()
  }

  async #mounted(): Promise<boolean> {
    while (!this.#over.signal.aborted) {
      const volumes = this.#mount()
      if (volumes.kind === "ready") {
        this.#folders = volumes.folders
        return true
      }
      const message = `MountVolume.SetUp failed: ${volumes.why}`
      this.#host.events.note(this.#pod, "kubelet", {
        type: "Warning",
        reason: "FailedMount",
        message,
      })
      this.#tell()
      this.#wake = new AbortController()
      await pause(mountRetryMs, AbortSignal.any([this.#over.signal, this.#wake.signal]))
    }
    return false
  }

  #mount(): Volumes {
    const namespace = namespaceOf(this.#pod)
    return mountVolumes({
      pod: this.#pod,
      ...this.#place,
      user: this.#owner(),
      lookup: (kind, name) => this.#host.objects.find(kind, namespace, name),
      claimFolder: (claim) => this.#host.claimFolder(namespace, claim),
      token: (audience) => this.#host.token(this.#pod, audience),
    })
  }

  async #initialize(): Promise<boolean> {
    for (const one of this.#containers) {
      if (one.role === "main") continue
      one.state = waiting("ContainerCreating")
      if (one.role === "sidecar") {
        void one.run()
        while (!one.isStarted && !this.#over.signal.aborted) await pause(20, this.#over.signal)
      } else {
        const end = await one.run()
        if (this.#over.signal.aborted) return false
        if (end?.code !== 0) {
          await this.#stopSidecars(5_000)
          this.#outcome = "Failed"
          this.#tell()
          return false
        }
      }
      if (this.#over.signal.aborted) return false
    }
    return true
  }

  async #stopSidecars(graceMs: number): Promise<void> {
    const sidecars = this.#containers.filter((one) => one.role === "sidecar")
    for (const one of sidecars.toReversed()) await one.stop(graceMs)
  }

  /** The object changed: a deletion begins or hurries, files made of it follow. */
  changed(pod: KubeObject): void {
    if (this.#isHeld) return
    this.#pod = pod
    if (isDeleting(pod)) void this.#terminate()
    else this.refresh()
  }

  /** A claim, a ConfigMap, a Secret or the pod's own labels may have changed: its files follow. */
  refresh(): void {
    this.#wake.abort()
    if (this.#address === undefined || this.#isStopping || this.#outcome !== undefined) return
    // What is missing now was there before: the files stay as they are.
    this.#mount()
  }

  async #terminate(): Promise<void> {
    const seconds = numberAt(this.#pod, "metadata", "deletionGracePeriodSeconds") ?? 30
    if (this.#isStopping) {
      if (seconds === 0) await this.#stopAll(0)
      return
    }
    this.#isStopping = true
    await this.#stopAll(seconds * 1000)
    await this.#running
    if (this.#isSilent) return
    this.#outcome ??= this.#containers.every(
      (one) => one.state.kind !== "terminated" || one.state.code === 0,
    )
      ? "Succeeded"
      : "Failed"
    this.#write()
    this.#removeObject()
  }

  #removeObject(): void {
    const { objects } = this.#host
    const [namespace, name] = [namespaceOf(this.#pod), nameOf(this.#pod)]
    const found = objects.find("pods", namespace, name)
    if (found === undefined || uidOf(found) !== this.uid) return
    objects.remove(resourceById("pods"), namespace, name, { graceSeconds: 0 })
  }

  async #stopAll(graceMs: number): Promise<void> {
    this.#over.abort()
    const mains = this.#containers.filter((one) => one.role !== "sidecar")
    await Promise.all(mains.map((one) => one.stop(graceMs)))
    await this.#stopSidecars(Math.min(graceMs, 5_000))
  }

  /** Ends all of it now, without a word to the API: the pod is gone, or its node is. */
  async kill(): Promise<void> {
    await this.end(0)
  }

  /** Ends all of it within the grace, without a word to the API. */
  async end(graceMs: number): Promise<void> {
    this.#isSilent = true
    this.#isStopping = true
    await this.#stopAll(graceMs)
    await this.#running
  }

  #tell(): void {
    if (!this.#isTold || this.#isSilent || this.#isHeld) return
    this.#isTold = false
    setImmediate(() => {
      this.#isTold = true
      this.#write()
    })
  }

  #write(): void {
    if (this.#isSilent || this.#isHeld) return
    const { objects } = this.#host
    const [namespace, name] = [namespaceOf(this.#pod), nameOf(this.#pod)]
    const found = objects.find("pods", namespace, name)
    if (found === undefined || uidOf(found) !== this.uid) return
    const picture = {
      containers: this.#containers,
      address: this.#address,
      hostAddress: this.#host.hostAddress,
      isInitialized: this.#isInitialized,
      outcome: this.#outcome,
      reason: undefined,
      startedAt: this.#startedAt,
    }
    const written = objects.change(
      resourceById("pods"),
      namespace,
      name,
      (one) => ({ ...one, status: podStatus(one, picture, objects.now()) }),
      { manager: "kubelet", subresource: "status" },
    )
    if (written !== undefined) this.#pod = written
  }
}
