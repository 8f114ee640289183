/**
 * The faults that tests and the demo inject, under `/microkube/v1` on the API server's address, with
 * the administrator's token. Bodies and answers are JSON; a refusal is a Status object as elsewhere.
 *
 * - `GET faults`: all that are in force: `{ items: [{ id, kind, … }] }`; `DELETE faults`: mends all;
 *   `DELETE faults/ID`: mends one
 * - `POST faults`: a fault of the API, `{ mode, match, delayMs?, code? }`. `mode`: `drop` (calls are
 *   never answered, watches fall silent and catch up when mended), `refuse` (connections are closed),
 *   `slow` (by `delayMs`), `error` (answered with `code`). `match`: `{ all: true }`, or one or more of
 *   `serviceAccount` and `pod` (`namespace/name`), `user`, `userAgent` (its beginning)
 * - `GET namespaces/NS/pods/POD/containers/C/processes`: `{ items: [{ pid, parent, command, state }] }`
 * - `POST namespaces/NS/pods/POD/containers/C/freeze`, `…/thaw`: stops or continues all its processes
 * - `POST namespaces/NS/pods/POD/containers/C/kill`: `{ signal?, pid?, match? }`: signals its main
 *   process, the process `pid` of its tree, or the first whose command line matches the regular
 *   expression; SIGKILL unless another is named
 * - `POST namespaces/NS/pods/POD/kill`: ends all processes of the pod at once
 * - `POST namespaces/NS/pods/POD/network/cut`, `…/mend`: the pod is alone; 501 where the host can not
 * - `POST nodes/NODE/vanish`, `…/restore`: all on the node ends at once and is heard of no more; its
 *   objects stay, and its pods start again when it is restored
 * - `POST nodes/NODE/freeze`, `…/thaw`
 * - `POST namespaces/NS/persistentvolumeclaims/CLAIM/lose`: `{ mode }`: `empty` removes all files in
 *   the volume, `replace` swaps it for an empty one as if the disk had been changed
 * - `POST history/expire`: every watch that resumes from now on is answered 410
 */
import { mkdirSync, readdirSync, renameSync, rmSync } from "node:fs"
import { join } from "node:path"

import { ApiError, badRequest, noSuchPath, notFound } from "../api-error.ts"
import { type Exchange, answer, parseJson, readBody } from "../api/exchange.ts"
import { decoded } from "../api/route.ts"
import { volumeFolder } from "../controllers/claims.ts"
import { type JsonObject, isObject, numberAt, textAt } from "../json.ts"
import type { Objects } from "../objects.ts"
import { resourceById } from "../resources.ts"
import type { Container } from "../runtime/container.ts"
import type { Kubelet } from "../runtime/kubelet.ts"
import type { PodWorker } from "../runtime/pod-worker.ts"
import { commandLine, signal } from "../runtime/proc.ts"
import type { ApiFaults } from "./api-faults.ts"
import type { Networks } from "./network.ts"
import type { Nodes } from "./nodes.ts"

export type AdminOptions = {
  readonly objects: Objects
  readonly kubelet: Kubelet
  readonly api: ApiFaults
  readonly nodes: Nodes
  readonly networks: Networks
  readonly dir: string
}

export class Admin {
  readonly #options: AdminOptions
  readonly #frozen = new Map<string, Container>()

  constructor(options: AdminOptions) {
    this.#options = options
  }

  /** Answers a request below `/microkube/v1`; says whether the path was one of its own. */
  async serve(exchange: Exchange): Promise<boolean> {
    const parts = exchange.url.pathname.split("/").filter((part) => part !== "")
    const [, version, ...path] = parts.map(decoded)
    if (version !== "v1") return false
    const method = exchange.request.method ?? "GET"
    const text = await readBody(exchange)
    const body = text.trim() === "" ? {} : parseJson(text)
    if (!isObject(body)) throw badRequest("the body must be a JSON object")
    const result = await this.#route(method, path, body)
    if (result === undefined) return false
    answer(exchange, method === "POST" && path[0] === "faults" ? 201 : 200, result)
    return true
  }

