import assert from "node:assert/strict"
import { once } from "node:events"
import type { AddressInfo } from "node:net"
import { test } from "node:test"
import { WebSocket, WebSocketServer } from "ws"
import { type LiveMessage, liveMessageSchema } from "#wire/live.ts"
import { Audience, type Guest } from "./audience.ts"

const admin: Guest = { personId: "a", role: "admin", scope: [] }

/** An audience and one browser in it, over a real socket. */
async function oneListener(now: () => Promise<Guest | undefined> = () => Promise.resolve(admin)) {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 })
  await once(server, "listening")
  const audience = new Audience()
  const entered = Promise.withResolvers<WebSocket>()
  server.on("connection", (socket) => {
    audience.enter(socket, admin, now)
    entered.resolve(socket)
  })
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a TCP server has no other kind of address
  const { port } = server.address() as AddressInfo
  const browser = new WebSocket(`ws://127.0.0.1:${port}`)
  const messages: LiveMessage[] = []
  let arrived = Promise.withResolvers<void>()
  browser.on("message", (data) => {
    assert.ok(Buffer.isBuffer(data))
    messages.push(liveMessageSchema.parse(JSON.parse(data.toString("utf8"))))
    arrived.resolve()
    arrived = Promise.withResolvers()
  })
  const until = async (kind: LiveMessage["kind"]): Promise<void> => {
    while (!messages.some((message) => message.kind === kind)) await arrived.promise
  }
  const socket = await entered.promise
  await until("hello")
  return {
    audience,
    browser,
    socket,
    messages,
    until,
    close: async () => {
      browser.terminate()
      server.close()
      await once(server, "close")
    },
  }
}

const event = {
  id: "5f0e5d62-52d6-4b8c-9c3e-4f3c86b4b222",
  at: "2026-01-01T00:00:00.000Z",
  receivedAt: "2026-01-01T00:00:00.000Z",
  severity: "info" as const,
  kind: "test.noise",
  message: "x".repeat(100_000),
  satelliteId: null,
  satelliteName: null,
  clusterId: null,
  clusterName: null,
  pod: null,
  details: {},
}

test("a browser that does not read fills a bounded buffer, and is told of its gap when it reads again", async () => {
  const { audience, browser, socket, messages, until, close } = await oneListener()
  browser.pause()
  for (let at = 0; at < 400; at += 1) audience.send({ kind: "events", events: [event] })
  assert.ok(socket.bufferedAmount < 2 * 1024 * 1024, `${socket.bufferedAmount} bytes wait`)
  browser.resume()
  while (socket.bufferedAmount > 0) await once(browser, "message")
  await audience.pulse()
  await until("overrun")
  const received = messages.filter(({ kind }) => kind === "events").length
  assert.ok(received < 400, `${received} of 400 were sent`)
  await until("pulse")
  await close()
})

test("a browser that does not answer pings is let go, and one that is signed out too", async () => {
  const deaf = await oneListener()
  deaf.browser.pause()
  await deaf.audience.pulse()
  await deaf.audience.pulse()
  await once(deaf.socket, "close")
  assert.equal(deaf.audience.size, 0)
  await deaf.close()

  const signedOut = await oneListener(() => Promise.resolve(undefined))
  const closed = once(signedOut.browser, "close")
  await signedOut.audience.pulse()
  assert.equal((await closed)[0], 4401)
  await signedOut.close()

  const demoted = await oneListener(() => Promise.resolve({ ...admin, role: "viewer" }))
  const ended = once(demoted.browser, "close")
  await demoted.audience.review(new Set(["b"]))
  assert.equal(demoted.audience.size, 1, "somebody else's role changed")
  await demoted.audience.review(new Set(["a"]))
  assert.equal((await ended)[0], 4403)
  await demoted.close()
})
