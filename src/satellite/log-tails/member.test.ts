import assert from "node:assert/strict"
import { once } from "node:events"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { test } from "node:test"
import type { RawLine } from "#core/logs/tail-reader.ts"
import { namespace, podName } from "#core/ids.ts"
import { millis } from "#core/units.ts"
import { systemClock } from "#io/clock.ts"
import { KubeApi } from "#io/kube/api.ts"
import { memberLog } from "./member.ts"
import type { Ended } from "./source.ts"

type Answer = (response: ServerResponse, query: URLSearchParams) => void

/** The member's log over HTTP, as these answers give it, one after the other; the last one goes on for ever. */
async function read(answers: readonly [Answer, ...Answer[]], lines = 10) {
  let count = 0
  const paths: string[] = []
  const server = createServer((request: IncomingMessage, response) => {
    const url = new URL(request.url ?? "", "http://localhost")
    paths.push(url.pathname)
    const answer = answers[Math.min(count, answers.length - 1)]
    count += 1
    answer?.(response, url.searchParams)
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  assert.ok(typeof address === "object" && address !== null)
  using api = new KubeApi({
    server: new URL(`http://127.0.0.1:${address.port}`),
    authority: undefined,
    clientCertificate: undefined,
    clientKey: undefined,
    verifyServer: false,
    token: () => Promise.resolve(undefined),
  })
  const seen: RawLine[] = []
  const waited: string[] = []
  const source = memberLog({
    api,
    clock: systemClock,
    namespace: namespace("shop"),
    pod: podName("orders-1"),
    container: "postgres",
    pace: { again: millis(5), patience: millis(200) },
  })
  const ended: Ended = await source(
    lines,
    {
      line: (line) => seen.push(line),
      following: () => {},
      waiting: (why) => waited.push(why),
      room: () => Promise.resolve(),
    },
    AbortSignal.timeout(20_000),
  )
  server.closeAllConnections()
  server.close()
  await once(server, "close")
  return { ended, seen, waited, paths }
}

const status =
  (code: number, message: string): Answer =>
  (response) => {
    response.writeHead(code, { "content-type": "application/json" })
    response.end(JSON.stringify({ kind: "Status", status: "Failure", reason: "x", message }))
  }
const notFound = status(404, 'pods "orders-1" not found')

test("lines come without Kubernetes' time, whole wherever the answer is cut", async () => {
  const bytes = Buffer.from("2026-01-01T00:00:00.000000001Z ä 😀\n2026-01-01T00:00:01Z b\n")
  const { seen, paths } = await read(
    [
      (response, query) => {
        assert.deepEqual(Object.fromEntries(query), {
          container: "postgres",
          follow: "true",
          timestamps: "true",
          tailLines: "7",
        })
        for (let at = 0; at < bytes.length; at += 1) response.write(bytes.subarray(at, at + 1))
        response.end()
      },
      notFound,
    ],
    7,
  )
  assert.equal(paths[0], "/api/v1/namespaces/shop/pods/orders-1/log")
  assert.deepEqual(seen, [
    { at: Date.parse("2026-01-01T00:00:00Z"), text: "ä 😀", isCut: false },
    { at: Date.parse("2026-01-01T00:00:01Z"), text: "b", isCut: false },
  ])
})

test("it goes on where it was after a restart and a broken line, and nothing is shown twice", async () => {
  const { ended, seen, waited } = await read([
    (response) => response.end("2026-01-01T00:00:00.1Z one\n2026-01-01T00:00:00.12Z two\n"),
    status(400, 'container "postgres" in pod "orders-1" is waiting to start: ContainerCreating'),
    (response, query) => {
      assert.equal(query.get("sinceTime"), "2026-01-01T00:00:00Z")
      response.write("2026-01-01T00:00:00.1Z one\n2026-01-01T00:00:00.12Z two\n")
      response.write("2026-01-01T00:00:00.2Z three\n", () => response.destroy())
    },
    notFound,
    (response) => response.end("2026-01-01T00:00:05Z four\n"),
    notFound,
  ])
  assert.deepEqual(
    seen.map(({ text }) => text),
    ["one", "two", "three", "four"],
  )
  assert.ok(waited.includes("orders-1 has not started yet"))
  assert.ok(waited.includes("orders-1 is gone; waiting for the next of its name"))
  assert.equal(ended.end, "gone", "what does not come back is not waited for for ever")
})

test("what never was, or must not be read, ends at once and says why", async () => {
  assert.deepEqual((await read([notFound])).ended, {
    end: "gone",
    why: "there is no pod orders-1 at the site",
  })
  const forbidden = (await read([status(403, "no")])).ended
  assert.equal(forbidden.end, "forbidden")
  assert.match(forbidden.why, /pods\/log/)
  const none = await read([status(400, "container postgres is not valid for pod orders-1")])
  assert.equal(none.ended.end, "gone")
})

test("what the kubelet says of a container that is gone is shown once, however often it is asked", async () => {
  const gone: Answer = (response) => response.end("unable to retrieve container logs for x://1\n")
  const { seen } = await read([
    (response) => response.end("2026-01-01T00:00:00Z one\n"),
    gone,
    gone,
    gone,
    (response) => response.end("2026-01-01T00:00:05Z two\n"),
    notFound,
  ])
  assert.deepEqual(
    seen.map(({ text }) => text),
    ["one", "unable to retrieve container logs for x://1", "two"],
  )
})
