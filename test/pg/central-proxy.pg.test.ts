/** Central behind a reverse proxy: its word counts if it is trusted, and nobody else's does. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { adminPassword, request, restUrl, startTestCentral } from "../fixtures/central.ts"
import { centrals } from "../fixtures/centrals.ts"
import { query } from "../fixtures/postgres.ts"

const { freshDatabase } = centrals()

const json = { "content-type": "application/json" }
const signIn = (
  base: string,
  headers: Readonly<Record<string, string>>,
  password = adminPassword,
  user = "admin",
) =>
  request(
    base,
    "POST",
    "/api/v1/session",
    { ...json, ...headers },
    JSON.stringify({ user, password }),
  )

const forwarded = (address: string, proto = "https") => ({
  "x-forwarded-for": address,
  "x-forwarded-proto": proto,
})

/** Where the last sign-in was from, as the audit and the session have it. */
async function lastFrom(url: string): Promise<unknown> {
  const [row] = await query(
    url,
    "select address from audit where resource = 'session' order by serial desc limit 1",
  )
  return row?.["address"]
}

test("a trusted proxy says who asks and by which scheme: audit, cookies and the limit on sign-ins go by it", async () => {
  const url = await freshDatabase()
  await using central = await startTestCentral(url, { trustedProxies: ["127.0.0.0/8"] })
  const base = restUrl(central)
  const answer = await signIn(base, forwarded("203.0.113.7"))
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  assert.equal(await lastFrom(url), "203.0.113.7")
  const set = answer.headers.get("set-cookie") ?? ""
  assert.match(set, /^__Host-pg_swarm_session=/)
  assert.match(set, /; Secure/)
  assert.match(set, /; Path=\//)
  assert.doesNotMatch(set, /Domain=/i)
  const cookie = set.split(";", 1)[0] ?? ""
  const me = (headers: Readonly<Record<string, string>>) =>
    request(base, "GET", "/api/v1/session", { cookie, ...headers })
  assert.equal((await me(forwarded("203.0.113.7"))).status, 200)
  // Without TLS in front the browser would not have sent it, and it is none.
  assert.equal((await me(forwarded("203.0.113.7", "http"))).status, 401)

  // What the client itself put there is the left part; the proxy added the right one.
  await signIn(base, forwarded("198.51.100.1, 203.0.113.9"))
  assert.equal(await lastFrom(url), "203.0.113.9")

  const statuses = new Set<number>()
  for (let turn = 0; turn < 60 && !statuses.has(429); turn += 1)
    statuses.add((await signIn(base, forwarded("203.0.113.66"), "wrong", `nobody-${turn}`)).status)
  assert.ok(statuses.has(429), "who guesses is slowed down by the address that the proxy tells")
  assert.equal((await signIn(base, forwarded("203.0.113.67"))).status, 200, "and nobody else is")
})

test("without trust in it the word of a proxy is nothing: neither its address nor its scheme", async () => {
  const url = await freshDatabase()
  for (const trustedProxies of [undefined, ["10.9.0.0/16", "2001:db8::/32"]]) {
    await using central = await startTestCentral(url, { trustedProxies })
    const answer = await signIn(restUrl(central), forwarded("203.0.113.7"))
    assert.equal(answer.status, 200)
    assert.match(String(await lastFrom(url)), /127\.0\.0\.1$/)
    const set = answer.headers.get("set-cookie") ?? ""
    assert.match(set, /^pg_swarm_session=/)
    assert.doesNotMatch(set, /; Secure/)
  }
})
