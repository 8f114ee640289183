/** Profiles and their versions through REST, on a real PostgreSQL. */
import assert from "node:assert/strict"
import { after, before, beforeEach, afterEach, test } from "node:test"
import type { Answer } from "#wire/rest/routes.ts"
import { problemSchema } from "#wire/rest/shapes.ts"
import type { Central } from "../../src/central/central.ts"
import {
  type Api,
  type RestAnswer,
  rulePut,
  signedIn,
  smallSpec,
  startTestCentral,
} from "../fixtures/central.ts"
import { query, type TestServer, testServer } from "../fixtures/postgres.ts"
import { Site } from "../fixtures/site.ts"

let server: TestServer
let url: string
let central: Central
let api: Api
const sites: Site[] = []

before(async () => {
  server = await testServer()
})
after(async () => {
  await server.close()
})
beforeEach(async () => {
  url = await server.freshDatabase()
  central = await startTestCentral(url)
  api = await signedIn(central)
})
afterEach(async () => {
  for (const site of sites.splice(0)) await site.close()
  await central[Symbol.asyncDispose]()
})

type Profile = Answer<"getProfile">

const made = (spec: Readonly<Record<string, unknown>> = {}, name = "small"): Promise<Profile> =>
  api.ok("createProfile", { body: { name, spec: { ...smallSpec, ...spec } } })

const edited = (
  { id, version, spec: was }: Profile,
  spec: Readonly<Record<string, unknown>>,
  more: Readonly<Record<string, unknown>> = {},
): Promise<Profile> =>
  api.ok("editProfile", { params: { id }, body: { version, spec: { ...was, ...spec }, ...more } })

function refusedWith(answer: RestAnswer, status: number, code: string) {
  assert.equal(answer.status, status, JSON.stringify(answer.body))
  const problem = problemSchema.parse(answer.body)
  assert.equal(problem.code, code)
  return problem.problems ?? []
}

async function joined(name: string): Promise<Site> {
  const site = new Site(central, name)
  sites.push(site)
  await site.join(api)
  return site
}

const versionsOf = async (id: string) =>
  (await api.ok("listProfileVersions", { params: { id } })).items

test("a profile has version 1 from its creation on, and it can be read whole", async () => {
  const profile = await made({ parameters: { work_mem: "8MB" } })
  assert.equal(profile.specVersion, 1)
  const [first, ...more] = await versionsOf(profile.id)
  assert.deepEqual(more, [])
  assert.equal(first?.specVersion, 1)
  assert.equal(first.actor, "admin")
  assert.ok(first.isNewest)
  const whole = await api.ok("getProfileVersion", {
    params: { id: profile.id, specVersion: "1" },
  })
  assert.deepEqual(whole.spec, profile.spec)
  const missing = { id: profile.id, specVersion: "2" }
  refusedWith(await api.raw("getProfileVersion", { params: missing }), 404, "NOT_FOUND")
})

test("an edited spec is a new version with its author's note; name and description alone are none", async () => {
  const profile = await made()
  const second = await edited(profile, { members: 5 }, { note: "room for the fair" })
  assert.deepEqual([second.specVersion, second.version], [2, 2])
  const renamed = await api.ok("editProfile", {
    params: { id: profile.id },
    body: { version: 2, name: "middle", description: "for shops" },
  })
  assert.deepEqual(
    [renamed.name, renamed.description, renamed.specVersion, renamed.version],
    ["middle", "for shops", 2, 3],
  )
  // The same spec in other words is the same version; nothing at all changes nothing at all.
  const same = await edited(renamed, { parameters: {}, recovery: null })
  assert.deepEqual([same.specVersion, same.version], [2, 3])
  assert.deepEqual(
    (await versionsOf(profile.id)).map(({ specVersion, note, isNewest }) => [
      specVersion,
      note,
      isNewest,
    ]),
    [
      [2, "room for the fair", true],
      [1, "", false],
    ],
  )
  const told = (await api.ok("listEvents")).items.filter(({ kind }) => kind === "profile.edited")
  assert.equal(told.length, 2)
  assert.ok(told.some(({ message }) => message.includes("has version 2: members 3 → 5")))
})

