import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, test } from "node:test"
import fc from "fast-check"
import * as z from "zod"
import { problemSchema } from "#wire/rest/shapes.ts"
import { type Route, type RouteName, routes } from "#wire/rest/routes.ts"
import type { Central } from "../../src/central/central.ts"
import {
  adminPassword,
  type Api,
  type Given,
  pathOf,
  request,
  type RestAnswer,
  restUrl,
  rulePut,
  signedIn,
  signIn,
  smallSpec,
  startTestCentral,
} from "../fixtures/central.ts"
import { allowed, schemaOf } from "../fixtures/fuzz/values.ts"
import { query, type TestServer, testServer } from "../fixtures/postgres.ts"
import { Site } from "../fixtures/site.ts"

let server: TestServer
let url: string
let central: Central
let api: Api
let base: string
let dashboard: string

before(async () => {
  server = await testServer()
  url = await server.freshDatabase()
  dashboard = await mkdtemp(join(tmpdir(), "pg-swarm-dashboard-"))
  await mkdir(join(dashboard, "assets"))
  await writeFile(join(dashboard, "index.html"), "<!doctype html><title>the dashboard</title>")
  await writeFile(join(dashboard, "assets", "main-4f3c86b4.js"), "export {}")
  central = await startTestCentral(url, { dashboardDir: dashboard })
  api = await signedIn(central)
  base = restUrl(central)
})
after(async () => {
  await central[Symbol.asyncDispose]()
  await server.close()
  await rm(dashboard, { recursive: true, force: true })
})

const routeNames = Object.keys(routes).filter((name): name is RouteName =>
  Object.hasOwn(routes, name),
)
const route = (name: RouteName): Route => routes[name]
const someId = randomUUID()
const given = (name: RouteName): Given =>
  route(name).params === undefined
    ? {}
    : { params: { id: someId, databaseId: someId, specVersion: "1", name: "work_mem" } }

/** The fields of a problem document, which must be one and carry the request's id. */
function refusedFields(answer: RestAnswer, status: number, what: string): readonly string[] {
  assert.equal(answer.status, status, `${what}: ${JSON.stringify(answer.body)}`)
  assert.match(answer.headers.get("content-type") ?? "", /^application\/problem\+json/, what)
  const problem = problemSchema.parse(answer.body)
  assert.equal(problem.status, status, what)
  assert.equal(problem.requestId, answer.headers.get("x-request-id"), what)
  return (problem.problems ?? []).map(({ field }) => field)
}

/** Everything that people ask for, as text: equal before and after means that nothing changed. */
const everything = async (): Promise<string> =>
  JSON.stringify(
    await query(
      url,
      `select (select jsonb_agg(s order by id) from satellite s) as satellites,
        (select jsonb_agg(c order by id) from cluster c) as clusters,
        (select jsonb_agg(p order by id) from profile p) as profiles,
        (select jsonb_agg(r order by id) from rule r) as rules,
        (select jsonb_agg(t.id order by id) from api_token t) as tokens,
        (select count(*) from session) as sessions`,
    ),
  )

test("nothing can be read or done without signing in, or with a wrong token or cookie", async () => {
  const before = await everything()
  for (const name of routeNames.filter((one) => route(one).access !== "anyone")) {
    const path = pathOf(name, given(name))
    const { method } = route(name)
    for (const headers of [
      {},
      { authorization: "Bearer pgs_wrong" },
      { authorization: "Basic YWRtaW46YWRtaW4=" },
      { cookie: "pg_swarm_session=wrong" },
    ]) {
      const answer = await request(base, method, path, headers)
      refusedFields(answer, 401, `${method} ${path} ${JSON.stringify(headers)}`)
    }
  }
  refusedFields(await request(base, "GET", "/metrics"), 401, "/metrics")
  assert.equal(await everything(), before)
})

