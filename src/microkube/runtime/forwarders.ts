/**
 * Services with an address of their own: a listener for each port that hands connections on, in
 * turn, to the ready endpoints. Without endpoints nothing listens, so that a client is refused at
 * once; a connection that stands is left alone when the endpoints change, as kube-proxy does.
 */
import { type Server, type Socket, connect, createServer } from "node:net"

import { type JsonObject, numberAt, objectsAt, textAt } from "../json.ts"
import { type KubeObject, nameOf, namespaceOf, keyOf } from "../object.ts"
import { log } from "../log.ts"
import type { Store } from "../store/store.ts"

const dialTimeoutMs = 5_000

type Backend = { readonly address: string; readonly port: number }

/** Whether new connections to the pod's address get through now. */
export type Reaches = (address: string) => boolean

class Forwarder {
  readonly #host: string
  readonly #port: number
  readonly #reaches: Reaches
  readonly #sockets = new Set<Socket>()
  #backends: readonly Backend[] = []
  #turn = 0
  #server: Server | undefined

  constructor(host: string, port: number, reaches: Reaches) {
    this.#host = host
    this.#port = port
    this.#reaches = reaches
  }

  aim(backends: readonly Backend[]): void {
    this.#backends = backends
    if (backends.length === 0) {
      this.#server?.close()
      this.#server = undefined
    } else this.#server ??= this.#listen()
  }

  #listen(): Server {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
      this.#forward(socket)
    })
    server.on("error", (error) => {
      log("service.not-listening", { address: `${this.#host}:${this.#port}`, error: error.message })
    })
    server.listen(this.#port, this.#host)
    return server
  }

  #forward(client: Socket): void {
    const backend = this.#backends[this.#turn % Math.max(1, this.#backends.length)]
    this.#turn += 1
    if (backend === undefined) {
      client.resetAndDestroy()
      return
    }
    this.#sockets.add(client)
    client.once("close", () => this.#sockets.delete(client))
    client.on("error", () => client.destroy())
    // A cut pod: packets to it are lost, so the client waits, as it would on a real network.
    if (!this.#reaches(backend.address)) return
    this.#join(client, backend)
  }

  #join(client: Socket, { address, port }: Backend): void {
    const server = connect({ host: address, port, allowHalfOpen: true })
    const dialing = setTimeout(() => {
      server.destroy()
      client.resetAndDestroy()
    }, dialTimeoutMs)
    server.setNoDelay(true)
    client.setNoDelay(true)
    server.once("connect", () => {
      clearTimeout(dialing)
      client.pipe(server)
      server.pipe(client)
      client.resume()
    })
    server.on("error", () => {
      clearTimeout(dialing)
      // The other side sees the connection break, not end.
      client.resetAndDestroy()
    })
    server.once("close", () => {
      clearTimeout(dialing)
      if (!client.writableEnded) client.destroy()
    })
    client.once("close", () => {
      server.destroy()
    })
  }

  close(): void {
    this.#server?.close()
    this.#server = undefined
    for (const socket of this.#sockets) socket.destroy()
  }
}

export class Forwarders {
  readonly #store: Store
  readonly #reaches: Reaches
  /** By Service and port. */
  readonly #all = new Map<string, Forwarder>()
  #stops: (() => void)[] = []

  constructor(store: Store, reaches: Reaches) {
    this.#store = store
    this.#reaches = reaches
  }

  start(): void {
    const { services, endpoints } = { services: "services", endpoints: "endpoints" }
    for (const service of this.#store.list(services)) this.#set(service)
    this.#stops = [
      this.#store.subscribe(services, ({ type, object }) => {
        if (type === "DELETED") this.#drop(keyOf(object))
        else this.#set(object)
      }),
      this.#store.subscribe(endpoints, ({ object }) => {
        const service = this.#store.get(services, namespaceOf(object), nameOf(object))
        if (service !== undefined) this.#set(service)
      }),
    ]
  }

  stop(): void {
    for (const stop of this.#stops) stop()
    for (const forwarder of this.#all.values()) forwarder.close()
    this.#all.clear()
  }

  #drop(key: string): void {
    for (const [id, forwarder] of this.#all) {
      if (!id.startsWith(`${key} `)) continue
      forwarder.close()
      this.#all.delete(id)
    }
  }

  #set(service: KubeObject): void {
    const host = textAt(service, "spec", "clusterIP")
    if (host === undefined || host === "None") return
    const subsets = objectsAt(
      this.#store.get("endpoints", namespaceOf(service), nameOf(service)),
      "subsets",
    )
    const wanted = new Set<string>()
    for (const port of objectsAt(service, "spec", "ports")) {
      if ((textAt(port, "protocol") ?? "TCP") !== "TCP") continue
      const number = numberAt(port, "port") ?? 0
      const id = `${keyOf(service)} ${host}:${number}`
      wanted.add(id)
      const forwarder = this.#all.get(id) ?? new Forwarder(host, number, this.#reaches)
      this.#all.set(id, forwarder)
      forwarder.aim(backendsOf(subsets, port))
    }
    for (const [id, forwarder] of this.#all) {
      if (!id.startsWith(`${keyOf(service)} `) || wanted.has(id)) continue
      forwarder.close()
      this.#all.delete(id)
    }
  }
}

/** The ready addresses behind one port of the Service, which endpoints know by its name. */
function backendsOf(subsets: readonly JsonObject[], port: JsonObject): readonly Backend[] {
  return subsets.flatMap((subset) => {
    const target = objectsAt(subset, "ports").find(
      (one) => (textAt(one, "name") ?? "") === (textAt(port, "name") ?? ""),
    )
    const number = numberAt(target, "port")
    if (number === undefined) return []
    return objectsAt(subset, "addresses").flatMap((one) => {
      const address = textAt(one, "ip")
      return address === undefined ? [] : [{ address, port: number }]
    })
  })
}
