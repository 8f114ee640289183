/**
 * PostgreSQL's parameters that a profile may set, as servers of these majors said themselves: name, majors,
 * context, type, values. Written by `node scripts/catalog.ts`.
 */
export const catalogRead = `
allow_in_place_tablespaces 15,16,17,18 superuser bool
application_name 15,16,17,18 user string
array_nulls 15,16,17,18 user bool
authentication_timeout 15,16,17,18 sighup integer 1 600 s
autovacuum 15,16,17,18 sighup bool
autovacuum_analyze_scale_factor 15,16,17,18 sighup real 0 100
autovacuum_analyze_threshold 15,16,17,18 sighup integer 0 2147483647
autovacuum_freeze_max_age 15,16,17,18 postmaster integer 100000 2000000000
autovacuum_max_workers 15,16,17 postmaster integer 1 262143
autovacuum_max_workers 18 sighup integer 1 262143
autovacuum_multixact_freeze_max_age 15,16,17,18 postmaster integer 10000 2000000000
autovacuum_naptime 15,16,17,18 sighup integer 1 2147483 s
autovacuum_vacuum_cost_delay 15,16,17,18 sighup real -1 100 ms
autovacuum_vacuum_cost_limit 15,16,17,18 sighup integer -1 10000
autovacuum_vacuum_insert_scale_factor 15,16,17,18 sighup real 0 100
autovacuum_vacuum_insert_threshold 15,16,17,18 sighup integer -1 2147483647
autovacuum_vacuum_max_threshold 18 sighup integer -1 2147483647
autovacuum_vacuum_scale_factor 15,16,17,18 sighup real 0 100
autovacuum_vacuum_threshold 15,16,17,18 sighup integer 0 2147483647
autovacuum_work_mem 15,16,17,18 sighup integer -1 2147483647 kB
autovacuum_worker_slots 18 postmaster integer 1 262143
backend_flush_after 15,16,17,18 user integer 0 256 8kB
backslash_quote 15,16,17,18 user enum safe_encoding,on,off
backtrace_functions 15,16,17,18 superuser string
bgwriter_delay 15,16,17,18 sighup integer 10 10000 ms
bgwriter_flush_after 15,16,17,18 sighup integer 0 256 8kB
bgwriter_lru_maxpages 15,16,17,18 sighup integer 0 1073741823
bgwriter_lru_multiplier 15,16,17,18 sighup real 0 10
bonjour 15,16,17,18 postmaster bool
bonjour_name 15,16,17,18 postmaster string
bytea_output 15,16,17,18 user enum escape,hex
check_function_bodies 15,16,17,18 user bool
checkpoint_completion_target 15,16,17,18 sighup real 0 1
checkpoint_flush_after 15,16,17,18 sighup integer 0 256 8kB
checkpoint_timeout 15,16,17,18 sighup integer 30 86400 s
checkpoint_warning 15,16,17,18 sighup integer 0 2147483647 s
client_connection_check_interval 15,16,17,18 user integer 0 2147483647 ms
client_encoding 15,16,17,18 user string
client_min_messages 15,16,17,18 user enum debug5,debug4,debug3,debug2,debug1,log,notice,warning,error
commit_delay 15,16,17,18 superuser integer 0 100000
commit_siblings 15,16,17,18 user integer 0 1000
commit_timestamp_buffers 17,18 postmaster integer 0 131072 8kB
composite_type_mismatch 15,16,17,18 superuser enum error,warn,disabled
compute_query_id 15,16,17,18 superuser enum auto,regress,on,off
constraint_exclusion 15,16,17,18 user enum partition,on,off
cpu_index_tuple_cost 15,16,17,18 user real 0 1.79769e+308
cpu_operator_cost 15,16,17,18 user real 0 1.79769e+308
cpu_tuple_cost 15,16,17,18 user real 0 1.79769e+308
createrole_self_grant 16,17,18 user string
cursor_tuple_fraction 15,16,17,18 user real 0 1
datestyle 15,16,17,18 user string
db_user_namespace 15,16 sighup bool
deadlock_timeout 15,16,17,18 superuser integer 1 2147483647 ms
debug_discard_caches 15,16,17,18 superuser integer 0 0
debug_io_direct 16,17,18 postmaster string
debug_logical_replication_streaming 16,17,18 user enum buffered,immediate
debug_parallel_query 16,17,18 user enum off,on,regress
debug_pretty_print 15,16,17,18 user bool
debug_print_parse 15,16,17,18 user bool
debug_print_plan 15,16,17,18 user bool
debug_print_rewritten 15,16,17,18 user bool
default_statistics_target 15,16,17,18 user integer 1 10000
default_table_access_method 15,16,17,18 user string
default_tablespace 15,16,17,18 user string
default_text_search_config 15,16,17,18 user string
default_toast_compression 15,16,17,18 user enum pglz,lz4
default_transaction_deferrable 15,16,17,18 user bool
default_transaction_isolation 15,16,17,18 user enum serializable,repeatable read,read committed,read uncommitted
dynamic_library_path 15,16,17,18 superuser string
dynamic_shared_memory_type 15,16,17,18 postmaster enum posix,sysv,mmap
effective_cache_size 15,16,17,18 user integer 1 2147483647 8kB
effective_io_concurrency 15,16,17,18 user integer 0 1000
enable_async_append 15,16,17,18 user bool
enable_bitmapscan 15,16,17,18 user bool
enable_distinct_reordering 18 user bool
enable_gathermerge 15,16,17,18 user bool
enable_group_by_reordering 17,18 user bool
enable_hashagg 15,16,17,18 user bool
enable_hashjoin 15,16,17,18 user bool
enable_incremental_sort 15,16,17,18 user bool
enable_indexonlyscan 15,16,17,18 user bool
enable_indexscan 15,16,17,18 user bool
enable_material 15,16,17,18 user bool
enable_memoize 15,16,17,18 user bool
enable_mergejoin 15,16,17,18 user bool
enable_nestloop 15,16,17,18 user bool
enable_parallel_append 15,16,17,18 user bool
enable_parallel_hash 15,16,17,18 user bool
enable_partition_pruning 15,16,17,18 user bool
enable_partitionwise_aggregate 15,16,17,18 user bool
enable_partitionwise_join 15,16,17,18 user bool
enable_presorted_aggregate 16,17,18 user bool
enable_self_join_elimination 18 user bool
enable_seqscan 15,16,17,18 user bool
enable_sort 15,16,17,18 user bool
enable_tidscan 15,16,17,18 user bool
escape_string_warning 15,16,17,18 user bool
event_source 15,16,17,18 postmaster string
event_triggers 17,18 superuser bool
exit_on_error 15,16,17,18 user bool
extension_control_path 18 superuser string
extension_destdir 15,16,17 superuser string
extra_float_digits 15,16,17,18 user integer -15 3
file_copy_method 18 user enum copy,clone
file_extend_method 16,17,18 sighup enum posix_fallocate,write_zeros
force_parallel_mode 15 user enum off,on,regress
from_collapse_limit 15,16,17,18 user integer 1 2147483647
geqo 15,16,17,18 user bool
geqo_effort 15,16,17,18 user integer 1 10
geqo_generations 15,16,17,18 user integer 0 2147483647
geqo_pool_size 15,16,17,18 user integer 0 2147483647
geqo_seed 15,16,17,18 user real 0 1
geqo_selection_bias 15,16,17,18 user real 1.5 2
geqo_threshold 15,16,17,18 user integer 2 2147483647
gin_fuzzy_search_limit 15,16,17,18 user integer 0 2147483647
gin_pending_list_limit 15,16,17,18 user integer 64 2147483647 kB
gss_accept_delegation 16,17,18 sighup bool
hash_mem_multiplier 15,16,17,18 user real 1 1000
hot_standby_feedback 15,16,17,18 sighup bool
huge_page_size 15,16,17,18 postmaster integer 0 2147483647 kB
huge_pages 15,16,17,18 postmaster enum off,on,try
icu_validation_level 16,17,18 user enum disabled,debug5,debug4,debug3,debug2,debug1,log,notice,warning,error
idle_in_transaction_session_timeout 15,16,17,18 user integer 0 2147483647 ms
idle_replication_slot_timeout 18 sighup integer 0 2147483647 s
idle_session_timeout 15,16,17,18 user integer 0 2147483647 ms
intervalstyle 15,16,17,18 user enum postgres,postgres_verbose,sql_standard,iso_8601
io_combine_limit 17 user integer 1 32 8kB
io_combine_limit 18 user integer 1 128 8kB
io_max_combine_limit 18 postmaster integer 1 128 8kB
io_max_concurrency 18 postmaster integer -1 1024
io_method 18 postmaster enum sync,worker,io_uring
io_workers 18 sighup integer 1 32
jit 15,16,17,18 user bool
jit_above_cost 15,16,17,18 user real -1 1.79769e+308
jit_debugging_support 15,16,17,18 superuser-backend bool
jit_dump_bitcode 15,16,17,18 superuser bool
jit_expressions 15,16,17,18 user bool
jit_inline_above_cost 15,16,17,18 user real -1 1.79769e+308
jit_optimize_above_cost 15,16,17,18 user real -1 1.79769e+308
jit_profiling_support 15,16,17,18 superuser-backend bool
jit_provider 15,16,17,18 postmaster string
jit_tuple_deforming 15,16,17,18 user bool
join_collapse_limit 15,16,17,18 user integer 1 2147483647
krb_caseins_users 15,16,17,18 sighup bool
krb_server_keyfile 15,16,17,18 sighup string
lc_messages 15,16,17,18 superuser string
lc_monetary 15,16,17,18 user string
lc_numeric 15,16,17,18 user string
lc_time 15,16,17,18 user string
lo_compat_privileges 15,16,17,18 superuser bool
local_preload_libraries 15,16,17,18 user string
lock_timeout 15,16,17,18 user integer 0 2147483647 ms
log_autovacuum_min_duration 15,16,17,18 sighup integer -1 2147483647 ms
log_checkpoints 15,16,17,18 sighup bool
log_connections 15,16,17 superuser-backend bool
log_connections 18 superuser-backend string
log_disconnections 15,16,17,18 superuser-backend bool
log_duration 15,16,17,18 superuser bool
log_error_verbosity 15,16,17,18 superuser enum terse,default,verbose
log_executor_stats 15,16,17,18 superuser bool
log_hostname 15,16,17,18 sighup bool
log_line_prefix 15,16,17,18 sighup string
log_lock_failures 18 superuser bool
log_lock_waits 15,16,17,18 superuser bool
log_min_duration_sample 15,16,17,18 superuser integer -1 2147483647 ms
log_min_duration_statement 15,16,17,18 superuser integer -1 2147483647 ms
log_min_error_statement 15,16,17,18 superuser enum debug5,debug4,debug3,debug2,debug1,info,notice,warning,error,log,fatal,panic
log_min_messages 15,16,17,18 superuser enum debug5,debug4,debug3,debug2,debug1,info,notice,warning,error,log,fatal,panic
log_parameter_max_length 15,16,17,18 superuser integer -1 1073741823 B
log_parameter_max_length_on_error 15,16,17,18 user integer -1 1073741823 B
log_parser_stats 15,16,17,18 superuser bool
log_planner_stats 15,16,17,18 superuser bool
log_recovery_conflict_waits 15,16,17,18 sighup bool
log_replication_commands 15,16,17,18 superuser bool
log_rotation_age 15,16,17,18 sighup integer 0 35791394 min
log_rotation_size 15,16,17 sighup integer 0 2097151 kB
log_rotation_size 18 sighup integer 0 2147483647 kB
log_startup_progress_interval 15,16,17,18 sighup integer 0 2147483647 ms
log_statement 15,16,17,18 superuser enum none,ddl,mod,all
log_statement_sample_rate 15,16,17,18 superuser real 0 1
log_statement_stats 15,16,17,18 superuser bool
log_temp_files 15,16,17,18 superuser integer -1 2147483647 kB
log_timezone 15,16,17,18 sighup string
log_transaction_sample_rate 15,16,17,18 superuser real 0 1
log_truncate_on_rotation 15,16,17,18 sighup bool
logical_decoding_work_mem 15,16,17,18 user integer 64 2147483647 kB
maintenance_io_concurrency 15,16,17,18 user integer 0 1000
maintenance_work_mem 15,16 user integer 1024 2147483647 kB
maintenance_work_mem 17,18 user integer 64 2147483647 kB
max_active_replication_origins 18 postmaster integer 0 262143
max_connections 15,16,17,18 postmaster integer 1 262143
max_files_per_process 15,16,17,18 postmaster integer 64 2147483647
max_locks_per_transaction 15,16,17,18 postmaster integer 10 2147483647
max_logical_replication_workers 15,16,17,18 postmaster integer 0 262143
max_notify_queue_pages 17,18 postmaster integer 64 2147483647
max_parallel_apply_workers_per_subscription 16,17,18 sighup integer 0 1024
max_parallel_maintenance_workers 15,16,17,18 user integer 0 1024
max_parallel_workers 15,16,17,18 user integer 0 1024
max_parallel_workers_per_gather 15,16,17,18 user integer 0 1024
max_pred_locks_per_page 15,16,17,18 sighup integer 0 2147483647
max_pred_locks_per_relation 15,16,17,18 sighup integer -2147483648 2147483647
max_pred_locks_per_transaction 15,16,17,18 postmaster integer 10 2147483647
max_prepared_transactions 15,16,17,18 postmaster integer 0 262143
max_replication_slots 15,16,17,18 postmaster integer 0 262143
max_slot_wal_keep_size 15,16,17,18 sighup integer -1 2147483647 MB
max_stack_depth 15,16,17,18 superuser integer 100 2147483647 kB
max_standby_archive_delay 15,16,17,18 sighup integer -1 2147483647 ms
max_standby_streaming_delay 15,16,17,18 sighup integer -1 2147483647 ms
max_sync_workers_per_subscription 15,16,17,18 sighup integer 0 262143
max_wal_senders 15,16,17,18 postmaster integer 0 262143
max_wal_size 15,16,17,18 sighup integer 2 2147483647 MB
max_worker_processes 15,16,17,18 postmaster integer 0 262143
md5_password_warnings 18 user bool
min_dynamic_shared_memory 15,16,17,18 postmaster integer 0 2147483647 MB
min_parallel_index_scan_size 15,16,17,18 user integer 0 715827882 8kB
min_parallel_table_scan_size 15,16,17,18 user integer 0 715827882 8kB
min_wal_size 15,16,17,18 sighup integer 2 2147483647 MB
multixact_member_buffers 17,18 postmaster integer 16 131072 8kB
multixact_offset_buffers 17,18 postmaster integer 16 131072 8kB
notify_buffers 17,18 postmaster integer 16 131072 8kB
oauth_validator_libraries 18 sighup string
old_snapshot_threshold 15,16 postmaster integer -1 86400 min
output_plugin_libraries 15,16,17,18 superuser string
parallel_leader_participation 15,16,17,18 user bool
parallel_setup_cost 15,16,17,18 user real 0 1.79769e+308
parallel_tuple_cost 15,16,17,18 user real 0 1.79769e+308
plan_cache_mode 15,16,17,18 user enum auto,force_generic_plan,force_custom_plan
post_auth_delay 15,16,17,18 backend integer 0 2147 s
pre_auth_delay 15,16,17,18 sighup integer 0 60 s
quote_all_identifiers 15,16,17,18 user bool
random_page_cost 15,16,17,18 user real 0 1.79769e+308
recovery_init_sync_method 15,16,17,18 sighup enum fsync,syncfs
recovery_prefetch 15,16,17,18 sighup enum off,on,try
recursive_worktable_factor 15,16,17,18 user real 0.001 1e+06
remove_temp_files_after_crash 15,16,17,18 sighup bool
reserved_connections 16,17,18 postmaster integer 0 262143
restrict_nonsystem_relation_kind 15,16,17,18 user string
row_security 15,16,17,18 user bool
scram_iterations 16,17,18 user integer 1 2147483647
search_path 15,16,17,18 user string
send_abort_for_crash 16,17,18 sighup bool
send_abort_for_kill 16,17,18 sighup bool
seq_page_cost 15,16,17,18 user real 0 1.79769e+308
serializable_buffers 17,18 postmaster integer 16 131072 8kB
session_preload_libraries 15,16,17,18 superuser string
session_replication_role 15,16,17,18 superuser enum origin,replica,local
shared_buffers 15,16,17,18 postmaster integer 16 1073741823 8kB
shared_memory_type 15,16,17,18 postmaster enum sysv,mmap
shared_preload_libraries 15,16,17,18 postmaster string
standard_conforming_strings 15,16,17,18 user bool
statement_timeout 15,16,17,18 user integer 0 2147483647 ms
stats_fetch_consistency 15,16,17,18 user enum none,cache,snapshot
subtransaction_buffers 17,18 postmaster integer 0 131072 8kB
summarize_wal 17,18 sighup bool
superuser_reserved_connections 15,16,17,18 postmaster integer 0 262143
sync_replication_slots 17,18 sighup bool
synchronize_seqscans 15,16,17,18 user bool
synchronous_commit 15,16,17,18 user enum local,remote_write,remote_apply,on,off
syslog_facility 15,16,17,18 sighup enum local0,local1,local2,local3,local4,local5,local6,local7
syslog_ident 15,16,17,18 sighup string
syslog_sequence_numbers 15,16,17,18 sighup bool
syslog_split_messages 15,16,17,18 sighup bool
tcp_keepalives_count 15,16,17,18 user integer 0 2147483647
tcp_keepalives_idle 15,16,17,18 user integer 0 2147483647 s
tcp_keepalives_interval 15,16,17,18 user integer 0 2147483647 s
tcp_user_timeout 15,16,17,18 user integer 0 2147483647 ms
temp_buffers 15,16,17,18 user integer 100 1073741823 8kB
temp_file_limit 15,16,17,18 superuser integer -1 2147483647 kB
temp_tablespaces 15,16,17,18 user string
timezone 15,16,17,18 user string
timezone_abbreviations 15,16,17,18 user string
trace_connection_negotiation 17,18 postmaster bool
trace_notify 15,16,17,18 user bool
trace_recovery_messages 15,16 sighup enum debug5,debug4,debug3,debug2,debug1,log,notice,warning,error
trace_sort 15,16,17,18 user bool
track_activities 15,16,17,18 superuser bool
track_activity_query_size 15,16,17,18 postmaster integer 100 1048576 B
track_commit_timestamp 15,16,17,18 postmaster bool
track_cost_delay_timing 18 superuser bool
track_counts 15,16,17,18 superuser bool
track_functions 15,16,17,18 superuser enum none,pl,all
track_io_timing 15,16,17,18 superuser bool
track_wal_io_timing 15,16,17,18 superuser bool
transaction_buffers 17,18 postmaster integer 0 131072 8kB
transaction_deferrable 15,16,17,18 user bool
transaction_isolation 15,16,17,18 user enum serializable,repeatable read,read committed,read uncommitted
transaction_timeout 17,18 user integer 0 2147483647 ms
transform_null_equals 15,16,17,18 user bool
update_process_title 15,16,17,18 superuser bool
vacuum_buffer_usage_limit 16,17,18 user integer 0 16777216 kB
vacuum_cost_delay 15,16,17,18 user real 0 100 ms
vacuum_cost_limit 15,16,17,18 user integer 1 10000
vacuum_cost_page_dirty 15,16,17,18 user integer 0 10000
vacuum_cost_page_hit 15,16,17,18 user integer 0 10000
vacuum_cost_page_miss 15,16,17,18 user integer 0 10000
vacuum_defer_cleanup_age 15 sighup integer 0 1000000
vacuum_failsafe_age 15,16,17,18 user integer 0 2100000000
vacuum_freeze_min_age 15,16,17,18 user integer 0 1000000000
vacuum_freeze_table_age 15,16,17,18 user integer 0 2000000000
vacuum_max_eager_freeze_failure_rate 18 user real 0 1
vacuum_multixact_failsafe_age 15,16,17,18 user integer 0 2100000000
vacuum_multixact_freeze_min_age 15,16,17,18 user integer 0 1000000000
vacuum_multixact_freeze_table_age 15,16,17,18 user integer 0 2000000000
vacuum_truncate 18 user bool
wal_buffers 15,16,17,18 postmaster integer -1 262143 8kB
wal_compression 15,16,17,18 superuser enum pglz,lz4,zstd,on,off
wal_consistency_checking 15,16,17,18 superuser string
wal_decode_buffer_size 15,16,17,18 postmaster integer 65536 1073741823 B
wal_init_zero 15,16,17,18 superuser bool
wal_keep_size 15,16,17,18 sighup integer 0 2147483647 MB
wal_level 15,16,17,18 postmaster enum minimal,replica,logical
wal_receiver_create_temp_slot 15,16,17,18 sighup bool
wal_receiver_status_interval 15,16,17,18 sighup integer 0 2147483 s
wal_receiver_timeout 15,16,17,18 sighup integer 0 2147483647 ms
wal_recycle 15,16,17,18 superuser bool
wal_retrieve_retry_interval 15,16,17,18 sighup integer 1 2147483647 ms
wal_sender_timeout 15,16,17,18 user integer 0 2147483647 ms
wal_skip_threshold 15,16,17,18 user integer 0 2147483647 kB
wal_summary_keep_time 17,18 sighup integer 0 35791394 min
wal_sync_method 15,16,17,18 sighup enum fsync,fdatasync,open_sync,open_datasync
wal_writer_delay 15,16,17,18 sighup integer 1 10000 ms
wal_writer_flush_after 15,16,17,18 sighup integer 0 2147483647 8kB
work_mem 15,16,17,18 user integer 64 2147483647 kB
xmlbinary 15,16,17,18 user enum base64,hex
xmloption 15,16,17,18 user enum content,document
`
