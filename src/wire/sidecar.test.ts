import assert from "node:assert/strict"
import { test } from "node:test"
import { create, fromBinary, toBinary } from "@bufbuild/protobuf"
import {
  type HandOverOutcome,
  handOverSteps,
  type SidecarCommand,
  type SidecarMessage,
} from "#core/cluster/sidecar.ts"
import { instancePhases } from "#core/cluster/state.ts"
import {
  clusterId,
  clusterName,
  eventId,
  namespace,
  operationId,
  podName,
  systemIdentifier,
  term,
  timeline,
} from "#core/ids.ts"
import { lsn } from "#core/lsn.ts"
import type { Parsed } from "#core/parsed.ts"
import { instanceHealth } from "../../test/fixtures/instance-health.ts"
import { SidecarCommandSchema, SidecarMessageSchema } from "./gen/pgswarm/v1/sidecar_pb.ts"
import {
  encodeSidecarCommand,
  encodeSidecarMessage,
  parseSidecarCommand,
  parseSidecarMessage,
  sidecarEventsMax,
} from "./sidecar.ts"

const overTheWire = (message: SidecarMessage): Parsed<SidecarMessage> =>
  parseSidecarMessage(
    fromBinary(SidecarMessageSchema, toBinary(SidecarMessageSchema, encodeSidecarMessage(message))),
  )

const nothingKnown = instanceHealth(podName("orders-1"))

const event = {
  id: eventId("7f8d7c0e-3f4f-4c7e-9a53-0c2d7f1d1f10"),
  at: 1_700_000_000_123,
  severity: "warning",
  kind: "failover.started",
  message: "the holder went silent",
  clusterId: clusterId("1c6f3ab5-2b8d-4d37-8d3c-7f1b1b7b0001"),
  pod: podName("orders-1"),
  details: { term: "4" },
} as const

const operation = operationId("2a6f3ab5-2b8d-4d37-8d3c-7f1b1b7b0002")

const outcomes: readonly HandOverOutcome[] = [
  { kind: "running" },
  { kind: "done", primary: podName("orders-2"), term: term(8) },
  { kind: "undone", reason: "orders-2 did not receive the shutdown checkpoint", abandoned: false },
  { kind: "undone", reason: "it was abandoned", abandoned: true },
  { kind: "failed", reason: "orders-0 took the Lease" },
]

const messages: readonly SidecarMessage[] = [
  {
    kind: "identity",
    identity: {
      cluster: clusterName("orders"),
      namespace: namespace("databases"),
      pod: podName("orders-1"),
      podUid: "u",
      protocolVersion: 1,
    },
  },
  ...instancePhases.map((phase) => ({
    kind: "status" as const,
    status: {
      health: { ...nothingKnown, phase },
      term: term(0),
      holdsLease: false,
      systemIdentifier: undefined,
      handOver: undefined,
    },
  })),
  {
    kind: "status",
    status: {
      health: {
        ...nothingKnown,
        role: "primary",
        phase: "primary",
        ready: true,
        reason: "holds the Lease",
        timeline: timeline(3),
        receivedLsn: lsn(0xffff_ffff_ffff_fff0n),
        replayedLsn: lsn(0n),
        lagBytes: 0,
        lagSeconds: 0.25,
        connectionsUsed: 0,
        diskFreeBytes: 5_000_000_000_000,
        startedAt: 1_700_000_000_000,
        synchronous: true,
        question: { about: "pause", missingBytes: undefined },
      },
      term: term(7),
      holdsLease: true,
      systemIdentifier: systemIdentifier("7468321098765432109"),
      handOver: operation,
      config: {
        print: "00ff",
        pending: [
          { name: "max_connections", moves: "down" },
          { name: "shared_buffers", moves: "other" },
        ],
        held: ["max_wal_senders"],
        refused: [{ name: "timezone", problem: "'Mars': could not be applied" }],
        refusedPrint: "11ee",
        startedAt: 1_700_000_000_000,
      },
    },
  },
  { kind: "events", events: [event, { ...event, clusterId: undefined, pod: undefined }] },
  ...outcomes.map((outcome) => ({
    kind: "hand-over" as const,
    progress: {
      operation,
      step: "release" as const,
      to: outcome.kind === "running" ? undefined : podName("orders-2"),
      at: 1_700_000_000_123,
      outcome,
    },
  })),
  ...handOverSteps.map((step) => ({
    kind: "hand-over" as const,
    progress: { operation, step, to: undefined, at: 0, outcome: { kind: "running" as const } },
  })),
  { kind: "result", id: "c1", outcome: { kind: "done", output: "" } },
  { kind: "result", id: "c2", outcome: { kind: "failed", code: "NOT_PRIMARY", message: "no" } },
]

