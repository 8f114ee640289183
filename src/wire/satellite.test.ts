import assert from "node:assert/strict"
import { test } from "node:test"
import { create, fromBinary, toBinary } from "@bufbuild/protobuf"
import type { ClusterHealth } from "#core/cluster/state.ts"
import type { FromCentral, FromSatellite } from "#core/fleet/satellite.ts"
import {
  clusterId,
  configVersion,
  eventId,
  operationId,
  podName,
  systemIdentifier,
  tailId,
  term,
  timeline,
} from "#core/ids.ts"
import { tailContainers, tailEnds } from "#core/logs/tail.ts"
import { lsn } from "#core/lsn.ts"
import { type OperationReport, stepStates, switchoverSteps } from "#core/switchover/operation.ts"
import { gibibytes } from "#core/units.ts"
import { CentralMessageSchema, SatelliteMessageSchema } from "#wire/gen/pgswarm/v1/satellite_pb.ts"
import { encodeFromCentral, parseFromCentral } from "#wire/from-central.ts"
import { encodeFromSatellite, parseFromSatellite } from "#wire/from-satellite.ts"
import { eventBatchMax } from "#wire/satellite.ts"
import { clusterSpec } from "../../test/fixtures/cluster-spec.ts"

const id = clusterId("0b0e5d62-52d6-4b8c-9c3e-4f3c86b4b111")
const tail = tailId("3f0c9d52-0000-4000-8000-0000000000aa")

const spec = clusterSpec({
  id,
  profile: "small",
  version: configVersion(3),
  wal: { size: gibibytes(1), storageClass: "fast" },
  resources: {
    cpuRequest: "250m",
    memoryRequest: undefined,
    cpuLimit: undefined,
    memoryLimit: "1Gi",
  },
  parameters: { work_mem: "8MB" },
  hba: ["host all all 10.0.0.0/8 scram-sha-256"],
  failover: {
    preset: "edge",
    durability: "quorum",
    maxLagBytes: 16_777_216,
    onExcessLag: "ask",
    lagWaitSeconds: 0,
    priorities: [3, 1, 0],
  },
  parameterOrders: new Map([
    ["work_mem", "restart"],
    ["app.setting", "full-restart"],
  ]),
})

const health: ClusterHealth = {
  clusterId: id,
  state: "failing-over",
  reason: "orders-0 does not answer",
  appliedVersion: configVersion(3),
  primary: podName("orders-1"),
  term: term(4),
  observedAt: 1_750_000_000_000,
  systemIdentifier: systemIdentifier("7312345678901234567"),
  change: {
    version: configVersion(3),
    state: "blocked",
    strategy: "sequential-restart",
    steps: [
      {
        pod: podName("orders-2"),
        action: "restart",
        state: "done",
        detail: undefined,
        at: 1_750_000_000_000,
      },
      {
        pod: podName("orders-1"),
        action: "hand-over",
        state: "waiting",
        detail: "after orders-0",
        at: 1_750_000_000_001,
      },
    ],
    reason: "orders-0 does not stream",
    pendingRestart: ["shared_buffers"],
    startedAt: 1_750_000_000_000,
    endedAt: undefined,
  },
  instances: [
    {
      pod: podName("orders-1"),
      role: "primary",
      phase: "primary",
      ready: true,
      reason: undefined,
      timeline: timeline(2),
      receivedLsn: lsn(0x16_b374_d848n),
      replayedLsn: undefined,
      lagBytes: 0,
      lagSeconds: 0,
      connectionsUsed: 3,
      connectionsActive: 1,
      connectionsMax: 100,
      dataBytes: 8_000_000_000,
      walBytes: undefined,
      diskTotalBytes: undefined,
      diskFreeBytes: undefined,
      receiver: undefined,
      startedAt: 1_740_000_000_000,
      containerRestarts: 0,
      synchronous: false,
      question: { about: "loss", missingBytes: 4096 },
      refusing: "fenced: the application writes nonsense",
    },
  ],
}

const event = {
  id: eventId("5f0e5d62-52d6-4b8c-9c3e-4f3c86b4b222"),
  at: 1_750_000_000_000,
  severity: "warning",
  kind: "failover.completed",
  message: "orders-1 is primary",
  clusterId: id,
  pod: podName("orders-1"),
  details: { term: "4" },
} as const

const operation = operationId("6f0e5d62-52d6-4b8c-9c3e-4f3c86b4b333")

