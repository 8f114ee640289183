/**
 * What PostgreSQL says of the parameters that a profile may set: name, category, what it is for, the default,
 * and the default of earlier majors where it was another. Written by `node scripts/catalog.ts`.
 */
export const catalogWordsRead = String.raw`
allow_in_place_tablespaces	Developer Options	Allows tablespaces directly inside pg_tblspc, for testing.	off
application_name	Reporting and Logging / What to Log	Sets the application name to be reported in statistics and logs.	
array_nulls	Version and Platform Compatibility / Previous PostgreSQL Versions	Enables input of NULL elements in arrays. When turned on, unquoted NULL in an array input value means a null value; otherwise it is taken literally.	on
authentication_timeout	Connections and Authentication / Authentication	Sets the maximum allowed time to complete client authentication.	1min
autovacuum	Vacuuming / Automatic Vacuuming	Starts the autovacuum subprocess.	on
autovacuum_analyze_scale_factor	Vacuuming / Automatic Vacuuming	Number of tuple inserts, updates, or deletes prior to analyze as a fraction of reltuples.	0.1
autovacuum_analyze_threshold	Vacuuming / Automatic Vacuuming	Minimum number of tuple inserts, updates, or deletes prior to analyze.	50
autovacuum_freeze_max_age	Vacuuming / Automatic Vacuuming	Age at which to autovacuum a table to prevent transaction ID wraparound.	200000000
autovacuum_max_workers	Vacuuming / Automatic Vacuuming	Sets the maximum number of simultaneously running autovacuum worker processes.	3
autovacuum_multixact_freeze_max_age	Vacuuming / Automatic Vacuuming	Multixact age at which to autovacuum a table to prevent multixact wraparound.	400000000
autovacuum_naptime	Vacuuming / Automatic Vacuuming	Time to sleep between autovacuum runs.	1min
autovacuum_vacuum_cost_delay	Vacuuming / Automatic Vacuuming	Vacuum cost delay in milliseconds, for autovacuum. -1 means use "vacuum_cost_delay".	2ms
autovacuum_vacuum_cost_limit	Vacuuming / Automatic Vacuuming	Vacuum cost amount available before napping, for autovacuum. -1 means use "vacuum_cost_limit".	-1
autovacuum_vacuum_insert_scale_factor	Vacuuming / Automatic Vacuuming	Number of tuple inserts prior to vacuum as a fraction of reltuples.	0.2
autovacuum_vacuum_insert_threshold	Vacuuming / Automatic Vacuuming	Minimum number of tuple inserts prior to vacuum. -1 disables insert vacuums.	1000
autovacuum_vacuum_max_threshold	Vacuuming / Automatic Vacuuming	Maximum number of tuple updates or deletes prior to vacuum. -1 disables the maximum threshold.	100000000
autovacuum_vacuum_scale_factor	Vacuuming / Automatic Vacuuming	Number of tuple updates or deletes prior to vacuum as a fraction of reltuples.	0.2
autovacuum_vacuum_threshold	Vacuuming / Automatic Vacuuming	Minimum number of tuple updates or deletes prior to vacuum.	50
autovacuum_work_mem	Resource Usage / Memory	Sets the maximum memory to be used by each autovacuum worker process. -1 means use "maintenance_work_mem".	-1
autovacuum_worker_slots	Vacuuming / Automatic Vacuuming	Sets the number of backend slots to allocate for autovacuum workers.	16
backend_flush_after	Resource Usage / I/O	Number of pages after which previously performed writes are flushed to disk. 0 disables forced writeback.	0
backslash_quote	Version and Platform Compatibility / Previous PostgreSQL Versions	Sets whether "\'" is allowed in string literals.	safe_encoding
backtrace_functions	Developer Options	Log backtrace for errors in these functions.	
bgwriter_delay	Resource Usage / Background Writer	Background writer sleep time between rounds.	200ms
bgwriter_flush_after	Resource Usage / Background Writer	Number of pages after which previously performed writes are flushed to disk. 0 disables forced writeback.	512kB
bgwriter_lru_maxpages	Resource Usage / Background Writer	Background writer maximum number of LRU pages to flush per round. 0 disables background writing.	100
bgwriter_lru_multiplier	Resource Usage / Background Writer	Multiple of the average buffer usage to free per round.	2
bonjour	Connections and Authentication / Connection Settings	Enables advertising the server via Bonjour.	off
bonjour_name	Connections and Authentication / Connection Settings	Sets the Bonjour service name. An empty string means use the computer name.	
bytea_output	Client Connection Defaults / Statement Behavior	Sets the output format for bytea.	hex
check_function_bodies	Client Connection Defaults / Statement Behavior	Check routine bodies during CREATE FUNCTION and CREATE PROCEDURE.	on
checkpoint_completion_target	Write-Ahead Log / Checkpoints	Time spent flushing dirty buffers during checkpoint, as fraction of checkpoint interval.	0.9
checkpoint_flush_after	Write-Ahead Log / Checkpoints	Number of pages after which previously performed writes are flushed to disk. 0 disables forced writeback.	256kB
checkpoint_timeout	Write-Ahead Log / Checkpoints	Sets the maximum time between automatic WAL checkpoints.	5min
checkpoint_warning	Write-Ahead Log / Checkpoints	Sets the maximum time before warning if checkpoints triggered by WAL volume happen too frequently. Write a message to the server log if checkpoints caused by the filling of WAL segment files happen more frequently than this amount of time. 0 disables the warning.	30s
client_connection_check_interval	Connections and Authentication / TCP Settings	Sets the time interval between checks for disconnection while running queries. 0 disables connection checks.	0
client_encoding	Client Connection Defaults / Locale and Formatting	Sets the client's character set encoding.	SQL_ASCII
client_min_messages	Client Connection Defaults / Statement Behavior	Sets the message levels that are sent to the client. Each level includes all the levels that follow it. The later the level, the fewer messages are sent.	notice
commit_delay	Write-Ahead Log / Settings	Sets the delay in microseconds between transaction commit and flushing WAL to disk.	0
commit_siblings	Write-Ahead Log / Settings	Sets the minimum number of concurrent open transactions required before performing "commit_delay".	5
commit_timestamp_buffers	Resource Usage / Memory	Sets the size of the dedicated buffer pool used for the commit timestamp cache. 0 means use a fraction of "shared_buffers".	0
composite_type_mismatch	Developer Options	Sets how version mismatches of composite values are handled. Reading a composite value whose row type was altered incompatibly after the value was created normally causes PostgreSQL to report an error. This parameter controls that behavior. Anything other than "error", i.e. "warn" or "disabled", is not safe.	error
compute_query_id	Statistics / Monitoring	Enables in-core computation of query identifiers.	auto
constraint_exclusion	Query Tuning / Other Planner Options	Enables the planner to use constraints to optimize queries. Table scans will be skipped if their constraints guarantee that no rows match the query.	partition
cpu_index_tuple_cost	Query Tuning / Planner Cost Constants	Sets the planner's estimate of the cost of processing each index entry during an index scan.	0.005
cpu_operator_cost	Query Tuning / Planner Cost Constants	Sets the planner's estimate of the cost of processing each operator or function call.	0.0025
cpu_tuple_cost	Query Tuning / Planner Cost Constants	Sets the planner's estimate of the cost of processing each tuple (row).	0.01
createrole_self_grant	Client Connection Defaults / Statement Behavior	Sets whether a CREATEROLE user automatically grants the role to themselves, and with which options. An empty string disables automatic self grants.	
cursor_tuple_fraction	Query Tuning / Other Planner Options	Sets the planner's estimate of the fraction of a cursor's rows that will be retrieved.	0.1
datestyle	Client Connection Defaults / Locale and Formatting	Sets the display format for date and time values. Also controls interpretation of ambiguous date inputs.	ISO, MDY
db_user_namespace	Connections and Authentication / Authentication	Enables per-database user names.	off
deadlock_timeout	Lock Management	Sets the time to wait on a lock before checking for deadlock.	1s
debug_discard_caches	Developer Options	Aggressively flush system caches for debugging purposes. 0 means use normal caching behavior.	0
debug_io_direct	Developer Options	Use direct I/O for file access. An empty string disables direct I/O.	
debug_logical_replication_streaming	Developer Options	Forces immediate streaming or serialization of changes in large transactions. On the publisher, it allows streaming or serializing each change in logical decoding. On the subscriber, it allows serialization of all changes to files and notifies the parallel apply workers to read and apply them at the end of the transaction.	buffered
debug_parallel_query	Developer Options	Forces the planner's use parallel query nodes. This can be useful for testing the parallel query infrastructure by forcing the planner to generate plans that contain nodes that perform tuple communication between workers and the main process.	off
debug_pretty_print	Reporting and Logging / What to Log	Indents parse and plan tree displays.	on
debug_print_parse	Reporting and Logging / What to Log	Logs each query's parse tree.	off
debug_print_plan	Reporting and Logging / What to Log	Logs each query's execution plan.	off
debug_print_rewritten	Reporting and Logging / What to Log	Logs each query's rewritten parse tree.	off
default_statistics_target	Query Tuning / Other Planner Options	Sets the default statistics target. This applies to table columns that have not had a column-specific target set via ALTER TABLE SET STATISTICS.	100
default_table_access_method	Client Connection Defaults / Statement Behavior	Sets the default table access method for new tables.	heap
default_tablespace	Client Connection Defaults / Statement Behavior	Sets the default tablespace to create tables and indexes in. An empty string means use the database's default tablespace.	
default_text_search_config	Client Connection Defaults / Locale and Formatting	Sets default text search configuration.	pg_catalog.simple
default_toast_compression	Client Connection Defaults / Statement Behavior	Sets the default compression method for compressible values.	pglz
default_transaction_deferrable	Client Connection Defaults / Statement Behavior	Sets the default deferrable status of new transactions.	off
default_transaction_isolation	Client Connection Defaults / Statement Behavior	Sets the transaction isolation level of each new transaction.	read committed
dynamic_library_path	Client Connection Defaults / Other Defaults	Sets the path for dynamically loadable modules. If a dynamically loadable module needs to be opened and the specified name does not have a directory component (i.e., the name does not contain a slash), the system will search this path for the specified file.	$libdir
dynamic_shared_memory_type	Resource Usage / Memory	Selects the dynamic shared memory implementation used.	posix
effective_cache_size	Query Tuning / Planner Cost Constants	Sets the planner's assumption about the total size of the data caches. That is, the total size of the caches (kernel cache and shared buffers) used for PostgreSQL data files. This is measured in disk pages, which are normally 8 kB each.	4GB
effective_io_concurrency	Resource Usage / I/O	Number of simultaneous requests that can be handled efficiently by the disk subsystem. 0 disables simultaneous requests.	16	15=1	16=1	17=1
enable_async_append	Query Tuning / Planner Method Configuration	Enables the planner's use of async append plans.	on
enable_bitmapscan	Query Tuning / Planner Method Configuration	Enables the planner's use of bitmap-scan plans.	on
enable_distinct_reordering	Query Tuning / Planner Method Configuration	Enables reordering of DISTINCT keys.	on
enable_gathermerge	Query Tuning / Planner Method Configuration	Enables the planner's use of gather merge plans.	on
enable_group_by_reordering	Query Tuning / Planner Method Configuration	Enables reordering of GROUP BY keys.	on
enable_hashagg	Query Tuning / Planner Method Configuration	Enables the planner's use of hashed aggregation plans.	on
enable_hashjoin	Query Tuning / Planner Method Configuration	Enables the planner's use of hash join plans.	on
enable_incremental_sort	Query Tuning / Planner Method Configuration	Enables the planner's use of incremental sort steps.	on
enable_indexonlyscan	Query Tuning / Planner Method Configuration	Enables the planner's use of index-only-scan plans.	on
enable_indexscan	Query Tuning / Planner Method Configuration	Enables the planner's use of index-scan plans.	on
enable_material	Query Tuning / Planner Method Configuration	Enables the planner's use of materialization.	on
enable_memoize	Query Tuning / Planner Method Configuration	Enables the planner's use of memoization.	on
enable_mergejoin	Query Tuning / Planner Method Configuration	Enables the planner's use of merge join plans.	on
enable_nestloop	Query Tuning / Planner Method Configuration	Enables the planner's use of nested-loop join plans.	on
enable_parallel_append	Query Tuning / Planner Method Configuration	Enables the planner's use of parallel append plans.	on
enable_parallel_hash	Query Tuning / Planner Method Configuration	Enables the planner's use of parallel hash plans.	on
enable_partition_pruning	Query Tuning / Planner Method Configuration	Enables plan-time and execution-time partition pruning. Allows the query planner and executor to compare partition bounds to conditions in the query to determine which partitions must be scanned.	on
enable_partitionwise_aggregate	Query Tuning / Planner Method Configuration	Enables partitionwise aggregation and grouping.	off
enable_partitionwise_join	Query Tuning / Planner Method Configuration	Enables partitionwise join.	off
enable_presorted_aggregate	Query Tuning / Planner Method Configuration	Enables the planner's ability to produce plans that provide presorted input for ORDER BY / DISTINCT aggregate functions. Allows the query planner to build plans that provide presorted input for aggregate functions with an ORDER BY / DISTINCT clause.  When disabled, implicit sorts are always performed during execution.	on
enable_self_join_elimination	Query Tuning / Planner Method Configuration	Enables removal of unique self-joins.	on
enable_seqscan	Query Tuning / Planner Method Configuration	Enables the planner's use of sequential-scan plans.	on
enable_sort	Query Tuning / Planner Method Configuration	Enables the planner's use of explicit sort steps.	on
enable_tidscan	Query Tuning / Planner Method Configuration	Enables the planner's use of TID scan plans.	on
escape_string_warning	Version and Platform Compatibility / Previous PostgreSQL Versions	Warn about backslash escapes in ordinary string literals.	on
event_source	Reporting and Logging / Where to Log	Sets the application name used to identify PostgreSQL messages in the event log.	PostgreSQL
event_triggers	Client Connection Defaults / Statement Behavior	Enables event triggers. When enabled, event triggers will fire for all applicable statements.	on
exit_on_error	Error Handling	Terminate session on any error.	off
extension_control_path	Client Connection Defaults / Other Defaults	Sets the path for extension control files. The remaining extension script and secondary control files are then loaded from the same directory where the primary control file was found.	$system
extension_destdir	File Locations	Path to prepend for extension loading. This directory is prepended to paths when loading extensions (control and SQL files), and to the '$libdir' directive when loading modules that back functions. The location is made configurable to allow build-time testing of extensions that do not have been installed to their proper location yet.	
extra_float_digits	Client Connection Defaults / Locale and Formatting	Sets the number of digits displayed for floating-point values. This affects real, double precision, and geometric data types. A zero or negative parameter value is added to the standard number of digits (FLT_DIG or DBL_DIG as appropriate). Any value greater than zero selects precise output mode.	1
file_copy_method	Resource Usage / Disk	Selects the file copy method.	copy
file_extend_method	Resource Usage / Disk	Selects the method used for extending data files.	posix_fallocate
force_parallel_mode	Developer Options	Forces use of parallel query facilities. If possible, run query using a parallel worker and with parallel restrictions.	off
from_collapse_limit	Query Tuning / Other Planner Options	Sets the FROM-list size beyond which subqueries are not collapsed. The planner will merge subqueries into upper queries if the resulting FROM list would have no more than this many items.	8
geqo	Query Tuning / Genetic Query Optimizer	Enables genetic query optimization. This algorithm attempts to do planning without exhaustive searching.	on
geqo_effort	Query Tuning / Genetic Query Optimizer	GEQO: effort is used to set the default for other GEQO parameters.	5
geqo_generations	Query Tuning / Genetic Query Optimizer	GEQO: number of iterations of the algorithm. 0 means use a suitable default value.	0
geqo_pool_size	Query Tuning / Genetic Query Optimizer	GEQO: number of individuals in the population. 0 means use a suitable default value.	0
geqo_seed	Query Tuning / Genetic Query Optimizer	GEQO: seed for random path selection.	0
geqo_selection_bias	Query Tuning / Genetic Query Optimizer	GEQO: selective pressure within the population.	2
geqo_threshold	Query Tuning / Genetic Query Optimizer	Sets the threshold of FROM items beyond which GEQO is used.	12
gin_fuzzy_search_limit	Client Connection Defaults / Other Defaults	Sets the maximum allowed result for exact search by GIN. 0 means no limit.	0
gin_pending_list_limit	Client Connection Defaults / Statement Behavior	Sets the maximum size of the pending list for GIN index.	4MB
gss_accept_delegation	Connections and Authentication / Authentication	Sets whether GSSAPI delegation should be accepted from the client.	off
hash_mem_multiplier	Resource Usage / Memory	Multiple of "work_mem" to use for hash tables.	2
hot_standby_feedback	Replication / Standby Servers	Allows feedback from a hot standby to the primary that will avoid query conflicts.	off
huge_page_size	Resource Usage / Memory	The size of huge page that should be requested. 0 means use the system default.	0
huge_pages	Resource Usage / Memory	Use of huge pages on Linux or Windows.	try
icu_validation_level	Client Connection Defaults / Locale and Formatting	Log level for reporting invalid ICU locale strings.	warning
idle_in_transaction_session_timeout	Client Connection Defaults / Statement Behavior	Sets the maximum allowed idle time between queries, when in a transaction. 0 disables the timeout.	0
idle_replication_slot_timeout	Replication / Sending Servers	Sets the duration a replication slot can remain idle before it is invalidated.	0
idle_session_timeout	Client Connection Defaults / Statement Behavior	Sets the maximum allowed idle time between queries, when not in a transaction. 0 disables the timeout.	0
intervalstyle	Client Connection Defaults / Locale and Formatting	Sets the display format for interval values.	postgres
io_combine_limit	Resource Usage / I/O	Limit on the size of data reads and writes.	128kB
io_max_combine_limit	Resource Usage / I/O	Server-wide limit that clamps io_combine_limit.	128kB
io_max_concurrency	Resource Usage / I/O	Max number of IOs that one process can execute simultaneously.	-1
io_method	Resource Usage / I/O	Selects the method for executing asynchronous I/O.	worker
io_workers	Resource Usage / I/O	Number of IO worker processes, for io_method=worker.	3
jit	Query Tuning / Other Planner Options	Allow JIT compilation.	on
jit_above_cost	Query Tuning / Planner Cost Constants	Perform JIT compilation if query is more expensive. -1 disables JIT compilation.	100000
jit_debugging_support	Developer Options	Register JIT-compiled functions with debugger.	off
jit_dump_bitcode	Developer Options	Write out LLVM bitcode to facilitate JIT debugging.	off
jit_expressions	Developer Options	Allow JIT compilation of expressions.	on
jit_inline_above_cost	Query Tuning / Planner Cost Constants	Perform JIT inlining if query is more expensive. -1 disables inlining.	500000
jit_optimize_above_cost	Query Tuning / Planner Cost Constants	Optimize JIT-compiled functions if query is more expensive. -1 disables optimization.	500000
jit_profiling_support	Developer Options	Register JIT-compiled functions with perf profiler.	off
jit_provider	Client Connection Defaults / Shared Library Preloading	JIT provider to use.	llvmjit
jit_tuple_deforming	Developer Options	Allow JIT compilation of tuple deforming.	on
join_collapse_limit	Query Tuning / Other Planner Options	Sets the FROM-list size beyond which JOIN constructs are not flattened. The planner will flatten explicit JOIN constructs into lists of FROM items whenever a list of no more than this many items would result.	8
krb_caseins_users	Connections and Authentication / Authentication	Sets whether Kerberos and GSSAPI user names should be treated as case-insensitive.	off
krb_server_keyfile	Connections and Authentication / Authentication	Sets the location of the Kerberos server key file.		15=FILE:/etc/postgresql-common/krb5.keytab	17=FILE:/etc/postgresql-common/krb5.keytab
lc_messages	Client Connection Defaults / Locale and Formatting	Sets the language in which messages are displayed. An empty string means use the operating system setting.	
lc_monetary	Client Connection Defaults / Locale and Formatting	Sets the locale for formatting monetary amounts. An empty string means use the operating system setting.	C
lc_numeric	Client Connection Defaults / Locale and Formatting	Sets the locale for formatting numbers. An empty string means use the operating system setting.	C
lc_time	Client Connection Defaults / Locale and Formatting	Sets the locale for formatting date and time values. An empty string means use the operating system setting.	C
lo_compat_privileges	Version and Platform Compatibility / Previous PostgreSQL Versions	Enables backward compatibility mode for privilege checks on large objects. Skips privilege checks when reading or modifying large objects, for compatibility with PostgreSQL releases prior to 9.0.	off
local_preload_libraries	Client Connection Defaults / Shared Library Preloading	Lists unprivileged shared libraries to preload into each backend.	
lock_timeout	Client Connection Defaults / Statement Behavior	Sets the maximum allowed duration of any wait for a lock. 0 disables the timeout.	0
log_autovacuum_min_duration	Reporting and Logging / What to Log	Sets the minimum execution time above which autovacuum actions will be logged. -1 disables logging autovacuum actions. 0 means log all autovacuum actions.	10min
log_checkpoints	Reporting and Logging / What to Log	Logs each checkpoint.	on
log_connections	Reporting and Logging / What to Log	Logs specified aspects of connection establishment and setup.		15=off	16=off	17=off
log_disconnections	Reporting and Logging / What to Log	Logs end of a session, including duration.	off
log_duration	Reporting and Logging / What to Log	Logs the duration of each completed SQL statement.	off
log_error_verbosity	Reporting and Logging / What to Log	Sets the verbosity of logged messages.	default
log_executor_stats	Statistics / Monitoring	Writes executor performance statistics to the server log.	off
log_hostname	Reporting and Logging / What to Log	Logs the host name in the connection logs. By default, connection logs only show the IP address of the connecting host. If you want them to show the host name you can turn this on, but depending on your host name resolution setup it might impose a non-negligible performance penalty.	off
log_line_prefix	Reporting and Logging / What to Log	Controls information prefixed to each log line. An empty string means no prefix.	%m [%p] 
log_lock_failures	Reporting and Logging / What to Log	Logs lock failures.	off
log_lock_waits	Reporting and Logging / What to Log	Logs long lock waits.	off
log_min_duration_sample	Reporting and Logging / When to Log	Sets the minimum execution time above which a sample of statements will be logged. Sampling is determined by "log_statement_sample_rate". -1 disables sampling. 0 means sample all statements.	-1
log_min_duration_statement	Reporting and Logging / When to Log	Sets the minimum execution time above which all statements will be logged. -1 disables logging statement durations. 0 means log all statement durations.	-1
log_min_error_statement	Reporting and Logging / When to Log	Causes all statements generating error at or above this level to be logged. Each level includes all the levels that follow it. The later the level, the fewer messages are sent.	error
log_min_messages	Reporting and Logging / When to Log	Sets the message levels that are logged. Each level includes all the levels that follow it. The later the level, the fewer messages are sent.	warning
log_parameter_max_length	Reporting and Logging / What to Log	Sets the maximum length in bytes of data logged for bind parameter values when logging statements. -1 means log values in full.	-1
log_parameter_max_length_on_error	Reporting and Logging / What to Log	Sets the maximum length in bytes of data logged for bind parameter values when logging statements, on error. -1 means log values in full.	0
log_parser_stats	Statistics / Monitoring	Writes parser performance statistics to the server log.	off
log_planner_stats	Statistics / Monitoring	Writes planner performance statistics to the server log.	off
log_recovery_conflict_waits	Reporting and Logging / What to Log	Logs standby recovery conflict waits.	off
log_replication_commands	Reporting and Logging / What to Log	Logs each replication command.	off
log_rotation_age	Reporting and Logging / Where to Log	Sets the amount of time to wait before forcing log file rotation. 0 disables time-based creation of new log files.	1d
log_rotation_size	Reporting and Logging / Where to Log	Sets the maximum size a log file can reach before being rotated. 0 disables size-based creation of new log files.	10MB
log_startup_progress_interval	Reporting and Logging / When to Log	Time between progress updates for long-running startup operations. 0 disables progress updates.	10s
log_statement	Reporting and Logging / What to Log	Sets the type of statements logged.	none
log_statement_sample_rate	Reporting and Logging / When to Log	Fraction of statements exceeding "log_min_duration_sample" to be logged. Use a value between 0.0 (never log) and 1.0 (always log).	1
log_statement_stats	Statistics / Monitoring	Writes cumulative performance statistics to the server log.	off
log_temp_files	Reporting and Logging / What to Log	Log the use of temporary files larger than this number of kilobytes. -1 disables logging temporary files. 0 means log all temporary files.	-1
log_timezone	Reporting and Logging / What to Log	Sets the time zone to use in log messages.	GMT
log_transaction_sample_rate	Reporting and Logging / When to Log	Sets the fraction of transactions from which to log all statements. Use a value between 0.0 (never log) and 1.0 (log all statements for all transactions).	0
log_truncate_on_rotation	Reporting and Logging / Where to Log	Truncate existing log files of same name during log rotation.	off
logical_decoding_work_mem	Resource Usage / Memory	Sets the maximum memory to be used for logical decoding. This much memory can be used by each internal reorder buffer before spilling to disk.	64MB
maintenance_io_concurrency	Resource Usage / I/O	A variant of "effective_io_concurrency" that is used for maintenance work. 0 disables simultaneous requests.	16	15=10	16=10	17=10
maintenance_work_mem	Resource Usage / Memory	Sets the maximum memory to be used for maintenance operations. This includes operations such as VACUUM and CREATE INDEX.	64MB
max_active_replication_origins	Replication / Subscribers	Sets the maximum number of active replication origins.	10
max_connections	Connections and Authentication / Connection Settings	Sets the maximum number of concurrent connections.	100
max_files_per_process	Resource Usage / Kernel Resources	Sets the maximum number of files each server process is allowed to open simultaneously.	1000
max_locks_per_transaction	Lock Management	Sets the maximum number of locks per transaction. The shared lock table is sized on the assumption that at most "max_locks_per_transaction" objects per server process or prepared transaction will need to be locked at any one time.	64
max_logical_replication_workers	Replication / Subscribers	Maximum number of logical replication worker processes.	4
max_notify_queue_pages	Resource Usage / Disk	Sets the maximum number of allocated pages for NOTIFY / LISTEN queue.	1048576
max_parallel_apply_workers_per_subscription	Replication / Subscribers	Maximum number of parallel apply workers per subscription.	2
max_parallel_maintenance_workers	Resource Usage / Worker Processes	Sets the maximum number of parallel processes per maintenance operation.	2
max_parallel_workers	Resource Usage / Worker Processes	Sets the maximum number of parallel workers that can be active at one time.	8
max_parallel_workers_per_gather	Resource Usage / Worker Processes	Sets the maximum number of parallel processes per executor node.	2
max_pred_locks_per_page	Lock Management	Sets the maximum number of predicate-locked tuples per page. If more than this number of tuples on the same page are locked by a connection, those locks are replaced by a page-level lock.	2
max_pred_locks_per_relation	Lock Management	Sets the maximum number of predicate-locked pages and tuples per relation. If more than this total of pages and tuples in the same relation are locked by a connection, those locks are replaced by a relation-level lock.	-2
max_pred_locks_per_transaction	Lock Management	Sets the maximum number of predicate locks per transaction. The shared predicate lock table is sized on the assumption that at most "max_pred_locks_per_transaction" objects per server process or prepared transaction will need to be locked at any one time.	64
max_prepared_transactions	Resource Usage / Memory	Sets the maximum number of simultaneously prepared transactions.	0
max_replication_slots	Replication / Sending Servers	Sets the maximum number of simultaneously defined replication slots.	10
max_slot_wal_keep_size	Replication / Sending Servers	Sets the maximum WAL size that can be reserved by replication slots. Replication slots will be marked as failed, and segments released for deletion or recycling, if this much space is occupied by WAL on disk. -1 means no maximum.	-1
max_stack_depth	Resource Usage / Memory	Sets the maximum stack depth, in kilobytes.	100kB
max_standby_archive_delay	Replication / Standby Servers	Sets the maximum delay before canceling queries when a hot standby server is processing archived WAL data. -1 means wait forever.	30s
max_standby_streaming_delay	Replication / Standby Servers	Sets the maximum delay before canceling queries when a hot standby server is processing streamed WAL data. -1 means wait forever.	30s
max_sync_workers_per_subscription	Replication / Subscribers	Maximum number of table synchronization workers per subscription.	2
max_wal_senders	Replication / Sending Servers	Sets the maximum number of simultaneously running WAL sender processes.	10
max_wal_size	Write-Ahead Log / Checkpoints	Sets the WAL size that triggers a checkpoint.	1GB
max_worker_processes	Resource Usage / Worker Processes	Maximum number of concurrent worker processes.	8
md5_password_warnings	Connections and Authentication / Authentication	Enables deprecation warnings for MD5 passwords.	on
min_dynamic_shared_memory	Resource Usage / Memory	Amount of dynamic shared memory reserved at startup.	0
min_parallel_index_scan_size	Query Tuning / Planner Cost Constants	Sets the minimum amount of index data for a parallel scan. If the planner estimates that it will read a number of index pages too small to reach this limit, a parallel scan will not be considered.	512kB
min_parallel_table_scan_size	Query Tuning / Planner Cost Constants	Sets the minimum amount of table data for a parallel scan. If the planner estimates that it will read a number of table pages too small to reach this limit, a parallel scan will not be considered.	8MB
min_wal_size	Write-Ahead Log / Checkpoints	Sets the minimum size to shrink the WAL to.	80MB
multixact_member_buffers	Resource Usage / Memory	Sets the size of the dedicated buffer pool used for the MultiXact member cache.	256kB
multixact_offset_buffers	Resource Usage / Memory	Sets the size of the dedicated buffer pool used for the MultiXact offset cache.	128kB
notify_buffers	Resource Usage / Memory	Sets the size of the dedicated buffer pool used for the LISTEN/NOTIFY message cache.	128kB
oauth_validator_libraries	Connections and Authentication / Authentication	Lists libraries that may be called to validate OAuth v2 bearer tokens.	
old_snapshot_threshold	Resource Usage / Asynchronous Behavior	Time before a snapshot is too old to read pages changed after the snapshot was taken. A value of -1 disables this feature.	-1
output_plugin_libraries	Replication / Sending Servers	Lists libraries that may be named as logical decoding output plugins. Users with REPLICATION privileges may only use plugins in this list when creating logical replication slots.	pgoutput, test_decoding
parallel_leader_participation	Resource Usage / Worker Processes	Controls whether Gather and Gather Merge also run subplans. Should gather nodes also run subplans or just gather tuples?	on
parallel_setup_cost	Query Tuning / Planner Cost Constants	Sets the planner's estimate of the cost of starting up worker processes for parallel query.	1000
parallel_tuple_cost	Query Tuning / Planner Cost Constants	Sets the planner's estimate of the cost of passing each tuple (row) from worker to leader backend.	0.1
plan_cache_mode	Query Tuning / Other Planner Options	Controls the planner's selection of custom or generic plan. Prepared statements can have custom and generic plans, and the planner will attempt to choose which is better.  This can be set to override the default behavior.	auto
post_auth_delay	Developer Options	Sets the amount of time to wait after authentication on connection startup. This allows attaching a debugger to the process.	0
pre_auth_delay	Developer Options	Sets the amount of time to wait before authentication on connection startup. This allows attaching a debugger to the process.	0
quote_all_identifiers	Version and Platform Compatibility / Previous PostgreSQL Versions	When generating SQL fragments, quote all identifiers.	off
random_page_cost	Query Tuning / Planner Cost Constants	Sets the planner's estimate of the cost of a nonsequentially fetched disk page.	4
recovery_init_sync_method	Error Handling	Sets the method for synchronizing the data directory before crash recovery.	fsync
recovery_prefetch	Write-Ahead Log / Recovery	Prefetch referenced blocks during recovery. Look ahead in the WAL to find references to uncached data.	try
recursive_worktable_factor	Query Tuning / Other Planner Options	Sets the planner's estimate of the average size of a recursive query's working table.	10
remove_temp_files_after_crash	Developer Options	Remove temporary files after backend crash.	on
reserved_connections	Connections and Authentication / Connection Settings	Sets the number of connection slots reserved for roles with privileges of pg_use_reserved_connections.	0
restrict_nonsystem_relation_kind	Client Connection Defaults / Statement Behavior	Prohibits access to non-system relations of specified kinds.	
row_security	Client Connection Defaults / Statement Behavior	Enables row security. When enabled, row security will be applied to all users.	on
scram_iterations	Connections and Authentication / Authentication	Sets the iteration count for SCRAM secret generation.	4096
search_path	Client Connection Defaults / Statement Behavior	Sets the schema search order for names that are not schema-qualified.	"$user", public
send_abort_for_crash	Developer Options	Send SIGABRT not SIGQUIT to child processes after backend crash.	off
send_abort_for_kill	Developer Options	Send SIGABRT not SIGKILL to stuck child processes.	off
seq_page_cost	Query Tuning / Planner Cost Constants	Sets the planner's estimate of the cost of a sequentially fetched disk page.	1
serializable_buffers	Resource Usage / Memory	Sets the size of the dedicated buffer pool used for the serializable transaction cache.	256kB
session_preload_libraries	Client Connection Defaults / Shared Library Preloading	Lists shared libraries to preload into each backend.	
session_replication_role	Client Connection Defaults / Statement Behavior	Sets the session's behavior for triggers and rewrite rules.	origin
shared_buffers	Resource Usage / Memory	Sets the number of shared memory buffers used by the server.	128MB
shared_memory_type	Resource Usage / Memory	Selects the shared memory implementation used for the main shared memory region.	mmap
shared_preload_libraries	Client Connection Defaults / Shared Library Preloading	Lists shared libraries to preload into server.	
standard_conforming_strings	Version and Platform Compatibility / Previous PostgreSQL Versions	Causes '...' strings to treat backslashes literally.	on
statement_timeout	Client Connection Defaults / Statement Behavior	Sets the maximum allowed duration of any statement. 0 disables the timeout.	0
stats_fetch_consistency	Statistics / Cumulative Query and Index Statistics	Sets the consistency of accesses to statistics data.	cache
subtransaction_buffers	Resource Usage / Memory	Sets the size of the dedicated buffer pool used for the subtransaction cache. 0 means use a fraction of "shared_buffers".	0
summarize_wal	Write-Ahead Log / Summarization	Starts the WAL summarizer process to enable incremental backup.	off
superuser_reserved_connections	Connections and Authentication / Connection Settings	Sets the number of connection slots reserved for superusers.	3
sync_replication_slots	Replication / Standby Servers	Enables a physical standby to synchronize logical failover replication slots from the primary server.	off
synchronize_seqscans	Version and Platform Compatibility / Previous PostgreSQL Versions	Enables synchronized sequential scans.	on
synchronous_commit	Write-Ahead Log / Settings	Sets the current transaction's synchronization level.	on
syslog_facility	Reporting and Logging / Where to Log	Sets the syslog "facility" to be used when syslog enabled.	local0
syslog_ident	Reporting and Logging / Where to Log	Sets the program name used to identify PostgreSQL messages in syslog.	postgres
syslog_sequence_numbers	Reporting and Logging / Where to Log	Add sequence number to syslog messages to avoid duplicate suppression.	on
syslog_split_messages	Reporting and Logging / Where to Log	Split messages sent to syslog by lines and to fit into 1024 bytes.	on
tcp_keepalives_count	Connections and Authentication / TCP Settings	Maximum number of TCP keepalive retransmits. Number of consecutive keepalive retransmits that can be lost before a connection is considered dead. 0 means use the system default.	0
tcp_keepalives_idle	Connections and Authentication / TCP Settings	Time between issuing TCP keepalives. 0 means use the system default.	0
tcp_keepalives_interval	Connections and Authentication / TCP Settings	Time between TCP keepalive retransmits. 0 means use the system default.	0
tcp_user_timeout	Connections and Authentication / TCP Settings	TCP user timeout. 0 means use the system default.	0
temp_buffers	Resource Usage / Memory	Sets the maximum number of temporary buffers used by each session.	8MB
temp_file_limit	Resource Usage / Disk	Limits the total size of all temporary files used by each process. -1 means no limit.	-1
temp_tablespaces	Client Connection Defaults / Statement Behavior	Sets the tablespace(s) to use for temporary tables and sort files. An empty string means use the database's default tablespace.	
timezone	Client Connection Defaults / Locale and Formatting	Sets the time zone for displaying and interpreting time stamps.	GMT
timezone_abbreviations	Client Connection Defaults / Locale and Formatting	Selects a file of time zone abbreviations.	
trace_connection_negotiation	Developer Options	Logs details of pre-authentication connection handshake.	off
trace_notify	Developer Options	Generates debugging output for LISTEN and NOTIFY.	off
trace_recovery_messages	Developer Options	Enables logging of recovery-related debugging information. Each level includes all the levels that follow it. The later the level, the fewer messages are sent.	log
trace_sort	Developer Options	Emit information about resource usage in sorting.	off
track_activities	Statistics / Cumulative Query and Index Statistics	Collects information about executing commands. Enables the collection of information on the currently executing command of each session, along with the time at which that command began execution.	on
track_activity_query_size	Statistics / Cumulative Query and Index Statistics	Sets the size reserved for pg_stat_activity.query, in bytes.	1kB
track_commit_timestamp	Replication / Sending Servers	Collects transaction commit time.	off
track_cost_delay_timing	Statistics / Cumulative Query and Index Statistics	Collects timing statistics for cost-based vacuum delay.	off
track_counts	Statistics / Cumulative Query and Index Statistics	Collects statistics on database activity.	on
track_functions	Statistics / Cumulative Query and Index Statistics	Collects function-level statistics on database activity.	none
track_io_timing	Statistics / Cumulative Query and Index Statistics	Collects timing statistics for database I/O activity.	off
track_wal_io_timing	Statistics / Cumulative Query and Index Statistics	Collects timing statistics for WAL I/O activity.	off
transaction_buffers	Resource Usage / Memory	Sets the size of the dedicated buffer pool used for the transaction status cache. 0 means use a fraction of "shared_buffers".	0
transaction_deferrable	Client Connection Defaults / Statement Behavior	Whether to defer a read-only serializable transaction until it can be executed with no possible serialization failures.	off
transaction_isolation	Client Connection Defaults / Statement Behavior	Sets the current transaction's isolation level.	read committed
transaction_timeout	Client Connection Defaults / Statement Behavior	Sets the maximum allowed duration of any transaction within a session (not a prepared transaction). 0 disables the timeout.	0
transform_null_equals	Version and Platform Compatibility / Other Platforms and Clients	Treats "expr=NULL" as "expr IS NULL". When turned on, expressions of the form expr = NULL (or NULL = expr) are treated as expr IS NULL, that is, they return true if expr evaluates to the null value, and false otherwise. The correct behavior of expr = NULL is to always return null (unknown).	off
update_process_title	Reporting and Logging / Process Title	Updates the process title to show the active SQL command. Enables updating of the process title every time a new SQL command is received by the server.	on
vacuum_buffer_usage_limit	Resource Usage / Memory	Sets the buffer pool size for VACUUM, ANALYZE, and autovacuum.	2MB	16=256kB
vacuum_cost_delay	Vacuuming / Cost-Based Vacuum Delay	Vacuum cost delay in milliseconds.	0
vacuum_cost_limit	Vacuuming / Cost-Based Vacuum Delay	Vacuum cost amount available before napping.	200
vacuum_cost_page_dirty	Vacuuming / Cost-Based Vacuum Delay	Vacuum cost for a page dirtied by vacuum.	20
vacuum_cost_page_hit	Vacuuming / Cost-Based Vacuum Delay	Vacuum cost for a page found in the buffer cache.	1
vacuum_cost_page_miss	Vacuuming / Cost-Based Vacuum Delay	Vacuum cost for a page not found in the buffer cache.	2
vacuum_defer_cleanup_age	Replication / Primary Server	Number of transactions by which VACUUM and HOT cleanup should be deferred, if any.	0
vacuum_failsafe_age	Vacuuming / Freezing	Age at which VACUUM should trigger failsafe to avoid a wraparound outage.	1600000000
vacuum_freeze_min_age	Vacuuming / Freezing	Minimum age at which VACUUM should freeze a table row.	50000000
vacuum_freeze_table_age	Vacuuming / Freezing	Age at which VACUUM should scan whole table to freeze tuples.	150000000
vacuum_max_eager_freeze_failure_rate	Vacuuming / Freezing	Fraction of pages in a relation vacuum can scan and fail to freeze before disabling eager scanning. A value of 0.0 disables eager scanning and a value of 1.0 will eagerly scan up to 100 percent of the all-visible pages in the relation. If vacuum successfully freezes these pages, the cap is lower than 100 percent, because the goal is to amortize page freezing across multiple vacuums.	0.03
vacuum_multixact_failsafe_age	Vacuuming / Freezing	Multixact age at which VACUUM should trigger failsafe to avoid a wraparound outage.	1600000000
vacuum_multixact_freeze_min_age	Vacuuming / Freezing	Minimum age at which VACUUM should freeze a MultiXactId in a table row.	5000000
vacuum_multixact_freeze_table_age	Vacuuming / Freezing	Multixact age at which VACUUM should scan whole table to freeze tuples.	150000000
vacuum_truncate	Vacuuming / Default Behavior	Enables vacuum to truncate empty pages at the end of the table.	on
wal_buffers	Write-Ahead Log / Settings	Sets the number of disk-page buffers in shared memory for WAL. -1 means use a fraction of "shared_buffers".	-1
wal_compression	Write-Ahead Log / Settings	Compresses full-page writes written in WAL file with specified method.	off
wal_consistency_checking	Developer Options	Sets the WAL resource managers for which WAL consistency checks are done. Full-page images will be logged for all data blocks and cross-checked against the results of WAL replay.	
wal_decode_buffer_size	Write-Ahead Log / Recovery	Buffer size for reading ahead in the WAL during recovery. Maximum distance to read ahead in the WAL to prefetch referenced data blocks.	512kB
wal_init_zero	Write-Ahead Log / Settings	Writes zeroes to new WAL files before first use.	on
wal_keep_size	Replication / Sending Servers	Sets the size of WAL files held for standby servers.	0
wal_level	Write-Ahead Log / Settings	Sets the level of information written to the WAL.	replica
wal_receiver_create_temp_slot	Replication / Standby Servers	Sets whether a WAL receiver should create a temporary replication slot if no permanent slot is configured.	off
wal_receiver_status_interval	Replication / Standby Servers	Sets the maximum interval between WAL receiver status reports to the sending server.	10s
wal_receiver_timeout	Replication / Standby Servers	Sets the maximum wait time to receive data from the sending server. 0 disables the timeout.	1min
wal_recycle	Write-Ahead Log / Settings	Recycles WAL files by renaming them.	on
wal_retrieve_retry_interval	Replication / Standby Servers	Sets the time to wait before retrying to retrieve WAL after a failed attempt.	5s
wal_sender_timeout	Replication / Sending Servers	Sets the maximum time to wait for WAL replication.	1min
wal_skip_threshold	Write-Ahead Log / Settings	Minimum size of new file to fsync instead of writing WAL.	2MB
wal_summary_keep_time	Write-Ahead Log / Summarization	Time for which WAL summary files should be kept. 0 disables automatic summary file deletion.	10d
wal_sync_method	Write-Ahead Log / Settings	Selects the method used for forcing WAL updates to disk.	fdatasync
wal_writer_delay	Write-Ahead Log / Settings	Time between WAL flushes performed in the WAL writer.	200ms
wal_writer_flush_after	Write-Ahead Log / Settings	Amount of WAL written out by WAL writer that triggers a flush.	1MB
work_mem	Resource Usage / Memory	Sets the maximum memory to be used for query workspaces. This much memory can be used by each internal sort operation and hash table before switching to temporary disk files.	4MB
xmlbinary	Client Connection Defaults / Statement Behavior	Sets how binary values are to be encoded in XML.	base64
xmloption	Client Connection Defaults / Statement Behavior	Sets whether XML data in implicit parsing and serialization operations is to be considered as documents or content fragments.	content
`
