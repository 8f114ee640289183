/** What people ask for in a wrong way is refused by field, and changes nothing. */
import assert from "node:assert/strict"
import { test } from "node:test"
import type { RouteName } from "#wire/rest/routes.ts"
import {
  type Api,
  type Given,
  pathOf,
  request,
  type RestAnswer,
  rulePut,
  smallSpec,
} from "../fixtures/central.ts"
import { intentOf, refusedFields, route, routeNames, someId, unknownOf } from "../fixtures/rest.ts"
import { oneCentral } from "../fixtures/one-central.ts"

let url: string
let api: Api
let base: string
oneCentral((opened) => {
  ;({ url, api, base } = opened)
})

const everything = (): Promise<string> => intentOf(url)

test("every route refuses what it does not know, naming the field, and changes nothing", async () => {
  await rulePut(api)
  const before = await everything()
  for (const name of routeNames) {
    const { method, params, query: wanted, body, access } = route(name)
    if (access === "anyone") continue
    const what = `${method} ${route(name).path}`
    const refused = async (more: Given, status: number): Promise<readonly string[]> =>
      refusedFields(
        await api.raw(name, { ...unknownOf(name), ...more }),
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
    const path = pathOf(name, unknownOf(name))
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

test("C16: no edit takes a name away from what has one", async () => {
  const [profile] = (await api.ok("listProfiles")).items
  const [rule] = (await api.ok("listRules")).items
  assert.ok(profile !== undefined && rule !== undefined)
  const set = await api.ok("createRuleSet", { body: { name: "named", set: { rules: [] } } })
  const time = { kind: "once", from: "2030-01-01T00:00:00Z", until: "2030-01-02T00:00:00Z" }
  const window = await api.ok("createFreezeWindow", { body: { name: "holidays", time } })
  const edits: readonly (readonly [RouteName, string, number, readonly string[]])[] = [
    ["editProfile", profile.id, profile.version, ["name"]],
    ["editRule", rule.id, rule.version, ["name", "clusterName", "namespace"]],
    ["editRuleSet", set.id, set.version, ["name"]],
    ["editFreezeWindow", window.id, window.version, ["name"]],
    ["editSatellite", someId, 1, ["name"]],
  ]
  const before = await everything()
  for (const [name, id, version, fields] of edits)
    for (const field of fields)
      for (const blank of ["", " ", null]) {
        const answer = await api.raw(name, { params: { id }, body: { version, [field]: blank } })
        const what = `${name} ${field} ${JSON.stringify(blank)}`
        assert.deepEqual([...new Set(refusedFields(answer, 400, what))], [field], what)
      }
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
