import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { isOwnPath } from "#core/access/own-path.ts"

const here = "https://central.example"

test("pages of the dashboard are own paths, with all that belongs to their addresses", () => {
  for (const path of [
    "/",
    "/clusters?state=degraded",
    "/clusters/7b0c4c1e-52d6-4b8c-9c3e-4f3c86b4b222/logs?search=a%20b#end",
    "/profiles?to=//x",
    "/satellites/größe",
    "/apiary",
    "/%2f%2fevil.example",
    "/%5cevil.example",
  ])
    assert.ok(isOwnPath(path), path)
})

test("what leads to another site, out of the dashboard or back to the door is none", () => {
  for (const path of [
    "",
    "clusters",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "/a//evil.example",
    "/..//evil.example",
    "/.//evil.example",
    "https://evil.example",
    "https:evil.example",
    "javascript:alert(1)",
    "%2f%2fevil.example",
    "/\u200b/evil.example",
    "/clusters\r\nset-cookie: a=b",
    "/sign-in",
    "/sign-in?to=/sign-in",
    "/API/v1/session",
    "/api/v1/sign-in/provider?to=/",
    `/${"x".repeat(1500)}`,
  ])
    assert.ok(!isOwnPath(path), JSON.stringify(path))
})

test("whatever passes, a browser stays here with it", () => {
  const piece = fc.constantFrom(
    "/",
    "\\",
    ".",
    "..",
    "%2f",
    "%5c",
    "%2e",
    "\t",
    "\n",
    "@",
    ":",
    "evil.example",
    "https",
    "?",
    "#",
    "ü",
    " ",
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const text = pieces.join("")
      if (!isOwnPath(text)) return
      assert.equal(new URL(text, here).origin, here, text)
      assert.ok(!new URL(text, here).pathname.startsWith("//"), text)
    }),
    { numRuns: 20_000 },
  )
})
