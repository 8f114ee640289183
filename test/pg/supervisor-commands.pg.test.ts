/** Commands of recovery rules, which the supervisor runs by their names beside whatever else runs. */
import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { chmod, mkdir, writeFile } from "node:fs/promises"
import { millis } from "#core/units.ts"
import type { Order } from "#io/supervisor/supervisor.ts"
import { Instance } from "./instance.ts"
import { testOnce } from "./versions.ts"

const named = (command: string, within = 30_000): Order => ({
  kind: "run-command",
  job: `job-of-${command.length}`,
  command,
  within: millis(within),
})

/** Puts a command into the image. */
async function offer(instance: Instance, name: string, script: string): Promise<void> {
  await mkdir(instance.path("commands"), { recursive: true })
  await chmod(instance.path("commands"), 0o755)
  await writeFile(instance.path("commands", name), `#!/bin/bash\n${script}\n`)
  await chmod(instance.path("commands", name), 0o755)
}

/** Whether a process does anything still; one that only nobody buried does not. */
function lives(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, "utf8"))
  } catch {
    return false
  }
}

await testOnce("a command runs by its name, and its end and output are reported", async (pg) => {
  await using instance = await Instance.create(pg)
  await offer(instance, "say-much", "echo first; head -c 100000 /dev/zero | tr '\\0' x; exit 7")
  await instance.boot()
  await instance.initialise()
  await using reports = instance.listen()
  await instance.order(named("control-data"))
  const control = await reports.next("command-ended")
  assert.equal(control.exitCode, 0)
  assert.match(control.output, /Database system identifier/)
  await instance.order(named("say-much"))
  const much = await reports.next("command-ended")
  assert.equal(much.exitCode, 7)
  assert.ok(much.output.length <= 16 * 1024 && much.output.startsWith("first"))
})

await testOnce("a command that does not end is killed, with all that it began", async (pg) => {
  await using instance = await Instance.create(pg)
  await offer(instance, "hang", "sleep 100 & echo $! >&1; wait")
  await instance.boot()
  await using reports = instance.listen()
  await instance.order(named("hang", 500))
  assert.match(await instance.refused(named("disk-usage")), /another command runs/)
  const { exitCode, output } = await reports.next("command-ended")
  assert.notEqual(exitCode, 0)
  const left = Number(output.trim())
  assert.ok(left > 0)
  assert.ok(!lives(left))
  await instance.order(named("disk-usage"))
  assert.equal((await reports.next("command-ended")).exitCode, 0)
})

await testOnce("what the image does not offer under a plain name is refused", async (pg) => {
  await using instance = await Instance.create(pg)
  await offer(instance, "real", "echo yes")
  await writeFile(instance.path("commands", "no-program"), "text")
  await instance.boot()
  for (const name of ["missing", "no-program"])
    assert.match(await instance.refused(named(name)), /the image has no command/)
  for (const name of ["../real", "/bin/sh", "Real", "real;id", "$(id)", "-x", "real-"])
    assert.match(await instance.refused(named(name)), /not the name of a command/, name)
})