test("a stale edit is refused with 409 and told what changed since it was read", async () => {
  const profile = await made({ parameters: { work_mem: "8MB" } })
  await edited(profile, { members: 5, parameters: { work_mem: "16MB" } })
  const before = await query(url, "select * from profile")
  const stale = { version: 1, spec: { ...profile.spec, members: 7 } }
  const problems = refusedWith(
    await api.raw("editProfile", { params: { id: profile.id }, body: stale }),
    409,
    "VERSION_CONFLICT",
  )
  assert.deepEqual(problems, [
    { field: "version", problem: "is 2 now" },
    { field: "name", problem: "is small now" },
    { field: "spec.members", problem: "changed meanwhile: members 3 → 5" },
    {
      field: "spec.parameters.work_mem",
      problem: "changed meanwhile: parameters.work_mem 8MB → 16MB",
    },
  ])
  const revert = { version: 1, to: 1 }
  refusedWith(
    await api.raw("revertProfile", { params: { id: profile.id }, body: revert }),
    409,
    "VERSION_CONFLICT",
  )
  assert.deepEqual(await query(url, "select * from profile"), before)
})

test("what is told of an edit holds no secret of an extension and no value at length", async () => {
  const parameters = { "app.key": "hunter2", search_path: "a, ".repeat(900) }
  const profile = await made({ parameters: { "app.key": "hunter1" } })
  await edited(profile, { parameters })
  const told = JSON.stringify(await query(url, "select message, details from event"))
  assert.match(told, /parameters\.app\.key changed/)
  assert.ok(!told.includes("hunter") && told.includes("…") && !told.includes("a, ".repeat(30)))
})

test("two people who edit at once: one makes a version, the other is refused", async () => {
  const profile = await made()
  const answers = await Promise.all(
    [4, 5, 6, 7].map((members) =>
      api.raw("editProfile", {
        params: { id: profile.id },
        body: { version: 1, spec: { ...profile.spec, members } },
      }),
    ),
  )
  assert.deepEqual(
    answers.map(({ status }) => status).toSorted((a, b) => a - b),
    [200, 409, 409, 409],
  )
  assert.deepEqual(
    (await versionsOf(profile.id)).map(({ specVersion }) => specVersion),
    [2, 1],
  )
})

test("the difference of any two versions names fields and parameters with both values", async () => {
  const profile = await made({ parameters: { work_mem: "8MB", max_connections: "200" } })
  const second = await edited(profile, {
    members: 5,
    parameters: { work_mem: "16MB", jit: "off" },
    failover: { preset: "fast", durability: "quorum" },
  })
  await edited(second, { hba: ["host all all 10.0.0.0/8 scram-sha-256"] })
  const params = { id: profile.id }
  const whole = await api.ok("diffProfile", { params, query: { from: "1", to: "2" } })
  const shown = whole.changes
    .filter(({ cause }) => cause === "profile")
    .map(({ field, from, to, effect }) => [field, from, to, effect])
  assert.deepEqual(shown, [
    ["members", 3, 5, "scale"],
    ["parameters.max_connections", "200", null, "restart"],
    ["parameters.work_mem", "8MB", "16MB", "reload"],
    ["failover.preset", "edge", "fast", "reload"],
    ["failover.durability", "preferred", "quorum", "reload"],
    ["parameters.jit", null, "off", "reload"],
  ])
  const newest = await api.ok("diffProfile", { params })
  assert.deepEqual([newest.from, newest.to], [2, 3])
  assert.deepEqual(
    newest.changes.map(({ field, to }) => [field, to]),
    [["hba", ["host all all 10.0.0.0/8 scram-sha-256"]]],
  )
  const back = await api.ok("diffProfile", { params, query: { from: "3", to: "3" } })
  assert.deepEqual(back.changes, [])
  assert.deepEqual(
    refusedWith(
      await api.raw("diffProfile", { params, query: { from: "8", to: "9" } }),
      400,
      "INVALID",
    ).map(({ field }) => field),
    ["from", "to"],
  )
})

