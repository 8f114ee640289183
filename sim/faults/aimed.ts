/** Moments that chance hits too seldom: only for worlds that ask for them (`mutants.ts`). */
import type { World } from "../world.ts"
import { die, type Faults, rebornAfter } from "./fault.ts"

/** Looks at the world often until `now` is true, and acts in that moment; gives up after a while. */
function when(world: World, now: () => boolean, act: () => void, left = 3000): void {
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
}
