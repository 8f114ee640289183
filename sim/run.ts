/** One world from its seed to its verdict. */
import type { Durability, Preset } from "#core/cluster/spec.ts"
import { Dice } from "./dice.ts"
import { healAll, injectOne } from "./faults.ts"
import { World } from "./world.ts"

export type Shape = {
  readonly members: number
  readonly durability: Durability
  readonly preset: Preset
}

export type Plan = Shape & {
  readonly seed: number
  readonly verbose: boolean
  /** Only these faults; undefined: all. */
  readonly only?: readonly string[]
  /** Simulated milliseconds of faults. */
  readonly faultsFor?: number
}

export type Verdict = {
  readonly seed: number
  readonly shape: Shape
  readonly problems: readonly string[]
  readonly simulated: number
  readonly happened: number
  readonly acknowledged: number
  readonly lost: number
  readonly counts: readonly (readonly [string, number])[]
  readonly log: readonly string[]
}

const beginsWithin = 90_000
const faultsLast = 30_000
/** A clone that is the last rung of the ladder begins after a minute; pauses between tries grow. */
const healsWithin = 600_000
const staysWellFor = 1500

export const shapes: readonly Shape[] = [
  { members: 1, durability: "async", preset: "fast" },
  { members: 2, durability: "preferred", preset: "edge" },
  { members: 2, durability: "quorum", preset: "fast" },
  { members: 3, durability: "quorum", preset: "fast" },
  { members: 3, durability: "preferred", preset: "edge" },
  { members: 3, durability: "async", preset: "fast" },
  { members: 3, durability: "quorum", preset: "calm" },
  { members: 5, durability: "quorum", preset: "edge" },
]

/** Most seeds go to three members: there majorities, pledges and synchronous sets all differ. */
export function shapeOf(seed: number): Shape {
  const at = new Dice(seed ^ 0x5bd1e995).between(0, shapes.length * 4)
  const shape = shapes[at % shapes.length] ?? shapes[0]
  if (shape === undefined) throw new Error("no shapes")
  return shape
}

async function until(world: World, within: number, done: () => boolean): Promise<boolean> {
  const end = world.agenda.now + within
  while (world.agenda.now < end && world.checker.problems.length === 0) {
    if (done()) return true
    await world.agenda.step()
  }
  return done()
}

export async function run(plan: Plan): Promise<Verdict> {
  const world = new World(plan)
  const { checker, agenda, dice } = world
  const wait = async (time: number): Promise<void> => {
    await until(world, time, () => false)
  }
  if (!(await until(world, beginsWithin, () => world.whyNotWell === undefined)))
    problem(world, `L1: a new cluster does not begin: ${world.whyNotWell ?? ""}`)
  const end = agenda.now + (plan.faultsFor ?? faultsLast)
  while (agenda.now < end && checker.problems.length === 0) {
    await wait(dice.chance(0.3) ? dice.between(0, 500) : dice.between(300, 4000))
    injectOne(world, plan.only)
  }
  world.note("--- faults end")
  healAll(world)
  await heal(world)
  checkLosses(world)
  world.end()
  return {
    seed: plan.seed,
    shape: { members: plan.members, durability: plan.durability, preset: plan.preset },
    problems: checker.problems,
    simulated: agenda.now,
    happened: agenda.happened,
    acknowledged: checker.acknowledged,
    lost: checker.losses.reduce((sum, { commits }) => sum + commits, 0),
    counts: [...world.coverage.counts],
    log: world.log,
  }
}

function problem(world: World, text: string): void {
  if (world.checker.problems.length > 0) return
  world.checker.broken(`${text}\n    ${world.moods.join("\n    ")}`)
}

/** L1 and L2: the cluster gets well and stays so, or says in a named state why a person must decide. */
async function heal(world: World): Promise<void> {
  let wellSince: number | undefined
  const isWell = (): boolean => {
    if (world.whyNotWell !== undefined) {
      wellSince = undefined
      return false
    }
    wellSince ??= world.agenda.now
    return world.agenda.now - wellSince > staysWellFor
  }
  if (await until(world, healsWithin, isWell)) return
  const named = namedState(world)
  if (named === undefined) problem(world, `L1: not well again: ${world.whyNotWell ?? ""}`)
  else world.coverage.count(`ends in a named state: ${named}`)
}

function namedState(world: World): string | undefined {
  if (world.needsPerson !== undefined) return world.needsPerson
  if (world.checker.twins > 0) return "known limit: two timelines of one number"
  if (world.alive.every(({ disk }) => disk.data === undefined || disk.damaged !== undefined))
    return "no whole data is left"
  const { now } = world.agenda
  return world.alive
    .map(({ asked }) => asked)
    .find((asked) => asked !== undefined && now - asked.at < 30_000)?.words
}

/** A loss that a failover brought must have been told as possible. */
function checkLosses(world: World): void {
  const { checker } = world
  if (checker.problems.length > 0) return
  for (const { term, by, commits, first, between } of checker.losses) {
    const told = checker.told.get(term)
    if (told === false && between) world.coverage.count("loss not told: known limits")
    else if (told === false)
      checker.broken(
        `S2: ${by} lost commits in term ${term} (${commits} branches; ${first}) and told that none could be`,
      )
    world.coverage.count(told === true ? "loss told" : "loss not told: its teller died")
  }
}
