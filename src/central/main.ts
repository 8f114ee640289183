/** The program central: reads its environment, opens its database, serves until it is told to stop. */
import { setTimeout as wait } from "node:timers/promises"
import { backoff } from "#core/backoff.ts"
import { centralNodeEnv } from "#core/names.ts"
import { seconds } from "#core/units.ts"
import { version } from "#core/version.ts"
import { systemClock } from "#io/clock.ts"
import { configProblems, formatHostPort } from "#io/config.ts"
import { type Log, openLog } from "#io/log.ts"
import { Outage } from "#io/outage.ts"
import { type Central, type CentralOptions, startCentral } from "./central.ts"
import { type CentralConfig, readCentralConfig, type SecretKeysConfig } from "./config.ts"
import { openCentralDatabase } from "./database.ts"
import { ownKeys, type SecretKey } from "./secrets/keys.ts"

/** Everything closes within this, or the process leaves anyway. */
const stopWithin = seconds(15)
const retry = { first: seconds(0.5), longest: seconds(5) }

async function main(): Promise<void> {
  // Meant for this process alone, and in force since before it began: its PostgreSQL must not inherit it.
  for (const name of Object.keys(centralNodeEnv)) delete process.env[name]
  const read = readCentralConfig(process.env)
  if (read.kind === "bad") {
    console.error(configProblems(read.problems))
    process.exitCode = 2
    return
  }
  const log = openLog("central", read.value.logLevel)
  const stopping = new AbortController()
  for (const name of ["SIGTERM", "SIGINT"] as const)
    process.once(name, () => {
      stopping.abort(new Error(name))
      void wait(stopWithin, undefined, { ref: false }).then(() => process.exit(1))
    })
  try {
    await run(read.value, log, stopping.signal)
  } catch (error) {
    if (stopping.signal.aborted) return
    log.error("central.failed", { error })
    console.error(`central ends: ${error instanceof Error ? error.message : String(error)}`)
    process.exitCode = 1
  }
}

async function run(config: CentralConfig, log: Log, signal: AbortSignal): Promise<void> {
  await using database = await openCentralDatabase(config.database, signal)
  const secretKeys = await keysOf(config.secretKeys, log)
  await using central = await started(
    { ...config, databaseUrl: database.url, secretKeys, log },
    signal,
  )
  if (central.admin.kind === "made" && central.admin.printed !== undefined)
    // To a person, not to a log: no JSON, this once.
    console.log(
      `\n  Sign in as ${config.adminUser} with the password ${central.admin.printed}\n` +
        "  It is shown this once; set PG_SWARM_ADMIN_PASSWORD to choose another.\n",
    )
  log.event("central.ready", {
    version,
    rest: formatHostPort(central.rest),
    grpc: formatHostPort(central.grpc),
  })
  const why = await Promise.race([stopped(signal), database.ended])
  log.event("central.stopping", { why })
  if (!signal.aborted) process.exitCode = 1
}

async function keysOf(given: SecretKeysConfig, log: Log): Promise<readonly SecretKey[]> {
  switch (given.kind) {
    case "given":
      return given.keys
    case "own": {
      const { keys, made } = await ownKeys(given.file)
      if (made) log.event("secrets.key-made", { file: given.file, id: keys[0]?.id })
      return keys
    }
    case "none":
      log.warn("secrets.no-key", {
        why: "PG_SWARM_SECRET_KEYS is not set: what would store a secret, such as the password of a database, is refused",
      })
      return []
  }
}

/** Starts central; a database that is not there yet is waited for, as long as it takes. */
async function started(options: CentralOptions, signal: AbortSignal): Promise<Central> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await startCentral(options)
    } catch (error) {
      if (!(error instanceof Outage) || error.code !== "DATABASE_UNAVAILABLE") throw error
      options.log.warn("central.waiting", { why: error.message })
      await systemClock.sleep(backoff(attempt, Math.random(), retry), signal)
    }
  }
}

async function stopped(signal: AbortSignal): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  const stop = (): void => resolve(String(signal.reason instanceof Error && signal.reason.message))
  signal.addEventListener("abort", stop, { once: true })
  if (signal.aborted) stop()
  return promise
}

await main()
