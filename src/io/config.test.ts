import assert from "node:assert/strict"
import { test } from "node:test"
import { z } from "zod"
import { configProblems, formatHostPort, hostPort, readConfig } from "#io/config.ts"

const schema = z.object({
  LISTEN: hostPort.prefault("0.0.0.0:8080"),
  NAME: z.string(),
  COUNT: z.coerce.number().int("expected a whole number").optional(),
})

test("every mistake is told at once, with the name of its variable", () => {
  const read = readConfig(schema, { LISTEN: "nowhere", COUNT: "1.5" })
  assert.equal(read.kind, "bad")
  assert.equal(
    configProblems(read.problems),
    "LISTEN: expected host:port, e.g. 0.0.0.0:8080\nNAME: is missing; set it\nCOUNT: expected a whole number",
  )
})

test("an empty variable counts as absent, and variables of others are not looked at", () => {
  const read = readConfig(schema, { LISTEN: "", NAME: "n", COUNT: "", PATH: "/bin" })
  assert.deepEqual(read, {
    kind: "ok",
    value: { LISTEN: { host: "0.0.0.0", port: 8080 }, NAME: "n" },
  })
})

test("addresses are read and written the same, IPv6 in brackets", () => {
  for (const text of ["localhost:80", "127.0.0.1:0", "[::1]:9090"])
    assert.equal(formatHostPort(hostPort.parse(text)), text)
  for (const text of ["localhost", ":80", "::1:80", "host:70000", "a b:80", "host:"])
    assert.equal(hostPort.safeParse(text).success, false, text)
})
