/**
 * How many sites one central carries: processor, memory, time to get everybody back, to tell everybody, and to
 * tell a browser. Satellites are simulated by the real satellite's own link, over TLS. `--help` says more.
 */
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises"
import { loadavg } from "node:os"
import { setTimeout as sleep } from "node:timers/promises"
import { parseArgs } from "node:util"
import type { Profile } from "#wire/rest/profiles.ts"
import { type CentralApi, Refused } from "../../src/demo/central-api.ts"
import { machineClass } from "../failover/table.ts"
import { openBrowser } from "./browser.ts"
import { type CentralUnderTest, startCentralUnderTest } from "./central-process.ts"
import {
  ownProcessorSeconds,
  percentile,
  residentMegabytes,
  treeProcessorSeconds,
} from "./figures.ts"
import { type Lists, timeLists } from "./lists.ts"
import { Swarm } from "./swarm-process.ts"
import { type Row, table } from "./table.ts"

const usage = `usage: npm run bench:central -- [flags]

  --satellites N,...  how many there are, one run each (500,5000)
  --members N         members of each one's cluster (3)
  --seconds N         how long the steady state is measured (60)
  --events N          events a second, by satellites by chance (20)
  --postgres DIR      folder of postgres and initdb
  --json FILE         writes the figures there, too`

const { values } = parseArgs({
  options: {
    satellites: { type: "string", default: "500,5000" },
    members: { type: "string", default: "3" },
    seconds: { type: "string", default: "60" },
    events: { type: "string", default: "20" },
    postgres: { type: "string" },
    json: { type: "string" },
    help: { type: "boolean", short: "h", default: false },
  },
})

const approvalsSideBySide = 8
const approvalTriesMax = 10
const settleMs = 15_000
const lookEveryMs = 1_000
const rolloutWithinS = 300

const say = (line: string): void => console.log(line)
const secondsSince = (began: number): number => (performance.now() - began) / 1000

/** A machine that others load too loses an answer now and then; the next try finds it done. */
async function approve(api: CentralApi, id: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await api.call("approveSatellite", { params: { id }, body: {} })
      return
    } catch (error) {
      if (error instanceof Refused && error.code === "ALREADY_APPROVED") return
      const isFinal = error instanceof Refused && error.status < 500
      if (isFinal || attempt >= approvalTriesMax) throw error
      await sleep(lookEveryMs)
    }
  }
}

async function makeFleet(central: CentralUnderTest, swarm: Swarm, count: number): Promise<Profile> {
  const { api } = central
  const profile = await api.call("createProfile", {
    body: {
      name: "bench",
      spec: {
        members: Number(values.members),
        postgres: { major: 17, image: "docker.io/library/postgres:17" },
        data: { sizeBytes: 10 * 1024 ** 3 },
      },
    },
  })
  await api.call("createRule", {
    body: {
      name: "everywhere",
      profileId: profile.id,
      selector: {},
      clusterName: "orders",
      namespace: "databases",
    },
  })
  let began = performance.now()
  const waiting = swarm.register(central.target, count)
  await Promise.all(
    Array.from({ length: approvalsSideBySide }, async () => {
      for await (const id of waiting) await approve(api, id)
    }),
  )
  say(`  ${count} satellites registered and approved in ${secondsSince(began).toFixed(1)} s`)
  began = performance.now()
  swarm.connect()
  await swarm.connected(count)
  await swarm.holding(1, count)
  const took = secondsSince(began).toFixed(1)
  const resident = (await residentMegabytes(central.pid())).toFixed(0)
  say(`  all connected, each with its config, in ${took} s; central at ${resident} MB`)
  return profile
}

type Steady = Pick<
  Row,
  | "processor"
  | "database"
  | "residentMean"
  | "residentMax"
  | "eventP50"
  | "eventP99"
  | "events"
  | "lateP99"
  | "swarmLateP99"
> & { readonly lists: Lists }

