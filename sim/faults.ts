/** What befalls a world, one thing at a time, drawn by weight. */
import type { PodName } from "#core/ids.ts"
import { operationId } from "#core/ids.ts"
import { repairs } from "#core/recovery/rule.ts"
import type { Member } from "./member.ts"
import { wakesWithin } from "./postgres.ts"
import type { Process } from "./process.ts"
import type { Disk } from "./volume.ts"
import type { World } from "./world.ts"

type Fault = {
  readonly weight: number
  /** False where it has no object now. */
  readonly inject: (world: World, long: number) => boolean
}

const anyone = (world: World): Member | undefined =>
  world.dice.pick(world.alive.filter(({ lives }) => lives))
/** More often the one that matters. */
const someone = (world: World): Member | undefined =>
  world.dice.chance(0.5)
    ? (world.alive.find(({ server }) => server?.mode === "primary") ?? anyone(world))
    : anyone(world)

const on =
  (hit: (member: Member, world: World, long: number) => void): Fault["inject"] =>
  (world, long) => {
    const member = someone(world)
    if (member === undefined) return false
    hit(member, world, long)
    return true
  }

function rebornAfter(world: World, member: Member, long: number, isNew: boolean): void {
  world.agenda.after(long, () => {
    if (member.wanted) member.start(isNew)
  })
}

function die(world: World, member: Member, long: number): void {
  member.kill()
  rebornAfter(world, member, long, false)
}

const crashes: Readonly<Record<string, Fault>> = {
  "server crashes": { weight: 6, inject: on((member) => member.supervisor?.crash()) },
  "sidecar crashes": {
    weight: 5,
    inject: on((member, world, long) => {
      member.killSidecar()
      world.agenda.after(Math.min(long, 4000), () => member.restart())
    }),
  },
  "container dies": {
    weight: 3,
    inject: on((member, world) => {
      member.killContainer()
      world.agenda.after(world.dice.between(300, 2500), () => member.restart())
    }),
  },
  "node dies": { weight: 5, inject: on((member, world, long) => die(world, member, long)) },
  "power cut": {
    weight: 1.5,
    inject: (world, long) => {
      for (const member of world.alive)
        if (member.lives) die(world, member, world.dice.between(200, 200 + long))
      return true
    },
  },
}

const freezes: Readonly<Record<string, Fault>> = {
  "sidecar frozen": {
    weight: 4,
    inject: on((member, world, long) => {
      const process = member.sidecar?.process
      process?.freeze()
      world.agenda.after(long, () => process?.thaw())
    }),
  },
  "server frozen": {
    weight: 3,
    inject: on((member, world, long) => {
      const process = member.server?.process
      process?.freeze()
      world.agenda.after(long, () => process?.thaw())
    }),
  },
  "supervisor frozen": {
    weight: 3,
    inject: on((member, world, long) => {
      const { machine, supervisor, sidecar } = member
      if (supervisor === undefined) return
      const isHeld = (process: Process | undefined): boolean =>
        process?.awake !== true || world.agenda.now - process.thawedAt < wakesWithin
      // A sidecar that begins beside it knows of no deadline.
      machine.unguarded = () =>
        isHeld(supervisor.process) &&
        (sidecar === undefined ||
          member.sidecar !== sidecar ||
          isHeld(sidecar.process) ||
          isHeld(member.server?.process))
      supervisor.process.freeze()
      world.agenda.after(long, () => supervisor.process.thaw())
    }),
  },
  "container frozen": {
    weight: 2,
    inject: on((member, world, long) => {
      const processes = [member.server?.process, member.supervisor?.process]
      for (const process of processes) process?.freeze()
      world.agenda.after(long, () => {
        member.machine.wokeAt = world.agenda.now
        for (const process of processes) process?.thaw()
      })
    }),
  },
  "machine paused": {
    weight: 3,
    inject: on((member, world, long) => {
      world.agenda.after(long, member.machine.pause(world.dice.chance(0.5)))
    }),
  },
}

const apart: Readonly<Record<string, Fault>> = {
  "link cut": {
    weight: 4,
    inject: on((member, world, long) => {
      const other = anyone(world)
      if (other !== undefined) cut(world, [member.pod], [other.pod], long, true)
    }),
  },
  "one-way cut": {
    weight: 3,
    inject: on((member, world, long) => {
      const others = world.alive.filter((other) => other !== member).map(({ pod }) => pod)
      if (world.dice.chance(0.5)) cut(world, [member.pod], others, long, false)
      else cut(world, others, [member.pod], long, false)
    }),
  },
  "member alone": {
    weight: 4,
    inject: on((member, world, long) => {
      const others = world.alive.filter((other) => other !== member).map(({ pod }) => pod)
      cut(world, [member.pod], others, long, true)
      if (world.dice.chance(0.5)) apiAway(world, member.pod, long)
    }),
  },
  "network slow": {
    weight: 2,
    inject: (world, long) => {
      world.network.slow = world.dice.between(50, 700)
      world.agenda.after(long, () => {
        world.network.slow = 0
      })
      return true
    },
  },
  "one member slow": {
    weight: 3,
    inject: on((member, world, long) => {
      const { lags } = world.network
      lags.set(member.pod, world.dice.between(300, 3000))
      world.agenda.after(long, () => lags.delete(member.pod))
    }),
  },
  "messages lost and doubled": {
    weight: 2,
    inject: (world, long) => {
      world.network.loss = world.dice.next() * 0.5
      world.network.twice = world.dice.next() * 0.5
      world.agenda.after(long, () => {
        world.network.loss = 0
        world.network.twice = 0
      })
      return true
    },
  },
}

