/**
 * Mistakes planted on purpose, each a small change to the text of one file. The simulator must find every one of
 * them, or its silence about the real code proves nothing. `text` must be there exactly once: a change of the
 * code that makes a mistake meaningless is noticed here.
 */
import type { Shape } from "./run.ts"

type Edit = { readonly file: string; readonly text: string; readonly instead: string }

export type Mutant = Edit & {
  readonly name: string
  /** Where two places guard one another: both must be wrong. */
  readonly also?: readonly Edit[]
  /** Worlds in which it shows soon; every world may be used where none is named. */
  readonly shapes?: readonly Shape[]
  /** Faults that bring it out; all where none are named. */
  readonly only?: readonly string[]
}

const two: readonly Shape[] = [{ members: 2, durability: "async", preset: "fast" }]
const three: readonly Shape[] = [{ members: 3, durability: "async", preset: "fast" }]
const five: readonly Shape[] = [{ members: 5, durability: "async", preset: "fast" }]
const quorum: readonly Shape[] = [
  { members: 3, durability: "quorum", preset: "fast" },
  { members: 2, durability: "quorum", preset: "fast" },
]
const quorumOfFive: readonly Shape[] = [{ members: 5, durability: "quorum", preset: "fast" }]
const core = "src/core/failover/"
const sidecar = "src/failover/"

const aboutTime: readonly Mutant[] = [
  {
    name: "R2: the deadline is counted from the answer",
    file: `${sidecar}perform.ts`,
    text: "known.wroteLease(written.lease, sentAt)",
    instead: "known.wroteLease(written.lease, sentAt + 3000)",
    shapes: [...two, ...three],
  },
  {
    name: "R2: the holder serves on beyond what observers wait",
    file: `${core}policy.ts`,
    text: "Math.min(deadlineAfter, lasts * (1 - drift) - fenceWithin - stillUnnoticed)",
    instead: "Math.min(deadlineAfter * 3, lasts * 3)",
    shapes: [...two, ...three],
  },
  {
    name: "R3: observers wait a third of the time",
    file: `${core}standing.ts`,
    text: "const left = since + expiryOf(policy, lease) - now",
    instead: "const left = since + expiryOf(policy, lease) / 3 - now",
    shapes: [...two, ...three],
  },
  {
    name: "R3: the holder's own T is not heeded when presets differ",
    file: `${core}standing.ts`,
    text: "Math.max(policy.expireAfter, lease.durationSeconds * 1000)",
    instead: "policy.expireAfter",
    only: ["preset changed", "member alone", "api away from one", "sidecar frozen"],
    shapes: [
      { members: 2, durability: "async", preset: "calm" },
      { members: 3, durability: "async", preset: "calm" },
    ],
  },
  {
    name: "R2: the own times count, although the Lease still says shorter ones",
    file: `${core}standing.ts`,
    text: "renewedAt + servesOn(policy, renewedFor)",
    instead: "renewedAt + policy.deadlineAfter",
    only: ["preset grows as the primary is cut off"],
    shapes: three,
  },
  {
    name: "S1: the supervisor has no dead-man switch",
    file: "sim/supervisor.ts",
    text: "if (now >= (this.#deadline ?? 0)) {",
    instead: "if (now >= (this.#deadline ?? 0) + 60_000) {",
    shapes: [...two, ...three],
  },
]

const aboutPauses: readonly Mutant[] = [
  {
    name: "R2: what was sent before a pause counts as if the clock had gone on",
    file: `${sidecar}known-server.ts`,
    text: "    this.#stoodStillAt = this.#clock.now()\n",
    instead: "",
    only: ["machine paused", "member alone"],
    shapes: [...three, ...two],
  },
]

