/** Who a satellite is, from central's side: tokens rotate, identities are revoked, replaced and ended, on any central. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { Code, ConnectError } from "@connectrpc/connect"
import type { Central } from "../../src/central/central.ts"
import { type Api, quick, rulePut } from "../fixtures/central.ts"
import { oneCentral } from "../fixtures/one-central.ts"
import { query } from "../fixtures/postgres.ts"
import { eventually, Site, type SiteStream } from "../fixtures/site.ts"

let url: string
/** Satellites live on this one; people talk to another, on the same database. */
let other: Central
let api: Api
oneCentral(
  async (opened) => {
    ;({ url, api } = opened)
    other = await opened.another()
    await rulePut(api, { tier: "edge" })
  },
  { timing: quick },
)

async function edge(name: string): Promise<Site> {
  const site = new Site(other, name)
  await site.join(api, { tier: "edge" })
  return site
}

const satellite = ({ id }: Site) => api.ok("getSatellite", { params: { id } })
const kinds = async ({ id }: Site): Promise<readonly string[]> =>
  (await api.ok("listEvents", { query: { satelliteId: id } })).items.map(({ kind }) => kind)

async function whyEnded(stream: SiteStream): Promise<ConnectError> {
  const why = await stream.ended
  assert.ok(why instanceof ConnectError, String(why))
  return why
}

async function whyRefused(site: Site): Promise<ConnectError> {
  const why = await site.connect().then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.cause : error),
  )
  assert.ok(why instanceof ConnectError, `refused, not ${String(why)}`)
  return why
}

const rotate = ({ id }: Site) => api.ok("rotateSatelliteToken", { params: { id } })

test("a new token is given over the stream, and only its use makes the old one void", async () => {
  const site = await edge("rotated")
  const old = site.authToken
  const { stream } = await site.connect()
  const asked = await rotate(site)
  assert.notEqual(asked.identity.rotationAskedAt, null)
  const { token } = await stream.next("new-token")
  assert.notEqual(token, old)

  // The satellite dies before it stored the token: what it has is still good, and it is given another one.
  await stream.close()
  const second = await site.connect()
  const { token: next } = await second.stream.next("new-token")
  assert.notEqual(next, token)

  // It stored that one, and dies before it is used: both are good.
  await second.stream.close()
  site.authToken = next
  const third = await site.connect()
  const now = await satellite(site)
  assert.equal(now.identity.rotationAskedAt, null)
  assert.notEqual(now.identity.rotatedAt, null)
  assert.ok((await kinds(site)).includes("satellite.token-rotated"))
  for (const gone of [old, token]) {
    site.authToken = gone
    assert.equal((await whyRefused(site)).code, Code.Unauthenticated)
  }
  site.authToken = next
  third.stream.send({ kind: "heartbeat", sequence: 1, sentAt: Date.now() })
  await third.stream.next("heartbeat-ack")
  const rows = JSON.stringify(await query(url, "select * from satellite"))
  for (const one of [old, token, next]) assert.ok(!rows.includes(one), "only hashes are kept")
  await site.close()
})

test("a rotation that is asked for twice, or while the site is away, is one rotation when it returns", async () => {
  const site = await edge("away")
  const first = await site.connect()
  await first.stream.close()
  const [one, two] = await Promise.all([rotate(site), rotate(site)])
  assert.equal(one.identity.rotationAskedAt, two.identity.rotationAskedAt)
  const { stream } = await site.connect()
  site.authToken = (await stream.next("new-token")).token
  const again = await site.connect()
  again.stream.send({ kind: "heartbeat", sequence: 1, sentAt: Date.now() })
  await again.stream.next("heartbeat-ack")
  assert.ok(again.stream.received.every(({ kind }) => kind !== "new-token"))
  await site.close()
})

test("a revoked satellite is off within a second, whichever central it lives on, and is told why", async () => {
  const site = await edge("revoked")
  const { stream, welcome } = await site.connect()
  const [cluster] = welcome.clusters
  assert.ok(cluster !== undefined)
  const began = Date.now()
  const revoked = await api.ok("revokeSatellite", {
    params: { id: site.id },
    body: { reason: "stolen from the rack" },
  })
  const why = await whyEnded(stream)
  assert.ok(Date.now() - began < 1000, `${Date.now() - began} ms`)
  for (const refusal of [why, await whyRefused(site)]) {
    assert.equal(refusal.code, Code.PermissionDenied)
    assert.match(refusal.message, /revoked by admin: stolen from the rack.*let in anew/)
  }
  assert.equal(revoked.state, "lost")
  assert.match(String(revoked.identity.revokedWhy), /stolen/)
  const nobody = await api.raw("approveSatellite", { params: { id: site.id }, body: {} })
  assert.match(JSON.stringify(nobody.body), /NOBODY_ASKS/)
  assert.equal(
    (await api.raw("rotateSatelliteToken", { params: { id: site.id } })).status,
    409,
    "there is no token",
  )
  const stays = await api.ok("getCluster", { params: { id: cluster.id } })
  assert.equal(stays.state === "deleting", false, "its cluster stays")

  // It asks to be let in anew, is refused and told so, and is let in after all.
  const old = site.authToken
  await site.register({ tier: "edge" })
  await eventually("it waits for a person", async () => (await satellite(site)).state === "pending")
  await api.ok("rejectSatellite", { params: { id: site.id } })
  assert.equal((await site.approval()).kind, "rejected")
  await api.ok("approveSatellite", { params: { id: site.id }, body: {} })
  await site.approval()
  const again = await site.connect()
  assert.deepEqual(
    again.welcome.clusters.map(({ id }) => id),
    [cluster.id],
  )
  assert.equal((await satellite(site)).identity.revokedAt, null)
  site.authToken = old
  assert.equal((await whyRefused(site)).code, Code.Unauthenticated)
  await site.close()
})

