import assert from "node:assert/strict"
import { test } from "node:test"
import { podName } from "#core/ids.ts"
import { lsn } from "#core/lsn.ts"
import type { StandbyRow } from "#core/failover/observation.ts"
import { standbyRow } from "../../../test/fixtures/server-look.ts"
import { seeStandbys } from "./standbys.ts"

const row = (pod: string, at: bigint): StandbyRow => standbyRow(podName(pod), lsn(at))
const pods = (seen: ReturnType<typeof seeStandbys>): readonly string[] =>
  [...seen.keys()].toSorted()

test("L1: a standby that vanished with the postmaster still counts when the crash is judged", () => {
  const alive = seeStandbys(new Map(), { askedAt: 1000, standbys: [row("c-1", 10n)] })
  const dying = seeStandbys(alive, { askedAt: 1060, standbys: [] })
  const later = seeStandbys(dying, { askedAt: 1120, standbys: [] })
  assert.deepEqual(pods(later), ["c-1"])
})

test("a standby that has been away for longer does not count", () => {
  const alive = seeStandbys(new Map(), { askedAt: 1000, standbys: [row("c-1", 10n)] })
  const away = seeStandbys(alive, { askedAt: 2000, standbys: [row("c-2", 10n)] })
  assert.deepEqual(pods(seeStandbys(away, { askedAt: 4500, standbys: [] })), ["c-2"])
})

test("the youngest row of a standby is the one that counts", () => {
  const first = seeStandbys(new Map(), { askedAt: 1000, standbys: [row("c-1", 10n)] })
  const second = seeStandbys(first, { askedAt: 1500, standbys: [row("c-1", 20n)] })
  assert.equal(second.get(podName("c-1"))?.row.flushLsn, 20n)
})
