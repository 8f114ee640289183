/**
 * The network between the members of a test cluster: each member is reached through relays at its published
 * address, which know whose process is at the other end. What goes from one member to another can be lost,
 * in one direction or in both, as if a cable were pulled: connections stay open and fall silent, new ones get
 * no answer, and when the cable is back what was held arrives late.
 */
import assert from "node:assert/strict"
import { once } from "node:events"
import { readdirSync, readFileSync, readlinkSync } from "node:fs"
import { createServer, connect, type Server, type Socket } from "node:net"

/** Environment variable that tells a sidecar under test where to listen. */
export const listenAddress = "PG_SWARM_TEST_LISTEN_ADDRESS"

/** One end of a link: a member and how to find its processes. */
export type End = {
  readonly pod: string
  /** Where the others reach it. */
  readonly published: string
  /** Where its processes listen. */
  readonly own: string
  readonly processes: () => Promise<readonly number[]>
}

type Relayed = {
  readonly from: string
  readonly to: string
  /** Looks again at what may pass. */
  readonly adjust: () => void
  readonly close: () => void
}

export class Links implements AsyncDisposable {
  readonly #ends: End[] = []
  readonly #servers: Server[] = []
  readonly #relayed = new Set<Relayed>()
  readonly #lost = new Set<string>()

  /** Opens the relays of a member on these ports. */
  async add(end: End, ports: readonly number[]): Promise<void> {
    this.#ends.push(end)
    for (const port of ports) {
      const server = createServer((client) => void this.#accept(client, end, port))
      server.listen(port, end.published)
      await once(server, "listening")
      this.#servers.push(server)
    }
  }

  /** What `from` sends to `to` gets lost. */
  lose(from: { readonly pod: string }, to: { readonly pod: string }): void {
    this.#lost.add(way(from.pod, to.pod))
    this.#adjust()
  }

  /** Nothing passes between the two, in either direction. */
  cut(one: { readonly pod: string }, other: { readonly pod: string }): void {
    this.lose(one, other)
    this.lose(other, one)
  }

  /** Nothing passes between this member and any other. */
  isolate(one: { readonly pod: string }): void {
    for (const other of this.#ends) if (other.pod !== one.pod) this.cut(one, other)
  }

  mend(one: { readonly pod: string }, other: { readonly pod: string }): void {
    this.#lost.delete(way(one.pod, other.pod))
    this.#lost.delete(way(other.pod, one.pod))
    this.#adjust()
  }

  /** What was held on its way is lost too, as when the machine that sent it has ended: those connections are closed. */
  forgetHeld(): void {
    for (const { from, to, close } of this.#relayed)
      if (this.#lost.has(way(from, to)) || this.#lost.has(way(to, from))) close()
  }

  mendAll(): void {
    this.#lost.clear()
    this.#adjust()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { close } of this.#relayed) close()
    await Promise.all(
      this.#servers.map(async (server) => {
        server.close()
        await once(server, "close")
      }),
    )
  }

  #adjust(): void {
    for (const { adjust } of this.#relayed) adjust()
  }

  async #accept(client: Socket, to: End, port: number): Promise<void> {
    client.on("error", () => undefined)
    const from = await this.#ownerOf(client)
    // Who is not known has ended already.
    if (from === undefined || client.destroyed) client.destroy()
    else this.#relay(client, from, to, port)
  }

  #relay(client: Socket, from: string, to: End, port: number): void {
    const passes = (): boolean => !this.#lost.has(way(from, to.pod))
    const returns = (): boolean => !this.#lost.has(way(to.pod, from))
    let server: Socket | undefined
    let flows: readonly (() => void)[] = []
    const relayed: Relayed = {
      from,
      to: to.pod,
      adjust: () => {
        if (server === undefined && passes() && returns()) open()
        for (const flow of flows) flow()
      },
      close: () => {
        client.destroy()
        server?.destroy()
        this.#relayed.delete(relayed)
      },
    }
    const open = (): void => {
      server = connect(port, to.own)
      server.on("error", () => undefined)
      flows = [flow(client, server, passes), flow(server, client, returns)]
    }
    this.#relayed.add(relayed)
    client.once("close", () => {
      if (server === undefined || server.destroyed) this.#relayed.delete(relayed)
    })
    client.pause()
    relayed.adjust()
  }

  /** The member whose process is at the other end; undefined when it is no longer there. */
  async #ownerOf(client: Socket): Promise<string | undefined> {
    const inode = inodeOf(client)
    if (inode === undefined) return undefined
    const link = `socket:[${inode}]`
    for (const { pod, processes } of this.#ends)
      for (const pid of await processes()) if (holds(pid, link)) return pod
    return undefined
  }
}

const way = (from: string, to: string): string => `${from} > ${to}`

/** Passes on what comes, its end included, while it may pass; returns what looks at that again. */
function flow(source: Socket, sink: Socket, passes: () => boolean): () => void {
  let full = false
  let ended = false
  const adjust = (): void => {
    if (!passes() || full) source.pause()
    else if (!ended) source.resume()
    else if (sink.writable) sink.destroySoon()
  }
  source.on("data", (chunk) => {
    if (sink.write(chunk)) return
    full = true
    adjust()
  })
  sink.on("drain", () => {
    full = false
    adjust()
  })
  source.once("close", () => {
    ended = true
    adjust()
  })
  adjust()
  return adjust
}

/** The inode of the socket at the other end of a connection on this host. */
function inodeOf(socket: Socket): string | undefined {
  const { remoteAddress, remotePort, localAddress, localPort } = socket
  if (remoteAddress === undefined || localAddress === undefined) return undefined
  const [there, here] = [endpoint(remoteAddress, remotePort), endpoint(localAddress, localPort)]
  const lines = readFileSync("/proc/net/tcp", "utf8").split("\n")
  for (const line of lines) {
    const fields = line.trim().split(/\s+/)
    if (fields[1] === there && fields[2] === here) return fields[9]
  }
  return undefined
}

/** As `/proc/net/tcp` writes it: the bytes of the address backwards, all in hexadecimal digits. */
const endpoint = (address: string, port: number | undefined): string => {
  const bytes = address.split(".").toReversed().map(Number)
  const hex = (value: number, width: number): string =>
    value.toString(16).toUpperCase().padStart(width, "0")
  return `${bytes.map((byte) => hex(byte, 2)).join("")}:${hex(port ?? 0, 4)}`
}

function holds(pid: number, link: string): boolean {
  try {
    const folder = `/proc/${pid}/fd`
    return readdirSync(folder).some((fd) => {
      try {
        return readlinkSync(`${folder}/${fd}`) === link
      } catch {
        return false
      }
    })
  } catch {
    return false
  }
}

/** A process and everything below it. */
export function tree(root: number): readonly number[] {
  assert(Number.isSafeInteger(root))
  const parents = new Map<number, number>()
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8")
      const [, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
      parents.set(Number(name), Number(parent))
    } catch {
      // It ended between the look and the reading.
    }
  }
  const found = new Set([root])
  for (let size = 0; size !== found.size;) {
    size = found.size
    for (const [pid, parent] of parents) if (found.has(parent)) found.add(pid)
  }
  return [...found]
}
