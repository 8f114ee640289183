/**
 * The Kubernetes API fails in its ways: an outage of it is no outage of the database (R3).
 *
 *     node --test test/pg/chaos/api-away.pg.test.ts
 *
 * With PG_SWARM_TEST_LONG=1 the API is away for ten minutes, as in life, and not for half of one.
 */
import assert from "node:assert/strict"
import { objectNames } from "#core/names.ts"
import { kinds } from "#io/kube/kinds.ts"
import { apiFault } from "./kube.ts"
import { long } from "../../long.ts"
import { type Act, lasting, play, type Scene } from "./scene.ts"

const awayMs = long ? 600_000 : 30_000
const troubleMs = long ? 60_000 : 8_000

/** Runs `trouble` and asserts that no client and no role noticed. */
async function unnoticed(
  { cluster, primary, witnesses, say }: Scene,
  trouble: () => Promise<void>,
): Promise<void> {
  const { term, holder } = await cluster.lease()
  const [at, failed] = [performance.now(), witnesses.failures.length]
  await trouble()
  await witnesses.writing()
  await cluster.until("the Lease is renewed again", async () => {
    const before = await cluster.lease()
    await lasting(1500)
    return (await cluster.lease()).version !== before.version
  })
  const now = await cluster.lease()
  assert.deepEqual([now.term, now.holder], [term, holder])
  assert.equal(await cluster.primary(), primary)
  assert.deepEqual(witnesses.failures.slice(failed), [], "no write failed")
  say(`no write for ${Math.round(witnesses.gap(at))} ms`)
  assert.ok(witnesses.gap(at) < 7000)
}

/** A refusal of one kind is like one of another to the members; with time all of them are tried. */
const codes = long ? [409, 500, 403, 429, 503] : [409, 500]
const errors: readonly Act[] = codes.map((code) => ({
  name: `OW11: an API that answers everybody with ${code} is noticed by no client`,
  play: (scene) =>
    unnoticed(scene, async () => {
      await using _ = await apiFault(scene.cluster, scene.cluster.members, { mode: "error", code })
      await lasting(troubleMs)
    }),
}))

await play(
  "an outage of the Kubernetes API is no outage of the database",
  { members: 3, durability: "preferred" },
  [
    {
      name: `OW1 PA13 PA17: without the API for ${awayMs / 1000} s no write fails and no role changes`,
      play: (scene) =>
        unnoticed(scene, async () => {
          scene.cluster.freezeApi()
          await lasting(awayMs)
          scene.cluster.thawApi()
        }),
    },
    {
      name: "OW2: without the API for the primary alone nobody takes its role",
      play: (scene) =>
        unnoticed(scene, async () => {
          await using _ = await apiFault(scene.cluster, [scene.primary], { mode: "drop" })
          await lasting(troubleMs)
        }),
    },
    ...errors,
    {
      name: "OW11: an API that takes 5 s for every answer is noticed by no client",
      play: (scene) =>
        unnoticed(scene, async () => {
          const slow = { mode: "slow", delayMs: 5000 } as const
          await using _ = await apiFault(scene.cluster, scene.cluster.members, slow)
          await lasting(troubleMs * 2)
        }),
    },
    {
      name: "OW11: permissions that are taken away and given back are noticed by no client",
      play: (scene) =>
        unnoticed(scene, async () => {
          const { cluster } = scene
          const { namespace, spec } = cluster
          // Longer than the trouble, or what is taken away would never be given back.
          const signal = AbortSignal.timeout(troubleMs + 60_000)
          const role = await cluster.api.get(
            kinds.Role,
            namespace,
            objectNames(spec.name).role,
            signal,
          )
          assert(role !== undefined)
          const path = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/roles/${role.metadata.name}`
          const change = (rules: unknown): Promise<unknown> =>
            cluster.api.call(
              {
                method: "PATCH",
                path,
                contentType: "application/merge-patch+json",
                body: { rules },
              },
              signal,
            )
          await change([])
          await lasting(troubleMs)
          await change(role["rules"])
        }),
    },
    {
      name: "OW11: watches that have to begin anew miss nothing: a failover right after is as quick as ever",
      async play({ cluster, primary, witnesses, say }) {
        await cluster.faults.expireHistory()
        const at = performance.now()
        primary.killPostmaster()
        await cluster.untilPrimary((member) => member !== primary)
        await witnesses.writing()
        say(`no write for ${Math.round(witnesses.gap(at))} ms`)
      },
    },
    {
      name: "OW21: when the API and the primary are both gone nobody promotes before the API is back",
      async play({ cluster, primary, witnesses }) {
        const { term } = await cluster.lease()
        cluster.freezeApi()
        await primary.kill()
        await lasting(troubleMs)
        assert.equal(await cluster.primary(), undefined)
        cluster.thawApi()
        await cluster.untilPrimary((member) => member !== primary)
        await witnesses.writing()
        assert.ok((await cluster.lease()).term > term)
        await primary.rebirth()
        primary.start()
      },
    },
    {
      name: "OW21: when the API and a standby are both gone the primary serves on",
      async play({ cluster, primary, others, witnesses, say }) {
        const [standby] = others
        assert(standby !== undefined)
        const { term } = await cluster.lease()
        const at = performance.now()
        cluster.freezeApi()
        await standby.kill()
        await lasting(troubleMs)
        await witnesses.writing()
        assert.equal(await cluster.primary(), primary)
        cluster.thawApi()
        await standby.rebirth()
        standby.start()
        assert.equal((await cluster.lease()).term, term)
        say(`no write for ${Math.round(witnesses.gap(at))} ms`)
      },
    },
  ],
)

await play(
  "two members depend on each other when the API is away",
  { members: 2, durability: "preferred" },
  [
    {
      name: "PA18: a primary of two stops when neither the API nor the other member answers, and is back with the other",
      async play({ cluster, primary, others, witnesses }) {
        const [standby] = others
        assert(standby !== undefined)
        cluster.freezeApi()
        await standby.kill()
        await cluster.until("the primary has stopped", async () => {
          return (await primary.role()) !== "primary"
        })
        cluster.thawApi()
        await cluster.untilPrimary((member) => member === primary)
        await witnesses.writing()
        await standby.rebirth()
        standby.start()
      },
    },
    {
      name: "PA19: the standby is promoted when the primary is down and the API is there",
      async play({ cluster, primary, witnesses }) {
        await primary.kill()
        await cluster.untilPrimary((member) => member !== primary)
        await witnesses.writing()
        await primary.rebirth()
        primary.start()
      },
    },
  ],
)
