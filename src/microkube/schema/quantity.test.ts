import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { canonicalQuantity, quantityValue } from "./quantity.ts"

test("a quantity comes back in its shortest spelling", () => {
  const spellings = {
    "1024Mi": "1Gi",
    "1000m": "1",
    "0.5": "500m",
    "1.5Gi": "1536Mi",
    "100": "100",
    "1500": "1500",
    "2000": "2k",
    "1e3": "1k",
    "0": "0",
    "0Gi": "0",
    "12Ki": "12Ki",
  }
  for (const [given, wanted] of Object.entries(spellings)) {
    assert.equal(canonicalQuantity(given), wanted, given)
  }
})

test("what is no quantity is refused", () => {
  for (const text of ["", "ten", "10GB", "1 Gi", "Gi", "1.2.3"]) {
    assert.equal(canonicalQuantity(text), undefined, text)
  }
})

test("the canonical spelling is worth the same and is its own canonical spelling", () => {
  const units = fc.constantFrom("", "m", "k", "M", "G", "Ki", "Mi", "Gi")
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 100_000 }), units, (amount, unit) => {
      const once = canonicalQuantity(`${amount}${unit}`)
      assert.ok(once !== undefined)
      assert.equal(canonicalQuantity(once), once)
      assert.ok(Math.abs(quantityValue(once) - quantityValue(`${amount}${unit}`)) < 1e-6)
    }),
  )
})
