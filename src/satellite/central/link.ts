/**
 * The one stream to central, dialled from here. It is opened again for ever, later and later up to 30 s,
 * and soon again once a stream has lasted a minute. A stream on which heartbeats stay unanswered is dead
 * and closed by us.
 */
import { Code, ConnectError, type Transport, createClient } from "@connectrpc/connect"
import { backoff } from "#core/backoff.ts"
import type { FromCentral, Hello } from "#core/fleet/satellite.ts"
import { type Millis, millis, minutes, seconds } from "#core/units.ts"
import type { Clock } from "#io/clock.ts"
import type { Log } from "#io/log.ts"
import { Outage } from "#io/outage.ts"
import { isStop, together } from "#io/together.ts"
import {
  type CentralMessage,
  SatelliteService,
  type SatelliteMessage,
  encodeFromSatellite,
  parseFromCentral,
  satelliteIdHeader,
} from "#wire/satellite.ts"
import type { Outgoing } from "./outgoing.ts"
import type { Approved } from "./register.ts"

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
  readonly transport: Transport
  readonly clock: Clock
  readonly log: Log
  readonly outgoing: Outgoing
  readonly hello: () => Hello
  readonly received: (message: FromCentral) => void
  /** True while a stream is open and welcomed. */
  readonly state: (connected: boolean) => void
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
  identity: Approved,
  signal: AbortSignal,
): Promise<LinkEnd> {
  const { clock, log } = options
  const pace = options.pace ?? usualPace
  let refusals = 0
  for (let attempt = 0; ;) {
    const began = clock.now()
    const failure = await oneStream(options, identity, pace, signal)
    signal.throwIfAborted()
    if (clock.now() - began >= pace.stable) attempt = 0
    refusals = isRefusal(failure) ? refusals + 1 : 0
    if (refusals >= refusalsMax) return { kind: "refused", why: messageOf(failure) }
    const pause = backoff(attempt, Math.random(), { first: pace.first, longest: pace.longest })
    attempt += 1
    log.warn("central.lost", { why: messageOf(failure), againInMs: Math.round(pause) })
    await clock.sleep(millis(pause), signal)
  }
}

const isRefusal = (failure: unknown): boolean =>
  failure instanceof ConnectError && failure.code === Code.Unauthenticated

const messageOf = (failure: unknown): string =>
  failure instanceof Error ? failure.message : String(failure)

/** Runs one stream to its end; returns why it ended. */
async function oneStream(
  options: LinkOptions,
  identity: Approved,
  pace: LinkPace,
  signal: AbortSignal,
): Promise<unknown> {
  const { clock, outgoing, state } = options
  const heart = { sequence: 0, answeredAt: clock.now() }
  outgoing.restart()
  try {
    await together(
      signal,
      (stop) => talk(options, identity, heart, stop),
      async (stop) => {
        for (;;) {
          await clock.sleep(pace.heartbeat, stop)
          if (clock.now() - heart.answeredAt > pace.silence)
            throw new Outage("CENTRAL_SILENT", "central does not answer heartbeats")
          heart.sequence += 1
          outgoing.say({ kind: "heartbeat", sequence: heart.sequence, sentAt: clock.wall() })
        }
      },
    )
    return new Outage("STREAM_ENDED", "central ended the stream")
  } catch (failure) {
    if (isStop(failure, signal)) signal.throwIfAborted()
    return failure
  } finally {
    state(false)
  }
}

async function talk(
  options: LinkOptions,
  identity: Approved,
  heart: { answeredAt: number },
  signal: AbortSignal,
): Promise<void> {
  const { transport, clock, log, outgoing, hello, received, state } = options
  const client = createClient(SatelliteService, transport)
  async function* sent(): AsyncGenerator<SatelliteMessage> {
    yield encodeFromSatellite({ kind: "hello", hello: hello() })
    for await (const message of outgoing.messages(signal)) yield encodeFromSatellite(message)
  }
  const answers: AsyncIterable<CentralMessage> = client.connect(sent(), {
    signal,
    headers: {
      authorization: `Bearer ${identity.authToken}`,
      [satelliteIdHeader]: identity.satelliteId,
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
    if (parsed.value.kind === "welcome") {
      state(true)
      log.event("central.connected", { name: parsed.value.name })
    }
    received(parsed.value)
  }
}
