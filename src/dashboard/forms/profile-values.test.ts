import assert from "node:assert/strict"
import { test } from "node:test"
import { createProfileBody } from "#wire/rest/profiles.ts"
import {
  type ProfileValues,
  bodyOf,
  copyOf,
  fieldOf,
  freshProfile,
  profileProblems,
  tabOf,
} from "./profile-values.ts"

const values = (more: Partial<ProfileValues> = {}): ProfileValues => ({
  ...freshProfile(),
  name: "edge",
  ...more,
})
const fields = (of: ProfileValues): readonly string[] =>
  profileProblems(of).map(({ field }) => field)

test("a fresh profile needs a name and nothing else", () => {
  assert.deepEqual(fields(freshProfile()), ["name"])
  assert.deepEqual(profileProblems(values()), [])
})

test("sizes are sent in bytes, empty fields as null, rows as a map", () => {
  const body = bodyOf(
    values({
      data: { size: "1.5", unit: "TiB", storageClass: "" },
      parameters: [
        { name: " work_mem ", value: "16MB" },
        { name: "", value: "" },
      ],
      hba: "# a comment\n\nhost all all 10.0.0.0/8 scram-sha-256\n",
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
        wal: { size: "3", unit: "GiB", storageClass: "fast" },
        hasWal: true,
        parameters: [{ name: "work_mem", value: "16MB" }],
        hba: "host all all 10.0.0.0/8 scram-sha-256",
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
  assert.deepEqual(fields(values({ data: { size: "1", unit: "MiB", storageClass: "" } })), [
    "data.size",
  ])
  assert.deepEqual(fields(values({ cpuRequest: "many" })), ["cpuRequest"])
  assert.deepEqual(fields(values({ members: "1", durability: "quorum" })), ["durability"])
  assert.deepEqual(fields(values({ hba: "host all all" })), ["hba"])
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
  assert.equal(fieldOf("spec.hba[3]", some), "hba")
  assert.equal(fieldOf("name", some), "name")
  assert.equal(tabOf("data.size"), "volumes")
  assert.equal(tabOf("parameters.0.value"), "parameters")
  assert.equal(tabOf("name"), "general")
})
