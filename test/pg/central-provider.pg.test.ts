/** Signing in through a real identity provider on loopback, every step by HTTP as a browser takes it. */
import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { sessionSchema, signInOptionsSchema } from "#wire/rest/access.ts"
import { readLeaving, writeLeaving } from "../../src/central/auth/provider.ts"
import type { Central } from "../../src/central/central.ts"
import {
  type Api,
  request,
  restUrl,
  signedIn,
  signIn,
  startTestCentral,
} from "../fixtures/central.ts"
import { type TestServer, testServer } from "../fixtures/postgres.ts"
import { type TestProvider, testProvider } from "../fixtures/provider.ts"

let server: TestServer
let central: Central
let admin: Api
let idp: TestProvider
let issuer: string
let base: string
const redirectUri = "http://central.test/api/v1/sign-in/provider/callback"

/** Accounts of the provider, by the name that is typed there. */
const accounts: Record<string, Record<string, unknown>> = {
  ada: {
    preferred_username: "ada",
    groups: ["staff", "dba"],
    email: "ada@example.org",
    email_verified: true,
  },
  ned: {
    preferred_username: "ned",
    groups: ["north"],
    email: "boss@example.org",
    email_verified: false,
  },
  eve: { preferred_username: "eve", groups: ["visitors"] },
  "not-admin": { preferred_username: "admin", groups: ["dba"] },
}

before(async () => {
  server = await testServer()
  idp = await testProvider()
  issuer = idp.issuer
  central = await startTestCentral(await server.freshDatabase(), {
    provider: idp.options(redirectUri),
  })
  base = restUrl(central)
  admin = await signedIn(central)
})
after(async () => {
  await central[Symbol.asyncDispose]()
  await idp[Symbol.asyncDispose]()
  await server.close()
})

/** A browser at the provider: keeps its cookies, follows redirects until they leave it. */
async function atProvider(start: string, name: string): Promise<URL> {
  const jar = new Map<string, string>()
  let next = new URL(start)
  let form: Readonly<Record<string, string>> | undefined
  for (let step = 0; step < 15; step += 1) {
    const answer = await fetch(next, {
      redirect: "manual",
      method: form === undefined ? "GET" : "POST",
      headers: { cookie: [...jar].map(([key, value]) => `${key}=${value}`).join("; ") },
      ...(form === undefined ? {} : { body: new URLSearchParams(form) }),
    })
    for (const cookie of answer.headers.getSetCookie()) {
      const [pair = ""] = cookie.split(";", 1)
      const at = pair.indexOf("=")
      jar.set(pair.slice(0, at), pair.slice(at + 1))
    }
    const location = answer.headers.get("location")
    form = undefined
    if (location !== null) {
      next = new URL(location, next)
      if (next.origin !== issuer) return next
      continue
    }
    const page = await answer.text()
    const prompt = /name="prompt" value="(\w+)"/.exec(page)?.[1]
    assert.ok(
      prompt !== undefined,
      `a page of the provider that asks for something: ${page.slice(0, 500)}`,
    )
    form = prompt === "login" ? { prompt, login: name, password: "any" } : { prompt }
  }
  throw new Error("the provider goes round in circles")
}

const cookieOf = (headers: Headers, name: string): string =>
  headers
    .getSetCookie()
    .map((each) => each.split(";", 1)[0] ?? "")
    .find((each) => each.startsWith(`${name}=`)) ?? ""

async function leave(query = "") {
  const answer = await request(base, "GET", `/api/v1/sign-in/provider${query}`)
  assert.equal(answer.status, 303)
  return {
    to: answer.headers.get("location") ?? "",
    cookie: cookieOf(answer.headers, "pg_swarm_leaving"),
  }
}

async function come(back: URL, cookie: string) {
  const answer = await request(base, "GET", `${back.pathname}${back.search}`, { cookie })
  assert.equal(answer.status, 303)
  return {
    to: answer.headers.get("location"),
    session: cookieOf(answer.headers, "pg_swarm_session"),
  }
}

async function signedInAs(name: string, query = "") {
  const { to, cookie } = await leave(query)
  return come(await atProvider(to, name), cookie)
}

test("a provider that is away is said, and a password still opens the door", async () => {
  const answer = await request(base, "GET", "/api/v1/sign-in/provider")
  assert.equal(answer.headers.get("location"), "/sign-in?failed=PROVIDER_AWAY")
  assert.equal((await signIn(base, "correct horse battery staple")).answer.status, 200)
  const options = signInOptionsSchema.parse(
    (await request(base, "GET", "/api/v1/session/options")).body,
  )
  assert.equal(options.provider?.name, "Example ID")
  idp.open(redirectUri, accounts)
})

