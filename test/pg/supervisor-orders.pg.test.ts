import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { readFile, stat, writeFile } from "node:fs/promises"
import { constants, openSync, closeSync, writeSync } from "node:fs"
import { Instance, eventually, supervisorScript } from "./instance.ts"
import { testOnce } from "./versions.ts"
import { term } from "#core/ids.ts"
import { uptimeNow } from "#io/supervisor/uptime.ts"

const ahead = (ms: number): number => uptimeNow() + ms

await testOnce("the supervisor boots in hold, with a nonce that is new each time", async (pg) => {
  await using instance = await Instance.create(pg)
  const first = await instance.boot()
  assert.deepEqual(first.running, { kind: "nothing" })
  await instance.initialise()
  instance.kill("SIGKILL")
  await instance.ended()
  const second = await instance.boot()
  assert.notEqual(second.bootNonce, first.bootNonce)
  assert.deepEqual(second.running, { kind: "nothing" })
})

await testOnce("the first server that an order starts is a standby", async (pg) => {
  await using instance = await Instance.create(pg)
  await instance.boot()
  await instance.initialise()
  await instance.startStandby()
  assert.equal(await instance.sql("select pg_is_in_recovery()"), "true")
})

await testOnce("orders that can not be obeyed are refused with a reason", async (pg) => {
  await using instance = await Instance.create(pg)
  await instance.boot()
  const { refused } = bound(instance)
  assert.match(await refused({ kind: "start-standby" }), /no data directory/)
  assert.match(await refused({ kind: "stop-immediate" }), /no server runs/)
  assert.match(await refused({ kind: "arm", term: term(1), deadline: ahead(9000) }), /no server/)
  assert.match(
    await refused({ kind: "run-job", job: "j", name: "clone", source: undefined }),
    /no proper host/,
  )
  assert.match(
    await refused({ kind: "run-job", job: "j", name: "clone", source: { host: "h", port: 1 } }),
    /needs the system identifier/,
  )
  assert.match(
    await refused({ kind: "run-job", job: "a b", name: "initdb", source: undefined }),
    /not a word/,
  )
  assert.match(await refused({ kind: "cancel-job", job: "none" }), /does not run/)
  await instance.initialise()
  const start = (t: number, deadline: number): Promise<string> =>
    refused({ kind: "start-primary", term: term(t), deadline })
  assert.match(await start(1, ahead(-1000)), /has passed/)
  assert.match(await start(1, ahead(10_000_000)), /too far/)
  await instance.startPrimary(5)
  assert.match(await start(6, ahead(9000)), /busy: primary/)
  assert.match(await refused({ kind: "arm", term: term(4), deadline: ahead(9000) }), /lower than 5/)
  await instance.stop()
  assert.match(await start(4, ahead(9000)), /lower than 5/)
})

await testOnce("a standby's data directory never starts as a primary", async (pg) => {
  await using instance = await Instance.create(pg)
  await instance.boot()
  await instance.initialise()
  await instance.startStandby()
  await instance.stop()
  const reason = await instance.refused({
    kind: "start-primary",
    term: term(2),
    deadline: ahead(60_000),
  })
  assert.match(reason, /not a primary's data directory: shut down in recovery/)
})

await testOnce("junk on the order pipe is refused and changes nothing", async (pg) => {
  await using instance = await Instance.create(pg)
  const { bootNonce } = await instance.boot()
  await instance.initialise()
  await instance.startPrimary(1)
  const before = await instance.supervisor.status()
  const junk: readonly (string | Buffer)[] = [
    "\n",
    "start-standby\n",
    `${bootNonce}\n`,
    `${bootNonce} id-1\n`,
    `${bootNonce} id-2 dance\n`,
    `${bootNonce} id-3 stop-fast\n`,
    `${bootNonce} id-4 stop-fast -1\n`,
    `${bootNonce} id-5 stop-fast 1 2\n`,
    `${bootNonce} id-6 arm 1 a[$(touch${instance.path("run/hacked")})]\n`,
    `${bootNonce} id-7 $(id) x\n`,
    `${bootNonce} id-8 * x\n`,
    `${bootNonce} i;d stop-immediate\n`,
    `0123456789abcdef id-9 stop-immediate\n`,
    `${bootNonce} id-10 run-job j initdb - - - x\n`,
    `${"x".repeat(60_000)}\n`,
    `${bootNonce} id-11 stop-immediate ${" ".repeat(3000)}\n`,
    Buffer.from([0, 255, 10, 0, 1, 2, 3, 128, 10]),
    `${bootNonce} id-12 stop-immed`,
  ]
  const pipe = instance.path("run/supervisor/orders")
  for (const bytes of junk) {
    const fd = openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK)
    writeSync(fd, Buffer.from(bytes))
    closeSync(fd)
  }
  const reports = (): Promise<string> => readFile(instance.path("run/supervisor/reports"), "utf8")
  await eventually("the truncated order is refused", async () =>
    (await reports()).includes("refused order without end"),
  )
  const said = await reports()
  for (const id of ["id-2", "id-3", "id-4", "id-5", "id-6", "id-7", "id-8", "id-9", "id-10"])
    assert.match(said, new RegExp(`answer ${id} refused .`), id)
  assert.ok(!said.includes(" done\n") || !/answer id-\d+ done/.test(said))
  assert.equal(await instance.sql("select 1"), "1")
  const after = await instance.supervisor.status()
  assert.deepEqual(after?.running, before?.running)
  assert.equal(after?.deadline, before?.deadline)
  // And it still obeys.
  await instance.stop()
})

