/** What a fault is, and what most of them need: whom it hits, and that a pod is born again. */
import type { Member } from "../member.ts"
import type { World } from "../world.ts"

/** Something that befalls a world. */
export type Fault = {
  readonly weight: number
  /** False where it has no object now. */
  readonly inject: (world: World, long: number) => boolean
}

export type Faults = Readonly<Record<string, Fault>>

export const anyone = (world: World): Member | undefined =>
  world.dice.pick(world.alive.filter(({ lives }) => lives))
/** More often the one that matters. */
export const someone = (world: World): Member | undefined =>
  world.dice.chance(0.5)
    ? (world.alive.find(({ server }) => server?.mode === "primary") ?? anyone(world))
    : anyone(world)

export const on =
  (hit: (member: Member, world: World, long: number) => void): Fault["inject"] =>
  (world, long) => {
    const member = someone(world)
    if (member === undefined) return false
    hit(member, world, long)
    return true
  }

export function rebornAfter(world: World, member: Member, long: number, isNew: boolean): void {
  world.agenda.after(long, () => {
    if (member.wanted) member.start(isNew)
  })
}

export function die(world: World, member: Member, long: number): void {
  member.kill()
  rebornAfter(world, member, long, false)
}
