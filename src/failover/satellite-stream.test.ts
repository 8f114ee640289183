import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { test } from "node:test"
import { setImmediate as turn } from "node:timers/promises"
import type {
  HandOverProgress,
  SidecarMessage,
  SidecarRequest,
  SidecarStatus,
} from "#core/cluster/sidecar.ts"
import { clusterName, eventId, namespace, operationId, podName, term } from "#core/ids.ts"
import { satelliteServerName } from "#core/names.ts"
import { mebibytes } from "#core/units.ts"
import { issue, newAuthority } from "#io/certificates/authority.ts"
import { type Clock, systemClock } from "#io/clock.ts"
import { formatHostPort } from "#io/config.ts"
import { silentLog } from "#io/log.ts"
import { openRpcServer } from "#io/rpc/server.ts"
import {
  encodeSidecarCommand,
  parseSidecarMessage,
  SidecarService,
  type WireCommand,
} from "#wire/sidecar.ts"
import { instanceHealth } from "../../test/fixtures/instance-health.ts"
import { Outbox } from "./outbox.ts"
import { runSatelliteStream } from "./satellite-stream.ts"

const operation = operationId(randomUUID())
const progress = (step: HandOverProgress["step"]): HandOverProgress => ({
  operation,
  step,
  to: podName("c-1"),
  at: 5,
  outcome: { kind: "running" },
})
const status: SidecarStatus = {
  term: term(3),
  holdsLease: false,
  systemIdentifier: undefined,
  handOver: undefined,
  health: instanceHealth(podName("c-0"), { role: "replica", phase: "streaming", ready: true }),
}

/** A satellite that hears everything, and a sidecar whose pauses last as long as the test wants. */
async function talking(asks: readonly (SidecarRequest & { readonly id: string })[] = []) {
  const heard: SidecarMessage[] = []
  const asked: SidecarRequest[] = []
  const ca = await newAuthority("test", Date.now(), 2)
  const server = await openRpcServer({
    listen: { host: "127.0.0.1", port: 0 },
    tls: await issue(ca, satelliteServerName, Date.now(), 1),
    messageBytesMax: mebibytes(1),
    routes: (router) =>
      router.service(SidecarService, {
        async *connect(messages): AsyncGenerator<WireCommand> {
          for (const ask of asks) yield encodeSidecarCommand(ask)
          for await (const message of messages) {
            const parsed = parseSidecarMessage(message)
            assert(parsed.kind === "ok")
            heard.push(parsed.value)
          }
        },
      }),
  })
  let rounds = 0
  const clock: Clock = {
    ...systemClock,
    // Short pauses are none; the long one ends when somebody wakes it.
    async sleep(duration, signal) {
      if (duration < 1000) {
        rounds += 1
        await turn()
      } else
        await new Promise((_, reject) => {
          const end = (): void => reject(new Error("woken"))
          if (signal.aborted) end()
          else signal.addEventListener("abort", end, { once: true })
        })
    },
  }
  const stop = new AbortController()
  const outbox = new Outbox()
  let tell: (progress: HandOverProgress) => void = () => {}
  const running = runSatelliteStream(
    {
      clock,
      log: silentLog,
      identity: {
        cluster: clusterName("c"),
        namespace: namespace("test"),
        pod: podName("c-0"),
        podUid: "uid",
        protocolVersion: 1,
      },
      target: () =>
        Promise.resolve({
          address: formatHostPort(server.address),
          token: "token",
          ca: ca.certificate,
        }),
      status: () => status,
      onStatus: () => () => {},
      outbox,
      handOvers: {
        told: [progress("checkpoint"), progress("stop")],
        onProgress: (listener) => {
          tell = listener
          return () => {}
        },
      },
      perform: (request) => {
        asked.push(request)
        return Promise.resolve({ kind: "done", output: request.kind })
      },
      setLogLevel: () => {},
      chance: () => 0,
    },
    stop.signal,
  )
  const until = async (kind: SidecarMessage["kind"], count: number): Promise<void> => {
    const late = AbortSignal.timeout(20_000)
    while (heard.filter((message) => message.kind === kind).length < count) {
      late.throwIfAborted()
      await turn()
    }
  }
  return {
    heard,
    asked,
    outbox,
    until,
    rounds: () => rounds,
    tell: (step: HandOverProgress["step"]) => tell(progress(step)),
    [Symbol.asyncDispose]: async () => {
      stop.abort(new Error("the test ends"))
      await running
      await server[Symbol.asyncDispose]()
    },
  }
}

test("a new stream begins with who speaks and how it is, and tells all of the last hand-over again", async () => {
  await using talk = await talking()
  await talk.until("hand-over", 2)
  assert.deepEqual(
    talk.heard.map((message) =>
      message.kind === "hand-over" ? message.progress.step : message.kind,
    ),
    ["identity", "status", "checkpoint", "stop"],
  )
  talk.tell("confirm")
  await talk.until("hand-over", 3)
})

test("a sidecar that was woken once rests again when it has said everything", async () => {
  await using talk = await talking()
  await talk.until("hand-over", 2)
  talk.outbox.put({
    id: eventId(randomUUID()),
    at: 1,
    severity: "info",
    kind: "test.happened",
    message: "it happened",
    clusterId: undefined,
    pod: undefined,
    details: {},
  })
  await talk.until("events", 1)
  for (let count = 0; count < 50; count += 1) await turn()
  const before = talk.rounds()
  for (let count = 0; count < 500; count += 1) await turn()
  assert.equal(talk.rounds(), before)
})

test("every request is performed and answered under its own id", async () => {
  const requests: readonly (SidecarRequest & { readonly id: string })[] = [
    { kind: "get-status", id: "a" },
    { kind: "checkpoint", id: "b" },
    { kind: "hand-over", id: "c", operation, to: undefined, term: term(3) },
    { kind: "abandon-hand-over", id: "d", operation },
    { kind: "fence", id: "e", reason: "maintenance" },
    { kind: "unfence", id: "f" },
    { kind: "promote", id: "g", acceptLoss: false },
  ]
  await using talk = await talking(requests)
  await talk.until("result", requests.length)
  const answers = talk.heard.flatMap((message) => (message.kind === "result" ? [message] : []))
  assert.deepEqual(
    answers.map(({ id, outcome }) => [id, outcome.kind === "done" ? outcome.output : "failed"]),
    requests.map(({ id, kind }) => [id, kind]),
  )
  assert.equal(talk.asked.length, requests.length)
})
