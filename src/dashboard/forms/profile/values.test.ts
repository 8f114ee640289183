import assert from "node:assert/strict"
import { test } from "node:test"
import { createProfileBody } from "#wire/rest/profiles.ts"
import { countByTab, fieldOf, profileProblems, tabOf } from "./problems.ts"
import { type ProfileValues, bodyOf, copyOf, freshProfile, valuesOf } from "./values.ts"

const values = (more: Partial<ProfileValues> = {}): ProfileValues => ({
  ...freshProfile(),
  name: "edge",
  ...more,
})
const fields = (of: ProfileValues): readonly string[] => [...profileProblems(of).keys()]

test("a fresh profile needs a name and nothing else", () => {
  assert.deepEqual(fields(freshProfile()), ["name"])
  assert.deepEqual(fields(values()), [])
})

test("sizes are sent in bytes, empty fields as null, rows as a map", () => {
  const body = bodyOf(
    values({
      data: { size: "1.5", unit: "TiB", storageClass: "", tier: "" },
      parameters: [
        { name: " work_mem ", value: "16MB" },
        { name: "", value: "" },
      ],
      hba: [{ line: " host all all 10.0.0.0/8 scram-sha-256 " }],
    }),
  )
  assert.equal(body.spec.data.sizeBytes, 1.5 * 1024 ** 4)
  assert.equal(body.spec.data.storageClass, null)
  assert.equal(body.spec.wal, null)
  assert.deepEqual(body.spec.parameters, { work_mem: "16MB" })
  assert.deepEqual(body.spec.hba, ["host all all 10.0.0.0/8 scram-sha-256"])
})

test("a copy is the same profile again, without its name", () => {
  const made = createProfileBody.parse(
    bodyOf(
      values({
        wal: { size: "3", unit: "GiB", storageClass: "fast", tier: "" },
        hasWal: true,
        parameters: [{ name: "work_mem", value: "16MB" }],
        hba: [{ line: "host all all 10.0.0.0/8 scram-sha-256" }],
      }),
    ),
  ).spec
  const failover = { ...made.failover, maxLagBytes: 1000, priorities: [2, 0] }
  const spec = { ...made, failover }
  const now = new Date(0).toISOString()
  const profile = {
    id: "",
    name: "old",
    description: "d",
    spec,
    specVersion: 1,
    clusterCount: 0,
    createdAt: now,
    updatedAt: now,
    version: 1,
  }
  const copy = copyOf(profile)
  assert.equal(copy.name, "")
  assert.deepEqual(createProfileBody.parse(bodyOf({ ...copy, name: "new" })).spec, spec)
})

test("problems of the schema and of central's check stand at the field they were typed in", () => {
  assert.deepEqual(fields(values({ members: "three" })), ["members"])
  assert.deepEqual(
    fields(values({ data: { size: "1", unit: "MiB", storageClass: "", tier: "" } })),
    ["data.size"],
  )
  assert.deepEqual(fields(values({ cpuRequest: "many" })), ["cpuRequest"])
  assert.deepEqual(fields(values({ members: "1", durability: "quorum" })), ["durability"])
  assert.deepEqual(
    fields(values({ hba: [{ line: "host all all all md5" }, { line: "host all all" }] })),
    ["hba.1.line"],
  )
  assert.deepEqual(fields(values({ priorities: ["1", "-1", "1"] })), ["priorities.1"])
  assert.deepEqual(fields(values({ maxLag: { size: "much", unit: "MiB" } })), ["maxLag.size"])
  assert.deepEqual(
    fields(
      values({
        parameters: [
          { name: "work_mem", value: "16MB" },
          { name: "fsync", value: "off" },
        ],
      }),
    ),
    ["parameters.1.value"],
  )
})

test("a parameter that is there twice, or has no name, is said so at its row", () => {
  assert.deepEqual(
    fields(
      values({
        parameters: [
          { name: "work_mem", value: "1MB" },
          { name: "work_mem", value: "2MB" },
          { name: "", value: "x" },
        ],
      }),
    ),
    ["parameters.1.name", "parameters.2.name"],
  )
})

