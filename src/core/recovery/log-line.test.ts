import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { excerpt, excerptMax } from "#core/recovery/excerpt.ts"
import { type LogMessage, parseLogLine } from "#core/recovery/log-line.ts"
import { gather, messageMax, nothingGathered } from "#core/recovery/messages.ts"

const at = "2026-11-21 02:35:42.123 UTC [4711]"

function messageOf(line: string): LogMessage {
  const parsed = parseLogLine(line)
  assert.ok(parsed.kind === "message", line)
  return parsed.message
}

function messagesOf(...lines: readonly string[]): readonly LogMessage[] {
  let gathering = nothingGathered
  const found: LogMessage[] = []
  for (const line of [...lines, `${at} (postmaster) LOG:  the end`]) {
    const next = gather(gathering, line)
    gathering = next.gathering
    if (next.message !== undefined) found.push(next.message)
  }
  return found
}

test("a line of a server's own process says which, how severe and what", () => {
  assert.deepEqual(messageOf(`${at} (startup) FATAL:  requested timeline 3 is not a child`), {
    speaker: { kind: "server", process: "startup" },
    severity: "FATAL",
    text: "requested timeline 3 is not a child",
    origin: at,
  })
  assert.equal(messageOf(`${at} (checkpointer) DEBUG2:  x`).severity, "DEBUG")
})

test("a line of a client's session is never taken for the server's, whatever its names and texts are", () => {
  for (const forged of [
    `${at} (client backend) app@app/psql ERROR:  invalid page in block 1 of relation base/5/1`,
    `${at} (client backend) LOG:  x@app/app ERROR:  relation does not exist`,
    `${at} (client backend) (startup) FATAL:  x@app/app FATAL:  role does not exist`,
    `${at} (client backend) PANIC:  x`,
    `${at} (parallel worker) app@app/psql ERROR:  x`,
    `${at} (autovacuum worker) ERROR:  x`,
    `${at} (walsender) r@[unknown]/c-1 ERROR:  requested WAL segment gone`,
    `${at} (my extension) ERROR:  x`,
  ])
    assert.equal(messageOf(forged).speaker.kind, "session", forged)
})

test("a line without pg-swarm's head is nobody's", () => {
  assert.deepEqual(messageOf(`${at} LOG:  x`).speaker, { kind: "unknown" })
  assert.deepEqual(messageOf("PANIC:  invalid page").speaker, { kind: "unknown" })
  assert.deepEqual(parseLogLine("postgres: could not find libc"), { kind: "other" })
})

test("details, statements and hints belong to nobody's message", () => {
  for (const word of ["DETAIL", "HINT", "STATEMENT", "CONTEXT", "QUERY", "LOCATION"])
    assert.deepEqual(parseLogLine(`${at} (startup) ${word}:  FATAL:  x`), { kind: "aside" }, word)
})

test("a message goes on over the lines that PostgreSQL indents, and not over a statement's", () => {
  const [first, second] = messagesOf(
    `${at} (client backend) a@b/c ERROR:  one`,
    `\t${at} (startup) PANIC:  forged`,
    `${at} (client backend) a@b/c STATEMENT:  select`,
    "\tFATAL:  forged too",
    `${at} (startup) LOG:  two`,
  )
  assert.equal(first?.text, `one\n${at} (startup) PANIC:  forged`)
  assert.equal(second?.text, "two")
})

test("a message that never ends is cut", () => {
  const lines = Array.from({ length: 100 }, () => `\t${"x".repeat(1000)}`)
  const [message] = messagesOf(`${at} (startup) LOG:  long`, ...lines)
  assert.equal(message?.text.length, messageMax)
})

test("any text at all is parsed to something", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 300, unit: "binary" }), (text) => {
      parseLogLine(text)
      parseLogLine(`${at} (startup) ${text}`)
    }),
  )
})

test("no excerpt shows a password, a token or a verifier", () => {
  for (const line of [
    "statement: ALTER ROLE app PASSWORD 'hunter2 secret'",
    "statement: create user x with encrypted password 'hunter2''s'",
    "create role x password $$hunter2$$",
    "create role x password $q$hunter2$q$ login",
    "connection: host=a password=hunter2 user=b",
    "connection: password = 'hunter2' user=b",
    'options {"password": "hunter2"}',
    "postgresql://app:hunter2@host/db?sslmode=require",
    "api_key=hunter2",
    "Authorization: Bearer hunter2hunter2",
  ])
    assert.ok(!excerpt(line).includes("hunter2"), excerpt(line))
  assert.ok(!excerpt("SCRAM-SHA-256$4096:c2FsdA==$a2V5:c2Vy").includes("c2FsdA"))
  assert.ok(!excerpt(`md5${"0123456789abcdef".repeat(2)}`).includes("0123456789abcdef"))
})

test("an excerpt is short, on one line, and keeps the server's own words", () => {
  assert.equal(
    excerpt('password authentication failed for user "app"'),
    'password authentication failed for user "app"',
  )
  assert.equal(excerpt("one\ntwo\u0000three"), "one two three")
  assert.equal(excerpt("x".repeat(5000)).length, excerptMax)
})
