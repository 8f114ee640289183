/** A site that was away for a month, or whose disk is full: what comes back is merged, what is lost is told. */
import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { clusterId, eventId } from "#core/ids.ts"
import { mebibytes, seconds } from "#core/units.ts"
import { Outbox } from "../../src/satellite/outbox.ts"
import type { Central } from "../../src/central/central.ts"
import { type Api, quick, rulePut } from "../fixtures/central.ts"
import { LinkedSite } from "../fixtures/linked-site.ts"
import { oneCentral } from "../fixtures/one-central.ts"
import { query } from "../fixtures/postgres.ts"
import { eventually } from "../fixtures/site.ts"
import {
  fillVolume,
  freeVolume,
  mountVolume,
  noSmallVolumes,
  unmountVolume,
} from "./chaos/small-volume.ts"

let url: string
let central: Central
let api: Api
oneCentral(
  async (opened) => {
    ;({ url, central, api } = opened)
    await rulePut(api, { tier: "edge" })
  },
  // Beats come every half second; a busy machine is no lost site.
  { timing: { ...quick, lateAfter: seconds(3), lostAfter: seconds(5) } },
)

const day = 86_400_000
const eventsKept = 3000
const eventsMade = 3600

test("a month offline merges: events in bounded batches, heartbeats between them, changes and deletions of meanwhile", async () => {
  const folder = await mkdtemp(join(tmpdir(), "offline-"))
  const file = join(folder, "outbox.db")
  try {
    const monthAgo = Date.now() - 30 * day
    const failovers: string[] = []
    {
      // As the satellite kept them while it was alone: more than there is room for, some of weight.
      using alone = new Outbox(file, eventsKept)
      for (let at = 0; at < eventsMade; at += 200)
        alone.put(
          Array.from({ length: 200 }, (_, index) => {
            const id = eventId(randomUUID())
            const isHeavy = (at + index) % 50 === 0
            if (isHeavy) failovers.push(id)
            return {
              id,
              at: monthAgo + ((at + index) * 30 * day) / eventsMade,
              severity: isHeavy ? ("error" as const) : ("info" as const),
              kind: isHeavy ? "member.failed" : "member.noted",
              message: `number ${at + index}`,
              clusterId: clusterId(randomUUID()),
              pod: undefined,
              details: {},
            }
          }),
        )
      assert.equal(alone.size, eventsKept)
    }
    await using site = await LinkedSite.join(
      central.grpc.port,
      api,
      "returned",
      { tier: "edge" },
      new Outbox(file, eventsKept),
    )
    await eventually("the outbox is empty", async () => Promise.resolve(site.outbox.size === 0))
    assert.equal(site.welcomes.length, 1, "one stream carried all of it: no heartbeat was missed")
    const stored = await query(url, "select kind, count(*) as n from event group by kind")
    const count = new Map(stored.map((row) => [row["kind"], Number(row["n"])]))
    assert.equal(count.get("member.failed"), failovers.length, "none of weight was lost")
    assert.equal(count.get("member.noted"), eventsKept - failovers.length)
    const [told] = await query(
      url,
      "select message, details from event where kind = 'events.dropped'",
    )
    assert.match(
      String(told?.["message"]),
      new RegExp(`^${eventsMade - eventsKept} events were lost`),
    )
    const state = (await api.ok("getSatellite", { params: { id: site.id } })).state
    assert.equal(state, "connected")
    const silences = await query(
      url,
      "select message from event where kind in ('satellite.late', 'satellite.lost')",
    )
    assert.deepEqual(silences, [], "it was heard all the time")
  } finally {
    await rm(folder, { recursive: true })
  }
})

test("clusters that were changed, relabelled away or deleted while a site was off are so when it returns", async () => {
  const { items: profiles } = await api.ok("listProfiles")
  const [profile] = profiles
  assert.ok(profile !== undefined)
  for (const [name, offline] of [
    ["stays", "before"],
    ["deleted", "before"],
    ["arrives", "after"],
  ] as const)
    await api.ok("createRule", {
      body: {
        name,
        profileId: profile.id,
        selector: { offline },
        clusterName: name,
        namespace: "databases",
        onMatchEnd: "keep",
      },
    })
  const site = await LinkedSite.join(central.grpc.port, api, "changed", { offline: "before" })
  await eventually("it has them", async () => Promise.resolve(site.clusters.size === 2))
  const held = new Map(site.clusters)
  await site[Symbol.asyncDispose]()
  const { items } = await api.ok("listClusters", { query: { satelliteId: site.id } })
  const doomed = items.find(({ name }) => name === "deleted")
  assert.ok(doomed !== undefined)
  await api.ok("deleteCluster", { params: { id: doomed.id } })
  const { version } = await api.ok("getSatellite", { params: { id: site.id } })
  await api.ok("editSatellite", {
    params: { id: site.id },
    body: { version, labels: { offline: "after" } },
  })
  await using back = site.again(held)
  await eventually("what it runs is what is wanted", async () => {
    const names = [...back.clusters.values()].map((spec) => spec.name).toSorted()
    return Promise.resolve(names.join() === "arrives,stays")
  })
  await eventually("the deleted one is gone in central", async () => {
    const now = await api.ok("listClusters", { query: { satelliteId: site.id } })
    return now.items.every(({ name }) => name !== "deleted")
  })
})

test(
  "with a full disk at the site the stream goes on, nothing is stored twice, and what was lost is told when there is room",
  { skip: noSmallVolumes ?? false },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "full-"))
    mountVolume(folder, mebibytes(2), {})
    try {
      const outbox = new Outbox(join(folder, "outbox.db"))
      await using site = await LinkedSite.join(central.grpc.port, api, "full", {}, outbox)
      site.tell("before")
      await eventually("it is stored", async () => Promise.resolve(outbox.size === 0))
      fillVolume(folder)
      let lost = 0
      for (let at = 0; at < 200; at += 1)
        try {
          site.tell(`number ${at} ${"x".repeat(2000)}`)
        } catch {
          outbox.lost(Date.now())
          lost += 1
        }
      assert.ok(lost > 0)
      const streams = site.welcomes.length
      await eventually("it is heard on the same stream", async () => {
        const [row] = await query(
          url,
          "select last_seen_at > now() - interval '1 second' as fresh from satellite where id = $1",
          [site.id],
        )
        return row?.["fresh"] === true
      })
      assert.equal(site.welcomes.length, streams)
      freeVolume(folder)
      site.tell("after")
      site.outgoing.restart()
      await eventually("all that was kept is stored", async () => {
        const stored = await query(
          url,
          "select count(*) as n, count(distinct id) as ids from event where satellite_id = $1 and kind = 'test.happened'",
          [site.id],
        )
        return Number(stored[0]?.["n"]) === site.told.length
      })
      const told = await eventually("the loss is told", async () => {
        const rows = await query(
          url,
          "select details->>'count' as count from event where satellite_id = $1 and kind = 'events.dropped'",
          [site.id],
        )
        return rows.at(0)
      })
      assert.equal(Number(told["count"]), lost)
    } finally {
      unmountVolume(folder)
      await rm(folder, { recursive: true, force: true })
    }
  },
)
