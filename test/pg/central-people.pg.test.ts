/** People, their passwords, sessions and tokens: what is taken from somebody is gone at once. */
import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { once } from "node:events"
import { test } from "node:test"
import { WebSocket } from "ws"
import { createdTokenSchema, openSessionSchema, sessionSchema } from "#wire/rest/access.ts"
import { pageOf } from "#wire/rest/shapes.ts"
import { adminPassword, Api, request, signIn } from "../fixtures/central.ts"
import { query } from "../fixtures/postgres.ts"
import { oneCentral } from "../fixtures/one-central.ts"
import { refusedWith } from "../fixtures/rest.ts"

let url: string
let admin: Api
let base: string
oneCentral((opened) => {
  ;({ url, api: admin, base } = opened)
})

const password = "a long enough password"
const json = { "content-type": "application/json" }

async function person(
  name: string,
  more: { readonly role?: string; readonly scope?: Readonly<Record<string, string>> } = {},
) {
  const made = await admin.ok("createPerson", {
    body: { name, role: "operator", password, ...more },
  })
  const { answer, cookie } = await signIn(base, password, name)
  assert.equal(answer.status, 200)
  return { ...made, cookie, get: (path: string) => request(base, "GET", path, { cookie }) }
}

/** A token of somebody, made in that one's own session. */
async function tokenBy(cookie: string, body: unknown): Promise<Api> {
  const made = await request(
    base,
    "POST",
    "/api/v1/tokens",
    { cookie, ...json },
    JSON.stringify(body),
  )
  assert.equal(made.status, 201, JSON.stringify(made.body))
  return new Api(base, createdTokenSchema.parse(made.body).token)
}

async function listening(headers: Readonly<Record<string, string>>) {
  const socket = new WebSocket(`${base.replace("http", "ws")}/api/v1/live`, { headers })
  const closed = once(socket, "close")
  await once(socket, "message")
  return { socket, closed }
}

test("a person is made with a password that is shown once, signs in, and has role and scope", async () => {
  const made = await admin.ok("createPerson", {
    body: { name: "ada", role: "viewer", scope: { region: "north" }, email: "ada@example.org" },
  })
  assert.match(made.password ?? "", /^.{20}$/)
  const { answer } = await signIn(base, made.password ?? "", "ada")
  const session = sessionSchema.parse(answer.body)
  assert.deepEqual(
    [session.user, session.role, session.scope],
    ["ada", "viewer", [{ region: "north" }]],
  )
  const read = await admin.ok("getPerson", { params: { id: made.id } })
  assert.equal(read.sessionCount, 1)
  assert.ok(read.signedInAt !== null)
  const again = await admin.raw("createPerson", { body: { name: "ada", role: "viewer" } })
  refusedWith(again, 409, "NAME_TAKEN")
  const scoped = { name: "x", role: "admin", scope: { region: "north" } }
  const { problems } = refusedWith(
    await admin.raw("createPerson", { body: scoped }),
    400,
    "INVALID",
  )
  assert.deepEqual(
    problems?.map(({ field }) => field),
    ["scope"],
  )
  const found = await admin.ok("listPeople", { query: { search: "EXAMPLE.org" } })
  assert.deepEqual(
    found.items.map(({ name }) => name),
    ["ada"],
  )
})

