/** Members that can not reach one another, or the Kubernetes API. */
import type { PodName } from "#core/ids.ts"
import type { World } from "../world.ts"
import { anyone, type Faults, on } from "./fault.ts"

export const apart: Faults = {
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

export function cut(
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

export function apiAway(world: World, pod: PodName, long: number): void {
  const { api } = world
  api.away.add(pod)
  api.silence(pod)
  world.agenda.after(long, () => {
    api.away.delete(pod)
    if (world.dice.chance(0.5)) api.breakSilent()
  })
}

export const ofApi: Faults = {
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
