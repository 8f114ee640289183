/** The satellite's side of the conversation with central: registration, one stream, events that wait. */
import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { identitySecret } from "#core/names.ts"
import { isRecord } from "#io/kube/api.ts"
import { issue, newAuthority } from "#io/certificates/authority.ts"
import { formatHostPort } from "#io/config.ts"
import { kinds } from "#io/kube/kinds.ts"
import { type OpenKube, microkube } from "./kubernetes-under-test.ts"
import { SatelliteUnderTest, TestKube, anySpec, configVersion } from "./satellite-under-test.ts"
import { TinyCentral } from "./tiny-central.ts"

let opened: OpenKube
let kube: TestKube
before(async () => {
  opened = await microkube("127.88").open()
  kube = await TestKube.open(opened.kubeconfig)
})
after(async () => {
  await kube[Symbol.asyncDispose]()
  await opened[Symbol.asyncDispose]()
})

const identityKeys = async (at: string): Promise<readonly string[]> => {
  const secret = await kube.get(kinds.Secret, at, identitySecret)
  return isRecord(secret?.["data"]) ? Object.keys(secret["data"]).toSorted() : []
}

test("a satellite that waits for approval goes on waiting after a restart, without registering twice", async () => {
  await using central = new TinyCentral()
  await central.open()
  central.approval = "pending"
  const at = kube.namespace("pending")
  const first = await SatelliteUnderTest.start(kube, { central: central.url, namespace: at })
  await central.until("a registration", () => central.registrations.length > 0)
  await kube.until("the registration kept", async () =>
    (await identityKeys(at)).includes("registration-token") ? true : undefined,
  )
  await first[Symbol.asyncDispose]()
  await using _again = await SatelliteUnderTest.start(kube, { central: central.url, namespace: at })
  central.approval = "approved"
  await central.until("a stream", () => central.hellos.length > 0)
  assert.equal(central.registrations.length, 1)
  assert.deepEqual(await identityKeys(at), ["auth-token", "satellite-id"])
})

test("a rejected satellite asks on, and is let in when the rejection is taken back", async () => {
  await using central = new TinyCentral()
  await central.open()
  central.approval = "rejected"
  await using _satellite = await SatelliteUnderTest.start(kube, {
    central: central.url,
    namespace: kube.namespace("rejected"),
  })
  await central.until("a registration", () => central.registrations.length > 0)
  central.approval = "approved"
  await central.until("a stream", () => central.hellos.length > 0)
})

test("a satellite whose identity was revoked registers anew, and its clusters run on", async () => {
  await using central = new TinyCentral()
  await central.open()
  const spec = anySpec({ namespace: kube.namespace("revoked") })
  central.clusters = [spec]
  await using _satellite = await SatelliteUnderTest.start(kube, {
    central: central.url,
    namespace: kube.namespace("revoked-sys"),
  })
  await central.until("applied", () =>
    central.acks.some(({ outcome }) => outcome.kind === "applied"),
  )
  const set = await kube.get(kinds.StatefulSet, spec.namespace, spec.name)
  const hellos = central.hellos.length
  central.revoke()
  await central.until("a second registration", () => central.registrations.length === 2)
  await central.until("a new stream", () => central.hellos.length > hellos)
  assert.deepEqual(central.hellos.at(-1)?.clusters, [
    { clusterId: spec.id, version: configVersion(1), deleting: false },
  ])
  const after = await kube.get(kinds.StatefulSet, spec.namespace, spec.name)
  assert.equal(after?.metadata.uid, set?.metadata.uid)
})

