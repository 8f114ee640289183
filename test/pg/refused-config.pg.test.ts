/** What PostgreSQL did not start with is not tried again, whatever becomes of the sidecar, until the config changes. */
import assert from "node:assert/strict"
import { existsSync, statSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { present } from "#core/assert.ts"
import { findServerBinaries } from "#io/postgres/binaries.ts"
import type { Member } from "./failover-cluster.ts"
import { started } from "./failover-started.ts"
import { SiteStandIn } from "./site-stand-in.ts"

const [binaries] = await findServerBinaries({ path: process.env["PATH"] })
assert.ok(binaries !== undefined, "there is a server to run")

const library = "no_such_library"
const words = `could not access file "${library}"`
const markOf = (member: Member, name: string): string => join(member.volume, "pg-swarm", name)
const refusals = ({ postgresLog }: Member): number => postgresLog.split(words).length - 1
const told = (member: Member): number => member.said("config.refused-by-server").length

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
