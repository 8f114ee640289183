/** What PostgreSQL did not start with is not tried again, whatever becomes of the sidecar, until the config changes. */
import assert from "node:assert/strict"
import { existsSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { present } from "#core/assert.ts"
import { isRecord } from "#io/kube/api.ts"
import { findServerBinaries } from "#io/postgres/binaries.ts"
import { FailoverCluster, type Member } from "./failover-cluster.ts"
import { started } from "./failover-started.ts"
import { SiteStandIn } from "./site-stand-in.ts"

const [binaries] = await findServerBinaries({ path: process.env["PATH"] })
assert.ok(binaries !== undefined, "there is a server to run")

const library = "no_such_library"
const words = `could not access file "${library}"`
const markOf = (member: Member, name: string): string => join(member.volume, "pg-swarm", name)
const refusals = ({ postgresLog }: Member): number => postgresLog.split(words).length - 1
const told = (member: Member): number => member.said("config.refused-by-server").length
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

test(
  "a refused config is not tried again after a restart of the sidecar, nor in a new pod, and is told as before",
  { timeout: 240_000 },
  async (t) => {
    const { cluster, primary } = await started(binaries, { durability: "async" })
    await using _cluster = cluster
    await using site = await SiteStandIn.open(cluster)
    const [found] = cluster.members.filter((member) => member !== primary)
    const standby = present(found, "there is a standby")
    const config = () => site.report(standby.pod)?.config
    await cluster.until("it is on record what the server runs with", () =>
      existsSync(markOf(standby, "former-config")),
    )

    cluster.parameters({ shared_preload_libraries: library })
    await cluster.until("the new config waits for a restart", () =>
      (config()?.pending ?? []).some(({ name }) => name === "shared_preload_libraries"),
    )
    standby.killPostmaster()
    await cluster.until("the standby refuses it", () => (config()?.refused ?? []).length > 0)
    const refused = present(config(), "the standby tells its config").refused
    assert.deepEqual(
      refused.map(({ name }) => name),
      ["shared_preload_libraries"],
    )
    assert.match(refused[0]?.problem ?? "", new RegExp(words))
    await cluster.untilStreaming(primary)
    const before = refusals(standby)
    assert.ok(before > 0, "it was tried")
    assert.equal(told(standby), 1)
    const { size } = statSync(markOf(standby, "refused-config"))
    t.diagnostic(`the mark has ${size} bytes`)
    assert.ok(size < 1024)

    await standby.restartSidecar()
    await cluster.until("it is told again", () => (config()?.refused ?? []).length > 0)
    assert.deepEqual(config()?.refused, refused)
    assert.deepEqual(config()?.pending, [], "nobody would restart it for that")
    standby.killPostmaster()
    await cluster.until("the server started anew", async () => (await standby.role()) === "standby")
    await cluster.untilStreaming(primary)
    assert.equal(refusals(standby), before, "it was not tried again")

    await standby.kill()
    await standby.rebirth()
    standby.start()
    await cluster.untilStreaming(primary)
    await cluster.until("the new pod tells it", () => (config()?.refused ?? []).length > 0)
    assert.deepEqual(config()?.refused, refused)
    assert.equal(refusals(standby), before, "nor was it in the new pod")
    assert.equal(told(standby), 1, "it is no new event")

    cluster.parameters({ work_mem: "5MB" })
    await cluster.until(
      "the next config is in force",
      async () => (await standby.query("show work_mem"))[0]?.["work_mem"] === "5MB",
    )
    await cluster.until(
      "the refusal is forgotten",
      () => !existsSync(markOf(standby, "refused-config")) && config()?.refused.length === 0,
    )
  },
)

test(
  "a member that never ran says why its server does not start, does not loop, and starts with the next config",
  { timeout: 300_000 },
  async () => {
    const { cluster, primary } = await started(binaries, { durability: "async" })
    await using _cluster = cluster
    await using site = await SiteStandIn.open(cluster)
    const [found] = cluster.members.filter((member) => member !== primary)
    const member = present(found, "there is a standby")
    const reason = () => site.report(member.pod)?.health.reason ?? ""
    cluster.parameters({ shared_preload_libraries: library })
    await member.kill()
    member.loseVolume()
    await member.rebirth()
    member.start()
    await cluster.until("the new clone says why", () =>
      member.moods.some((mood) =>
        new RegExp(`^held: .*${words}.*trying again in \\d+ s, or when`).test(mood),
      ),
    )
    await cluster.until("the site is told", () => reason().includes(words))
    assert.equal(told(member), 1)
    assert.equal(existsSync(markOf(member, "former-config")), false)
    const mark: unknown = JSON.parse(readFileSync(markOf(member, "refused-config"), "utf8"))
    assert.ok(isRecord(mark) && mark["kind"] === "stranded")

    const before = refusals(member)
    await member.restartSidecar()
    const at = performance.now()
    await cluster.until("the next sidecar tells it too", () => reason().includes(words))
    await cluster.until("it is tried again by and by", () => refusals(member) > before)
    assert.ok(performance.now() - at > 2000, "a restart of the sidecar is no reason to try again")
    const since = refusals(member)
    await pause(4000)
    const more = refusals(member) - since
    assert.ok(more <= 1, `it loops: ${more} times in 4 s`)
    assert.equal(told(member), 1, "it is no new event")
    assert.equal(await primary.role(), "primary")

    cluster.parameters({})
    await cluster.untilStreaming(primary)
    await cluster.until(
      "nothing of it is left",
      () => !existsSync(markOf(member, "refused-config")) && reason() !== "",
    )
    assert.ok(!reason().includes(words))
  },
)

test(
  "the first member of a new cluster says why it can not be initialised, and is with the next config",
  { timeout: 240_000 },
  async () => {
    await using cluster = await FailoverCluster.create(binaries, {
      members: 1,
      durability: "async",
      parameters: { shared_preload_libraries: library },
    })
    const member = cluster.member(0)
    member.start()
    await cluster.until("it says why", () =>
      member.moods.some((mood) => mood.startsWith("initialising") && mood.includes(words)),
    )
    cluster.parameters({ shared_preload_libraries: "" })
    await cluster.untilPrimary()
  },
)
