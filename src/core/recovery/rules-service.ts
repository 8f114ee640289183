/**
 * Built-in rules about how a server serves: replication, settings, clients, volumes, libraries.
 * Patterns are tried on what follows the severity, in the wording of
 * PostgreSQL 15 to 18. `examples.ts` has lines that each one takes and leaves; docs/recovery-rules.md shows them all.
 */
import { category } from "#core/recovery/rule-row.ts"
import type { RecoveryRule } from "#core/recovery/rule.ts"

export const serviceRules: readonly RecoveryRule[] = [
  // standbys, slots and their connections
  ...category("replication", [
    {
      name: "receiver-timeout",
      severities: ["FATAL"],
      pattern: String.raw`^terminating walreceiver due to timeout`,
      description: "The primary was silent for wal_receiver_timeout",
    },
    {
      name: "sender-timeout",
      severities: ["LOG"],
      pattern: String.raw`^terminating walsender process due to replication timeout`,
      description: "A standby was silent for wal_sender_timeout",
    },
    {
      name: "replication-ended-by-primary",
      severities: ["LOG"],
      pattern: String.raw`^replication terminated by primary server`,
      cooldownSeconds: 300,
      threshold: { count: 3, withinSeconds: 300 },
      description:
        "The primary closed the stream again and again: it stops, or hands over, too often",
    },
    {
      name: "slot-missing",
      severities: ["ERROR", "FATAL"],
      pattern: String.raw`replication slot \"[^\"]+\" does not exist`,
      cooldownSeconds: 120,
      threshold: { count: 5, withinSeconds: 60 },
      description: "The primary has no slot for this standby",
    },
    {
      name: "slot-invalidated",
      severities: ["LOG"],
      pattern: String.raw`^invalidating (obsolete replication )?slot \"[^\"]+\"`,
      description:
        "A slot held more WAL than max_slot_wal_keep_size: its standby must be cloned anew",
    },
    {
      name: "senders-used-up",
      severities: ["FATAL", "ERROR"],
      pattern: String.raw`number of requested standby connections exceeds \"?max_wal_senders\"?`,
      description: "Every walsender is taken: raise max_wal_senders",
    },
    {
      name: "replication-not-admitted",
      severities: ["FATAL", "ERROR"],
      pattern: String.raw`no pg_hba\.conf entry for replication connection from host `,
      description: "The primary does not admit this standby",
    },
    {
      name: "other-system-identifier",
      severities: ["FATAL", "ERROR"],
      pattern: String.raw`^database system identifier differs between the primary and standby`,
      description: "The standby was pointed at another cluster",
    },
    {
      name: "primary-unreachable",
      severities: ["FATAL", "ERROR"],
      pattern: String.raw`could not connect to the primary server: `,
      cooldownSeconds: 120,
      threshold: { count: 5, withinSeconds: 60 },
      description: "The standby does not reach its primary",
    },
    {
      name: "query-cancelled-by-replay",
      severities: ["ERROR", "FATAL"],
      pattern: String.raw`^(canceling statement|terminating connection) due to conflict with recovery`,
      cooldownSeconds: 300,
      threshold: { count: 10, withinSeconds: 300 },
      description: "A query on a standby stood in the way of replay",
    },
  ]),
  // settings that do not work
  ...category("configuration", [
    {
      name: "config-file-errors",
      severities: ["ERROR", "FATAL", "LOG"],
      pattern: String.raw`^configuration file \"[^\"]+\" contains errors`,
      description: "Some or all changes of the configuration were not applied",
    },
    {
      name: "parameter-unknown",
      severities: ["FATAL", "LOG", "ERROR"],
      pattern: String.raw`^unrecognized configuration parameter \"[^\"]+\" in file `,
      description: "A line of the configuration names a parameter that this version does not have",
    },
    {
      name: "parameter-value-invalid",
      severities: ["FATAL", "LOG"],
      pattern: String.raw`^invalid value for parameter \"[^\"]+\": `,
      description: "A parameter has a value that the server does not take",
    },
    {
      name: "restart-needed",
      severities: ["LOG"],
      pattern: String.raw`^parameter \"[^\"]+\" cannot be changed without restarting the server`,
      description: "A change waits for the next restart",
    },
    {
      name: "standby-settings-too-small",
      severities: ["WARNING", "FATAL"],
      pattern: String.raw`^(hot standby|promotion|recovery) (is not possible|aborted) because of insufficient parameter settings`,
      description: "max_connections or another limit is lower than on the primary",
    },
    {
      name: "hba-not-reloaded",
      severities: ["LOG", "FATAL"],
      pattern: String.raw`^(\S*pg_hba\.conf was not reloaded|could not load \S*pg_hba\.conf)`,
      description: "pg_hba.conf has a mistake: the old rules stay, or the server does not start",
    },
    {
      name: "version-mismatch",
      severities: ["FATAL"],
      pattern: String.raw`^database files are incompatible with server`,
      description: "The data directory is of another major version, or was made by another build",
    },
    {
      name: "checkpoints-too-often",
      severities: ["LOG"],
      pattern: String.raw`^checkpoints are occurring too frequently \(\d+ seconds? apart\)`,
      cooldownSeconds: 1800,
      threshold: { count: 3, withinSeconds: 600 },
      description: "max_wal_size is small for what is written",
    },
  ]),
  // clients that do not get in
  ...category("connection", [
    {
      name: "connections-used-up",
      severities: ["FATAL"],
      pattern: String.raw`^sorry, too many clients already`,
      cooldownSeconds: 300,
      threshold: { count: 5, withinSeconds: 60 },
      description: "max_connections is reached",
    },
    {
      name: "reserved-connections-only",
      severities: ["FATAL"],
      pattern: String.raw`^remaining connection slots are reserved for `,
      cooldownSeconds: 300,
      threshold: { count: 5, withinSeconds: 60 },
      description: "Only reserved connections are left",
    },
    {
      name: "role-or-database-limit",
      severities: ["FATAL"],
      pattern: String.raw`^too many connections for (role|database) `,
      cooldownSeconds: 300,
      threshold: { count: 5, withinSeconds: 60 },
      description: "A role or a database has reached its connection limit",
    },
    {
      name: "authentication-fails",
      severities: ["FATAL"],
      pattern: String.raw`^(password|SCRAM|PAM|LDAP|GSSAPI|RADIUS|certificate|\"trust\"|Ident|Peer|peer) authentication failed for user `,
      cooldownSeconds: 300,
      threshold: { count: 20, withinSeconds: 60 },
      description: "Somebody tries passwords, or a client has an old one",
    },
    {
      name: "host-not-admitted",
      severities: ["FATAL"],
      pattern: String.raw`^no pg_hba\.conf entry for host `,
      cooldownSeconds: 300,
      threshold: { count: 10, withinSeconds: 60 },
      description: "A client comes from where none is expected",
    },
    {
      name: "accept-failed",
      severities: ["LOG"],
      pattern: String.raw`^could not accept new connection: `,
      description: "The server can not take connections: file descriptors or memory are used up",
    },
  ]),
  // volumes and files
  ...category("storage", [
    {
      name: "disk-full",
      pattern: String.raw`: No space left on device$`,
      description: "A volume is full",
    },
    {
      name: "fsync-failed",
      severities: ["PANIC", "ERROR", "FATAL"],
      pattern: String.raw`^could not fsync file \"[^\"]+\": `,
      description: "The disk did not keep what it took",
    },
    {
      name: "disk-io-error",
      pattern: String.raw`: Input/output error$`,
      description: "The disk fails",
    },
    {
      name: "volume-read-only",
      pattern: String.raw`: Read-only file system$`,
      description: "The volume was mounted anew, read-only: mostly after errors",
    },
    {
      name: "descriptors-used-up",
      pattern: String.raw`(^out of file descriptors: |: Too many open files( in system)?$)`,
      description: "More files are open than may be",
    },
    {
      name: "temp-file-limit",
      severities: ["ERROR"],
      pattern: String.raw`^temporary file size exceeds temp_file_limit`,
      description: "A query needs more temporary space than it may have",
    },
    {
      name: "data-directory-permissions",
      severities: ["FATAL"],
      pattern: String.raw`^data directory \"[^\"]+\" has (wrong ownership|invalid permissions)`,
      description: "The volume belongs to another user, or is open to others",
    },
  ]),
  // tablespaces and their folders
  ...category("tablespace", [
    {
      name: "tablespace-directory-missing",
      severities: ["FATAL", "ERROR", "LOG"],
      pattern: String.raw`^(could not open directory \"pg_tblspc/[^\"]+\"|directory \"[^\"]+\" does not exist$)`,
      description: "A tablespace's folder is missing; pg-swarm gives members one data volume only",
    },
    {
      name: "tablespace-in-use",
      severities: ["FATAL", "ERROR"],
      pattern: String.raw`^directory \"[^\"]+\" already in use as a tablespace`,
      description: "Two tablespaces were put into one folder",
    },
    {
      name: "tablespace-unknown",
      severities: ["ERROR", "FATAL"],
      pattern: String.raw`^tablespace \"[^\"]+\" does not exist$`,
      description: "A tablespace is named that is not there",
    },
  ]),
  // libraries and extensions
  ...category("extension", [
    {
      name: "library-missing",
      severities: ["FATAL", "ERROR"],
      pattern: String.raw`^could not (load library \"[^\"]+\": |access file \"[^\"]+\": No such file)`,
      description: "The image does not have a library that is asked for",
    },
    {
      name: "library-incompatible",
      severities: ["FATAL", "ERROR"],
      pattern: String.raw`^incompatible library \"[^\"]+\": `,
      description: "A library was built for another version",
    },
    {
      name: "library-function-missing",
      severities: ["ERROR"],
      pattern: String.raw`^could not find function \"[^\"]+\" in file \"[^\"]+\"`,
      description:
        "An extension's library is older or newer than its SQL: ALTER EXTENSION … UPDATE",
    },
    {
      name: "extension-not-available",
      severities: ["ERROR"],
      pattern: String.raw`^extension \"[^\"]+\" is not available`,
      description: "The image does not offer the extension",
    },
    {
      name: "extension-script-missing",
      severities: ["ERROR"],
      pattern: String.raw`^extension \"[^\"]+\" has no (installation script nor update path|update path) `,
      description: "There is no way to the wanted version of an extension",
    },
    {
      name: "background-worker-failed",
      severities: ["LOG"],
      pattern: String.raw`^background worker \"[^\"]+\" \(PID \d+\) exited with exit code [1-9]\d*`,
      cooldownSeconds: 300,
      threshold: { count: 3, withinSeconds: 300 },
      description: "A background worker of an extension fails",
    },
  ]),
]
