/**
 * Every name that two programs must agree on: labels, objects, ports, paths inside the pod,
 * environment variables (design section 6). Nothing else in the code spells them out.
 */
import type { ClusterName } from "#core/ids.ts"

export const managedBy = "pg-swarm"

export const label = {
  managedBy: "app.kubernetes.io/managed-by",
  name: "app.kubernetes.io/name",
  cluster: "pg-swarm.io/cluster",
  profile: "pg-swarm.io/profile",
  /** `primary` or `replica`: decides which Service a pod stands behind. */
  role: "pg-swarm.io/role",
} as const

export const annotation = {
  /** On every object: the config version that it was written from. */
  configVersion: "pg-swarm.io/config-version",
  /** On the StatefulSet: hash of what needs a new pod; volatile settings stay out of it. */
  templateHash: "pg-swarm.io/template-hash",
  /** On the Lease, JSON array of pod names: who may vote. Written by the holder (and once at creation by the satellite). */
  members: "pg-swarm.io/members",
  /** On the Lease, JSON array of pod names that may hold the last acknowledged commit. */
  syncSet: "pg-swarm.io/sync-set",
  /** On the Lease: pod name that alone may take a released Lease, until it is `successorSeconds` old. */
  successor: "pg-swarm.io/successor",
  /** On the Lease: system identifier of the cluster; once there, no member is ever initialised again (S4). */
  systemIdentifier: "pg-swarm.io/system-identifier",
  /** On the Lease: `<timeline> <LSN>` that the holder had on disk when it last renewed. */
  position: "pg-swarm.io/position",
  /** On the Lease: highest timeline that any holder opened or was about to open. */
  newestTimeline: "pg-swarm.io/newest-timeline",
  /** On the Lease: the operation that is running, JSON. */
  operation: "pg-swarm.io/operation",
} as const

/** Names of the Kubernetes objects of cluster `c`. */
export const objectNames = (c: ClusterName) => ({
  statefulSet: c as string,
  headless: `${c}-headless`,
  readWrite: `${c}-rw`,
  readOnly: `${c}-ro`,
  configMap: `${c}-config`,
  /** The desired state as it came from central, for inspection and for a satellite that restarts alone. */
  storedConfig: `${c}-desired`,
  secret: `${c}-secret`,
  lease: `${c}-leader`,
  /** ConfigMap that outlives volumes and Lease: system identifier, highest term seen. */
  record: `${c}-record`,
  /** ConfigMap: how far the newest config is in force, and the last one that was. */
  rollout: `${c}-rollout`,
  serviceAccount: `${c}-failover`,
  role: `${c}-failover`,
  roleBinding: `${c}-failover`,
  disruptionBudget: `${c}-pdb`,
})

export const secretKey = {
  superuserPassword: "superuser-password",
  replicationPassword: "replication-password",
  /** What a sidecar shows the satellite. */
  sidecarToken: "sidecar-token",
  /** Certificate authority of this cluster's peers, PEM. */
  peerCa: "peer-ca.crt",
  /** One certificate for all members of the cluster (client and server), DNS name `peerServerName`. */
  peerCertificate: "peer.crt",
  peerKey: "peer.key",
  /** Certificate authority of the satellite's sidecar port, PEM. */
  satelliteCa: "satellite-ca.crt",
  /** Databases and roles with their verifiers, as the satellite was told last; `wire/databases-file.ts`. */
  databases: "databases.json",
} as const

/** The name that a peer's certificate carries, checked instead of its address, which changes. */
export const peerServerName = (c: ClusterName): string => `${c}.peers.pg-swarm.io`
/** The name that the satellite's certificate carries. */
export const satelliteServerName = "satellite.pg-swarm.io"
/** Every certificate that central's own authority signs for central carries this name, wherever it is reached. */
export const centralServerName = "central.pg-swarm.io"

/** Keys of the ConfigMap `c-config`, mounted at `path.config`. */
export const configKey = {
  postgresqlConf: "postgresql.conf",
  hba: "pg_hba.conf",
  supervisor: "supervisor.sh",
  /** What the sidecar must know and may change without a restart; `wire/pod-config.ts`. */
  podConfig: "pod.json",
} as const

export const superuser = "postgres"
/** Not `pg_…`: PostgreSQL keeps those names to itself. */
export const replicationUser = "pgswarm_replication"

/** Nobody: a role that is never made, whose login shows whether the server lets clients in. */
export const doorUser = "pgswarm_door"

export const container = { postgres: "postgres", failover: "failover", backup: "backup" } as const

export const port = {
  postgres: 5432,
  centralRest: 8080,
  centralGrpc: 9090,
  satelliteSidecar: 9091,
  satelliteHealth: 8081,
  peer: 8009,
  /** Sidecar's own /healthz, /readyz and /metrics. */
  sidecarHealth: 8010,
} as const

/** Mount paths inside the pod. Programs never use them directly: they get them by environment, below. */
export const path = {
  data: "/var/lib/postgresql/data",
  wal: "/var/lib/postgresql/wal",
  run: "/pg-swarm/run",
  config: "/pg-swarm/config",
  secret: "/pg-swarm/secret",
  serviceAccount: "/var/run/secrets/kubernetes.io/serviceaccount",
} as const

/** Environment variables of the two containers of an instance pod. */
export const env = {
  cluster: "PG_SWARM_CLUSTER",
  namespace: "PG_SWARM_NAMESPACE",
  podName: "PG_SWARM_POD",
  podUid: "PG_SWARM_POD_UID",
  podIp: "PG_SWARM_POD_IP",
  /** Folder of the data volume; PGDATA is `pgdata` below it. */
  dataDir: "PG_SWARM_DATA_DIR",
  /** Folder of the WAL volume; empty when WAL lives on the data volume. */
  walDir: "PG_SWARM_WAL_DIR",
  runDir: "PG_SWARM_RUN_DIR",
  configDir: "PG_SWARM_CONFIG_DIR",
  secretDir: "PG_SWARM_SECRET_DIR",
  serviceAccountDir: "PG_SWARM_SERVICE_ACCOUNT_DIR",
} as const

export const identitySecret = "pg-swarm-satellite-identity"
export const systemNamespace = "pg-swarm-system"

/**
 * Node's flags for the failover sidecar, on its command line in `deploy/images` too. One runs beside every
 * database: interpreted code needs no compiler in memory, which is worth more here than speed.
 */
export const failoverNodeFlags = ["--no-opt", "--no-maglev", "--optimize-for-size"] as const

/**
 * The same for central, which keeps its compiler: a heap that grows late and a small nursery. With 300 satellites
 * it takes 200 MB instead of 330. By itself the first of these has the whole heap marked again whenever it grew by a
 * tenth, which was half of central's work with thousands of satellites (decision 13).
 */
export const centralNodeFlags = [
  "--optimize-for-size",
  "--max-semi-space-size=4",
  "--heap-growing-percent=30",
] as const

/**
 * Central's environment beside that: the C library gives each large buffer pages of its own. A connection has
 * 80 kB of buffers of which it writes to two or three pages, and the others then cost nothing (decision 13).
 */
export const centralNodeEnv = {
  GLIBC_TUNABLES:
    "glibc.malloc.arena_max=1:glibc.malloc.mmap_threshold=16384:glibc.malloc.top_pad=0",
} as const
