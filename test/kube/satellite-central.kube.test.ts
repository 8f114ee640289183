/** The real satellite and the real central, over real TLS: how an identity begins, changes and ends. */
import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, afterEach, before, test } from "node:test"
import { satelliteId } from "#core/ids.ts"
import { identitySecret } from "#core/names.ts"
import { goodUntil, newAuthority, newRequest } from "#io/certificates/authority.ts"
import { formatHostPort } from "#io/config.ts"
import { kinds } from "#io/kube/kinds.ts"
import { openDatabase } from "#io/postgres/sql.ts"
import { Authorities } from "../../src/central/tls/authorities.ts"
import { SecretBox } from "../../src/central/secrets/secret-box.ts"
import type { Central } from "../../src/central/central.ts"
import { secretValues } from "../../src/satellite/operator/secret.ts"
import {
  type Api,
  quick,
  rulePut,
  signedIn,
  startTestCentral,
  testKey,
} from "../fixtures/central.ts"
import { query, type TestServer, testServer } from "../fixtures/postgres.ts"
import { eventually } from "../fixtures/site.ts"
import { type OpenKube, microkube } from "./kubernetes-under-test.ts"
import { SatelliteUnderTest, TestKube } from "./satellite-under-test.ts"

let opened: OpenKube
let kube: TestKube
let server: TestServer
let folder: string
let url: string
let central: Central
let ca: string
/** People talk to a second central on the same database, which speaks plain on loopback. */
let desk: Central
let api: Api

