import assert from "node:assert/strict"
import { test } from "node:test"
import { agoText, bytesText, countText, lagText, spanText } from "./format.ts"

test("sizes have three digits at most and the unit that suits them", () => {
  const cases: readonly (readonly [number, string])[] = [
    [0, "0 B"],
    [1023, "1023 B"],
    [1024, "1 KiB"],
    [18_432, "18 KiB"],
    [1_048_575, "1 MiB"],
    [1.42 * 1024 ** 3, "1.42 GiB"],
    [123.4 * 1024 ** 3, "123 GiB"],
    [-5, "0 B"],
  ]
  for (const [bytes, text] of cases) assert.equal(bytesText(bytes), text)
})

test("spans are coarse and never negative", () => {
  assert.equal(spanText(-3000), "0 s")
  assert.equal(spanText(59_999), "59 s")
  assert.equal(spanText(60_000), "1 min")
  assert.equal(spanText(47 * 3_600_000), "47 h")
  assert.equal(spanText(50 * 3_600_000), "2 days")
  assert.equal(agoText(1999), "just now")
})

test("lag of a fraction of a second is not called zero", () => {
  assert.deepEqual([0, 0.01, 0.2, 7.44, 12, 200].map(lagText), [
    "0 s",
    "< 0.1 s",
    "0.2 s",
    "7.4 s",
    "12 s",
    "3 min",
  ])
})

test("one is not many", () => {
  assert.equal(countText(1, "cluster"), "1 cluster")
  assert.equal(countText(1200, "cluster"), "1,200 clusters")
})