test("paths of the server lead to the same fields, and fields to their tab", () => {
  const some = values({ parameters: [{ name: "work_mem", value: "x" }] })
  assert.equal(fieldOf("body.spec.data.sizeBytes", some), "data.size")
  assert.equal(fieldOf("spec.parameters.work_mem", some), "parameters.0.value")
  assert.equal(fieldOf("spec.hba[3]", some), "hba.3.line")
  assert.equal(fieldOf("spec.failover.maxLagBytes", some), "maxLag.size")
  assert.equal(fieldOf("spec.failover.priorities[2]", some), "priorities.2")
  assert.equal(fieldOf("spec.recovery.rules[1].pattern", some), "recovery")
  assert.equal(fieldOf("name", some), "name")
  assert.equal(tabOf("data.size"), "volumes")
  assert.equal(tabOf("parameters.0.value"), "parameters")
  assert.equal(tabOf("name"), "general")
})

test("what is edited and put back is what it was, with fields that the form does not have", () => {
  const base = createProfileBody.parse(bodyOf(values()))
  for (const failover of [
    { preset: "edge" as const, durability: "preferred" as const },
    {
      preset: "calm" as const,
      durability: "async" as const,
      maxLagBytes: 3 * 1024 ** 2,
      onExcessLag: "ask" as const,
      lagWaitSeconds: 10,
      priorities: [2, 1, 1],
    },
  ]) {
    const spec = { ...base.spec, failover, later: { kept: true } }
    assert.deepEqual(JSON.parse(JSON.stringify(bodyOf(valuesOf({ ...base, spec })).spec)), {
      ...JSON.parse(JSON.stringify(spec)),
      ...(failover.preset === "edge" ? { failover: { ...failover, maxLagBytes: null } } : {}),
    })
  }
})

test("priorities of members that are gone are not sent", () => {
  const typed = values({ members: "2", priorities: ["2", "1", "5", ...Array(6).fill("1")] })
  assert.deepEqual(bodyOf(typed).spec.failover?.priorities, [2])
})

test("problems are counted by the tab that they stand on", () => {
  const found = profileProblems(
    values({ members: "x", parameters: [{ name: "work_mem", value: "much" }] }),
  )
  assert.deepEqual(
    [...countByTab(found)].filter(([, count]) => count > 0),
    [
      ["general", 1],
      ["parameters", 1],
    ],
  )
})

test("a volume is on a tier or of a class, whatever was typed before, and nothing is written for neither", () => {
  const data = { size: "1", unit: "GiB" as const, storageClass: "fast", tier: "quick" }
  const body = bodyOf(values({ data }))
  assert.deepEqual(body.spec.data, { sizeBytes: 1024 ** 3, storageClass: null, tier: "quick" })
  const again = createProfileBody.parse(body)
  assert.equal(bodyOf(valuesOf(again)).spec.data.tier, "quick")
  assert.equal(bodyOf(values()).spec.data.tier, undefined)
})

test("databases are sent with their ranges, and a wrong one is said at its field", () => {
  const database = {
    name: "orders",
    owner: "app",
    cidrs: "10.1.0.0/16, 10.2.0.0/16",
    endSessions: true,
  }
  const body = bodyOf(values({ databases: [database] }))
  assert.deepEqual(body.spec.databases, [
    {
      name: "orders",
      owner: "app",
      allowedCidrs: ["10.1.0.0/16", "10.2.0.0/16"],
      endSessions: true,
    },
  ])
  assert.deepEqual(valuesOf(createProfileBody.parse(body)).databases, [database])
  assert.equal(bodyOf(values()).spec.databases, undefined)
  const wrong = values({ databases: [{ ...database, cidrs: "10.1.0.0/16 nowhere", name: "" }] })
  assert.deepEqual(fields(wrong).toSorted(), ["databases.0.cidrs", "databases.0.name"])
})
