/**
 * Failover explained: what a member notes down while a role changes hands, and the one record that it tells
 * when the new primary serves. Nothing here decides anything: a story that is wrong misleads people, not members.
 */
import type { PodName, Term, Timeline } from "#core/ids.ts"
import { formatLsn, type Lsn } from "#core/lsn.ts"
import type { Action, Memory } from "#core/failover/decision.ts"
import type { Holder } from "#core/failover/holder.ts"
import { lastServing, type Lease, type Release } from "#core/failover/lease.ts"
import type { Instant, Observation } from "#core/failover/observation.ts"
import {
  type RoleChange,
  type RoleChangeCause,
  roleChangeDetails,
  roleChangeEvent,
  type RoleChangeKind,
} from "#core/failover/role-change.ts"
import type { Answer, Ballot, ElectionCause } from "#core/failover/vote.ts"

/** What was seen of the primary by a member that follows it, and what happened to the own server. */
export type Signs = {
  readonly streaming: boolean
  /** When the WAL stream ended by itself; undefined while it flows, and when this member ended it. */
  readonly streamEndedAt: Instant | undefined
  /** When the WAL receiver last had word from the primary. */
  readonly heardAt: Instant | undefined
  /** Why the own server was stopped at once, the last time. */
  readonly fencedFor: string | undefined
}

export const noSigns: Signs = {
  streaming: false,
  streamEndedAt: undefined,
  heardAt: undefined,
  fencedFor: undefined,
}

/** How a role change came about, kept until it can be told as one record. */
export type Story = {
  readonly kind: RoleChangeKind
  readonly cause: RoleChangeCause
  readonly evidence: readonly string[]
  readonly from: PodName | undefined
  readonly term: Term
  readonly lsn: Lsn | undefined
  readonly lossPossible: boolean
  /** Last sign of life of the old primary; undefined where there was none to lose, or nobody saw it. */
  readonly doubtAt: Instant | undefined
  /** The member stood for election, or ordered its server to start again. */
  readonly begunAt: Instant | undefined
  /** The Lease named it; undefined where no Lease had to be won. */
  readonly wonAt: Instant | undefined
  readonly promotedAt: Instant | undefined
}

/** Longest a new primary waits with its story for the label that leads clients to it. */
const routeWithin = 5000
/** A stream that ended longer before the last other sign of life has nothing to do with it. */
const relatedWithin = 60_000
/** Pledges are asked for each second: if the stream ended later than this after the last, it ended by its timeout. */
const pledgesEvery = 1500

export function noted(signs: Signs, seen: Observation, voted: boolean): Signs {
  const { server } = seen
  const streaming = server.kind === "standby" && server.receiver === "streaming"
  if (streaming)
    return {
      ...signs,
      streaming,
      streamEndedAt: undefined,
      heardAt:
        server.receiverSilence === undefined
          ? signs.heardAt
          : server.askedAt - server.receiverSilence,
    }
  if (!signs.streaming) return signs
  // A voter ends its own stream, and so does a server that is stopped.
  const byItself = server.kind === "standby" && !voted
  return { ...signs, streaming, streamEndedAt: byItself ? seen.now : undefined }
}

/** When the primary was last known to live, as far as this member can tell. */
export function lastSign(signs: Signs, seen: Observation, lease: Lease, before: Instant): Instant {
  const leaseAt = seen.lease.kind === "read" ? seen.lease.since : before
  const released = lease.holder === undefined && lease.released !== undefined
  // A release is the word of a sidecar, which knows for how long its server had been gone by then.
  const awayFor = released ? Math.min(lease.released.awayFor ?? 0, relatedWithin) : 0
  const other = released ? leaseAt - awayFor : Math.max(leaseAt, seen.pledgeAskedAt ?? -Infinity)
  const last = Math.min(other, before)
  const ended = signs.streamEndedAt
  if (ended === undefined || ended > before || last - ended > relatedWithin) return last
  if (released) return Math.min(last, ended)
  return ended - last > pledgesEvery ? last : ended
}

export type Won = {
  readonly seen: Observation
  readonly memory: Memory
  readonly self: Holder
  readonly lease: Lease
  readonly cause: ElectionCause
}

/** The story of an election that was won, as the Lease is about to be written. */
export function electionStory(
  at: Won,
  ballot: Ballot,
  won: { readonly maybeLost: boolean; readonly why: string },
): Story {
  const { seen, lease, memory, self } = at
  const from = lastServing(lease)
  const { kind, cause } = kindOf(at, from)
  return {
    kind,
    cause,
    evidence: [...signsSeen(at, ballot.startedAt), `won with ${won.why}`, ...votesSaid(ballot)],
    from,
    term: ballot.term,
    lsn: ballot.candidate.receivedLsn,
    lossPossible: won.maybeLost || neverTold(memory),
    doubtAt:
      kind === "bootstrap" || from === self.pod
        ? undefined
        : lastSign(memory.signs, seen, lease, ballot.startedAt),
    begunAt: ballot.startedAt,
    wonAt: undefined,
    promotedAt: undefined,
  }
}

