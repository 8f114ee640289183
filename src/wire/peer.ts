/** The peer protocol: protobuf to the unions of `core/failover` and back; malformed messages are refused here. */
import { create } from "@bufbuild/protobuf"
import { podName, systemIdentifier, term, timeline } from "#core/ids.ts"
import { lsn } from "#core/lsn.ts"
import type { Parsed } from "#core/parsed.ts"
import { millis } from "#core/units.ts"
import type { MemberData, MemberServer, MemberStatus } from "#core/failover/member.ts"
import type { ElectionCause } from "#core/failover/vote.ts"
import {
  DataState,
  ElectionCause as WireCause,
  type MemberStatus as WireStatus,
  MemberStatusSchema,
  type PeerIdentity as WireIdentity,
  PeerIdentitySchema,
  type PledgeRequest as WirePledge,
  PledgeRequestSchema,
  ServerState,
  type VoteRequest as WireVote,
  VoteRequestSchema,
} from "./gen/pgswarm/v1/peer_pb.ts"
import { Reader } from "./proto-field.ts"

export { PeerService } from "./gen/pgswarm/v1/peer_pb.ts"
export type { MemberStatus as WireMemberStatus } from "./gen/pgswarm/v1/peer_pb.ts"

/** Who speaks: a part of every request and every status. */
export type PeerIdentity = Pick<
  MemberStatus,
  "pod" | "uid" | "address" | "term" | "systemIdentifier"
>

/** What a candidate asks; `candidate` says how far its WAL reaches. */
export type VoteAsked = {
  readonly candidate: PeerIdentity & Pick<MemberStatus, "timeline" | "receivedLsn">
  readonly term: MemberStatus["term"]
  readonly cause: ElectionCause
  readonly leaseVersion: string
}

export type PledgeAsked = {
  readonly primary: PeerIdentity
  readonly term: MemberStatus["term"]
}

/** No peer message is larger than this. */
export const peerMessageBytesMax = 64 * 1024

const dataToWire: Readonly<Record<MemberData, DataState>> = {
  empty: DataState.EMPTY,
  present: DataState.PRESENT,
  damaged: DataState.DAMAGED,
}
const serverToWire: Readonly<Record<MemberServer, ServerState>> = {
  down: ServerState.DOWN,
  starting: ServerState.STARTING,
  standby: ServerState.STANDBY,
  primary: ServerState.PRIMARY,
}
const causeToWire: Readonly<Record<ElectionCause, WireCause>> = {
  released: WireCause.RELEASED,
  expired: WireCause.EXPIRED,
  bootstrap: WireCause.BOOTSTRAP,
}

export const encodeIdentity = (self: PeerIdentity): WireIdentity =>
  create(PeerIdentitySchema, {
    pod: self.pod,
    podUid: self.uid,
    address: self.address,
    term: BigInt(self.term),
    ...(self.systemIdentifier === undefined ? {} : { systemIdentifier: self.systemIdentifier }),
  })

export function encodeMemberStatus(status: MemberStatus): WireStatus {
  const { streamsFrom, receiverSilence } = status
  return create(MemberStatusSchema, {
    self: encodeIdentity(status),
    data: dataToWire[status.data],
    server: serverToWire[status.server],
    timeline: status.timeline,
    receivedLsn: status.receivedLsn,
    replayedLsn: status.replayedLsn,
    synchronous: status.synchronous,
    priority: status.priority,
    eligible: status.eligible,
    reason: status.reason,
    ...(streamsFrom === undefined ? {} : { streamsFrom }),
    ...(receiverSilence === undefined
      ? {}
      : { receiverSilenceMs: BigInt(Math.round(receiverSilence)) }),
  })
}

export const encodeVote = (asked: VoteAsked): WireVote =>
  create(VoteRequestSchema, {
    candidate: encodeIdentity(asked.candidate),
    term: BigInt(asked.term),
    timeline: asked.candidate.timeline,
    receivedLsn: asked.candidate.receivedLsn,
    cause: causeToWire[asked.cause],
    leaseVersion: asked.leaseVersion,
  })

export const encodePledge = (asked: PledgeAsked): WirePledge =>
  create(PledgeRequestSchema, {
    primary: encodeIdentity(asked.primary),
    term: BigInt(asked.term),
  })

export function parseIdentity(wire: WireIdentity | undefined): Parsed<PeerIdentity> {
  const reader = new Reader()
  return reader.done(readIdentity(reader, "identity", wire))
}

function readIdentity(reader: Reader, field: string, wire: WireIdentity | undefined): PeerIdentity {
  if (wire === undefined) reader.note(field, "is missing")
  const identifier = wire?.systemIdentifier
  if (identifier !== undefined && !/^\d{1,20}$/.test(identifier))
    reader.note(`${field}.system_identifier`, "expected a decimal number")
  return {
    pod: podName(reader.text(`${field}.pod`, wire?.pod ?? "", 63)),
    uid: reader.text(`${field}.pod_uid`, wire?.podUid ?? "", 64),
    address: reader.text(`${field}.address`, wire?.address ?? "", 253),
    term: term(reader.count(`${field}.term`, wire?.term ?? -1n)),
    systemIdentifier: identifier === undefined ? undefined : systemIdentifier(identifier),
  }
}

export function parseMemberStatus(wire: WireStatus): Parsed<MemberStatus> {
  const reader = new Reader()
  const { streamsFrom, receiverSilenceMs } = wire
  const value: MemberStatus = {
    ...readIdentity(reader, "self", wire.self),
    data: reader.word("data", wire.data, dataToWire, "damaged"),
    server: reader.word("server", wire.server, serverToWire, "down"),
    timeline: timeline(reader.count("timeline", wire.timeline)),
    receivedLsn: lsn(wire.receivedLsn),
    replayedLsn: lsn(wire.replayedLsn),
    streamsFrom:
      streamsFrom === undefined ? undefined : podName(reader.text("streams_from", streamsFrom, 63)),
    synchronous: wire.synchronous,
    priority: wire.priority,
    eligible: wire.eligible,
    reason: reader.short("reason", wire.reason, 500),
    receiverSilence:
      receiverSilenceMs === undefined
        ? undefined
        : millis(reader.count("receiver_silence_ms", receiverSilenceMs)),
  }
  return reader.done(value)
}

export function parseVote(wire: WireVote): Parsed<VoteAsked> {
  const reader = new Reader()
  const identity = readIdentity(reader, "candidate", wire.candidate)
  return reader.done({
    candidate: {
      ...identity,
      timeline: timeline(reader.count("timeline", wire.timeline)),
      receivedLsn: lsn(wire.receivedLsn),
    },
    term: term(reader.count("term", wire.term, 1)),
    cause: reader.word("cause", wire.cause, causeToWire, "expired"),
    leaseVersion: reader.text("lease_version", wire.leaseVersion, 64),
  })
}

export function parsePledge(wire: WirePledge): Parsed<PledgeAsked> {
  const reader = new Reader()
  return reader.done({
    primary: readIdentity(reader, "primary", wire.primary),
    term: term(reader.count("term", wire.term, 1)),
  })
}
