import assert from "node:assert/strict"
import { readFile } from "node:fs/promises"
import { test } from "node:test"
import { run } from "./run.ts"
import { millis, seconds } from "#core/units.ts"

test("a program's exit code and both of its outputs are answered", async () => {
  const ran = await run("bash", ["-c", "cat; echo err >&2; exit 3"], {
    within: seconds(20),
    input: "in",
  })
  assert.deepEqual(ran, { exitCode: 3, stdout: "in", stderr: "err\n" })
})

test("output is kept to its end, not without limit", async () => {
  const { stdout } = await run("bash", ["-c", "head -c 1000000 /dev/zero | tr '\\0' x; echo end"], {
    within: seconds(20),
  })
  assert.ok(stdout.length <= 64 * 1024)
  assert.ok(stdout.endsWith("xend\n"))
})

test(
  "a program that takes too long is ended together with what it started",
  { timeout: 30_000 },
  async () => {
    const failure: unknown = await run("bash", ["-c", "sleep 1000 & echo $! >&2; wait"], {
      within: millis(500),
    }).catch((error: unknown) => error)
    assert.ok(failure instanceof Error)
    assert.match(failure.message, /did not end within 500 ms/)
    const child = Number(/(\d+)\s*$/.exec(failure.message)?.[1])
    assert.ok(child > 1)
    // Killed; whoever inherits it may take a while to reap it.
    const runs = async (): Promise<boolean> =>
      readFile(`/proc/${child}/stat`, "utf8").then(
        (stat) => !/\) [ZX] /.test(stat),
        () => false,
      )
    while (await runs()) await new Promise((resolve) => setTimeout(resolve, 10))
  },
)

test("a program is ended when its owner gives up, and one that is not there is an outage", async () => {
  const stop = new AbortController()
  const ran = run("sleep", ["1000"], { within: seconds(60), signal: stop.signal })
  stop.abort()
  await assert.rejects(ran, { code: "PROGRAM_STOPPED" })
  await assert.rejects(run("/nowhere/at-all", [], { within: seconds(5) }), {
    code: "PROGRAM_NOT_STARTED",
  })
})

test(
  "a program whose owner gave up before it began is ended too",
  { timeout: 30_000 },
  async () => {
    const signal = AbortSignal.abort()
    await assert.rejects(run("sleep", ["1000"], { within: seconds(60), signal }), {
      code: "PROGRAM_STOPPED",
    })
  },
)
