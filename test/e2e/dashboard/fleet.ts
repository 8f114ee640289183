/** A fleet as central would describe it, for looking at the dashboard without one. Ages are relative to now. */
import { randomUUID } from "node:crypto"
import type { Severity } from "#core/cluster/events.ts"
import type { Cluster, Instance } from "#wire/rest/clusters.ts"
import type { FleetEventBody } from "#wire/rest/events.ts"
import type { Profile, ProfileSpecBody, Rule } from "#wire/rest/profiles.ts"
import type { Satellite } from "#wire/rest/satellites.ts"
import type { Operation } from "#wire/rest/operations.ts"
import type { RoleChange } from "#wire/rest/role-changes.ts"
import { exampleRoleChanges, switchover } from "./history.ts"

const MiB = 1024 ** 2
const GiB = 1024 ** 3

export const ago = (seconds: number): string => new Date(Date.now() - seconds * 1000).toISOString()

export type FakeVersion = {
  readonly profileId: string
  readonly specVersion: number
  readonly spec: ProfileSpecBody
  readonly actor: string
  readonly note: string
  readonly createdAt: string
}

export const versionOf = (
  { id: profileId }: Profile,
  specVersion: number,
  spec: ProfileSpecBody,
  at: number,
  note: string,
): FakeVersion => ({ profileId, specVersion, spec, actor: "admin", note, createdAt: ago(at) })

/** Of every profile its first version, with less memory and without its HBA line, and what it says now. */
const versionsOf = (profile: Profile): readonly FakeVersion[] => [
  versionOf(
    profile,
    1,
    {
      ...profile.spec,
      resources: { ...profile.spec.resources, memoryLimit: "1Gi" },
      parameters: { shared_buffers: "256MB", work_mem: "4MB", jit: "off" },
      hba: [],
    },
    2_900_000,
    "",
  ),
  versionOf(profile, 2, profile.spec, 200_000, "more memory for the month-end reports"),
]

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

function satellite(
  name: string,
  state: Satellite["state"],
  more: Partial<Satellite> = {},
): Satellite {
  const waiting = state === "pending" || state === "rejected"
  const silence = { pending: 8, rejected: 86_400, offline: 0, connected: 3, late: 48, lost: 5_400 }[
    state
  ]
  return {
    id: randomUUID(),
    name,
    site: name,
    state,
    labels: { tier: "edge", region: "north" },
    kubernetesVersion: "v1.31.4+k3s1",
    satelliteVersion: "0.1.0",
    storageClasses: ["local-path", "longhorn"],
    defaultStorageClass: "local-path",
    tiers: {},
    imageMirror: null,
    clusterCount: 0,
    registeredAt: ago(waiting ? 340 : 3_000_000),
    approvedAt: waiting ? null : ago(2_990_000),
    lastSeenAt: state === "offline" ? null : ago(silence),
    identity: {
      asks: state === "pending",
      rotationAskedAt: null,
      rotatedAt: null,
      revokedAt: null,
      revokedWhy: null,
    },
    version: 1,
    ...more,
  }
}

export function instance(
  pod: string,
  role: Instance["role"],
  more: Partial<Instance> = {},
): Instance {
  const leads = role === "primary"
  return {
    pod,
    role,
    phase: leads ? "primary" : "streaming",
    ready: true,
    reason: null,
    timeline: 4,
    receivedLsn: "3A/7C2D49F0",
    replayedLsn: "3A/7C2D49F0",
    lagBytes: leads ? 0 : 18_432,
    lagSeconds: leads ? 0 : 0.2,
    connectionsUsed: leads ? 41 : 12,
    connectionsActive: leads ? 7 : 1,
    connectionsMax: 100,
    dataBytes: 3.4 * GiB,
    walBytes: 640 * MiB,
    diskTotalBytes: 20 * GiB,
    diskFreeBytes: 15.2 * GiB,
    receiver: leads ? null : "streaming",
    startedAt: ago(leads ? 345_600 : 86_400),
    containerRestarts: 0,
    synchronous: false,
    question: null,
    refusing: null,
    ...more,
  }
}

