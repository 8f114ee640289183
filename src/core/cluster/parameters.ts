/**
 * Parameters of postgresql.conf: which are pg-swarm's own, which defaults it sets, and the file that
 * comes out. Order of strength: PostgreSQL's default < ours < the profile's < pg-swarm's own.
 *
 * The failover sidecar adds what changes at run time (`primary_conninfo`, `synchronous_standby_names`,
 * `cluster_name`, addresses) in a file of its own that includes this one.
 */
import type { Preset, ProfileSpec } from "#core/cluster/spec.ts"
import { type Problem } from "#core/parsed.ts"
import { parameterProblem } from "#core/cluster/catalog.ts"
import { parseMemory } from "#core/cluster/quantity.ts"
import { logLineHead } from "#core/recovery/log-line.ts"

/** Why a profile may not set these; said to whoever tries. */
const ownReasons = {
  sidecar: "the failover sidecar sets it on each member",
  layout: "pg-swarm decides where a member keeps its files and listens",
  safety: "failover and durability rest on it",
  recovery: "recovery targets and restores are operations of pg-swarm",
  archive: "WAL archiving belongs to pg-swarm's backups",
  log: "logs go to the container's output, where Kubernetes and pg-swarm read them",
  tls: "TLS between clients and PostgreSQL is not configurable yet",
  file: "files are not included from a profile; name the parameters themselves",
  danger: "it makes PostgreSQL go on with damaged data",
} as const

type Reason = keyof typeof ownReasons

const ownNames: Readonly<Record<Reason, readonly string[]>> = {
  sidecar: [
    "primary_conninfo",
    "primary_slot_name",
    "synchronous_standby_names",
    "cluster_name",
    "restore_command",
    "recovery_min_apply_delay",
    "synchronized_standby_slots",
  ],
  layout: [
    "listen_addresses",
    "port",
    "unix_socket_directories",
    "unix_socket_group",
    "unix_socket_permissions",
    "data_directory",
    "config_file",
    "hba_file",
    "ident_file",
    "external_pid_file",
    "stats_temp_directory",
  ],
  safety: [
    "fsync",
    "full_page_writes",
    "wal_log_hints",
    "hot_standby",
    "restart_after_crash",
    "password_encryption",
    "allow_alter_system",
    "data_sync_retry",
    "transaction_read_only",
    "default_transaction_read_only",
    "promote_trigger_file",
  ],
  recovery: [
    "recovery_target",
    "recovery_target_action",
    "recovery_target_inclusive",
    "recovery_target_lsn",
    "recovery_target_name",
    "recovery_target_time",
    "recovery_target_timeline",
    "recovery_target_xid",
    "recovery_end_command",
    "archive_cleanup_command",
  ],
  archive: ["archive_mode", "archive_command", "archive_library", "archive_timeout"],
  log: ["log_destination", "logging_collector", "log_directory", "log_filename", "log_file_mode"],
  tls: [
    "ssl",
    "ssl_ca_file",
    "ssl_cert_file",
    "ssl_ciphers",
    "ssl_crl_dir",
    "ssl_crl_file",
    "ssl_dh_params_file",
    "ssl_ecdh_curve",
    "ssl_groups",
    "ssl_key_file",
    "ssl_max_protocol_version",
    "ssl_min_protocol_version",
    "ssl_passphrase_command",
    "ssl_passphrase_command_supports_reload",
    "ssl_prefer_server_ciphers",
    "ssl_tls13_ciphers",
  ],
  file: ["include", "include_dir", "include_if_exists"],
  danger: [
    "zero_damaged_pages",
    "ignore_checksum_failure",
    "ignore_invalid_pages",
    "ignore_system_indexes",
    "allow_system_table_mods",
  ],
}

const reasonOf: ReadonlyMap<string, string> = new Map(
  Object.entries(ownNames).flatMap(([reason, names]) =>
    names.map((name): [string, string] => [name, reasonText(reason)]),
  ),
)

function reasonText(reason: string): string {
  for (const [name, text] of Object.entries(ownReasons)) if (name === reason) return text
  return ""
}

/** Why `name` is not for a profile to set; undefined when it is. */
export const ownReason = (name: string): string | undefined => reasonOf.get(name.toLowerCase())

/** PostgreSQL's own shape of a name; extensions' parameters have a dot. */
const nameShape = /^[A-Za-z_][A-Za-z0-9_$]*(\.[A-Za-z_][A-Za-z0-9_$]*)?$/
// oxlint-disable-next-line no-control-regex -- they are what must not come in
const controlCharacters = /[\u0000-\u001f\u007f]/

/** Everything that is wrong with a profile's parameters. */
export function checkParameters(spec: ProfileSpec): readonly Problem[] {
  const problems: Problem[] = []
  const seen = new Map<string, string>()
  for (const [name, value] of Object.entries(spec.parameters)) {
    const field = `parameters.${name}`
    const note = (problem: string): void => void problems.push({ field, problem })
    const twin = seen.get(name.toLowerCase())
    seen.set(name.toLowerCase(), name)
    if (!nameShape.test(name)) note("not the name of a parameter: letters, digits and '_'")
    else if (twin !== undefined) note(`is the same parameter as ${twin}; remove one of them`)
    const own = ownReason(name)
    if (own !== undefined) note(`is set by pg-swarm: ${own}; remove it`)
    if (controlCharacters.test(value)) note("holds a line break or another control character")
    else if (nameShape.test(name) && own === undefined) {
      const problem = parameterProblem(spec.postgres.major, name, value)
      if (problem !== undefined) note(problem)
    }
  }
  problems.push(...checkFloors(spec))
  return problems
}

