/** Who comes in: sessions by cookie, API tokens, and those who guess. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { problemSchema } from "#wire/rest/shapes.ts"
import {
  adminPassword,
  type Api,
  pathOf,
  request,
  type RestAnswer,
  signIn,
} from "../fixtures/central.ts"
import { query } from "../fixtures/postgres.ts"
import { intentOf, refusedFields, route, routeNames, unknownOf } from "../fixtures/rest.ts"
import { oneCentral } from "../fixtures/one-central.ts"

let url: string
let api: Api
let base: string
oneCentral((opened) => {
  ;({ url, api, base } = opened)
})

const everything = (): Promise<string> => intentOf(url)

test("nothing can be read or done without signing in, or with a wrong token or cookie", async () => {
  const before = await everything()
  for (const name of routeNames.filter((one) => route(one).access !== "anyone")) {
    const path = pathOf(name, unknownOf(name))
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