function cluster(
  on: Satellite,
  profile: Profile,
  name: string,
  more: Partial<Cluster> = {},
): Cluster {
  on.clusterCount += 1
  profile.clusterCount += 1
  return {
    id: randomUUID(),
    name,
    namespace: "databases",
    satelliteId: on.id,
    satelliteName: on.name,
    profileId: profile.id,
    profileName: profile.name,
    specVersion: 2,
    newestSpecVersion: 2,
    ruleId: null,
    state: "healthy",
    reason: "A primary accepts writes; 2 standbys stream.",
    paused: false,
    deletionProtected: false,
    members: 3,
    postgresMajor: 17,
    durability: "preferred",
    desiredVersion: 2,
    appliedVersion: 2,
    inForceVersion: 2,
    change: null,
    applyProblem: null,
    primary: `${name}-0`,
    term: 4,
    instances: [
      instance(`${name}-0`, "primary"),
      instance(`${name}-1`, "replica", { synchronous: true }),
      instance(`${name}-2`, "replica", { lagBytes: 204_800, lagSeconds: 0.6 }),
    ],
    observedAt: ago(4),
    createdAt: ago(2_400_000),
    version: 1,
    ...more,
  }
}

function profile(name: string, description: string, members: number): Profile {
  return {
    id: randomUUID(),
    name,
    description,
    spec: {
      members,
      postgres: { major: 17, image: "docker.io/library/postgres:17" },
      data: { sizeBytes: 20 * GiB, storageClass: null },
      wal: { sizeBytes: 5 * GiB, storageClass: "local-path" },
      resources: { cpuRequest: "500m", memoryRequest: "1Gi", cpuLimit: null, memoryLimit: "2Gi" },
      parameters: { shared_buffers: "512MB", work_mem: "16MB", max_connections: "100" },
      hba: ["host all all 10.42.0.0/16 scram-sha-256"],
      failover: { preset: "edge", durability: "preferred" },
    },
    specVersion: 2,
    clusterCount: 0,
    createdAt: ago(2_900_000),
    updatedAt: ago(200_000),
    version: 3,
  }
}

export function event(
  at: number,
  severity: Severity,
  kind: string,
  message: string,
  of: { readonly satellite?: Satellite; readonly cluster?: Cluster; readonly pod?: string } = {},
  details: Record<string, string> = {},
): FleetEventBody {
  return {
    id: randomUUID(),
    at: ago(at),
    receivedAt: ago(at),
    severity,
    kind,
    message,
    satelliteId: of.satellite?.id ?? of.cluster?.satelliteId ?? null,
    satelliteName: of.satellite?.name ?? of.cluster?.satelliteName ?? null,
    clusterId: of.cluster?.id ?? null,
    clusterName: of.cluster?.name ?? null,
    pod: of.pod ?? null,
    details,
  }
}

/** A change that waits for sidecars which do not speak of it. */
const oldSidecars = (name: string, version: number): Cluster["change"] => ({
  version,
  state: "blocked",
  strategy: "sequential-restart",
  steps: [{ pod: `${name}-2`, action: "restart", state: "done", detail: null, at: ago(520) }],
  reason: `${name}-0, ${name}-1 did not say yet what is in force there: their sidecar may be older than this satellite. If it stays so, delete these pods one after another, standbys first, and hand the primary's role over before its own: only a new pod brings a newer sidecar`,
  pendingRestart: ["shared_buffers"],
  startedAt: ago(560),
  endedAt: null,
})

/** Nobody becomes primary of it before a person decides. */
export const undecided = (
  { name }: Pick<Cluster, "name">,
  about: NonNullable<Instance["question"]>["about"],
): Partial<Cluster> => ({
  state: "unavailable",
  reason: "No member accepts writes: a person has to decide.",
  primary: null,
  paused: about === "pause",
  instances: [
    instance(`${name}-0`, "unknown", {
      phase: "unknown",
      ready: false,
      reason: "No word from its sidecar.",
      receiver: null,
      timeline: null,
      lagBytes: null,
      lagSeconds: null,
    }),
    instance(`${name}-1`, "replica", {
      phase: "catching-up",
      ready: false,
      receiver: null,
      receivedLsn: "3A/7C2D49F0",
      reason: "refuses to become primary: telemetry-0 may hold acknowledged commits",
      question: { about, missingBytes: 1.2 * MiB },
    }),
    instance(`${name}-2`, "replica", {
      phase: "catching-up",
      ready: false,
      receiver: null,
      receivedLsn: "3A/7B000000",
      reason: "telemetry-1 has more WAL",
      question: { about, missingBytes: 21 * MiB },
    }),
  ],
})

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
