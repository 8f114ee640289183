/**
 * The seeded worlds as a test: enough of them that every fault and every state of the protocol is gone through.
 * `PG_SWARM_SIM_SEEDS` asks for another number.
 */
import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { join } from "node:path"
import { test } from "node:test"
import { run } from "./run.ts"

const seeds = process.env["PG_SWARM_SIM_SEEDS"] ?? "2000"
const script = (name: string, ...words: readonly string[]): number | null =>
  spawnSync(process.execPath, [join(import.meta.dirname, name), ...words], {
    stdio: ["ignore", "inherit", "inherit"],
  }).status

test("a seed replays exactly: the same log, to the millisecond", async () => {
  const plan = { seed: 7, members: 3, durability: "quorum", preset: "fast", verbose: true } as const
  const [first, second] = [await run(plan), await run(plan)]
  // Ids of jobs are real chance; nothing is decided by them.
  const plain = (log: readonly string[]): readonly string[] =>
    log.map((line) => line.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "id"))
  assert.deepEqual(plain(first.log), plain(second.log))
  assert.ok(first.log.length > 100)
})

test(`S1, S2, S3, S4, L1, L2: ${seeds} worlds of faults break no promise, and go through every state`, () => {
  assert.equal(script("main.ts", "--seeds", seeds), 0)
})

test("R2, R3, R4, R5, R6, R7, R8, R9, R10, R12, R13: every mistake planted in a rule is found", () => {
  assert.equal(script("run-mutants.ts"), 0)
})
