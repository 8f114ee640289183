/** The example's fleet with names as long as they may be, and reasons as long as they come: what a layout has to bear. */
import type { FakeFleet } from "./fleet.ts"

/** Each of its words is as long as the wire lets a name be: 63 bytes, 40 for a cluster. */
const long: readonly (readonly [RegExp, string])[] = [
  [/plant-leipzig/g, "plant-leipzig-building-7-second-floor-rack-12-behind-the-paint2"],
  [/ship-hedda/g, "ship-hedda-stern-thruster-control-room-port-side-lower-deck-03a"],
  [/plant-porto/g, "plantportowithoutasinglehyphentobreakatinallofitssixtythreebyte"],
  [/edge-standard/g, "edge-standard-three-members-local-disks-for-plants-and-stores-a"],
  [/orders-on-plants/g, "orders-on-plants-that-have-a-second-line-for-night-deliveries-b"],
  [/\b(orders|telemetry)\b(?!-on)/g, "$1-of-the-night-shift-and-weekend"],
  [/databases/g, "databases-of-the-manufacturing-execution-system-and-quality-lab"],
  [/local-path/g, "local-path-nvme-with-encryption-at-rest-and-reclaim-policy-keep"],
  [
    /is being cloned from/g,
    "lost its volume (FATAL:  could not open file /var/lib/postgresql/data/global/pg_filenode.map: No such file or directory) and is cloned anew, by pg_basebackup, from",
  ],
]

const strain = (text: string): string =>
  long.reduce((sofar, [word, longer]) => sofar.replaceAll(word, longer), text)

/** Alters the fleet, which is made anew for each scene. Ids and times have none of these words. */
export function strained(fleet: FakeFleet): FakeFleet {
  strainWithin(fleet, new Set())
  return fleet
}

/** Some parts are shared by several: each is altered once. */
function strainWithin(part: object, done: Set<object>): void {
  if (done.has(part)) return
  done.add(part)
  for (const [key, value] of Object.entries(part) as [string, unknown][])
    if (typeof value === "string") Reflect.set(part, key, strain(value))
    else if (typeof value === "object" && value !== null) strainWithin(value, done)
}
