/**
 * Switchovers on real members: asked for through the sidecar's stream, as a satellite does it.
 *
 *     node --test test/pg/switchover.pg.test.ts
 */
import assert from "node:assert/strict"
import { after } from "node:test"
import { podName } from "#core/ids.ts"
import { switchoverSteps } from "#core/switchover/operation.ts"
import { play, type Scene } from "./chaos/scene.ts"
import type { FailoverCluster, Member } from "./failover-cluster.ts"
import { SiteStandIn } from "./site-stand-in.ts"

/** When the server of `member` was started, and of which timeline it is: the same means that nothing was touched. */
async function standing(member: Member): Promise<unknown> {
  return member.query(
    "select pg_postmaster_start_time() as since, timeline_id from pg_control_checkpoint()",
  )
}

/** One site for all acts of a cluster. */
const sites = new Map<FailoverCluster, SiteStandIn>()
after(async () => {
  for (const site of sites.values()) await site[Symbol.asyncDispose]()
})

async function siteOf({ cluster }: Scene): Promise<SiteStandIn> {
  const site = sites.get(cluster) ?? (await SiteStandIn.open(cluster))
  sites.set(cluster, site)
  await site.connected()
  return site
}

await play(
  "a switchover moves the role, or leaves everything as it is",
  { members: 3, durability: "quorum", versions: "every" },
  [
    {
      name: "MG1: the role goes to the named member, and every step is told",
      async play(scene) {
        const { primary, others, witnesses, cluster, say } = scene
        const site = await siteOf(scene)
        const [, target] = others
        assert(target !== undefined)
        const { term } = await cluster.lease()
        const from = performance.now()
        const done = await site.over(site.start(target.pod))
        assert.deepEqual(
          [done.state, done.target, done.error],
          ["succeeded", target.pod, undefined],
          JSON.stringify(done),
        )
        assert.deepEqual(
          done.steps.map(({ name, state }) => `${name} ${state}`),
          switchoverSteps.map((name) => `${name} done`),
        )
        assert.equal((await cluster.lease()).term, term + 1)
        assert.equal(await target.role(), "primary")
        await witnesses.writing()
        say(`switchover: no write for ${Math.round(witnesses.gap(from))} ms`)
        for (const { name, startedAt, endedAt } of done.steps)
          say(`  ${name}: ${(endedAt ?? 0) - (startedAt ?? 0)} ms`)
        assert.notEqual(primary, target)
      },
    },
    {
      name: "MG1: without a name the best member is taken",
      async play(scene) {
        const { primary, witnesses, say } = scene
        const site = await siteOf(scene)
        const from = performance.now()
        const done = await site.over(site.start(undefined))
        assert.equal(done.state, "succeeded", JSON.stringify(done))
        assert.notEqual(done.target, primary.pod)
        await witnesses.writing()
        say(`switchover: no write for ${Math.round(witnesses.gap(from))} ms`)
      },
    },
    {
      name: "MG2: a candidate that is not fit is refused with the reason, and nothing is touched",
      async play(scene) {
        const { primary, others, cluster } = scene
        const site = await siteOf(scene)
        const [other] = others
        assert(other !== undefined)
        const before = await standing(primary)
        const itself = await site.over(site.start(primary.pod))
        assert.equal(itself.error, `${primary.pod} is the primary already`)
        const stranger = await site.over(site.start(podName("c-7")))
        assert.equal(stranger.error, "c-7 is not a member of this cluster")
        other.signalSidecar("SIGSTOP")
        try {
          await cluster.until("the silent member is refused", async () => {
            const silent = await site.over(site.start(other.pod))
            if (silent.state === "succeeded") throw new Error("it was handed over to")
            return silent.error === `${other.pod} does not answer`
          })
        } finally {
          other.signalSidecar("SIGCONT")
        }
        assert.deepEqual(await standing(primary), before)
      },
    },
  ],
)
