import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import * as z from "zod"
import { redact, secretField } from "./redact.ts"
import { auditShapes } from "./shapes.ts"

const shape = z.object({ name: z.string(), password: secretField })

test("what the schema does not name is not kept", () => {
  const given = { name: "anna", passwordHash: "$argon2id$…", token: "pgs_x" }
  assert.deepEqual(redact(shape, undefined, given), {
    before: undefined,
    after: { name: "anna" },
  })
})

test("of a secret it is kept whether it changed, and never what it is", () => {
  const same = redact(shape, { password: "a" }, { password: "a" })
  assert.deepEqual(same, { before: { password: "(secret)" }, after: { password: "(secret)" } })
  const other = redact(shape, { password: "a" }, { password: "b" })
  assert.deepEqual(other, {
    before: { password: "(secret)" },
    after: { password: "(new secret)" },
  })
})

test("an extension's parameters are secret, PostgreSQL's own are not", () => {
  const spec = (key: string) => ({ parameters: { work_mem: "4MB", "vault.key": key } })
  assert.deepEqual(redact(auditShapes.profile, { spec: spec("s3cret") }, { spec: spec("0ther") }), {
    before: { spec: { parameters: { work_mem: "4MB", "vault.key": "(secret)" } } },
    after: { spec: { parameters: { work_mem: "4MB", "vault.key": "(new secret)" } } },
  })
})

test("no resource keeps a field that is called like a secret, unless it is hidden", () => {
  const needle = "hunter2"
  const secretish = /password|secret|token|hash|nonce|private|credential/i
  for (const [resource, fields] of Object.entries(auditShapes))
    for (const name of Object.keys(fields.shape).filter((one) => secretish.test(one))) {
      const kept = JSON.stringify(redact(fields, { [name]: needle }, { [name]: `${needle}!` }))
      assert.ok(!kept.includes(needle), `${resource}.${name} is kept as it is: ${kept}`)
    }
})

test("whatever the values, none of a hidden one is left", () => {
  fc.assert(
    fc.property(fc.uuid(), fc.uuid(), (was, is) => {
      const kept = JSON.stringify(
        redact(shape, { name: "n", password: { deep: [was] } }, { name: "n", password: is }),
      )
      assert.ok(!kept.includes(was) && !kept.includes(is))
    }),
  )
})
