/** The program central: reads its environment, opens its database, serves until it is told to stop. */
import { setTimeout as wait } from "node:timers/promises"
import { configProblems, formatHostPort } from "#io/config.ts"
import { openLog } from "#io/log.ts"
import { version } from "#core/version.ts"
import { startCentral } from "./central.ts"
import { readCentralConfig } from "./config.ts"
import { openCentralDatabase } from "./database.ts"

/** Everything closes within this, or the process leaves anyway. */
const stopWithin = 15_000

async function main(): Promise<void> {
  const read = readCentralConfig(process.env)
  if (read.kind === "bad") {
    console.error(configProblems(read.problems))
    process.exitCode = 2
    return
  }
  const config = read.value
  const log = openLog("central", config.logLevel)
  const stopping = new AbortController()
  for (const name of ["SIGTERM", "SIGINT"] as const)
    process.once(name, () => stopping.abort(new Error(name)))

  await using database = await openCentralDatabase(config.database, stopping.signal)
  await using central = await startCentral({ ...config, databaseUrl: database.url, log })
  if (central.admin.kind === "made" && central.admin.printed !== undefined)
    console.log(
      `\n  Sign in as ${config.adminUser} with the password ${central.admin.printed}\n` +
        "  It is shown this once; set PG_SWARM_ADMIN_PASSWORD to choose another.\n",
    )
  log.event("central.ready", {
    version,
    rest: formatHostPort(central.rest),
    grpc: formatHostPort(central.grpc),
  })
  const why = await Promise.race([stopped(stopping.signal), database.ended])
  log.event("central.stopping", { why })
  if (!stopping.signal.aborted) process.exitCode = 1
  void wait(stopWithin, undefined, { ref: false }).then(() => process.exit(1))
}

async function stopped(signal: AbortSignal): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  const stop = (): void => resolve(String(signal.reason instanceof Error && signal.reason.message))
  signal.addEventListener("abort", stop, { once: true })
  if (signal.aborted) stop()
  return promise
}

await main()
