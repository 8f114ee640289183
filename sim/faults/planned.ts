/** What people, the satellite and Kubernetes do on purpose. */
import { operationId } from "#core/ids.ts"
import { repairs } from "#core/recovery/rule.ts"
import { type Faults, on, rebornAfter } from "./fault.ts"

export const planned: Faults = {
  switchover: {
    weight: 6,
    inject: (world) => {
      const primary = world.alive.find(({ server }) => server?.mode === "primary")
      const sidecar = primary?.sidecar
      if (sidecar === undefined) return false
      const to = world.dice.chance(0.5)
        ? world.dice.pick(world.alive.filter((member) => member !== primary))?.pod
        : undefined
      const operation = operationId(`op-${world.agenda.happened}`)
      sidecar.process.deliver(() => {
        const { handOvers, observe } = sidecar.parts
        const { term } = observe()
        const { signal } = new AbortController()
        void handOvers.ask({ kind: "hand-over", operation, to, term }, signal)
      })
      if (world.dice.chance(0.2))
        world.agenda.after(world.dice.between(20, 3000), () =>
          sidecar.process.deliver(() => {
            sidecar.parts.handOvers.abandon(operation)
          }),
        )
      return true
    },
  },
  "pod deleted": {
    weight: 5,
    inject: on((member, world) => {
      member.leave(() => rebornAfter(world, member, world.dice.between(100, 3000), true))
    }),
  },
  "rule asks for a repair": {
    weight: 2,
    inject: on(({ sidecar, machine }, world, long) => {
      const kind = world.dice.pick(repairs)
      if (sidecar === undefined || kind === undefined) return
      const { known } = sidecar.parts
      sidecar.process.deliver(() => {
        known.repair = { kind, rule: "a-rule", since: machine.now() }
        known.changed()
        // The log watcher takes back what does not come about.
        world.agenda.after(long + 5000, () => {
          known.repair = undefined
        })
      })
    }),
  },
  "preset changed": {
    weight: 1.5,
    inject: (world) => {
      world.configure({ preset: world.dice.pick(["fast", "edge", "calm"] as const) ?? "edge" })
      return true
    },
  },
  "durability changed": {
    weight: 1.5,
    inject: (world) => {
      if (world.config.durability === "quorum" || world.config.members === 1) return false
      world.configure({
        durability: world.dice.pick(["async", "preferred"] as const) ?? "preferred",
      })
      return true
    },
  },
  "member added": {
    weight: 0.7,
    inject: (world) => {
      const { members } = world.config
      if (members >= 5 || world.alive.length !== members) return false
      const known = world.members.find(({ ordinal }) => ordinal === members)
      world.configure({ members: members + 1 })
      if (known === undefined) world.addMember(members)
      else {
        known.wanted = true
        known.start(true)
      }
      return true
    },
  },
  "member removed": {
    weight: 0.7,
    inject: (world) => {
      const { members } = world.config
      const last = world.members.find(({ ordinal }) => ordinal === members - 1)
      if (members <= 1 || last?.wanted !== true || !last.lives) return false
      if (world.whyNotWell !== undefined || last.server?.mode === "primary") return false
      world.configure({ members: members - 1 })
      world.agenda.after(world.dice.between(3000, 6000), () => {
        // The satellite takes no member away from a cluster that needs it.
        if (world.config.members !== members - 1) return
        if (world.whyNotWell !== undefined || last.server?.mode === "primary")
          return world.configure({ members })
        last.leave(() => {
          last.wanted = false
          world.api.removePod(last.pod)
        })
      })
      return true
    },
  },
  paused: {
    weight: 0.7,
    inject: (world, long) => {
      world.configure({ paused: true })
      world.agenda.after(long, () => world.configure({ paused: false }))
      return true
    },
  },
}