/** Everybody is connected and says what there is to say. */
async function measureSteady(central: CentralUnderTest, swarm: Swarm): Promise<Steady> {
  using browser = await openBrowser(central.url, central.token)
  swarm.events(Number(values.events))
  await sleep(settleMs)
  browser.taken()
  await central.lateP99() // it counts from one look to the next
  const resident: number[] = []
  const [own, tree] = [
    await ownProcessorSeconds(central.pid()),
    await treeProcessorSeconds(central.postmaster),
  ]
  const began = performance.now()
  while (secondsSince(began) < Number(values.seconds)) {
    resident.push(await residentMegabytes(central.pid()))
    await sleep(lookEveryMs)
  }
  const passed = secondsSince(began)
  const processor = ((await ownProcessorSeconds(central.pid())) - own) / passed
  const database = ((await treeProcessorSeconds(central.postmaster)) - tree) / passed
  const ages = browser.taken()
  const [lateP99, swarmLateP99] = [await central.lateP99(), swarm.lateP99]
  // After the processor was counted: asking is not part of the steady state.
  const lists = await timeLists(central)
  return {
    processor,
    database,
    residentMean: resident.reduce((sum, one) => sum + one, 0) / resident.length,
    residentMax: Math.max(...resident),
    eventP50: percentile(ages, 0.5),
    eventP99: percentile(ages, 0.99),
    events: ages.length,
    lateP99,
    swarmLateP99,
    lists,
  }
}

/** Seconds from the moment in which a restarted central is ready until everybody is back. */
async function measureReconnect(
  central: CentralUnderTest,
  swarm: Swarm,
  count: number,
): Promise<number> {
  await central.stop()
  await swarm.lost()
  await central.start()
  const began = performance.now()
  await swarm.connected(count)
  return secondsSince(began)
}

/** Seconds from the approval of a new version for everybody until every site has it, and until central knows that. */
async function measureFanOut(
  { api }: CentralUnderTest,
  swarm: Swarm,
  { id, version, spec }: Profile,
  count: number,
): Promise<Pick<Row, "fanOut" | "rollout">> {
  await api.call("editProfile", {
    params: { id },
    body: { version, spec: { ...spec, parameters: { work_mem: "8MB" } } },
  })
  const before = swarm.newestVersion
  const began = performance.now()
  const rollout = await api.call("createRollout", {
    body: { profileId: id, maxParallel: 10_000, bakeSeconds: 0 },
  })
  await swarm.holding(before + 1, count)
  const fanOut = secondsSince(began)
  while (secondsSince(began) < rolloutWithinS) {
    const { state, reason } = await api.call("getRollout", { params: { id: rollout.id } })
    if (state === "finished") return { fanOut, rollout: secondsSince(began) }
    if (state !== "running") throw new Error(`the rollout is ${state}: ${reason}`)
    await sleep(lookEveryMs / 4)
  }
  throw new Error(`the rollout did not finish within ${rolloutWithinS} s`)
}

async function measure(count: number, signal: AbortSignal): Promise<Row> {
  const folder = await mkdtemp("/var/tmp/pg-swarm-bench-central-")
  try {
    await chmod(folder, 0o711) // PostgreSQL may run as another account
    await using central = await startCentralUnderTest(folder, values.postgres, signal)
    await using swarm = new Swarm()
    const profile = await makeFleet(central, swarm, count)
    const { lists, ...steady } = await measureSteady(central, swarm)
    say(`  steady: ${JSON.stringify({ ...steady, ...lists })}`)
    const told = await measureFanOut(central, swarm, profile, count)
    say(`  told: ${JSON.stringify(told)}`)
    const reconnect = await measureReconnect(central, swarm, count)
    const resident = (await residentMegabytes(central.pid())).toFixed(0)
    say(`  all back in ${reconnect.toFixed(1)} s; central at ${resident} MB`)
    return { satellites: count, ...steady, ...lists, ...told, reconnect }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function main(): Promise<void> {
  if (values.help) return say(usage)
  const stop = new AbortController()
  for (const name of ["SIGINT", "SIGTERM"] as const)
    process.once(name, () => stop.abort(new Error(`stopped by ${name}`)))
  const [load = 0] = loadavg()
  say(machineClass())
  const rows: Row[] = []
  for (const count of values.satellites.split(",").map(Number)) {
    say(`\n${count} satellites`)
    rows.push(await measure(count, stop.signal))
  }
  say(`\n${table(rows)}\n\nload of the machine at the start: ${load.toFixed(2)}`)
  if (values.json !== undefined)
    await writeFile(values.json, JSON.stringify({ machine: machineClass(), load, rows }, null, 2))
}

await main()
