/**
 * Processes that stop without ending: a hung node, a paused machine, a debugger. Nobody can tell them from dead
 * ones while they stand still, and they go on where they were when they wake.
 *
 *     node --test test/pg/chaos/freezes.pg.test.ts
 */
import assert from "node:assert/strict"
import type { Member } from "../failover-member.ts"
import { lasting, play } from "./scene.ts"

const everything = async (member: Member, signal: NodeJS.Signals): Promise<void> => {
  member.signalSidecar(signal)
  member.signalSupervisor(signal)
  await member.signalServer(signal)
}

await play(
  "what stands still is not waited for, and does no harm when it goes on",
  { members: 3, durability: "quorum" },
  [
    {
      name: "OW5 PA22: a frozen sidecar's server is stopped before another member serves",
      async play({ cluster, primary, witnesses, say }) {
        const at = performance.now()
        primary.signalSidecar("SIGSTOP")
        await cluster.untilPrimary((member) => member !== primary)
        assert.equal(await primary.role(), "down")
        await witnesses.writing()
        primary.signalSidecar("SIGCONT")
        say(`sidecar frozen: no write for ${Math.round(witnesses.gap(at))} ms`)
      },
    },
    {
      name: "OW5 ST5: a frozen server is ended, and another member serves",
      async play({ cluster, primary, witnesses, say }) {
        const at = performance.now()
        await primary.signalServer("SIGSTOP")
        await cluster.untilPrimary((member) => member !== primary)
        await witnesses.writing()
        say(`server frozen: no write for ${Math.round(witnesses.gap(at))} ms`)
      },
    },
    {
      name: "OW5 OW7: a member that was frozen whole begins no write when it wakes in another's term",
      async play({ cluster, primary, witnesses, say }) {
        const at = performance.now()
        await everything(primary, "SIGSTOP")
        const from = performance.now()
        await cluster.untilPrimary((member) => member !== primary)
        await witnesses.writing()
        // Nobody can take back an answer to what was committed before; that it is not lost is looked at as ever.
        witnesses.stoodStill({ by: primary.pod, from, to: performance.now() })
        await everything(primary, "SIGCONT")
        await witnesses.writing()
        say(`member frozen: no write for ${Math.round(witnesses.gap(at))} ms`)
      },
    },
    {
      name: "OW5: sidecar and server frozen together are no different",
      async play({ cluster, primary, witnesses, say }) {
        const at = performance.now()
        primary.signalSidecar("SIGSTOP")
        await primary.signalServer("SIGSTOP")
        await cluster.untilPrimary((member) => member !== primary)
        await witnesses.writing()
        primary.signalSidecar("SIGCONT")
        await primary.signalServer("SIGCONT")
        say(`sidecar and server frozen: no write for ${Math.round(witnesses.gap(at))} ms`)
      },
    },
    {
      name: "PA2 AF1: a standby that is frozen for a while moves no role, and writes go on",
      async play({ cluster, primary, others, witnesses, say }) {
        const [standby] = others
        assert(standby !== undefined)
        const at = performance.now()
        const { term } = await cluster.lease()
        await everything(standby, "SIGSTOP")
        await lasting(8000)
        await everything(standby, "SIGCONT")
        await witnesses.writing()
        assert.equal(await cluster.primary(), primary)
        assert.equal((await cluster.lease()).term, term)
        say(`standby frozen: no write for ${Math.round(witnesses.gap(at))} ms`)
        assert.ok(witnesses.gap(at) < 7000)
      },
    },
  ],
)
