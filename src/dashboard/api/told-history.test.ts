import assert from "node:assert/strict"
import { test } from "node:test"
import { roleChange } from "../../../test/e2e/dashboard/history.ts"
import { now } from "./told.ts"
import { ToldHistory } from "./told-history.ts"

const cluster = { id: "00000000-0000-4000-8000-000000000001", satelliteId: "" }
const other = { ...cluster, id: "00000000-0000-4000-8000-000000000002" }
const history = () => new ToldHistory<ReturnType<typeof roleChange>>(({ at }) => at)
const termsOf = (page: { readonly items: readonly { readonly term: number }[] }) =>
  page.items.map(({ term }) => term)

test("what was told while the list was asked for is in it, once, in order, and as it was told", () => {
  const told = history()
  const [old, changed] = [
    roleChange(cluster, 500, { term: 1 }),
    roleChange(cluster, 60, { term: 3 }),
  ]
  const began = now()
  told.tell(roleChange(cluster, 100, { term: 2 }))
  told.tell({ ...changed, lostBytes: 7 })
  told.tell(roleChange(other, 50, { term: 9 }))
  const page = told.newest(began, { items: [changed, old], nextCursor: null }, cluster.id)
  assert.deepEqual(termsOf(page), [3, 2, 1])
  assert.equal(page.items[0]?.lostBytes, 7)
})

test("what was told before the list was asked for is not put over it", async () => {
  const told = history()
  const change = roleChange(cluster, 60)
  told.tell({ ...change, lostBytes: 7 })
  await new Promise((done) => setImmediate(done))
  const page = told.newest(now(), { items: [change], nextCursor: null }, cluster.id)
  assert.equal(page.items[0]?.lostBytes, null)
})

test("an item is replaced on the page where it stands, and a new one comes to the first", () => {
  const told = history()
  const [newer, older] = [
    roleChange(cluster, 60, { term: 3 }),
    roleChange(cluster, 500, { term: 1 }),
  ]
  const pages = {
    pages: [
      { items: [newer], nextCursor: "x" },
      { items: [older], nextCursor: null },
    ],
    pageParams: [],
  }
  const replaced = told.within(pages, { ...older, lostBytes: 9 })
  assert.deepEqual(
    replaced.pages.map(({ items }) => items.map(({ lostBytes }) => lostBytes)),
    [[null], [9]],
  )
  const grown = told.within(pages, roleChange(cluster, 1, { term: 4 }))
  assert.deepEqual(grown.pages.map(termsOf), [[4, 3], [1]])
})
