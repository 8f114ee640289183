import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import * as z from "zod"
import { parseControlFile } from "./control-file.ts"

/** First 320 bytes of pg_control of freshly made servers, and the identifier that the server itself says. */
const fixtures = z
  .array(z.object({ major: z.number(), systemIdentifier: z.string(), hex: z.string() }))
  .parse(
    JSON.parse(
      readFileSync(join(import.meta.dirname, "../../../test/fixtures/pg-control.json"), "utf8"),
    ),
  )

test("control files of PostgreSQL 15, 16, 17 and 18 are read", () => {
  assert.deepEqual(
    fixtures.map(({ major }) => major),
    [15, 16, 17, 18],
  )
  for (const { systemIdentifier, hex } of fixtures) {
    const parsed = parseControlFile(Buffer.from(hex, "hex"))
    assert.equal(parsed.kind, "ok")
    assert.equal(parsed.value.systemIdentifier, systemIdentifier)
    assert.equal(parsed.value.state, "shut down")
    assert.equal(parsed.value.timeline, 1)
    assert.equal(parsed.value.minRecoveryEnd, 0n)
    assert.ok(parsed.value.checkpoint > 0x1000000n)
    assert.deepEqual(
      [...parsed.value.standbyNeeds],
      [
        ["max_connections", 100],
        ["max_worker_processes", 8],
        ["max_wal_senders", 10],
        ["max_prepared_transactions", 0],
        ["max_locks_per_transaction", 64],
      ],
    )
  }
})

test("a control file with any bit turned over is refused", () => {
  for (const { hex } of fixtures) {
    for (let at = 0; at < 288; at += 1) {
      const bytes = Buffer.from(hex, "hex")
      bytes.writeUInt8(bytes.readUInt8(at) ^ 0x10, at)
      assert.equal(parseControlFile(bytes).kind, "bad", `byte ${at}`)
    }
  }
})

test("a control file that is cut short is refused", () => {
  const bytes = Buffer.from(fixtures[0]?.hex ?? "", "hex")
  for (const length of [0, 8, 100, 295])
    assert.equal(parseControlFile(bytes.subarray(0, length)).kind, "bad")
})