test("the last admin is neither demoted, disabled nor deleted, also by two at once", async () => {
  const [first] = (await admin.ok("listPeople", { query: { role: "admin" } })).items
  assert.ok(first !== undefined)
  const edit = (id: string, body: unknown) => admin.raw("editPerson", { params: { id }, body })
  refusedWith(await edit(first.id, { version: 1, role: "operator" }), 409, "LAST_ADMIN")
  refusedWith(await edit(first.id, { version: 1, disabled: true }), 409, "LAST_ADMIN")
  refusedWith(await admin.raw("deletePerson", { params: { id: first.id } }), 409, "LAST_ADMIN")
  const second = await admin.ok("createPerson", { body: { name: "bob", role: "admin", password } })
  const { cookie } = await signIn(base, password, "bob")
  const theirs = await tokenBy(cookie, { name: "bob's" })
  const both = await Promise.all([
    edit(second.id, { version: 1, disabled: true }),
    theirs.raw("editPerson", { params: { id: first.id }, body: { version: 1, role: "viewer" } }),
  ])
  assert.equal(both.filter(({ status }) => status === 200).length, 1, JSON.stringify(both))
  // Whoever lost is an admin no more, or was told that the other is the last one.
  const left = await query(
    url,
    "select name from person where role = 'admin' and disabled_at is null",
  )
  assert.equal(left.length, 1)
  await query(url, "update person set role = 'admin', disabled_at = null where name = 'admin'")
  await admin.ok("deletePerson", { params: { id: second.id } })
})

test("who is disabled is out at once: sessions, tokens and the live line", async () => {
  const { id, cookie, get } = await person("carol")
  const token = await tokenBy(cookie, { name: "carol's" })
  const byCookie = await listening({ cookie })
  const byToken = await listening({ authorization: `Bearer ${token.token}` })
  await admin.ok("editPerson", { params: { id }, body: { version: 1, disabled: true } })
  assert.equal((await get("/api/v1/session")).status, 401)
  assert.equal((await token.raw("listClusters")).status, 401)
  refusedWith((await signIn(base, password, "carol")).answer, 401, "WRONG_CREDENTIALS")
  assert.equal((await byCookie.closed)[0], 4401)
  assert.equal((await byToken.closed)[0], 4401)
  await admin.ok("editPerson", { params: { id }, body: { version: 2, disabled: false } })
  assert.equal(
    (await token.raw("listClusters")).status,
    200,
    "enabled again, the token is good again",
  )
  refusedWith(
    await admin.raw("editPerson", { params: { id }, body: { version: 2, role: "viewer" } }),
    409,
    "VERSION_CONFLICT",
  )
})

test("a token never may more than its owner, also when the owner's role falls later", async () => {
  const { id, cookie } = await person("dan")
  const token = await tokenBy(cookie, { name: "operator's" })
  const higher = await request(
    base,
    "POST",
    "/api/v1/tokens",
    { cookie, ...json },
    JSON.stringify({ name: "admin's", role: "admin" }),
  )
  assert.deepEqual(
    refusedWith(higher, 400, "INVALID").problems?.map(({ field }) => field),
    ["role"],
  )
  const cancel = () => token.raw("cancelOperation", { params: { id: randomUUID() } })
  refusedWith(await cancel(), 404, "NOT_FOUND")
  const line = await listening({ authorization: `Bearer ${token.token}` })
  await admin.ok("editPerson", {
    params: { id },
    body: { version: 1, role: "viewer", scope: { region: "north" } },
  })
  assert.equal((await line.closed)[0], 4403)
  refusedWith(await cancel(), 403, "ROLE_TOO_LOW")
  const session = await token.ok("session")
  assert.deepEqual([session.role, session.scope], ["viewer", [{ region: "north" }]])
})

test("a token that was narrowed leads to none that was not, and one that ends to none that stays", async () => {
  const { cookie } = await person("erin", { role: "admin" })
  for (const body of [
    { name: "lower", role: "viewer" },
    { name: "part", role: "operator", scope: { region: "north" } },
  ]) {
    const narrow = await tokenBy(cookie, body)
    refusedWith(await narrow.raw("createToken", { body: { name: "wide" } }), 403, "NARROWED_TOKEN")
    refusedWith(
      await narrow.raw("revokeToken", { params: { id: randomUUID() } }),
      403,
      "NARROWED_TOKEN",
    )
    refusedWith(
      await narrow.raw("changePassword", { body: { current: password, password: `${password}!` } }),
      403,
      "NARROWED_TOKEN",
    )
  }
  const brief = await tokenBy(cookie, { name: "a day", expiresInDays: 1 })
  for (const expiresInDays of [null, 2])
    refusedWith(
      await brief.raw("createToken", { body: { name: "longer", expiresInDays } }),
      400,
      "INVALID",
    )
  const wide = await request(
    base,
    "POST",
    "/api/v1/tokens",
    { cookie, ...json },
    JSON.stringify({ name: "admin of a part", scope: { region: "north" } }),
  )
  assert.deepEqual(
    refusedWith(wide, 400, "INVALID").problems?.map(({ field }) => field),
    ["scope"],
  )
})

