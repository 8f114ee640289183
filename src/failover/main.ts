/**
 * The failover sidecar of one member (design section 2, PROTOCOL.md).
 *
 *     node src/failover/main.ts
 *
 * Everything comes by environment (`core/names.ts`, `env`) and mounted files. Stops on SIGTERM or SIGINT,
 * after handing its role over when it is primary; exits 2 when its environment is wrong.
 */
import { systemClock } from "#io/clock.ts"
import { inStep } from "#io/in-step.ts"
import { configProblems } from "#io/config.ts"
import { openLog } from "#io/log.ts"
import { readEnvironment } from "./config.ts"
import { runSidecar } from "./sidecar.ts"

const config = readEnvironment(process.env)
if (config.kind === "bad") {
  console.error(configProblems(config.problems))
  process.exit(2)
}
const log = openLog("failover")
const leave = new AbortController()
for (const name of ["SIGTERM", "SIGINT"] as const)
  process.on(name, () => leave.abort(new Error(name)))
try {
  await runSidecar(config.value, { clock: inStep(systemClock), log }, leave.signal)
  log.event("failover.stopped")
  process.exit(0)
} catch (failure) {
  log.error("failover.failed", { why: failure })
  process.exit(1)
}