test("D6: events wait on disk while central is away, also over a restart of the satellite", async () => {
  await using central = new TinyCentral()
  await central.open()
  central.answersEvents = false
  const spec = anySpec({ namespace: kube.namespace("events") })
  central.clusters = [spec]
  const at = kube.namespace("events-sys")
  const first = await SatelliteUnderTest.start(kube, { central: central.url, namespace: at })
  await central.until("the first event", () => central.events.size > 0)
  const seen = [...central.events.keys()]
  await central.close()
  await first.stop()
  central.events.clear()
  central.answersEvents = true
  await central.open()
  await using _again = await SatelliteUnderTest.start(kube, {
    central: central.url,
    namespace: at,
    dataDir: first.dataDir,
  })
  await central.until("the same events again", () => seen.every((id) => central.events.has(id)))
})

test("D2: a stream on which heartbeats stay unanswered is replaced", async () => {
  await using central = new TinyCentral()
  await central.open()
  await using _satellite = await SatelliteUnderTest.start(kube, {
    central: central.url,
    namespace: kube.namespace("silent"),
  })
  await central.until("a stream", () => central.hellos.length === 1)
  central.answersHeartbeats = false
  await central.until("another stream", () => central.hellos.length >= 2)
})

test("storage classes are reported, and the log level follows central", async () => {
  await using central = new TinyCentral()
  await central.open()
  await using _satellite = await SatelliteUnderTest.start(kube, {
    central: central.url,
    namespace: kube.namespace("classes"),
  })
  await central.until("the classes", () => central.storageClasses.length > 0)
  assert.deepEqual(central.storageClasses[0], ["standard"])
  central.send({ kind: "refresh-storage-classes" })
  await central.until("the same classes, asked for", () => central.storageClasses.length > 1)
  central.send({ kind: "set-log-level", level: "loud" })
  central.send({ kind: "set-log-level", level: "error" })
  await central.until("the level", () => central.logLevels.length > 0)
  assert.deepEqual(central.logLevels, ["error"], "an unknown level changes nothing")
})

test("health is reported on a new stream although nothing changed meanwhile", async () => {
  await using central = new TinyCentral()
  await central.open()
  const spec = anySpec({ namespace: kube.namespace("again") })
  central.clusters = [spec]
  await using _satellite = await SatelliteUnderTest.start(kube, {
    central: central.url,
    namespace: kube.namespace("again-sys"),
  })
  await central.until("health", () => central.health.has(spec.id))
  await central.close()
  central.health.clear()
  await central.open()
  await central.until("health again", () => central.health.has(spec.id))
})

test("the status port tells life, readiness and figures, and nothing else", async () => {
  await using central = new TinyCentral()
  await central.open()
  await using satellite = await SatelliteUnderTest.start(kube, {
    central: central.url,
    namespace: kube.namespace("status"),
  })
  const base = `http://${formatHostPort(satellite.started.status)}`
  const ask = async (path: string, init?: RequestInit) => {
    const answer = await fetch(`${base}${path}`, init)
    return { status: answer.status, text: await answer.text() }
  }
  assert.equal((await ask("/healthz")).status, 200)
  assert.equal((await ask("/readyz")).status, 200)
  assert.match((await ask("/metrics")).text, /^pg_swarm_satellite_clusters 0$/m)
  assert.equal((await ask("/secrets")).status, 404)
  assert.equal((await ask("/healthz", { method: "POST" })).status, 405)
})

test("over TLS central must show a certificate of the authority that the site trusts", async () => {
  await using central = new TinyCentral()
  const authority = await newAuthority("central", Date.now(), 2)
  const stranger = await newAuthority("somebody", Date.now(), 2)
  central.tls = await issue(authority, "localhost", Date.now(), 1)
  await central.open()
  {
    await using _distrustful = await SatelliteUnderTest.start(kube, {
      central: central.url,
      centralCa: stranger.certificate,
      namespace: kube.namespace("tls-no"),
    })
    await assert.rejects(
      central.until("a registration", () => central.registrations.length > 0, 2_000),
    )
  }
  await using _satellite = await SatelliteUnderTest.start(kube, {
    central: central.url,
    centralCa: authority.certificate,
    namespace: kube.namespace("tls-yes"),
  })
  await central.until("a stream", () => central.hellos.length > 0)
})
