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

/** Ids and times stay as they are; `kind` and the like have none of these words. */
export const strained = (fleet: FakeFleet): FakeFleet =>
  // The same shape: only texts within strings are others.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  JSON.parse(strain(JSON.stringify(fleet))) as FakeFleet