test("D3: another satellite takes over with the clusters that were named, and who was there before is told", async () => {
  const old = await edge("before")
  const { stream, welcome } = await old.connect()
  const [cluster] = welcome.clusters
  assert.ok(cluster !== undefined)
  const fresh = new Site(other, "after")
  await fresh.register({ tier: "new" })
  const replace = (movedClusters: readonly string[], by = fresh.id) =>
    api.raw("replaceSatellite", { params: { id: old.id }, body: { by, movedClusters } })
  assert.match(JSON.stringify((await replace([cluster.id])).body), /STILL_CONNECTED/)
  await api.ok("revokeSatellite", { params: { id: old.id }, body: {} })
  await whyEnded(stream)
  const unnamed = await replace([])
  assert.equal(unnamed.status, 409)
  assert.match(
    JSON.stringify(unnamed.body),
    /CLUSTERS_MOVE.*empty.*databases\/orders \(.*\) is not named/,
  )
  assert.match(JSON.stringify((await replace([cluster.id], old.id)).body), /NOT_WAITING/)
  assert.equal((await fresh.approval()).kind, "pending", "nothing happened yet")

  assert.equal((await replace([cluster.id])).status, 200)
  const approval = await fresh.approval()
  assert.ok(approval.kind === "approved")
  assert.equal(approval.satelliteId, old.id, "it is that satellite from now on")
  assert.equal((await api.raw("getSatellite", { params: { id: fresh.id } })).status, 404)
  fresh.id = approval.satelliteId
  const taken = await fresh.connect()
  assert.equal(taken.welcome.name, "before")
  const [moved] = taken.welcome.clusters
  assert.ok(moved?.id === cluster.id)
  assert.ok(moved.version > cluster.version, "old acknowledgements do not count")
  const shown = await satellite(old)
  assert.deepEqual([shown.site, shown.state], ["after", "connected"])

  const why = await whyRefused(old)
  assert.equal(why.code, Code.PermissionDenied)
  assert.match(why.message, /replaced by another satellite/)
  await old.register({ tier: "edge" })
  const [asks] = await query(
    url,
    "select approval, name from satellite where kubernetes_uid = $1",
    [old.kubernetesUid],
  )
  assert.deepEqual(asks, { approval: "pending", name: "before" })
  await fresh.close()
  await old.close()
})

test("a satellite is forgotten when its clusters are gone, or abandoned by name", async () => {
  const site = await edge("ending")
  const { stream, welcome } = await site.connect()
  const [cluster] = welcome.clusters
  assert.ok(cluster !== undefined)
  const end = (abandonedClusters: readonly string[]) =>
    api.raw("decommissionSatellite", { params: { id: site.id }, body: { abandonedClusters } })
  const left = await end([])
  assert.equal(left.status, 409)
  assert.match(JSON.stringify(left.body), /CLUSTERS_LEFT.*databases\/orders/)
  const strange = await end([cluster.id, site.id])
  assert.match(JSON.stringify(strange.body), /is no cluster of this satellite/)
  assert.equal((await satellite(site)).clusterCount, 1)

  assert.equal((await end([cluster.id])).status, 204)
  assert.equal((await whyEnded(stream)).code, Code.Unauthenticated)
  assert.ok(
    stream.received.every(({ kind }) => kind !== "delete-cluster"),
    "an abandoned cluster is not deleted",
  )
  assert.equal((await api.raw("getSatellite", { params: { id: site.id } })).status, 404)
  assert.equal((await api.raw("getCluster", { params: { id: cluster.id } })).status, 404)
  const { items } = await api.ok("listEvents", { query: { severity: "warning" } })
  assert.ok(items.some(({ message }) => /ending was decommissioned.*orders/.test(message)))

  const waiting = new Site(other, "never")
  await waiting.register()
  const gone = { params: { id: waiting.id }, body: {} }
  assert.equal((await api.raw("decommissionSatellite", gone)).status, 204, "one that only asked")
  await site.close()
  await waiting.close()
})
