import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { connect as http2Connect, constants } from "node:http2"
import { connect as tcpConnect } from "node:net"
import { once } from "node:events"
import { test } from "node:test"
import { create, toBinary } from "@bufbuild/protobuf"
import { Code, ConnectError } from "@connectrpc/connect"
import { RegisterRequestSchema } from "#wire/gen/pgswarm/v1/registration_pb.ts"
import {
  HeartbeatSchema,
  HelloSchema,
  SatelliteMessageSchema,
} from "#wire/gen/pgswarm/v1/satellite_pb.ts"
import { seconds } from "#core/units.ts"
import { type SatelliteMessage, satelliteIdHeader, satelliteMessageMax } from "#wire/satellite.ts"
import type { Central } from "../../src/central/central.ts"
import {
  type Api,
  quick,
  request,
  restUrl,
  rulePut,
  signedIn,
  startTestCentral,
} from "../fixtures/central.ts"
import { oneCentral } from "../fixtures/one-central.ts"
import { query, type TestServer } from "../fixtures/postgres.ts"
import { eventually, Site } from "../fixtures/site.ts"

let server: TestServer
let url: string
let central: Central
let api: Api
let good: Site
oneCentral(async (opened) => {
  ;({ server, url, central, api } = opened)
  await rulePut(api)
  good = opened.site("good")
  await good.join(api)
})

async function refusal(running: Promise<unknown>): Promise<ConnectError> {
  const error = await running.then(
    () => undefined,
    (why: unknown) => why,
  )
  assert.ok(error instanceof ConnectError, `refused, not ${String(error)}`)
  return error
}

const satellites = async (): Promise<string> =>
  JSON.stringify(
    await query(
      url,
      "select id, state, registration, auth_hash, version from satellite order by id",
    ),
  )

/** One gRPC call, byte by byte. */
async function rawCall(
  path: string,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
): Promise<{ status: number; grpcStatus: number }> {
  const session = http2Connect(`http://127.0.0.1:${central.grpc.port}`)
  session.on("error", () => {})
  try {
    const stream = session.request({
      ":method": "POST",
      ":path": path,
      "content-type": "application/grpc",
      te: "trailers",
      ...headers,
    })
    let grpcStatus = -1
    let status = 0
    stream.on("response", (response) => {
      status = Number(response[constants.HTTP2_HEADER_STATUS])
      if (response["grpc-status"] !== undefined) grpcStatus = Number(response["grpc-status"])
    })
    stream.on("trailers", (trailers) => {
      grpcStatus = Number(trailers["grpc-status"])
    })
    stream.on("error", () => {})
    stream.resume()
    stream.end(body)
    await once(stream, "close", { signal: AbortSignal.timeout(20_000) })
    return { status, grpcStatus }
  } finally {
    session.destroy()
  }
}

/** A gRPC frame around `message`, whose length field says `length`. */
function frame(message: Uint8Array, length = message.length): Uint8Array {
  const bytes = Buffer.alloc(5 + message.length)
  bytes.writeUInt32BE(length, 1)
  bytes.set(message, 5)
  return bytes
}

const identity = (): Readonly<Record<string, string>> => ({
  authorization: `Bearer ${good.authToken}`,
  [satelliteIdHeader]: good.id,
})
const connectPath = "/pgswarm.v1.SatelliteService/Connect"
const registerPath = "/pgswarm.v1.RegistrationService/Register"

test("a stream without a token, with a wrong one, or with another satellite's is refused and changes nothing", async () => {
  const before = await satellites()
  const hello = frame(
    toBinary(
      SatelliteMessageSchema,
      create(SatelliteMessageSchema, {
        message: { case: "hello", value: { protocolVersion: 1, satelliteVersion: "0" } },
      }),
    ),
  )
  const other = new Site(central, "other")
  await other.register()
  const withOther = await satellites()
  assert.notEqual(withOther, before)
  for (const headers of [
    {},
    { authorization: `Bearer ${good.authToken}` },
    { [satelliteIdHeader]: good.id },
    { authorization: "Bearer wrong", [satelliteIdHeader]: good.id },
    { authorization: `Basic ${good.authToken}`, [satelliteIdHeader]: good.id },
    { authorization: `Bearer ${good.authToken}`, [satelliteIdHeader]: other.id },
    { authorization: `Bearer ${good.authToken}`, [satelliteIdHeader]: randomUUID() },
    { authorization: `Bearer ${good.authToken}`, [satelliteIdHeader]: "'; drop table satellite" },
    { authorization: `Bearer ${other.registrationToken}`, [satelliteIdHeader]: other.id },
    { authorization: `Bearer ${api.token}`, [satelliteIdHeader]: good.id },
  ]) {
    const { grpcStatus } = await rawCall(connectPath, headers, hello)
    assert.equal(grpcStatus, Code.Unauthenticated, JSON.stringify(headers))
  }
  assert.equal(await satellites(), withOther)
  await other.close()
})

