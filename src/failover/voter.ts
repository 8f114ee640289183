/**
 * What this member promises to its peers: pledges and votes. The rules are `core/failover/pledge.ts` and
 * `vote.ts`; here they are kept on disk, and the WAL receiver is stopped before a position is named.
 */
import type { Term } from "#core/ids.ts"
import { millis } from "#core/units.ts"
import { describe } from "#core/failover/describe.ts"
import type { MemberStatus } from "#core/failover/member.ts"
import { considerPledge, type PledgeDecision, type Vote } from "#core/failover/pledge.ts"
import { leadingTerm } from "#core/failover/standing.ts"
import { type Voter as Voting, voteRefused, walRefused } from "#core/failover/vote.ts"
import type { Observation } from "#core/failover/observation.ts"
import type { Clock } from "#io/clock.ts"
import type { Log } from "#io/log.ts"
import { Outage } from "#io/outage.ts"
import type { PledgeAsked, VoteAsked } from "#wire/peer.ts"
import type { Config } from "./config.ts"
import { isBefore, type Known } from "./known.ts"
import type { OwnServer } from "./local-server.ts"
import type { RunningConfig } from "./running-config.ts"
import type { Volume } from "./volume.ts"

export type VoteAnswer =
  | { readonly kind: "granted"; readonly voter: MemberStatus }
  | { readonly kind: "refused"; readonly reason: string; readonly voter: MemberStatus }

export type VoterPorts = {
  readonly clock: Clock
  readonly log: Log
  readonly config: Config
  readonly known: Known
  readonly server: OwnServer
  readonly volume: Volume
  readonly running: RunningConfig
  readonly observe: () => Observation
}

const freshFor = 50
/** For waits that are short and counted. */
const never = new AbortController().signal

export class Voter {
  readonly #ports: VoterPorts
  /** Votes, and writes of terms, one after another. */
  #turn: Promise<unknown> = Promise.resolve()
  #votedAt: number

  constructor(ports: VoterPorts) {
    this.#ports = ports
    this.#votedAt = ports.clock.now()
  }

