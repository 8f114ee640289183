/** Looks at the local server by SQL while one runs, and at its data directory while none does. */
import { millis } from "#core/units.ts"
import type { Clock } from "#io/clock.ts"
import type { Log } from "#io/log.ts"
import { isStop } from "#io/together.ts"
import type { Bell } from "./bell.ts"
import type { Known } from "./known.ts"
import type { Door } from "./door.ts"
import { type Looked, type OwnServer, readTermRow, silenceOf } from "./local-server.ts"
import type { RunningConfig } from "./running-config.ts"
import type { Volume } from "./volume.ts"

const calmly = millis(1000)
const closely = millis(60)

export type ServerSense = {
  readonly clock: Clock
  readonly log: Log
  readonly known: Known
  readonly server: OwnServer
  readonly door: Door
  readonly running: RunningConfig
  readonly volume: Volume
  /** Rung when somebody wants a look before the next one is due. */
  readonly bell: Bell
  /** Whether something is going on that is worth looking often. */
  readonly closely: () => boolean
}

export async function senseServer(ports: ServerSense, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await lookOnce(ports)
    if (ports.closely()) await ports.bell.wait(closely, signal)
    else await untilOld(ports, signal)
  }
}

/** A peer that asked for a position made somebody look: that look counts too. */
async function untilOld(ports: ServerSense, signal: AbortSignal): Promise<void> {
  for (let left: number = calmly; left > 0 && !signal.aborted && !ports.closely();) {
    const before = ports.known.server.glance
    await ports.bell.wait(millis(left), signal)
    const { glance } = ports.known.server
    if (glance === before || glance?.kind !== "looked") return
    left = glance.looked.state.askedAt + calmly - ports.clock.now()
  }
}

async function lookOnce(ports: ServerSense): Promise<void> {
  const { known, server } = ports
  const kind = known.server.supervisor?.running.kind
  if (known.server.data === undefined) await lookAtVolume(ports)
  if (kind !== "standby" && kind !== "primary") {
    await server.forget()
    return
  }
  const nonce = known.server.supervisor?.bootNonce
  const askedAt = ports.clock.now()
  try {
    const looked = await server.look()
    // The server may have gone, or another begun, while this one was asked.
    const now = known.server.supervisor
    if (
      now?.bootNonce !== nonce ||
      (now?.running.kind !== "standby" && now?.running.kind !== "primary")
    )
      return
    await took(ports, looked)
  } catch (failure) {
    heardNothing(ports, failure, askedAt)
  }
}

async function took(ports: ServerSense, looked: Looked): Promise<void> {
  const { known, server, running } = ports
  if (looked.kind === "primary") {
    const { syncNames, clients } = looked.state
    running.adopt(syncNames, clients.refusing)
    // Whoever started it knows; a sidecar that came later tries.
    if (known.server.admitted === undefined) await tryDoor(ports)
    if (known.server.termRow === undefined || known.server.termRow < known.marks.term)
      known.server.termRow = await server.quick(readTermRow)
  }
  known.server.heardLook(looked)
}

async function tryDoor({ known, door, log }: ServerSense): Promise<void> {
  try {
    known.server.admitted = await door.isOpen()
  } catch (failure) {
    log.debug("door.unknown", { why: failure })
  }
}

/** Silence counts from the question that got no answer, not from when the patience for one ended. */
function heardNothing(
  { known, log }: Pick<ServerSense, "known" | "log">,
  failure: unknown,
  askedAt: number,
): void {
  const kind = silenceOf(failure)
  if (kind === "other") {
    // It answers, only not what was asked: connections used up, a wrong password. That is no silence.
    log.warn("server.refused", { why: failure })
    if (known.server.glance?.kind === "looked") return
  }
  const before = known.server.glance
  const same = before?.kind === kind ? before : undefined
  known.server.glance = {
    kind: kind === "other" ? "starting" : kind,
    since: same?.since ?? askedAt,
  }
  if (same === undefined) known.changed()
}

async function lookAtVolume({ known, volume, log }: ServerSense): Promise<void> {
  try {
    const { data, unconfirmed, keepsOld } = await volume.look()
    known.server.unconfirmed = unconfirmed
    known.server.keepsOld = keepsOld
    known.server.data = data
    known.changed()
  } catch (failure) {
    if (isStop(failure, AbortSignal.abort())) return
    log.warn("data.unreadable", { why: failure })
  }
}
