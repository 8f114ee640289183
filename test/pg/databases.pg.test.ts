/**
 * Databases of a cluster, made by the sidecars of real members. Run as failover.pg.test.ts.
 */
import assert from "node:assert/strict"
import { readFileSync, readdirSync, statSync } from "node:fs"
import { join } from "node:path"
import type pg from "pg"
import type { ClusterDatabase, DatabaseHealth, Databases } from "#core/cluster/databases.ts"
import { scramVerifier } from "#io/postgres/scram.ts"
import { connectFrom, type Login, tried as triedFrom } from "../fixtures/login.ts"
import type { FailoverCluster } from "./failover-cluster.ts"
import type { Member } from "./failover-member.ts"
import { started } from "./failover-started.ts"
import { SiteStandIn } from "./site-stand-in.ts"
import { testByVersion, testOnce } from "./versions.ts"

const [inside, outside] = ["127.200.5.1", "127.200.6.1"]

type Who = Omit<Login, "from"> & { readonly from?: string }

const connect = (member: Member, who: Who): Promise<pg.Client> =>
  connectFrom(member.address, { from: inside, ...who })
const tried = (member: Member, who: Who): Promise<string> =>
  triedFrom(member.address, { from: inside, ...who })

const database = (
  name: string,
  owner: string,
  change: Partial<ClusterDatabase> = {},
): ClusterDatabase => ({
  name,
  owner,
  revision: 1,
  allowedCidrs: [],
  endSessions: true,
  dropping: undefined,
  ...change,
})

const role = async (name: string, password: string, revision = 1) => ({
  name,
  revision,
  verifier: await scramVerifier(password),
})

/** What the primary says of the databases once it has said `so` of each. */
async function until(
  cluster: FailoverCluster,
  site: SiteStandIn,
  what: string,
  so: (said: ReadonlyMap<string, DatabaseHealth>) => boolean,
): Promise<ReadonlyMap<string, DatabaseHealth>> {
  let said: ReadonlyMap<string, DatabaseHealth> = new Map()
  const look = async (): Promise<boolean> => {
    const primary = await cluster.primary()
    const list = primary === undefined ? undefined : site.report(primary.pod)?.databases
    if (list !== undefined) said = new Map(list.map((one) => [one.name, one]))
    return list !== undefined && so(said)
  }
  await cluster
    .until(what, look)
    .catch((failure: unknown) =>
      Promise.reject(new Error(`${String(failure)}\n${JSON.stringify([...said])}`)),
    )
  return said
}

const allAre =
  (list: Databases, state: DatabaseHealth["state"]) =>
  (said: ReadonlyMap<string, DatabaseHealth>) =>
    list.databases.every(
      ({ name, revision }) =>
        said.get(name)?.state === state && said.get(name)?.revision === revision,
    )

/** Every file below `folder`, but not the server's own data nor what is mounted as a Secret. */
function* texts(folder: string): Iterable<readonly [string, string]> {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    if (name === "secret" || name === "pgdata") continue
    const is = statSync(path, { throwIfNoEntry: false })
    if (is?.isDirectory() === true) yield* texts(path)
    else if (is?.isFile() === true) yield [path, readFileSync(path, "utf8")]
  }
}

const postmasterOf = (member: Member): string | undefined =>
  readFileSync(join(member.pgdata, "postmaster.pid"), "utf8").split("\n")[0]

const nasty = `it's "quoted" ü 数\\ %I`
const long = "é".repeat(31) + "x"

