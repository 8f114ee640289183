/** Profiles and their versions through REST, on a real PostgreSQL. */
import assert from "node:assert/strict"
import { test } from "node:test"
import type { Answer } from "#wire/rest/routes.ts"
import { smallSpec } from "../fixtures/central.ts"
import { query } from "../fixtures/postgres.ts"
import { profileTests, problemsOf } from "../fixtures/profiles.ts"

const at = profileTests()
const { made, edited, versionsOf } = at

test("a profile has version 1 from its creation on, and it can be read whole", async () => {
  const profile = await made({ parameters: { work_mem: "8MB" } })
  assert.equal(profile.specVersion, 1)
  const [first, ...more] = await versionsOf(profile.id)
  assert.deepEqual(more, [])
  assert.equal(first?.specVersion, 1)
  assert.equal(first.actor, "admin")
  assert.ok(first.isNewest)
  const whole = await at.api.ok("getProfileVersion", {
    params: { id: profile.id, specVersion: "1" },
  })
  assert.deepEqual(whole.spec, profile.spec)
  const missing = { id: profile.id, specVersion: "2" }
  problemsOf(await at.api.raw("getProfileVersion", { params: missing }), 404, "NOT_FOUND")
})

test("an edited spec is a new version with its author's note; name and description alone are none", async () => {
  const profile = await made()
  const second = await edited(profile, { members: 5 }, { note: "room for the fair" })
  assert.deepEqual([second.specVersion, second.version], [2, 2])
  const renamed = await at.api.ok("editProfile", {
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
  const told = (await at.api.ok("listEvents")).items.filter(({ kind }) => kind === "profile.edited")
  assert.equal(told.length, 2)
  assert.ok(told.some(({ message }) => message.includes("has version 2: members 3 → 5")))
})

test("a stale edit is refused with 409 and told what changed since it was read", async () => {
  const profile = await made({ parameters: { work_mem: "8MB" } })
  await edited(profile, { members: 5, parameters: { work_mem: "16MB" } })
  const before = await query(at.url, "select * from profile")
  const stale = { version: 1, spec: { ...profile.spec, members: 7 } }
  const problems = problemsOf(
    await at.api.raw("editProfile", { params: { id: profile.id }, body: stale }),
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
  problemsOf(
    await at.api.raw("revertProfile", { params: { id: profile.id }, body: revert }),
    409,
    "VERSION_CONFLICT",
  )
  assert.deepEqual(await query(at.url, "select * from profile"), before)
})

test("what is told of an edit holds no secret of an extension and no value at length", async () => {
  const parameters = { "app.key": "hunter2", search_path: "a, ".repeat(900) }
  const profile = await made({ parameters: { "app.key": "hunter1" } })
  await edited(profile, { parameters })
  const told = JSON.stringify(await query(at.url, "select message, details from event"))
  assert.match(told, /parameters\.app\.key changed/)
  assert.ok(!told.includes("hunter") && told.includes("…") && !told.includes("a, ".repeat(30)))
})

test("two people who edit at once: one makes a version, the other is refused", async () => {
  const profile = await made()
  const answers = await Promise.all(
    [4, 5, 6, 7].map((members) =>
      at.api.raw("editProfile", {
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

test("a revert is a new version with the old spec; the history keeps both", async () => {
  const profile = await made()
  const second = await edited(profile, { members: 5 })
  const params = { id: profile.id }
  const third = await at.api.ok("revertProfile", { params, body: { version: 2, to: 1 } })
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
  problemsOf(await at.api.raw("revertProfile", { params, body: again }), 409, "SAME_SPEC")
  const unknown = { version: 3, to: 9 }
  assert.deepEqual(
    problemsOf(await at.api.raw("revertProfile", { params, body: unknown }), 400, "INVALID"),
    [{ field: "to", problem: "the profile has no version 9" }],
  )
})

test("a clone starts at version 1 with the chosen version's spec and lives on its own", async () => {
  const profile = await made()
  await edited(profile, { members: 5 })
  const params = { id: profile.id }
  const copy = await at.api.ok("cloneProfile", {
    params,
    body: { name: "copy", specVersion: 1 },
  })
  assert.deepEqual([copy.specVersion, copy.spec.members, copy.clusterCount], [1, 3, 0])
  const newest = await at.api.ok("cloneProfile", { params, body: { name: "newest" } })
  assert.equal(newest.spec.members, 5)
  await edited(copy, { members: 9 })
  assert.equal((await at.api.ok("getProfile", { params })).spec.members, 5)
  problemsOf(
    await at.api.raw("cloneProfile", { params, body: { name: "copy" } }),
    409,
    "NAME_TAKEN",
  )
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
    await at.api.raw("checkProfile", { body: { spec } }),
    await at.api.raw("createProfile", { body: { name: "bad", spec } }),
    await at.api.raw("editProfile", { params: { id }, body: { version, spec } }),
  ])
    assert.deepEqual(
      problemsOf(answer, 400, "INVALID").map(({ field }) => field),
      fields,
    )
  // Also beside what no schema takes.
  const worse = { name: "Bad Name", spec: { ...spec, data: { sizeBytes: "1 GB" } } }
  assert.deepEqual(
    problemsOf(await at.api.raw("createProfile", { body: worse }), 400, "INVALID").map(
      ({ field }) => field,
    ),
    ["name", "spec.data.sizeBytes", ...fields],
  )
  assert.equal((await at.api.ok("listProfiles")).items.length, 1)
  assert.equal((await versionsOf(id)).length, 1)
})

test("what is unlikely is warned of and kept", async () => {
  const resources = { memoryLimit: "512Mi" }
  const spec = { ...smallSpec, resources, parameters: { shared_buffers: "512MB" } }
  const { warnings } = await at.api.ok("checkProfile", { body: { spec } })
  assert.deepEqual(
    warnings.map(({ field }) => field),
    ["spec.parameters.shared_buffers", "spec.parameters.max_wal_size"],
  )
  const profile = await made(spec)
  const params = { id: profile.id, specVersion: "1" }
  assert.deepEqual((await at.api.ok("getProfileVersion", { params })).warnings, warnings)
})

test("versions come in pages, newest first", async () => {
  let profile = await made()
  for (const members of [4, 5, 6, 7]) profile = await edited(profile, { members })
  const params = { id: profile.id }
  const seen: number[] = []
  let cursor: string | null = null
  do {
    const page: Answer<"listProfileVersions"> = await at.api.ok("listProfileVersions", {
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
  await query(at.url, "update profile_version set note = default, row_version = default")
  const problems = problemsOf(
    await at.api.raw("editProfile", {
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