/** A term that this member won, perhaps at a loss, and gave away before it served: the next one tells of it. */
const neverTold = ({ story, explained }: Memory): boolean =>
  story?.wonAt !== undefined && story.lossPossible && explained !== story.term

type Sort = { readonly kind: RoleChangeKind; readonly cause: RoleChangeCause }

function kindOf({ cause, lease, self }: Won, from: PodName | undefined): Sort {
  switch (cause) {
    case "bootstrap":
      return { kind: "bootstrap", cause: "new-cluster" }
    case "expired":
      return from === self.pod
        ? { kind: "restart", cause: "reborn" }
        : { kind: "failover", cause: "holder-silent" }
    case "released": {
      const crashed = lease.released?.cause === "crash"
      if (from === self.pod)
        return { kind: "restart", cause: crashed ? "server-crashed" : "hand-over-undone" }
      return crashed
        ? { kind: "failover", cause: "server-crashed" }
        : { kind: "switchover", cause: "handed-over" }
    }
  }
}

const releaseWords: Readonly<Record<Release["cause"], string>> = {
  crash: "its server had crashed or its data could not be served",
  "hand-over": "it handed over",
  stop: "it was stopped",
}

function signsSeen({ cause, lease, seen, memory }: Won, at: Instant): readonly string[] {
  const from = lastServing(lease) ?? "the last holder"
  const ago = (then: Instant): string =>
    `${Math.max(0, Math.round(at - then))} ms before the campaign`
  const leaseAt = seen.lease.kind === "read" ? seen.lease.since : at
  const { streamEndedAt, heardAt } = memory.signs
  const found: string[] = []
  if (cause === "bootstrap") return ["no member has data and no record of this cluster exists"]
  if (streamEndedAt !== undefined && streamEndedAt <= at)
    found.push(`the WAL stream from ${from} ended ${ago(streamEndedAt)}`)
  else if (heardAt !== undefined && at - heardAt < relatedWithin)
    found.push(`the WAL receiver last heard from ${from} ${ago(heardAt)}`)
  if (cause === "expired") {
    found.push(`${from} last renewed the Lease of term ${lease.term}, ${ago(leaseAt)}`)
    if (seen.pledgeAskedAt !== undefined && at - seen.pledgeAskedAt < relatedWithin)
      found.push(`${from} last asked for a pledge ${ago(seen.pledgeAskedAt)}`)
  } else if (lease.released !== undefined) {
    const { released } = lease
    found.push(
      `${from} let go of the Lease of term ${lease.term}, ${ago(leaseAt)}: ${releaseWords[released.cause]}`,
    )
    if (released.awayFor !== undefined)
      found.push(`clients could not write for ${released.awayFor} ms by then`)
    if (released.checkpoint !== undefined)
      found.push(`its shutdown checkpoint is at ${formatLsn(released.checkpoint)}`)
    if (lease.successor !== undefined) found.push(`it named ${lease.successor} as its successor`)
  }
  return found
}

const votesSaid = ({ answers }: Ballot): readonly string[] => answers.map(said)

function said(answer: Answer): string {
  switch (answer.kind) {
    case "granted":
      return `${answer.voter.pod} voted for it, having ${formatLsn(answer.voter.receivedLsn)} on timeline ${answer.voter.timeline}`
    case "refused":
      return `${answer.pod} refused: ${answer.reason}`
    case "silent":
      return `${answer.pod} did not answer`
  }
}

/** The story of a server that is started again by the member that led all the time. */
export function restartStory(
  memory: Memory,
  seen: Observation,
  self: Holder,
  at: { readonly term: Term; readonly hung: boolean },
): Story {
  // A promotion or an initialisation that was cut off goes on with its own story.
  if (memory.story?.term === at.term) return memory.story
  const exit = seen.server.kind === "down" ? seen.server.exit : undefined
  const cause = restartCause(exit?.cause, at.hung)
  const fenced = memory.signs.fencedFor
  const evidence = [
    exit === undefined
      ? "the server was found down"
      : `the server of ${self.pod} ${exitWords[exit.cause]} ${Math.max(0, Math.round(seen.now - exit.at))} ms before it was started again`,
    ...(fenced !== undefined && exit?.cause === "fenced"
      ? [`it was stopped because ${fenced}`]
      : []),
    `${self.pod} held the Lease of term ${at.term} all the time`,
  ]
  return {
    kind: "restart",
    cause,
    evidence,
    from: self.pod,
    term: at.term,
    lsn: undefined,
    // It goes on with its own data: crash recovery loses nothing that was flushed.
    lossPossible: false,
    doubtAt: exit?.at,
    begunAt: seen.now,
    wonAt: undefined,
    promotedAt: undefined,
  }
}

const exitWords = {
  crashed: "exited by itself",
  fenced: "was stopped at once",
  ordered: "was stopped cleanly",
} as const

