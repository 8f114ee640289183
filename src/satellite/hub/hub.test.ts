import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { type IncomingHttpHeaders, connect as connectHttp2 } from "node:http2"
import { after, before, test } from "node:test"
import { Code, ConnectError, createClient } from "@connectrpc/connect"
import type { SidecarCommand, SidecarMessage, SidecarStatus } from "#core/cluster/sidecar.ts"
import {
  type ClusterId,
  clusterId,
  clusterName,
  eventId,
  namespace,
  operationId,
  podName,
  term,
} from "#core/ids.ts"
import { satelliteServerName } from "#core/names.ts"
import { mebibytes, millis, seconds } from "#core/units.ts"
import { issue, newAuthority } from "#io/certificates/authority.ts"
import { systemClock } from "#io/clock.ts"
import { formatHostPort } from "#io/config.ts"
import { silentLog } from "#io/log.ts"
import { openRpcClient } from "#io/rpc/client.ts"
import { SidecarService, encodeSidecarMessage, parseSidecarCommand } from "#wire/sidecar.ts"
import { Outbox } from "../outbox.ts"
import { instanceHealth } from "../../../test/fixtures/instance-health.ts"
import { Hub, type HubOptions } from "./hub.ts"

const orders = clusterId(randomUUID())
const billing = clusterId(randomUUID())
const admissions: Readonly<Record<string, { clusterId: ClusterId; token: string }>> = {
  "shop/orders": { clusterId: orders, token: "orders-token" },
  "shop/billing": { clusterId: billing, token: "billing-token" },
}

let hub: Hub
let url: string
let authority: string
const outbox = new Outbox(":memory:")
let heard: () => void = () => {}
let handedOver: HubOptions["handOver"] = () => {}

before(async () => {
  const ca = await newAuthority("test", Date.now(), 2)
  authority = ca.certificate
  hub = new Hub({
    listen: { host: "127.0.0.1", port: 0 },
    tls: await issue(ca, satelliteServerName, Date.now(), 1),
    clock: systemClock,
    log: silentLog,
    outbox,
    admission: (at, cluster) => admissions[`${at}/${cluster}`],
    heard: () => heard(),
    handOver: (cluster, pod, progress) => handedOver(cluster, pod, progress),
  })
  url = `https://${formatHostPort(await hub.open())}`
})
after(async () => {
  await hub[Symbol.asyncDispose]()
  outbox[Symbol.dispose]()
})

const identity = (cluster = "orders", ordinal = 0, podUid = "uid"): SidecarMessage => ({
  kind: "identity",
  identity: {
    cluster: clusterName(cluster),
    namespace: namespace("shop"),
    pod: podName(`${cluster}-${ordinal}`),
    podUid,
    protocolVersion: 1,
  },
})

const status = (pod: string): SidecarStatus => ({
  term: term(1),
  holdsLease: true,
  systemIdentifier: undefined,
  handOver: undefined,
  health: instanceHealth(podName(pod), { role: "primary", phase: "primary", ready: true }),
})

/** The other end of a stream, driven by hand. */
function dial(token: string) {
  const client = openRpcClient({
    url,
    authority,
    serverName: satelliteServerName,
    messageBytesMax: mebibytes(1),
  })
  const toSend: (SidecarMessage | undefined)[] = []
  let wake = (): void => {}
  async function* sent() {
    for (;;) {
      const next = toSend.shift()
      if (next !== undefined) yield encodeSidecarMessage(next)
      else if (toSend.length > 0) return
      else await new Promise<void>((resolve) => (wake = resolve))
    }
  }
  const stop = new AbortController()
  const answers = createClient(SidecarService, client.transport)
    .connect(sent(), { signal: stop.signal, headers: { authorization: `Bearer ${token}` } })
    [Symbol.asyncIterator]()
  // Always one read ahead: a stream that breaks while nobody listens must not break the test.
  const read = () => {
    const next = answers.next()
    next.catch(() => {})
    return next
  }
  let ahead = read()
  return {
    say: (message: SidecarMessage | undefined) => {
      toSend.push(message)
      wake()
    },
    hear: async (): Promise<SidecarCommand | "end"> => {
      const next = await ahead
      ahead = read()
      if (next.done === true) return "end"
      const parsed = parseSidecarCommand(next.value)
      assert.ok(parsed.kind === "ok")
      return parsed.value
    },
    [Symbol.dispose]: () => {
      stop.abort()
      client[Symbol.dispose]()
    },
  }
}

