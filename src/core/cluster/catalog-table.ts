/**
 * PostgreSQL's parameters that a profile may set: name, majors, type, and what values it takes. Read from
 * `pg_settings` of 15 and 17 (the wider range where they differ); what 16 and 18 brought or took away is
 * from their release notes, with values unchecked. Those of pg-swarm are left out: see `parameters.ts`.
 */
export const catalogTable = `
allow_in_place_tablespaces 15- bool
application_name 15- string
array_nulls 15- bool
authentication_timeout 15- integer 1 600 s
autovacuum 15- bool
autovacuum_analyze_scale_factor 15- real 0 100
autovacuum_analyze_threshold 15- integer 0 2147483647
autovacuum_freeze_max_age 15- integer 100000 2000000000
autovacuum_max_workers 15- integer 1 262143
autovacuum_multixact_freeze_max_age 15- integer 10000 2000000000
autovacuum_naptime 15- integer 1 2147483 s
autovacuum_vacuum_cost_delay 15- real -1 100 ms
autovacuum_vacuum_cost_limit 15- integer -1 10000
autovacuum_vacuum_insert_scale_factor 15- real 0 100
autovacuum_vacuum_insert_threshold 15- integer -1 2147483647
autovacuum_vacuum_max_threshold 18- string
autovacuum_vacuum_scale_factor 15- real 0 100
autovacuum_vacuum_threshold 15- integer 0 2147483647
autovacuum_work_mem 15- integer -1 2147483647 kB
autovacuum_worker_slots 18- string
backend_flush_after 15- integer 0 256 8kB
backslash_quote 15- enum safe_encoding,on,off
backtrace_functions 15- string
bgwriter_delay 15- integer 10 10000 ms
bgwriter_flush_after 15- integer 0 256 8kB
bgwriter_lru_maxpages 15- integer 0 1073741823
bgwriter_lru_multiplier 15- real 0 10
bonjour 15- bool
bonjour_name 15- string
bytea_output 15- enum escape,hex
check_function_bodies 15- bool
checkpoint_completion_target 15- real 0 1
checkpoint_flush_after 15- integer 0 256 8kB
checkpoint_timeout 15- integer 30 86400 s
checkpoint_warning 15- integer 0 2147483647 s
client_connection_check_interval 15- integer 0 2147483647 ms
client_encoding 15- string
client_min_messages 15- enum debug5,debug4,debug3,debug2,debug1,log,notice,warning,error
commit_delay 15- integer 0 100000
commit_siblings 15- integer 0 1000
commit_timestamp_buffers 17- integer 0 131072 8kB
compute_query_id 15- enum auto,regress,on,off
constraint_exclusion 15- enum partition,on,off
cpu_index_tuple_cost 15- real 0 1.79769e+308
cpu_operator_cost 15- real 0 1.79769e+308
cpu_tuple_cost 15- real 0 1.79769e+308
createrole_self_grant 16- string
cursor_tuple_fraction 15- real 0 1
datestyle 15- string
db_user_namespace 15-16 bool
deadlock_timeout 15- integer 1 2147483647 ms
debug_discard_caches 15- integer 0 0
debug_io_direct 16- string
debug_logical_replication_streaming 16- enum buffered,immediate
debug_parallel_query 16- enum off,on,regress
debug_pretty_print 15- bool
debug_print_parse 15- bool
debug_print_plan 15- bool
debug_print_rewritten 15- bool
default_statistics_target 15- integer 1 10000
default_table_access_method 15- string
default_tablespace 15- string
default_text_search_config 15- string
default_toast_compression 15- enum pglz,lz4
default_transaction_deferrable 15- bool
default_transaction_isolation 15- enum serializable,repeatable read,read committed,read uncommitted
dynamic_library_path 15- string
dynamic_shared_memory_type 15- enum posix,sysv,mmap
effective_cache_size 15- integer 1 2147483647 8kB
effective_io_concurrency 15- integer 0 1000
enable_async_append 15- bool
enable_bitmapscan 15- bool
enable_distinct_reordering 18- string
enable_gathermerge 15- bool
enable_group_by_reordering 17- bool
enable_hashagg 15- bool
enable_hashjoin 15- bool
enable_incremental_sort 15- bool
enable_indexonlyscan 15- bool
enable_indexscan 15- bool
enable_material 15- bool
enable_memoize 15- bool
enable_mergejoin 15- bool
enable_nestloop 15- bool
enable_parallel_append 15- bool
enable_parallel_hash 15- bool
enable_partition_pruning 15- bool
enable_partitionwise_aggregate 15- bool
enable_partitionwise_join 15- bool
enable_presorted_aggregate 16- bool
enable_self_join_elimination 18- string
enable_seqscan 15- bool
enable_sort 15- bool
enable_tidscan 15- bool
escape_string_warning 15- bool
event_source 15- string
event_triggers 17- bool
exit_on_error 15- bool
extension_control_path 18- string
extension_destdir 15- string
extra_float_digits 15- integer -15 3
file_copy_method 18- string
file_extend_method 16- enum posix_fallocate,write_zeros
force_parallel_mode 15-15 enum off,on,regress
from_collapse_limit 15- integer 1 2147483647
geqo 15- bool
geqo_effort 15- integer 1 10
geqo_generations 15- integer 0 2147483647
geqo_pool_size 15- integer 0 2147483647
geqo_seed 15- real 0 1
geqo_selection_bias 15- real 1.5 2
geqo_threshold 15- integer 2 2147483647
gin_fuzzy_search_limit 15- integer 0 2147483647
gin_pending_list_limit 15- integer 64 2147483647 kB
gss_accept_delegation 16- bool
hash_mem_multiplier 15- real 1 1000
hot_standby_feedback 15- bool
huge_page_size 15- integer 0 2147483647 kB
huge_pages 15- enum off,on,try
icu_validation_level 16- enum disabled,debug5,debug4,debug3,debug2,debug1,log,notice,warning,error
idle_in_transaction_session_timeout 15- integer 0 2147483647 ms
idle_replication_slot_timeout 18- string
idle_session_timeout 15- integer 0 2147483647 ms
intervalstyle 15- enum postgres,postgres_verbose,sql_standard,iso_8601
io_combine_limit 17- integer 1 32 8kB
io_max_combine_limit 18- string
io_max_concurrency 18- string
io_method 18- string
io_workers 18- string
jit 15- bool
jit_above_cost 15- real -1 1.79769e+308
jit_debugging_support 15- bool
jit_dump_bitcode 15- bool
jit_expressions 15- bool
jit_inline_above_cost 15- real -1 1.79769e+308
jit_optimize_above_cost 15- real -1 1.79769e+308
jit_profiling_support 15- bool
jit_provider 15- string
jit_tuple_deforming 15- bool
join_collapse_limit 15- integer 1 2147483647
krb_caseins_users 15- bool
krb_server_keyfile 15- string
lc_messages 15- string
lc_monetary 15- string
lc_numeric 15- string
lc_time 15- string
lo_compat_privileges 15- bool
local_preload_libraries 15- string
lock_timeout 15- integer 0 2147483647 ms
log_autovacuum_min_duration 15- integer -1 2147483647 ms
log_checkpoints 15- bool
log_connections 15- string
log_disconnections 15- bool
log_duration 15- bool
log_error_verbosity 15- enum terse,default,verbose
log_executor_stats 15- bool
log_hostname 15- bool
log_line_prefix 15- string
log_lock_failures 18- string
log_lock_waits 15- bool
log_min_duration_sample 15- integer -1 2147483647 ms
log_min_duration_statement 15- integer -1 2147483647 ms
log_min_error_statement 15- enum debug5,debug4,debug3,debug2,debug1,info,notice,warning,error,log,fatal,panic
log_min_messages 15- enum debug5,debug4,debug3,debug2,debug1,info,notice,warning,error,log,fatal,panic
log_parameter_max_length 15- integer -1 1073741823 B
log_parameter_max_length_on_error 15- integer -1 1073741823 B
log_parser_stats 15- bool
log_planner_stats 15- bool
log_recovery_conflict_waits 15- bool
log_replication_commands 15- bool
log_rotation_age 15- integer 0 35791394 min
log_rotation_size 15- integer 0 2097151 kB
log_startup_progress_interval 15- integer 0 2147483647 ms
log_statement 15- enum none,ddl,mod,all
log_statement_sample_rate 15- real 0 1
log_statement_stats 15- bool
log_temp_files 15- integer -1 2147483647 kB
log_timezone 15- string
log_transaction_sample_rate 15- real 0 1
log_truncate_on_rotation 15- bool
logical_decoding_work_mem 15- integer 64 2147483647 kB
maintenance_io_concurrency 15- integer 0 1000
maintenance_work_mem 15- integer 64 2147483647 kB
max_active_replication_origins 18- string
max_connections 15- integer 1 262143
max_files_per_process 15- integer 64 2147483647
max_locks_per_transaction 15- integer 10 2147483647
max_logical_replication_workers 15- integer 0 262143
max_notify_queue_pages 17- integer 64 2147483647
max_parallel_apply_workers_per_subscription 16- integer 0 1024
max_parallel_maintenance_workers 15- integer 0 1024
max_parallel_workers 15- integer 0 1024
max_parallel_workers_per_gather 15- integer 0 1024
max_pred_locks_per_page 15- integer 0 2147483647
max_pred_locks_per_relation 15- integer -2147483648 2147483647
max_pred_locks_per_transaction 15- integer 10 2147483647
max_prepared_transactions 15- integer 0 262143
max_replication_slots 15- integer 0 262143
max_slot_wal_keep_size 15- integer -1 2147483647 MB
max_stack_depth 15- integer 100 2147483647 kB
max_standby_archive_delay 15- integer -1 2147483647 ms
max_standby_streaming_delay 15- integer -1 2147483647 ms
max_sync_workers_per_subscription 15- integer 0 262143
max_wal_senders 15- integer 0 262143
max_wal_size 15- integer 2 2147483647 MB
max_worker_processes 15- integer 0 262143
md5_password_warnings 18- string
min_dynamic_shared_memory 15- integer 0 2147483647 MB
min_parallel_index_scan_size 15- integer 0 715827882 8kB
min_parallel_table_scan_size 15- integer 0 715827882 8kB
min_wal_size 15- integer 2 2147483647 MB
multixact_member_buffers 17- integer 16 131072 8kB
multixact_offset_buffers 17- integer 16 131072 8kB
notify_buffers 17- integer 16 131072 8kB
oauth_validator_libraries 18- string
old_snapshot_threshold 15-16 integer -1 86400 min
output_plugin_libraries 16- string
parallel_leader_participation 15- bool
parallel_setup_cost 15- real 0 1.79769e+308
parallel_tuple_cost 15- real 0 1.79769e+308
plan_cache_mode 15- enum auto,force_generic_plan,force_custom_plan
post_auth_delay 15- integer 0 2147 s
pre_auth_delay 15- integer 0 60 s
quote_all_identifiers 15- bool
random_page_cost 15- real 0 1.79769e+308
recovery_init_sync_method 15- enum fsync,syncfs
recovery_prefetch 15- enum off,on,try
recursive_worktable_factor 15- real 0.001 1000000
remove_temp_files_after_crash 15- bool
reserved_connections 16- integer 0 262143
restrict_nonsystem_relation_kind 15- string
row_security 15- bool
scram_iterations 16- integer 1 2147483647
search_path 15- string
send_abort_for_crash 16- bool
send_abort_for_kill 16- bool
seq_page_cost 15- real 0 1.79769e+308
serializable_buffers 17- integer 16 131072 8kB
session_preload_libraries 15- string
session_replication_role 15- enum origin,replica,local
shared_buffers 15- integer 16 1073741823 8kB
shared_memory_type 15- enum sysv,mmap
shared_preload_libraries 15- string
standard_conforming_strings 15- bool
statement_timeout 15- integer 0 2147483647 ms
stats_fetch_consistency 15- enum none,cache,snapshot
subtransaction_buffers 17- integer 0 131072 8kB
summarize_wal 17- bool
superuser_reserved_connections 15- integer 0 262143
sync_replication_slots 17- bool
synchronize_seqscans 15- bool
synchronous_commit 15- enum local,remote_write,remote_apply,on,off
syslog_facility 15- enum local0,local1,local2,local3,local4,local5,local6,local7
syslog_ident 15- string
syslog_sequence_numbers 15- bool
syslog_split_messages 15- bool
tcp_keepalives_count 15- integer 0 2147483647
tcp_keepalives_idle 15- integer 0 2147483647 s
tcp_keepalives_interval 15- integer 0 2147483647 s
tcp_user_timeout 15- integer 0 2147483647 ms
temp_buffers 15- integer 100 1073741823 8kB
temp_file_limit 15- integer -1 2147483647 kB
temp_tablespaces 15- string
timezone 15- string
timezone_abbreviations 15- string
trace_connection_negotiation 17- bool
trace_notify 15- bool
trace_recovery_messages 15-16 enum debug5,debug4,debug3,debug2,debug1,log,notice,warning,error
trace_sort 15- bool
track_activities 15- bool
track_activity_query_size 15- integer 100 1048576 B
track_commit_timestamp 15- bool
track_cost_delay_timing 18- string
track_counts 15- bool
track_functions 15- enum none,pl,all
track_io_timing 15- bool
track_wal_io_timing 15- bool
transaction_buffers 17- integer 0 131072 8kB
transaction_deferrable 15- bool
transaction_isolation 15- enum serializable,repeatable read,read committed,read uncommitted
transaction_timeout 17- integer 0 2147483647 ms
transform_null_equals 15- bool
update_process_title 15- bool
vacuum_buffer_usage_limit 16- integer 0 16777216 kB
vacuum_cost_delay 15- real 0 100 ms
vacuum_cost_limit 15- integer 1 10000
vacuum_cost_page_dirty 15- integer 0 10000
vacuum_cost_page_hit 15- integer 0 10000
vacuum_cost_page_miss 15- integer 0 10000
vacuum_defer_cleanup_age 15-15 integer 0 1000000
vacuum_failsafe_age 15- integer 0 2100000000
vacuum_freeze_min_age 15- integer 0 1000000000
vacuum_freeze_table_age 15- integer 0 2000000000
vacuum_max_eager_freeze_failure_rate 18- string
vacuum_multixact_failsafe_age 15- integer 0 2100000000
vacuum_multixact_freeze_min_age 15- integer 0 1000000000
vacuum_multixact_freeze_table_age 15- integer 0 2000000000
vacuum_truncate 18- string
wal_buffers 15- integer -1 262143 8kB
wal_compression 15- enum pglz,lz4,zstd,on,off
wal_consistency_checking 15- string
wal_decode_buffer_size 15- integer 65536 1073741823 B
wal_init_zero 15- bool
wal_keep_size 15- integer 0 2147483647 MB
wal_level 15- enum minimal,replica,logical
wal_receiver_create_temp_slot 15- bool
wal_receiver_status_interval 15- integer 0 2147483 s
wal_receiver_timeout 15- integer 0 2147483647 ms
wal_recycle 15- bool
wal_retrieve_retry_interval 15- integer 1 2147483647 ms
wal_sender_timeout 15- integer 0 2147483647 ms
wal_skip_threshold 15- integer 0 2147483647 kB
wal_summary_keep_time 17- integer 0 35791394 min
wal_sync_method 15- enum fsync,fdatasync,open_sync,open_datasync
wal_writer_delay 15- integer 1 10000 ms
wal_writer_flush_after 15- integer 0 2147483647 8kB
work_mem 15- integer 64 2147483647 kB
xmlbinary 15- enum base64,hex
xmloption 15- enum content,document
`
