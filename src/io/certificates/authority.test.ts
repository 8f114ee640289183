import assert from "node:assert/strict"
import { once } from "node:events"
import { test } from "node:test"
import { type TLSSocket, connect, createServer } from "node:tls"
import { goodUntil, issue, newAuthority } from "./authority.ts"

const now = Date.now()

async function handshake(
  serverName: string,
  trusted: string,
  pair: { certificate: string; key: string },
) {
  const authority = trusted
  const server = createServer({
    cert: pair.certificate,
    key: pair.key,
    ca: authority,
    requestCert: true,
    rejectUnauthorized: true,
  })
  server.on("tlsClientError", () => {})
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  assert.ok(typeof address === "object" && address !== null)
  const client: TLSSocket = connect({
    host: "127.0.0.1",
    port: address.port,
    ca: authority,
    cert: pair.certificate,
    key: pair.key,
    servername: serverName,
  })
  try {
    await once(client, "secureConnect")
    return client.authorized
  } finally {
    client.destroy()
    server.close()
  }
}

test("a certificate of an authority serves and authenticates under its DNS name", async () => {
  const authority = await newAuthority("orders peers", now, 10)
  const pair = await issue(authority, "orders.peers.pg-swarm.io", now, 5)
  assert.equal(await handshake("orders.peers.pg-swarm.io", authority.certificate, pair), true)
})

test("another name, and another authority, are not trusted", async () => {
  const authority = await newAuthority("orders peers", now, 10)
  const stranger = await newAuthority("orders peers", now, 10)
  const pair = await issue(authority, "orders.peers.pg-swarm.io", now, 5)
  await assert.rejects(handshake("billing.peers.pg-swarm.io", authority.certificate, pair))
  await assert.rejects(handshake("orders.peers.pg-swarm.io", stranger.certificate, pair))
})

test("no certificate outlives its authority", async () => {
  const authority = await newAuthority("a", now, 10)
  const pair = await issue(authority, "a.example", now, 400)
  assert.equal(goodUntil(pair.certificate), goodUntil(authority.certificate))
})
