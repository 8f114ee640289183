/**
 * Every route of the OpenAPI document, with what it allows and with what is wrong, in an order that a seed
 * decides. No answer is a failure of central (5xx), every answer is as described, and whoever is refused
 * has changed nothing.
 *
 *   PG_SWARM_FUZZ_SEED=7 PG_SWARM_FUZZ_REQUESTS=20000 node --test test/pg/central-fuzz.pg.test.ts
 */
import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { Validator } from "@seriousme/openapi-schema-validator"
import fc from "fast-check"
import pg from "pg"
import * as z from "zod"
import { present } from "#core/assert.ts"
import type { Central } from "../../src/central/central.ts"
import { type Described, describedRoutes } from "../fixtures/fuzz/described.ts"
import { allowed, damaged, oddValue } from "../fixtures/fuzz/values.ts"
import {
  type Api,
  request,
  restUrl,
  rulePut,
  signedIn,
  startTestCentral,
} from "../fixtures/central.ts"
import { type TestServer, testServer } from "../fixtures/postgres.ts"
import { Site } from "../fixtures/site.ts"

const seed = Number(process.env["PG_SWARM_FUZZ_SEED"] ?? Date.now() % 2 ** 31)
const requests = Number(process.env["PG_SWARM_FUZZ_REQUESTS"] ?? 1500)

let server: TestServer
let central: Central
let api: Api
let url: string
let document: unknown
/** Looks at the database beside central. */
let onlooker: pg.Client
const sites: Site[] = []

before(async () => {
  server = await testServer()
  url = await server.freshDatabase()
  central = await startTestCentral(url)
  api = await signedIn(central)
  document = (await request(restUrl(central), "GET", "/api/v1/openapi.json")).body
  onlooker = new pg.Client({ connectionString: url })
  await onlooker.connect()
  await rulePut(api)
  for (const name of ["north", "south"]) {
    const site = new Site(central, name)
    sites.push(site)
    await site.join(api, { region: name })
  }
})
after(async () => {
  for (const site of sites) await site.close()
  await onlooker.end()
  await central[Symbol.asyncDispose]()
  await server.close()
})

test("the OpenAPI document is valid OpenAPI 3.1", async () => {
  const { valid, errors } = await new Validator().validate(
    z.record(z.string(), z.unknown()).parse(structuredClone(document)),
  )
  assert.equal(valid, true, JSON.stringify(errors ?? "").slice(0, 3000))
})

/** What would end the test's own access, or is limited by design: tried by tests of its own. */
const leftOut = new Set(["signIn", "signOut", "revokeToken", "editPerson", "deletePerson"])

/** Tables that requests may change although they are refused: counters, sessions, attempts. */
const volatile = ["fleet_watch", "session", "sign_in_attempt", "rate_limit"]
const volatileColumns = ["last_used_at", "last_seen_at"]

test(`whatever is sent, central answers as it describes, and a refusal changes nothing (seed ${seed})`, async () => {
  const routes = describedRoutes(document).filter(({ name }) => !leftOut.has(name))
  const ids = new Map<string, Set<string>>()
  const tables = await tablesOf()
  const drawn = new Map<string, Map<number, number>>()
  let before = await fingerprint(tables)
  for (let turn = 0; turn < requests; turn += 1) {
    const route = present(routes[turn % routes.length], "there are routes")
    const sent = draw(route, ids, turn)
    const answer = await request(
      restUrl(central),
      route.method,
      sent.path,
      {
        authorization: `Bearer ${api.token}`,
        ...(sent.body === undefined ? {} : { "content-type": "application/json" }),
      },
      sent.body,
    )
    const what = `request ${turn} of seed ${seed}: ${route.method} ${sent.path.slice(0, 500)} ${sent.body?.slice(0, 1500) ?? ""} -> ${answer.status} ${JSON.stringify(answer.body).slice(0, 1500)}`
    assert.ok(answer.status < 500, what)
    const type = (answer.headers.get("content-type") ?? "").split(";", 1)[0] ?? ""
    assert.equal(route.wrongAnswer(answer.status, type, answer.body), undefined, what)
    const now = await fingerprint(tables)
    if (answer.status >= 400)
      assert.deepEqual(
        now.filter((row, at) => row !== before[at]),
        [],
        `changed by ${what}`,
      )
    before = now
    collect(ids, route, answer.body)
    count(drawn, route.name, answer.status)
  }
  const missed = routes.filter(({ name }) => ![...(drawn.get(name)?.keys() ?? [])].some(isGood))
  assert.ok(
    missed.length <= routes.length / 3,
    `too few routes ever said yes, so little was tried: ${missed.map(({ name }) => name).join(", ")}`,
  )
})

const isGood = (status: number): boolean => status < 300