test("truncated, oversized and meaningless frames are refused and change nothing", async () => {
  const before = await satellites()
  const message = toBinary(
    RegisterRequestSchema,
    create(RegisterRequestSchema, {
      site: "x",
      kubernetesUid: "y",
      satelliteVersion: "1",
      protocolVersion: 1,
    }),
  )
  const bad: readonly (readonly [string, Uint8Array])[] = [
    ["nothing", new Uint8Array()],
    ["half a frame head", new Uint8Array([0, 0, 0])],
    ["less than the head says", frame(message, message.length + 40)],
    ["a length of 4 GiB", frame(message, 0xffff_ffff)],
    ["no protobuf", frame(new Uint8Array([255, 255, 255, 255, 255, 1, 2, 3]))],
    ["a cut protobuf", frame(message.slice(0, -1))],
    ["too large", frame(Buffer.alloc(satelliteMessageMax + 1))],
  ]
  for (const [what, body] of bad) {
    const { grpcStatus } = await rawCall(registerPath, {}, body)
    assert.notEqual(grpcStatus, 0, what)
    const stream = await rawCall(connectPath, identity(), body)
    assert.notEqual(stream.grpcStatus, 0, `${what}, on a stream`)
  }
  assert.equal(await satellites(), before)
})

test("an unknown call, another protocol and plain noise are turned away, and central goes on", async () => {
  const unknown = await rawCall("/pgswarm.v1.SatelliteService/Nothing", {}, frame(new Uint8Array()))
  assert.ok(unknown.status === 404 || unknown.grpcStatus === Code.Unimplemented)
  const json = await rawCall(
    registerPath,
    { "content-type": "application/json" },
    Buffer.from("{}"),
  )
  assert.equal(json.status, 415)
  for (const noise of [
    "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "\0\0\0\0nonsense\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff",
  ]) {
    const socket = tcpConnect(central.grpc.port, "127.0.0.1")
    socket.on("error", () => {})
    socket.resume()
    socket.end(Buffer.from(noise, "latin1"))
    await once(socket, "close", { signal: AbortSignal.timeout(20_000) })
  }
  assert.equal((await good.approval()).kind, "approved")
})

test("a registration with fields that are wrong is refused with all of them named", async () => {
  const before = await satellites()
  const error = await refusal(
    good.registration.register({ site: " x", protocolVersion: 0, labels: { a: "x".repeat(64) } }),
  )
  assert.equal(error.code, Code.InvalidArgument)
  for (const field of [
    "site",
    "kubernetes_uid",
    "satellite_version",
    "protocol_version",
    "labels.a",
  ])
    assert.ok(error.message.includes(`${field}:`), `${field} in ${error.message}`)
  const many = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`k${at}`, "v"]))
  assert.match(
    (await refusal(good.registration.register({ site: "x", labels: many }))).message,
    /labels: at most 32/,
  )
  assert.equal(await satellites(), before)
})

test("approval is told to the holder of the registration token only", async () => {
  const site = new Site(central, "curious")
  await site.register()
  for (const [satelliteId, registrationToken] of [
    [site.id, "0".repeat(64)],
    [good.id, site.registrationToken],
    [randomUUID(), site.registrationToken],
  ] as const) {
    const error = await refusal(site.registration.checkApproval({ satelliteId, registrationToken }))
    assert.equal(error.code, Code.Unauthenticated)
  }
  await site.close()
})

test("a stream that does not begin with hello is refused by name", async () => {
  const stream = good.open()
  stream.send({ kind: "heartbeat", sequence: 1, sentAt: 0 })
  const why = await stream.ended
  assert.ok(why instanceof ConnectError && why.code === Code.FailedPrecondition)
  const bad = good.open()
  bad.sendRaw(create(SatelliteMessageSchema, { message: { case: "hello", value: {} } }))
  const refused = await bad.ended
  assert.ok(refused instanceof ConnectError && refused.code === Code.InvalidArgument)
  assert.match(refused.message, /hello.protocol_version/)
})

