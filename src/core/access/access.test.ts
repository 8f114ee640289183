import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { may, narrowed, type Standing } from "./may.ts"
import { isAtLeast, type Role, roles } from "./role.ts"
import { covers, inWords, type Labels, scopeOf, wholeFleet } from "./scope.ts"

const labels: fc.Arbitrary<Labels> = fc.dictionary(
  fc.constantFrom("region", "tier", "toString"),
  fc.constantFrom("a", "b"),
)
const role: fc.Arbitrary<Role> = fc.constantFrom(...roles)
const standing: fc.Arbitrary<Standing> = fc.record({
  role,
  scope: fc.array(labels, { maxLength: 2 }).map((selectors) => scopeOf(...selectors)),
})

test("a role may what those before it may", () => {
  assert.deepEqual(
    roles.map((one) => roles.filter((needed) => isAtLeast(one, needed)).length),
    [1, 2, 3],
  )
})

test("a token never may what its owner may not, and covers no satellite that its owner does not", () => {
  fc.assert(
    fc.property(standing, standing, role, labels, (owner, token, needed, site) => {
      const both = narrowed(owner, token)
      for (const reach of ["scope", "fleet"] as const)
        if (may(both, { role: needed, reach }).kind === "may") {
          assert.equal(may(owner, { role: needed, reach }).kind, "may")
          assert.equal(may(token, { role: needed, reach }).kind, "may")
        }
      assert.equal(covers(both.scope, site), covers(owner.scope, site) && covers(token.scope, site))
    }),
  )
})

test("a scope is every label of every selector, and a label that objects have anyway is none", () => {
  assert.equal(covers(wholeFleet, {}), true)
  const scope = scopeOf({ region: "north" }, {}, { tier: "gold" })
  assert.equal(scope.length, 2)
  assert.equal(covers(scope, { region: "north", tier: "gold", more: "1" }), true)
  assert.equal(covers(scope, { region: "north" }), false)
  assert.equal(
    covers(scopeOf({ region: "north" }, { region: "south" }), { region: "north" }),
    false,
  )
  assert.equal(covers([{ toString: "x" }], {}), false)
  assert.equal(inWords(scope), "region=north tier=gold")
})

test("who has a scope may not do what reaches the whole fleet, and is told why", () => {
  const scoped = { role: "operator", scope: scopeOf({ region: "north" }) } as const
  assert.equal(may(scoped, { role: "operator", reach: "scope" }).kind, "may")
  assert.deepEqual(may(scoped, { role: "operator", reach: "fleet" }), {
    kind: "may-not",
    code: "SCOPE_TOO_NARROW",
    why: "this reaches the whole fleet; you may act on satellites with region=north only",
  })
  assert.deepEqual(may(scoped, { role: "admin", reach: "scope" }), {
    kind: "may-not",
    code: "ROLE_TOO_LOW",
    why: "this needs the role admin; yours is operator",
  })
})
