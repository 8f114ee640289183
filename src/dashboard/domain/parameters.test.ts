import assert from "node:assert/strict"
import { test } from "node:test"
import { parameterNames } from "#core/cluster/catalog.ts"
import { shownParameter } from "#wire/shown-parameter.ts"
import { byCategory, choicesOf, orderLook, rangeText, searchParameters } from "./parameters.ts"

const of = (name: string) => shownParameter(17, name, undefined)
const all = parameterNames(17).map(of)

test("what a parameter takes is said in its own terms", () => {
  assert.equal(rangeText(of("jit")), "on or off")
  assert.equal(rangeText(of("wal_level")), "minimal, replica or logical")
  assert.equal(rangeText(of("work_mem")), "64 to 2,147,483,647, counted in kB")
  assert.equal(rangeText(of("random_page_cost")), "0 or more")
  assert.equal(rangeText(of("cron.database_name")), "whatever its extension takes")
})

test("only what is one of a few words is chosen from a list", () => {
  assert.deepEqual(choicesOf(of("jit")), ["on", "off"])
  assert.equal(choicesOf(of("work_mem")), undefined)
})

test("what a change asks for is people's decision before PostgreSQL's need", () => {
  const ordered = { order: "full-restart", actor: "ada", note: "", at: 0, version: 1 } as const
  assert.equal(orderLook(of("work_mem")).word, "Reload")
  assert.equal(orderLook(of("shared_buffers")).word, "Restart")
  assert.equal(orderLook(shownParameter(17, "work_mem", ordered)).word, "Full restart")
})

test("a search finds by name and by words, names first; every parameter stands in one group", () => {
  const found = searchParameters(all, "Work MEM").map(({ name }) => name)
  assert.ok(found.includes("work_mem") && found.includes("maintenance_work_mem"))
  const [first] = searchParameters(all, "checkpoint")
  assert.match(first?.name ?? "", /checkpoint/)
  const groups = byCategory(all)
  assert.equal(groups.flatMap(({ parameters }) => parameters).length, all.length)
})
