/** Storage tiers through REST, and what sites hear of them over the stream. */
import assert from "node:assert/strict"
import { beforeEach, test } from "node:test"
import type { Central } from "../../src/central/central.ts"
import { type Api, smallSpec } from "../fixtures/central.ts"
import { centrals } from "../fixtures/centrals.ts"
import { eventually, type Site } from "../fixtures/site.ts"
import { refusedWith } from "../fixtures/rest.ts"

const fleet = centrals()
let central: Central
let api: Api
beforeEach(async () => {
  ;({ running: central, api } = await fleet.central())
})

const tier = (name: string, description = "") =>
  api.ok("createStorageTier", { body: { name, description } })

/** A site that told these classes, and its stream. */
async function joined(name: string, classes: readonly string[] = []) {
  const site = fleet.site(central, name)
  await site.join(api)
  const { stream, welcome } = await site.connect()
  if (classes.length > 0) {
    stream.send({ kind: "storage-classes", names: classes, defaultName: classes[0] })
    await eventually("the classes", async () => (await shown(site)).storageClasses.length > 0)
  }
  return { site, stream, welcome }
}

const shown = ({ id }: Site) => api.ok("getSatellite", { params: { id } })

async function map(site: Site, tiers: Readonly<Record<string, string>>) {
  const { version } = await shown(site)
  return api.raw("mapTiers", { params: { id: site.id }, body: { version, tiers } })
}

const profileOn = (name: string, data: string, wal?: string) =>
  api.ok("createProfile", {
    body: {
      name,
      spec: {
        ...smallSpec,
        data: { ...smallSpec.data, tier: data },
        ...(wal === undefined ? {} : { wal: { ...smallSpec.data, tier: wal } }),
      },
    },
  })

test("a tier is made once, described anew by whoever read it last, and listed by name", async () => {
  const made = await tier("fast", "NVMe")
  assert.deepEqual(
    [made.name, made.version, made.profiles, made.satelliteCount],
    ["fast", 1, [], 0],
  )
  const twice = await api.raw("createStorageTier", { body: { name: "fast" } })
  refusedWith(twice, 409, "NAME_TAKEN")
  await tier("bulk")
  const params = { name: "fast" }
  const edited = await api.ok("editStorageTier", {
    params,
    body: { version: 1, description: "local NVMe" },
  })
  assert.deepEqual([edited.description, edited.version], ["local NVMe", 2])
  const stale = { params, body: { version: 1, description: "x" } }
  const conflict = refusedWith(await api.raw("editStorageTier", stale), 409, "VERSION_CONFLICT")
  assert.deepEqual(
    conflict.problems?.map(({ problem }) => problem),
    ["is 2 now", 'is "local NVMe" now'],
  )
  const first = await api.ok("listStorageTiers", { query: { limit: "1" } })
  assert.deepEqual(
    first.items.map(({ name }) => name),
    ["bulk"],
  )
  const rest = await api.ok("listStorageTiers", { query: { cursor: first.nextCursor ?? "" } })
  assert.deepEqual(
    rest.items.map(({ name }) => name),
    ["fast"],
  )
  refusedWith(await api.raw("deleteStorageTier", { params: { name: "none" } }), 404, "NOT_FOUND")
})

test("a profile may only be on tiers that are there, and a tier that profiles are on stays", async () => {
  const spec = {
    ...smallSpec,
    data: { ...smallSpec.data, tier: "fast" },
    wal: { ...smallSpec.data, tier: "wal-tier", storageClass: "nvme" },
  }
  const body = { name: "small", spec }
  const refused = refusedWith(await api.raw("createProfile", { body }), 400, "INVALID")
  assert.deepEqual(
    refused.problems?.map(({ field }) => field),
    ["spec.wal.tier", "spec.data.tier", "spec.wal.tier"],
  )
  await tier("fast")
  const profile = await profileOn("small", "fast")
  const { items } = await api.ok("listStorageTiers")
  assert.deepEqual(items[0]?.profiles, [{ id: profile.id, name: "small" }])
  const inUse = await api.raw("deleteStorageTier", { params: { name: "fast" } })
  assert.match(refusedWith(inUse, 409, "TIER_IN_USE").detail ?? "", /used by profile small/)
  // Off the tier, it may go; and then the old version can not come back.
  await api.ok("editProfile", {
    params: { id: profile.id },
    body: { version: profile.version, spec: smallSpec },
  })
  await api.ok("deleteStorageTier", { params: { name: "fast" } })
  const revert = await api.raw("revertProfile", {
    params: { id: profile.id },
    body: { version: 2, to: 1 },
  })
  assert.match(
    refusedWith(revert, 400, "INVALID").problems?.[0]?.problem ?? "",
    /no storage tier fast/,
  )
})

test("a cluster on an earlier version keeps its tier from being deleted", async () => {
  await tier("fast")
  await joined("north")
  const profile = await profileOn("small", "fast")
  const place = { clusterName: "orders", namespace: "shop" }
  await api.ok("createRule", {
    body: { name: "everywhere", profileId: profile.id, selector: {}, ...place },
  })
  await api.ok("editProfile", {
    params: { id: profile.id },
    body: { version: profile.version, spec: smallSpec },
  })
  const answer = await api.raw("deleteStorageTier", { params: { name: "fast" } })
  const problem = refusedWith(answer, 409, "TIER_IN_USE")
  assert.deepEqual(problem.problems, [{ field: "clusters", problem: "shop/orders" }])
})

