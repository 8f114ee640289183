/** Moments that chance hits too seldom: only for worlds that ask for them (`mutants.ts`). */
import type { World } from "../world.ts"
import type { Member } from "../member.ts"
import { die, type Faults, rebornAfter } from "./fault.ts"
import { apiAway, cut } from "./network.ts"

/** Looks at the world often until `now` is true, and acts in that moment; gives up after a while. */
function when(world: World, now: () => boolean, act: () => void, left = 8000): void {
  if (now()) act()
  else if (left > 0) world.agenda.after(5, () => when(world, now, act, left - 1))
}

export const aimed: Faults = {
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
  /** The only one that has the last commits reads its WAL again while the others elect. */
  "best standby restarts during an election": {
    weight: 0,
    inject: (world) => {
      const primary = primaryOf(world)
      const [best, ...others] = world.alive.filter((member) => member !== primary)
      if (primary === undefined || best === undefined || world.network.lags.size > 0) return false
      const { agenda, network } = world
      for (const { pod } of others) network.lags.set(pod, 1500)
      agenda.after(1500, () => {
        die(world, primary, 30_000)
        network.lags.clear()
        agenda.after(2000, () => {
          best.disk.replay = 6000
          best.supervisor?.crash()
        })
        agenda.after(12_000, () => {
          best.disk.replay = 0
        })
      })
      return true
    },
  },
  /** It has its data before the primary has read that it is a member; then both sides are alone. */
  "joins unseen by the primary": {
    weight: 0,
    inject: (world, long) => {
      const { members } = world.config
      const old = [...world.alive]
      if (members >= 5 || old.length !== members || world.members.length !== members) return false
      world.configure({ members: members + 1 }, () => 25_000)
      const joined = world.addMember(members)
      const isReady = (): boolean =>
        joined.server?.mode === "standby" && joined.server.phase === "up" && joined.server.readAll
      when(world, isReady, () => apart(world, old, [joined], 8000 + long))
      return true
    },
  },
  /** The primary has not heard which member set is in force when it is cut off with some of one that is not. */
  "members change unheard": {
    weight: 0,
    inject: (world) => {
      const primary = primaryOf(world)
      const [near, ...far] = world.alive.filter((member) => member !== primary)
      if (primary?.ordinal !== 0 || near === undefined || far.length !== 3) return false
      const { api, agenda } = world
      if (world.config.members !== 5 || api.lease?.members.length !== 5) return false
      if (api.away.size + api.deaf.size > 0) return false
      world.configure({ members: 3 }, () => 50)
      const meant = [primary, ...far.slice(1)]
      // The next write of the Lease says it, and none that does not is on its way.
      const isNext = (): boolean =>
        primary.disk.memberSets.some(({ length }) => length === 3) &&
        primary.sidecar?.parts.lanes.states.lease.running === undefined
      const isChanged = (): boolean => api.lease?.members.length === 3
      const regret = (): void => {
        world.configure({ members: 5 }, () => 50)
        agenda.after(1500, () => {
          api.deaf.delete(primary.pod)
          apart(world, meant, [near, ...far.slice(0, 1)], 12_000)
        })
      }
      when(world, isNext, () => {
        api.deaf.add(primary.pod)
        when(world, isChanged, regret)
      })
      return true
    },
  },
  /** So does its next sidecar, which never read the Lease. */
  "sidecar restarts as members change": {
    weight: 0,
    inject: (world) => {
      const primary = primaryOf(world)
      const [near, ...far] = world.alive.filter((member) => member !== primary)
      if (primary?.ordinal !== 0 || near === undefined || far.length !== 3) return false
      const { agenda } = world
      apart(world, [primary, near], far, 14_000)
      world.configure({ members: 3 }, () => 50)
      agenda.after(400, () => {
        primary.killSidecar()
        agenda.after(100, () => primary.restart())
      })
      agenda.after(14_000, () => world.configure({ members: 5 }, () => 50))
      return true
    },
  },
  /**
   * Both take part again while the API is away, so the Lease does not name them; one of them leads next, the other
   * acknowledges its first commits, and both are lost.
   */
  "unrecorded members lead and acknowledge": {
    weight: 0,
    inject: (world) => {
      const primary = primaryOf(world)
      const [one, two, ...others] = world.alive.filter((member) => member !== primary)
      if (primary === undefined || one === undefined || two === undefined) return false
      if (others.length !== 2 || world.whyNotWell !== undefined || world.api.down) return false
      const { api, network, agenda } = world
      const pair = [one, two]
      const lag = (long: number): void => {
        for (const { pod } of others) network.lags.set(pod, long)
      }
      const leader = (): Member | undefined => pair.find((member) => member === primaryOf(world))
      const areDropped = (): boolean =>
        pair.every(({ pod }) => api.lease?.syncSet.includes(pod) === false)
      const areBack = (): boolean =>
        pair.every(({ server }) => server?.receiver?.source === primary.server)
      const isTaken = (): boolean => pair.some(({ pod }) => pod === api.lease?.holder?.pod)
      for (const member of pair) member.kill()
      const bothDie = (): void => {
        for (const member of pair) die(world, member, 40_000)
        primary.start(false)
        api.failing = false
        network.lags.clear()
      }
      const elected = (): void => {
        api.failing = true
        lag(2500)
        when(
          world,
          () => leader() !== undefined,
          () => agenda.after(world.dice.between(200, 700), bothDie),
        )
      }
      const lonely = (): void => {
        lag(1500)
        agenda.after(1500, () => {
          primary.kill()
          network.lags.clear()
          api.down = false
          when(world, isTaken, elected)
        })
      }
      const dropped = (): void => {
        api.down = true
        for (const member of pair) member.start(false)
        when(world, areBack, lonely)
      }
      when(world, areDropped, dropped)
      return true
    },
  },
  /** The primary alone has the longer times when it loses sight of all others. */
  "preset grows as the primary is cut off": {
    weight: 0,
    inject: (world) => {
      const primary = primaryOf(world)
      if (primary === undefined || world.config.preset !== "fast") return false
      const others = world.alive.filter((member) => member !== primary)
      world.configure({ preset: "calm" }, (member) => (member === primary ? 10 : 20_000))
      world.agenda.after(20, () => apart(world, [primary], others, 16_000))
      world.agenda.after(22_000, () => world.configure({ preset: "fast" }))
      return true
    },
  },
}

const primaryOf = (world: World): Member | undefined =>
  world.alive.find(({ server }) => server?.mode === "primary")

/** Nothing passes between the two sides, and `cutOff` have no API either. */
function apart(
  world: World,
  cutOff: readonly Member[],
  others: readonly Member[],
  long: number,
): void {
  const [here, there] = [cutOff, others].map((side) => side.map(({ pod }) => pod))
  cut(world, here ?? [], there ?? [], long, true)
  for (const { pod } of cutOff) apiAway(world, pod, long)
}