function cut(
  world: World,
  from: readonly PodName[],
  to: readonly PodName[],
  long: number,
  both: boolean,
): void {
  const { network } = world
  const pairs = from.flatMap((a) => to.filter((b) => b !== a).map((b) => [a, b] as const))
  for (const [a, b] of pairs) {
    network.cut(a, b)
    if (both) network.cut(b, a)
    world.agenda.after(long, () => {
      network.mend(a, b)
      network.mend(b, a)
    })
  }
}

function apiAway(world: World, pod: PodName, long: number): void {
  const { api } = world
  api.away.add(pod)
  api.silence(pod)
  world.agenda.after(long, () => {
    api.away.delete(pod)
    if (world.dice.chance(0.5)) api.breakSilent()
  })
}

const ofApi: Readonly<Record<string, Fault>> = {
  "api away from one": {
    weight: 4,
    inject: on((member, world, long) => apiAway(world, member.pod, long)),
  },
  "api away": {
    weight: 4,
    inject: (world, long) => {
      world.api.down = true
      world.agenda.after(long, () => {
        world.api.down = false
        if (world.dice.chance(0.5)) world.api.breakSilent()
      })
      return true
    },
  },
  "api fails": {
    weight: 2,
    inject: (world, long) => {
      world.api.failing = true
      world.agenda.after(long, () => {
        world.api.failing = false
      })
      return true
    },
  },
  "api slow": {
    weight: 3,
    inject: (world, long) => {
      world.api.slow = world.dice.between(200, 4000)
      world.agenda.after(long, () => {
        world.api.slow = 0
      })
      return true
    },
  },
  "api answers lost": {
    weight: 3,
    inject: on((member, world, long) => {
      world.api.deaf.add(member.pod)
      world.agenda.after(long, () => world.api.deaf.delete(member.pod))
    }),
  },
  "reads stale": {
    weight: 2,
    inject: on((member, world, long) => {
      world.api.stale.set(member.pod, world.dice.between(100, 4000))
      world.agenda.after(long, () => world.api.stale.delete(member.pod))
    }),
  },
  "watch stale": { weight: 4, inject: on((member, world) => world.api.silence(member.pod)) },
  "lease wiped": {
    weight: 1.5,
    inject: (world) => {
      const { lease } = world.api
      if (lease === undefined) return false
      world.api.put({ ...lease, holder: undefined, durationSeconds: 0 })
      return true
    },
  },
  "lease deleted": {
    weight: 1,
    inject: (world) => {
      world.api.put(undefined)
      world.checker.excusesTwins = true
      return true
    },
  },
  "lease rolled back": {
    weight: 0.4,
    inject: (world) => {
      const { past } = world.api
      const old = past[Math.max(0, past.length - world.dice.between(2, 40))]
      if (old === undefined) return false
      world.api.put(old)
      world.needsPerson = "the Lease was rolled back by hand"
      world.checker.excusesLoss = true
      return true
    },
  },
}

const ofDisks: Readonly<Record<string, Fault>> = {
  "disk full": {
    weight: 2,
    inject: on(({ disk, supervisor }, world, long) => {
      disk.full = true
      supervisor?.crash()
      world.agenda.after(long, () => {
        disk.full = false
      })
    }),
  },
  "disk slow": {
    weight: 2,
    inject: on(({ disk }, world, long) => {
      disk.slow = world.dice.between(300, 3000)
      world.agenda.after(long, () => {
        disk.slow = 0
      })
    }),
  },
  "volume lost": {
    weight: 1,
    inject: on((member, world, long) => renewed(world, member, long, undefined)),
  },
  "data deleted": {
    weight: 0.7,
    inject: on(({ disk, supervisor }) => {
      disk.data = undefined
      supervisor?.crash()
    }),
  },
  "WAL removed": {
    weight: 1.5,
    inject: (world, long) => {
      const primary = world.alive.find(({ server }) => server?.mode === "primary")
      const standby = world.dice.pick(
        world.alive.filter(({ server }) => server?.mode === "standby"),
      )
      if (primary === undefined || standby === undefined) return false
      // It is cut off, and before it is back the primary keeps its WAL no longer.
      cut(world, [standby.pod], [primary.pod], long, true)
      world.agenda.after(long * 0.9, () => {
        const { data } = world.alive.find(({ server }) => server?.mode === "primary")?.server ?? {}
        if (data !== undefined) data.oldest = data.end
      })
      return true
    },
  },
  "volume rolled back": {
    weight: 0.4,
    inject: on((member, world, long) => {
      const kept = member.disk.copy()
      const { pod } = member
      world.agenda.after(long + 3000, () => {
        const now = world.named(pod)
        if (now?.lives !== true || !now.wanted) return
        world.checker.excusesLoss = true
        renewed(world, now, 1000, kept)
      })
    }),
  },
}