test("health, readiness and the API's description are there for everybody", async () => {
  assert.deepEqual((await request(base, "GET", "/healthz")).body, { status: "ok" })
  assert.deepEqual((await request(base, "GET", "/readyz")).body, { status: "ready" })
  const metrics = await request(base, "GET", "/metrics", { authorization: `Bearer ${api.token}` })
  assert.ok(String(metrics.body).includes(`pg_swarm_satellites{state="lost"} 0`))
})

test("the OpenAPI document names every route of the table with its method and parameters", async () => {
  const document = z
    .object({
      openapi: z.literal("3.1.0"),
      paths: z.record(
        z.string(),
        z.record(
          z.string(),
          z.object({
            operationId: z.string(),
            parameters: z.array(z.object({ name: z.string().optional() })),
            responses: z.record(z.string(), z.unknown()),
          }),
        ),
      ),
    })
    .parse((await request(base, "GET", "/api/v1/openapi.json")).body)
  const operations = Object.values(document.paths).flatMap((path) => Object.values(path))
  assert.deepEqual(
    operations.map(({ operationId }) => operationId).toSorted(),
    [...routeNames].toSorted(),
  )
  for (const name of routeNames) {
    const { path, method, query: wanted } = route(name)
    const operation =
      document.paths[`/api/v1${path.replaceAll(/:(\w+)/g, "{$1}")}`]?.[method.toLowerCase()]
    assert.equal(operation?.operationId, name)
    for (const field of Object.keys(wanted?.shape ?? {}))
      assert.ok(
        operation.parameters.some((parameter) => parameter.name === field),
        `${name} describes ${field}`,
      )
  }
})

test("every route refuses what it does not know, naming the field, and changes nothing", async () => {
  await rulePut(api)
  const before = await everything()
  for (const name of routeNames) {
    const { method, params, query: wanted, body, access } = route(name)
    if (access === "anyone") continue
    const what = `${method} ${route(name).path}`
    const refused = async (more: Given, status: number): Promise<readonly string[]> =>
      refusedFields(
        await api.raw(name, { ...given(name), ...more }),
        status,
        `${what} ${JSON.stringify(more)}`,
      )
    assert.ok((await refused({ query: { surplus: "1" } }, 400)).includes("surplus"), what)
    if (params?.shape["id"] !== undefined) {
      assert.ok((await refused({ params: { id: "not-an-id" } }, 400)).includes("id"), what)
      if (body === undefined)
        await refused({}, method === "DELETE" || method === "GET" || method === "POST" ? 404 : 400)
    }
    if (wanted?.shape["cursor"] !== undefined) {
      for (const cursor of ["nonsense", "bnVsbA", "WyJ4IiwieSJd", "WzEsMl0"])
        assert.deepEqual(await refused({ query: { cursor } }, 400), ["cursor"], `${what} ${cursor}`)
      for (const limit of ["0", "201", "many", "1.5"])
        assert.ok((await refused({ query: { limit } }, 400)).includes("limit"), what)
    }
    if (method === "GET") continue
    if (body === undefined)
      assert.ok((await refused({ body: { surplus: 1 } }, 400)).includes("surplus"), what)
    else {
      assert.ok((await refused({ body: { surplus: 1 } }, 400)).includes("surplus"), what)
      for (const wrong of [[], "text", 7])
        assert.ok((await refused({ body: wrong }, 400)).includes("body"), what)
    }
  }
  assert.equal(await everything(), before)
})

test("bodies that are no JSON, too large or poisoned are refused before anybody looks at them", async () => {
  const before = await everything()
  const auth = { authorization: `Bearer ${api.token}` }
  const json = { ...auth, "content-type": "application/json" }
  for (const name of routeNames.filter((one) => route(one).body !== undefined)) {
    const { method } = route(name)
    const path = pathOf(name, given(name))
    const what = `${method} ${path}`
    refusedFields(await request(base, method, path, json, "{"), 400, what)
    refusedFields(
      await request(base, method, path, json, '{"__proto__": {"admin": true}}'),
      400,
      what,
    )
    const huge = JSON.stringify({ name: "x".repeat(1024 * 1024) })
    refusedFields(await request(base, method, path, json, huge), 413, what)
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "text/xml"])
      refusedFields(
        await request(base, method, path, { ...auth, "content-type": type }, "name=x"),
        415,
        what,
      )
  }
  assert.equal(await everything(), before)
})

