/**
 * A log from where it is written to where it is read: a container that runs, the API of its Kubernetes, the real
 * satellite, the central that has its stream, and a watcher at another central.
 */
import assert from "node:assert/strict"
import { once } from "node:events"
import { after, before, test } from "node:test"
import { WebSocket } from "ws"
import { kinds } from "#io/kube/kinds.ts"
import { type TailMessage, tailMessageSchema } from "#wire/log-tail-live.ts"
import type { Central } from "../../src/central/central.ts"
import {
  type Api,
  quick,
  restUrl,
  signedIn,
  smallSpec,
  startTestCentral,
} from "../fixtures/central.ts"
import { type TestServer, testServer } from "../fixtures/postgres.ts"
import { eventually } from "../fixtures/site.ts"
import { MicrokubeSite } from "./microkube-site.ts"
import { never, SatelliteUnderTest, TestKube } from "./satellite-under-test.ts"

let site: MicrokubeSite
let kube: TestKube
let server: TestServer
let near: Central
let far: Central
let api: Api
let satellite: SatelliteUnderTest
let satelliteId: string
let namespace: string

before(async () => {
  site = await MicrokubeSite.open({ block: "127.89" })
  kube = await TestKube.open(site.kubeconfig)
  server = await testServer()
  const url = await server.freshDatabase()
  near = await startTestCentral(url, { timing: quick })
  far = await startTestCentral(url, { timing: quick })
  api = await signedIn(far)
  namespace = kube.namespace("logs")
  const spec = { ...smallSpec, members: 1, postgres: { major: 17, image: "shell:17" } }
  const profile = await api.ok("createProfile", { body: { name: "one", spec } })
  await api.ok("createRule", {
    body: {
      name: "orders",
      profileId: profile.id,
      selector: {},
      clusterName: "orders",
      namespace,
    },
  })
  satellite = await SatelliteUnderTest.start(kube, {
    central: `http://127.0.0.1:${near.grpc.port}`,
    namespace: kube.namespace("logs-sys"),
    site: "north",
  })
  const pending = await eventually("it registers", async () =>
    (await api.ok("listSatellites")).items.at(0),
  )
  satelliteId = pending.id
  await api.ok("approveSatellite", { params: { id: satelliteId }, body: {} })
  await eventually("it is connected", async () =>
    (await api.ok("listSatellites")).items.some(({ state }) => state === "connected"),
  )
})
after(async () => {
  await satellite[Symbol.asyncDispose]()
  await far[Symbol.asyncDispose]()
  await near[Symbol.asyncDispose]()
  await server.close()
  await kube[Symbol.asyncDispose]()
  await site[Symbol.asyncDispose]()
})

/** Follows until a line has `wanted` in it; gives all lines up to there. */
async function read(path: string, wanted: string): Promise<readonly string[]> {
  const socket = new WebSocket(`${restUrl(far).replace("http", "ws")}/api/v1${path}`, {
    headers: { authorization: `Bearer ${api.token}` },
  })
  const messages: TailMessage[] = []
  socket.on("message", (data) => {
    assert.ok(Buffer.isBuffer(data))
    messages.push(tailMessageSchema.parse(JSON.parse(data.toString("utf8"))))
  })
  const texts = () => messages.flatMap(({ lines }) => lines.map(({ text }) => text))
  try {
    await eventually(`a line with "${wanted}" (${JSON.stringify(messages.at(-1)?.standing)})`, () =>
      Promise.resolve(texts().some((text) => text.includes(wanted))),
    )
  } finally {
    socket.close()
    await once(socket, "close")
  }
  return texts()
}

test("the satellite's own log: what it wrote before and what it writes now, without its secrets", async () => {
  const lines = await read(
    `/satellites/${satelliteId}/log?lines=1000`,
    '"event":"central.connected"',
  )
  assert.ok(lines.some((line) => line.includes('"event":"satellite.ready"')))
})

test("a member's log: what its container writes, by the satellite's own way into Kubernetes", async () => {
  const cluster = await eventually("the cluster is there", async () =>
    (await api.ok("listClusters")).items.at(0),
  )
  await eventually("its pod is there", () => kube.api.get(kinds.Pod, namespace, "orders-0", never))
  const path = `/clusters/${cluster.id}/members/orders-0/log`
  await read(`${path}?container=postgres`, "supervisor: ")
})