test("who is let in has the role and scope of the group, and is the same person the next time", async () => {
  const first = await signedInAs("ned")
  assert.equal(first.to, "/")
  const who = sessionSchema.parse(
    (await request(base, "GET", "/api/v1/session", { cookie: first.session })).body,
  )
  assert.deepEqual(
    [who.user, who.role, who.scope, who.hasPassword],
    ["ned", "operator", [{ region: "north" }], false],
  )
  const person = await admin.ok("getPerson", { params: { id: who.personId } })
  assert.equal(person.email, null, "an address that nobody verified is not kept")
  accounts["ned"] = { ...accounts["ned"], groups: ["dba"], preferred_username: "edward" }
  const again = await signedInAs("ned")
  const now = sessionSchema.parse(
    (await request(base, "GET", "/api/v1/session", { cookie: again.session })).body,
  )
  assert.deepEqual([now.personId, now.role, now.scope], [who.personId, "admin", []])
  await admin.ok("editPerson", {
    params: { id: who.personId },
    body: { version: 2, disabled: true },
  })
  assert.equal((await signedInAs("ned")).to, "/sign-in?failed=DISABLED")
})

test("whose groups are not named is not let in, and a name that is taken is not taken over", async () => {
  assert.deepEqual(await signedInAs("eve"), { to: "/sign-in?failed=NOT_ALLOWED", session: "" })
  assert.deepEqual(await signedInAs("not-admin"), { to: "/sign-in?failed=NAME_TAKEN", session: "" })
})

test("another browser's state, another nonce and a used code open nothing", async () => {
  const mine = await leave()
  const other = await leave()
  const back = await atProvider(mine.to, "ada")
  const no = { to: "/sign-in?failed=NOT_PROVED", session: "" }
  assert.deepEqual(await come(back, ""), no, "without what this browser left with")
  assert.deepEqual(await come(back, other.cookie), no, "with what another one left with")
  const kept = readLeaving(mine.cookie.slice(mine.cookie.indexOf("=") + 1))
  assert.ok(kept !== undefined)
  const forged = writeLeaving({ ...kept, nonce: "another" })
  assert.deepEqual(await come(back, `pg_swarm_leaving=${forged}`), no, "with another nonce")
  const fresh = await leave()
  const good = await atProvider(fresh.to, "ada")
  assert.equal((await come(good, fresh.cookie)).to, "/")
  assert.deepEqual(await come(good, fresh.cookie), no, "with a code that was used")
})

const wanting = (page: string): string => `?${new URLSearchParams({ to: page }).toString()}`

test("who asked for a page comes back to it, as it was, also after a try that failed", async () => {
  for (const [page, location] of [
    ["/clusters?state=degraded&search=a%20b#end", "/clusters?state=degraded&search=a%20b#end"],
    ["/profiles/größe", "/profiles/gr%C3%B6%C3%9Fe"],
  ] as const) {
    const back = await signedInAs("ada", wanting(page))
    assert.equal(back.to, location)
    assert.notEqual(back.session, "")
  }
  const refused = await signedInAs("eve", wanting("/clusters?state=degraded"))
  assert.equal(
    refused.to,
    "/sign-in?failed=NOT_ALLOWED&to=%2Fclusters%3Fstate%3Ddegraded",
    "and keeps what was wanted",
  )
})

test("nobody is led to another site, by the address that begins it or by what the browser kept", async () => {
  const strange = [
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "https://evil.example/",
    "https:evil.example",
    "javascript:alert(1)",
    "/..//evil.example",
    "/api/v1/session",
    "/sign-in?to=//evil.example",
  ]
  for (const page of strange) {
    const { cookie } = await leave(wanting(page))
    const kept = readLeaving(cookie.slice(cookie.indexOf("=") + 1))
    assert.equal(kept?.to, "/", page)
  }
  const twice = await leave("?to=//evil.example&to=/clusters")
  assert.equal(readLeaving(twice.cookie.slice(twice.cookie.indexOf("=") + 1))?.to, "/")
  assert.equal((await signedInAs("ada", "?to=%2F%2Fevil.example")).to, "/")
  assert.equal((await signedInAs("ada", "?to=%252F%252Fevil.example")).to, "/")

  const mine = await leave()
  const there = await atProvider(mine.to, "ada")
  const kept = readLeaving(mine.cookie.slice(mine.cookie.indexOf("=") + 1))
  assert.ok(kept !== undefined)
  const forged = writeLeaving({ ...kept, to: "//evil.example" })
  assert.equal((await come(there, `pg_swarm_leaving=${forged}`)).to, "/")
})
