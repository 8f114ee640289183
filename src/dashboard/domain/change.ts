/** What the site does about the newest config of a cluster, for the pages that show it. */
import type { ChangeState } from "#core/rollout/change.ts"
import type { Change, Cluster } from "#wire/rest/clusters.ts"
import type { Look } from "./words.ts"

export function changeLook(state: ChangeState): Look {
  switch (state) {
    case "applying":
      return { word: "Applying", tone: "busy", meaning: "The site brings it into force." }
    case "blocked":
      return {
        word: "Blocked",
        tone: "warn",
        meaning: "Something else has to happen before the site goes on.",
      }
    case "failed":
      return {
        word: "Given up",
        tone: "bad",
        meaning: "The site tries this version no further; a newer one starts again.",
      }
    case "done":
      return { word: "In force", tone: "good", meaning: "Every member runs with it." }
  }
}

/** What the site does about the config that is wanted; undefined while it has not begun with that. */
export const currentChange = ({
  change,
  desiredVersion,
  applyProblem,
}: Pick<Cluster, "change" | "desiredVersion" | "applyProblem">): Change | undefined =>
  change?.version === desiredVersion && applyProblem === null ? change : undefined

export type Halted = {
  readonly change: Change
  /** What it waits for, or why it was given up. */
  readonly matter: string
  /** What a person can do, and what happens by itself. */
  readonly todo: readonly string[]
}

/** A change that needs something: undefined where none does. */
export function haltedChange(cluster: Cluster): Halted | undefined {
  const change = currentChange(cluster)
  if (change === undefined || (change.state !== "blocked" && change.state !== "failed"))
    return undefined
  // A site says what is the matter first, then what can be done about it.
  const [matter = "", ...advice] = sentences(change.reason ?? "The site did not say why")
  return { change, matter, todo: [...advice, ...whatNext(cluster, change.state)] }
}

function whatNext({ paused }: Cluster, state: "blocked" | "failed"): readonly string[] {
  if (state === "failed")
    return [
      "Members go on with what they had. Put it right in a newer version of the configuration: that starts again at once.",
    ]
  return paused
    ? ["Members that have to restart wait until the cluster is resumed."]
    : ["It goes on by itself as soon as that is over; a newer version takes its place at once."]
}

const sentences = (text: string): readonly string[] =>
  text.split(/(?<=[.!?]) (?=[A-Z])/).map((part) => (/[.!?]$/.test(part) ? part : `${part}.`))
