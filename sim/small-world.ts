/**
 * A small world: the real rules for Leases, pledges and votes (`core/failover`), with time in whole ticks and
 * everything else left out. What may happen at any point (`moves`): a look at the
 * Lease, a write that is sent, applied, and answered or not, a pledge, a vote, a campaign, a sidecar or a server
 * that dies, a Lease wiped by hand, a tick. Assumed is what PROTOCOL.md assumes: clocks run alike, and the supervisor
 * stops a server whose deadline has passed within a tick.
 */
import { clusterName, memberPod, systemIdentifier, term, timeline } from "#core/ids.ts"
import { lsn } from "#core/lsn.ts"
import { isReleased, type Lease, nextTerm, taken } from "#core/failover/lease.ts"
import type { MemberStatus } from "#core/failover/member.ts"
import {
  considerPledge,
  pledgedUntil,
  promiseInTheWay,
  type Promises,
} from "#core/failover/pledge.ts"
import { type Policy, servesOn } from "#core/failover/policy.ts"
import { vacancy } from "#core/failover/standing.ts"
import { voteRefused, votesNeeded } from "#core/failover/vote.ts"

/** A tick in milliseconds. */
export const tick = 1000

type Flight = {
  readonly version: string
  readonly content: Lease
  readonly at: number
  /** Its sender is gone: nobody hears the answer. */
  readonly orphan: boolean
}

/** Instants are counted from now: the past is negative. */
export type Node = {
  readonly term: number
  readonly view: Lease | undefined
  readonly since: number
  readonly confirmed: boolean
  readonly promises: Promises
  readonly readSinceVote: boolean
  /** Term that the server serves in; 0: it is down. */
  readonly armed: number
  /** A release was sent and may still come about: the server is not started before a renewal. */
  readonly releasing: boolean
  readonly renewedAt: number
  readonly pledges: readonly { readonly from: number; readonly term: number; readonly at: number }[]
  /** A write on its way, and when it was sent. */
  readonly flight: Flight | undefined
  readonly ballot:
    | { readonly term: number; readonly version: string; readonly votes: readonly number[] }
    | undefined
}

export type State = {
  readonly lease: Lease
  readonly nodes: readonly Node[]
  readonly wiped: boolean
}

const never = -99 * tick
const pods = [0, 1, 2].map((ordinal) => memberPod(clusterName("c"), ordinal))
const podOf = (at: number) => pods[at] ?? pods[0] ?? memberPod(clusterName("c"), 0)
const holderOf = (at: number) => ({ pod: podOf(at), uid: "u", nonce: "n" })

function statusOf(at: number, own: Node): MemberStatus {
  return {
    pod: podOf(at),
    uid: "u",
    address: "a",
    term: term(own.term),
    systemIdentifier: systemIdentifier("1"),
    data: "present",
    server: own.armed > 0 ? "primary" : "standby",
    timeline: timeline(1),
    receivedLsn: lsn(1n),
    replayedLsn: lsn(1n),
    streamsFrom: undefined,
    synchronous: false,
    priority: 1,
    eligible: true,
    reason: "",
    receiverSilence: undefined,
  }
}

/** The first member leads and everybody knows. */
export function begin(members: number): State {
  const lease: Lease = {
    version: "1",
    holder: holderOf(0),
    term: term(1),
    durationSeconds: 1,
    members: pods.slice(0, members),
    syncSet: [],
    successor: undefined,
    systemIdentifier: systemIdentifier("1"),
    released: undefined,
  }
  const node = (at: number): Node => ({
    term: 1,
    view: lease,
    since: 0,
    confirmed: true,
    promises: { pledge: undefined, vote: undefined, assumedUntil: never },
    readSinceVote: false,
    armed: at === 0 ? 1 : 0,
    releasing: false,
    renewedAt: at === 0 ? 0 : never,
    pledges: [],
    flight: undefined,
    ballot: undefined,
  })
  return { lease, nodes: pods.slice(0, members).map((_, at) => node(at)), wiped: false }
}

