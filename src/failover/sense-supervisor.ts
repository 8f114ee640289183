/** Hears the supervisor: its pulse as often as the loop turns, its reports the moment it writes them. */
import { millis } from "#core/units.ts"
import { stillness, watchStillness } from "#core/failover/stillness.ts"
import type { Clock } from "#io/clock.ts"
import type { Log } from "#io/log.ts"
import type { Supervisor, SupervisorReport } from "#io/supervisor/supervisor.ts"
import { together } from "#io/together.ts"
import type { Bell } from "./bell.ts"
import type { Jobs } from "./jobs.ts"
import type { Known } from "./known.ts"

/** Whatever becomes of the loop; while it turns, it rings before that. */
const lookSeldom = millis(700)

export async function senseSupervisor(
  ports: {
    readonly clock: Clock
    readonly log: Log
    readonly supervisor: Supervisor
    readonly known: Known
    readonly jobs: Jobs
    /** Rung by the loop when it has turned: a look in the same breath costs no awakening of its own. */
    readonly turned: Bell
    /** The server or its data changed: somebody should look. */
    readonly look: () => void
  },
  signal: AbortSignal,
): Promise<void> {
  const { supervisor, known, jobs, turned, clock } = ports
  let nonce: string | undefined
  let still = watchStillness(clocksOf(clock))
  const look = async (): Promise<void> => {
    // The supervisor watches for pauses too, but it may hang.
    const { next, stood } = stillness(still, clocksOf(clock))
    still = next
    if (stood) known.server.heardPause()
    const status = await supervisor.status()
    // What another boot had begun died with it, and nobody will report its end.
    if (status !== undefined && nonce !== undefined && nonce !== status.bootNonce) jobs.lost()
    nonce = status?.bootNonce ?? nonce
    known.server.heardSupervisor(status)
  }
  await together(
    signal,
    async (stop) => {
      while (!stop.aborted) {
        await look()
        await turned.wait(lookSeldom, stop)
      }
    },
    async (stop) => {
      for await (const report of supervisor.reports(stop)) {
        hear(report, ports)
        await look()
        ports.look()
      }
    },
  )
}

function clocksOf(clock: Clock) {
  const before = clock.now()
  const wall = clock.wall()
  return { before, wall, after: clock.now() }
}

function hear(
  report: SupervisorReport,
  { log, known, jobs }: { readonly log: Log; readonly known: Known; readonly jobs: Jobs },
): void {
  switch (report.kind) {
    case "server-started":
      log.event("server.started", { postmaster: report.postmaster })
      return
    case "server-gone":
      log.event("server.gone", { cause: report.cause, exitCode: report.exitCode })
      known.server.heardExit(report.cause)
      return
    case "job-ended":
      log.event("job.ended", { job: report.job, exitCode: report.exitCode })
      jobs.ended(report)
      known.server.data = undefined
      known.changed()
      return
    case "command-ended":
      log.event("command.ended", { job: report.job, exitCode: report.exitCode })
      jobs.ended(report)
      return
    case "paused-vm":
      log.warn("machine.paused", { gapMs: report.gap })
      known.server.heardPause()
      return
    case "fencing":
      log.warn("server.fencing", { lateMs: report.late })
      return
  }
}
