/** Pledges over real HTTP/2, against a member that answers late, wrongly or not at all. */
import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { Code, ConnectError, createClient } from "@connectrpc/connect"
import { openRpcClient, type RpcClient } from "#io/rpc/client.ts"
import { openRpcServer, type RpcServer } from "#io/rpc/server.ts"
import { PeerService } from "#wire/peer.ts"
import { StandingLine } from "./standing-line.ts"

let server: RpcServer
let client: RpcClient
let streams = 0
let silent = false
const messageBytesMax = 65_536

const serve = (port: number): Promise<RpcServer> =>
  openRpcServer({
    listen: { host: `127.79.${process.pid % 250}.2`, port },
    tls: undefined,
    messageBytesMax,
    routes: (router) =>
      router.service(PeerService, {
        async *pledges(requests) {
          streams += 1
          for await (const { term } of requests) {
            if (term === 13n) throw new ConnectError("not this term", Code.PermissionDenied)
            if (!silent) yield { term, durationMs: 1n }
          }
        },
      }),
  })

before(async () => {
  server = await serve(0)
  const { host, port } = server.address
  client = openRpcClient({ url: `http://${host}:${port}`, authority: undefined, messageBytesMax })
})

after(async () => {
  client[Symbol.dispose]()
  await server[Symbol.asyncDispose]()
})

const open = () => {
  streams = 0
  return new StandingLine(createClient(PeerService, client.transport).pledges)
}
const codeOf = (asked: Promise<unknown>): Promise<Code> =>
  asked.then(
    () => assert.fail("it was answered"),
    (failure: unknown) => ConnectError.from(failure).code,
  )

test("many pledges are asked over one stream, each answered for itself", async () => {
  using line = open()
  for (const term of [3n, 4n, 5n])
    assert.equal((await line.ask({ term }, { timeoutMs: 5000 })).term, term)
  assert.equal(streams, 1)
})

test("a refusal is the refusal of that question alone", async () => {
  using line = open()
  assert.equal(await codeOf(line.ask({ term: 13n }, { timeoutMs: 5000 })), Code.PermissionDenied)
  assert.equal((await line.ask({ term: 4n }, { timeoutMs: 5000 })).term, 4n)
  assert.equal(streams, 2)
})

test("S1: an answer that comes too late is never taken for the answer to the next question", async () => {
  using line = open()
  silent = true
  assert.equal(await codeOf(line.ask({ term: 3n }, { timeoutMs: 50 })), Code.DeadlineExceeded)
  silent = false
  assert.equal((await line.ask({ term: 4n }, { timeoutMs: 5000 })).term, 4n)
  assert.equal(streams, 2)
})

test("a member that came back is asked at once, not only after a question that was lost", async () => {
  using line = open()
  assert.equal((await line.ask({ term: 3n }, { timeoutMs: 5000 })).term, 3n)
  const { address } = server
  await server[Symbol.asyncDispose]()
  server = await serve(address.port)
  assert.equal((await line.ask({ term: 4n }, { timeoutMs: 5000 })).term, 4n)
})

test("two questions at once are a mistake, and the first is answered all the same", async () => {
  using line = open()
  const first = line.ask({ term: 3n }, { timeoutMs: 5000 })
  assert.equal(await codeOf(line.ask({ term: 4n })), Code.Aborted)
  assert.equal((await first).term, 3n)
})
