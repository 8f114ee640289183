/** No value of any field makes central fail, one field at a time. */
import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { test } from "node:test"
import fc from "fast-check"
import * as z from "zod"
import type { RouteName } from "#wire/rest/routes.ts"
import { type Api, type Given, type RestAnswer, smallSpec } from "../fixtures/central.ts"
import { allowed, schemaOf } from "../fixtures/fuzz/values.ts"
import { route, routeNames } from "../fixtures/rest.ts"
import { oneCentral } from "../fixtures/one-central.ts"

let api: Api
oneCentral((opened) => {
  ;({ api } = opened)
})

const someId = randomUUID()
const given = (name: RouteName): Given =>
  route(name).params === undefined
    ? {}
    : { params: { id: someId, databaseId: someId, specVersion: "1", name: "work_mem" } }

/** Values that a fuzzer would try where a string, a number or a list is wanted. */
const oddities: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  1e308,
  2 ** 53,
  "",
  " ",
  "0000-01-01T00:00:00Z",
  "9999-12-31T23:59:59.999999999Z",
  "2024-01-01T00:00:00+23:59",
  "ffffffff-ffff-ffff-ffff-ffffffffffff",
  "00000000-0000-0000-0000-000000000000",
  "%' or 1=1 --",
  "\\",
  "a".repeat(5000),
  "\u202e😀",
  [],
  [[]],
  {},
  { constructor: 1 },
]

/** `value` with each of its fields in turn replaced by each oddity, and left out. */
function* mutations(value: unknown): Generator<unknown> {
  yield* oddities
  if (typeof value !== "object" || value === null) return
  for (const [key, inner] of Object.entries(value)) {
    yield Object.fromEntries(Object.entries(value).filter(([name]) => name !== key))
    for (const odd of mutations(inner))
      yield Array.isArray(value) ? [odd] : { ...value, [key]: odd }
  }
}

/** A body that the schema allows: where nothing better is known to begin with. */
const drawn = (schema: z.ZodType): unknown =>
  fc.sample(
    allowed(
      schemaOf.parse(z.toJSONSchema(schema, { io: "input", unrepresentable: "any" })),
      "",
      () => [],
    ),
    { seed: 1, numRuns: 1 },
  )[0]

test("no value of any field makes central fail", async () => {
  // Behind the checks of a body there is a real profile, so that what passes them is done.
  const profile = await api.ok("createProfile", { body: { name: "fuzzed", spec: smallSpec } })
  const spec = {
    ...smallSpec,
    wal: { sizeBytes: 1024 ** 3, storageClass: "fast" },
    resources: { cpuRequest: "1", memoryLimit: "1Gi" },
    parameters: { work_mem: "8MB" },
    hba: ["host all all all scram-sha-256"],
    failover: { preset: "edge", durability: "quorum" },
  }
  const rule = { selector: { a: "b" }, clusterName: "fuzz", namespace: "fuzz", onMatchEnd: "keep" }
  const bodies: Partial<Record<RouteName, unknown>> = {
    signIn: { user: "fuzz", password: "fuzz" },
    createToken: { name: "fuzz", expiresInDays: 1 },
    approveSatellite: { name: "fuzz", labels: { a: "b" } },
    editSatellite: { version: 1, name: "fuzz", labels: { a: "b" } },
    createProfile: {
      name: "fuzz",
      description: "d",
      spec,
    },
    checkProfile: { spec },
    editProfile: { version: 1, name: "fuzz-edit", description: "d", spec, note: "n" },
    revertProfile: { version: 1, to: 1, note: "n" },
    cloneProfile: { name: "fuzz-clone", description: "d", specVersion: 1 },
    previewImpact: { clusterIds: [someId] },
    createRule: { name: "fuzz", profileId: someId, ...rule },
    editRule: {
      version: 1,
      name: "fuzz",
      profileId: someId,
      ...rule,
      confirmedDeletes: [someId],
    },
    previewRule: { ruleId: someId, ...rule },
    editCluster: { version: 1, deletionProtected: true },
    orderParameter: { major: 17, version: 0, order: "restart", note: "n" },
    startSwitchover: { to: "orders-1" },
    fenceCluster: { reason: "r" },
    promoteMember: { to: "orders-1", acceptLoss: true, confirm: "orders" },
  }
  const behind = (name: RouteName): Given =>
    route(name).path.startsWith("/profiles/:id") && name !== "deleteProfile"
      ? { params: { id: profile.id, specVersion: "1" } }
      : given(name)
  let tried = 0
  const never5xx = (answer: RestAnswer, what: unknown): void => {
    tried += 1
    assert.ok(answer.status < 500, `${answer.status}: ${JSON.stringify(what)}`)
  }
  for (const name of routeNames) {
    const { body: schema } = route(name)
    for (const body of schema === undefined ? [] : mutations(bodies[name] ?? drawn(schema)))
      never5xx(await api.raw(name, { ...behind(name), body }), { name, body })
    if (route(name).path.includes(":specVersion"))
      for (const odd of oddities.filter((value) => typeof value !== "object" && value !== "")) {
        const params = { id: profile.id, specVersion: String(odd) }
        never5xx(await api.raw(name, { params }), { name, params })
      }
    for (const field of Object.keys(route(name).query?.shape ?? {}))
      for (const odd of oddities.filter((value) => typeof value !== "object")) {
        const query = { [field]: String(odd) }
        never5xx(await api.raw(name, { ...behind(name), query }), { name, query })
      }
    for (const time of ["0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]) {
      const cursor = Buffer.from(JSON.stringify([time, someId])).toString("base64url")
      if (route(name).query?.shape["cursor"] !== undefined)
        never5xx(await api.raw(name, { query: { cursor } }), { name, time })
    }
  }
  assert.ok(tried > 1000, `${tried} requests`)
})
