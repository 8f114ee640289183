/**
 * What this member has promised and seen, on its data volume. Everything is on disk before it counts:
 * a sidecar that restarts keeps its word.
 */
import { podName, type Term, term } from "#core/ids.ts"
import type { MemberSets } from "#core/failover/member-sets.ts"
import type { Vote } from "#core/failover/pledge.ts"
import { readHighestTerm, readMark, writeMark } from "#io/postgres/data-directory.ts"

export type Marks = {
  /** Highest term seen. */
  readonly term: Term
  /** Term that this member's data last served in. */
  readonly served: Term | undefined
  readonly vote: Vote | undefined
  /** Member sets of the Lease that may be in force while this member leads. */
  readonly memberSets: MemberSets
}

export async function readMarks(dataDir: string): Promise<Marks> {
  const served = Number((await readMark(dataDir, "served"))?.trim() ?? "")
  return {
    term: (await readHighestTerm(dataDir)) ?? term(0),
    served: Number.isSafeInteger(served) && served > 0 ? term(served) : undefined,
    vote: parseVote(await readMark(dataDir, "vote")),
    memberSets: parseMemberSets(await readMark(dataDir, "members")),
  }
}

export const writeServed = (dataDir: string, served: Term): Promise<void> =>
  writeMark(dataDir, "served", `${served}\n`)
export const writeVote = (dataDir: string, vote: Vote): Promise<void> =>
  writeMark(dataDir, "vote", `${vote.term} ${vote.leaseVersion} ${vote.candidate}\n`)

/** One set a line. */
export const writeMemberSets = (dataDir: string, sets: MemberSets): Promise<void> =>
  writeMark(dataDir, "members", sets.map((set) => `${set.join(" ")}\n`).join(""))

const parseMemberSets = (text: string | undefined): MemberSets =>
  (text ?? "")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split(" ").map(podName))

function parseVote(text: string | undefined): Vote | undefined {
  const [number, leaseVersion, candidate] = (text ?? "").trim().split(" ")
  const value = Number(number ?? "")
  if (!Number.isSafeInteger(value) || value <= 0) return undefined
  if (leaseVersion === undefined || candidate === undefined) return undefined
  return { term: term(value), leaseVersion, candidate: podName(candidate) }
}
