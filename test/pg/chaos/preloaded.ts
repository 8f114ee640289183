/**
 * Loaded into a sidecar under test before its own code (`node --import`). It makes two things possible that a
 * process does not do by itself: to tell others the address of a relay and listen on the one behind it, and to
 * have a wall clock that is wrong: by an hour more with every SIGUSR2, and an hour behind with SIGHUP.
 */
import { Server } from "node:net"
import { listenAddress } from "./links.ts"

const published = process.env["PG_SWARM_POD_IP"]
const own = process.env[listenAddress]
const hour = 3_600_000

if (own !== undefined) {
  const listen = Reflect.get(Server.prototype, "listen")
  Reflect.set(Server.prototype, "listen", function (this: Server, ...args: readonly unknown[]) {
    const elsewhere = args.map((one) => {
      if (one === published) return own
      const isOptions = typeof one === "object" && one !== null && "host" in one
      return isOptions && one.host === published ? { ...one, host: own } : one
    })
    return Reflect.apply(listen, this, elsewhere)
  })
}

let wrongBy = 0
const now = Date.now.bind(Date)
Date.now = (): number => now() + wrongBy
process.on("SIGUSR2", () => void (wrongBy += hour))
process.on("SIGHUP", () => void (wrongBy = -hour))