test("a revert is a new version with the old spec; the history keeps both", async () => {
  const profile = await made()
  const second = await edited(profile, { members: 5 })
  const params = { id: profile.id }
  const third = await api.ok("revertProfile", { params, body: { version: 2, to: 1 } })
  assert.equal(third.specVersion, 3)
  assert.deepEqual(third.spec, profile.spec)
  assert.notDeepEqual(third.spec, second.spec)
  assert.deepEqual(
    (await versionsOf(profile.id)).map(({ specVersion, note }) => [specVersion, note]),
    [
      [3, "back to version 1"],
      [2, ""],
      [1, ""],
    ],
  )
  const again = { version: 3, to: 1 }
  refusedWith(await api.raw("revertProfile", { params, body: again }), 409, "SAME_SPEC")
  const unknown = { version: 3, to: 9 }
  assert.deepEqual(
    refusedWith(await api.raw("revertProfile", { params, body: unknown }), 400, "INVALID"),
    [{ field: "to", problem: "the profile has no version 9" }],
  )
})

test("a clone starts at version 1 with the chosen version's spec and lives on its own", async () => {
  const profile = await made()
  await edited(profile, { members: 5 })
  const params = { id: profile.id }
  const copy = await api.ok("cloneProfile", {
    params,
    body: { name: "copy", specVersion: 1 },
  })
  assert.deepEqual([copy.specVersion, copy.spec.members, copy.clusterCount], [1, 3, 0])
  const newest = await api.ok("cloneProfile", { params, body: { name: "newest" } })
  assert.equal(newest.spec.members, 5)
  await edited(copy, { members: 9 })
  assert.equal((await api.ok("getProfile", { params })).spec.members, 5)
  refusedWith(await api.raw("cloneProfile", { params, body: { name: "copy" } }), 409, "NAME_TAKEN")
})

test("every mistake of a spec is told at once, at its field, and nothing is kept", async () => {
  const spec = {
    ...smallSpec,
    members: 2,
    parameters: {
      work_mme: "8MB",
      work_mem: "8 apples",
      max_connections: "0",
      fsync: "off",
      wal_level: "minimal",
      io_method: "worker",
    },
    hba: ["host all all 10.0.0.0/8 trust", "nonsense"],
    failover: { priorities: [0, 0] },
  }
  const fields = [
    "spec.failover.priorities",
    "spec.parameters.work_mme",
    "spec.parameters.work_mem",
    "spec.parameters.max_connections",
    "spec.parameters.fsync",
    "spec.parameters.io_method",
    "spec.parameters.max_connections",
    "spec.parameters.wal_level",
    "spec.hba[0]",
    "spec.hba[1]",
  ]
  const profile = await made()
  const { id, version } = profile
  for (const answer of [
    await api.raw("checkProfile", { body: { spec } }),
    await api.raw("createProfile", { body: { name: "bad", spec } }),
    await api.raw("editProfile", { params: { id }, body: { version, spec } }),
  ])
    assert.deepEqual(
      refusedWith(answer, 400, "INVALID").map(({ field }) => field),
      fields,
    )
  // Also beside what no schema takes.
  const worse = { name: "Bad Name", spec: { ...spec, data: { sizeBytes: "1 GB" } } }
  assert.deepEqual(
    refusedWith(await api.raw("createProfile", { body: worse }), 400, "INVALID").map(
      ({ field }) => field,
    ),
    ["name", "spec.data.sizeBytes", ...fields],
  )
  assert.equal((await api.ok("listProfiles")).items.length, 1)
  assert.equal((await versionsOf(id)).length, 1)
})

test("what is unlikely is warned of and kept", async () => {
  const resources = { memoryLimit: "512Mi" }
  const spec = { ...smallSpec, resources, parameters: { shared_buffers: "512MB" } }
  const { warnings } = await api.ok("checkProfile", { body: { spec } })
  assert.deepEqual(
    warnings.map(({ field }) => field),
    ["spec.parameters.shared_buffers", "spec.parameters.max_wal_size"],
  )
  const profile = await made(spec)
  const params = { id: profile.id, specVersion: "1" }
  assert.deepEqual((await api.ok("getProfileVersion", { params })).warnings, warnings)
})