/** The pod is born again, somewhere else, on another volume. */
function renewed(world: World, member: Member, long: number, disk: Disk | undefined): void {
  member.kill()
  member.renewDisk(disk)
  rebornAfter(world, member, long, true)
}

const planned: Readonly<Record<string, Fault>> = {
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

/** Looks at the world often until `now` is true, and acts in that moment; gives up after a while. */
function when(world: World, now: () => boolean, act: () => void, left = 3000): void {
  if (now()) act()
  else if (left > 0) world.agenda.after(5, () => when(world, now, act, left - 1))
}

/** Moments that chance hits too seldom: only for worlds that ask for them (`mutants.ts`). */
const aimed: Readonly<Record<string, Fault>> = {
  /** Its walsender may still send, and its clients may still be answered, while the others elect. */
  "wakes during a vote": {
    weight: 0,
    inject: (world) => {
      const primary = world.alive.find(({ server }) => server?.mode === "primary")
      const processes = [primary?.server?.process, primary?.supervisor?.process]
      if (primary === undefined) return false
      for (const process of processes) process?.freeze()
      const voted = (): boolean =>
        world.alive.some(({ sidecar }) => {
          const vote = sidecar?.parts.known.promises.vote
          return vote !== undefined && vote.leaseVersion === world.api.lease?.version
        })
      const wake = (): void => {
        primary.machine.wokeAt = world.agenda.now
        for (const process of processes) process?.thaw()
      }
      when(world, voted, () => world.agenda.after(world.dice.between(0, 250), wake))
      return true
    },
  },
  /** A standby for whom commits wait before the Lease says so is lost together with the primary. */
  "unrecorded acknowledger dies with the primary": {
    weight: 0,
    inject: (world, long) => {
      const primary = world.alive.find(({ server }) => server?.mode === "primary")
      const [keeper, ...others] = world.alive.filter((member) => member !== primary)
      if (primary === undefined || keeper?.lives !== true) return false
      keeper.kill()
      rebornAfter(world, keeper, 4000, false)
      const named = (): boolean =>
        primary.server?.shown.names.includes(keeper.pod) === true &&
        world.api.lease?.syncSet.includes(keeper.pod) === false
      world.agenda.after(2500, () => {
        world.api.slow = 1500
        when(world, named, () => {
          for (const { pod } of others) world.network.lags.set(pod, 2500)
          world.agenda.after(world.dice.between(100, 700), () => {
            die(world, primary, 20_000 + long)
            die(world, keeper, 20_000 + long)
            world.api.slow = 0
          })
        })
        world.agenda.after(20_000, () => world.network.lags.clear())
      })
      return true
    },
  },
}

export const faults: Readonly<Record<string, Fault>> = {
  ...crashes,
  ...freezes,
  ...apart,
  ...ofApi,
  ...ofDisks,
  ...planned,
}

const anyOf: Readonly<Record<string, Fault>> = { ...faults, ...aimed }

const weights: Readonly<Record<string, number>> = Object.fromEntries(
  Object.entries(faults).map(([name, { weight }]) => [name, weight]),
)

/** One fault; `only` for worlds that are about some kinds of them. */
export function injectOne(world: World, only: readonly string[] | undefined): void {
  const drawn =
    only === undefined ? world.dice.weighed(weights) : (world.dice.pick(only) ?? "server crashes")
  const long = world.dice.chance(0.3)
    ? world.dice.between(100, 1500)
    : world.dice.between(1000, 14_000)
  if (anyOf[drawn]?.inject(world, long) !== true) return
  world.note(`--- ${drawn} (${long} ms)`)
  world.coverage.count(`fault ${drawn}`)
}

/** Everything that ails the world ends; what broke stays broken until the members mend it. */
export function healAll(world: World): void {
  const { api, network } = world
  network.mendAll()
  api.down = false
  api.failing = false
  api.slow = 0
  api.away.clear()
  api.deaf.clear()
  api.stale.clear()
  api.breakSilent()
  if (world.config.paused) world.configure({ paused: false })
  for (const member of world.members) {
    member.machine.wokeAt = world.agenda.now
    member.disk.full = false
    member.disk.slow = 0
    member.machine.wake()
    member.sidecar?.process.thawAll()
    member.supervisor?.process.thawAll()
    member.server?.process.thawAll()
    if (!member.wanted) continue
    if (member.lives) member.restart()
    else member.start(false)
  }
}
