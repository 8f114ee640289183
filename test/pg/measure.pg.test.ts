/** What is measured of a server, over a connection that stays and that nobody must ever wait for. */
import assert from "node:assert/strict"
import { setTimeout as sleep } from "node:timers/promises"
import { measureServer } from "../../src/failover/measure.ts"
import { LocalServer } from "../../src/failover/local-server.ts"
import { systemClock } from "#io/clock.ts"
import { Instance } from "./instance.ts"
import { testOnce } from "./versions.ts"

const sessions = "select string_agg(pid::text, ' ' order by pid) from pg_stat_activity"

const within = <T>(ms: number, work: Promise<T>): Promise<T> =>
  Promise.race([work, sleep(ms).then(() => Promise.reject(new Error("it is waited for")))])

await testOnce(
  "a server is measured over one connection that stays, and another when it breaks",
  async (binaries) => {
    await using instance = await Instance.create(binaries)
    await instance.boot()
    await instance.initialise()
    await instance.startPrimary(1)
    await instance.answering()
    await using server = new LocalServer({
      runDir: instance.path("run"),
      password: instance.superuserPassword,
      now: () => systemClock.now(),
    })
    const signal = new AbortController()
    const measured = () => server.measure(measureServer, signal.signal)
    const measuring = async (): Promise<number> => {
      const found = await instance.sql(
        `${sessions} where application_name = 'pg_swarm_failover' and query like '%pg_ls_waldir%'`,
      )
      return Number(found)
    }

    const first = await measured()
    assert.equal(first.connectionsMax, 30)
    assert.ok((first.dataBytes ?? 0) > 1_000_000)
    assert.ok((first.walBytes ?? 0) >= 16 * 1024 * 1024)
    assert.equal(first.lagSeconds, 0)
    const backend = await measuring()
    assert.deepEqual((await measured()).startedAt, first.startedAt)
    assert.equal(await measuring(), backend, "the same connection")

    await instance.sql(`select pg_terminate_backend(${backend}, 5000)`)
    await measured().catch(() => undefined)
    assert.equal((await measured()).connectionsMax, 30)
    const next = await measuring()
    assert.ok(next > 0 && next !== backend)

    // Whoever looks gives up both connections when one does not answer, and does not wait for the other.
    process.kill(next, "SIGSTOP")
    try {
      await within(3000, server.forget())
    } finally {
      process.kill(next, "SIGCONT")
    }

    assert.equal((await measured()).connectionsMax, 30)
    const last = await measuring()
    process.kill(last, "SIGSTOP")
    try {
      const stuck = measured()
      assert.equal((await server.look()).kind, "primary", "looks go on")
      signal.abort()
      await assert.rejects(within(3000, stuck), /Connection terminated/)
    } finally {
      process.kill(last, "SIGCONT")
    }
  },
)
