/** The satellite: one for each Kubernetes of a site. It dials out; nothing has to reach it but its own pods. */
import { configProblems } from "#io/config.ts"
import { LogRing } from "#io/log-ring.ts"
import { openLog, standardOutput } from "#io/log.ts"
import { Stopped, isStop } from "#io/together.ts"
import { readSatelliteConfig } from "./config.ts"
import { runSatellite } from "./satellite.ts"

const config = readSatelliteConfig(process.env)
if (config.kind === "bad") {
  process.stderr.write(`${configProblems(config.problems)}\n`)
  process.exit(2)
}
const recent = new LogRing()
const print = standardOutput()
const log = openLog("satellite", config.value.logLevel, (line) => {
  print(line)
  recent.put(line)
})
const stop = new AbortController()
for (const name of ["SIGTERM", "SIGINT"] as const)
  process.once(name, () => {
    log.event("satellite.stopping", { signal: name })
    stop.abort(new Stopped())
  })
try {
  await runSatellite({ config: config.value, log, recent, started: () => {} }, stop.signal)
  log.event("satellite.stopped")
} catch (failure) {
  if (!isStop(failure, stop.signal)) {
    log.error("satellite.failed", { failure })
    process.exitCode = 1
  } else log.event("satellite.stopped")
}
