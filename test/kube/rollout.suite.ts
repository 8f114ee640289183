/** How a changed config comes into force: the three modes, on every Kubernetes that can run the members. */
import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { present } from "#core/assert.ts"
import type { ChangeStep, ConfigChange } from "#core/rollout/change.ts"
import { type PodProcess, signalAll } from "../../src/demo/containers.ts"
import { type Ground, RolloutWorld } from "./rollout-world.ts"

export type RolloutUnderTest = {
  readonly name: string
  readonly skip: string | false
  readonly open: () => Promise<Ground>
}

export const restarted = ({ steps }: ConfigChange): readonly string[] =>
  steps
    .filter(({ action }) => action !== "reload")
    .map(({ pod, action, state }) => `${action} ${pod} ${state}`)

/** Steps of one kind in the order of their ends. */
export const endsOf = ({ steps }: ConfigChange, action: ChangeStep["action"]): readonly number[] =>
  steps.filter((step) => step.action === action).map(({ at }) => at)

export function threeModes(under: RolloutUnderTest): void {
  describe(`a changed config comes into force on ${under.name}`, { skip: under.skip }, () => {
    let ground: Ground
    let world: RolloutWorld
    before(
      async () => {
        ground = await under.open()
        world = await RolloutWorld.open(ground, {
          members: 3,
          failover: { preset: "edge", durability: "quorum" },
        })
      },
      { timeout: 400_000 },
    )
    after(
      async () => {
        await world[Symbol.asyncDispose]()
        await ground[Symbol.asyncDispose]()
      },
      { timeout: 200_000 },
    )

    test(
      "C2: a reload restarts nothing: same servers, same pods, no container restarted",
      { timeout: 300_000 },
      async () => {
        await world.underWrites(async (writer) => {
          const earlier = await world.members()
          const since = performance.now()
          const change = await world.changed({
            parameters: { ...world.spec.parameters, work_mem: "9MB" },
          })
          assert.equal(change.strategy, "reload")
          assert.deepEqual(restarted(change), [])
          assert.equal(await world.show("work_mem"), "9MB")
          assert.deepEqual(await world.members(), earlier)
          assert.ok(writer.longestGap(since).ms < 10_000, "nobody noticed")
        })
      },
    )

    test(
      "C2: a sequential restart goes one by one, standbys first, then the primary hands over",
      { timeout: 300_000 },
      async (t) => {
        await world.underWrites(async (writer) => {
          const earlier = await world.members()
          const was = present(world.health.primary, "somebody is primary")
          const since = performance.now()
          const change = await world.changed({
            parameters: { ...world.spec.parameters, shared_buffers: "40MB", max_connections: "80" },
          })
          t.diagnostic(
            `sequential restart: writes away ${Math.round(writer.longestGap(since).ms)} ms`,
          )
          assert.equal(change.strategy, "sequential-restart")
          const standbys = [...earlier.keys()]
            .filter((pod) => pod !== was)
            .toSorted()
            .toReversed()
          assert.deepEqual(restarted(change), [
            ...standbys.map((pod) => `restart ${pod} done`),
            `hand-over ${was} done`,
          ])
          await assertRestarted(world, earlier, [...earlier.keys()])
          assert.equal(await world.show("shared_buffers"), "40MB")
          assert.equal(await world.show("max_connections"), "80")
          assert.notEqual(world.health.primary, was)
        })
      },
    )

    test(
      "a restart that a person asks for, with nothing else changed, starts every server anew",
      { timeout: 300_000 },
      async () => {
        await world.underWrites(async () => {
          const earlier = await world.members()
          const was = present(world.health.primary, "somebody is primary")
          const change = await world.changed({ restart: { nonce: "by-hand", full: false } })
          assert.equal(change.strategy, "sequential-restart")
          assert.equal(restarted(change).at(-1), `hand-over ${was} done`)
          await assertRestarted(world, earlier, [...earlier.keys()])
        })
      },
    )

    test(
      "C2: a full restart: the same primary comes back in its term, then the others",
      { timeout: 300_000 },
      async (t) => {
        await world.underWrites(async (writer) => {
          const earlier = await world.members()
          const { primary: was, term } = world.health
          const since = performance.now()
          const change = await world.changed({
            parameters: { ...world.spec.parameters, wal_level: "logical" },
          })
          t.diagnostic(`full restart: writes away ${Math.round(writer.longestGap(since).ms)} ms`)
          assert.equal(change.strategy, "full-restart")
          const [first, ...others] = restarted(change)
          assert.equal(first, `restart ${was} done`)
          assert.equal(others.length, 2, JSON.stringify(change.steps))
          await assertRestarted(world, earlier, [...earlier.keys()])
          assert.deepEqual([world.health.primary, world.health.term], [was, term])
          const starts = [...(await world.members()).values()].toSorted(
            (a, b) => a.startedAt - b.startedAt,
          )
          assert.equal(starts[0]?.pod, was, "the primary was first")
          assert.equal(await world.show("wal_level"), "logical")
        })
      },
    )

    test(
      "sidecars are killed on the way, the primary's among them: all come into force, and nothing is lost",
      { timeout: 300_000 },
      async () => {
        await using witnesses = await world.witnesses()
        await witnesses.writing()
        const earlier = await world.members()
        const was = present(world.health.primary, "somebody is primary")
        world.want({ parameters: { ...world.spec.parameters, shared_buffers: "44MB" } })
        const begun = await world.until(
          "the first restarts",
          (change) => restarted(change).length > 0,
        )
        const first = present(
          begun.steps.find(({ action }) => action === "restart"),
          "one began",
        ).pod
        for (const pod of [was, first]) {
          const processes = await ground.processes(world.spec.namespace, pod)
          assert.equal(signalAll(processes.filter(isSidecar), "SIGKILL"), 1, pod)
        }
        await world.inForce()
        assert.equal(await world.show("shared_buffers"), "44MB")
        for (const [pod, { startedAt, uid }] of await world.members()) {
          assert.equal(uid, earlier.get(pod)?.uid, `${pod} is the same pod`)
          assert.ok(startedAt > (earlier.get(pod)?.startedAt ?? 0), `the server of ${pod} is new`)
        }
        await witnesses.writing()
        await witnesses.nothingLost()
      },
    )

    test(
      "the primary is lost on the way: another leads, all come into force, and two never write",
      { timeout: 400_000 },
      async (t) => {
        await using witnesses = await world.witnesses()
        await witnesses.writing()
        const { primary: was, term } = world.health
        const by = present(was, "somebody is primary")
        const since = performance.now()
        world.want({ parameters: { ...world.spec.parameters, shared_buffers: "48MB" } })
        await world.until("the first is restarted", (change) =>
          restarted(change).some((step) => step.endsWith(" done")),
        )
        const processes = await ground.processes(world.spec.namespace, by)
        assert.ok(signalAll(processes, "SIGSTOP") > 0, "something was frozen")
        const from = performance.now()
        try {
          await world.central.until(
            "another leads",
            () => ![undefined, was].includes(world.health.primary),
            60_000,
          )
          await witnesses.writing()
        } finally {
          witnesses.stoodStill({ by, from, to: performance.now() })
          signalAll(processes, "SIGCONT")
        }
        await world.inForce()
        t.diagnostic(`failover on the way: writes away ${Math.round(witnesses.gap(since))} ms`)
        assert.ok((world.health.term ?? 0) > (term ?? 0), "the role changed hands")
        assert.equal(await world.show("shared_buffers"), "48MB")
        await witnesses.writing()
        await witnesses.nothingLost()
      },
    )
  })
}

const isSidecar = ({ program, environment }: PodProcess): boolean =>
  program === "node" && environment.size > 0

/** Their servers were started anew, their pods and containers were not. */
export async function assertRestarted(
  world: RolloutWorld,
  earlier: Awaited<ReturnType<RolloutWorld["members"]>>,
  pods: readonly string[],
): Promise<void> {
  const now = await world.members()
  for (const pod of pods) {
    const [then, is] = [earlier.get(pod), now.get(pod)]
    assert.ok(then !== undefined && is !== undefined, `${pod} was there, and is`)
    assert.equal(is.uid, then.uid, `${pod} is the same pod`)
    assert.equal(is.restarts, 0, `no container of ${pod} was restarted`)
    assert.ok(is.startedAt > then.startedAt, `the server of ${pod} is new`)
  }
}