const report: OperationReport = {
  operation,
  revision: 4,
  state: "running",
  steps: switchoverSteps.map((name, index) => ({
    name,
    state: stepStates[index % stepStates.length] ?? "pending",
    startedAt: index === 0 ? undefined : 1_750_000_000_000 + index,
    endedAt: index === 1 ? undefined : 1_750_000_000_001 + index,
    detail: index === 2 ? "" : "as it should be",
  })),
  target: podName("orders-2"),
  error: undefined,
  pointOfNoReturnAt: 1_750_000_000_005,
  startedAt: 1_750_000_000_000,
  endedAt: undefined,
}

const overTheWire = (message: FromSatellite) =>
  parseFromSatellite(
    fromBinary(
      SatelliteMessageSchema,
      toBinary(SatelliteMessageSchema, encodeFromSatellite(message)),
    ),
  )

test("every message of a satellite is the same after the wire", () => {
  const messages: readonly FromSatellite[] = [
    {
      kind: "hello",
      hello: {
        protocolVersion: 1,
        satelliteVersion: "0.1.0",
        kubernetesVersion: "v1.30.0",
        labels: { region: "north" },
        clusters: [{ clusterId: id, version: configVersion(2), deleting: true }],
      },
    },
    { kind: "heartbeat", sequence: 7, sentAt: 1_750_000_000_000 },
    { kind: "health", health },
    { kind: "events", events: [event], unreadable: [] },
    {
      kind: "config-ack",
      clusterId: id,
      version: configVersion(3),
      outcome: { kind: "applied" },
    },
    {
      kind: "config-ack",
      clusterId: id,
      version: configVersion(3),
      outcome: { kind: "refused", problems: [{ field: "members", problem: "too many" }] },
    },
    {
      kind: "config-ack",
      clusterId: id,
      version: configVersion(3),
      outcome: { kind: "waiting", reason: "the namespace is being deleted" },
    },
    { kind: "delete-ack", clusterId: id, gone: true, detail: undefined, refused: undefined },
    {
      kind: "delete-ack",
      clusterId: id,
      gone: false,
      detail: "2 pods are stopping",
      refused: undefined,
    },
    ...[configVersion(7), undefined].map((version): FromSatellite => ({
      kind: "delete-ack",
      clusterId: id,
      gone: false,
      detail: undefined,
      refused: { version, why: "it is protected from deletion" },
    })),
    { kind: "storage-classes", names: ["standard", "fast"], defaultName: "standard" },
    { kind: "log-level-ack", level: "debug" },
    {
      kind: "log-tail",
      batch: {
        tail,
        sequence: 7,
        dropped: 12,
        lines: [
          { at: 1_750_000_000_001, level: "warn", text: "ä 😀", isCut: true },
          { at: undefined, level: "debug", text: "", isCut: false },
        ],
        standing: { kind: "following" },
      },
    },
    {
      kind: "log-tail",
      batch: {
        tail,
        sequence: 8,
        dropped: 0,
        lines: [],
        standing: { kind: "waiting", why: "orders-1 has not started yet" },
      },
    },
    ...tailEnds.map((end): FromSatellite => ({
      kind: "log-tail",
      batch: {
        tail,
        sequence: 9,
        dropped: 0,
        lines: [],
        standing: { kind: "ended", end, why: "so" },
      },
    })),
    { kind: "operation-update", report },
    {
      kind: "operation-update",
      report: {
        ...report,
        state: "failed",
        target: undefined,
        error: "orders-2 is not ready",
        pointOfNoReturnAt: undefined,
        startedAt: undefined,
        endedAt: 1_750_000_000_009,
      },
    },
  ]
  for (const message of messages)
    assert.deepEqual(overTheWire(message), { kind: "ok", value: message })
})

const settings = {
  satelliteName: "north",
  tiers: { fast: "nvme.example.com", bulk: "hdd" },
  imageMirror: "registry.north:5000/hub",
}

