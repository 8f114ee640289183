/** One cluster through every other kind of change, each from what the last one left; and what comes in between. */
import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { present } from "#core/assert.ts"
import type { ClusterSpec } from "#core/cluster/spec.ts"
import type { ConfigChange } from "#core/rollout/change.ts"
import { objectNames } from "#core/names.ts"
import { mebibytes } from "#core/units.ts"
import { isRecord } from "#io/kube/api.ts"
import { kinds } from "#io/kube/kinds.ts"
import { parseLease } from "#io/kube/lease.ts"
import { assertRestarted, restarted } from "./rollout.suite.ts"
import { type Ground, microkubeGround, RolloutWorld } from "./rollout-world.ts"

let ground: Ground
let world: RolloutWorld

before(
  async () => {
    ground = await microkubeGround("127.97")
    world = await RolloutWorld.open(ground, {
      members: 3,
      parameters: { shared_buffers: "32MB", max_connections: "60", max_worker_processes: "16" },
    })
  },
  { timeout: 300_000 },
)
after(
  async () => {
    await world[Symbol.asyncDispose]()
    await ground[Symbol.asyncDispose]()
  },
  { timeout: 60_000 },
)

const inParameters = (more: Readonly<Record<string, string>>): Partial<ClusterSpec> => ({
  parameters: { ...world.spec.parameters, ...more },
})
const pods = (): readonly string[] => world.health.instances.map(({ pod }) => pod).toSorted()
const primary = (): string => present(world.health.primary, "somebody is primary")
const standbys = (): readonly string[] =>
  pods()
    .filter((pod) => pod !== primary())
    .toReversed()
const lease = async () => {
  const name = objectNames(world.spec.name).lease
  return parseLease(
    present(await world.test.get(kinds.Lease, world.spec.namespace, name), "there is a Lease"),
  )
}

test(
  "a value that PostgreSQL refuses is named, nothing goes down, and a newer version ends it",
  { timeout: 120_000 },
  async () => {
    const earlier = await world.members()
    world.want(inParameters({ timezone: "Mars/Olympus", shared_buffers: "36MB" }))
    const failed = await world.until("given up", ({ state }) => state === "failed")
    assert.match(failed.reason ?? "", /refuses timezone: 'Mars\/Olympus'/i)
    assert.deepEqual(restarted(failed), [])
    const { timezone: _, ...parameters } = world.spec.parameters
    const done = await world.changed({ parameters: { ...parameters, shared_buffers: "32MB" } })
    assert.deepEqual(restarted(done), [])
    assert.deepEqual(await world.members(), earlier)
    const told = [...world.central.events.values()].map(({ kind }) => kind)
    assert.equal(told.filter((kind) => kind === "config.failed").length, 1)
  },
)

test(
  "max_connections rises and max_worker_processes falls: two rounds, and no standby stops replaying",
  { timeout: 300_000 },
  async () => {
    await world.underWrites(async () => {
      const [was, others] = [primary(), standbys()]
      const change = await world.changed(
        inParameters({ max_connections: "80", max_worker_processes: "8" }),
      )
      const steps = restarted(change)
      assert.deepEqual(steps.slice(0, 3), [
        ...others.map((pod) => `restart ${pod} done`),
        `hand-over ${was} done`,
      ])
      assert.equal(steps[3], `restart ${primary()} done`, "then the new primary, in its place")
      // Who has replayed it first goes first.
      assert.deepEqual(
        steps.slice(4).toSorted().toReversed(),
        standbys().map((pod) => `restart ${pod} done`),
      )
      assert.equal(await world.show("max_connections"), "80")
      assert.equal(await world.show("max_worker_processes"), "8")
    })
  },
)

test(
  "max_connections falls: the primary first, in its place and term",
  { timeout: 300_000 },
  async () => {
    await world.underWrites(async () => {
      const [was, others, { term }] = [primary(), standbys(), world.health]
      const earlier = await world.members()
      const change = await world.changed(inParameters({ max_connections: "50" }))
      const [first, ...then] = restarted(change)
      assert.equal(first, `restart ${was} done`)
      assert.deepEqual(
        then.toSorted().toReversed(),
        others.map((pod) => `restart ${pod} done`),
      )
      assert.deepEqual([primary(), world.health.term], [was, term])
      await assertRestarted(world, earlier, pods())
      assert.equal(await world.show("max_connections"), "50")
    })
  },
)

