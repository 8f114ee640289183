/**
 * Parameters of the majors that no server was asked about: 16 and 18, by PostgreSQL's documentation and
 * release notes. What is here is told, not read; `catalog.ts` says so of each answer. A server of such a
 * major on the machine that runs `scripts/catalog.ts` replaces it.
 */

/** Read from 17 and not from 15: what 16 has of them. */
export const since16: readonly string[] = [
  "createrole_self_grant",
  "debug_io_direct",
  "debug_logical_replication_streaming",
  "debug_parallel_query",
  "enable_presorted_aggregate",
  "file_extend_method",
  "gss_accept_delegation",
  "icu_validation_level",
  "max_parallel_apply_workers_per_subscription",
  "output_plugin_libraries",
  "reserved_connections",
  "scram_iterations",
  "send_abort_for_crash",
  "send_abort_for_kill",
  "vacuum_buffer_usage_limit",
]

/** Read from 15 and not from 17: what 16 still has of them. */
export const until16: readonly string[] = [
  "db_user_namespace",
  "old_snapshot_threshold",
  "trace_recovery_messages",
]

/** What 18 brought, or has otherwise than 17: in the format of the rows that were read. */
export const toldOf18 = `
autovacuum_max_workers 18 sighup integer 1 262143
autovacuum_vacuum_max_threshold 18 sighup integer -1 2147483647
autovacuum_worker_slots 18 postmaster integer 1 262143
enable_distinct_reordering 18 user bool
enable_self_join_elimination 18 user bool
extension_control_path 18 superuser string
file_copy_method 18 user enum copy,clone
idle_replication_slot_timeout 18 sighup integer 0 2147483647 s
io_combine_limit 18 user integer 1 128 8kB
io_max_combine_limit 18 postmaster integer 1 128 8kB
io_max_concurrency 18 postmaster integer -1 1024
io_method 18 postmaster enum sync,worker,io_uring
io_workers 18 sighup integer 1 32
log_connections 18 superuser-backend string
log_lock_failures 18 superuser bool
max_active_replication_origins 18 postmaster integer 0 262143
md5_password_warnings 18 superuser bool
oauth_validator_libraries 18 sighup string
track_cost_delay_timing 18 superuser bool
vacuum_max_eager_freeze_failure_rate 18 user real 0 1
vacuum_truncate 18 user bool
`

/** Parameters of widely used extensions that are read at server start only, by the extensions' documentation. */
export const extensionsAtStart: readonly string[] = [
  "cron.database_name",
  "cron.host",
  "cron.max_running_jobs",
  "pg_prewarm.autoprewarm",
  "pg_stat_statements.max",
  "timescaledb.max_background_workers",
]

/** What these are for, in the format of `catalog-words-read.ts`. */
export const wordsOf18 = `
autovacuum_vacuum_max_threshold	Vacuuming / Automatic Vacuuming	Maximum number of tuple updates or deletes prior to vacuum. -1 disables the maximum threshold.	100000000
autovacuum_worker_slots	Vacuuming / Automatic Vacuuming	Sets the number of backend slots to allocate for autovacuum workers.	16
enable_distinct_reordering	Query Tuning / Planner Method Configuration	Enables reordering of DISTINCT keys.	on
enable_self_join_elimination	Query Tuning / Planner Method Configuration	Enables removal of unique self-joins.	on
extension_control_path	Client Connection Defaults / Other Defaults	Sets the path for extension control files.	$system
file_copy_method	Resource Usage / Disk	Selects the file copy method.	copy
idle_replication_slot_timeout	Replication / Sending Servers	Sets the duration a replication slot can remain idle before it is invalidated.	0
io_combine_limit	Resource Usage / I/O	Limit on the size of data reads and writes.	128kB
io_max_combine_limit	Resource Usage / I/O	Server-wide limit that clamps io_combine_limit.	128kB
io_max_concurrency	Resource Usage / I/O	Maximum number of I/O operations that one process can execute simultaneously.	-1
io_method	Resource Usage / I/O	Selects the method for executing asynchronous I/O.	worker
io_workers	Resource Usage / I/O	Number of I/O worker processes, for io_method=worker.	3
log_lock_failures	Reporting and Logging / What to Log	Logs lock failures.	off
max_active_replication_origins	Replication / Subscribers	Sets the maximum number of active replication origins.	10
md5_password_warnings	Connections and Authentication / Authentication	Enables deprecation warnings for MD5 passwords.	on
oauth_validator_libraries	Connections and Authentication / Authentication	Lists libraries that may be called to validate OAuth v2 bearer tokens.	
track_cost_delay_timing	Statistics / Cumulative Query and Index Statistics	Collects timing statistics for cost-based vacuum delay.	off
vacuum_max_eager_freeze_failure_rate	Vacuuming / Freezing	Fraction of pages in a relation vacuum can scan and fail to freeze before disabling eager scanning.	0.03
vacuum_truncate	Vacuuming / Default Behavior	Enables vacuum to truncate empty pages at the end of the table.	on
`