const isRefused =
  (...codes: readonly Code[]) =>
  (failure: unknown): boolean =>
    failure instanceof ConnectError && codes.includes(failure.code)

const untilHeard = (): Promise<void> => new Promise((resolve) => (heard = resolve))

test("a sidecar with its cluster's token is heard", async () => {
  using sidecar = dial("orders-token")
  const news = untilHeard()
  sidecar.say(identity())
  sidecar.say({ kind: "status", status: status("orders-0") })
  await news
  const report = hub.report("shop", podName("orders-0"), "uid")
  assert.equal(report?.status.health.phase, "primary")
  assert.equal(
    hub.report("shop", podName("orders-0"), "another uid"),
    undefined,
    "the word of a pod that was replaced does not count",
  )
})

test("a wrong token, a missing cluster and another cluster's token are refused alike", async () => {
  for (const [token, who] of [
    ["guess", identity()],
    ["billing-token", identity("orders")],
    ["orders-token", identity("nothing")],
  ] as const) {
    using sidecar = dial(token)
    sidecar.say(who)
    await assert.rejects(sidecar.hear(), isRefused(Code.Unauthenticated))
  }
})

test("whoever does not begin with an identity is sent away", async () => {
  using sidecar = dial("orders-token")
  sidecar.say({ kind: "status", status: status("orders-0") })
  await assert.rejects(sidecar.hear(), isRefused(Code.InvalidArgument))
})

test("a sidecar speaks for its own pod only", async () => {
  using sidecar = dial("orders-token")
  sidecar.say(identity("orders", 4))
  sidecar.say({ kind: "status", status: status("orders-5") })
  assert.equal(await sidecar.hear(), "end")
  assert.equal(hub.report("shop", podName("orders-5"), undefined), undefined)
})

test("events are acknowledged once they are in the outbox, under their own cluster", async () => {
  using sidecar = dial("orders-token")
  sidecar.say(identity("orders", 1))
  const event = {
    id: eventId(randomUUID()),
    at: 1,
    severity: "info",
    kind: "role.changed",
    message: "became primary",
    clusterId: billing,
    pod: podName("billing-0"),
    details: {},
  } as const
  sidecar.say({ kind: "events", events: [event] })
  const ack = await sidecar.hear()
  assert.ok(ack !== "end" && ack.kind === "events-ack")
  assert.deepEqual(ack.events, [event.id])
  const stored = outbox.oldest(10).find(({ id }) => id === event.id)
  assert.equal(stored?.clusterId, orders, "whatever it claims, it is of the token's cluster")
  assert.equal(stored.pod, "orders-1")
})

test("the steps of a hand-over are heard as those of the stream's own pod and cluster", async () => {
  using sidecar = dial("orders-token")
  sidecar.say(identity())
  const progress = {
    operation: operationId(randomUUID()),
    step: "stop",
    to: podName("billing-1"),
    at: 1_700_000_000_000,
    outcome: { kind: "running" },
  } as const
  const news = new Promise((resolve) => {
    handedOver = (...told) => resolve(told)
  })
  sidecar.say({ kind: "hand-over", progress })
  assert.deepEqual(await news, [orders, "orders-0", progress])
})

