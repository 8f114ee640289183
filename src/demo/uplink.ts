/**
 * The line from a site to central, as a TCP forwarder of the demo's own, so that it can be cut: while the file
 * `cut` exists in the site's folder, nothing passes and what was open is broken off.
 */
import { existsSync, watch } from "node:fs"
import { connect, createServer, type Socket } from "node:net"
import { join } from "node:path"

export const cutFile = (siteFolder: string): string => join(siteFolder, "cut")

export interface Uplink extends AsyncDisposable {
  readonly port: number
}

type Options = {
  readonly listen: { readonly host: string; readonly port: number }
  readonly to: { readonly host: string; readonly port: number }
  readonly siteFolder: string
}

const socketsMax = 1_000

export async function openUplink({ listen, to, siteFolder }: Options): Promise<Uplink> {
  const open = new Set<Socket>()
  const isCut = (): boolean => existsSync(cutFile(siteFolder))
  const keep = (socket: Socket): void => {
    open.add(socket)
    socket.once("close", () => open.delete(socket))
    // Either end may break off; the other one is closed by `close` below.
    socket.on("error", () => socket.destroy())
  }
  const server = createServer((incoming) => {
    keep(incoming)
    if (isCut() || open.size > socketsMax) {
      incoming.destroy()
      return
    }
    const outgoing = connect(to)
    keep(outgoing)
    incoming.once("close", () => outgoing.destroy())
    outgoing.once("close", () => incoming.destroy())
    incoming.pipe(outgoing).pipe(incoming)
  })
  const watcher = watch(siteFolder, () => {
    if (isCut()) for (const socket of open) socket.destroy()
  })
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject)
    server.listen({ ...listen, exclusive: true }, resolve)
  })
  const address = server.address()
  return {
    port: typeof address === "object" && address !== null ? address.port : listen.port,
    async [Symbol.asyncDispose]() {
      watcher.close()
      for (const socket of open) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
