/** The agent of all nodes of the site: runs the pods that are on them, keeps to itself when a node is gone. */
import { randomBytes } from "node:crypto"
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { isObject, numberAt, objectsAt, parseObject, textAt } from "../json.ts"
import { type KubeObject, isDeleting, keyOf, nameOf, namespaceOf, uidOf } from "../object.ts"
import { isTerminal, nodeOf } from "../pods.ts"
import type { Change } from "../store/store.ts"
import type { Container } from "./container.ts"
import { type NodeHost, type PodPlace, PodWorker } from "./pod-worker.ts"
import { allProcs, descendants, signal, strays } from "./proc.ts"
import { unmountVolumes } from "./volumes.ts"

/** Pods may take this long when the whole site is stopped. */
const siteGraceMs = 4_000

export type KubeletOptions = Omit<NodeHost, "onProcess" | "hostAddress"> & {
  /** Nodes of the site; pods placed on any other are nobody's. */
  readonly nodes: readonly string[]
  readonly hostAddressOf: (node: string) => string
  /** Six digits that tell this site from others on the host. */
  readonly instance: string
  /** The pod of that control group is gone. */
  readonly leave: (group: string) => void
}

export class Kubelet {
  readonly #options: KubeletOptions
  readonly #workers = new Map<string, PodWorker>()
  readonly #ending = new Set<Promise<void>>()
  readonly #gone = new Set<string>()
  readonly #record: string
  #stops: (() => void)[] = []

  constructor(options: KubeletOptions) {
    this.#options = options
    this.#record = join(options.dir, "processes.json")
  }