test(
  "another image replaces pods one by one, the primary's after it handed over",
  { timeout: 300_000 },
  async () => {
    await world.underWrites(async () => {
      const [was, others] = [primary(), standbys()]
      const earlier = await world.members()
      const { major, image } = world.spec.postgres
      const change = await world.changed({ postgres: { major, image: `${image}-b` } })
      assert.deepEqual(restarted(change), [
        ...others.map((pod) => `replace ${pod} done`),
        `hand-over ${was} done`,
        `replace ${was} done`,
      ])
      for (const [pod, { uid }] of await world.members())
        assert.notEqual(uid, earlier.get(pod)?.uid, `${pod} is a new pod`)
    })
  },
)

for (const full of [false, true])
  test(
    `a value with which no server starts fails a ${full ? "full" : "sequential"} restart in PostgreSQL's words: no second member is touched, the first one is back, and a newer version ends it`,
    { timeout: 300_000 },
    async (t) => {
      const { parameters } = world.spec
      // What a member has refused it refuses again at once: another one each time.
      const missing = full ? "no_library_either" : "no_such_library"
      const library = { shared_preload_libraries: missing }
      const earlier = await world.members()
      const [was, [first]] = [primary(), standbys()]
      world.want({
        ...inParameters(library),
        parameterOrders: full ? new Map([["shared_preload_libraries", "full-restart"]]) : new Map(),
      })
      const failed = await world.until("given up", ({ state }) => state === "failed", 120_000)
      t.diagnostic(failed.reason ?? "")
      const tried = full ? was : present(first, "there is a standby")
      assert.match(
        failed.reason ?? "",
        new RegExp(
          `${tried} refuses shared_preload_libraries: a server does not start with it: could not access file "${missing}"`,
        ),
      )
      await world.until("everybody is well", () => world.health.state === "healthy", 120_000)
      const now = await world.members()
      for (const [pod, { startedAt, uid }] of earlier) {
        const member = present(now.get(pod), pod)
        assert.equal(member.uid, uid, `${pod} is the same pod`)
        if (pod !== tried) assert.equal(member.startedAt, startedAt, `${pod} was not touched`)
      }
      assert.equal(await world.show("shared_preload_libraries"), "")
      const done = await world.changed({ parameters, parameterOrders: new Map() })
      assert.deepEqual(restarted(done), [], "nothing has to restart to be rid of it")
      assert.deepEqual(done.pendingRestart, [])
    },
  )

for (const full of [false, true])
  test(
    `a satellite that dies at every step of a ${full ? "full" : "sequential"} restart goes on where it was: each member restarts once`,
    { timeout: 550_000 },
    async (t) => {
      await world.underWrites(async () => {
        const [was, others] = [primary(), standbys()]
        const earlier = await world.members()
        world.want({ restart: { nonce: `deaths-${full}`, full } })
        // Every word that is new is the last of its satellite.
        const seen = new Set<string>()
        const word = ({ state, steps }: ConfigChange): string =>
          state === "done" ? "" : steps.map((step) => `${step.pod} ${step.state}`).join(", ")
        for (;;) {
          const next = await world.until(
            "something new",
            (change) => change.state === "done" || !seen.has(word(change)),
            180_000,
          )
          if (next.state === "done") break
          seen.add(word(next))
          await world.stopSatellite()
          await world.startSatellite()
        }
        t.diagnostic(`killed ${seen.size} times: ${[...seen].join("; ")}`)
        assert.ok(seen.size >= 3, "it was killed at the steps")
        const change = await world.inForce()
        assert.deepEqual(
          restarted(change),
          full
            ? [`restart ${was} done`, ...others.toReversed().map((pod) => `restart ${pod} done`)]
            : [...others.map((pod) => `restart ${pod} done`), `hand-over ${was} done`],
        )
        for (const [pod, { startedAt }] of await world.members())
          assert.ok(startedAt > (earlier.get(pod)?.startedAt ?? 0), `${pod} started anew`)
      })
    },
  )

