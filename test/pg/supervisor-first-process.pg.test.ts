/** The supervisor as a container runs it: first process of a process id space of its own. */
import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { test } from "node:test"
import { Instance, childrenOf } from "./instance.ts"
import { testOnce } from "./versions.ts"
import { millis } from "#core/units.ts"

/** Never 0, which would be everybody in the test's own group. */
const pidOf = (found: { readonly pid: number } | undefined): number =>
  found?.pid ?? assert.fail("the process is there")

const namespaces = spawnSync("unshare", ["--pid", "--fork", "--mount-proc", "true"]).status === 0

if (!namespaces)
  test("the supervisor as first process", {
    skip: "this account may not make process id namespaces",
  })
else {
  await testOnce("as first process it reaps every orphan of a killed postmaster", async (pg) => {
    await using instance = await Instance.create(pg, { space: "first" })
    await instance.boot()
    await instance.initialise()
    await instance.startPrimary(1)
    const client = await instance.client()
    await using reports = instance.listen()
    const servers = () =>
      childrenOf(instance.firstProcess).filter(({ name }) => name === "postgres")
    const [postmaster] = servers()
    process.kill(pidOf(postmaster), "SIGKILL")
    assert.equal((await reports.next("server-gone")).cause, "crashed")
    await client.end().catch(() => undefined)
    assert.deepEqual(servers(), [])
    await instance.startPrimary(1)
  })

  await testOnce("a server whose orphans nobody buries is gone all the same", async (pg) => {
    await using instance = await Instance.create(pg, { space: "unburied" })
    await instance.boot()
    await instance.initialise()
    await instance.startPrimary(1)
    const client = await instance.client()
    await using reports = instance.listen()
    const supervisor = childrenOf(instance.firstProcess).find(({ name }) => name === "bash")
    const postmaster = childrenOf(pidOf(supervisor)).find(({ name }) => name === "postgres")
    process.kill(pidOf(postmaster), "SIGKILL")
    assert.equal((await reports.next("server-gone")).cause, "crashed")
    await client.end().catch(() => undefined)
    const orphans = childrenOf(instance.firstProcess).filter(({ name }) => name === "postgres")
    assert.ok(orphans.length > 0, "its processes are dead and still listed")
    assert.deepEqual(new Set(orphans.map(({ state }) => state)), new Set(["Z"]))
    await instance.startPrimary(1)
  })

  await testOnce("as first process it hears SIGTERM and ends with nothing left", async (pg) => {
    await using instance = await Instance.create(pg, { space: "first" })
    await instance.boot()
    await instance.initialise()
    await instance.startPrimary(1)
    await instance.supervisor.pulse()
    process.kill(instance.firstProcess, "SIGTERM")
    await instance.order({ kind: "stop-fast", within: millis(10_000) })
    assert.equal(await instance.ended(), 0)
  })
}
