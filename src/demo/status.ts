/** `make status`: the fleet of the running demo in a few lines. */
import { parseArgs } from "node:util"
import { CentralApi } from "./central-api.ts"
import { readDemoFile } from "./demo-file.ts"
import { progressOf } from "./fleet.ts"
import { defaultState } from "./flags.ts"

const { values } = parseArgs({ options: { state: { type: "string" } } })
const state = values.state ?? defaultState(process.env, process.getuid?.() === 0)
const demo = await readDemoFile(state)
if (demo === undefined) {
  console.error(
    `no demo has run in ${state}; start one with \`make demo\`, or name its folder with --state`,
  )
  process.exit(1)
}
const api = new CentralApi(demo.url, { kind: "token", token: demo.token })
try {
  const { items: satellites } = await api.call("listSatellites", { query: { limit: 200 } })
  const { items: clusters } = await api.call("listClusters", { query: { limit: 200 } })
  console.log(`central     ${demo.url}`)
  for (const { name, state: is, lastSeenAt } of satellites)
    console.log(`satellite   ${name}: ${is}${lastSeenAt === null ? "" : `, seen ${lastSeenAt}`}`)
  for (const cluster of clusters) {
    console.log(`cluster     ${progressOf(cluster)}`)
    for (const { pod, role, phase, timeline, lagBytes } of cluster.instances)
      console.log(
        `            ${pod}: ${role}, ${phase}, timeline ${timeline ?? "?"}, ${lagBytes ?? "?"} bytes behind`,
      )
  }
} catch (error) {
  console.error(
    `central at ${demo.url} does not answer: ${error instanceof Error ? error.message : String(error)}`,
  )
  process.exitCode = 1
}