await testOnce(
  "a deadline file that is not meant for this run does not move the deadline",
  async (pg) => {
    await using instance = await Instance.create(pg)
    const { bootNonce } = await instance.boot()
    await instance.initialise()
    await using reports = instance.listen()
    await instance.startPrimary(3, 4000)
    const file = instance.path("run/supervisor/deadline")
    for (const content of [
      `${"0".repeat(32)} 3 ${ahead(60_000)}\n`,
      `${bootNonce} 2 ${ahead(60_000)}\n`,
      `${bootNonce} 3 ${ahead(60_000_000)}\n`,
      `${bootNonce} 3 x\n`,
      `${bootNonce} 3\n`,
      "",
    ]) {
      await writeFile(file, content)
      const seen = (await instance.supervisor.status())?.at ?? 0
      await eventually(
        "it was looked at",
        async () => ((await instance.supervisor.status())?.at ?? 0) > seen + 200,
      )
    }
    assert.equal((await reports.next("server-gone")).cause, "fenced")
  },
)

await testOnce("reports are kept in order when there are more than the file holds", async (pg) => {
  await using instance = await Instance.create(pg)
  await instance.boot()
  for (let batch = 0; batch < 30; batch += 1) {
    const orders = Array.from({ length: 30 }, () => instance.refused({ kind: "stop-immediate" }))
    for (const reason of await Promise.all(orders)) assert.match(reason, /no server runs/)
  }
  const text = await readFile(instance.path("run/supervisor/reports"), "utf8")
  assert.ok(text.split("\n").length < 420, "the file is bounded")
  const numbers = text
    .split("\n")
    .slice(1, -1)
    .map((line) => Number.parseInt(line, 10))
  assert.deepEqual(
    numbers,
    numbers.map((_, at) => (numbers[0] ?? 0) + at),
  )
})

await testOnce(
  "the liveness probe passes while the loop turns and fails when it is frozen",
  async (pg) => {
    await using instance = await Instance.create(pg)
    await instance.boot()
    const probe = (): string => {
      try {
        execFileSync("bash", [supervisorScript, "--alive"], {
          env: { PG_SWARM_RUN_DIR: instance.path("run") },
          stdio: "ignore",
        })
        return "alive"
      } catch {
        return "not alive"
      }
    }
    assert.equal(probe(), "alive")
    instance.kill("SIGSTOP")
    await eventually("the probe fails", () => probe() === "not alive")
    await eventually("its status is not believed any more", async () => {
      return (await instance.supervisor.status()) === undefined
    })
    instance.kill("SIGCONT")
    await eventually("the probe passes again", () => probe() === "alive")
  },
)

await testOnce(
  "an order to a supervisor that is not there is an outage, not a refusal",
  async (pg) => {
    await using instance = await Instance.create(pg)
    const order = (): Promise<unknown> =>
      instance.supervisor.order({ kind: "start-standby" }, AbortSignal.timeout(5000))
    await assert.rejects(order, { code: "SUPERVISOR_SILENT" })
    await assert.rejects(instance.supervisor.extendDeadline(ahead(1000)), {
      code: "SUPERVISOR_SILENT",
    })
    await instance.boot()
    await assert.rejects(instance.supervisor.extendDeadline(ahead(1000)), { code: "NOT_PRIMARY" })
    instance.kill("SIGSTOP")
    await assert.rejects(
      () => instance.supervisor.order({ kind: "start-standby" }, AbortSignal.timeout(500)),
      { code: "SUPERVISOR_SILENT" },
    )
  },
)

await testOnce(
  "in its steady state the supervisor starts one process for each look at a disk, and no other",
  async (pg) => {
    await using instance = await Instance.create(pg)
    await instance.boot()
    await instance.initialise()
    await instance.startPrimary(1)
    /** Page faults of children that ended and were waited for: every process ever started has some. */
    const ofChildren = async (): Promise<string | undefined> => {
      const line = await readFile(`/proc/${instance.pid}/stat`, "utf8")
      return line.slice(line.lastIndexOf(")") + 2).split(" ")[8]
    }
    const looked = async (): Promise<bigint> =>
      (await stat(instance.path("data/pg-swarm/disk-probe"), { bigint: true })).mtimeNs
    /** When the disk was last looked at, each time that children had ended. */
    const ends: bigint[] = []
    let before = await ofChildren()
    const began = uptimeNow()
    while (ends.length < 4 && uptimeNow() < began + 60_000) {
      await instance.supervisor.pulse()
      await instance.supervisor.extendDeadline(ahead(60_000))
      await instance.refused({ kind: "start-standby" })
      const after = await ofChildren()
      if (after !== before) ends.push(await looked())
      before = after
    }
    assert.equal(ends.length, 4, "the disk is looked at")
    assert.ok(uptimeNow() - began > 6000, "not more often than every three seconds")
    assert.equal(new Set(ends).size, ends.length, "each end is that of another look")
  },
)

await testOnce("no secret is on a command line, in a report or in the log", async (pg) => {
  await using instance = await Instance.create(pg)
  await instance.boot()
  const lines: string[] = []
  const over = new AbortController()
  const ended = instance.job("initdb").finally(() => {
    over.abort()
  })
  while (!over.signal.aborted) {
    lines.push(execFileSync("ps", ["-eo", "args"], { encoding: "utf8" }))
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  const { output } = await ended
  const reports = await readFile(instance.path("run/supervisor/reports"), "utf8")
  for (const secret of [instance.superuserPassword, instance.replicationPassword])
    assert.ok(![...lines, output, reports, instance.output].join("\n").includes(secret))
})

function bound(instance: Instance): { refused: Instance["refused"] } {
  return { refused: (order) => instance.refused(order) }
}