const aboutVotes: readonly Mutant[] = [
  {
    name: "R4: a pledge does not keep from voting",
    file: `${core}pledge.ts`,
    text: "now < pledge.until &&",
    instead: "now < 0 * pledge.until &&",
    only: ["api away", "api away from one", "link cut", "member alone", "one-way cut"],
    shapes: three,
  },
  {
    name: "R4: a vote does not keep from pledging",
    file: `${core}pledge.ts`,
    text: "vote.term > asked.term && !voteIsOver",
    instead: "vote.term > asked.term + 1000 && !voteIsOver",
    only: ["member alone", "api slow", "link cut"],
    shapes: three,
  },
  {
    name: "R5: one vote less than a majority is enough",
    file: `${core}vote.ts`,
    text: "members <= 2 ? 1 : Math.floor(members / 2) + 1",
    instead: "members <= 2 ? 1 : Math.floor(members / 2)",
    only: ["api away from one", "link cut", "member alone", "one-way cut", "api answers lost"],
    shapes: three,
  },
  {
    name: "R5: a primary of two needs nobody's pledge",
    file: `${core}pledge.ts`,
    text: "Math.floor(members / 2)",
    instead: "Math.floor((members - 1) / 2)",
    only: ["api away from one", "link cut", "member alone", "one-way cut"],
    shapes: two,
  },
  {
    name: "R5: a pledge counts for ever",
    file: `${core}pledge.ts`,
    text: "until = Math.min(until, shortest)",
    instead: "until = Math.max(until, shortest)",
    only: ["api away from one", "link cut", "member alone", "one-way cut"],
    shapes: two,
  },
  {
    name: "R5: a candidate that is no member yet counts its own vote",
    file: `${core}vote.ts`,
    text: 'cause === "released" || members.includes(candidate.pod) ? 1 : 0',
    instead: 'cause === "released" || members.length > 0 ? 1 : 0',
    only: ["joins unseen by the primary"],
    shapes: [...two, { members: 1, durability: "async", preset: "fast" }],
  },
  {
    name: "R5: of the member sets that were sent only the last may be in force",
    file: `${core}member-sets.ts`,
    text: "hasSet(sets, set) ? sets : [...sets, set]",
    instead: "hasSet(sets, set) ? sets : [set]",
    only: ["members change unheard"],
    shapes: five,
  },
  {
    name: "R5: a sidecar that restarts takes the member set that is wanted for the one in force",
    file: `${sidecar}known.ts`,
    text: "this.#sets = start.marks.memberSets",
    instead: "this.#sets = []",
    only: ["sidecar restarts as members change"],
    shapes: five,
  },
  {
    name: "R6: an empty Lease counts as released",
    file: `${core}lease.ts`,
    text: "lease.holder === undefined && lease.released !== undefined && lease.released.term === lease.term",
    instead: "lease.holder === undefined",
    only: ["lease wiped", "watch stale", "api slow", "server crashes"],
    shapes: two,
  },
  {
    name: "R13: a promotion opens the number that PostgreSQL takes by itself",
    file: "src/failover/promote.ts",
    text: "await volume.skipTimelines(known.server.topTimeline, action.timeline)",
    instead: "void volume",
    shapes: quorum,
    only: ["node dies", "power cut", "member alone", "server crashes"],
  },
  {
    name: "R13: a candidate counts the timelines that it knows itself",
    file: `${core}lease.ts`,
    text: "timeline(Math.max(lease.newestTimeline ?? 0, own) + 1)",
    instead: "timeline(Math.max(lease.newestTimeline === undefined ? 0 : 0, own) + 1)",
    shapes: quorum,
    only: ["node dies", "power cut", "member alone", "server crashes"],
  },
  {
    name: "R7: the next term is not above those that were seen",
    file: `${core}elect.ts`,
    text: "const term = nextTerm(lease.term, highestTerm(seen), seen.promises.vote?.term ?? lease.term)",
    instead: "const term = nextTerm(lease.term)",
    only: ["lease rolled back", "lease deleted", "node dies", "api slow", "switchover"],
  },
]

const aboutFences: readonly Mutant[] = [
  {
    name: "S1: the right to serve is what the server was armed with",
    file: `${core}standing.ts`,
    text: "return lease.lease.term >= seen.term ? lease.lease.term : undefined",
    instead: "return armedTerm(seen) ?? lease.lease.term",
    only: [
      "lease rolled back",
      "lease wiped",
      "lease deleted",
      "server crashes",
      "node dies",
      "switchover",
    ],
  },
]

const aboutLoss: readonly Mutant[] = [
  {
    name: "R8: the first commits of a term wait for nobody",
    file: `${core}durability.ts`,
    text: 'mode === "quorum" ? others.toSorted() : []',
    instead: "others.length > 99 ? others.toSorted() : []",
    shapes: quorum,
  },
  {
    name: "R8: commits wait for nobody when nobody is there",
    file: `${core}durability.ts`,
    text: 'caughtUp.length === 0 && mode === "quorum" ? others : caughtUp',
    instead: "caughtUp",
    shapes: quorum,
  },
  {
    name: "R10: silent members of the synchronous set are not missed",
    file: `${core}vote.ts`,
    text: "if (quorum && missing.length > 0)",
    instead: "if (quorum && missing.length > 99)",
    only: ["network slow", "one member slow", "node dies"],
    shapes: quorumOfFive,
  },
  {
    name: "R10: whoever was heard counts as covered, at whatever position",
    file: `${core}vote.ts`,
    text: 'voter.server === "standby" && compareWal(candidate, voter) <= 0',
    instead: 'voter.data === "present"',
    only: ["pod deleted", "power cut", "node dies", "one member slow"],
    shapes: quorum,
  },
  {
    name: "R9: a better member does not win over votes, and voters do not mind",
    file: `${core}vote.ts`,
    text: "if (a.receivedLsn !== b.receivedLsn) return a.receivedLsn > b.receivedLsn ? -1 : 1",
    instead: "if (a.receivedLsn !== b.receivedLsn) return a.receivedLsn > b.receivedLsn ? 1 : -1",
    shapes: quorum,
  },
  {
    name: "R9: the role is handed over with or without the shutdown checkpoint",
    file: `${core}hand-over.ts`,
    text: "status.receivedLsn > checkpoint.lsn",
    instead: "status.receivedLsn >= 0n * checkpoint.lsn",
    also: [
      {
        file: `${core}vote.ts`,
        text: "candidate.receivedLsn > released.checkpoint",
        instead: "candidate.receivedLsn >= 0n",
      },
    ],
    only: ["switchover", "pod deleted", "network slow", "one member slow", "link cut"],
    shapes: quorum,
  },
  {
    name: "R10: a wiped Lease forgets who was waited for",
    file: `${core}vote.ts`,
    text: "if (last === undefined) return lease.term === 0",
    instead: "if (last === undefined) return true",
    only: ["lease wiped", "node dies", "one member slow"],
    shapes: [{ members: 3, durability: "quorum", preset: "fast" }],
  },
]

