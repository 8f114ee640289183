/** Rollouts in plain words: their states, those of their clusters, and which clusters a stage takes. */
import type { EntryState } from "#core/rollout/entry.ts"
import type { Share } from "#core/rollout/plan.ts"
import type { RolloutState } from "#core/rollout/waves.ts"
import type { Rollout, RolloutPreview } from "#wire/rest/rollouts.ts"
import type { Tone } from "../ui/tone.ts"
import type { Look } from "./words.ts"

const look = (word: string, tone: Tone, meaning: string): Look => ({ word, tone, meaning })

export function rolloutLook(state: RolloutState): Look {
  switch (state) {
    case "running":
      return look("Running", "busy", "Clusters change, stage by stage.")
    case "at-gate":
      return look("At a gate", "warn", "The next stage begins when a person passes its gate.")
    case "paused":
      return look("Paused", "quiet", "Nothing else begins until it is resumed.")
    case "halted":
      return look("Halted", "bad", "Too many clusters failed, or a person halted it.")
    case "rolling-back":
      return look("Rolling back", "warn", "What was changed is given back what it had.")
    case "cancelling":
      return look("Ending", "quiet", "What is under way comes to its end; nothing else begins.")
    case "finished":
      return look("Finished", "good", "Every cluster is done, or was left out.")
    case "rolled-back":
      return look("Rolled back", "quiet", "What was changed has what it had before.")
    case "cancelled":
      return look("Cancelled", "quiet", "It was ended; what was changed stays so.")
  }
}

export function entryLook(state: EntryState): Look {
  switch (state) {
    case "waiting":
      return look("Waiting", "quiet", "Its turn has not come.")
    case "owed":
      return look(
        "Owed",
        "warn",
        "It takes the change when it can: when its site is back, or thawed.",
      )
    case "sent":
      return look("Sent", "busy", "The site has not taken it yet.")
    case "applying":
      return look("Applying", "busy", "The site brings it into force.")
    case "blocked":
      return look("Blocked", "warn", "The site waits for something; the reason says what.")
    case "baking":
      return look("Baking", "busy", "In force; it has to stay healthy for a while.")
    case "done":
      return look("Done", "good", "In force, and healthy since.")
    case "failed":
      return look("Failed", "bad", "It did not come into force, or the cluster is not healthy.")
    case "rolling-back":
      return look("Rolling back", "warn", "It is given back what it had.")
    case "rolled-back":
      return look("Rolled back", "quiet", "It has what it had before.")
    case "skipped":
      return look("Left out", "quiet", "It is not changed by this rollout; the reason says why.")
  }
}

type Verdict = RolloutPreview["stages"][number]["clusters"][number]["verdict"]

export function rolloutVerdictLook(verdict: Verdict): Look {
  switch (verdict) {
    case "move":
      return look("Changes", "good", "It changes when its turn comes.")
    case "owe":
      return look("Would wait", "warn", "For its site, a person, a freeze window or its health.")
    case "has":
      return look("Has it", "quiet", "It is on the version already.")
    case "refuse":
      return look("Cannot", "bad", "It cannot take this version.")
  }
}

export function shareText(share: Share): string {
  switch (share.kind) {
    case "selector":
      return `satellites with ${Object.entries(share.labels)
        .map(([name, value]) => `${name}=${value}`)
        .join(", ")}`
    case "percent":
      return `${share.percent} % of all`
    case "rest":
      return "whatever is left"
  }
}

/** The order of a bar, best first; what is empty falls out. */
const barOrder: readonly EntryState[] = [
  "done",
  "baking",
  "applying",
  "sent",
  "blocked",
  "owed",
  "failed",
  "rolling-back",
  "rolled-back",
  "skipped",
  "waiting",
]

export const entryCounts = (counts: Rollout["counts"]) =>
  barOrder.map((state) => ({ state, count: counts[state] })).filter(({ count }) => count > 0)

export const isRolloutOver = (state: RolloutState): boolean =>
  state === "finished" || state === "rolled-back" || state === "cancelled"
