/** What befalls a world, one thing at a time, drawn by weight. */
import { aimed } from "./faults/aimed.ts"
import { ofDisks } from "./faults/disks.ts"
import type { Faults } from "./faults/fault.ts"
import { apart, ofApi } from "./faults/network.ts"
import { planned } from "./faults/planned.ts"
import { crashes, freezes } from "./faults/processes.ts"
import type { World } from "./world.ts"

export const faults: Faults = {
  ...crashes,
  ...freezes,
  ...apart,
  ...ofApi,
  ...ofDisks,
  ...planned,
}

/** Aimed ones too. */
export const anyFault: Faults = { ...faults, ...aimed }

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
  if (anyFault[drawn]?.inject(world, long) !== true) return
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
    member.disk.replay = 0
    member.machine.wake()
    member.sidecar?.process.thawAll()
    member.supervisor?.process.thawAll()
    member.server?.process.thawAll()
    if (!member.wanted) continue
    if (member.lives) member.restart()
    else member.start(false)
  }
}