test("messages on a stream that nobody can read are dropped, and the stream goes on", async () => {
  const { stream, welcome } = await good.connect()
  const [spec] = welcome.clusters
  stream.sendRaw(create(SatelliteMessageSchema))
  stream.sendRaw(
    create(SatelliteMessageSchema, {
      message: { case: "health", value: { clusterId: spec?.id ?? "", state: 0 } },
    }),
  )
  stream.sendRaw(
    create(SatelliteMessageSchema, {
      message: { case: "events", value: { events: [{ id: "no id", kind: "Bad Kind" }] } },
    }),
  )
  assert.deepEqual((await stream.next("events-ack")).events, ["no id"])
  stream.send({ kind: "heartbeat", sequence: 3, sentAt: Date.now() })
  assert.equal((await stream.next("heartbeat-ack")).sequence, 3)
  const cluster = await api.ok("getCluster", { params: { id: spec?.id ?? "" } })
  assert.equal(cluster.observedAt, null)
})

test("a flood of registrations from one address is slowed down; streams and REST go on", async () => {
  const site = new Site(central, "flood")
  let limited: ConnectError | undefined
  for (let at = 0; at < 100 && limited === undefined; at += 1)
    await site.register().catch((error: unknown) => {
      if (error instanceof ConnectError) limited = error
    })
  assert.equal(limited?.code, Code.ResourceExhausted)
  const { stream } = await good.connect()
  stream.send({ kind: "heartbeat", sequence: 9, sentAt: Date.now() })
  await stream.next("heartbeat-ack")
  assert.equal((await request(restUrl(central), "GET", "/healthz")).status, 200)
  await site.close()
})

test("a satellite that sends and never reads is held up, then let go; others do not notice", async (t) => {
  const other = await startTestCentral(await server.freshDatabase(), {
    timing: { ...quick, silenceMax: seconds(6) },
  })
  const otherApi = await signedIn(other)
  t.after(() => other[Symbol.asyncDispose]())
  const deaf = new Site(other, "deaf")
  const well = new Site(other, "well")
  t.after(() => Promise.all([deaf.close(), well.close()]))
  await deaf.join(otherApi)
  await well.join(otherApi)
  const session = http2Connect(`http://127.0.0.1:${other.grpc.port}`)
  session.on("error", () => {})
  t.after(() => session.destroy())
  const stream = session.request({
    ":method": "POST",
    ":path": connectPath,
    "content-type": "application/grpc",
    te: "trailers",
    authorization: `Bearer ${deaf.authToken}`,
    [satelliteIdHeader]: deaf.id,
  })
  stream.on("error", () => {})
  const closed = once(stream, "close")
  const accepted = once(stream, "response")
  const message = (value: SatelliteMessage["message"]): Uint8Array =>
    frame(toBinary(SatelliteMessageSchema, create(SatelliteMessageSchema, { message: value })))
  const hello = create(HelloSchema, { protocolVersion: 1, satelliteVersion: "0" })
  stream.write(message({ case: "hello", value: hello }))
  const beat = message({ case: "heartbeat", value: create(HeartbeatSchema, { sequence: 1n }) })
  const beats = Buffer.concat(Array.from({ length: 1000 }, () => beat))
  // Nobody reads `stream`: its window fills, central's answers wait, and so does its reading.
  let taken = 0
  const writing = (async () => {
    for (; taken < 5000 && !stream.destroyed; taken += 1)
      if (!stream.write(beats)) await Promise.race([once(stream, "drain"), closed])
  })()
  const { stream: healthy } = await well.connect()
  healthy.send({ kind: "heartbeat", sequence: 5, sentAt: 0 })
  await healthy.next("heartbeat-ack")
  const beating = setInterval(
    () => healthy.send({ kind: "heartbeat", sequence: 6, sentAt: 0 }),
    500,
  )
  t.after(() => clearInterval(beating))
  const metrics = async (): Promise<string> =>
    String(
      (
        await request(restUrl(other), "GET", "/metrics", {
          authorization: `Bearer ${otherApi.token}`,
        })
      ).body,
    )
  await accepted
  await eventually("the deaf one is let go", async () =>
    (await metrics()).includes("pg_swarm_streams 1\n"),
  )
  stream.destroy()
  await writing
  assert.ok(taken < 5000, `${taken} thousand heartbeats were taken from one that never reads`)
  healthy.send({ kind: "heartbeat", sequence: 7, sentAt: 0 })
  await healthy.next("heartbeat-ack", ({ sequence }) => sequence === 7)
})
