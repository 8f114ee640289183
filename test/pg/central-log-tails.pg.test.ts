/** Following logs of sites through central: who may, how it ends, and that no central stands in the way of another. */
import assert from "node:assert/strict"
import { once } from "node:events"
import { test } from "node:test"
import { WebSocket } from "ws"
import type { TailId } from "#core/ids.ts"
import { type TailBatch, tailBounds, type TailLine } from "#core/logs/tail.ts"
import { type TailMessage, tailMessageSchema } from "#wire/log-tail-live.ts"
import type { Central } from "../../src/central/central.ts"
import { type Api, quick, restUrl, rulePut } from "../fixtures/central.ts"
import { oneCentral } from "../fixtures/one-central.ts"
import { query } from "../fixtures/postgres.ts"
import { eventually, Site, type SiteStream } from "../fixtures/site.ts"

let url: string
let a: Central
let b: Central
let api: Api
let site: Site
let stream: SiteStream
// Satellites are not lost here for want of heartbeats.
const timing = { ...quick, lateAfter: tailBounds.pulseEvery, lostAfter: tailBounds.pulseEvery }
oneCentral(
  async (opened) => {
    ;({ url, central: a, api } = opened)
    b = await opened.another()
    await rulePut(api)
    site = opened.site("north")
    await site.join(api, { region: "north" })
    stream = (await site.connect()).stream
  },
  { timing },
)

/** Somebody who follows a log at a central. */
class Follower {
  readonly socket: WebSocket
  readonly messages: TailMessage[] = []
  readonly closed: Promise<unknown[]>

  constructor(central: Central, path: string, token = api.token) {
    this.socket = new WebSocket(`${restUrl(central).replace("http", "ws")}/api/v1${path}`, {
      headers: { authorization: `Bearer ${token}` },
    })
    this.closed = once(this.socket, "close")
    this.socket.on("message", (data) => {
      assert.ok(Buffer.isBuffer(data))
      this.messages.push(tailMessageSchema.parse(JSON.parse(data.toString("utf8"))))
    })
  }

  get texts(): readonly string[] {
    return this.messages.flatMap(({ lines }) => lines.map(({ text }) => text))
  }

  async shows(text: string): Promise<void> {
    await eventually(`the line "${text}"`, () => Promise.resolve(this.texts.includes(text)))
  }

  /** Waits for the end and gives its code. */
  async end(): Promise<string | undefined> {
    await this.closed
    const last = this.messages.at(-1)?.standing
    return last?.kind === "ended" ? last.end : undefined
  }

  async leave(): Promise<void> {
    this.socket.close()
    await this.closed
  }
}

const line = (text: string): TailLine => ({
  at: 1_700_000_000_000,
  level: "info",
  text,
  isCut: false,
})

const batch = (tail: TailId, sequence: number, more: Partial<TailBatch> = {}): TailBatch => ({
  tail,
  sequence,
  dropped: 0,
  lines: [],
  standing: { kind: "following" },
  ...more,
})
const say = (tail: TailId, sequence: number, ...texts: readonly string[]): void =>
  stream.send({ kind: "log-tail", batch: batch(tail, sequence, { lines: texts.map(line) }) })

const ownLog = () => `/satellites/${site.id}/log`
const tails = () => query(url, "select id from log_tail")
const none = () =>
  eventually("nothing is followed any more", async () => (await tails()).length === 0)

/** What the refusal of an upgrade says. */
async function refusal(path: string, headers: Readonly<Record<string, string>>): Promise<number> {
  const socket = new WebSocket(`${restUrl(a).replace("http", "ws")}/api/v1${path}`, { headers })
  const [, answer] = await once(socket, "unexpected-response")
  socket.on("error", () => {})
  socket.terminate()
  return answer.statusCode
}

for (const [where, central] of [
  ["the central that has its stream", () => a],
  ["another central", () => b],
] as const)
  test(`lines of a satellite come to who follows them at ${where}, in order, and it ends when that one leaves`, async () => {
    const follower = new Follower(central(), `${ownLog()}?lines=7&level=warn&text=lease`)
    const { order } = await stream.next("start-log-tail")
    assert.deepEqual(order.source, { kind: "satellite" })
    assert.deepEqual([order.lines, order.filter], [7, { level: "warn", text: "lease" }])
    assert.equal(order.seconds, tailBounds.secondsMax)
    for (let at = 1; at <= 8; at += 1) say(order.tail, at, `line ${at}`)
    await follower.shows("line 8")
    assert.deepEqual(
      follower.texts,
      Array.from({ length: 8 }, (_, at) => `line ${at + 1}`),
    )
    assert.equal(follower.messages[0]?.lines[0]?.at, "2023-11-14T22:13:20.000Z")
    await follower.leave()
    await stream.next("stop-log-tail", ({ tail }) => tail === order.tail)
    await none()
  })