  /** This member in its own words; undefined while the supervisor has not said who it is. */
  me(): MemberStatus | undefined {
    const seen = this.#ports.observe()
    return seen.self === undefined
      ? undefined
      : describe(seen, seen.self, this.#ports.config.address)
  }

  /** Looks at the local server when the last look is not of this moment: a position is asked for. */
  async refresh(): Promise<void> {
    const { known, server, clock } = this.#ports
    const { glance } = known.server
    if (glance?.kind !== "looked" || clock.now() - glance.looked.state.askedAt < freshFor) return
    try {
      known.server.heardLook(await server.look())
    } catch {
      // The regular look finds out what is the matter.
    }
  }

  /** A term that was seen is on disk when this resolves. */
  raiseTerm(seen: Term): Promise<void> {
    return this.#alone(async () => {
      const { known, volume } = this.#ports
      if (seen <= known.marks.term) return
      await volume.writeTerm(seen)
      known.marks = { ...known.marks, term: seen }
      known.changed()
    })
  }

  async pledge(asked: PledgeAsked): Promise<PledgeDecision> {
    const { known, clock, observe } = this.#ports
    const receivedAt = clock.now()
    if (asked.term > known.marks.term) await this.raiseTerm(asked.term)
    const seen = observe()
    const lease = seen.lease.kind === "read" ? seen.lease.lease : undefined
    const { vote } = known.promises
    const voteIsOver =
      vote !== undefined &&
      lease !== undefined &&
      known.leaseReadFrom > this.#votedAt &&
      lease.version !== vote.leaseVersion &&
      // A read that was served from an old cache ends no vote.
      !isBefore(lease.version, vote.leaseVersion)
    const leads = seen.self !== undefined && leadingTerm(seen, seen.self) !== undefined
    const decision = considerPledge(
      { term: known.marks.term, promises: known.promises, leads },
      { primary: asked.primary.pod, term: asked.term },
      lease === undefined ? undefined : { holder: lease.holder?.pod, term: lease.term },
      voteIsOver,
      known.policy.pledgeFor,
    )
    if (decision.kind === "pledged") {
      const until = receivedAt + decision.for
      known.promises = {
        ...known.promises,
        pledge: { to: asked.primary.pod, term: asked.term, until },
      }
      known.pledgeAskedAt = receivedAt
    }
    return decision
  }

  /** Answers a candidate. The position in the answer is final: nothing more is received on it. */
  vote(asked: VoteAsked): Promise<VoteAnswer> {
    return this.#alone(async () => {
      const { known, log } = this.#ports
      const early = this.#voting()
      const reason = voteRefused(early, asked)
      if (reason !== undefined) return { kind: "refused", reason, voter: early.status }
      await this.finalise()
      const late = this.#voting()
      const overtaken = voteRefused(late, asked)
      if (overtaken !== undefined) return { kind: "refused", reason: overtaken, voter: late.status }
      const ahead = walRefused(late.status, asked.candidate)
      if (ahead !== undefined) {
        // Whoever is ahead of the candidate should stand itself, at once.
        known.urgedOn = asked.leaseVersion
        known.changed()
        return { kind: "refused", reason: ahead, voter: late.status }
      }
      await this.bind({
        term: asked.term,
        leaseVersion: asked.leaseVersion,
        candidate: asked.candidate.pod,
      })
      log.event("vote.given", { candidate: asked.candidate.pod, term: asked.term })
      return { kind: "granted", voter: late.status }
    })
  }

  /** Before it asks others, a candidate is bound like any voter. */
  stand(vote: Vote): Promise<MemberStatus> {
    return this.#alone(async () => {
      await this.finalise()
      await this.bind(vote)
      return this.#voting().status
    })
  }

  /** No pledge to an older term from now on, also after a restart. */
  async bind(vote: Vote): Promise<void> {
    const { known, volume, clock } = this.#ports
    this.#votedAt = clock.now()
    known.promises = { ...known.promises, vote }
    await volume.writeVote(vote)
  }

  /** Stops the WAL receiver, if one runs, and looks where the WAL ends. */
  async finalise(): Promise<void> {
    const { known, server, running, clock } = this.#ports
    const { glance } = known.server
    if (glance?.kind !== "looked" || glance.looked.kind !== "standby") return
    // A receiver without anybody to follow is of what an earlier sidecar wrote, or of what was not reloaded.
    if (running.follows !== undefined || glance.looked.state.receiver !== undefined) {
      await running.set({ follow: "nobody" })
      await server.quick((sql) => sql`select pg_reload_conf()`)
    }
    const until = clock.now() + known.policy.voteWithin
    for (;;) {
      const looked = await server.look()
      if (looked.kind !== "standby") return
      known.server.heardLook(looked)
      if (looked.state.receiver === undefined) return
      if (clock.now() >= until)
        throw new Outage("RECEIVER_RUNS", "the WAL receiver did not stop in time for the vote")
      await clock.sleep(millis(15), never)
    }
  }

  #voting(): Voting {
    const { known, observe, config } = this.#ports
    const seen = observe()
    const { self } = seen
    if (self === undefined) throw new Outage("NOT_READY", "the supervisor has not been heard yet")
    return {
      now: seen.now,
      term: known.marks.term,
      promises: known.promises,
      lease: seen.lease.kind === "read" ? seen.lease.lease : undefined,
      leaseSince: seen.lease.kind === "read" ? seen.lease.since : seen.now,
      expireAfter: known.policy.expireAfter,
      leads: leadingTerm(seen, self) !== undefined,
      status: describe(seen, self, config.address),
    }
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#turn.then(work, work)
    this.#turn = next.catch(() => undefined)
    return next
  }
}