test("a mapping names tiers and classes that are there, whole, by whoever read the satellite last", async () => {
  await tier("fast")
  await tier("bulk")
  const { site } = await joined("north", ["hdd", "nvme"])
  const bad = refusedWith(await map(site, { fast: "nmve", slow: "hdd" }), 400, "INVALID")
  assert.deepEqual(
    bad.problems?.map(({ field }) => field),
    ["tiers.fast", "tiers.slow"],
  )
  assert.match(bad.problems[0]?.problem ?? "", /north has no StorageClass nmve; it has hdd, nvme/)
  assert.deepEqual((await shown(site)).tiers, {})
  const { version } = await shown(site)
  assert.equal((await map(site, { fast: "nvme", bulk: "hdd" })).status, 200)
  const now = await shown(site)
  assert.deepEqual([now.tiers, now.defaultStorageClass], [{ bulk: "hdd", fast: "nvme" }, "hdd"])
  assert.equal(now.version, version + 1)
  const stale = { params: { id: site.id }, body: { version, tiers: {} } }
  const conflict = refusedWith(await api.raw("mapTiers", stale), 409, "VERSION_CONFLICT")
  assert.match(conflict.problems?.[1]?.problem ?? "", /"fast":"nvme"/)
  const events = await api.ok("listEvents", { query: { satelliteId: site.id, limit: "1" } })
  const [event] = events.items
  assert.equal(event?.kind, "satellite.tiers-mapped")
  assert.match(event.message, /tier bulk is hdd, tier fast is nvme; volumes that exist keep/)
  assert.equal(event.details["actor"], "admin")
  const { items } = await api.ok("listStorageTiers")
  assert.deepEqual(
    items.map(({ mappedCount, satelliteCount }) => [mappedCount, satelliteCount]),
    [
      [1, 1],
      [1, 1],
    ],
  )
})

test("C5: a site hears its mapping with its welcome and at each change, and the tier itself with its configs", async () => {
  await tier("fast")
  const { site, stream, welcome } = await joined("north", ["nvme", "hdd"])
  assert.deepEqual(welcome.settings, {
    satelliteName: "north",
    tiers: {},
    imageMirror: undefined,
  })
  const profile = await profileOn("small", "fast")
  await api.ok("createRule", {
    body: {
      name: "everywhere",
      profileId: profile.id,
      selector: {},
      clusterName: "orders",
      namespace: "shop",
    },
  })
  const { spec } = await stream.next("config")
  assert.deepEqual([spec.data.tier, spec.data.storageClass], ["fast", undefined])
  await map(site, { fast: "nvme" })
  const { settings } = await stream.next("site-settings")
  assert.deepEqual(settings.tiers, { fast: "nvme" })
  await stream.close()
  const again = await site.connect()
  assert.deepEqual(again.welcome.settings?.tiers, { fast: "nvme" })
  // Another mapping is no other config: what the cluster was made with stays.
  await map(site, { fast: "hdd" })
  await again.stream.next("site-settings")
  const [cluster] = (await api.ok("listClusters")).items
  assert.equal(cluster?.desiredVersion, 1)
  const { spec: before, version } = await api.ok("getProfile", { params: { id: profile.id } })
  const changed = { ...before, parameters: { work_mem: "9MB" } }
  await api.ok("editProfile", { params: { id: profile.id }, body: { version, spec: changed } })
  const impact = await api.ok("previewImpact", {
    params: { id: profile.id, specVersion: "2" },
    body: {},
  })
  assert.equal(impact.groups[0]?.impact.strategy, "reload")
  const rolled = { profileId: profile.id, bakeSeconds: 0, whenUnhealthy: "move" }
  await api.ok("createRollout", { body: rolled })
  const { spec: moved } = await again.stream.next("config")
  assert.deepEqual(
    [moved.version, moved.parameters["work_mem"], moved.data.tier, moved.data.storageClass],
    [2, "9MB", "fast", undefined],
  )
})

test("a preview of a rule says where a tier is not mapped", async () => {
  await tier("fast")
  await tier("bulk")
  const { site } = await joined("north", ["nvme"])
  await joined("south")
  await map(site, { fast: "nvme", bulk: "nvme" })
  const { id } = await profileOn("small", "fast", "bulk")
  const body = { profileId: id, selector: {}, clusterName: "orders", namespace: "shop" }
  const said = await api.ok("previewRule", { body })
  assert.deepEqual(
    said.matches.map(({ satelliteName, warning }) => [satelliteName, warning]),
    [
      ["north", undefined],
      [
        "south",
        "storage tiers bulk, fast are not mapped to a StorageClass there: the cluster would wait for it",
      ],
    ],
  )
  const none = await api.raw("previewRule", { body: { ...body, profileId: site.id } })
  assert.equal(refusedWith(none, 400, "INVALID").problems?.[0]?.field, "profileId")
})

test("a connected satellite is asked for its classes; one that is away can not be", async () => {
  const { site, stream } = await joined("north", ["hdd"])
  await api.ok("refreshStorageClasses", { params: { id: site.id } })
  await stream.next("refresh-storage-classes")
  stream.send({ kind: "storage-classes", names: ["hdd", "nvme"], defaultName: "nvme" })
  await eventually("other classes", async () => {
    const { defaultStorageClass } = await shown(site)
    return defaultStorageClass === "nvme"
  })
  const away = fleet.site(central, "away")
  await away.join(api)
  const answer = await api.raw("refreshStorageClasses", { params: { id: away.id } })
  refusedWith(answer, 409, "NOT_CONNECTED")
})
