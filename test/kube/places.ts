/** Addresses of this host from which it reaches pods. */
import { networkInterfaces } from "node:os"
import type { Places } from "../e2e/databases.suite.ts"

/** Two of them; or why there are none. */
export function placesOfHost(): Places | string {
  const [inside, outside] = Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .filter(({ family, internal }) => family === "IPv4" && !internal)
    .map(({ address }) => ({ address, cidr: `${address}/32` }))
  return inside === undefined || outside === undefined
    ? "this host has not two addresses to come from"
    : { inside, outside }
}
