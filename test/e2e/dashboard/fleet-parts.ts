/** Satellites, clusters, members and the like as central would describe them. Ages are relative to now. */
import { randomUUID } from "node:crypto"
import type { Severity } from "#core/cluster/events.ts"
import type { Cluster, Instance } from "#wire/rest/clusters.ts"
import type { FleetEventBody } from "#wire/rest/events.ts"
import type { Profile, ProfileSpecBody } from "#wire/rest/profiles.ts"
import type { Satellite } from "#wire/rest/satellites.ts"

export const MiB = 1024 ** 2
export const GiB = 1024 ** 3

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
export const versionsOf = (profile: Profile): readonly FakeVersion[] => [
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

export function satellite(
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

export function cluster(
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

export function profile(name: string, description: string, members: number): Profile {
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
export const oldSidecars = (name: string, version: number): Cluster["change"] => ({
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
