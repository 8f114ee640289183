/**
 * Tells what an ex-primary's rewind or clone discarded, once: the supervisor leaves a note on the volume
 * before it discards anything, and the note is put aside when the event is on its way.
 */
import { lostWalEvent } from "#core/failover/lost-wal.ts"
import type { Told } from "#core/failover/decision.ts"
import type { PodName } from "#core/ids.ts"
import { type PerformPorts, tell } from "./ports.ts"

/** The event that a note of `lost.sh` makes; undefined for a note that is not whole. */
export function discardedWal(pod: PodName, note: string): Told | undefined {
  const [, ...fields] = note.trim().split(" ")
  const said = new Map(
    fields.map((field) => {
      const at = field.indexOf("=")
      return [field.slice(0, at), field.slice(at + 1)] as const
    }),
  )
  const of = (name: string): string => said.get(name) ?? ""
  if (!/^\d{1,15}$/.test(of("term")) || !/^\d{1,16}$/.test(of("bytes"))) return undefined
  const commits = of("commits") === "-" ? "" : of("commits")
  const kept = of("kept") === "-" ? "" : of("kept")
  const reason = of("reason").replaceAll("_", " ")
  const where = kept === "" ? `not kept: ${reason}` : `kept in ${kept}`
  return {
    kind: lostWalEvent,
    // A shutdown checkpoint that nobody received is WAL, but no loss.
    severity: commits === "0" ? "info" : "error",
    message: `${pod} had ${of("bytes")} bytes of WAL and ${commits === "" ? "an unknown number of" : commits} commits that the new primary does not have; ${where}`,
    details: {
      term: of("term"),
      bytes: of("bytes"),
      commits,
      fromLsn: of("from"),
      toLsn: of("to"),
      timeline: of("timeline"),
      kept,
      reason,
    },
  }
}

export async function tellDiscardedWal(ports: PerformPorts): Promise<void> {
  const { volume, config, log } = ports
  const note = await volume.lostWal()
  if (note === undefined) return
  const told = discardedWal(config.pod, note)
  if (told === undefined) log.warn("wal-lost.unreadable", { note })
  else tell(ports, told)
  await volume.toldLostWal()
}