test("every message of a sidecar comes out of the wire as it went in", () => {
  for (const message of messages)
    assert.deepEqual(overTheWire(message), { kind: "ok", value: message })
})

test("every command comes out of the wire as it went in", () => {
  const commands: readonly SidecarCommand[] = [
    { kind: "get-status", id: "a" },
    { kind: "checkpoint", id: "b" },
    { kind: "events-ack", id: "c", events: [event.id] },
    { kind: "set-log-level", id: "d", level: "debug" },
    { kind: "hand-over", id: "e", operation, to: podName("orders-2"), term: term(7) },
    { kind: "hand-over", id: "f", operation, to: undefined, term: term(7) },
    { kind: "abandon-hand-over", id: "g", operation },
    { kind: "fence", id: "h", reason: "maintenance" },
    { kind: "unfence", id: "i" },
    { kind: "promote", id: "j", acceptLoss: true, term: term(7) },
    { kind: "restart", id: "r", as: { kind: "standby" }, startedAt: 1_700_000_000_000 },
    { kind: "restart", id: "s", as: { kind: "primary", term: term(4) }, startedAt: 1 },
    { kind: "promote", id: "k", acceptLoss: false, term: undefined },
  ]
  for (const command of commands) {
    const bytes = toBinary(SidecarCommandSchema, encodeSidecarCommand(command))
    const parsed = parseSidecarCommand(fromBinary(SidecarCommandSchema, bytes))
    assert.deepEqual(parsed, { kind: "ok", value: command })
  }
})

test("a message with nothing set is refused", () => {
  assert.equal(parseSidecarMessage(create(SidecarMessageSchema, {})).kind, "bad")
  assert.equal(parseSidecarCommand(create(SidecarCommandSchema, { id: "x" })).kind, "bad")
})

test("an identity whose pod is not of its cluster is refused, naming the field", () => {
  const parsed = parseSidecarMessage(
    create(SidecarMessageSchema, {
      message: {
        case: "identity",
        value: {
          cluster: "orders",
          namespace: "n",
          pod: "billing-0",
          podUid: "",
          protocolVersion: 0,
        },
      },
    }),
  )
  assert.deepEqual(parsed.kind === "bad" && parsed.problems.map(({ field }) => field), [
    "identity.podUid",
    "identity.pod",
    "identity.protocol_version",
  ])
})

test("a status without a role, and an event with a wrong id, are refused with their fields", () => {
  const status = parseSidecarMessage(
    create(SidecarMessageSchema, {
      message: { case: "status", value: { health: { pod: "orders-1" } } },
    }),
  )
  assert.deepEqual(status.kind === "bad" && status.problems.map(({ field }) => field), [
    "status.health.role",
    "status.health.phase",
  ])
  const events = parseSidecarMessage(
    create(SidecarMessageSchema, {
      message: { case: "events", value: { events: [{ id: "1", severity: 2, kind: "a.b" }] } },
    }),
  )
  assert.deepEqual(events.kind === "bad" && events.problems.map(({ field }) => field), [
    "events.events[0].id",
  ])
})

test("more events than a message may carry are refused", () => {
  const events = Array.from({ length: sidecarEventsMax + 1 }, () => event)
  assert.equal(overTheWire({ kind: "events", events }).kind, "bad")
})

test("a hand-over without its operation, term or outcome is refused with its fields", () => {
  const command = parseSidecarCommand(
    create(SidecarCommandSchema, { id: "x", command: { case: "handOver", value: { to: "" } } }),
  )
  assert.deepEqual(command.kind === "bad" && command.problems.map(({ field }) => field), [
    "hand_over.operation_id",
    "hand_over.to",
    "hand_over.term",
  ])
  const progress = parseSidecarMessage(
    create(SidecarMessageSchema, {
      message: { case: "handOver", value: { operationId: operation } },
    }),
  )
  assert.deepEqual(progress.kind === "bad" && progress.problems.map(({ field }) => field), [
    "hand_over.step",
    "hand_over.outcome",
  ])
  const fence = parseSidecarCommand(
    create(SidecarCommandSchema, { id: "x", command: { case: "fence", value: {} } }),
  )
  assert.deepEqual(fence.kind === "bad" && fence.problems.map(({ field }) => field), [
    "fence.reason",
  ])
})
