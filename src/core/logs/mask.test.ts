import assert from "node:assert/strict"
import { test } from "node:test"
import { masked, plainMemory } from "./mask.ts"

/** The lines of one message, masked one after the other. */
function through(...lines: readonly string[]): readonly string[] {
  let memory = plainMemory
  return lines.map((line) => {
    const result = masked(memory, line)
    memory = result.memory
    return result.text
  })
}

const secrets: Readonly<Record<string, readonly string[]>> = {
  "a statement": [
    "LOG:  statement: CREATE ROLE app LOGIN PASSWORD 's3cret' VALID UNTIL 'infinity'",
  ],
  "lower case": ["LOG:  statement: alter user app with encrypted password 's3cret';"],
  "a doubled quote": ["STATEMENT:  ALTER ROLE app PASSWORD 'a''s3cret'"],
  "a literal that begins with a quote": ["STATEMENT:  ALTER ROLE app PASSWORD '''s3cret'"],
  "an escape string": ["STATEMENT:  ALTER ROLE app PASSWORD E'a\\'s3cret' VALID UNTIL 'infinity'"],
  "a dollar quote": ["STATEMENT:  ALTER ROLE app PASSWORD $x$s3cret$x$"],
  "a statement within a string": ["STATEMENT:  EXECUTE 'ALTER ROLE app PASSWORD ''s3cret''';"],
  "two strings deep": ["STATEMENT:  SELECT 'EXECUTE ''ALTER ROLE a PASSWORD ''''s3cret''''''';"],
  "a comment between": ["STATEMENT:  ALTER ROLE app PASSWORD /* new */ 's3cret'"],
  "a literal on the next line": [
    "STATEMENT:  ALTER ROLE app PASSWORD -- new",
    "\t\t's3cret' LOGIN",
  ],
  "a literal of two lines": ["STATEMENT:  ALTER ROLE app PASSWORD 'one", "\ts3cret' LOGIN"],
  "a literal of three lines": ["STATEMENT:  ALTER ROLE app PASSWORD 'one", "\ts3cret", "\ts3cret'"],
  "two of them": ["STATEMENT:  ALTER ROLE a PASSWORD 's3cret'; ALTER ROLE b PASSWORD 's3cret'"],
  "one without an end": ["STATEMENT:  ALTER ROLE a PASSWORD 's3cret"],
  "no literal at all": ["STATEMENT:  ALTER ROLE a PASSWORD s3cret"],
  "a connection string": [
    "LOG:  statement: CREATE SUBSCRIPTION s CONNECTION 'host=a password=s3cret'",
  ],
  "a connection string in quotes": ["LOG:  primary_conninfo to \"user=a password=''s3cret''\""],
  "a URL": ["LOG:  dblink('postgres://app:s3cret@db/app')"],
  "a verifier": ["LOG:  x SCRAM-SHA-256$4096:c2FsdA==$s3cret:c2VydmVy"],
  "our own JSON": [`{"level":"warn","statement":"ALTER ROLE a PASSWORD 's3cret'"}`],
}

for (const [what, lines] of Object.entries(secrets))
  test(`a password does not pass: ${what}`, () => {
    const shown = through(...lines).join("\n")
    assert.doesNotMatch(shown, /s3cret|c2VydmVy/)
    assert.match(shown, /\[redacted\]/)
  })

test("an md5 hash of a password does not pass", () => {
  const hash = `md5${"0123456789abcdef".repeat(2)}`
  assert.equal(through(`LOG:  ${hash} is known`)[0], "LOG:  md5[redacted] is known")
})

test("what stands around a password passes, and so does what only speaks of one", () => {
  assert.deepEqual(
    through(
      "LOG:  statement: ALTER ROLE app PASSWORD 'x' VALID UNTIL '2030-01-01'; SELECT 'y'",
      'FATAL:  password authentication failed for user "app"',
      "LOG:  statement: ALTER ROLE app PASSWORD NULL",
      "LOG:  statement: ALTER ROLE app PASSWORD ''; SELECT 1",
      "LOG:  parameter \"password_encryption\" changed to 'scram-sha-256'",
      "\tfurther text",
      "LOG:  connection received: host=10.0.0.1 port=5432",
    ),
    [
      "LOG:  statement: ALTER ROLE app PASSWORD '[redacted]' VALID UNTIL '2030-01-01'; SELECT 'y'",
      'FATAL:  password authentication failed for user "app"',
      "LOG:  statement: ALTER ROLE app PASSWORD NULL",
      "LOG:  statement: ALTER ROLE app PASSWORD ''; SELECT 1",
      "LOG:  parameter \"password_encryption\" changed to 'scram-sha-256'",
      "\tfurther text",
      "LOG:  connection received: host=10.0.0.1 port=5432",
    ],
  )
})

test("what a message leaves open ends with the message", () => {
  const shown = through(
    "STATEMENT:  ALTER ROLE a PASSWORD 'x",
    "LOG:  the next message",
    "\tand more",
  )
  assert.deepEqual(shown.slice(1), ["LOG:  the next message", "\tand more"])
})