  async #route(
    method: string,
    path: readonly string[],
    body: JsonObject,
  ): Promise<JsonObject | undefined> {
    const [first, second, third, fourth, ...rest] = path
    if (first === "faults") return this.#faults(method, second, body)
    if (first === "history" && second === "expire" && method === "POST") {
      this.#options.objects.store.compact()
      return { done: "history forgotten" }
    }
    if (first === "nodes" && second !== undefined && third !== undefined && method === "POST") {
      return this.#node(second, third)
    }
    if (first !== "namespaces" || second === undefined || fourth === undefined) return undefined
    if (third === "persistentvolumeclaims" && rest[0] === "lose" && method === "POST") {
      return this.#lose(second, fourth, body)
    }
    return third === "pods" ? this.#pod(method, second, fourth, rest, body) : undefined
  }

  async #faults(
    method: string,
    id: string | undefined,
    body: JsonObject,
  ): Promise<JsonObject | undefined> {
    if (method === "POST" && id === undefined) {
      const fault = this.#options.api.add(body)
      return { id: fault.id, kind: "api", ...fault.source }
    }
    if (method === "GET" && id === undefined) return { items: this.#list() }
    if (method !== "DELETE") return undefined
    const ids = id === undefined ? this.#list().map((one) => textAt(one, "id") ?? "") : [id]
    for (const one of ids) if (!(await this.#mend(one))) throw noSuchPath()
    return { mended: ids }
  }

  #list(): readonly JsonObject[] {
    const { api, nodes, networks, kubelet } = this.#options
    for (const [key, container] of this.#frozen) {
      if (container.process === undefined) this.#frozen.delete(key)
    }
    return [
      ...api.list().map(({ id, source }) => ({ id, kind: "api", ...source })),
      ...kubelet.gone.map((node) => ({ id: `node-vanished:${node}`, kind: "node-vanished", node })),
      ...nodes.frozen.map((node) => ({ id: `node-frozen:${node}`, kind: "node-frozen", node })),
      ...networks.cutPods().map((pod) => ({ id: `network-cut:${pod}`, kind: "network-cut", pod })),
      ...[...this.#frozen.keys()].map((container) => ({
        id: `container-frozen:${container}`,
        kind: "container-frozen",
        container,
      })),
    ]
  }

  async #mend(id: string): Promise<boolean> {
    const { api, nodes, networks } = this.#options
    const colon = id.indexOf(":")
    const [kind, what] = colon < 0 ? [id, ""] : [id.slice(0, colon), id.slice(colon + 1)]
    switch (kind) {
      case "node-vanished":
        await this.#node(what, "restore")
        return true
      case "node-frozen":
        nodes.thaw(what)
        return true
      case "network-cut":
        return networks.mend(what)
      case "container-frozen":
        this.#frozen.get(what)?.process?.thaw()
        return this.#frozen.delete(what)
      default:
        return api.remove(id)
    }
  }

  async #node(name: string, action: string): Promise<JsonObject> {
    const { nodes, kubelet } = this.#options
    if (!nodes.has(name)) throw notFound(resourceById("nodes"), name)
    switch (action) {
      case "vanish":
        await nodes.vanish(name)
        break
      case "restore":
        if (kubelet.isGone(name)) nodes.restore(name)
        break
      case "freeze":
        await nodes.freeze(name)
        break
      case "thaw":
        nodes.thaw(name)
        break
      default:
        throw noSuchPath()
    }
    return { node: name, done: action }
  }

  async #pod(
    method: string,
    namespace: string,
    name: string,
    rest: readonly string[],
    body: JsonObject,
  ): Promise<JsonObject | undefined> {
    const worker = this.#options.kubelet.workerOf(namespace, name)
    if (worker === undefined) throw notFound(resourceById("pods"), name)
    const [what, which, action] = rest
    const key = `${namespace}/${name}`
    if (what === "kill" && method === "POST") {
      for (const one of worker.containers) one.process?.kill()
      return { pod: key, done: "killed" }
    }
    if (what === "network" && method === "POST") return this.#network(worker, key, which)
    if (what !== "containers" || which === undefined || action === undefined) return undefined
    const container = worker.containers.find((one) => one.name === which)
    if (container?.process === undefined) {
      throw badRequest(`container ${which} of pod ${name} does not run`)
    }
    return this.#container(method, container, `${key}/${which}`, action, body)
  }

  async #container(
    method: string,
    container: Container,
    key: string,
    action: string,
    body: JsonObject,
  ): Promise<JsonObject | undefined> {
    const { process } = container
    if (process === undefined) return undefined
    if (method === "GET" && action === "processes") {
      const items = process.tree().map((one) => ({
        pid: one.pid,
        parent: one.parent,
        command: commandLine(one.pid) === "" ? one.command : commandLine(one.pid),
        state: one.state,
      }))
      return { items }
    }
    if (method !== "POST") return undefined
    switch (action) {
      case "freeze":
        await process.freeze()
        this.#frozen.set(key, container)
        return { container: key, done: "frozen" }
      case "thaw":
        process.thaw()
        this.#frozen.delete(key)
        return { container: key, done: "thawed" }
      case "kill":
        return { container: key, ...kill(container, body) }
      default:
        return undefined
    }
  }

  #network(worker: PodWorker, key: string, action: string | undefined): JsonObject {
    const { networks } = this.#options
    if (networks.obstacle !== undefined)
      throw new ApiError(501, "NotImplemented", networks.obstacle)
    if (action === "mend") {
      networks.mend(key)
      return { pod: key, done: "mended" }
    }
    if (action !== "cut") throw noSuchPath()
    const { address } = worker
    if (address === undefined) throw badRequest(`pod ${key} has no address yet`)
    const group = worker.group
    for (const one of worker.containers) {
      for (const proc of one.process?.tree() ?? []) networks.enroll(group, proc.pid)
    }
    if (!networks.cut(key, { address, group })) {
      throw new ApiError(
        501,
        "NotImplemented",
        "the packet filter of this host refused the rules of a cut",
      )
    }
    return { pod: key, done: "cut" }
  }

  #lose(namespace: string, name: string, body: JsonObject): JsonObject {
    const claim = this.#options.objects.get(resourceById("persistentvolumeclaims"), namespace, name)
    const volume = textAt(claim, "spec", "volumeName")
    if (volume === undefined) throw badRequest(`claim ${name} has no volume yet`)
    const folder = volumeFolder(this.#options.dir, volume)
    const mode = textAt(body, "mode") ?? "empty"
    if (mode === "empty") {
      for (const entry of readdirSync(folder))
        rmSync(join(folder, entry), { recursive: true, force: true })
    } else if (mode === "replace") {
      // Open files live on in the old folder until they are closed, as on a disk that was pulled.
      renameSync(folder, `${folder}.lost`)
      mkdirSync(folder, { mode: 0o755 })
      rmSync(`${folder}.lost`, { recursive: true, force: true })
    } else throw badRequest("mode: expected empty or replace")
    return { claim: `${namespace}/${name}`, done: mode }
  }
}

const signals = [
  "SIGKILL",
  "SIGTERM",
  "SIGINT",
  "SIGQUIT",
  "SIGHUP",
  "SIGSTOP",
  "SIGCONT",
  "SIGABRT",
  "SIGSEGV",
  "SIGUSR1",
  "SIGUSR2",
] as const

function kill(container: Container, body: JsonObject): JsonObject {
  const asked = textAt(body, "signal") ?? "SIGKILL"
  const name = signals.find((one) => one === asked)
  if (name === undefined) throw badRequest(`signal: expected one of ${signals.join(", ")}`)
  const tree = container.process?.tree() ?? []
  const pid = numberAt(body, "pid")
  const match = textAt(body, "match")
  const found =
    pid !== undefined
      ? tree.find((one) => one.pid === pid)
      : match !== undefined
        ? tree.find((one) => new RegExp(match).test(commandLine(one.pid)))
        : tree[0]
  if (found === undefined) throw badRequest(`no process of the container is ${match ?? pid}`)
  const command = commandLine(found.pid)
  signal(found.pid, name)
  return { pid: found.pid, command, signal: name }
}