test(
  "a pause stops before the next member, and says so; it goes on when the cluster is resumed",
  { timeout: 300_000 },
  async () => {
    world.want(inParameters({ shared_buffers: "44MB" }))
    await world.until("the first is restarted", (change) =>
      restarted(change).some((step) => step.endsWith(" done")),
    )
    world.want({ paused: true })
    const blocked = await world.until("blocked", ({ state }) => state === "blocked")
    assert.match(blocked.reason ?? "", /paused/)
    const held = await world.members()
    const was = primary()
    const change = await world.changed({ paused: false })
    assert.notEqual(primary(), was, "the primary handed over after the pause")
    const now = await world.members()
    assert.ok(
      [...now].some(([pod, { startedAt }]) => startedAt === held.get(pod)?.startedAt),
      "who was restarted before the pause is not restarted again",
    )
    assert.equal(change.pendingRestart.length, 0)
    assert.equal(await world.show("shared_buffers"), "44MB")
  },
)

test(
  "members leave by way of the Lease, their volumes stay, and they join again",
  { timeout: 400_000 },
  async () => {
    await world.underWrites(async () => {
      const change = await world.changed({ members: 2 })
      assert.ok(restarted(change).includes("leave orders-2 done"))
      assert.deepEqual((await lease()).members, ["orders-0", "orders-1"])
      assert.deepEqual([...(await world.members()).keys()], ["orders-0", "orders-1"])
      const claim = await world.test.get(
        kinds.PersistentVolumeClaim,
        world.spec.namespace,
        "data-orders-2",
      )
      assert.ok(claim !== undefined, "the volume stays")
      const kept = [...world.central.events.values()].filter(({ kind }) => kind === "volume.kept")
      assert.deepEqual(
        kept.map(({ pod }) => pod),
        ["orders-2"],
      )
      const joined = await world.changed({ members: 3 })
      assert.ok(restarted(joined).includes("join orders-2 done"), restarted(joined).join(", "))
      assert.deepEqual((await lease()).members, ["orders-0", "orders-1", "orders-2"])
    })
  },
)

test(
  "volumes grow around pods that run on; none becomes smaller",
  { timeout: 200_000 },
  async () => {
    const earlier = await world.members()
    const size = mebibytes(768)
    const change = await world.changed({ data: { ...world.spec.data, size } })
    assert.equal(change.strategy, "grow")
    assert.deepEqual(await world.members(), earlier)
    for (const pod of pods()) {
      const at = world.spec.namespace
      const claim = await world.test.get(kinds.PersistentVolumeClaim, at, `data-${pod}`)
      const status = isRecord(claim?.["status"]) ? claim["status"] : {}
      assert.deepEqual(status["capacity"], { storage: "768Mi" })
    }
    world.want({ data: { ...world.spec.data, size: mebibytes(512) } })
    const refused = await world.until("refused", ({ state }) => state === "failed")
    assert.match(refused.reason ?? "", /cannot become smaller/)
    await world.changed({ data: { ...world.spec.data, size } })
  },
)

test(
  "a cluster of one member gets its service back when no server starts with a value, and says why",
  { timeout: 300_000 },
  async () => {
    await using one = await RolloutWorld.open(ground, { members: 1 })
    const { parameters } = one.spec
    one.want({ parameters: { ...parameters, shared_preload_libraries: "no_such_library" } })
    const failed = await one.until("given up", ({ state }) => state === "failed", 120_000)
    assert.match(failed.reason ?? "", /refuses shared_preload_libraries: .*no_such_library/)
    await one.until("it serves", () => one.health.state === "healthy", 120_000)
    await one.underWrites(async () => {
      assert.equal(await one.show("shared_preload_libraries"), "")
      await one.changed({ parameters })
    })
  },
)