before(async () => {
  opened = await microkube("127.87").open()
  kube = await TestKube.open(opened.kubeconfig)
  server = await testServer()
  url = await server.freshDatabase()
  folder = await mkdtemp(join(tmpdir(), "satellite-central-"))
  const bundleFile = join(folder, "ca.crt")
  central = await startTestCentral(url, {
    tls: { kind: "private", names: ["central.test"], clients: "required" },
    bundleFile,
    timing: quick,
  })
  ca = await readFile(bundleFile, "utf8")
  desk = await startTestCentral(url, { timing: quick })
  api = await signedIn(desk)
  await rulePut(api, { tier: "edge" })
})
after(async () => {
  await desk[Symbol.asyncDispose]()
  await central[Symbol.asyncDispose]()
  await server.close()
  await kube[Symbol.asyncDispose]()
  await opened[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

/** A Kubernetes has one satellite: the next test begins with none. */
afterEach(async () => {
  for (const { id } of (await api.ok("listSatellites")).items) {
    const { items } = await api.ok("listClusters", { query: { satelliteId: id } })
    const abandonedClusters = items.map((cluster) => cluster.id)
    await api.ok("decommissionSatellite", { params: { id }, body: { abandonedClusters } })
  }
})

const start = (at: string, site: string, changes: { ca?: string; dataDir?: string } = {}) =>
  SatelliteUnderTest.start(kube, {
    central: `https://127.0.0.1:${central.grpc.port}`,
    centralCa: changes.ca ?? ca,
    centralName: "central.test",
    namespace: at,
    site,
    ...(changes.dataDir === undefined ? {} : { dataDir: changes.dataDir }),
  })

const called = (site: string) =>
  eventually(`${site} is known`, async () =>
    (await api.ok("listSatellites", { query: { search: site } })).items.at(0),
  )
const inState = (site: string, state: string) =>
  eventually(`${site} is ${state}`, async () => {
    const found = await called(site)
    return found.state === state ? found : undefined
  })

async function joined(site: string) {
  const { id } = await inState(site, "pending")
  await api.ok("approveSatellite", { params: { id }, body: {} })
  return inState(site, "connected")
}

const identityAt = async (namespace: string): Promise<ReadonlyMap<string, string>> => {
  const secret = await kube.get(kinds.Secret, namespace, identitySecret)
  return secret === undefined ? new Map() : secretValues(secret)
}
const keysAt = async (namespace: string) => [...(await identityAt(namespace)).keys()].toSorted()

async function statusOf({ started }: SatelliteUnderTest): Promise<string> {
  const answer = await fetch(`http://${formatHostPort(started.status)}/status`)
  return answer.text()
}

const connected = (satellite: SatelliteUnderTest) =>
  eventually("it says that it is connected", async () =>
    /"connected":true/.test(await statusOf(satellite)),
  )

test("a satellite is given a certificate with its approval, and gets in with it where one is required", async () => {
  const at = kube.namespace("certified")
  await using satellite = await start(at, "certified")
  await joined("certified")
  assert.deepEqual(await keysAt(at), [
    "auth-token",
    "central-ca.crt",
    "satellite-id",
    "tls.crt",
    "tls.key",
  ])
  await connected(satellite)
  assert.equal((await identityAt(at)).get("central-ca.crt"), ca)
})

test("an old certificate is renewed over the stream, and the next stream shows the new one", async () => {
  const at = kube.namespace("renewed")
  const first = await start(at, "renewed")
  const { id } = await joined("renewed")
  await first.stop()
  // As if two months had passed since it was signed.
  await using database = openDatabase({ url, applicationName: "test" })
  const authorities = new Authorities(database, new SecretBox([testKey("k1")]))
  await authorities.refresh(Date.now())
  const { request, key } = await newRequest(id)
  const past = Date.now() - 60 * 86_400_000
  const old = await authorities.certify(satelliteId(id), request, past)
  const secret = await kube.get(kinds.Secret, at, identitySecret)
  assert.ok(secret !== undefined && old !== undefined)
  await kube.api.apply(
    kinds.Secret,
    {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: identitySecret, namespace: at },
      data: {
        "tls.crt": Buffer.from(old).toString("base64"),
        "tls.key": Buffer.from(key).toString("base64"),
      },
    },
    "test",
    AbortSignal.timeout(10_000),
  )
  await using again = await start(at, "renewed", { dataDir: first.dataDir })
  await eventually("a new certificate", async () => {
    const kept = (await identityAt(at)).get("tls.crt")
    return kept !== undefined && goodUntil(kept) > goodUntil(old)
  })
  await connected(again)
})

test("a token is rotated without a gap that anybody would notice, and over restarts at both steps", async () => {
  const at = kube.namespace("rotating")
  const satellite = await start(at, "rotating")
  const { id } = await joined("rotating")
  const before = (await identityAt(at)).get("auth-token")
  await api.ok("rotateSatelliteToken", { params: { id } })
  await eventually("the rotation is over", async () => {
    const { identity } = await called("rotating")
    return identity.rotatedAt !== null && identity.rotationAskedAt === null
  })
  const after = await eventually("the new token is the only one", async () => {
    const kept = await identityAt(at)
    return kept.has("next-auth-token") ? undefined : kept.get("auth-token")
  })
  assert.notEqual(after, before)
  await satellite.stop()
  await api.ok("rotateSatelliteToken", { params: { id } })
  await using again = await start(at, "rotating", { dataDir: satellite.dataDir })
  await eventually("the rotation that waited is over", async () => {
    const kept = await identityAt(at)
    return !kept.has("next-auth-token") && kept.get("auth-token") !== after
  })
  await inState("rotating", "connected")
  await connected(again)
})

test("a new token that central does not know any more is dropped for the one before", async () => {
  const at = kube.namespace("forgotten")
  const first = await start(at, "forgotten")
  await joined("forgotten")
  await first.stop()
  await kube.api.apply(
    kinds.Secret,
    {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: identitySecret, namespace: at },
      data: { "next-auth-token": Buffer.from("pgss_nobody-knows-it").toString("base64") },
    },
    "test",
    AbortSignal.timeout(10_000),
  )
  await using again = await start(at, "forgotten", { dataDir: first.dataDir })
  await connected(again)
  await inState("forgotten", "connected")
})

test("a revoked satellite says so, keeps its clusters, and comes back when it is let in anew", async () => {
  const at = kube.namespace("revoked")
  await using satellite = await start(at, "revoked")
  const { id } = await inState("revoked", "pending")
  await api.ok("approveSatellite", { params: { id }, body: { labels: { tier: "edge" } } })
  await inState("revoked", "connected")
  const set = () => kube.get(kinds.StatefulSet, "databases", "orders")
  await eventually("its cluster", async () => (await set()) !== undefined)
  const uid = (await set())?.metadata.uid
  await api.ok("revokeSatellite", { params: { id }, body: { reason: "an exercise" } })
  await eventually("it says why", async () =>
    /revoked by admin: an exercise.*waits for approval/.test(await statusOf(satellite)),
  )
  assert.match(await statusOf(satellite), /"ready":true/)
  await inState("revoked", "pending")
  assert.equal((await set())?.metadata.uid, uid, "its cluster runs on")
  await api.ok("approveSatellite", { params: { id }, body: {} })
  await inState("revoked", "connected")
  assert.equal((await set())?.metadata.uid, uid)
})

test("a satellite that trusts another authority says what to mend, and gives no token away", async () => {
  const stranger = await newAuthority("stranger", Date.now(), 2)
  await using satellite = await start(
    kube.namespace("distrust"),
    `distrust-${randomUUID().slice(0, 8)}`,
    {
      ca: stranger.certificate,
    },
  )
  await eventually("it says why", async () =>
    /not signed by the authority in PG_SWARM_CENTRAL_CA/.test(await statusOf(satellite)),
  )
  const known = await query(url, "select 1 from satellite where site like 'distrust-%'")
  assert.deepEqual(known, [])
})