test("C16: names that are empty, blank or no names are refused wherever one is given", async () => {
  const before = await everything()
  const profile = { name: "p", spec: smallSpec }
  const rule = { name: "r", profileId: someId, selector: {}, clusterName: "c", namespace: "n" }
  const bad = ["", " ", "Upper", "-x", "x-", "ö", "a".repeat(70), "a b", 7, null, "x\0y"]
  for (const name of bad) {
    const answers: [RestAnswer, string][] = [
      [await api.raw("createProfile", { body: { ...profile, name } }), "name"],
      [await api.raw("createRule", { body: { ...rule, name } }), "name"],
      [await api.raw("createRule", { body: { ...rule, clusterName: name } }), "clusterName"],
      [await api.raw("createRule", { body: { ...rule, namespace: name } }), "namespace"],
    ]
    for (const [answer, field] of answers)
      assert.ok(refusedFields(answer, 400, String(name)).includes(field), `${field} ${name}`)
  }
  assert.ok(
    refusedFields(
      await api.raw("createRule", { body: { ...rule, namespace: "kube-system" } }),
      400,
      "kube-system",
    ).includes("namespace"),
  )
  assert.equal(await everything(), before)
})

test("text that no database can keep is refused by field, wherever it stands", async () => {
  const before = await everything()
  for (const odd of ["a\0b", "a\ud800b"]) {
    const spec = { ...smallSpec, hba: [`host all all all ${odd}`] }
    const answers: [RestAnswer, string][] = [
      [await api.raw("createToken", { body: { name: odd } }), "name"],
      [await api.raw("signIn", { body: { user: odd, password: odd } }), "user"],
      [
        await api.raw("createProfile", { body: { name: "p", description: odd, spec } }),
        "description",
      ],
      [await api.raw("approveSatellite", { params: { id: someId }, body: { name: odd } }), "name"],
    ]
    for (const [answer, field] of answers)
      assert.ok(refusedFields(answer, 400, field).includes(field), field)
  }
  assert.deepEqual(
    refusedFields(await api.raw("listClusters", { query: { search: "a\0b" } }), 400, "search"),
    ["search"],
  )
  assert.equal(await everything(), before)
})

test("a profile that no site could build is refused with every problem at once", async () => {
  const answer = await api.raw("createProfile", {
    body: {
      name: "wrong",
      spec: {
        ...smallSpec,
        parameters: { listen_addresses: "*", work_mem: "a lot" },
        hba: ["nonsense"],
        recovery: {
          rules: [
            { name: "a", category: "wal", pattern: "a(b", action: "event" },
            { name: "a", category: "wal", pattern: "x", action: "rebasebackup" },
          ],
        },
      },
    },
  })
  const fields = refusedFields(answer, 400, "profile")
  for (const field of [
    "spec.parameters.listen_addresses",
    "spec.recovery.rules[0].pattern",
    "spec.recovery.rules[1].name",
    "spec.recovery.rules[1].cooldownSeconds",
  ])
    assert.ok(fields.includes(field), `${field} is not in ${fields.join(", ")}`)
  assert.ok(
    fields.some((field) => field.startsWith("spec.hba")),
    fields.join(", "),
  )
  const shape = await api.raw("createProfile", {
    body: { name: "wrong", spec: { ...smallSpec, members: 0, data: { sizeBytes: "big" } } },
  })
  const wrong = refusedFields(shape, 400, "shape")
  assert.ok(wrong.includes("spec.members") && wrong.includes("spec.data.sizeBytes"))
})

test("a method that an address does not have is answered with 405 and those that it has", async () => {
  for (const [method, path, allow] of [
    ["PUT", "/api/v1/satellites", "GET"],
    ["POST", `/api/v1/clusters/${someId}`, "GET, PATCH, DELETE"],
    ["GET", `/api/v1/satellites/${someId}/approve`, "POST"],
  ] as const) {
    const answer = await request(base, method, path, { authorization: `Bearer ${api.token}` })
    refusedFields(answer, 405, `${method} ${path}`)
    assert.equal(answer.headers.get("allow"), allow)
  }
  refusedFields(await request(base, "GET", "/api/v1/nowhere"), 404, "nowhere")
})