const aboutHealing: readonly Mutant[] = [
  {
    name: "S4: what was there before a clone is dropped before the clone streams",
    file: `${core}follow.ts`,
    text: 'if (server.receiver === "streaming")',
    instead: 'if (server.receiver !== "none")',
  },
  {
    name: "R12: what failed rests for most of an hour",
    file: `${core}follow.ts`,
    text: "Math.min(300_000, 1000 * 2 **",
    instead: "Math.max(3_000_000, 1000 * 2 **",
  },
  {
    name: "L1: nobody is labelled primary",
    file: `${core}lead.ts`,
    text: 'if (seen.label !== "primary") actions.push({ kind: "label", role: "primary" })',
    instead: 'if (seen.label !== "primary") actions.push({ kind: "label", role: "replica" })',
  },
]

/** Each takes a moment that chance hits too seldom: its worlds are aimed at that (`faults/aimed.ts`). */
const aboutMoments: readonly Mutant[] = [
  {
    name: "S1: the server of a supervisor that hangs keeps its clients",
    file: `${core}decide.ts`,
    text: "actions: shutUnwatched(policy, seen),",
    instead: "actions: [],",
    only: ["supervisor frozen"],
    shapes: [...two, ...three],
  },
  {
    name: "S1: half a second of a standing clock is overlooked, again and again",
    file: "sim/supervisor.ts",
    text: "const stillMax = 500",
    instead: "const stillMax = 5000",
    only: ["machine paused", "member alone"],
    shapes: [...two, ...three],
  },
  {
    name: "S1: nobody but the supervisor notices that the machine stood still",
    file: `${core}stillness.ts`,
    text: "> gapMost",
    instead: "> 1000 * gapMost",
    only: ["machine paused", "supervisor frozen"],
    shapes: [...two, ...three],
  },
  {
    name: "R8: the record follows the setting",
    file: `${core}durability.ts`,
    text: "const mustBeRecorded = union(wanted, effective)",
    instead: "const mustBeRecorded = union(effective)",
    only: ["unrecorded acknowledger dies with the primary"],
    shapes: [{ members: 5, durability: "quorum", preset: "fast" }],
  },
  {
    name: "R8: a record whose answer was lost is forgotten",
    file: `${core}durability.ts`,
    text: "sent.some((each) => sameSet(each, record)) ? sent : [...sent, record]",
    instead: "record.length > 99 ? [...sent, record] : sent",
    only: ["members change unheard"],
    shapes: [{ members: 5, durability: "quorum", preset: "fast" }],
  },
  {
    name: "R9: a voter goes on receiving",
    file: `${sidecar}voter.ts`,
    text: "      await this.finalise()\n      const late",
    instead: "      const late",
    only: ["wakes during a vote"],
    shapes: quorum,
  },
  {
    name: "R8: who takes the Lease does not say whom its first commits wait for",
    file: `${core}lease.ts`,
    text: "syncSet: recordedWith(lease.syncSet, opens.syncNames)",
    instead: "syncSet: lease.syncSet",
    also: [
      {
        file: `${core}lead.ts`,
        text: "if (lease !== undefined && !syncNames.every",
        instead: "if (lease !== undefined && syncNames.length > 99 && !syncNames.every",
      },
    ],
    only: ["unrecorded members lead and acknowledge"],
    shapes: [{ members: 5, durability: "quorum", preset: "fast" }],
  },
  {
    name: "R9: a position counts before all own WAL was read",
    file: `${core}describe.ts`,
    text: 'server.readAll ? "standby" : "starting"',
    instead: 'server.timeline > 0 ? "standby" : "starting"',
    only: ["best standby restarts during an election"],
    shapes: [{ members: 3, durability: "quorum", preset: "fast" }],
  },
  {
    name: "S4: a cluster that is on record is initialised where its data is gone",
    file: `${core}down.ts`,
    text: "if (knownIdentifier(seen) !== undefined)",
    instead: "if (knownIdentifier(seen) === '')",
    only: ["data deleted"],
    shapes: [
      { members: 3, durability: "async", preset: "fast" },
      { members: 1, durability: "async", preset: "fast" },
    ],
  },
  {
    name: "R12: who finds the WAL removed is never cloned",
    file: `${core}follow.ts`,
    text: "waited >= rung.clone &&",
    instead: "waited >= 100 * rung.clone &&",
    only: ["WAL removed"],
  },
]

export const mutants: readonly Mutant[] = [
  ...aboutMoments,
  ...aboutTime,
  ...aboutPauses,
  ...aboutVotes,
  ...aboutFences,
  ...aboutLoss,
  ...aboutHealing,
]
