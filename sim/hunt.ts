/** Looks for the first world in which a promise breaks; run by `run-mutants.ts` inside a changed copy. */
import { type Plan, run, type Shape, shapeOf } from "./run.ts"

export type Hunt = {
  readonly from: number
  readonly seeds: number
  readonly shapes?: readonly Shape[]
  readonly only?: readonly string[]
}

process.once("message", (message: unknown) => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own parent says nothing else
  void hunt(message as Hunt).then((found) => process.send?.(found ?? "nothing"))
})

export type Found = { readonly seed: number; readonly problem: string }

async function hunt({ from, seeds, shapes, only }: Hunt): Promise<Found | undefined> {
  for (let seed = from; seed < from + seeds; seed += 1) {
    const shape = shapes?.[seed % shapes.length] ?? shapeOf(seed)
    const plan: Plan = { seed, ...shape, verbose: false, ...(only === undefined ? {} : { only }) }
    const { problems } = await run(plan)
    const [first] = problems
    if (first !== undefined) return { seed, problem: first.split("\n")[0] ?? "" }
  }
  return undefined
}
