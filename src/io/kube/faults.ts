/**
 * Faults of a microkube site, for tests and the demo: a typed client of what `microkube/faults/admin.ts`
 * describes. Needs the administrator's access, which the site's kubeconfig holds.
 */
import type { KubeApi } from "./api.ts"

/** Whom a fault of the API meets: everybody, or those for whom all that is given holds. */
export type FaultMatch =
  | { readonly all: true }
  | {
      /** `namespace/name` */
      readonly serviceAccount?: string
      /** `namespace/name` of the pod whose token it is. */
      readonly pod?: string
      readonly user?: string
      /** The beginning of the User-Agent header. */
      readonly userAgent?: string
    }

export type ApiFault =
  /** Calls are never answered; watches fall silent and catch up when it is mended. */
  | { readonly mode: "drop"; readonly match: FaultMatch }
  /** Connections are closed at once. */
  | { readonly mode: "refuse"; readonly match: FaultMatch }
  | { readonly mode: "slow"; readonly delayMs: number; readonly match: FaultMatch }
  | { readonly mode: "error"; readonly code: number; readonly match: FaultMatch }

export type ContainerName = {
  readonly namespace: string
  readonly pod: string
  readonly container: string
}

export type PodProcess = {
  readonly pid: number
  readonly parent: number
  readonly command: string
  readonly state: string
}

export type FaultInForce = { readonly id: string; readonly kind: string }

const root = "/microkube/v1"

export class MicrokubeFaults {
  readonly #api: KubeApi
  readonly #signal: AbortSignal

  /** `signal` ends all calls that are under way. */
  constructor(api: KubeApi, signal: AbortSignal) {
    this.#api = api
    this.#signal = signal
  }

  async #call(
    method: "GET" | "POST" | "DELETE",
    path: string,
    body?: object,
  ): Promise<Readonly<Record<string, unknown>>> {
    const request = { method, path: `${root}/${path}`, ...(body === undefined ? {} : { body }) }
    const answer = await this.#api.call(request, this.#signal)
    return typeof answer === "object" && answer !== null ? { ...answer } : {}
  }

  /** Puts a fault of the API in force; the id mends it. */
  async breakApi(fault: ApiFault): Promise<string> {
    return String((await this.#call("POST", "faults", fault))["id"])
  }

  async list(): Promise<readonly FaultInForce[]> {
    return items(await this.#call("GET", "faults")).map((one) => ({
      id: String(one["id"]),
      kind: String(one["kind"]),
    }))
  }

  async mend(id: string): Promise<void> {
    await this.#call("DELETE", `faults/${encodeURIComponent(id)}`)
  }

  async mendAll(): Promise<void> {
    await this.#call("DELETE", "faults")
  }

  /** The processes of a container, its main process first. */
  async processes(name: ContainerName): Promise<readonly PodProcess[]> {
    return items(await this.#call("GET", `${pathOf(name)}/processes`)).map((one) => ({
      pid: Number(one["pid"]),
      parent: Number(one["parent"]),
      command: String(one["command"]),
      state: String(one["state"]),
    }))
  }

  async freeze(name: ContainerName): Promise<void> {
    await this.#call("POST", `${pathOf(name)}/freeze`)
  }

  async thaw(name: ContainerName): Promise<void> {
    await this.#call("POST", `${pathOf(name)}/thaw`)
  }

  /**
   * Signals one process of a container: its main one, or the first whose command line `match` (a
   * regular expression) fits. SIGKILL unless another is named.
   */
  async kill(
    name: ContainerName,
    which: { readonly match?: string; readonly pid?: number; readonly signal?: string } = {},
  ): Promise<{ readonly pid: number; readonly command: string }> {
    const done = await this.#call("POST", `${pathOf(name)}/kill`, which)
    return { pid: Number(done["pid"]), command: String(done["command"]) }
  }

  /** Ends all processes of all containers of the pod at once. */
  async killPod(namespace: string, pod: string): Promise<void> {
    await this.#call("POST", `namespaces/${namespace}/pods/${pod}/kill`)
  }

  /** Fails with status 501 where the host can not tell one pod's packets from another's. */
  async cutNetwork(namespace: string, pod: string): Promise<void> {
    await this.#call("POST", `namespaces/${namespace}/pods/${pod}/network/cut`)
  }

  async mendNetwork(namespace: string, pod: string): Promise<void> {
    await this.#call("POST", `namespaces/${namespace}/pods/${pod}/network/mend`)
  }

  async vanishNode(node: string): Promise<void> {
    await this.#call("POST", `nodes/${node}/vanish`)
  }

  async restoreNode(node: string): Promise<void> {
    await this.#call("POST", `nodes/${node}/restore`)
  }

  async freezeNode(node: string): Promise<void> {
    await this.#call("POST", `nodes/${node}/freeze`)
  }

  async thawNode(node: string): Promise<void> {
    await this.#call("POST", `nodes/${node}/thaw`)
  }

  /** `empty` removes all files of the claim's volume, `replace` swaps it for an empty one. */
  async loseVolume(namespace: string, claim: string, mode: "empty" | "replace"): Promise<void> {
    await this.#call("POST", `namespaces/${namespace}/persistentvolumeclaims/${claim}/lose`, {
      mode,
    })
  }

  /** Every watch that resumes from a revision of before is answered 410. */
  async expireHistory(): Promise<void> {
    await this.#call("POST", "history/expire")
  }
}

const pathOf = ({ namespace, pod, container }: ContainerName): string =>
  `namespaces/${namespace}/pods/${pod}/containers/${container}`

function items(
  answer: Readonly<Record<string, unknown>>,
): readonly Readonly<Record<string, unknown>>[] {
  const found: unknown = answer["items"]
  return Array.isArray(found) ? found.map((one: object) => ({ ...one })) : []
}