await testByVersion(
  "C3: databases are made with any name, limited, given a new password and a new owner, and dropped, without a restart",
  async (binaries) => {
    const { cluster, primary } = await started(binaries, {
      members: 2,
      // Whatever is logged of statements, a verifier is not.
      parameters: { log_statement: "all", log_min_duration_statement: "0" },
    })
    await using _ = cluster
    await using site = await SiteStandIn.open(cluster)
    const standby = cluster.members.find((member) => member !== primary)
    assert(standby !== undefined)
    const postmasters = [primary, standby].map(postmasterOf)

    // Somebody else's, made before: never touched.
    await primary.query("create role theirs login")
    await primary.query("create database theirs")

    const roles = [
      await role(nasty, "first pass"),
      await role(long, "long pass"),
      await role("theirs", "x pass word"),
      await role("app", "app pass"),
    ]
    let list: Databases = {
      roles,
      databases: [
        database(nasty, nasty, { allowedCidrs: ["127.200.5.0/24"] }),
        database(long, long, { allowedCidrs: ["::/0", "10.0.0.0/8"] }),
        database("all", nasty),
        database("theirs", "app"),
        database("of theirs", "theirs"),
      ],
    }
    cluster.databases(list)
    const said = await until(cluster, site, "the list is worked off", (one) =>
      list.databases.every(({ name }) =>
        ["applied", "failed"].includes(one.get(name)?.state ?? ""),
      ),
    )
    assert.deepEqual(
      list.databases.map(({ name }) => said.get(name)?.state),
      ["applied", "applied", "applied", "failed", "failed"],
    )
    assert.match(said.get("theirs")?.reason ?? "", /pg-swarm did not make/)
    assert.match(said.get("of theirs")?.reason ?? "", /pg-swarm did not make/)

    // The limit lets in its own range, also for the owner, and refuses everybody else.
    const own = { database: nasty, user: nasty, password: "first pass" }
    assert.equal(await tried(primary, own), "in")
    assert.equal(await tried(primary, { ...own, from: outside }), "28000")
    assert.equal(await tried(primary, { ...own, database: "all", from: outside }), "in")
    const far = { database: long, user: long, password: "long pass" }
    assert.equal(await tried(primary, far), "28000")
    // The owner of one database is nobody in another.
    assert.equal(await tried(primary, { ...far, database: "all", from: outside }), "42501")
    await cluster.until(
      "the standby has the rules too",
      async () => (await tried(standby, { ...own, from: outside })) === "28000",
    )
    assert.equal(await tried(standby, own), "in")

    // What is asked for twice is done once.
    const steps = primary.said("database.step").length
    list = {
      roles,
      databases: list.databases.slice(0, 3).map((one) => ({ ...one, revision: 2 })),
    }
    cluster.databases(list)
    await until(cluster, site, "the second revision is confirmed", allAre(list, "applied"))
    assert.equal(primary.said("database.step").length, steps)
    assert.equal(
      (await primary.query("select from pg_database where datname = 'theirs'")).length,
      1,
    )

    // A new password: the old one is refused, sessions that are there go on.
    const session = await connect(primary, own)
    await session.query("create table note (id int)")
    list = { ...list, roles: [await role(nasty, "second pass", 2), ...roles.slice(1)] }
    list = { ...list, databases: list.databases.map((one) => ({ ...one, revision: 3 })) }
    cluster.databases(list)
    await until(cluster, site, "the new password is confirmed", allAre(list, "applied"))
    assert.equal(await tried(primary, own), "28P01")
    assert.equal(await tried(primary, { ...own, password: "second pass" }), "in")
    await session.query("insert into note values (1)")

    // A new owner, with all that the former one has there, and nothing that it has elsewhere.
    list = {
      roles: [...list.roles, await role("new owner", "third pass")],
      databases: [
        database(nasty, "new owner", { allowedCidrs: ["127.200.0.0/16"], revision: 4 }),
        ...list.databases.slice(1),
      ],
    }
    cluster.databases(list)
    await until(cluster, site, "the new owner is confirmed", allAre(list, "applied"))
    const owners = await primary.query(
      "select datname, pg_get_userbyid(datdba) as owner from pg_database where datname in ($1, 'all') order by 1",
      [nasty],
    )
    assert.deepEqual(owners, [
      { datname: "all", owner: nasty },
      { datname: nasty, owner: "new owner" },
    ])
    const now = { database: nasty, user: "new owner", password: "third pass" }
    const next = await connect(primary, { ...now, from: outside })
    const { rows } = await next.query("select * from note")
    assert.deepEqual(rows, [{ id: 1 }])
    assert.equal(await tried(primary, { ...own, password: "second pass" }), "42501")

    // A narrower limit ends the sessions that it does not allow, on standbys too.
    const reading = await connect(standby, { ...now, from: outside })
    const kept = await connect(primary, now)
    const ended = [next, reading].map(
      (client) => new Promise((resolve) => client.once("end", resolve)),
    )
    list = {
      ...list,
      databases: [
        database(nasty, "new owner", { allowedCidrs: ["127.200.5.0/24"], revision: 5 }),
        ...list.databases.slice(1),
      ],
    }
    cluster.databases(list)
    await Promise.all(ended)
    await kept.query("select 1")
    await until(cluster, site, "the narrower limit is confirmed", allAre(list, "applied"))

    // Dropped by hand it is missed, and not made anew, empty.
    await primary.query('drop database "all"')
    list = {
      ...list,
      databases: list.databases.map((one) => ({ ...one, revision: one.revision + 1 })),
    }
    cluster.databases(list)
    const missed = await until(
      cluster,
      site,
      "the loss is told",
      (one) => one.get("all")?.state === "failed",
    )
    assert.match(missed.get("all")?.reason ?? "", /somebody dropped it/)

    // An order drops, with the sessions that are there; absence drops nothing.
    const shut = new Promise((resolve) => kept.once("end", resolve))
    list = {
      ...list,
      databases: [
        database(nasty, "new owner", { dropping: { role: true }, revision: 7 }),
        database("all", nasty, { dropping: { role: true }, revision: 7 }),
      ],
    }
    cluster.databases(list)
    await until(cluster, site, "both are dropped", allAre(list, "dropped"))
    await shut
    const left = await primary.query(
      "select datname as name from pg_database union all select rolname from pg_roles",
    )
    const names = left.map(({ name }) => name)
    for (const gone of [nasty, "all", "new owner"]) assert.ok(!names.includes(gone), String(gone))
    for (const there of [long, "theirs", "postgres"])
      assert.ok(names.includes(there), String(there))
    await session.end().catch(() => undefined)

    assert.deepEqual([primary, standby].map(postmasterOf), postmasters, "no server was restarted")
    const files = [...texts(cluster.folder)]
    assert.ok(
      files.some(([, text]) => text.includes("create table note")),
      "statements are logged",
    )
    for (const [file, text] of files)
      assert.ok(!text.includes("SCRAM-SHA-256$"), `${file} holds no verifier`)
  },
)

await testOnce(
  "a primary that dies while it makes databases leaves the rest to the next one",
  async (binaries) => {
    const { cluster, primary } = await started(binaries, { members: 2 })
    await using _ = cluster
    await using site = await SiteStandIn.open(cluster)
    const names = Array.from({ length: 12 }, (_one, nth) => `app ${nth}`)
    const list: Databases = {
      roles: await Promise.all(names.map((name) => role(name, "some pass"))),
      databases: names.map((name) => database(name, name, { allowedCidrs: ["127.200.5.0/24"] })),
    }
    cluster.databases(list)
    await cluster.until("some are made", () => primary.said("database.step").length >= 10)
    await primary.kill()
    const next = await cluster.untilPrimary((member) => member !== primary)
    await until(cluster, site, "all are made", allAre(list, "applied"))
    assert.ok(next.said("database.step").length > 0, "there was something left to do")
    for (const name of names)
      assert.equal(await tried(next, { database: name, user: name, password: "some pass" }), "in")
  },
)
