/** Nodes that go, freeze and come back, and how the cluster judges them while they are silent. */
import { setNodeReady } from "../bootstrap.ts"
import { objectsAt, withAt } from "../json.ts"
import { nameOf, namespaceOf, timestamp } from "../object.ts"
import type { Objects } from "../objects.ts"
import { nodeOf, withCondition } from "../pods.ts"
import { resourceById } from "../resources.ts"
import type { Kubelet } from "../runtime/kubelet.ts"

export type NodesOptions = {
  readonly objects: Objects
  readonly kubelet: Kubelet
  readonly names: readonly string[]
  readonly block: string
  /** How long a silent node still counts as ready. */
  readonly graceMs: number
}

export class Nodes {
  readonly #options: NodesOptions
  readonly #frozen = new Set<string>()
  readonly #timers = new Map<string, NodeJS.Timeout>()

  constructor(options: NodesOptions) {
    this.#options = options
  }

  has(name: string): boolean {
    return this.#options.names.includes(name)
  }

  /** Everything on the node ends at once and nothing more is heard of it; the objects remain. */
  async vanish(name: string): Promise<void> {
    await this.#options.kubelet.vanish(name)
    this.#doubt(name)
  }

  restore(name: string): void {
    this.#trust(name)
    this.#options.kubelet.restore(name)
  }

  async freeze(name: string): Promise<void> {
    this.#frozen.add(name)
    const running = this.#options.kubelet
      .workersOn(name)
      .flatMap((one) => one.containers)
      .flatMap((one) => (one.process === undefined ? [] : [one.process]))
    for (const worker of this.#options.kubelet.workersOn(name)) worker.hold(true)
    await Promise.all(running.map((one) => one.freeze()))
    this.#doubt(name)
  }

  thaw(name: string): void {
    this.#frozen.delete(name)
    this.#trust(name)
    this.#options.kubelet.release(name)
  }

  get frozen(): readonly string[] {
    return [...this.#frozen]
  }

  #doubt(name: string): void {
    clearTimeout(this.#timers.get(name))
    const timer = setTimeout(() => {
      this.#timers.delete(name)
      this.#markUnknown(name)
    }, this.#options.graceMs)
    this.#timers.set(name, timer)
  }

  #trust(name: string): void {
    clearTimeout(this.#timers.get(name))
    this.#timers.delete(name)
    const { objects, block, names } = this.#options
    setNodeReady(objects, name, true, block, names.indexOf(name))
  }

  /** As the node lifecycle controller does: the node is unknown, its pods are not ready. */
  #markUnknown(name: string): void {
    const { objects, block, names } = this.#options
    setNodeReady(objects, name, false, block, names.indexOf(name))
    const now = timestamp(objects.now())
    for (const pod of objects.store.list("pods")) {
      if (nodeOf(pod) !== name) continue
      objects.change(
        resourceById("pods"),
        namespaceOf(pod),
        nameOf(pod),
        (one) =>
          withAt(
            one,
            ["status", "conditions"],
            withCondition(
              objectsAt(one, "status", "conditions"),
              { type: "Ready", status: "False", reason: "NodeNotReady" },
              now,
            ),
          ),
        { manager: "kube-controller-manager", subresource: "status" },
      )
    }
  }

  close(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer)
  }
}
