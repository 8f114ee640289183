import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { covers } from "./covers.ts"

test("what others added does not matter, what they changed does", () => {
  assert.ok(covers({ a: 1, b: { c: 2, d: 3 } }, { b: { c: 2 } }))
  assert.ok(!covers({ a: 1, b: { c: 9 } }, { b: { c: 2 } }))
  assert.ok(!covers({ a: 1 }, { b: { c: 2 } }))
})

test("lists are compared whole, and their items by what we name", () => {
  assert.ok(covers([{ name: "x", added: true }], [{ name: "x" }]))
  assert.ok(!covers([{ name: "x" }, { name: "y" }], [{ name: "x" }]))
  assert.ok(!covers(undefined, []))
})

test("everything covers itself and what is undefined", () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => covers(value, structuredClone(value))))
  assert.ok(covers({ a: 1 }, { a: 1, b: undefined }))
})