test("tokens are recognised by how they begin, show their last use, and are each one's own", async () => {
  const { cookie, get } = await person("frank")
  const token = await tokenBy(cookie, { name: "frank's" })
  await token.ok("listClusters")
  const own = await token.ok("listTokens")
  assert.deepEqual(
    own.items.map(({ name, personName, prefix }) => [name, personName, prefix]),
    [["frank's", "frank", token.token.slice(0, 12)]],
  )
  assert.ok(own.items[0]?.lastUsedAt !== null)
  const [others] = (await admin.ok("listTokens")).items.filter(
    ({ personName }) => personName === "admin",
  )
  assert.ok(others !== undefined)
  assert.equal(
    (await get(`/api/v1/tokens?personId=${others.personId}`)).status,
    403,
    "only admins ask for those of others",
  )
  const revoke = await request(base, "DELETE", `/api/v1/tokens/${others.id}`, { cookie })
  refusedWith(revoke, 404, "NOT_FOUND")
  const id = own.items[0]?.id ?? ""
  await admin.ok("revokeToken", { params: { id } })
  assert.equal((await token.raw("listClusters")).status, 401)
})

test("a password is changed by who knows it, which ends the other sessions; an admin gives another one", async () => {
  const { id, cookie, get } = await person("grace")
  const other = (await signIn(base, password, "grace")).cookie
  const line = await listening({ cookie: other })
  const change = (current: string, next: string) =>
    request(
      base,
      "PUT",
      "/api/v1/session/password",
      { cookie, ...json },
      JSON.stringify({ current, password: next }),
    )
  refusedWith(await change("not it", "another password"), 403, "WRONG_CREDENTIALS")
  refusedWith(await change(password, "short"), 400, "INVALID")
  assert.equal((await change(password, "another password")).status, 204)
  assert.equal((await get("/api/v1/session")).status, 200, "the one that asked goes on")
  assert.equal((await request(base, "GET", "/api/v1/session", { cookie: other })).status, 401)
  assert.equal((await line.closed)[0], 4401)
  const reset = await admin.ok("resetPassword", { params: { id }, body: {} })
  assert.equal((await get("/api/v1/session")).status, 401)
  assert.equal((await signIn(base, reset.password ?? "", "grace")).answer.status, 200)
  assert.equal((await signIn(base, "another password", "grace")).answer.status, 401)
})

test("sessions are listed with where they are from, and ended by their owner or an admin, by nobody else", async () => {
  const { id, cookie } = await person("heidi")
  const other = await signIn(base, password, "heidi")
  const list = await request(base, "GET", "/api/v1/sessions", { cookie })
  const { items } = pageOf(openSessionSchema).parse(list.body)
  assert.equal(items.length, 2)
  assert.deepEqual(
    items.map(({ isThisOne }) => isThisOne),
    [false, true],
    "newest first",
  )
  assert.equal(items[0]?.address, "127.0.0.1")
  const stranger = await person("ivan")
  const [newest] = items
  refusedWith(
    await request(base, "DELETE", `/api/v1/sessions/${newest.id}`, { cookie: stranger.cookie }),
    404,
    "NOT_FOUND",
  )
  const ended = await request(base, "DELETE", `/api/v1/sessions/${newest.id}`, { cookie })
  assert.equal(ended.status, 204)
  assert.equal(
    (await request(base, "GET", "/api/v1/session", { cookie: other.cookie })).status,
    401,
  )
  const theirs = await admin.ok("listSessions", { query: { personId: id } })
  await admin.ok("endSession", { params: { id: theirs.items[0]?.id ?? "" } })
  assert.equal((await request(base, "GET", "/api/v1/session", { cookie })).status, 401)
})

