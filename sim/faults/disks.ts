/** Volumes that are full, slow, lost, or brought back from the past. */
import type { Member } from "../member.ts"
import type { Disk } from "../volume.ts"
import type { World } from "../world.ts"
import { type Faults, on, rebornAfter } from "./fault.ts"
import { cut } from "./network.ts"

export const ofDisks: Faults = {
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
export function renewed(world: World, member: Member, long: number, disk: Disk | undefined): void {
  member.kill()
  member.renewDisk(disk)
  rebornAfter(world, member, long, true)
}