function restartCause(exit: keyof typeof exitWords | undefined, hung: boolean): RoleChangeCause {
  if (hung) return "server-hung"
  switch (exit) {
    case "crashed":
      return "server-crashed"
    case "fenced":
      return "fenced"
    case "ordered":
      return "hand-over-undone"
    case undefined:
      return "unknown"
  }
}

/** The Lease names this member now. */
export const won = (story: Story | undefined, now: Instant, term: Term): Story | undefined =>
  story === undefined ||
  story.term !== term ||
  story.kind === "restart" ||
  story.wonAt !== undefined
    ? story
    : { ...story, wonAt: now }

/** Tells the whole story once writes are possible and routed; `explained` is the last term that was told of. */
export function finished(
  memory: Memory,
  seen: Observation,
  at: { readonly term: Term; readonly self: Holder; readonly timeline: Timeline },
): { readonly memory: Memory; readonly actions: readonly Action[] } {
  const story = memory.story?.term === at.term ? memory.story : forgotten(memory, seen, at)
  if (story === undefined) return { memory: { ...memory, story: undefined }, actions: [] }
  const promotedAt = story.promotedAt ?? seen.now
  const routed = seen.label === "primary"
  if (!routed && seen.now - promotedAt < routeWithin)
    return { memory: { ...memory, story: { ...story, promotedAt } }, actions: [] }
  const change = recordOf({ ...story, promotedAt }, seen.now, {
    to: at.self.pod,
    timeline: at.timeline,
    routed,
  })
  return {
    memory: { ...memory, story: undefined, explained: at.term },
    actions: [telling(change)],
  }
}

/** A term that no member has written into the database yet, and whose story died with a sidecar. */
function forgotten(
  { explained }: Memory,
  { server, now }: Observation,
  { term, timeline }: { readonly term: Term; readonly timeline: Timeline },
): Story | undefined {
  if (explained === term || server.kind !== "primary" || (server.termRow ?? 0) >= term)
    return undefined
  const isFirst = server.termRow === undefined && timeline === 1
  return {
    kind: isFirst ? "bootstrap" : "failover",
    cause: isFirst ? "new-cluster" : "unknown",
    evidence: ["its sidecar was restarted before the change was complete: what led to it is lost"],
    from: undefined,
    term,
    lsn: undefined,
    // Nobody remembers what the votes said: not known is not none.
    lossPossible: !isFirst,
    doubtAt: undefined,
    begunAt: undefined,
    wonAt: undefined,
    promotedAt: now,
  }
}

const between = (from: Instant | undefined, to: Instant | undefined): number | undefined =>
  from === undefined || to === undefined ? undefined : Math.max(0, Math.round(to - from))

function recordOf(
  story: Story,
  now: Instant,
  { to, timeline, routed }: Pick<RoleChange, "to" | "timeline" | "routed">,
): RoleChange {
  const { doubtAt, begunAt, wonAt, promotedAt } = story
  return {
    kind: story.kind,
    cause: story.cause,
    evidence: story.evidence,
    from: story.from,
    to,
    term: story.term,
    timeline,
    lsn: story.lsn,
    lossPossible: story.lossPossible,
    spans: {
      detect: between(doubtAt, begunAt),
      elect: between(begunAt, wonAt),
      promote: between(wonAt ?? begunAt, promotedAt),
      route: begunAt === undefined || !routed ? undefined : between(promotedAt, now),
    },
    total: between(doubtAt ?? begunAt, now),
    routed,
  }
}

/** The event that carries a record. */
export function telling(change: RoleChange): Action & { readonly kind: "tell" } {
  const severity =
    change.kind === "bootstrap" || (change.kind === "switchover" && !change.lossPossible)
      ? "info"
      : change.lossPossible
        ? "error"
        : "warning"
  return {
    kind: "tell",
    event: {
      kind: roleChangeEvent(change.kind),
      severity,
      message: sentenceOf(change),
      details: roleChangeDetails(change),
    },
  }
}

const causeWords: Readonly<Record<RoleChangeCause, string>> = {
  "holder-silent": "went silent",
  "server-crashed": "crashed",
  "server-hung": "did not answer and was stopped",
  fenced: "was stopped because it could not prove its right to serve",
  "handed-over": "handed over",
  "hand-over-undone": "took the role back",
  reborn: "was restarted",
  "new-cluster": "is the first member of a new cluster",
  unknown: "was primary before, as far as is known",
}

function sentenceOf({ kind, cause, from, to, term, total }: RoleChange): string {
  const after = total === undefined ? "" : ` after ${total} ms`
  switch (kind) {
    case "bootstrap":
      return `${to} became primary of the new cluster in term ${term}${after}`
    case "restart":
      return `${to} is primary again in term ${term}${after}: it ${causeWords[cause]}`
    case "failover":
    case "switchover":
      return cause === "unknown"
        ? `${to} became primary in term ${term}`
        : `${to} became primary in term ${term}${after}: ${from ?? "the last primary"} ${causeWords[cause]}`
  }
}