const leads = (own: Node, at: number): boolean =>
  own.view?.holder?.pod === podOf(at) && own.view.term >= own.term

function servesUntil(policy: Policy, own: Node, at: number, members: number): number {
  const pledges = own.pledges.map((each) => ({
    pod: podOf(each.from),
    term: term(each.term),
    sentAt: each.at,
    lasts: policy.pledgeFor,
  }))
  const set = pods.slice(0, members)
  const pledged = pledgedUntil(policy, 0, podOf(at), term(own.armed), [set], pledges)
  return Math.max(own.renewedAt + servesOn(policy, policy.expireAfter), pledged ?? never)
}

export type Move = { readonly name: string; readonly next: State }

const put = (state: State, at: number, change: Partial<Node>): State => ({
  ...state,
  nodes: state.nodes.map((node, index) => (index === at ? { ...node, ...change } : node)),
})

/** Everything that can happen next. */
export function moves(policy: Policy, state: State): readonly Move[] {
  const found: Move[] = []
  const add = (name: string, next: State | undefined): void => {
    if (next !== undefined) found.push({ name, next })
  }
  for (const [at, own] of state.nodes.entries()) {
    add(`${at} looks`, look(state, at))
    if (own.flight === undefined) {
      add(`${at} sends a renewal`, renewal(state, own, at))
      add(`${at} sends a release`, release(state, own, at))
      add(`${at} sends that it takes the Lease`, take(policy, state, own, at))
    } else
      for (const heard of [true, false])
        add(`${at}'s write arrives, answer ${heard}`, arrive(state, own, at, heard))
    add(`${at} campaigns`, campaign(policy, state, own, at))
    add(`${at}'s server starts`, own.armed === 0 ? start(policy, own, at, state) : undefined)
    if (own.armed > 0) add(`${at}'s server dies`, put(state, at, { armed: 0 }))
    add(`${at}'s sidecar restarts`, restart(policy, state, own, at))
    for (const other of state.nodes.keys())
      if (other !== at) {
        add(`${other} pledges to ${at}`, pledge(policy, state, other, at))
        add(`${other} votes for ${at}`, vote(policy, state, other, at))
      }
  }
  if (!state.wiped) add("the Lease is wiped", wipe(state))
  add("a tick", pass(policy, state))
  return found
}

function look(state: State, at: number): State | undefined {
  const own = state.nodes[at]
  const { lease } = state
  if (
    own === undefined ||
    (own.view?.version === lease.version && own.confirmed && own.readSinceVote)
  )
    return undefined
  const same = own.view?.version === lease.version
  return put(state, at, {
    view: lease,
    since: same ? own.since : 0,
    confirmed: true,
    readSinceVote: true,
    term: Math.max(own.term, lease.term),
    ballot: same ? own.ballot : undefined,
    releasing: same && own.releasing,
    // Whoever sees that another leads, or a later term, fences at once.
    armed:
      own.armed > 0 && (lease.term > own.armed || lease.holder?.pod !== podOf(at))
        ? wipedOf(lease)
          ? own.armed
          : 0
        : own.armed,
  })
}

const wipedOf = (lease: Lease): boolean => lease.holder === undefined && !isReleased(lease)

function renewal(state: State, own: Node, at: number): State | undefined {
  const { view } = own
  if (view === undefined || own.armed === 0) return undefined
  if (!leads(own, at) && !wipedOf(view)) return undefined
  const content: Lease = {
    ...view,
    holder: holderOf(at),
    term: term(own.armed),
    released: undefined,
  }
  return put(state, at, { flight: { version: view.version, content, at: 0, orphan: false } })
}

