/** Processes and machines that die, hang, or stand still. */
import { wakesWithin } from "../postgres.ts"
import type { Process } from "../process.ts"
import { die, type Faults, on } from "./fault.ts"

export const crashes: Faults = {
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

export const freezes: Faults = {
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
      // A sidecar that begins beside it knows of no deadline, also while the same supervisor is frozen once more.
      const before = machine.unguarded
      machine.unguarded = () =>
        before() ||
        (isHeld(supervisor.process) &&
          (sidecar === undefined ||
            member.sidecar !== sidecar ||
            isHeld(sidecar.process) ||
            isHeld(member.server?.process)))
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
