/**
 * The one stream to central, dialled from here. It is opened again for ever, later and later up to 30 s,
 * and soon again once a stream has lasted a minute. A stream on which heartbeats stay unanswered is dead
 * and closed by us.
 */
import { Code, ConnectError, createClient } from "@connectrpc/connect"
import { backoff } from "#core/backoff.ts"
import type { FromCentral, Hello } from "#core/fleet/satellite.ts"
import { type Millis, millis, minutes, seconds } from "#core/units.ts"
import type { Clock } from "#io/clock.ts"
import type { Log } from "#io/log.ts"
import { Outage } from "#io/outage.ts"
import { isStop, together } from "#io/together.ts"
import { parseFromCentral } from "#wire/from-central.ts"
import { encodeFromSatellite } from "#wire/from-satellite.ts"
import {
  type CentralMessage,
  SatelliteService,
  type SatelliteMessage,
  satelliteIdHeader,
} from "#wire/satellite.ts"
import type { Outgoing } from "./outgoing.ts"
import type { RpcClient } from "#io/rpc/client.ts"
import type { Approved } from "./identity.ts"
import type { Self } from "./self.ts"

export type LinkPace = {
  readonly heartbeat: Millis
  /** A stream is dead when no heartbeat was answered for so long. */
  readonly silence: Millis
  readonly first: Millis
  readonly longest: Millis
  readonly stable: Millis
}

export const usualPace: LinkPace = {
  heartbeat: seconds(10),
  silence: seconds(25),
  first: seconds(1),
  longest: seconds(30),
  stable: minutes(1),
}

export type LinkOptions = {
  /** A line for one stream, with what we show of `identity`. */
  readonly dial: (identity: Approved) => RpcClient
  /** Words for why a stream ended. */
  readonly reason: (failure: unknown) => string
  readonly clock: Clock
  readonly log: Log
  readonly outgoing: Outgoing
  readonly hello: () => Hello
  readonly received: (message: FromCentral) => void
  /** A stream is over: what was asked for on it alone is not wanted any more. */
  readonly streamEnded: () => void
  /** Undefined while a stream is open and welcomed; why not otherwise. */
  readonly state: (trouble: string | undefined) => void
  readonly pace?: LinkPace
}

export type LinkEnd =
  /** Central no longer accepts this identity. */
  { readonly kind: "refused"; readonly why: string }

/** Refusals in a row before an identity is given up: one may be central's own confusion at its start. */
const refusalsMax = 3

/** Keeps the stream open until `signal`, or until central has refused the identity for good. */
export async function link(
  options: LinkOptions,
  self: Self,
  signal: AbortSignal,
): Promise<LinkEnd> {
  const { clock, log } = options
  const pace = options.pace ?? usualPace
  let refusals = 0
  for (let attempt = 0; ;) {
    const began = clock.now()
    const failure = await oneStream(options, self, pace, signal).finally(options.streamEnded)
    signal.throwIfAborted()
    const why = options.reason(failure)
    options.state(why)
    if (failure instanceof TokenGiven) continue
    if (isRefusal(failure) && (await self.tokenRefused(signal))) continue
    if (clock.now() - began >= pace.stable) attempt = 0
    refusals = isRefusal(failure) ? refusals + 1 : 0
    if (refusals >= refusalsMax || isRevoked(failure)) return { kind: "refused", why }
    const pause = backoff(attempt, Math.random(), { first: pace.first, longest: pace.longest })
    attempt += 1
    log.warn("central.lost", { why, againInMs: Math.round(pause) })
    await clock.sleep(millis(pause), signal)
  }
}

const isRefusal = (failure: unknown): boolean =>
  failure instanceof ConnectError && failure.code === Code.Unauthenticated

/** Said on purpose, by somebody who decided it: nothing that passes by itself. */
const isRevoked = (failure: unknown): boolean =>
  failure instanceof ConnectError && failure.code === Code.PermissionDenied

/** Not a failure: the next stream begins with another token. */
class TokenGiven extends Error {
  override readonly name = "TokenGiven"
  override readonly message = "central gave a new token"
}

/** Runs one stream to its end; returns why it ended. */
async function oneStream(
  options: LinkOptions,
  self: Self,
  pace: LinkPace,
  signal: AbortSignal,
): Promise<unknown> {
  const { clock, outgoing } = options
  const heart = { sequence: 0, answeredAt: clock.now() }
  outgoing.restart()
  try {
    await together(
      signal,
      (stop) => talk(options, self, heart, stop),
      async (stop) => {
        for (;;) {
          await clock.sleep(pace.heartbeat, stop)
          if (clock.now() - heart.answeredAt > pace.silence)
            throw new Outage("CENTRAL_SILENT", "central does not answer heartbeats")
          heart.sequence += 1
          outgoing.say({ kind: "heartbeat", sequence: heart.sequence, sentAt: clock.wall() })
          await askForCertificate(self, outgoing)
        }
      },
    )
    return new Outage("STREAM_ENDED", "central ended the stream")
  } catch (failure) {
    if (isStop(failure, signal)) signal.throwIfAborted()
    return failure
  }
}

async function askForCertificate(self: Self, outgoing: Outgoing): Promise<void> {
  const request = await self.certificateRequest()
  if (request !== undefined) outgoing.say({ kind: "certificate-request", request })
}

async function talk(
  options: LinkOptions,
  self: Self,
  heart: { answeredAt: number },
  signal: AbortSignal,
): Promise<void> {
  const { dial, clock, log, outgoing, hello, received, state } = options
  const { token } = self
  using line = dial(self.current)
  const client = createClient(SatelliteService, line.transport)
  async function* sent(): AsyncGenerator<SatelliteMessage> {
    yield encodeFromSatellite({ kind: "hello", hello: hello() })
    for await (const message of outgoing.messages(signal)) yield encodeFromSatellite(message)
  }
  const answers: AsyncIterable<CentralMessage> = client.connect(sent(), {
    signal,
    headers: {
      authorization: `Bearer ${token}`,
      [satelliteIdHeader]: self.current.satelliteId,
    },
  })
  for await (const answer of answers) {
    const parsed = parseFromCentral(answer)
    // Any word from central shows that the stream lives.
    heart.answeredAt = clock.now()
    if (parsed.kind === "bad") {
      log.error("central.unreadable", { problems: parsed.problems })
      continue
    }
    const { value: message } = parsed
    if (message.kind === "welcome") {
      state(undefined)
      log.event("central.connected", { name: message.name })
      await self.tokenTaken(token, signal)
      await askForCertificate(self, outgoing)
    }
    if (message.kind === "new-token") {
      await self.tokenGiven(message.token, signal)
      throw new TokenGiven()
    }
    if (message.kind === "certificate") await self.certified(message.issued, signal)
    received(message)
  }
}