function release(state: State, own: Node, at: number): State | undefined {
  const { view } = own
  if (view === undefined || own.armed > 0 || !leads(own, at)) return undefined
  const released = {
    by: holderOf(at),
    term: view.term,
    cause: "crash",
    checkpoint: undefined,
  } as const
  return put(state, at, {
    releasing: true,
    flight: {
      version: view.version,
      content: { ...view, holder: undefined, released },
      at: 0,
      orphan: false,
    },
  })
}

function take(policy: Policy, state: State, own: Node, at: number): State | undefined {
  const { ballot, view } = own
  if (
    ballot === undefined ||
    view === undefined ||
    view.version !== ballot.version ||
    own.armed > 0
  )
    return undefined
  const cause = isReleased(view) ? "released" : "expired"
  if (ballot.votes.length + 1 < votesNeeded(cause, state.nodes.length)) return undefined
  const content: Lease = {
    ...taken(view, holderOf(at), {
      term: term(ballot.term),
      own: timeline(0),
      durationSeconds: policy.expireAfter / tick,
      syncNames: [],
    }),
    version: "",
  }
  return put(state, at, {
    flight: { version: view.version, content, at: 0, orphan: false },
    ballot: undefined,
  })
}

function arrive(state: State, own: Node, at: number, heard: boolean): State {
  const { flight } = own
  if (flight === undefined) return state
  const matches = flight.version === state.lease.version
  const lease: Lease = matches
    ? { ...flight.content, version: String(Number(state.lease.version) + 1) }
    : state.lease
  const next = put({ ...state, lease }, at, { flight: undefined })
  if (!heard || !matches || flight.orphan) return next
  const mine = lease.holder?.pod === podOf(at)
  return put(next, at, {
    view: lease,
    since: 0,
    confirmed: true,
    ballot: undefined,
    term: Math.max(own.term, lease.term),
    renewedAt: mine ? flight.at : never,
    releasing: false,
    armed: mine && lease.term >= own.term ? own.armed : 0,
  })
}

function campaign(policy: Policy, state: State, own: Node, at: number): State | undefined {
  const { view, promises } = own
  if (view === undefined || own.armed > 0 || own.ballot !== undefined || !own.confirmed)
    return undefined
  if (vacancy(policy, 0, view, own.since, holderOf(at)).kind !== "vacant") return undefined
  if (promiseInTheWay(0, promises, view, podOf(at)) !== undefined) return undefined
  const opened = nextTerm(view.term, term(own.term), promises.vote?.term ?? view.term)
  const mine = { term: opened, leaseVersion: view.version, candidate: podOf(at) }
  return put(state, at, {
    promises: { ...promises, vote: mine },
    readSinceVote: false,
    ballot: { term: opened, version: view.version, votes: [] },
  })
}

/** The holder's server serves once its right to is fresh. */
function start(policy: Policy, own: Node, at: number, state: State): State | undefined {
  const { view } = own
  if (view === undefined || !leads(own, at) || own.releasing) return undefined
  if (
    servesUntil(policy, { ...own, armed: view.term }, at, state.nodes.length) <=
    policy.deadlineAfter / 4
  )
    return undefined
  return put(state, at, { armed: view.term })
}

function restart(policy: Policy, state: State, own: Node, at: number): State | undefined {
  if (own.view === undefined) return undefined
  return put(state, at, {
    view: undefined,
    since: 0,
    confirmed: false,
    promises: { pledge: undefined, vote: own.promises.vote, assumedUntil: policy.pledgeFor },
    readSinceVote: false,
    renewedAt: never,
    pledges: [],
    // What was sent is on its way, whoever sent it.
    flight: own.flight === undefined ? undefined : { ...own.flight, orphan: true },
    releasing: false,
    ballot: undefined,
  })
}