test("of a password that was hashed cheaply a dear hash is kept once it was right", async () => {
  const { id } = await person("judy")
  // argon2id of "a long enough password" at m=8, t=1, as an older central might have made it.
  const { argon2Sync } = await import("node:crypto")
  const salt = Buffer.from("0123456789abcdef")
  const tag = argon2Sync("argon2id", {
    message: password,
    nonce: salt,
    memory: 8,
    passes: 1,
    parallelism: 1,
    tagLength: 32,
  })
  const plain = (bytes: Buffer) => bytes.toString("base64").replaceAll("=", "")
  const cheap = `$argon2id$v=19$m=8,t=1,p=1$${plain(salt)}$${plain(Buffer.from(tag))}`
  await query(url, `update person set password_hash = '${cheap}' where id = '${id}'`)
  const kept = async () =>
    String(
      (await query(url, `select password_hash from person where id = '${id}'`))[0]?.[
        "password_hash"
      ],
    )
  assert.equal((await signIn(base, "wrong", "judy")).answer.status, 401)
  assert.equal(await kept(), cheap)
  assert.equal((await signIn(base, password, "judy")).answer.status, 200)
  assert.match(await kept(), /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  assert.equal((await signIn(base, password, "judy")).answer.status, 200)
})

test("the audit tells who did what, filtered and page by page, and no secret", async () => {
  const words = await admin.ok("auditWords")
  for (const action of [
    "create",
    "edit",
    "delete",
    "revoke",
    "sign-in",
    "change-password",
    "reset-password",
  ])
    assert.ok(words.actions.includes(action), action)
  assert.ok(words.actors.includes("grace") && words.resources.includes("person"))
  const all = []
  for (let cursor: string | undefined; ;) {
    const page = await admin.ok("listAudit", {
      query: { resource: "person", limit: "2", ...(cursor === undefined ? {} : { cursor }) },
    })
    all.push(...page.items)
    if (page.nextCursor === null) break
    cursor = page.nextCursor
  }
  assert.ok(all.length > 5)
  assert.ok(all.every(({ resource }) => resource === "person"))
  assert.deepEqual(
    all.map(({ serial }) => serial),
    all.map(({ serial }) => serial).toSorted((one, other) => other - one),
  )
  const text = JSON.stringify((await admin.ok("listAudit", { query: { limit: "200" } })).items)
  for (const secret of [password, adminPassword, "argon2id", admin.token, "another password"])
    assert.ok(!text.includes(secret), `the audit holds ${secret}`)
  const changed = all.find(({ action }) => action === "change-password")
  assert.deepEqual(
    [changed?.actor, changed?.before, changed?.after],
    ["grace", { password: "(secret)" }, { password: "(new secret)" }],
  )
  const [byRequest] = (
    await admin.ok("listAudit", { query: { requestId: changed?.requestId ?? "" } })
  ).items
  assert.equal(byRequest?.serial, changed?.serial)
})

test("guessing is slowed down by address and by name, and told when to come back", async () => {
  await person("mallory")
  const tries = await Promise.all(
    Array.from({ length: 14 }, () => signIn(base, "guess", "mallory")),
  )
  const turnedAway = tries.filter(({ answer }) => answer.status === 429)
  assert.ok(turnedAway.length >= 4, `${turnedAway.length} of 14 at once were turned away`)
  const wait = Number(turnedAway[0]?.answer.headers.get("retry-after"))
  assert.ok(wait >= 1 && wait <= 20, `Retry-After ${wait}`)
  // Another name from the same address is not concerned yet.
  assert.equal((await signIn(base, adminPassword)).answer.status, 200)
})