  start(): void {
    this.#endLeftovers()
    this.#link()
    const { store } = this.#options.objects
    this.#sweep()
    for (const pod of store.list("pods")) this.#look(pod)
    this.#stops = [
      store.subscribe("pods", (change) => {
        this.#changed(change)
      }),
      store.subscribe("configmaps", (change) => {
        this.#refresh(change.object)
      }),
      store.subscribe("persistentvolumeclaims", (change) => {
        this.#refresh(change.object)
      }),
      store.subscribe("secrets", (change) => {
        this.#refresh(change.object)
      }),
    ]
  }

  /** Ends every process; the objects stay as they are, so that the next start goes on. */
  async stop(): Promise<void> {
    for (const stop of this.#stops) stop()
    await Promise.all([...this.#workers.values()].map((worker) => worker.end(graceOf(worker.pod))))
    await Promise.all(this.#ending)
    this.#writeRecord()
    rmSync(this.#memory, { recursive: true, force: true })
    rmSync(this.#short, { force: true })
  }

  workerOf(namespace: string, name: string): PodWorker | undefined {
    const found = this.#options.objects.find("pods", namespace, name)
    return found === undefined ? undefined : this.#workers.get(uidOf(found))
  }

  containerOf(namespace: string, pod: string, name: string): Container | undefined {
    return this.workerOf(namespace, pod)?.containers.find((one) => one.name === name)
  }

  workersOn(node: string): readonly PodWorker[] {
    return [...this.#workers.values()].filter(({ pod }) => nodeOf(pod) === node)
  }

  /** Ends everything on the node at once; nothing more is heard of it until it is restored. */
  async vanish(node: string): Promise<void> {
    this.#gone.add(node)
    const lost = this.workersOn(node)
    for (const worker of lost) this.#workers.delete(worker.uid)
    await Promise.all(lost.map((worker) => worker.kill()))
    this.#writeRecord()
  }

  /** The node is back, as after a reboot: its pods start again on their volumes. */
  restore(node: string): void {
    this.#gone.delete(node)
    for (const pod of this.#options.objects.store.list("pods")) {
      if (nodeOf(pod) === node) this.#look(pod)
    }
  }

  /** Pods of a node that was frozen go on, and those that were deleted meanwhile end. */
  release(node: string): void {
    for (const worker of this.workersOn(node)) {
      worker.hold(false)
      const { pod } = worker
      const found = this.#options.objects.find("pods", namespaceOf(pod), nameOf(pod))
      if (found === undefined || uidOf(found) !== worker.uid) this.#drop(worker)
    }
  }

  isGone(node: string): boolean {
    return this.#gone.has(node)
  }

  get gone(): readonly string[] {
    return [...this.#gone]
  }

  #changed({ type, object }: Change): void {
    const worker = this.#workers.get(uidOf(object))
    if (type === "DELETED") {
      // A node that does not answer ends nothing: it learns of it when it is back.
      if (worker?.isHeld === true) return
      if (worker !== undefined) this.#drop(worker)
      else this.#clean(object)
      return
    }
    if (worker === undefined) this.#look(object)
    else worker.changed(object)
  }

  #drop(worker: PodWorker): void {
    this.#workers.delete(worker.uid)
    const ending = worker.kill().then(() => {
      this.#ending.delete(ending)
      this.#clean(worker.pod)
      this.#writeRecord()
    })
    this.#ending.add(ending)
  }

  /** Starts a worker for a pod that is on a node which is there. */
  #look(pod: KubeObject): void {
    const node = nodeOf(pod)
    if (
      node === undefined ||
      !this.#options.nodes.includes(node) ||
      this.#gone.has(node) ||
      this.#workers.has(uidOf(pod))
    )
      return
    if (isTerminal(pod) && !isDeleting(pod)) return
    const worker = new PodWorker(pod, this.#hostFor(node), this.#placeOf(pod))
    this.#workers.set(uidOf(pod), worker)
    // A pod that was being deleted when its node went is just finished off.
    if (isDeleting(pod)) worker.changed(pod)
    else worker.start()
  }

  #hostFor(node: string): NodeHost {
    return {
      ...this.#options,
      hostAddress: this.#options.hostAddressOf(node),
      onProcess: () => {
        this.#writeRecord()
      },
    }
  }

  #refresh(source: KubeObject): void {
    for (const worker of this.#workers.values()) {
      if (namespaceOf(worker.pod) === namespaceOf(source)) worker.refresh()
    }
  }

  /**
   * A short name for the folder of all pods: the path of a socket in it must fit in 107 bytes. It is a
   * link, so that nothing is left there when the site has stopped.
   */
  get #short(): string {
    return join(tmpdir().length > 16 ? "/tmp" : tmpdir(), `mk-${this.#options.instance}`)
  }

  get #pods(): string {
    return join(this.#options.dir, "pods")
  }

  #link(): void {
    mkdirSync(this.#pods, { recursive: true, mode: 0o755 })
    rmSync(this.#short, { recursive: true, force: true })
    symlinkSync(this.#pods, this.#short)
  }

  get #memory(): string {
    return existsSync("/dev/shm") ? `/dev/shm/mk-${this.#options.instance}` : join(this.#short, "m")
  }

  #placeOf(pod: KubeObject): PodPlace {
    const number = this.#options.objects.store.numberOf(uidOf(pod))
    mkdirSync(this.#memory, { recursive: true, mode: 0o755 })
    const place = {
      root: join(this.#short, String(number)),
      memoryRoot: join(this.#memory, String(number)),
    }
    for (const folder of Object.values(place)) mkdirSync(folder, { recursive: true, mode: 0o755 })
    return { ...place, group: String(number) }
  }

  /** What is left of a pod that is gone. */
  #clean(pod: KubeObject): void {
    const { store } = this.#options.objects
    const number = store.knownNumberOf(uidOf(pod))
    if (number === undefined) return
    unmountVolumes(join(this.#short, String(number)), join(this.#memory, String(number)))
    store.forgetNumber(uidOf(pod))
    this.#options.leave(String(number))
    const logs = `${namespaceOf(pod)}_${nameOf(pod)}_${uidOf(pod)}`
    rmSync(join(this.#options.dir, "logs", logs), { recursive: true, force: true })
  }

  /** Pods whose end was not seen, as this program had been killed. */
  #sweep(): void {
    const { store } = this.#options.objects
    const known = new Set([...store.values("pods")].map(uidOf))
    for (const uid of store.numberedUids()) {
      if (known.has(uid)) continue
      const number = String(store.knownNumberOf(uid))
      unmountVolumes(join(this.#short, number), join(this.#memory, number))
      store.forgetNumber(uid)
    }
    const folder = join(this.#options.dir, "logs")
    for (const name of existsSync(folder) ? readdirSync(folder) : []) {
      const uid = name.split("_").at(-1) ?? ""
      if (!known.has(uid)) rmSync(join(folder, name), { recursive: true, force: true })
    }
  }

  /** Notes what runs, so that the next start can end what a SIGKILL of this program left. */
  #writeRecord(): void {
    const started = [...this.#workers.values()].flatMap((worker) =>
      worker.containers.flatMap((container) => {
        const proc = container.process?.started
        return proc === undefined
          ? []
          : [
              {
                pid: proc.pid,
                startedAt: proc.startedAt,
                pod: keyOf(worker.pod),
                uid: worker.uid,
                container: container.name,
              },
            ]
      }),
    )
    writeFileSync(`${this.#record}.new`, JSON.stringify({ started }))
    renameSync(`${this.#record}.new`, this.#record)
  }

  #endLeftovers(): void {
    if (!existsSync(this.#record)) return
    const record = parseObject(readFileSync(this.#record, "utf8"))
    const all = allProcs()
    const roots = new Set<number>()
    for (const one of objectsAt(record, "started")) {
      const [pid, startedAt] = [numberAt(one, "pid"), numberAt(one, "startedAt")]
      const proc = all.find((other) => other.pid === pid && other.startedAt === startedAt)
      if (proc !== undefined) roots.add(proc.pid)
      const marker = `MICROKUBE_POD=${textAt(one, "uid") ?? ""}/${textAt(one, "container") ?? ""}`
      for (const stray of strays(marker, [])) roots.add(stray.pid)
    }
    const left = descendants(roots, all)
    for (const proc of left) signal(proc.pid, "SIGKILL")
    if (left.length > 0) this.#options.log("runtime.leftovers-ended", { processes: left.length })
  }
}

function graceOf(pod: KubeObject): number {
  const seconds = numberAt(pod, "spec", "terminationGracePeriodSeconds") ?? 30
  return Math.min(seconds * 1000, siteGraceMs)
}

/** Six digits that tell this folder's site from others on the host. */
export function instanceIn(dir: string): string {
  const file = join(dir, "instance.json")
  const known = existsSync(file) ? parseObject(readFileSync(file, "utf8")) : undefined
  const id = isObject(known) ? textAt(known, "id") : undefined
  if (id !== undefined) return id
  const made = randomBytes(3).toString("hex")
  writeFileSync(file, JSON.stringify({ id: made }))
  return made
}