test("ids of other things are not found, and changes through them do nothing", async () => {
  const { items } = await api.ok("listProfiles")
  const [profile] = items
  assert.ok(profile !== undefined)
  const before = await everything()
  for (const name of [
    "getCluster",
    "deleteCluster",
    "getSatellite",
    "rejectSatellite",
    "deleteRule",
    "revokeToken",
  ] as const)
    refusedFields(await api.raw(name, { params: { id: profile.id } }), 404, name)
  refusedFields(
    await api.raw("createRule", {
      body: { name: "r", profileId: someId, selector: {}, clusterName: "c", namespace: "n" },
    }),
    400,
    "profileId",
  )
  assert.equal(await everything(), before)
})

test("a profile that is used is not deleted, and the answer says by what", async () => {
  const [profile] = (await api.ok("listProfiles")).items
  const answer = await api.raw("deleteProfile", { params: { id: profile?.id ?? "" } })
  refusedFields(answer, 409, "in use")
  assert.match(JSON.stringify(answer.body), /PROFILE_IN_USE.*1 rules/)
})

test("names are unique, and a second of the same name is a conflict that says so", async () => {
  const answer = await api.raw("createProfile", { body: { name: "small", spec: smallSpec } })
  assert.deepEqual(refusedFields(answer, 409, "name"), ["name"])
})

test("pages cover a list once, in order, whatever their size", async () => {
  const sites = Array.from({ length: 7 }, (_, at) => new Site(central, `page-${at}`))
  try {
    for (const site of sites) {
      await site.register()
      await api.ok("approveSatellite", { params: { id: site.id }, body: {} })
    }
    for (const name of ["listClusters", "listSatellites", "listEvents", "listTokens"] as const) {
      const whole = (await api.ok(name, { query: { limit: "200" } })).items.map(({ id }) => id)
      const seen: string[] = []
      let cursor: string | null = null
      do {
        const found: { items: { id: string }[]; nextCursor: string | null } = await api.ok(name, {
          query: { limit: "3", ...(cursor === null ? {} : { cursor }) },
        })
        seen.push(...found.items.map(({ id }) => id))
        cursor = found.nextCursor
      } while (cursor !== null)
      assert.deepEqual(seen, whole, name)
    }
    const found = await api.ok("listClusters", { query: { search: "PAGE-3" } })
    assert.deepEqual(
      found.items.map(({ satelliteName }) => satelliteName),
      ["page-3"],
    )
    assert.equal((await api.ok("listClusters", { query: { state: "healthy" } })).items.length, 0)
    assert.equal((await api.ok("listClusters", { query: { state: "creating" } })).items.length, 7)
  } finally {
    for (const site of sites) await site.close()
  }
})

test("a session is a cookie that scripts and other sites do not see, and ends by signing out", async () => {
  const { answer, cookie } = await signIn(base, adminPassword)
  const attributes = answer.headers.get("set-cookie") ?? ""
  assert.match(attributes, /; HttpOnly/)
  assert.match(attributes, /; SameSite=Strict/)
  const who = await request(base, "GET", "/api/v1/session", { cookie })
  assert.equal(who.status, 200)
  assert.equal((await request(base, "DELETE", "/api/v1/session", { cookie })).status, 204)
  assert.equal((await request(base, "GET", "/api/v1/session", { cookie })).status, 401)
  const stored = JSON.stringify(await query(url, "select * from session, person, api_token"))
  for (const secret of [cookie.split("=")[1] ?? "?", api.token, adminPassword])
    assert.ok(!stored.includes(secret))
})