test("lines that were left out on the way are counted, also where a central could not pass them on", async () => {
  const follower = new Follower(b, ownLog())
  const { order } = await stream.next("start-log-tail")
  let sent = 0
  for (let at = 1; at <= 400; at += 1) {
    say(order.tail, at, `${at} a`, `${at} b`)
    sent += 2
  }
  stream.send({
    kind: "log-tail",
    batch: batch(order.tail, 401, {
      dropped: 5,
      lines: [line("last")],
      standing: { kind: "ended", end: "time-is-up", why: "it was followed for 30 minutes" },
    }),
  })
  assert.equal(await follower.end(), "time-is-up")
  const dropped = follower.messages.reduce((sum, message) => sum + message.dropped, 0)
  assert.equal(follower.texts.at(-1), "last")
  assert.equal(dropped + follower.texts.length, sent + 6)
  await none()
})

test("the log of a member is asked for by cluster, pod and container; another pod is not found", async () => {
  const [cluster] = (await api.ok("listClusters")).items
  assert.ok(cluster)
  const path = `/clusters/${cluster.id}/members`
  const follower = new Follower(b, `${path}/orders-1/log?container=failover`)
  const { order } = await stream.next("start-log-tail")
  assert.deepEqual(order.source, {
    kind: "member",
    clusterId: cluster.id,
    pod: "orders-1",
    container: "failover",
  })
  await follower.leave()
  await none()
  const stranger = new Follower(a, `${path}/kube-apiserver-0/log`)
  assert.equal(await stranger.end(), "not-found")
  const [entry] = (await api.ok("listAudit", { query: { limit: "1" } })).items
  assert.ok(entry)
  assert.deepEqual([entry.action, entry.resource], ["follow-log", "cluster"])
  assert.match(JSON.stringify(entry.after), /orders-1\/failover/)
})

test("who may not act on the satellite does not follow its log", async () => {
  const viewer = await api.ok("createToken", { body: { name: "viewer", role: "viewer" } })
  assert.equal(await refusal(ownLog(), { authorization: `Bearer ${viewer.token}` }), 403)
  assert.equal(await refusal(ownLog(), {}), 401)
  assert.equal(await refusal(ownLog(), { origin: "https://elsewhere.example" }), 403)
  assert.equal(
    await refusal(`${ownLog()}?lines=1001`, { authorization: `Bearer ${api.token}` }),
    400,
  )
  const south = await api.ok("createToken", {
    body: { name: "south", role: "operator", scope: { region: "south" } },
  })
  assert.equal(await new Follower(a, ownLog(), south.token).end(), "not-found")
  const north = await api.ok("createToken", {
    body: { name: "north", role: "operator", scope: { region: "north" } },
  })
  const follower = new Follower(a, ownLog(), north.token)
  await stream.next("start-log-tail")
  await follower.leave()
  await none()
})

test("only so many are followed at once, and another satellite's lines come to nobody", async () => {
  const followers = Array.from(
    { length: tailBounds.perSatellite },
    (_, at) => new Follower(at % 2 === 0 ? a : b, ownLog()),
  )
  const orders = []
  for (const _ of followers) orders.push((await stream.next("start-log-tail")).order)
  assert.equal(await new Follower(b, ownLog()).end(), "too-many")
  const other = new Site(a, "other")
  await other.join(api, { region: "south" })
  const theirs = (await other.connect()).stream
  for (const { tail } of orders)
    theirs.send({ kind: "log-tail", batch: batch(tail, 1, { lines: [line("forged")] }) })
  theirs.send({ kind: "heartbeat", sequence: 1, sentAt: 1 })
  await theirs.next("heartbeat-ack")
  for (const { tail } of orders) say(tail, 1, "true")
  for (const follower of followers) await follower.shows("true")
  for (const follower of followers) assert.deepEqual(follower.texts, ["true"])
  for (const follower of followers) await follower.leave()
  await none()
  await other.close()
})

test("a tail ends where the site's line breaks off, and a satellite that is away has none", async () => {
  const near = new Follower(a, ownLog())
  const far = new Follower(b, ownLog())
  await stream.next("start-log-tail")
  await stream.next("start-log-tail")
  await stream.close()
  assert.equal(await near.end(), "offline")
  assert.equal(await far.end(), "offline")
  await none()
  await query(url, "update satellite set state = 'lost', last_seen_at = now() - interval '1 hour'")
  assert.equal(await new Follower(b, ownLog()).end(), "offline")
  stream = (await site.connect()).stream
  const again = new Follower(b, ownLog())
  const { order } = await stream.next("start-log-tail")
  say(order.tail, 1, "back")
  await again.shows("back")
  await again.leave()
  await none()
})

test("a watcher's central that dies leaves nothing that goes on", async () => {
  const follower = new Follower(a, ownLog())
  const { order } = await stream.next("start-log-tail")
  await query(url, "update log_tail set expires_at = now() - interval '1 second'")
  await stream.next("stop-log-tail", ({ tail }) => tail === order.tail)
  assert.equal(await follower.end(), "offline")
})
