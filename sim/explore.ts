/** Walks the small world of `small-world.ts` breadth first: every interleaving, up to a bound. */
import { isReleased, type Lease } from "#core/failover/lease.ts"
import type { Policy } from "#core/failover/policy.ts"
import { begin, moves, type Node, type State } from "./small-world.ts"

export type Explored = {
  readonly states: number
  readonly depth: number
  /** The shortest way to two servers that serve; undefined where there is none within the bounds. */
  readonly broken: readonly string[] | undefined
}

const leaseKey = (lease: Lease | undefined): string =>
  lease === undefined
    ? "-"
    : `${lease.version}.${lease.holder?.pod ?? "-"}.${lease.term}.${isReleased(lease) ? 1 : 0}.${lease.durationSeconds}`

const nodeKey = (own: Node): string => {
  const { pledge: given, vote: voted, assumedUntil } = own.promises
  return [
    own.term,
    leaseKey(own.view),
    own.since,
    Number(own.confirmed),
    given === undefined ? "" : `${given.to}.${given.term}.${given.until}`,
    voted === undefined ? "" : `${voted.candidate}.${voted.term}.${voted.leaseVersion}`,
    assumedUntil,
    Number(own.readSinceVote),
    own.armed,
    own.renewedAt,
    own.pledges.map(({ from, term: of, at }) => `${from}.${of}.${at}`).join(),
    own.flight === undefined
      ? ""
      : `${own.flight.version}.${leaseKey(own.flight.content)}.${own.flight.at}.${own.flight.orphan}`,
    own.ballot === undefined
      ? ""
      : `${own.ballot.term}.${own.ballot.version}.${own.ballot.votes.join()}`,
    Number(own.releasing),
  ].join("|")
}

const key = ({ lease, nodes, wiped }: State): string =>
  [leaseKey(lease), Number(wiped), ...nodes.map(nodeKey)].join("#")

/** Breadth first to `depth` moves or `most` states. */
export function explore(
  policy: Policy,
  members: number,
  { depth, most }: { readonly depth: number; readonly most: number },
): Explored {
  const first = begin(members)
  type Reached = {
    readonly state: State
    readonly name: string
    readonly from: Reached | undefined
  }
  const seen = new Set([key(first)])
  let level: Reached[] = [{ state: first, name: "", from: undefined }]
  for (let at = 1; at <= depth; at += 1) {
    const next: Reached[] = []
    for (const reached of level) {
      for (const { name, next: state } of moves(policy, reached.state)) {
        const hash = key(state)
        if (seen.has(hash)) continue
        seen.add(hash)
        const found = { state, name, from: reached }
        if (state.nodes.filter(({ armed }) => armed > 0).length > 1)
          return { states: seen.size, depth: at, broken: pathOf(found) }
        next.push(found)
      }
      if (seen.size >= most) return { states: seen.size, depth: at, broken: undefined }
    }
    level = next
  }
  return { states: seen.size, depth, broken: undefined }
}

function pathOf(
  end: { readonly name: string; readonly from: unknown } | undefined,
): readonly string[] {
  const path: string[] = []
  type Step = { readonly name: string; readonly from: Step | undefined }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a chain of the steps above
  for (let at = end as Step | undefined; at !== undefined; at = at.from)
    if (at.name !== "") path.unshift(at.name)
  return path
}
