/**
 * How a cluster got a primary, as one record, and how that record travels: as the details of an event, which are
 * flat strings. Whoever reads it believes nothing that it has not checked.
 */
import { type PodName, podName, type Term, term, type Timeline, timeline } from "#core/ids.ts"
import { formatLsn, type Lsn, parseLsn } from "#core/lsn.ts"
import type { Parsed, Problem } from "#core/parsed.ts"

/**
 * `failover`: another member took over unasked. `switchover`: the role was handed over. `restart`: the
 * same member serves again. `bootstrap`: the first primary of a new cluster.
 */
export const roleChangeKinds = ["failover", "switchover", "restart", "bootstrap"] as const
export type RoleChangeKind = (typeof roleChangeKinds)[number]

/** In the order in which they pass. */
export const roleChangePhases = ["detect", "elect", "promote", "route"] as const
export type RoleChangePhase = (typeof roleChangePhases)[number]

export const roleChangeCauses = [
  /** The holder of the Lease and its pledges went silent. */
  "holder-silent",
  /** The server crashed and its member let go of the Lease, or started it again. */
  "server-crashed",
  /** The server did not answer and was stopped for it. */
  "server-hung",
  /** The server was stopped because it could not prove its right to serve. */
  "fenced",
  /** The role was given to a successor. */
  "handed-over",
  /** A hand-over was given up and the old primary went on. */
  "hand-over-undone",
  /** The container or the pod of the primary was born again. */
  "reborn",
  "new-cluster",
  /** The sidecar itself was restarted in the middle of it. */
  "unknown",
] as const
export type RoleChangeCause = (typeof roleChangeCauses)[number]

export type RoleChange = {
  readonly kind: RoleChangeKind
  readonly cause: RoleChangeCause
  /** What was seen, a sentence each, oldest first. */
  readonly evidence: readonly string[]
  readonly from: PodName | undefined
  readonly to: PodName
  readonly term: Term
  readonly timeline: Timeline | undefined
  /** Where the new primary's own writes begin. */
  readonly lsn: Lsn | undefined
  /** Acknowledged commits may be missing. */
  readonly lossPossible: boolean
  /** Milliseconds; undefined for a part that did not take place or was not seen. */
  readonly spans: Readonly<Record<RoleChangePhase, number | undefined>>
  readonly total: number | undefined
  /** The service for writes leads to the new primary. */
  readonly routed: boolean
}

const eventKinds: Readonly<Record<RoleChangeKind, string>> = {
  failover: "failover.completed",
  switchover: "switchover.completed",
  restart: "primary.restarted",
  bootstrap: "cluster.begun",
}
export const roleChangeEvent = (kind: RoleChangeKind): string => eventKinds[kind]

/** The kind of role change that an event of this kind tells of; undefined for all other events. */
export const roleChangeOf = (eventKind: string): RoleChangeKind | undefined =>
  roleChangeKinds.find((kind) => eventKinds[kind] === eventKind)

const evidenceMax = 16
const sentenceMax = 300
/** About eleven days: longer than anybody would wait, and an integer in every database. */
const spanMax = 1e9

export function roleChangeDetails(change: RoleChange): Readonly<Record<string, string>> {
  const number = (value: number | undefined): string =>
    value === undefined ? "" : String(Math.min(spanMax, Math.max(0, Math.round(value))))
  const sentence = (text: string): string => text.replaceAll(/\s+/g, " ").slice(0, sentenceMax)
  return {
    cause: change.cause,
    evidence: change.evidence.slice(0, evidenceMax).map(sentence).join("\n"),
    from: change.from ?? "",
    to: change.to,
    term: String(change.term),
    timeline: number(change.timeline),
    lsn: change.lsn === undefined ? "" : formatLsn(change.lsn),
    lossPossible: String(change.lossPossible),
    detectMs: number(change.spans.detect),
    electMs: number(change.spans.elect),
    promoteMs: number(change.spans.promote),
    routeMs: number(change.spans.route),
    totalMs: number(change.total),
    routed: String(change.routed),
  }
}

/** Reads what `roleChangeDetails` wrote, perhaps by another version; names every field that makes no sense. */
export function parseRoleChange(
  kind: RoleChangeKind,
  details: Readonly<Record<string, string>>,
): Parsed<RoleChange> {
  const problems: Problem[] = []
  const number = (field: string, greatest: number): number | undefined => {
    const text = details[field] ?? ""
    if (text === "") return undefined
    const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
    if (value <= greatest) return value
    problems.push({ field, problem: `expected a whole number up to ${greatest}` })
    return undefined
  }
  const pod = (field: string): PodName | undefined => {
    const text = details[field] ?? ""
    if (text === "") return undefined
    if (/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(text)) return podName(text)
    problems.push({ field, problem: "expected the name of a pod" })
    return undefined
  }
  const opened = number("term", 2 ** 31 - 1)
  const to = pod("to")
  const from = pod("from")
  const onTimeline = number("timeline", 2 ** 31 - 1)
  const at = details["lsn"] ?? ""
  const position = at === "" ? undefined : parseLsn(at)
  if (opened === undefined) problems.push({ field: "term", problem: "is missing" })
  if (to === undefined) problems.push({ field: "to", problem: "is missing" })
  if (at !== "" && position === undefined)
    problems.push({ field: "lsn", problem: "expected a WAL position, e.g. 0/3000060" })
  const spans = {
    detect: number("detectMs", spanMax),
    elect: number("electMs", spanMax),
    promote: number("promoteMs", spanMax),
    route: number("routeMs", spanMax),
  }
  const total = number("totalMs", spanMax)
  if (opened === undefined || to === undefined || problems.length > 0)
    return { kind: "bad", problems }
  return {
    kind: "ok",
    value: {
      kind,
      // A cause that a newer member knows is not one of ours, and no reason to lose the rest.
      cause: roleChangeCauses.find((known) => known === details["cause"]) ?? "unknown",
      evidence: evidenceIn(details["evidence"] ?? ""),
      from,
      to,
      term: term(opened),
      timeline: onTimeline === undefined ? undefined : timeline(onTimeline),
      lsn: position,
      lossPossible: details["lossPossible"] === "true",
      spans,
      total,
      routed: details["routed"] === "true",
    },
  }
}

const evidenceIn = (text: string): readonly string[] =>
  text
    .split("\n")
    .map((line) => line.trim().slice(0, sentenceMax))
    .filter((line) => line !== "")
    .slice(0, evidenceMax)