test("a page of another origin can not act with the cookie that its visitor has", async () => {
  const { cookie } = await signIn(base, adminPassword)
  const json = { cookie, "content-type": "application/json" }
  const body = JSON.stringify({ name: "stolen" })
  const host = new URL(base).host
  for (const foreign of [
    { origin: "https://evil.example" },
    { origin: "null" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
  ]) {
    const answer = await request(base, "POST", "/api/v1/tokens", { ...json, ...foreign }, body)
    refusedFields(answer, 403, JSON.stringify(foreign))
    const login = await request(
      base,
      "POST",
      "/api/v1/session",
      { "content-type": "application/json", ...foreign },
      JSON.stringify({ user: "admin", password: adminPassword }),
    )
    refusedFields(login, 403, JSON.stringify(foreign))
  }
  for (const own of [{ origin: `http://${host}` }, { "sec-fetch-site": "same-origin" }, {}])
    assert.equal(
      (await request(base, "POST", "/api/v1/tokens", { ...json, ...own }, body)).status,
      201,
    )
})

test("an API token is shown once, expires, and ends when it is revoked", async () => {
  const made = await api.ok("createToken", { body: { name: "short", expiresInDays: 1 } })
  const bearer = { authorization: `Bearer ${made.token}` }
  assert.equal((await request(base, "GET", "/api/v1/overview", bearer)).status, 200)
  assert.ok(!JSON.stringify(await api.ok("listTokens")).includes(made.token))
  await query(url, "update api_token set expires_at = now() where id = $1", [made.id])
  assert.equal((await request(base, "GET", "/api/v1/overview", bearer)).status, 401)
  const second = await api.ok("createToken", { body: { name: "revoked" } })
  await api.ok("revokeToken", { params: { id: second.id } })
  const answer = await request(base, "GET", "/api/v1/overview", {
    authorization: `Bearer ${second.token}`,
  })
  assert.equal(answer.status, 401)
})

test("guessing passwords is slowed down, does not say which users exist, and leaves no password behind", async () => {
  const tries: RestAnswer[] = []
  for (let attempt = 0; attempt < 12; attempt += 1)
    tries.push((await signIn(base, `guess number ${attempt}`, "nobody-here")).answer)
  const existing = (await signIn(base, "wrong for admin")).answer
  const detail = (answer: RestAnswer): string | undefined => problemSchema.parse(answer.body).detail
  assert.equal(tries[0]?.status, 401)
  assert.equal(detail(existing), detail(tries[0]))
  assert.equal(tries.at(-1)?.status, 429)
  assert.equal((await signIn(base, adminPassword)).answer.status, 200, "others are not kept out")
  const events = JSON.stringify(await query(url, "select * from event"))
  assert.ok(events.includes("sign-in.failed") && !events.includes("guess number"))
})

test("a request keeps the id that it came with, when that is one", async () => {
  const own = await request(base, "GET", "/healthz", { "x-request-id": "trace-17" })
  assert.equal(own.headers.get("x-request-id"), "trace-17")
  const odd = await request(base, "GET", "/healthz", { "x-request-id": "<script>" })
  assert.notEqual(odd.headers.get("x-request-id"), "<script>")
})

test("the dashboard's files are served with a strict policy, hashed ones for ever, and pages fall back to the first", async () => {
  const html = { accept: "text/html" }
  for (const path of ["/", "/clusters/abc?tab=events"]) {
    const page = await request(base, "GET", path, html)
    assert.equal(page.status, 200, path)
    assert.match(String(page.body), /the dashboard/)
    assert.match(page.headers.get("content-security-policy") ?? "", /script-src 'self';/)
    assert.equal(page.headers.get("cache-control"), "no-cache")
  }
  const script = await request(base, "GET", "/assets/main-4f3c86b4.js")
  assert.match(script.headers.get("cache-control") ?? "", /immutable/)
  assert.equal((await request(base, "GET", "/assets/gone.js", html)).status, 404)
  for (const path of ["/../postgres.log", "/%2e%2e/%2e%2e/etc/passwd", "/assets/..%2f..%2fx"])
    assert.ok((await request(base, "GET", path)).status >= 400, path)
})

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
    orderParameter: { version: 0, order: "restart", note: "n" },
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
