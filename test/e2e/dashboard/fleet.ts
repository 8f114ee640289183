/** A fleet as central would describe it, for looking at the dashboard without one. Ages are relative to now. */
import { randomUUID } from "node:crypto"
import type { Cluster } from "#wire/rest/clusters.ts"
import type { FleetEventBody } from "#wire/rest/events.ts"
import type { Profile, Rule } from "#wire/rest/profiles.ts"
import type { Satellite } from "#wire/rest/satellites.ts"
import type { Operation } from "#wire/rest/operations.ts"
import type { RoleChange } from "#wire/rest/role-changes.ts"
import { exampleRoleChanges, switchover } from "./history.ts"
import {
  type FakeVersion,
  ago,
  satellite,
  instance,
  cluster,
  profile,
  event,
  oldSidecars,
  MiB,
  GiB,
  versionsOf,
} from "./fleet-parts.ts"

export type FakeFleet = {
  satellites: Satellite[]
  clusters: Cluster[]
  profiles: Profile[]
  versions: FakeVersion[]
  rules: Rule[]
  events: FleetEventBody[]
  roleChanges: RoleChange[]
  operations: Operation[]
}

/** Six sites in all states, eight clusters, some of them in trouble. */
export function exampleFleet(): FakeFleet {
  const edge = profile("edge-standard", "Three members on local disks, for plants and stores.", 3)
  const small = profile("till-small", "Two members with little memory, for tills.", 2)
  const leipzig = satellite("plant-leipzig", "connected", {
    labels: { tier: "edge", region: "central", kind: "plant" },
  })
  const turin = satellite("plant-turin", "connected", {
    labels: { tier: "edge", region: "south", kind: "plant" },
    kubernetesVersion: "v1.30.8+rke2r1",
  })
  const oslo = satellite("store-oslo-03", "connected", {
    labels: { tier: "edge", region: "north", kind: "store", "pg-swarm.io/wan": "metered" },
  })
  const hedda = satellite("ship-hedda", "late", { labels: { kind: "ship", tier: "edge" } })
  const riga = satellite("depot-riga", "lost", {
    site: "riga-k3s",
    labels: { kind: "depot", region: "north" },
  })
  const porto = satellite("plant-porto", "pending", { labels: { kind: "plant" } })
  const lab = satellite("lab-spare-7", "rejected", { labels: {} })
  const rule: Rule = {
    id: randomUUID(),
    name: "orders-on-plants",
    profileId: edge.id,
    profileName: edge.name,
    selector: { kind: "plant" },
    clusterName: "orders",
    namespace: "databases",
    onMatchEnd: "keep",
    clusterCount: 2,
    createdAt: ago(2_500_000),
    version: 1,
  }
  const orders = cluster(leipzig, edge, "orders", { ruleId: rule.id })
  const telemetry = cluster(leipzig, edge, "telemetry", {
    durability: "quorum",
    primary: "telemetry-2",
    instances: [
      instance("telemetry-0", "replica", { synchronous: true }),
      instance("telemetry-1", "replica", { synchronous: true, lagBytes: 0, lagSeconds: 0 }),
      instance("telemetry-2", "primary", {
        connectionsUsed: 86,
        diskFreeBytes: 3.1 * GiB,
        dataBytes: 14.6 * GiB,
        walBytes: 1.9 * GiB,
      }),
    ],
  })
  const ordersTurin = cluster(turin, edge, "orders", {
    ruleId: rule.id,
    state: "degraded",
    reason: "orders-2 is being cloned from orders-0 after its volume was lost; 38 % done.",
    appliedVersion: 1,
    instances: [
      instance("orders-0", "primary"),
      instance("orders-1", "replica", {
        lagBytes: 31 * MiB,
        lagSeconds: 7.4,
        phase: "catching-up",
      }),
      instance("orders-2", "replica", {
        phase: "cloning",
        ready: false,
        reason: "Cloning from orders-0: 1.3 of 3.4 GiB, about 2 minutes left",
        timeline: null,
        lagBytes: null,
        lagSeconds: null,
        connectionsUsed: null,
        connectionsActive: null,
        connectionsMax: null,
        receiver: null,
        startedAt: null,
        dataBytes: 1.3 * GiB,
        walBytes: 0,
      }),
    ],
  })
  const quality = cluster(turin, edge, "quality-lab", {
    specVersion: 1,
    desiredVersion: 3,
    appliedVersion: 3,
    change: oldSidecars("quality-lab", 3),
  })
  const tills = cluster(oslo, small, "tills", {
    members: 2,
    reason: "A primary accepts writes; 1 standby streams.",
    instances: [
      instance("tills-0", "replica", { synchronous: true }),
      instance("tills-1", "primary"),
    ],
    primary: "tills-1",
  })
  const stock = cluster(oslo, small, "stock", {
    state: "creating",
    reason: "stock-0 initialises its data directory.",
    members: 2,
    primary: null,
    term: null,
    appliedVersion: null,
    desiredVersion: 1,
    observedAt: ago(6),
    createdAt: ago(25),
    instances: [
      instance("stock-0", "unknown", {
        phase: "initialising",
        ready: false,
        timeline: null,
        lagBytes: null,
        lagSeconds: null,
        connectionsUsed: null,
        connectionsActive: null,
        dataBytes: null,
        walBytes: null,
        receiver: null,
        startedAt: null,
      }),
    ],
  })
  const ship = cluster(hedda, edge, "voyage", { observedAt: ago(52), specVersion: 1 })
  const depot = cluster(riga, small, "parcels", {
    state: "unknown",
    reason: "The site has not been heard from since its uplink went away.",
    observedAt: ago(5_410),
    members: 2,
    instances: [instance("parcels-0", "primary"), instance("parcels-1", "replica")],
  })
  const clusters = [orders, telemetry, ordersTurin, quality, tills, stock, ship, depot]
  const events = [
    event(8, "info", "satellite.registered", "plant-porto registered and waits for approval.", {
      satellite: porto,
    }),
    event(25, "info", "cluster.created", "Cluster stock is created on store-oslo-03.", {
      cluster: stock,
    }),
    event(
      95,
      "warning",
      "instance.cloning",
      "orders-2 found an empty volume and clones it from orders-0.",
      { cluster: ordersTurin, pod: "orders-2" },
      { bytes: "3650722202" },
    ),
    event(
      130,
      "warning",
      "volume.lost",
      "The volume of orders-2 came back empty; the cluster's record says it was initialised before.",
      { cluster: ordersTurin, pod: "orders-2" },
    ),
    event(52, "warning", "satellite.late", "No word from ship-hedda for 30 seconds.", {
      satellite: hedda,
    }),
    event(
      3_605,
      "info",
      "failover.completed",
      "telemetry-2 is primary of telemetry in term 4; writes were away for 0.9 s.",
      { cluster: telemetry, pod: "telemetry-2" },
      {
        term: "4",
        cause: "crash",
        detectMs: "120",
        electMs: "60",
        promoteMs: "640",
        routeMs: "80",
        lossPossible: "false",
      },
    ),
    event(
      3_606,
      "error",
      "failover.started",
      "The postmaster of telemetry-0 has exited with signal 9.",
      { cluster: telemetry, pod: "telemetry-0" },
    ),
    event(
      5_280,
      "error",
      "satellite.lost",
      "No word from depot-riga for 2 minutes. Its clusters go on by themselves.",
      { satellite: riga },
    ),
    event(86_000, "info", "session.opened", "admin signed in."),
    event(172_000, "info", "satellite.rejected", "lab-spare-7 was rejected by admin.", {
      satellite: lab,
    }),
  ]
  for (let day = 3; day < 90; day += 1) {
    events.push(
      event(
        day * 86_400,
        "info",
        "instance.rewound",
        "quality-lab-1 was rewound to timeline 4 and streams again.",
        { cluster: quality, pod: "quality-lab-1" },
        { seconds: "3.1" },
      ),
    )
  }
  return {
    satellites: [leipzig, turin, oslo, hedda, riga, porto, lab],
    clusters,
    profiles: [edge, small],
    versions: [...versionsOf(edge), ...versionsOf(small)],
    rules: [rule],
    events: events.toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at)),
    roleChanges: exampleRoleChanges(telemetry, ["telemetry-0", "telemetry-1", "telemetry-2"]),
    operations: [switchover(telemetry, 86_400 * 2, { target: "telemetry-0" })],
  }
}
