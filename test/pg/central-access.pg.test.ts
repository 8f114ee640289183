/** Who may do what, and the record of it: roles on every route, and the audit of every change. */
import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { test } from "node:test"
import { isAtLeast, type Role, roles } from "#core/access/role.ts"
import { problemSchema } from "#wire/rest/shapes.ts"
import { Api, pathOf, request, rulePut } from "../fixtures/central.ts"
import { query } from "../fixtures/postgres.ts"
import { oneCentral } from "../fixtures/one-central.ts"
import { route, routeNames } from "../fixtures/rest.ts"

let url: string
let admin: Api
let base: string
oneCentral((opened) => {
  ;({ url, api: admin, base } = opened)
})

async function tokenOf(role: Role): Promise<Api> {
  const { token } = await admin.ok("createToken", { body: { name: `as ${role}`, role } })
  return new Api(base, token)
}

test("every route does for a role what its row of the table says, and nothing for a lower one", async () => {
  const params = { id: randomUUID(), databaseId: randomUUID(), specVersion: "1", name: "work_mem" }
  for (const role of roles) {
    const api = await tokenOf(role)
    for (const name of routeNames) {
      const { access, method } = route(name)
      if (access === "anyone") continue
      // A body that no route takes: who may call is decided before it is read.
      const answer = await api.raw(name, {
        params,
        ...(method === "GET" ? {} : { body: { surplus: 1 } }),
      })
      const what = `${role} ${method} ${pathOf(name, { params })}: ${JSON.stringify(answer.body)}`
      if (isAtLeast(role, access)) assert.notEqual(answer.status, 403, what)
      else {
        assert.equal(answer.status, 403, what)
        assert.equal(problemSchema.parse(answer.body).code, "ROLE_TOO_LOW", what)
      }
    }
  }
})

type Entry = {
  readonly action: string
  readonly resource: string
  readonly name: string
  readonly actor: string
  readonly request: string
  readonly before: unknown
  readonly after: unknown
}

const recorded = async (): Promise<readonly Entry[]> => {
  const [row] = await query(
    url,
    `select coalesce(jsonb_agg(jsonb_build_object('action', action, 'resource', resource,
      'name', resource_name, 'actor', actor, 'request', request_id, 'before', before, 'after', after)
      order by serial), '[]') as entries from audit`,
  )
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the columns of a table that is described above
  return row?.["entries"] as readonly Entry[]
}

test("a change and its record are one, with the request that asked for it", async () => {
  const since = (await recorded()).length
  const { profileId, ruleId } = await rulePut(admin)
  const made = await request(
    base,
    "PATCH",
    `/api/v1/profiles/${profileId}`,
    {
      authorization: `Bearer ${admin.token}`,
      "content-type": "application/json",
      "x-request-id": "change-4711",
    },
    JSON.stringify({ version: 1, description: "for orders" }),
  )
  assert.equal(made.status, 200, JSON.stringify(made.body))
  assert.equal(made.headers.get("x-request-id"), "change-4711")
  await admin.ok("deleteRule", { params: { id: ruleId } })
  await admin.raw("deleteRule", { params: { id: ruleId } })
  const entries = (await recorded()).slice(since)
  assert.deepEqual(
    entries.map(({ action, resource, name, actor }) => [actor, action, resource, name]),
    [
      ["admin", "create", "profile", "small"],
      ["admin", "create", "rule", "orders-everywhere"],
      ["admin", "edit", "profile", "small"],
      ["admin", "delete", "rule", "orders-everywhere"],
    ],
    "a change that was refused is not on record",
  )
  const [, , edited, deleted] = entries
  assert.equal(edited?.request, "change-4711")
  assert.match(JSON.stringify(edited.before), /"description":""/)
  assert.match(JSON.stringify(edited.after), /"description":"for orders"/)
  assert.equal(deleted?.after, null)
})
