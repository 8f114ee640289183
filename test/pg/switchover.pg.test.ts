/**
 * Switchovers on real members: asked for through the sidecar's stream, as a satellite does it.
 *
 *     node --test test/pg/switchover.pg.test.ts
 */
import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { after } from "node:test"
import type { HandOverStep } from "#core/cluster/sidecar.ts"
import { operationId, podName } from "#core/ids.ts"
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
  { members: 3, durability: "quorum" },
  [
    {
      name: "CN5: the role goes to the named member, and every step is told",
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
      name: "CN4: without a name the best member is taken",
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
      name: "a candidate that is not fit is refused with the reason, and nothing is touched",
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
    {
      name: "what is cancelled before the release is undone, and the server was never stopped",
      async play(scene) {
        const { primary, others } = scene
        const site = await siteOf(scene)
        const before = await standing(primary)
        const checkpointer = await pidOf(primary, "checkpointer")
        process.kill(checkpointer, "SIGSTOP")
        try {
          const operation = site.start(others[0]?.pod)
          await site.until("the checkpoint is waited for", ({ step }) => step === "checkpoint")
          site.cancel(operation)
          const over = await site.over(operation)
          assert.deepEqual([over.state, over.error], ["cancelled", undefined], JSON.stringify(over))
        } finally {
          process.kill(checkpointer, "SIGCONT")
        }
        assert.deepEqual(await standing(primary), before)
      },
    },
  ],
)

/** Lets the hand-over begin and come to its place, and keeps it there until what it gives is called. */
type Hold = (
  scene: Scene & { readonly site: SiteStandIn; readonly target: Member },
  begin: () => void,
) => Promise<() => void>

/** Held by a process of the server that stands still. */
const heldBy =
  (process: (scene: Parameters<Hold>[0]) => Promise<number>, at: HandOverStep): Hold =>
  async (scene, begin) => {
    const letGo = stopped(await process(scene))
    try {
      begin()
      await scene.site.until(`it is held at ${at}`, ({ step }) => step === at)
      return letGo
    } catch (failure) {
      letGo()
      throw failure
    }
  }

/** The server waits for its standbys to have everything before it is gone. */
const atStop = heldBy(({ target }) => pidOf(target, "walreceiver"), "stop")

/** Where a hand-over can be held from outside, each by something that happens in life. */
const holds: readonly { readonly at: HandOverStep; readonly hold: Hold }[] = [
  { at: "checkpoint", hold: heldBy(({ primary }) => pidOf(primary, "checkpointer"), "checkpoint") },
  { at: "stop", hold: atStop },
  {
    at: "release",
    hold: async (scene, begin) => {
      const letGo = await atStop(scene, begin)
      // Without the API nothing is released, and what was sent comes about when it is back.
      scene.cluster.freezeApi()
      letGo()
      await scene.site.until("it is held at release", ({ step }) => step === "await")
      return () => scene.cluster.thawApi()
    },
  },
]

const victims = ["the primary's sidecar", "the candidate's sidecar", "the satellite"] as const

await play(
  "whoever dies in the middle of a switchover, there is one primary and everybody follows it",
  { members: 3, durability: "quorum" },
  holds.flatMap(({ at, hold }) =>
    victims.map((victim) => ({
      name: `OW17: ${victim} dies at ${at}`,
      async play(scene: Scene) {
        const { cluster, primary, others, witnesses, say } = scene
        const site = await siteOf(scene)
        const [target] = others
        assert(target !== undefined)
        const { term } = await cluster.lease()
        const from = performance.now()
        const operation = operationId(randomUUID())
        const letGo = await hold({ ...scene, site, target }, () =>
          site.start(target.pod, operation),
        )
        try {
          await killed(victim, { site, primary, target })
        } finally {
          letGo()
        }
        await revived(victim, { site, primary, target })
        const over = await site.over(operation)
        const leading = await cluster.untilPrimary()
        await witnesses.writing()
        const now = await cluster.lease()
        say(
          `${victim} dies at ${at}: ${over.state} (${over.error ?? ""}), ${leading.pod} in term ${now.term}, no write for ${Math.round(witnesses.gap(from))} ms`,
        )
        if (over.state === "succeeded")
          assert.deepEqual([leading.pod, now.term > term], [target.pod, true])
        else assert.ok(over.state === "failed" && over.error !== undefined, JSON.stringify(over))
        await site.connected()
      },
    })),
  ),
)

type Party = { readonly site: SiteStandIn; readonly primary: Member; readonly target: Member }

async function killed(victim: (typeof victims)[number], party: Party): Promise<void> {
  if (victim === "the satellite") return party.site.kill()
  memberOf(victim, party).signalSidecar("SIGKILL")
}

async function revived(victim: (typeof victims)[number], party: Party): Promise<void> {
  if (victim === "the satellite") return party.site.revive()
  memberOf(victim, party).startSidecar()
}

const memberOf = (victim: (typeof victims)[number], { primary, target }: Party): Member =>
  victim === "the primary's sidecar" ? primary : target

/** A process of the member's server, by what it is for. */
async function pidOf(member: Member, type: string): Promise<number> {
  const [row] = await member.query("select pid from pg_stat_activity where backend_type = $1", [
    type,
  ])
  assert.equal(typeof row?.["pid"], "number", `${member.pod} has a ${type}`)
  return Number(row?.["pid"])
}

function stopped(pid: number): () => void {
  process.kill(pid, "SIGSTOP")
  return () => {
    try {
      process.kill(pid, "SIGCONT")
    } catch {
      // It was ended meanwhile.
    }
  }
}