test("every message of central is the same after the wire", () => {
  const messages: readonly FromCentral[] = [
    {
      kind: "welcome",
      protocolVersion: 1,
      centralVersion: "0.1.0",
      name: "north",
      clusters: [spec, { ...spec, wal: undefined }],
      settings,
    },
    { kind: "site-settings", settings: { ...settings, tiers: {}, imageMirror: undefined } },
    { kind: "refresh-storage-classes" },
    {
      kind: "start-log-tail",
      order: {
        tail,
        source: { kind: "satellite" },
        lines: 0,
        filter: { level: undefined, text: undefined },
        seconds: 1800,
      },
    },
    ...tailContainers.map((container): FromCentral => ({
      kind: "start-log-tail",
      order: {
        tail,
        source: { kind: "member", clusterId: id, pod: podName("orders-1"), container },
        lines: 200,
        filter: { level: "error", text: "lease" },
        seconds: 60,
      },
    })),
    { kind: "stop-log-tail", tail },
    {
      kind: "config",
      spec: { ...spec, data: { size: spec.data.size, storageClass: undefined, tier: "fast" } },
    },
    { kind: "heartbeat-ack", sequence: 7 },
    { kind: "config", spec },
    {
      kind: "delete-cluster",
      clusterId: id,
      name: spec.name,
      namespace: spec.namespace,
      version: configVersion(7),
    },
    {
      kind: "delete-cluster",
      clusterId: id,
      name: spec.name,
      namespace: spec.namespace,
      version: undefined,
    },
    { kind: "events-ack", events: [event.id] },
    { kind: "set-log-level", level: "debug" },
    { kind: "set-log-level", level: "own", seconds: 60, clusterId: id },
    {
      kind: "start-operation",
      order: { operation, clusterId: id, kind: "switchover", to: podName("orders-2") },
    },
    {
      kind: "start-operation",
      order: { operation, clusterId: id, kind: "switchover", to: undefined },
    },
    {
      kind: "start-operation",
      order: { operation, clusterId: id, kind: "fence", reason: "the application writes nonsense" },
    },
    { kind: "start-operation", order: { operation, clusterId: id, kind: "unfence" } },
    {
      kind: "start-operation",
      order: {
        operation,
        clusterId: id,
        kind: "promote",
        to: podName("orders-2"),
        acceptLoss: true,
      },
    },
    { kind: "cancel-operation", operation, clusterId: id },
    { kind: "operation-ack", operation, revision: 4 },
  ]
  for (const message of messages)
    assert.deepEqual(
      parseFromCentral(
        fromBinary(
          CentralMessageSchema,
          toBinary(CentralMessageSchema, encodeFromCentral(message)),
        ),
      ),
      { kind: "ok", value: message },
    )
})

test("a config without an id and with unspecified enums is refused with every problem", () => {
  const parsed = parseFromCentral(
    create(CentralMessageSchema, { message: { case: "config", value: { members: 12 } } }),
  )
  assert.equal(parsed.kind, "bad")
  const fields = parsed.problems.map(({ field }) => field)
  for (const field of [
    "config.cluster_id",
    "config.name",
    "config.namespace",
    "config.version",
    "config.members",
    "config.postgres.major",
    "config.data",
    "config.failover.preset",
    "config.failover.durability",
  ])
    assert.ok(fields.includes(field), `${field} is named among ${fields.join(", ")}`)
})

test("a message with nothing set is refused", () => {
  assert.equal(parseFromSatellite(create(SatelliteMessageSchema)).kind, "bad")
  assert.equal(parseFromCentral(create(CentralMessageSchema)).kind, "bad")
})

test("an unreadable event is set apart and does not hold up the others", () => {
  const message = encodeFromSatellite({ kind: "events", events: [event, event], unreadable: [] })
  const batch = message.message
  assert.equal(batch.case, "events")
  const [first] = batch.value.events
  if (first !== undefined) first.severity = 0
  const parsed = parseFromSatellite(message)
  assert.equal(parsed.kind, "ok")
  assert.equal(parsed.value.kind, "events")
  assert.deepEqual(parsed.value.events, [event])
  assert.deepEqual(
    parsed.value.unreadable.map(({ id: bad }) => bad),
    [event.id],
  )
})

test("a batch with too many events is refused", () => {
  const events = Array.from({ length: eventBatchMax + 1 }, () => event)
  assert.equal(overTheWire({ kind: "events", events, unreadable: [] }).kind, "bad")
})

test("an update without its revision, state and steps' names is refused with every problem", () => {
  const parsed = parseFromSatellite(
    create(SatelliteMessageSchema, {
      message: { case: "operationUpdate", value: { operationId: operation, steps: [{}] } },
    }),
  )
  assert.deepEqual(parsed.kind === "bad" && parsed.problems.map(({ field }) => field), [
    "operation_update.revision",
    "operation_update.state",
    "operation_update.steps[0].name",
    "operation_update.steps[0].state",
  ])
})

test("an operation of a kind that this version does not know is refused", () => {
  const parsed = parseFromCentral(
    create(CentralMessageSchema, {
      message: { case: "startOperation", value: { operationId: operation, clusterId: id } },
    }),
  )
  assert.deepEqual(parsed.kind === "bad" && parsed.problems.map(({ field }) => field), [
    "start_operation.operation",
  ])
})