function pledge(policy: Policy, state: State, from: number, to: number): State | undefined {
  const [giver, primary] = [state.nodes[from], state.nodes[to]]
  if (giver === undefined || primary === undefined || primary.armed === 0) return undefined
  if (primary.view !== undefined && !leads(primary, to) && !wipedOf(primary.view)) return undefined
  const { vote: given } = giver.promises
  const over =
    given !== undefined &&
    giver.readSinceVote &&
    giver.view !== undefined &&
    giver.view.version !== given.leaseVersion
  const known =
    giver.view === undefined ? undefined : { holder: giver.view.holder?.pod, term: giver.view.term }
  const me = {
    term: term(Math.max(giver.term, primary.armed)),
    promises: giver.promises,
    leads: giver.armed > 0 || leads(giver, from),
  }
  const asked = { primary: podOf(to), term: term(primary.armed) }
  const decision = considerPledge(me, asked, known, over, policy.pledgeFor)
  if (decision.kind === "refused") return undefined
  const held = primary.pledges.filter((each) => each.from !== from)
  const next = put(state, to, { pledges: [...held, { from, term: primary.armed, at: 0 }] })
  return put(next, from, {
    term: me.term,
    promises: {
      ...giver.promises,
      pledge: { to: podOf(to), term: asked.term, until: decision.for },
    },
  })
}

function vote(policy: Policy, state: State, from: number, to: number): State | undefined {
  const [voter, candidate] = [state.nodes[from], state.nodes[to]]
  const ballot = candidate?.ballot
  if (voter === undefined || candidate === undefined || ballot === undefined) return undefined
  if (ballot.votes.includes(from)) return undefined
  const released = candidate.view !== undefined && isReleased(candidate.view)
  const refused = voteRefused(
    {
      now: 0,
      term: term(voter.term),
      promises: voter.promises,
      lease: voter.view,
      leaseSince: voter.since,
      expireAfter: policy.expireAfter,
      leads: voter.armed > 0 || leads(voter, from),
      status: statusOf(from, voter),
    },
    {
      candidate: statusOf(to, candidate),
      term: term(ballot.term),
      leaseVersion: ballot.version,
      cause: released ? "released" : "expired",
    },
  )
  if (refused !== undefined) return undefined
  const given = { term: term(ballot.term), leaseVersion: ballot.version, candidate: podOf(to) }
  const next = put(state, to, {
    ballot: { ...ballot, votes: [...ballot.votes, from].toSorted((a, b) => a - b) },
  })
  return put(next, from, { promises: { ...voter.promises, vote: given }, readSinceVote: false })
}

function wipe(state: State): State {
  const { lease } = state
  const version = String(Number(lease.version) + 1)
  return {
    ...state,
    wiped: true,
    lease: { ...lease, version, holder: undefined, released: undefined },
  }
}

/** Time passes: deadlines of servers are kept by their supervisors, within a tick. */
function pass(policy: Policy, state: State): State {
  const members = state.nodes.length
  const back = (instant: number): number => Math.max(never, instant - tick)
  const nodes = state.nodes.map((own, at): Node => {
    const over = own.armed > 0 && servesUntil(policy, own, at, members) + policy.fenceWithin <= tick
    const { pledge: given } = own.promises
    return {
      ...own,
      armed: over ? 0 : own.armed,
      since: Math.max(-2 * Number(policy.expireAfter), own.since - tick),
      confirmed: false,
      renewedAt:
        own.renewedAt - tick < 0 - Number(policy.expireAfter) ? never : back(own.renewedAt),
      pledges: own.pledges
        .map((each) => ({ ...each, at: each.at - tick }))
        .filter((each) => each.at >= 0 - Number(policy.deadlineAfter) - policy.fenceWithin),
      promises: {
        ...own.promises,
        pledge:
          given === undefined || given.until <= tick
            ? undefined
            : { ...given, until: given.until - tick },
        assumedUntil: own.promises.assumedUntil <= tick ? never : own.promises.assumedUntil - tick,
      },
      flight:
        own.flight === undefined
          ? undefined
          : { ...own.flight, at: Math.max(-2 * Number(policy.expireAfter), own.flight.at - tick) },
    }
  })
  return { ...state, nodes }
}