test("a command is answered by its own result, and a silent sidecar by a code", async () => {
  using sidecar = dial("orders-token")
  sidecar.say(identity("orders", 2))
  const news = untilHeard()
  sidecar.say({ kind: "status", status: status("orders-2") })
  await news
  const session = hub.session("shop", podName("orders-2"))
  assert.ok(session)
  const asked = session.ask({ kind: "checkpoint" }, seconds(20))
  const command = await sidecar.hear()
  assert.ok(command !== "end" && command.kind === "checkpoint")
  sidecar.say({ kind: "result", id: "of nobody", outcome: { kind: "done", output: "" } })
  sidecar.say({ kind: "result", id: command.id, outcome: { kind: "done", output: "ok" } })
  assert.deepEqual(await asked, { kind: "done", output: "ok" })
  const silent = await session.ask({ kind: "get-status" }, millis(50))
  assert.ok(silent.kind === "failed" && silent.code === "NO_ANSWER")
})

test("a newer stream of a pod takes the place of the older, which cannot take it back", async () => {
  using older = dial("orders-token")
  older.say(identity("orders", 3, "one"))
  const first = untilHeard()
  older.say({ kind: "status", status: status("orders-3") })
  await first
  using newer = dial("orders-token")
  newer.say(identity("orders", 3, "two"))
  const second = untilHeard()
  newer.say({ kind: "status", status: status("orders-3") })
  await second
  assert.equal(await older.hear(), "end")
  assert.equal(hub.session("shop", podName("orders-3"))?.identity.podUid, "two")
})

test("asking a sidecar that went away fails at once, with a code", async () => {
  const sidecar = dial("orders-token")
  sidecar.say(identity("orders", 6))
  const news = untilHeard()
  sidecar.say({ kind: "status", status: status("orders-6") })
  await news
  const session = hub.session("shop", podName("orders-6"))
  assert.ok(session)
  const asked = session.ask({ kind: "get-status" }, seconds(20))
  sidecar[Symbol.dispose]()
  const outcome = await asked
  assert.ok(outcome.kind === "failed" && outcome.code === "STREAM_ENDED")
})

/** One call with a body of our own making; the status that gRPC gives it. */
async function rawCall(body: Buffer, token: string): Promise<string> {
  const session = connectHttp2(url, { ca: authority, servername: satelliteServerName })
  try {
    const stream = session.request({
      ":method": "POST",
      ":path": "/pgswarm.v1.SidecarService/Connect",
      "content-type": "application/grpc+proto",
      te: "trailers",
      authorization: `Bearer ${token}`,
    })
    const status = Promise.withResolvers<string>()
    const note = (headers: IncomingHttpHeaders): void => {
      const given = headers["grpc-status"]
      if (typeof given === "string") status.resolve(given)
    }
    stream.on("response", note)
    stream.on("trailers", note)
    stream.on("error", () => status.resolve("broken"))
    stream.resume()
    stream.end(body)
    return await status.promise
  } finally {
    session.destroy()
  }
}

/** A gRPC frame: flags, length, and as much of the message as there is. */
const frame = (length: number, message: Buffer): Buffer => {
  const head = Buffer.alloc(5)
  head.writeUInt32BE(length, 1)
  return Buffer.concat([head, message])
}

test("truncated, huge and senseless messages are refused, and nobody is let in by them", async () => {
  const before = hub.connected
  const bad = {
    "nothing at all": Buffer.alloc(0),
    "a message that ends too soon": frame(500, Buffer.from([10, 4])),
    "a length beyond the bound": frame(0x7fff_ffff, Buffer.alloc(64)),
    "bytes that are no protobuf": frame(8, Buffer.alloc(8, 0xff)),
    "an empty message": frame(0, Buffer.alloc(0)),
    "a message larger than the bound": frame(2_000_000, Buffer.alloc(2_000_000)),
  }
  for (const [what, body] of Object.entries(bad)) {
    const status = await rawCall(body, "orders-token")
    assert.notEqual(status, "0", what)
  }
  assert.equal(hub.connected, before)
})