/** Values below which members cannot find each other or a hand-over has no room. */
export const floors = (members: number): Readonly<Record<string, number>> => ({
  max_wal_senders: 2 * members + 2,
  max_replication_slots: members + 1,
  max_connections: 20,
  superuser_reserved_connections: 3,
})

function checkFloors(spec: ProfileSpec): readonly Problem[] {
  const given = lowerCased(spec.parameters)
  const problems: Problem[] = []
  for (const [name, least] of Object.entries(floors(spec.members))) {
    const value = given.get(name)
    if (value !== undefined && Number(value) < least)
      problems.push({
        field: `parameters.${name}`,
        problem: `at least ${least} with ${spec.members} member${spec.members === 1 ? "" : "s"}`,
      })
  }
  const walLevel = given.get("wal_level")
  if (walLevel !== undefined && !["replica", "logical"].includes(walLevel.toLowerCase()))
    problems.push({ field: "parameters.wal_level", problem: "expected replica or logical" })
  const commit = given.get("synchronous_commit")?.toLowerCase()
  const waits = commit === undefined || commit === "on" || commit === "remote_apply"
  if (spec.failover.durability === "quorum" && !waits)
    problems.push({
      field: "parameters.synchronous_commit",
      problem:
        "durability quorum promises that commits are flushed on standbys: on or remote_apply",
    })
  return problems
}

const lowerCased = (parameters: ProfileSpec["parameters"]): ReadonlyMap<string, string> =>
  new Map(Object.entries(parameters).map(([name, value]) => [name.toLowerCase(), value]))

/** In seconds: how long a silent replication connection is believed. Below the Lease's T of the preset. */
const replicationTimeout: Readonly<Record<Preset, number>> = { fast: 3, edge: 5, calm: 10 }

function defaults(spec: ProfileSpec): Readonly<Record<string, string>> {
  const silence = `${replicationTimeout[spec.failover.preset]}s`
  return {
    max_connections: "100",
    superuser_reserved_connections: "5",
    wal_level: "replica",
    max_wal_senders: String(Math.max(10, 2 * spec.members + 2)),
    max_replication_slots: String(Math.max(10, spec.members + 1)),
    max_slot_wal_keep_size: slotCap(spec),
    wal_keep_size: "128MB",
    wal_sender_timeout: silence,
    wal_receiver_timeout: silence,
    wal_receiver_status_interval: "1s",
    wal_retrieve_retry_interval: "500ms",
    tcp_keepalives_idle: "10",
    tcp_keepalives_interval: "5",
    tcp_keepalives_count: "3",
    tcp_user_timeout: "15s",
    log_line_prefix: "%q%u@%d/%a ",
    log_checkpoints: "on",
    log_lock_waits: "on",
    log_timezone: "UTC",
    timezone: "UTC",
    // The log is read by rules, which know one language.
    lc_messages: "C",
    ...memoryDefaults(spec),
  }
}

/** Slots must not fill the disk that they protect: at most a part of the volume that WAL lives on. */
function slotCap(spec: ProfileSpec): string {
  const room = spec.wal === undefined ? spec.data.size * 0.2 : spec.wal.size * 0.6
  return `${Math.max(128, Math.floor(room / (1024 * 1024)))}MB`
}

/** A quarter of the container's memory, where the profile limits it. */
function memoryDefaults(spec: ProfileSpec): Readonly<Record<string, string>> {
  const limit = spec.resources.memoryLimit ?? spec.resources.memoryRequest
  const size = limit === undefined ? undefined : parseMemory(limit)
  if (size === undefined) return {}
  const mebibytes = size / (1024 * 1024)
  return {
    shared_buffers: `${Math.max(16, Math.floor(mebibytes / 4))}MB`,
    effective_cache_size: `${Math.max(32, Math.floor((mebibytes * 5) / 8))}MB`,
  }
}

/** What the profile cannot change. */
const own: Readonly<Record<string, string>> = {
  hot_standby: "on",
  wal_log_hints: "on",
  fsync: "on",
  full_page_writes: "on",
  restart_after_crash: "on",
  password_encryption: "scram-sha-256",
  recovery_target_timeline: "latest",
  log_destination: "stderr",
  logging_collector: "off",
}

/** A value as postgresql.conf wants it: in quotes, those inside doubled, backslashes too. */
const quoted = (value: string): string =>
  `'${value.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`

/** Every parameter that a cluster of this spec is given, by name in lower case; the rest are PostgreSQL's defaults. */
export function parametersOf(spec: ProfileSpec): ReadonlyMap<string, string> {
  const merged = new Map(Object.entries(defaults(spec)))
  for (const [name, value] of lowerCased(spec.parameters)) merged.set(name, value)
  for (const [name, value] of Object.entries(own)) merged.set(name, value)
  // Whatever a profile wants in each line, rules can tell first who wrote it.
  merged.set("log_line_prefix", `${logLineHead}${merged.get("log_line_prefix") ?? ""}`)
  return merged
}

/** The `postgresql.conf` of a cluster: the same for all members, one line a parameter, in order of name. */
export function postgresqlConf(spec: ProfileSpec): string {
  const lines = [...parametersOf(spec)]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name} = ${quoted(value)}`)
  return ["# Written by pg-swarm; change the profile instead.", ...lines, ""].join("\n")
}
