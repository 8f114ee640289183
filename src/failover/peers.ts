/**
 * The other members, asked over the network: their status when nothing is the matter, pledges while this
 * one is primary, votes when it campaigns. Every call ends within the policy's call timeout; a peer that
 * does not answer never delays another.
 */
import type { PodName, Term } from "#core/ids.ts"
import { podName } from "#core/ids.ts"
import { type Millis, millis } from "#core/units.ts"
import type { MemberStatus } from "#core/failover/member.ts"
import type { Answer, Ballot } from "#core/failover/vote.ts"
import type { Clock } from "#io/clock.ts"
import type { Log } from "#io/log.ts"
import {
  encodeIdentity,
  encodePledge,
  encodeVote,
  parseMemberStatus,
  type WireMemberStatus,
} from "#wire/peer.ts"
import type { Config } from "./config.ts"
import type { Dial, PeerLine } from "./dial.ts"
import type { Known } from "./known.ts"
import type { Volume } from "./volume.ts"

type Line = {
  readonly address: string
  readonly service: PeerLine
  asking: boolean
}

export type PeersPorts = {
  readonly clock: Clock
  readonly log: Log
  readonly known: Known
  readonly config: Config
  readonly volume: Volume
  readonly dial: Dial
  /** This member in its own words; undefined while it can not say. */
  readonly me: () => MemberStatus | undefined
}

export class Peers implements Disposable {
  readonly #ports: PeersPorts
  readonly #lines = new Map<PodName, Line>()
  readonly #addresses = new Map<PodName, string>()
  #saved = ""

  constructor(ports: PeersPorts) {
    this.#ports = ports
  }

  /** Addresses from the last time, so that a start without the Kubernetes API finds its peers. */
  async remember(): Promise<void> {
    for (const [pod, address] of await this.#ports.volume.readPeers())
      this.heardAddress(podName(pod), address)
    this.#saved = this.#text()
  }

  /** From the API or from the peer itself. */
  heardAddress(pod: PodName, address: string): void {
    const { config, known } = this.#ports
    if (pod === config.pod || this.#addresses.get(pod) === address) return
    this.#addresses.set(pod, address)
    const before = known.peers.get(pod)
    known.peers.set(pod, { status: undefined, askedAt: undefined, ...before, address })
    known.changed()
  }

  /** Asks every member once, each in its own time: for a pledge while `leading` in a term, else for its status. */
  async askAll(leading: Term | undefined): Promise<void> {
    await Promise.all(this.#others().map((pod) => this.#askOnce(pod, leading)))
    await this.#save()
  }

  /** Asks one member until it answers to a question that began after this call; false when it does not in time. */
  async answers(pod: PodName, leading: Term, signal: AbortSignal): Promise<boolean> {
    const { clock, known } = this.#ports
    const from = clock.now()
    // A question may be under way that began before, and takes its time.
    const until = from + 2 * known.policy.callTimeout
    for (;;) {
      await this.#askOnce(pod, leading)
      if ((known.peers.get(pod)?.askedAt ?? -Infinity) >= from) return true
      if (clock.now() >= until) return false
      await clock.sleep(millis(20), signal)
    }
  }

  /** One question at a time goes to a member. */
  async #askOnce(pod: PodName, leading: Term | undefined): Promise<void> {
    const line = this.#line(pod)
    if (line === undefined || line.asking) return
    line.asking = true
    try {
      await (leading === undefined
        ? this.#askStatus(pod, line)
        : this.#askPledge(pod, line, leading))
    } catch (failure) {
      this.#ports.log.debug("peer.silent", { pod, why: failure })
    } finally {
      line.asking = false
    }
  }

  /** Collects votes. The ballot grows as answers come in; it is complete when all did or `voteWithin` is over. */
  async campaign(ballot: Omit<Ballot, "answers" | "complete">, signal: AbortSignal): Promise<void> {
    const { known } = this.#ports
    const answers = new Map<PodName, Answer>()
    const publish = (complete: boolean): void => {
      if (known.lease.kind !== "read" || known.lease.lease.version !== ballot.leaseVersion) return
      known.ballot = { ...ballot, answers: [...answers.values()], complete }
      known.changed()
    }
    publish(false)
    await Promise.all(
      this.#others().map(async (pod) => {
        answers.set(pod, await this.#askVote(pod, ballot, signal))
        publish(false)
      }),
    )
    publish(true)
  }

  [Symbol.dispose](): void {
    for (const { service } of this.#lines.values()) service[Symbol.dispose]()
  }

  #others(): readonly PodName[] {
    const { known, config } = this.#ports
    const members = known.lease.kind === "read" ? known.lease.lease.members : []
    return [...new Set([...known.settings.members, ...members])].filter((pod) => pod !== config.pod)
  }

  #line(pod: PodName): Line | undefined {
    const address = this.#addresses.get(pod)
    const before = this.#lines.get(pod)
    if (address === undefined || before?.address === address) return before
    before?.service[Symbol.dispose]()
    const line: Line = { address, service: this.#ports.dial(address), asking: false }
    this.#lines.set(pod, line)
    return line
  }

  async #askStatus(pod: PodName, { service, address }: Line): Promise<void> {
    const { clock, known, me } = this.#ports
    const self = me()
    if (self === undefined) return
    const askedAt = clock.now()
    const answer = await service.status(
      { from: encodeIdentity(self) },
      { timeoutMs: known.policy.callTimeout },
    )
    this.#heard(pod, address, answer, askedAt)
  }

  async #askPledge(pod: PodName, { service, address }: Line, leading: Term): Promise<void> {
    const { clock, known, me } = this.#ports
    const self = me()
    if (self === undefined) return
    const askedAt = clock.now()
    const answer = await service.pledge(encodePledge({ primary: self, term: leading }), {
      timeoutMs: known.policy.callTimeout,
    })
    const granted = Number(answer.durationMs)
    // Counted from the sending, and no longer than the peer's own policy says.
    known.heardPledge(
      pod,
      granted > 0 && Number(answer.term) === leading
        ? { pod, term: leading, sentAt: askedAt, lasts: millis(granted) }
        : undefined,
    )
    if (answer.member !== undefined) this.#heard(pod, address, answer.member, askedAt)
  }