test("clusters stay on their version when the profile is edited; new ones get the newest", async () => {
  const { profileId } = await rulePut(api)
  const north = await joined("north")
  const { stream } = await north.connect()
  const before = await query(url, "select id, spec, spec_version, desired_version from cluster")
  const profile = await api.ok("getProfile", { params: { id: profileId } })
  await edited(profile, { parameters: { work_mem: "16MB", wal_buffers: "1MB" } })
  assert.deepEqual(
    await query(url, "select id, spec, spec_version, desired_version from cluster"),
    before,
  )
  assert.deepEqual(
    stream.received.filter(({ kind }) => kind === "config"),
    [],
  )
  await joined("south")
  const behind = (await api.ok("listClusters")).items.map(
    (one) => `${one.satelliteName} ${one.specVersion} of ${one.newestSpecVersion}`,
  )
  assert.deepEqual(new Set(behind), new Set(["north 1 of 2", "south 2 of 2"]))
  const cascade = await api.ok("cascadeOfProfile", { params: { id: profileId } })
  assert.deepEqual(
    cascade.versions.map((each) => [
      each.specVersion,
      each.clusterCount,
      each.awayCount,
      each.strategy,
    ]),
    [
      [2, 1, 1, "none"],
      [1, 1, 0, "sequential-restart"],
    ],
  )
  assert.deepEqual(
    cascade.rules.map(({ name, clusterCount }) => [name, clusterCount]),
    [["orders-everywhere", 2]],
  )
  // The other way: what the first version would mean for those that are on the second.
  const back = await api.ok("cascadeOfProfile", {
    params: { id: profileId },
    query: { to: "1" },
  })
  assert.deepEqual(
    back.versions.map(({ strategy }) => strategy),
    ["sequential-restart", "none"],
  )
})

test("the impact of a version says per cluster what would happen, and changes nothing", async () => {
  const { profileId } = await rulePut(api)
  const north = await joined("north")
  await north.connect()
  await joined("south")
  const profile = await api.ok("getProfile", { params: { id: profileId } })
  const second = await edited(profile, { parameters: { max_connections: "50" } })
  await edited(second, { data: { sizeBytes: 512 * 1024 ** 2 } })
  const before = await query(url, "select * from cluster order by id")
  const params = (specVersion: string) => ({ id: profileId, specVersion })
  const impact = await api.ok("previewImpact", { params: params("2"), body: {} })
  assert.deepEqual([impact.clusterCount, impact.awayCount], [2, 1])
  const [group, ...more] = impact.groups
  assert.deepEqual(more, [])
  assert.equal(group?.fromVersion, 1)
  assert.equal(group.impact.strategy, "sequential-restart")
  assert.deepEqual(group.impact.passes, [
    { order: "primary-first", parameters: ["max_connections"] },
  ])
  assert.deepEqual(
    group.clusters.map(({ satelliteName, isAway }) => [satelliteName, isAway]),
    [
      ["north", false],
      ["south", true],
    ],
  )
  const one = group.clusters.slice(0, 1).map(({ id }) => id)
  const narrow = await api.ok("previewImpact", {
    params: params("3"),
    body: { clusterIds: one },
  })
  assert.equal(narrow.clusterCount, 1)
  assert.equal(narrow.groups[0]?.impact.strategy, "immutable")
  assert.deepEqual(await query(url, "select * from cluster order by id"), before)

  const stranger = { clusterIds: [...one, profileId] }
  assert.deepEqual(
    refusedWith(
      await api.raw("previewImpact", { params: params("2"), body: stranger }),
      400,
      "INVALID",
    ).map(({ field }) => field),
    ["clusterIds.1"],
  )
  refusedWith(await api.raw("previewImpact", { params: params("9"), body: {} }), 404, "NOT_FOUND")
})

