import assert from "node:assert/strict"
import { once } from "node:events"
import { test } from "node:test"
import { WebSocket } from "ws"
import { present } from "#core/assert.ts"
import { type LiveMessage, liveMessageSchema } from "#wire/live.ts"
import type { Central } from "../../src/central/central.ts"
import { adminPassword, type Api, restUrl, rulePut, signIn } from "../fixtures/central.ts"
import { clusterHealth } from "../fixtures/cluster-health.ts"
import { query } from "../fixtures/postgres.ts"
import { eventually, Site } from "../fixtures/site.ts"
import { oneCentral } from "../fixtures/one-central.ts"

let url: string
let central: Central
let api: Api
let liveUrl: string
oneCentral(async (opened) => {
  ;({ url, central, api } = opened)
  liveUrl = `${restUrl(central).replace("http", "ws")}/api/v1/live`
})

type Browser = { readonly socket: WebSocket; readonly messages: LiveMessage[] }

async function browser(headers: Readonly<Record<string, string>>): Promise<Browser> {
  const socket = new WebSocket(liveUrl, { headers })
  const messages: LiveMessage[] = []
  socket.on("message", (data) => {
    assert.ok(Buffer.isBuffer(data))
    messages.push(liveMessageSchema.parse(JSON.parse(data.toString("utf8"))))
  })
  await once(socket, "open")
  await eventually("hello", async () => Promise.resolve(messages.length > 0))
  return { socket, messages }
}

const bearer = (): Readonly<Record<string, string>> => ({ authorization: `Bearer ${api.token}` })

async function turnedAway(headers: Readonly<Record<string, string>>): Promise<number | undefined> {
  const socket = new WebSocket(liveUrl, { headers })
  socket.on("error", () => {})
  const { promise, resolve } = Promise.withResolvers<number | undefined>()
  socket.on("unexpected-response", (_, response) => resolve(response.statusCode))
  const status = await promise
  socket.terminate()
  return status
}

test("what changes is pushed whole to who listens: satellites, clusters, events, lists, and what is gone", async () => {
  const { socket, messages } = await browser(bearer())
  assert.equal(messages[0]?.kind, "hello")
  const site = new Site(central, "shown")
  await site.join(api)
  await rulePut(api)
  const { stream, welcome } = await site.connect()
  const [spec] = welcome.clusters
  assert.ok(spec !== undefined)
  const seen = <Kind extends LiveMessage["kind"]>(
    kind: Kind,
    fits: (message: Extract<LiveMessage, { kind: Kind }>) => boolean,
  ) => {
    const isKind = (message: LiveMessage): message is Extract<LiveMessage, { kind: Kind }> =>
      message.kind === kind
    return eventually(`a message ${kind}`, async () =>
      Promise.resolve(messages.filter(isKind).some(fits)),
    )
  }
  await seen(
    "satellite",
    ({ satellite }) => satellite.id === site.id && satellite.state === "connected",
  )
  await seen("cluster", ({ cluster }) => cluster.id === spec.id && cluster.state === "creating")
  await seen("events", ({ events }) => events.some(({ kind }) => kind === "cluster.requested"))
  await seen("refetch", ({ resource }) => resource === "rules")
  await api.ok("deleteCluster", { params: { id: spec.id } })
  await seen("cluster", ({ cluster }) => cluster.id === spec.id && cluster.state === "deleting")
  stream.send({ kind: "delete-ack", clusterId: spec.id, gone: true })
  await seen("cluster-gone", ({ id }) => id === spec.id)
  socket.terminate()
  await site.close()
})

test("nobody listens without signing in, with a wrong token, or from a page of another origin", async () => {
  const { cookie } = await signIn(restUrl(central), adminPassword)
  const host = new URL(restUrl(central)).host
  assert.equal(await turnedAway({}), 401)
  assert.equal(await turnedAway({ authorization: "Bearer pgs_wrong" }), 401)
  assert.equal(await turnedAway({ cookie, origin: "https://evil.example" }), 403)
  const own = await browser({ cookie, origin: `http://${host}` })
  own.socket.terminate()
})

test("a listener that talks is let go", async () => {
  const { socket } = await browser(bearer())
  socket.send("hello?")
  const [code] = await once(socket, "close")
  assert.equal(code, 1008)
})

test("D1: what sites say all the time is no event, and browsers hear of what changed alone, in few messages", async () => {
  const [noisy, calm] = [new Site(central, "noisy"), new Site(central, "calm")]
  for (const one of [noisy, calm]) await one.join(api)
  const { stream, welcome } = await noisy.connect()
  const id = present(welcome.clusters[0], "the rule made a cluster").id
  const { socket, messages } = await browser(bearer())
  const shown = (reason: string) =>
    messages.findIndex((one) => one.kind === "cluster" && one.cluster.reason === reason)
  const say = (look: number) =>
    stream.send({ kind: "health", health: clusterHealth(id, { reason: `look ${look}` }) })
  say(0)
  await eventually("the first look is shown", () => Promise.resolve(shown("look 0") >= 0))
  const events = (await query(url, "select id from event")).length
  const looks = 300
  for (let look = 1; look <= looks; look += 1) say(look)
  await eventually("the last look is shown", () => Promise.resolve(shown(`look ${looks}`) >= 0))
  const since = messages.slice(shown("look 0") + 1)
  assert.ok(since.length < looks / 3, `${since.length} messages for ${looks} looks`)
  for (const one of since)
    assert.ok(
      (one.kind === "cluster" && one.cluster.id === id) || one.kind === "satellite",
      JSON.stringify(one),
    )
  assert.equal((await query(url, "select id from event")).length, events)
  socket.terminate()
  for (const one of [noisy, calm]) await one.close()
})
