import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { test } from "node:test"
import type { FleetEvent } from "#core/cluster/events.ts"
import type { FromSatellite } from "#core/fleet/satellite.ts"
import { clusterId, configVersion, eventId, operationId, tailId } from "#core/ids.ts"
import type { OperationReport } from "#core/switchover/operation.ts"
import { noSteps } from "#core/switchover/steps.ts"
import { systemClock } from "#io/clock.ts"
import { Outbox } from "../outbox.ts"
import { Outgoing } from "./outgoing.ts"

const report = (revision: number, operation = operationId(randomUUID())): OperationReport => ({
  operation,
  revision,
  state: "running",
  steps: noSteps("switchover"),
  target: undefined,
  error: undefined,
  pointOfNoReturnAt: undefined,
  startedAt: undefined,
  endedAt: undefined,
})

const event: FleetEvent = {
  id: eventId(randomUUID()),
  at: 1,
  severity: "info",
  kind: "a.b",
  message: "m",
  clusterId: undefined,
  pod: undefined,
  details: {},
}

/** The next `count` messages. */
async function said(outgoing: Outgoing, count: number): Promise<readonly FromSatellite[]> {
  const stop = new AbortController()
  const found: FromSatellite[] = []
  for await (const message of outgoing.messages(stop.signal)) {
    found.push(message)
    if (found.length === count) stop.abort()
  }
  return found
}

test("of an operation only the last word is said, and again on each stream until it is acknowledged", async () => {
  using outbox = new Outbox(":memory:")
  const outgoing = new Outgoing(outbox, systemClock)
  const first = report(1)
  const last = { ...first, revision: 5 }
  outgoing.operation(first)
  outgoing.operation(last)
  const told: FromSatellite = { kind: "operation-update", report: last }
  assert.deepEqual(await said(outgoing, 1), [told])
  outgoing.operationAcknowledged(last.operation, 4)
  outgoing.restart()
  assert.deepEqual(await said(outgoing, 1), [told])
  outgoing.operationAcknowledged(last.operation, 5)
  outgoing.restart()
  const other = report(1)
  outgoing.operation(other)
  assert.deepEqual(await said(outgoing, 1), [{ kind: "operation-update", report: other }])
})

test("what is sent beside waits for everything else, and nothing waits for it", async () => {
  using outbox = new Outbox(":memory:")
  const outgoing = new Outgoing(outbox, systemClock)
  const batch = {
    tail: tailId(randomUUID()),
    sequence: 1,
    dropped: 0,
    lines: [],
    standing: { kind: "following" as const },
  }
  outgoing.beside(() => ({ kind: "log-tail", batch }))
  outbox.put([event])
  outgoing.acknowledge(clusterId(randomUUID()), configVersion(1), { kind: "applied" })
  outgoing.say({ kind: "heartbeat", sequence: 1, sentAt: 1 })
  assert.deepEqual(
    (await said(outgoing, 5)).map(({ kind }) => kind),
    ["heartbeat", "config-ack", "events", "log-tail", "log-tail"],
  )
})

test("D6: a stream that ended takes nothing from the next one", async () => {
  using outbox = new Outbox(":memory:")
  const outgoing = new Outgoing(outbox, systemClock)
  const [ended, going] = [new AbortController(), new AbortController()]
  const older = outgoing.messages(ended.signal).next()
  const newer = outgoing.messages(going.signal)
  ended.abort()
  outgoing.restart()
  outgoing.say({ kind: "log-level-ack", level: "debug" })
  assert.deepEqual((await newer.next()).value, { kind: "log-level-ack", level: "debug" })
  assert.deepEqual(await older, { done: true, value: undefined })
  going.abort()
})

test("D6: events that an older stream took and nobody acknowledged are said again, and wait behind nothing", async () => {
  using outbox = new Outbox(":memory:")
  const outgoing = new Outgoing(outbox, systemClock)
  outbox.put([event])
  const batch: FromSatellite = { kind: "events", events: [event], unreadable: [] }
  assert.deepEqual(await said(outgoing, 1), [batch])
  outgoing.restart()
  outgoing.say({ kind: "heartbeat", sequence: 1, sentAt: 1 })
  assert.deepEqual(await said(outgoing, 2), [{ kind: "heartbeat", sequence: 1, sentAt: 1 }, batch])
  outgoing.eventsAcknowledged([event.id])
  outgoing.restart()
  outgoing.say({ kind: "heartbeat", sequence: 2, sentAt: 1 })
  assert.deepEqual(await said(outgoing, 1), [{ kind: "heartbeat", sequence: 2, sentAt: 1 }])
})
