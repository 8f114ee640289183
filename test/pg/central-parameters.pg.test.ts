/** The table of parameters, and what people decide about them. */
import assert from "node:assert/strict"
import { test } from "node:test"
import type { Answer } from "#wire/rest/routes.ts"
import { profileTests, problemsOf } from "../fixtures/profiles.ts"

const at = profileTests()
const { made, edited } = at

test("the table of parameters is there for each major, and says what a change asks of clusters", async () => {
  const one = async (search: string, major: string) => {
    const { items } = await at.api.ok("listParameters", { query: { search, major } })
    return items.find(({ name }) => name === search)
  }
  const shared = await one("shared_buffers", "17")
  assert.deepEqual(
    [shared?.type, shared?.unit, shared?.least, shared?.inForce, shared?.order],
    ["integer", "8kB", 16, "restart", "restart"],
  )
  assert.equal((await one("io_method", "18"))?.order, "restart")
  assert.equal(await one("io_method", "17"), undefined)
  assert.equal((await one("wal_level", "17"))?.order, "full-restart")
  assert.equal(await one("fsync", "17"), undefined)
  const names: string[] = []
  let cursor: string | null = null
  do {
    const page: Answer<"listParameters"> = await at.api.ok("listParameters", {
      query: { limit: "200", ...(cursor === null ? {} : { cursor }) },
    })
    names.push(...page.items.map(({ name }) => name))
    cursor = page.nextCursor
  } while (cursor !== null)
  assert.ok(names.length > 250)
  assert.deepEqual(names, [...new Set(names)].toSorted())
})

test("what people decide about a parameter holds for impacts, never below what PostgreSQL needs", async () => {
  const profile = await made({ parameters: { work_mem: "8MB" } })
  await edited(profile, { parameters: { work_mem: "16MB" } })
  const effect = async () =>
    (await at.api.ok("diffProfile", { params: { id: profile.id } })).changes.map(
      (one) => one.effect,
    )
  assert.deepEqual(await effect(), ["reload"])
  const order = (name: string, body: Readonly<Record<string, unknown>>) =>
    at.api.raw("orderParameter", { params: { name }, body })
  const slow = { major: 17, version: 0, order: "restart", note: "our pooler keeps sessions" }
  assert.equal((await order("Work_Mem", slow)).status, 200)
  assert.deepEqual(await effect(), ["restart"])
  const { items } = await at.api.ok("listParameters", { query: { search: "work_mem" } })
  const shown = items.find(({ name }) => name === "work_mem")
  assert.deepEqual(
    [shown?.order, shown?.ordered?.actor, shown?.ordered?.note, shown?.version],
    ["restart", "admin", "our pooler keeps sessions", 1],
  )
  problemsOf(await order("work_mem", slow), 409, "VERSION_CONFLICT")
  const ofOther = await at.api.ok("listParameters", { query: { search: "work_mem", major: "16" } })
  assert.equal(ofOther.items.find(({ name }) => name === "work_mem")?.order, "reload")
  const back = { major: 17, version: 1, order: null }
  assert.equal((await order("work_mem", back)).status, 200)
  assert.deepEqual(await effect(), ["reload"])
  problemsOf(await order("work_mem", back), 409, "VERSION_CONFLICT")

  const less = { major: 17, version: 0, order: "reload" }
  const [problem] = problemsOf(await order("shared_buffers", less), 400, "INVALID")
  assert.match(problem?.problem ?? "", /at start only/)
  problemsOf(await order("fsync", slow), 400, "INVALID")
  problemsOf(await order("work_mme", slow), 404, "NOT_FOUND")
  problemsOf(await order("io_method", slow), 404, "NOT_FOUND")
  assert.equal((await order("app.setting", slow)).status, 200)
})
