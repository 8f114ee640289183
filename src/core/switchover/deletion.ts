/**
 * The deletion of a cluster as an operation: central accepts it, hands it to the site, the site removes what there
 * is, and says that nothing is left. Until it was handed over it can be called off; what a site was told it may
 * have begun. Pure.
 */
import type { ShownStep } from "#core/rollout/change-operation.ts"
import type { StepState } from "#core/switchover/operation.ts"

export const deletionSteps = ["accept", "send", "remove", "gone"] as const
export type DeletionStep = (typeof deletionSteps)[number]

/** How its site can be reached, for the sentence that a waiting step says. */
export type SiteOfDeletion = { readonly name: string; readonly isHeard: boolean }

const step = (name: DeletionStep, state: StepState, at: number | undefined): ShownStep => ({
  name,
  state,
  startedAt: at,
  endedAt: state === "done" ? at : undefined,
  detail: "",
})

/** Somebody asked for it at `at`; its site has not been told. */
export const accepted = (at: number): readonly ShownStep[] => [
  step("accept", "done", at),
  step("send", "running", at),
  step("remove", "pending", undefined),
  step("gone", "pending", undefined),
]

/** The steps before `name` are done since `at`, and it is under way. */
const upTo = (
  steps: readonly ShownStep[],
  name: DeletionStep,
  at: number,
  detail: string,
): readonly ShownStep[] => {
  const here = deletionSteps.indexOf(name)
  return steps.map((one, index): ShownStep => {
    const isOver = one.state === "done" || one.state === "failed" || one.state === "skipped"
    if (index < here && !isOver)
      return { ...one, state: "done", startedAt: one.startedAt ?? at, endedAt: at, detail: "" }
    if (index !== here || isOver) return one
    return { ...one, state: "running", startedAt: one.startedAt ?? at, detail }
  })
}

/** The site was told, from when on there is no way back, or says how far it is. */
export const removing = (
  steps: readonly ShownStep[],
  at: number,
  detail = "",
): readonly ShownStep[] => upTo(steps, "remove", at, detail)

export const gone = (steps: readonly ShownStep[], at: number): readonly ShownStep[] =>
  upTo(steps, "gone", at, "").map((one) =>
    one.name === "gone" ? { ...one, state: "done", endedAt: at } : one,
  )

/** It goes no further: at the step that is under way it was called off, or the site refused. */
export const stopped = (
  steps: readonly ShownStep[],
  at: number,
  end: { readonly state: "failed" | "skipped"; readonly detail: string },
): readonly ShownStep[] =>
  steps.map((one): ShownStep => {
    if (one.state === "running") return { ...one, ...end, endedAt: at }
    return one.state === "pending" ? { ...one, state: "skipped" } : one
  })

/** The steps as people read them now: what waits for the site says so while the site is away. */
export const seenFrom = (
  steps: readonly ShownStep[],
  { name, isHeard }: SiteOfDeletion,
): readonly ShownStep[] =>
  steps.map((one) => {
    if (one.state !== "running" || isHeard) return one
    return {
      ...one,
      detail:
        one.name === "send"
          ? `waits for ${name}, which is not connected: the site is told when it is back`
          : `${name} is not connected: the site goes on by itself and says so when it is back`,
    }
  })
