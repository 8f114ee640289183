/** The process in which all simulated satellites live, steered by the bench over its channel. */
import { monitorEventLoopDelay } from "node:perf_hooks"
import { setTimeout as sleep } from "node:timers/promises"
import { Code, ConnectError } from "@connectrpc/connect"
import { type FromSwarm, type ToSwarm } from "./orders.ts"
import { SimulatedSatellite } from "./simulated-satellite.ts"

const registerSideBySide = 40
const regions = ["north", "east", "south", "west"]

const stop = new AbortController()
const satellites: SimulatedSatellite[] = []
const late = monitorEventLoopDelay({ resolution: 10 })
const say = (message: FromSwarm): void => void process.send?.(message)

async function obey(order: ToSwarm): Promise<void> {
  switch (order.kind) {
    case "register": {
      for (let at = 0; at < order.count; at += 1)
        satellites.push(
          new SimulatedSatellite({
            name: `site-${String(at).padStart(4, "0")}`,
            target: order.target,
            address: `127.77.${Math.floor(at / 250)}.${(at % 250) + 1}`,
          }),
        )
      return sideBySide(satellites, async (one, at) => {
        await one.register({ region: regions[at % regions.length] ?? "", ring: String(at % 10) })
        say({ kind: "registered", id: one.id })
      })
    }
    case "connect":
      await sideBySide(satellites, async (one) => {
        void one.run(stop.signal).catch((error: unknown) => {
          if (!stop.signal.aborted) say({ kind: "failed", why: String(error) })
        })
        await sleep(5)
      })
      return
    case "events": {
      late.enable()
      const timer = setInterval(() => {
        satellites[Math.floor(Math.random() * satellites.length)]?.tick()
      }, 1000 / order.perSecond)
      stop.signal.addEventListener("abort", () => clearInterval(timer), { once: true })
      return
    }
    case "end":
      stop.abort(new Error("the bench is over"))
      clearInterval(states)
      process.disconnect()
  }
}

async function sideBySide<T>(
  items: readonly T[],
  work: (item: T, at: number) => Promise<void>,
): Promise<void> {
  const waiting = items.entries()
  await Promise.all(
    Array.from({ length: registerSideBySide }, async () => {
      for (const [at, item] of waiting) await work(item, at)
    }),
  )
}

const states = setInterval(() => {
  const versions: Record<string, number> = {}
  for (const { version } of satellites)
    if (version !== undefined) versions[version] = (versions[version] ?? 0) + 1
  say({
    kind: "state",
    connected: satellites.filter(({ isConnected }) => isConnected).length,
    versions,
    lateP99: late.percentile(99) / 1e6,
  })
}, 250)

// The client's library looks away from a connection that it is ending. With thousands of them in one process, whose loop
// lags by seconds when central goes or the machine is busy, such a connection says its last word, or that nobody answered
// its ping, to nobody, and would end us all. The satellite's link has noticed by itself, and dials anew.
const lastWords: readonly Code[] = [Code.Canceled, Code.Unavailable]
process.on("uncaughtException", (error: unknown) => {
  if (!(error instanceof ConnectError) || !lastWords.includes(error.code)) {
    say({ kind: "failed", why: String(error) })
    throw error
  }
})

process.on("message", (order: ToSwarm) => {
  obey(order).catch((error: unknown) => say({ kind: "failed", why: String(error) }))
})
