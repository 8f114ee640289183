import assert from "node:assert/strict"
import { once } from "node:events"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { connect, createServer, type Server } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { cutFile, openUplink } from "./uplink.ts"

async function echo(): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer((socket) => socket.pipe(socket))
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  assert.ok(typeof address === "object" && address !== null)
  return { server, port: address.port }
}

test("a cut line breaks what is open, lets nothing new pass, and works again when it is mended", async () => {
  const siteFolder = await mkdtemp(join(tmpdir(), "pg-swarm-uplink-"))
  const { server, port } = await echo()
  {
    await using uplink = await openUplink({
      listen: { host: "127.0.0.1", port: 0 },
      to: { host: "127.0.0.1", port },
      siteFolder,
    })
    const says = async (): Promise<string> => {
      const socket = connect(uplink.port, "127.0.0.1")
      socket.on("error", () => undefined)
      socket.write("hello")
      const answer = await Promise.race([
        once(socket, "data").then(([chunk]) => String(chunk)),
        once(socket, "close").then(() => "closed"),
      ])
      socket.destroy()
      return answer
    }
    assert.equal(await says(), "hello")

    const before = connect(uplink.port, "127.0.0.1")
    before.on("error", () => undefined)
    before.write("open")
    await once(before, "data")
    const broken = once(before, "close")
    await writeFile(cutFile(siteFolder), "")
    await broken
    assert.equal(await says(), "closed")

    await rm(cutFile(siteFolder))
    assert.equal(await says(), "hello")
  }
  server.close()
  await rm(siteFolder, { recursive: true })
})