  async #askVote(
    pod: PodName,
    ballot: Omit<Ballot, "answers" | "complete">,
    signal: AbortSignal,
  ): Promise<Answer> {
    const { known, log } = this.#ports
    const line = this.#line(pod)
    if (line === undefined) return { kind: "silent", pod }
    const { candidate, term, cause, leaseVersion } = ballot
    try {
      const answer = await line.service.vote(encodeVote({ candidate, term, cause, leaseVersion }), {
        timeoutMs: known.policy.voteWithin,
        signal,
      })
      const voter = answer.voter === undefined ? undefined : this.#parsed(pod, answer.voter)
      if (answer.granted && voter !== undefined) return { kind: "granted", voter }
      return { kind: "refused", pod, reason: answer.reason, voter }
    } catch (failure) {
      log.debug("vote.silent", { pod, why: failure })
      return { kind: "silent", pod }
    }
  }

  #heard(pod: PodName, address: string, wire: WireMemberStatus, askedAt: number): void {
    const { known } = this.#ports
    const status = this.#parsed(pod, wire)
    if (status === undefined) return
    known.heardPeer(pod, { address, status, askedAt })
  }

  /** A member that answers under another name, or for another cluster, was not asked. */
  #parsed(pod: PodName, wire: WireMemberStatus): MemberStatus | undefined {
    const parsed = parseMemberStatus(wire)
    if (parsed.kind === "ok" && parsed.value.pod === pod) return parsed.value
    this.#ports.log.warn("peer.refused", {
      pod,
      problems: parsed.kind === "bad" ? parsed.problems : [`answers as ${parsed.value.pod}`],
    })
    return undefined
  }

  #text = (): string => JSON.stringify([...this.#addresses])

  async #save(): Promise<void> {
    const text = this.#text()
    if (text === this.#saved) return
    this.#saved = text
    try {
      await this.#ports.volume.writePeers(new Map(this.#addresses))
    } catch (failure) {
      this.#ports.log.warn("peers.unsaved", { why: failure })
    }
  }
}

/** How long to wait before the members are asked again. */
export const askAgainAfter = (known: Known, leading: boolean, closely: boolean): Millis =>
  known.handOver !== undefined
    ? millis(60)
    : leading
      ? known.policy.pledgeEvery
      : closely
        ? millis(200)
        : millis(2500)
