/** The orders of restarts that `src/core/rollout/passes.ts` gives, tried on a real primary and a real standby. */
import assert from "node:assert/strict"
import { chmod, chown, mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, test } from "node:test"
import pg from "pg"
import { standbySensitive } from "#core/rollout/passes.ts"
import { seconds } from "#core/units.ts"
import { findServerBinaries, type ServerBinaries } from "#io/postgres/binaries.ts"
import { type Account, serverAccount } from "#io/process/account.ts"
import { run } from "#io/process/run.ts"
import { eventually } from "../fixtures/site.ts"

type Settings = Readonly<Record<string, number>>

const [binaries] = await findServerBinaries({ path: process.env["PATH"] })
let account: Account | undefined
let folder: string

before(async () => {
  account = await serverAccount()
  folder = await mkdtemp(join(tmpdir(), "order-"))
  await chmod(folder, 0o755)
  if (account !== undefined) await chown(folder, account.uid, account.gid)
})
after(async () => {
  for (const member of [primary, standby]) await member.stop()
  await rm(folder, { recursive: true, force: true })
})

const dir = (): ServerBinaries["dir"] => {
  assert.ok(binaries !== undefined, "there is a server to ask")
  return binaries.dir
}
const command = (name: string, args: readonly string[]) =>
  run(join(dir(), name), args, { within: seconds(60), account, cwd: folder })

async function must(name: string, args: readonly string[]): Promise<void> {
  const { exitCode, stderr, stdout } = await command(name, args)
  assert.equal(exitCode, 0, `${name}: ${stderr}${stdout}`)
}

class Member {
  readonly #port: number
  #isUp = false
  constructor(port: number) {
    this.#port = port
  }
  get data(): string {
    return join(folder, `data-${this.#port}`)
  }
  get log(): string {
    return join(folder, `log-${this.#port}`)
  }

  /** Whether it started with these settings. */
  async start(settings: Settings): Promise<boolean> {
    const all = {
      listen_addresses: "''",
      unix_socket_directories: `'${folder}'`,
      port: this.#port,
      fsync: "off",
      hot_standby: "on",
      ...settings,
    }
    const options = Object.entries(all).map(([name, value]) => `-c ${name}=${value}`)
    const args = ["start", "-w", "-t", "50", "-D", this.data, "-l", this.log]
    const { exitCode } = await command("pg_ctl", [...args, "-o", options.join(" ")])
    this.#isUp = exitCode === 0
    return this.#isUp
  }

  async stop(): Promise<void> {
    if (!this.#isUp) return
    await must("pg_ctl", ["stop", "-w", "-m", "fast", "-D", this.data])
    this.#isUp = false
  }

  async restart(settings: Settings): Promise<boolean> {
    await this.stop()
    return this.start(settings)
  }

  async query(text: string): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({
      host: folder,
      port: this.#port,
      user: "postgres",
      database: "postgres",
    })
    client.on("error", () => {})
    await client.connect()
    try {
      return (await client.query<Record<string, unknown>>(text)).rows
    } finally {
      await client.end()
    }
  }
}

const primary = new Member(5501)
const standby = new Member(5502)

const caughtUp = async (): Promise<void> => {
  const [row] = await primary.query("select pg_current_wal_lsn()::text as lsn")
  await eventually("the standby replays what the primary has written", async () => {
    const [seen] = await standby.query(
      `select pg_last_wal_replay_lsn() >= '${String(row?.["lsn"])}'::pg_lsn
        and not pg_is_wal_replay_paused() as is_there`,
    )
    return seen?.["is_there"] === true
  })
}

const defaults: Settings = Object.fromEntries(standbySensitive)
const each = (change: (value: number) => number): Settings =>
  Object.fromEntries([...standbySensitive].map(([name, value]) => [name, change(value)]))
const high = each((value) => value + 20)

test("the parameters that standbys need have the defaults that are written down", async () => {
  await must("initdb", ["-D", primary.data, "-U", "postgres", "-A", "trust", "--no-sync"])
  assert.ok(await primary.start(high))
  const names = [...standbySensitive.keys()].map((name) => `'${name}'`).join(", ")
  const rows = await primary.query(
    `select name, boot_val, context from pg_settings where name in (${names})`,
  )
  assert.deepEqual(
    Object.fromEntries(rows.map((row) => [row["name"], Number(row["boot_val"])])),
    defaults,
  )
  assert.ok(rows.every((row) => row["context"] === "postmaster"))
})

test("a standby with a lower value than its primary does not start, whichever of them it is", async () => {
  const from = ["-h", folder, "-p", "5501", "-U", "postgres"]
  const how = ["-R", "-X", "stream", "-c", "fast", "--no-sync"]
  await must("pg_basebackup", ["-D", standby.data, ...from, ...how])
  for (const name of standbySensitive.keys()) {
    assert.equal(await standby.start({ ...high, [name]: Number(defaults[name]) }), false, name)
    const log = await readFile(standby.log, "utf8")
    assert.match(log, new RegExp(`${name} = ${defaults[name]} is a lower setting`), name)
  }
  assert.ok(await standby.start(high))
  await caughtUp()
})

test("primary first: what falls there falls on a standby as soon as that has replayed it", async () => {
  assert.ok(await primary.restart(defaults))
  await primary.query("create table after_falling as select 1")
  await caughtUp()
  assert.ok(await standby.restart(defaults))
  await caughtUp()
})

test("standbys first: what rises there first lets the primary rise without a standby that stops", async () => {
  assert.ok(await standby.restart(high))
  assert.ok(await primary.restart(high))
  await primary.query("create table after_rising as select 1")
  await caughtUp()
})

test("the other way round a standby stops replaying: a primary that rises alone leaves it behind", async () => {
  await primary.restart(each((value) => value + 40))
  await primary.query("create table left_behind as select 1")
  await eventually("the standby says that its settings do not suffice", async () => {
    const log = await readFile(standby.log, "utf8")
    return /hot standby is not possible because of insufficient parameter settings/.test(log)
  })
})
