/**
 * Which timeline a promotion opens. PostgreSQL takes the first number above its own for which it finds no
 * history file (manual 26.3.6, "Timelines"), so two standbys that were promoted without knowing of each
 * other would open the same one, and every tool would take their WAL for one history.
 */
import { open } from "node:fs/promises"
import { join } from "node:path"
import type { Timeline } from "#core/ids.ts"
import { Outage } from "#io/outage.ts"

/** Each lost promotion skips one; so many are a Lease that was edited by hand. */
const skippedMax = 10_000

/**
 * Puts a history file in the way for each timeline above `own` and below `next`; those that are there stay.
 * What it says, that the timeline left this one at its very beginning, keeps every standby from following it.
 */
export async function skipTimelines(data: string, own: Timeline, next: Timeline): Promise<void> {
  if (next - own > skippedMax)
    throw new Outage(
      "TIMELINE_FAR",
      `timeline ${next} is too far from timeline ${own} to be opened`,
    )
  for (let at = Math.max(own, 1) + 1; at < next; at += 1) {
    const name = `${at.toString(16).toUpperCase().padStart(8, "0")}.history`
    await writeNew(join(data, "pgdata", "pg_wal", name), `${own}\t0/1\topened by another member\n`)
  }
}

async function writeNew(path: string, text: string): Promise<void> {
  try {
    const file = await open(path, "wx", 0o600)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
  } catch (failure) {
    if (failure instanceof Error && "code" in failure && failure.code === "EEXIST") return
    throw new Outage("TIMELINE_UNWRITABLE", `${path} can not be written`, { cause: failure })
  }
}
