import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import type { FleetEvent } from "#core/cluster/events.ts"
import { clusterId, eventId, podName } from "#core/ids.ts"
import { millis, seconds } from "#core/units.ts"
import { systemClock } from "#io/clock.ts"
import { silentLog } from "#io/log.ts"
import { isStop } from "#io/together.ts"
import { Outbox } from "./outbox.ts"
import { keepUnsent } from "./unsent.ts"

const told = (kind: string): FleetEvent => ({
  id: eventId(randomUUID()),
  at: 1_700_000_000_000,
  severity: "warning",
  kind,
  message: "orders-1 became primary\nin term 4",
  clusterId: clusterId(randomUUID()),
  pod: podName("orders-1"),
  details: { term: "4", evidence: "one\ntwo" },
})

/** One life of a sidecar: `during` has the outbox, then the process is gone. */
async function life(dataDir: string, during: (outbox: Outbox) => Promise<void>): Promise<void> {
  const outbox = new Outbox()
  const stop = new AbortController()
  const kept = keepUnsent({ outbox, dataDir, clock: systemClock, log: silentLog }, stop.signal)
  await during(outbox)
  stop.abort(new Error("killed"))
  await kept.catch((failure: unknown) => assert.ok(isStop(failure, stop.signal), String(failure)))
}

const until = (ready: () => Promise<boolean> | boolean): Promise<void> =>
  systemClock.until(ready, {
    every: millis(5),
    within: seconds(20),
    signal: new AbortController().signal,
  })

test("how a role changed outlives the sidecar until the satellite has it; other events do not", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "pg-swarm-unsent-"))
  const file = join(dataDir, "pg-swarm", "unsent")
  const text = (): Promise<string> => readFile(file, "utf8").catch(() => "")
  try {
    const [changed, lost] = [told("failover.completed"), told("wal.lost")]
    await life(dataDir, async (outbox) => {
      for (const event of [changed, told("instance.rewound"), lost]) outbox.put(event)
      await until(async () => (await text()).split("\n").length === 3)
    })
    await life(dataDir, async (outbox) => {
      await until(() => outbox.size === 2)
      assert.deepEqual(outbox.waiting(new Set(), 10), [changed, lost])
      outbox.acknowledge([changed.id, lost.id])
      await until(async () => (await text()) === "")
    })
    await life(dataDir, async (outbox) => {
      outbox.put(changed)
      await until(async () => (await text()) !== "")
      assert.equal(outbox.size, 1)
    })
  } finally {
    await rm(dataDir, { recursive: true })
  }
})

test("a file that was cut off or overwritten costs only the lines that can not be read", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "pg-swarm-unsent-"))
  const file = join(dataDir, "pg-swarm", "unsent")
  try {
    const event = told("switchover.completed")
    await life(dataDir, async (outbox) => {
      outbox.put(event)
      await until(() =>
        readFile(file, "utf8").then(
          (text) => text !== "",
          () => false,
        ),
      )
    })
    await writeFile(file, `{"id":"half\n${await readFile(file, "utf8")}not json at all\n`)
    await life(dataDir, async (outbox) => {
      await until(() => outbox.size === 1)
      assert.deepEqual(outbox.waiting(new Set(), 10), [event])
    })
  } finally {
    await rm(dataDir, { recursive: true })
  }
})