const sensible: Readonly<Record<string, readonly unknown[]>> = {
  version: [1, 2, 3],
  n: [1, 2],
  from: [1],
  to: [1, 2],
  members: [1, 2, 3],
  image: ["docker.io/library/postgres:17"],
  major: [17],
  sizeBytes: [1024 ** 3, 2 * 1024 ** 3],
  storageClass: [null],
  cpuRequest: ["250m", null],
  cpuLimit: ["1", null],
  memoryRequest: ["512Mi", null],
  memoryLimit: ["1Gi", null],
  parameters: [{}, { work_mem: "8MB" }, { max_connections: "150", log_statement: "ddl" }],
  hba: [[], ["host all all 10.0.0.0/8 scram-sha-256"]],
  recovery: [null],
  failover: [{}, { preset: "fast", durability: "quorum" }],
  selector: [{}, { region: "north" }],
  labels: [{ region: "south" }],
  name: ["work_mem", "one", "two"],
}

type Drawn = { readonly path: string; readonly body: string | undefined }

/** One request: valid, with one thing wrong, or nonsense. The same for the same seed and turn. */
function draw(
  route: Described,
  ids: ReadonlyMap<string, ReadonlySet<string>>,
  turn: number,
): Drawn {
  const from = (arbitrary: fc.Arbitrary<unknown>, salt: number): unknown =>
    fc.sample(arbitrary, { seed: seed + turn * 16 + salt, numRuns: 1 })[0]
  const resource = route.path.split("/")[3] ?? ""
  const known = (field: string): readonly unknown[] => [
    ...(ids.get(field === "id" ? resource : `${field.replace(/Id$/, "")}s`) ?? []),
    ...(sensible[field] ?? []),
  ]
  const kind = from(fc.constantFrom("valid", "valid", "valid", "damaged", "damaged", "odd"), 0)
  const text = (value: unknown): string => encodeURIComponent(wellFormed(String(value)))
  const isOddAt = kind === "odd" ? from(fc.nat(2), 1) : undefined
  const value = (schema: Parameters<typeof allowed>[0], name: string, salt: number): unknown =>
    from(
      isOddAt === 0
        ? fc.oneof(oddValue, allowed(schema, name, known))
        : allowed(schema, name, known),
      salt,
    )
  const path = route.parameters
    .filter((one) => one.in === "path")
    .reduce(
      (sofar, { name, schema }, at) =>
        sofar.replace(`{${name}}`, text(value(schema, name, 2 + at)) || "x"),
      route.path,
    )
  const search = route.parameters
    .filter((one) => one.in === "query" && (one.required || from(fc.nat(3), 5) === 0))
    .map(({ name, schema }, at) => `${name}=${text(value(schema, name, 6 + at))}`)
    .join("&")
  const surplus = isOddAt === 1 ? "surplus=1" : ""
  const query = [search, surplus].filter((part) => part !== "").join("&")
  const good = route.body === undefined ? undefined : from(allowed(route.body, "body", known), 12)
  const odd = route.method === "GET" ? undefined : from(oddValue, 14)
  const body =
    kind === "damaged" && good !== undefined ? from(damaged(good), 13) : isOddAt === 2 ? odd : good
  return {
    path: query === "" ? path : `${path}?${query}`,
    body: body === undefined ? undefined : JSON.stringify(body),
  }
}

const wellFormed = (text: string): string => text.toWellFormed()

/** Ids in a good answer are what later requests ask for. */
function collect(ids: Map<string, Set<string>>, route: Described, body: unknown): void {
  const resource = route.path.split("/")[3] ?? ""
  const items =
    typeof body === "object" && body !== null && "items" in body && Array.isArray(body.items)
      ? body.items.slice(0, 20)
      : [body]
  for (const item of items)
    if (typeof item === "object" && item !== null && "id" in item && typeof item.id === "string") {
      const found = ids.get(resource) ?? new Set()
      ids.set(resource, found.add(item.id))
    }
}

function count(drawn: Map<string, Map<number, number>>, name: string, status: number): void {
  const statuses = drawn.get(name) ?? new Map<number, number>()
  drawn.set(name, statuses.set(status, (statuses.get(status) ?? 0) + 1))
}

const tablesOf = async (): Promise<readonly string[]> =>
  (
    await onlooker.query<{ relname: string }>(
      `select relname from pg_class where relkind in ('r', 'p') and not relispartition
        and relnamespace = 'public'::regnamespace order by 1`,
    )
  ).rows
    .map(({ relname }) => relname)
    .filter((name) => !volatile.includes(name))

/** One line per table that differs when any row of it does. */
async function fingerprint(tables: readonly string[]): Promise<readonly string[]> {
  const minus = `array[${volatileColumns.map((name) => `'${name}'`).join(", ")}]`
  const { rows } = await onlooker.query<{ line: string }>(
    tables
      .map(
        (name) =>
          `select '${name} ' || count(*) || ' ' || coalesce(md5(string_agg(md5((to_jsonb(t) - ${minus})::text), '' order by md5((to_jsonb(t) - ${minus})::text))), '') as line from "${name}" t`,
      )
      .join(" union all "),
  )
  return rows.map(({ line }) => line)
}
