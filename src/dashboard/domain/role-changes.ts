/** Role changes in plain words: what happened, why, where the time went, and what it cost. */
import type { RoleChange } from "#wire/rest/role-changes.ts"
import { bytesText, countText } from "../ui/format.ts"
import type { Tone } from "../ui/tone.ts"
import type { FailoverTimes, TimePart } from "./failover-times.ts"
import type { Look } from "./words.ts"

export function roleChangeLook({ kind }: Pick<RoleChange, "kind">): Look {
  switch (kind) {
    case "failover":
      return { word: "Failover", tone: "warn", meaning: "Another member took over unasked." }
    case "switchover":
      return { word: "Switchover", tone: "busy", meaning: "The role was handed over in order." }
    case "restart":
      return { word: "Restart", tone: "warn", meaning: "The same member serves again." }
    case "bootstrap":
      return { word: "First primary", tone: "good", meaning: "The cluster was created." }
  }
}

const causes: Readonly<Record<string, (who: string) => string>> = {
  "holder-silent": (who) =>
    `${who} went silent: it neither renewed the Lease nor asked for pledges`,
  "server-crashed": (who) => `The server of ${who} crashed`,
  "server-hung": (who) => `The server of ${who} did not answer and was stopped`,
  fenced: (who) => `${who} was stopped because it could not prove its right to serve`,
  "handed-over": (who) => `${who} handed over`,
  "hand-over-undone": (who) => `The hand-over from ${who} was given up, and it went on`,
  reborn: (who) => `The pod or container of ${who} was started anew`,
  "new-cluster": () => "The cluster is new",
  unknown: () => "The sidecar was restarted meanwhile, so what led to it is not known",
}

/** One sentence that says why; a cause of a newer central is shown as it is. */
export function causeText({ cause, from, to }: Pick<RoleChange, "cause" | "from" | "to">): string {
  const words = causes[cause]
  return words === undefined ? cause.replaceAll("-", " ") : words(from ?? to)
}

/** The parts that took place, in order. */
export function roleChangeTimes(change: RoleChange): FailoverTimes | undefined {
  const parts = [
    { name: "Detect", ms: change.detectMs },
    { name: "Elect", ms: change.electMs },
    { name: "Promote", ms: change.promoteMs },
    { name: "Route", ms: change.routeMs },
  ].filter((part): part is TimePart => part.ms !== null)
  if (parts.length === 0) return undefined
  return { parts, total: change.totalMs ?? parts.reduce((sum, { ms }) => sum + ms, 0) }
}

export type Loss = { readonly tone: Tone; readonly text: string; readonly meaning: string }

/** What was lost; undefined where nothing could be. */
export function lossOf(change: RoleChange): Loss | undefined {
  if (change.kind === "bootstrap") return undefined
  const { lostBytes, lostCommits } = change
  if (lostBytes !== null && lostBytes > 0 && lostCommits !== 0) {
    const wal = `${bytesText(lostBytes)} of WAL`
    return {
      tone: "bad",
      text:
        lostCommits === null ? `lost ${wal}` : `lost ${countText(lostCommits, "commit")} (${wal})`,
      meaning: "What only the old primary had, counted when it came back.",
    }
  }
  if (change.lossPossible && lostBytes === null)
    return {
      tone: "warn",
      text: "may have lost commits",
      meaning: "The old primary may have had commits that no other member received.",
    }
  return {
    tone: "quiet",
    text: "nothing lost",
    meaning: "Every commit that was acknowledged is there.",
  }
}