test("the table of parameters is there for each major, and says what a change asks of clusters", async () => {
  const one = async (search: string, major: string) => {
    const { items } = await api.ok("listParameters", { query: { search, major } })
    return items.find(({ name }) => name === search)
  }
  const shared = await one("shared_buffers", "17")
  assert.deepEqual(
    [shared?.type, shared?.unit, shared?.least, shared?.inForce, shared?.order],
    ["integer", "8kB", 16, "restart", "restart"],
  )
  assert.equal((await one("io_method", "18"))?.order, "restart")
  assert.equal(await one("io_method", "17"), undefined)
  assert.equal((await one("wal_level", "17"))?.order, "full-restart")
  assert.equal(await one("fsync", "17"), undefined)
  const names: string[] = []
  let cursor: string | null = null
  do {
    const page: Answer<"listParameters"> = await api.ok("listParameters", {
      query: { limit: "200", ...(cursor === null ? {} : { cursor }) },
    })
    names.push(...page.items.map(({ name }) => name))
    cursor = page.nextCursor
  } while (cursor !== null)
  assert.ok(names.length > 250)
  assert.deepEqual(names, [...new Set(names)].toSorted())
})

test("what people decide about a parameter holds for impacts, never below what PostgreSQL needs", async () => {
  const profile = await made({ parameters: { work_mem: "8MB" } })
  await edited(profile, { parameters: { work_mem: "16MB" } })
  const effect = async () =>
    (await api.ok("diffProfile", { params: { id: profile.id } })).changes.map((one) => one.effect)
  assert.deepEqual(await effect(), ["reload"])
  const order = (name: string, body: Readonly<Record<string, unknown>>) =>
    api.raw("orderParameter", { params: { name }, body })
  const slow = { major: 17, version: 0, order: "restart", note: "our pooler keeps sessions" }
  assert.equal((await order("Work_Mem", slow)).status, 200)
  assert.deepEqual(await effect(), ["restart"])
  const { items } = await api.ok("listParameters", { query: { search: "work_mem" } })
  const shown = items.find(({ name }) => name === "work_mem")
  assert.deepEqual(
    [shown?.order, shown?.ordered?.actor, shown?.ordered?.note, shown?.version],
    ["restart", "admin", "our pooler keeps sessions", 1],
  )
  refusedWith(await order("work_mem", slow), 409, "VERSION_CONFLICT")
  const ofOther = await api.ok("listParameters", { query: { search: "work_mem", major: "16" } })
  assert.equal(ofOther.items.find(({ name }) => name === "work_mem")?.order, "reload")
  const back = { major: 17, version: 1, order: null }
  assert.equal((await order("work_mem", back)).status, 200)
  assert.deepEqual(await effect(), ["reload"])
  refusedWith(await order("work_mem", back), 409, "VERSION_CONFLICT")

  const less = { major: 17, version: 0, order: "reload" }
  const [problem] = refusedWith(await order("shared_buffers", less), 400, "INVALID")
  assert.match(problem?.problem ?? "", /at start only/)
  refusedWith(await order("fsync", slow), 400, "INVALID")
  refusedWith(await order("work_mme", slow), 404, "NOT_FOUND")
  refusedWith(await order("io_method", slow), 404, "NOT_FOUND")
  assert.equal((await order("app.setting", slow)).status, 200)
})

test("versions come in pages, newest first", async () => {
  let profile = await made()
  for (const members of [4, 5, 6, 7]) profile = await edited(profile, { members })
  const params = { id: profile.id }
  const seen: number[] = []
  let cursor: string | null = null
  do {
    const page: Answer<"listProfileVersions"> = await api.ok("listProfileVersions", {
      params,
      query: { limit: "2", ...(cursor === null ? {} : { cursor }) },
    })
    seen.push(...page.items.map(({ specVersion }) => specVersion))
    cursor = page.nextCursor
  } while (cursor !== null)
  assert.deepEqual(seen, [5, 4, 3, 2, 1])
})

test("a profile that was made before versions had notes keeps its version 1", async () => {
  const profile = await made()
  await query(url, "update profile_version set note = default, row_version = default")
  const problems = refusedWith(
    await api.raw("editProfile", {
      params: { id: profile.id },
      body: { version: 0, name: "x" },
    }),
    409,
    "VERSION_CONFLICT",
  )
  assert.deepEqual(
    problems.map(({ field }) => field),
    ["version", "name"],
  )
})
