/**
 * Every route of the OpenAPI document, with what it allows and with what is wrong, in an order that a seed
 * decides. No answer is a failure of central (5xx), every answer is as described, and whoever is refused
 * has changed nothing.
 *
 *   PG_SWARM_FUZZ_SEED=7 PG_SWARM_FUZZ_REQUESTS=20000 node --test test/pg/central-fuzz.pg.test.ts
 */
import assert from "node:assert/strict"
import { test } from "node:test"
import { Validator } from "@seriousme/openapi-schema-validator"
import pg from "pg"
import * as z from "zod"
import { present } from "#core/assert.ts"
import { fingerprint, tablesOf } from "../fixtures/fingerprint.ts"
import { describedRoutes } from "../fixtures/fuzz/described.ts"
import { draw, resourceOf } from "../fixtures/fuzz/draw.ts"
import { Seen } from "../fixtures/fuzz/seen.ts"
import { type Api, request, rulePut } from "../fixtures/central.ts"
import { oneCentral } from "../fixtures/one-central.ts"

const seed = Number(process.env["PG_SWARM_FUZZ_SEED"] ?? Date.now() % 2 ** 31)
const requests = Number(process.env["PG_SWARM_FUZZ_REQUESTS"] ?? 3000)

let base: string
let api: Api
let document: unknown
/** Looks at the database beside central. */
let onlooker: pg.Client
oneCentral(async (opened) => {
  ;({ base, api } = opened)
  document = (await request(base, "GET", "/api/v1/openapi.json")).body
  const client = new pg.Client({ connectionString: opened.url })
  await client.connect()
  opened.open.push({ close: async () => client.end() })
  onlooker = client
  await rulePut(api)
  for (const name of ["north", "south"]) await opened.site(name).join(api, { region: name })
})

test("the OpenAPI document is valid OpenAPI 3.1", async () => {
  const { valid, errors } = await new Validator().validate(
    z.record(z.string(), z.unknown()).parse(structuredClone(document)),
  )
  assert.equal(valid, true, JSON.stringify(errors ?? "").slice(0, 3000))
})

/** What would end the test's own access, or is limited by design: tried by tests of its own. */
const leftOut = new Set(["signIn", "signOut", "revokeToken", "editPerson", "deletePerson"])

test(`whatever is sent, central answers as it describes, and a refusal changes nothing (seed ${seed})`, async () => {
  const routes = describedRoutes(document).filter(({ name }) => !leftOut.has(name))
  const seen = new Seen()
  const tables = await tablesOf(onlooker)
  const drawn = new Map<string, Map<number, number>>()
  let before = await fingerprint(onlooker, tables)
  for (let turn = 0; turn < requests; turn += 1) {
    const route = present(routes[turn % routes.length], "there are routes")
    const sent = draw(route, seen, seed + turn)
    const answer = await request(
      base,
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
    const now = await fingerprint(onlooker, tables)
    if (answer.status >= 400)
      assert.deepEqual(
        now.filter((row, at) => row !== before[at]),
        [],
        `changed by ${what}`,
      )
    before = now
    if (isGood(answer.status)) seen.note(resourceOf(route), answer.body)
    count(drawn, route.name, answer.status)
  }
  if (process.env["PG_SWARM_FUZZ_TELL"] !== undefined)
    for (const [name, statuses] of drawn) console.log(name, Object.fromEntries(statuses))
  const missed = routes.filter(({ name }) => ![...(drawn.get(name)?.keys() ?? [])].some(isGood))
  assert.ok(
    missed.length <= routes.length / 2,
    `too few routes ever said yes, so little was tried: ${missed.map(({ name }) => name).join(", ")}`,
  )
})

const isGood = (status: number): boolean => status < 300

function count(drawn: Map<string, Map<number, number>>, name: string, status: number): void {
  const statuses = drawn.get(name) ?? new Map<number, number>()
  drawn.set(name, statuses.set(status, (statuses.get(status) ?? 0) + 1))
}
