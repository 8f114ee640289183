/**
 * Answers the other members. Only callers with a certificate of this cluster's own authority get this far;
 * a caller must also be a member, of this cluster's data, and the pod that Kubernetes knows by that name.
 */
import {
  create,
  type DescMessage,
  type DescMethodBiDiStreaming,
  type MessageInitShape,
  type MessageShape,
} from "@bufbuild/protobuf"
import { Code, ConnectError } from "@connectrpc/connect"
import { port } from "#core/names.ts"
import type { MemberStatus } from "#core/failover/member.ts"
import { knownIdentifier } from "#core/failover/standing.ts"
import type { Parsed } from "#core/parsed.ts"
import { Outage } from "#io/outage.ts"
import { type LeanCall, leanCall } from "#io/rpc/lean-stream.ts"
import { openRpcServer, type RpcServer } from "#io/rpc/server.ts"
import {
  encodeMemberStatus,
  parseIdentity,
  parsePledge,
  parseVote,
  type PeerIdentity,
  peerMessageBytesMax,
  PeerService,
} from "#wire/peer.ts"
import type { Config, Secrets } from "./config.ts"
import type { Known } from "./known.ts"
import type { Peers } from "./peers.ts"
import type { Observation } from "#core/failover/observation.ts"
import type { Voter } from "./voter.ts"

export type PeerServerPorts = {
  readonly config: Config
  readonly secrets: Secrets
  readonly known: Known
  readonly peers: Peers
  readonly voter: Voter
  readonly observe: () => Observation
}

/** More than the members of the largest cluster ever open, with room for reconnects. */
const sessionsMax = 64

export function openPeerServer(ports: PeerServerPorts): Promise<RpcServer> {
  const { config, secrets } = ports
  const answers = peerAnswers(ports)
  const { ca, certificate, key } = secrets.peer
  return openRpcServer({
    listen: { host: config.address, port: port.peer },
    tls: { certificate, key, clientAuthority: ca },
    routes: (router) => {
      router.service(PeerService, answers)
    },
    lean: [
      oneByOne(PeerService.method.statuses, answers.status),
      oneByOne(PeerService.method.pledges, answers.pledge),
    ],
    messageBytesMax: peerMessageBytesMax,
    sessionsMax,
    streamsPerSessionMax: 16,
  })
}

/** A stream that stays, on which each question is answered before the next one is read. */
const oneByOne = <I extends DescMessage, O extends DescMessage>(
  method: DescMethodBiDiStreaming<I, O>,
  answer: (question: MessageShape<I>) => Promise<MessageInitShape<O>>,
): LeanCall =>
  leanCall(method, async function* (questions) {
    for await (const question of questions) yield create(method.output, await answer(question))
  })

export type PeerAnswersPorts = Omit<PeerServerPorts, "secrets">

type Method = (typeof PeerService)["method"]
type Answers<M extends keyof Method> = (
  request: MessageShape<Method[M]["input"]>,
) => Promise<MessageInitShape<Method[M]["output"]>>

/** What this member answers to each question of a peer. */
export type PeerAnswers = {
  readonly [M in Exclude<keyof Method, "pledges" | "statuses">]: Answers<M>
}

export function peerAnswers(ports: PeerAnswersPorts): PeerAnswers {
  const { voter, known } = ports
  return {
    status: (request) =>
      answered(async () => {
        admit(ports, valid(parseIdentity(request.from)))
        await voter.refresh()
        return encodeMemberStatus(myself(voter))
      }),
    vote: (request) =>
      answered(async () => {
        const asked = valid(parseVote(request))
        admit(ports, asked.candidate)
        const answer = await voter.vote(asked)
        return {
          granted: answer.kind === "granted",
          reason: answer.kind === "granted" ? "" : answer.reason,
          voter: encodeMemberStatus(answer.voter),
        }
      }),
    pledge: (request) =>
      answered(async () => {
        const asked = valid(parsePledge(request))
        admit(ports, asked.primary)
        const decision = await voter.pledge(asked)
        await voter.refresh()
        return {
          durationMs: decision.kind === "pledged" ? BigInt(Math.floor(decision.for)) : 0n,
          term: BigInt(decision.kind === "pledged" ? asked.term : known.marks.term),
          reason: decision.kind === "pledged" ? "" : decision.reason,
          member: encodeMemberStatus(myself(voter)),
        }
      }),
  }
}

/** Outages are told as such: the caller tries again by its own clock. */
async function answered<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (failure) {
    if (failure instanceof ConnectError) throw failure
    const message = failure instanceof Error ? failure.message : String(failure)
    throw new ConnectError(message, failure instanceof Outage ? Code.Unavailable : Code.Internal)
  }
}

function myself(voter: Voter): MemberStatus {
  const me = voter.me()
  if (me === undefined)
    throw new ConnectError("the supervisor has not been heard yet", Code.Unavailable)
  return me
}

function valid<T>(parsed: Parsed<T>): T {
  if (parsed.kind === "ok") return parsed.value
  const text = parsed.problems.map(({ field, problem }) => `${field}: ${problem}`).join("; ")
  throw new ConnectError(text, Code.InvalidArgument)
}

/** Throws unless the caller may take part; remembers where it is. */
function admit({ config, known, peers, observe }: PeerAnswersPorts, from: PeerIdentity): void {
  const refuse = (why: string): never => {
    throw new ConnectError(why, Code.PermissionDenied)
  }
  if (from.pod === config.pod)
    refuse(
      `another pod calls itself ${from.pod}, with UID ${from.uid}; this one has ${config.podUid}`,
    )
  const seen = observe()
  const members = seen.lease.kind === "read" ? seen.lease.lease.members : []
  if (!seen.settings.members.includes(from.pod) && !members.includes(from.pod))
    refuse(`${from.pod} is no member of ${config.cluster}`)
  const pod = known.pods.get(from.pod)
  if (pod !== undefined && pod.uid !== from.uid)
    refuse(`${from.pod} has UID ${pod.uid} in Kubernetes, the caller says ${from.uid}`)
  const identifier = knownIdentifier(seen)
  if (
    identifier !== undefined &&
    from.systemIdentifier !== undefined &&
    identifier !== from.systemIdentifier
  )
    refuse(`the caller's data is of another cluster: ${from.systemIdentifier}, not ${identifier}`)
  peers.heardAddress(from.pod, from.address)
}
