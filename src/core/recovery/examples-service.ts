/** What the built-in rules of `rules-service.ts` take and leave; see `examples-data.ts`. */
import type { RuleExample } from "#core/recovery/examples-data.ts"

export const serviceExamples: readonly RuleExample[] = [
  {
    rule: "receiver-timeout",
    takes: ["FATAL:  terminating walreceiver due to timeout"],
    leaves: ["FATAL:  terminating walreceiver process due to administrator command"],
    catalog: ["terminating walreceiver due to timeout"],
  },
  {
    rule: "sender-timeout",
    takes: ["LOG:  terminating walsender process due to replication timeout"],
    leaves: ["LOG:  terminating walsender process after promotion"],
    catalog: ["terminating walsender process due to replication timeout"],
  },
  {
    rule: "replication-ended-by-primary",
    takes: ["LOG:  replication terminated by primary server"],
    leaves: ["LOG:  replication connection authorized: user=pgswarm_replication"],
    catalog: ["replication terminated by primary server"],
  },
  {
    rule: "slot-missing",
    takes: [
      'FATAL:  could not start WAL streaming: ERROR:  replication slot "c_1" does not exist',
      'ERROR:  replication slot "c_1" does not exist',
    ],
    leaves: ['ERROR:  replication slot "c_1" already exists'],
    catalog: ['replication slot "%s" does not exist'],
  },
  {
    rule: "slot-invalidated",
    takes: [
      'LOG:  invalidating slot "c_1" because its restart_lsn 0/7000000 exceeds max_slot_wal_keep_size',
      'LOG:  invalidating obsolete replication slot "c_1"',
    ],
    leaves: ['LOG:  terminating process 31 to release replication slot "c_1"'],
    catalog: ["invalidating "],
  },
  {
    rule: "senders-used-up",
    takes: [
      "FATAL:  number of requested standby connections exceeds max_wal_senders (currently 10)",
      'FATAL:  number of requested standby connections exceeds "max_wal_senders" (currently 10)',
    ],
    leaves: ["FATAL:  sorry, too many clients already"],
    catalog: ["number of requested standby connections exceeds"],
  },
  {
    rule: "replication-not-admitted",
    takes: [
      'FATAL:  no pg_hba.conf entry for replication connection from host "10.1.2.3", user "pgswarm_replication", no encryption',
      'FATAL:  could not connect to the primary server: FATAL:  no pg_hba.conf entry for replication connection from host "10.1.2.3", user "r", no encryption',
    ],
    leaves: [
      'FATAL:  no pg_hba.conf entry for host "10.1.2.3", user "app", database "app", no encryption',
    ],
    catalog: ["no pg_hba.conf entry for replication connection from host "],
  },
  {
    rule: "other-system-identifier",
    takes: ["FATAL:  database system identifier differs between the primary and standby"],
    leaves: ["LOG:  database system is ready to accept read-only connections"],
    catalog: ["database system identifier differs between the primary and standby"],
  },
  {
    rule: "primary-unreachable",
    takes: [
      'FATAL:  could not connect to the primary server: connection to server at "10.1.2.3", port 5432 failed: Connection refused',
      'FATAL:  streaming replication receiver "c-1" could not connect to the primary server: timeout expired',
    ],
    leaves: ["LOG:  started streaming WAL from primary at 0/3000000 on timeline 1"],
    catalog: ["could not connect to the primary server: %s"],
  },
  {
    rule: "query-cancelled-by-replay",
    takes: [
      "ERROR:  canceling statement due to conflict with recovery",
      "FATAL:  terminating connection due to conflict with recovery",
    ],
    leaves: ["ERROR:  canceling statement due to user request"],
    catalog: ["canceling statement due to conflict with recovery"],
  },
  {
    rule: "config-file-errors",
    takes: [
      'LOG:  configuration file "/pg-swarm/run/postgresql.conf" contains errors; unaffected changes were applied',
      'FATAL:  configuration file "/pg-swarm/run/postgresql.conf" contains errors',
    ],
    leaves: ["LOG:  received SIGHUP, reloading configuration files"],
    catalog: ['configuration file "%s" contains errors'],
  },
  {
    rule: "parameter-unknown",
    takes: [
      'LOG:  unrecognized configuration parameter "work_mum" in file "/pg-swarm/config/postgresql.conf" line 7',
    ],
    leaves: ['ERROR:  unrecognized configuration parameter "work_mum"'],
    catalog: ['unrecognized configuration parameter "%s" in file "%s" line %d'],
  },
  {
    rule: "parameter-value-invalid",
    takes: ['LOG:  invalid value for parameter "work_mem": "8GiB"'],
    leaves: ['ERROR:  invalid value for parameter "work_mem": "8GiB"'],
    catalog: ['invalid value for parameter "%s": "%s"'],
  },
  {
    rule: "restart-needed",
    takes: ['LOG:  parameter "shared_buffers" cannot be changed without restarting the server'],
    leaves: ['LOG:  parameter "work_mem" changed to "8MB"'],
    catalog: ['parameter "%s" cannot be changed without restarting the server'],
  },
  {
    rule: "standby-settings-too-small",
    takes: [
      "WARNING:  hot standby is not possible because of insufficient parameter settings",
      "FATAL:  recovery aborted because of insufficient parameter settings",
    ],
    leaves: ["LOG:  recovery has paused"],
    catalog: ["hot standby is not possible because of insufficient parameter settings"],
  },
  {
    rule: "hba-not-reloaded",
    takes: [
      "LOG:  pg_hba.conf was not reloaded",
      "LOG:  /pg-swarm/config/pg_hba.conf was not reloaded",
      "FATAL:  could not load /pg-swarm/config/pg_hba.conf",
    ],
    leaves: ["LOG:  SSL configuration was not reloaded"],
    catalog: ["was not reloaded", "could not load "],
  },
  {
    rule: "version-mismatch",
    takes: ["FATAL:  database files are incompatible with server"],
    leaves: ['FATAL:  incompatible library "/x/y.so": version mismatch'],
    catalog: ["database files are incompatible with server"],
  },
  {
    rule: "checkpoints-too-often",
    takes: [
      "LOG:  checkpoints are occurring too frequently (9 seconds apart)",
      "LOG:  checkpoints are occurring too frequently (1 second apart)",
    ],
    leaves: ["LOG:  checkpoint complete: wrote 31 buffers"],
    catalog: ["checkpoints are occurring too frequently (%d second"],
  },
  {
    rule: "connections-used-up",
    takes: ["FATAL:  sorry, too many clients already"],
    leaves: ['FATAL:  too many connections for role "app"'],
    catalog: ["sorry, too many clients already"],
  },
  {
    rule: "reserved-connections-only",
    takes: [
      "FATAL:  remaining connection slots are reserved for non-replication superuser connections",
      "FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute",
    ],
    leaves: ["FATAL:  sorry, too many clients already"],
    catalog: ["remaining connection slots are reserved for "],
  },
  {
    rule: "role-or-database-limit",
    takes: [
      'FATAL:  too many connections for role "app"',
      'FATAL:  too many connections for database "app"',
    ],
    leaves: ["FATAL:  sorry, too many clients already"],
    catalog: ['too many connections for role "%s"'],
  },
  {
    rule: "authentication-fails",
    takes: [
      'FATAL:  password authentication failed for user "app"',
      'FATAL:  certificate authentication failed for user "app"',
    ],
    leaves: [
      'FATAL:  role "app" does not exist',
      'LOG:  connection authenticated: identity="app" method=scram-sha-256',
    ],
    catalog: ['authentication failed for user "%s"'],
  },
  {
    rule: "host-not-admitted",
    takes: [
      'FATAL:  no pg_hba.conf entry for host "10.1.2.3", user "app", database "app", no encryption',
    ],
    leaves: [
      'FATAL:  pg_hba.conf rejects connection for host "10.1.2.3", user "app", database "app", no encryption',
    ],
    catalog: ['no pg_hba.conf entry for host "%s"'],
  },
  {
    rule: "accept-failed",
    takes: ["LOG:  could not accept new connection: Too many open files"],
    leaves: ["LOG:  could not accept SSL connection: EOF detected"],
    catalog: ["could not accept new connection: %m"],
  },
  {
    rule: "disk-full",
    takes: [
      'ERROR:  could not extend file "base/16384/16402": No space left on device',
      'FATAL:  could not write lock file "postmaster.pid": No space left on device',
    ],
    leaves: ["ERROR:  there is No space left on device for you"],
    catalog: ['could not extend file "%s": %m'],
  },
  {
    rule: "fsync-failed",
    takes: ['PANIC:  could not fsync file "base/16384/16402": Input/output error'],
    leaves: ['ERROR:  could not open file "base/16384/16402": No such file or directory'],
    catalog: ['could not fsync file "%s": %m'],
  },
  {
    rule: "disk-io-error",
    takes: [
      'ERROR:  could not read block 12 in file "base/16384/16402": Input/output error',
      'LOG:  could not open file "pg_wal/000000010000000000000007": Input/output error',
    ],
    leaves: [
      'ERROR:  could not read block 12 in file "base/16384/16402": read only 0 of 8192 bytes',
    ],
    catalog: ['could not open file "%s": %m'],
  },
  {
    rule: "volume-read-only",
    takes: ['LOG:  could not open file "postmaster.pid": Read-only file system'],
    leaves: ["ERROR:  cannot execute INSERT in a read-only transaction"],
    catalog: ['could not open file "%s": %m'],
  },
  {
    rule: "descriptors-used-up",
    takes: [
      "LOG:  out of file descriptors: Too many open files in system; release and retry",
      'ERROR:  could not open file "base/16384/16402": Too many open files',
    ],
    leaves: ["ERROR:  too many open cursors"],
    catalog: ["out of file descriptors: %m; release and retry"],
  },
  {
    rule: "temp-file-limit",
    takes: ["ERROR:  temporary file size exceeds temp_file_limit (1048576kB)"],
    leaves: ['LOG:  temporary file: path "base/pgsql_tmp/pgsql_tmp31.0", size 1073741824'],
    catalog: ["temporary file size exceeds temp_file_limit (%dkB)"],
  },
  {
    rule: "data-directory-permissions",
    takes: [
      'FATAL:  data directory "/var/lib/postgresql/data/pgdata" has wrong ownership',
      'FATAL:  data directory "/var/lib/postgresql/data/pgdata" has invalid permissions',
    ],
    leaves: ['FATAL:  data directory "/var/lib/postgresql/data/pgdata" does not exist'],
    catalog: [
      'data directory "%s" has wrong ownership',
      'data directory "%s" has invalid permissions',
    ],
  },
  {
    rule: "tablespace-directory-missing",
    takes: [
      'LOG:  could not open directory "pg_tblspc/16399/PG_17_202406281": No such file or directory',
      'FATAL:  directory "/mnt/fast" does not exist',
    ],
    leaves: [
      'FATAL:  directory "/mnt/fast" already in use as a tablespace',
      'LOG:  could not open directory "base/pgsql_tmp": No such file or directory',
    ],
    catalog: ['could not open directory "%s": %m', 'directory "%s" does not exist'],
  },
  {
    rule: "tablespace-in-use",
    takes: ['ERROR:  directory "/mnt/fast" already in use as a tablespace'],
    leaves: ['ERROR:  directory "/mnt/fast" exists but is not empty'],
    catalog: ['directory "%s" already in use as a tablespace'],
  },
  {
    rule: "tablespace-unknown",
    takes: ['ERROR:  tablespace "fast" does not exist'],
    leaves: [
      'NOTICE:  tablespace "fast" does not exist, skipping',
      'ERROR:  tablespace "fast" is not empty',
    ],
    catalog: ['tablespace "%s" does not exist'],
  },
  {
    rule: "library-missing",
    takes: [
      'FATAL:  could not access file "pg_cron": No such file or directory',
      'ERROR:  could not load library "/usr/lib/postgresql/17/lib/postgis-3.so": libgeos_c.so.1: cannot open shared object file: No such file or directory',
    ],
    leaves: ['ERROR:  could not access file "pg_cron": Permission denied'],
    catalog: ['could not access file "%s": %m', 'could not load library "%s": %s'],
  },
  {
    rule: "library-incompatible",
    takes: [
      'ERROR:  incompatible library "/usr/lib/postgresql/17/lib/x.so": version mismatch',
      'FATAL:  incompatible library "/usr/lib/postgresql/17/lib/x.so": missing magic block',
    ],
    leaves: ["FATAL:  database files are incompatible with server"],
    catalog: ['incompatible library "%s": version mismatch'],
  },
  {
    rule: "library-function-missing",
    takes: [
      'ERROR:  could not find function "pg_finfo_x" in file "/usr/lib/postgresql/17/lib/x.so"',
    ],
    leaves: ["ERROR:  function x(integer) does not exist"],
    catalog: ['could not find function "%s" in file "%s"'],
  },
  {
    rule: "extension-not-available",
    takes: ['ERROR:  extension "postgis" is not available'],
    leaves: ['ERROR:  extension "postgis" does not exist'],
    catalog: ['extension "%s" is not available'],
  },
  {
    rule: "extension-script-missing",
    takes: [
      'ERROR:  extension "postgis" has no installation script nor update path for version "9.9"',
      'ERROR:  extension "postgis" has no update path from version "3.4" to version "9.9"',
    ],
    leaves: ['ERROR:  extension "postgis" already exists'],
    catalog: [
      "has no installation script nor update path for version",
      "has no update path from version",
    ],
  },
  {
    rule: "background-worker-failed",
    takes: ['LOG:  background worker "pg_cron launcher" (PID 77) exited with exit code 1'],
    leaves: [
      'LOG:  background worker "pg_cron launcher" (PID 77) exited with exit code 0',
      "LOG:  server process (PID 77) exited with exit code 1",
    ],
    catalog: ['background worker "%s"', "%s (PID %d) exited with exit code %d"],
  },
]
