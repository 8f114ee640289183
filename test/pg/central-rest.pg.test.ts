/** What the REST port serves: its own description, probes, lists page by page, and the files of the dashboard. */
import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import * as z from "zod"
import type { Central } from "../../src/central/central.ts"
import { type Api, request, rulePut } from "../fixtures/central.ts"
import { Site } from "../fixtures/site.ts"
import { refusedFields, route, routeNames } from "../fixtures/rest.ts"
import { oneCentral } from "../fixtures/one-central.ts"

const dashboard = mkdtempSync(join(tmpdir(), "pg-swarm-dashboard-"))
mkdirSync(join(dashboard, "assets"))
writeFileSync(join(dashboard, "index.html"), "<!doctype html><title>the dashboard</title>")
writeFileSync(join(dashboard, "assets", "main-4f3c86b4.js"), "export {}")

let central: Central
let api: Api
let base: string
oneCentral(
  (opened) => {
    ;({ central, api, base } = opened)
  },
  { dashboardDir: dashboard },
)
after(() => rmSync(dashboard, { recursive: true, force: true }))

const someId = randomUUID()

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
    // The export of the audit answers with a file, and is no row of the table.
    [...routeNames, "exportAudit"].toSorted(),
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

test("pages cover a list once, in order, whatever their size", async () => {
  await rulePut(api)
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
