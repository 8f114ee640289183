/**
 * For each built-in rule: messages as servers write them that it takes, near misses that it leaves to
 * others, and the words of PostgreSQL's message catalog that it rests on (found in the server's binary,
 * versions 15 to 18; the parts between them differ). Read by tests and by who writes rules; no program needs it.
 */

export type RuleExample = {
  readonly rule: string
  readonly takes: readonly string[]
  readonly leaves: readonly string[]
  readonly catalog: readonly string[]
}

export const dataExamples: readonly RuleExample[] = [
  {
    rule: "page-checksum-wrong",
    takes: ["WARNING:  page verification failed, calculated checksum 19827 but expected 21024"],
    leaves: [
      "WARNING:  page verification is off",
      "LOG:  page verification failed, calculated checksum 19827 but expected 21024",
    ],
    catalog: ["page verification failed, calculated checksum %u but expected %u"],
  },
  {
    rule: "page-invalid",
    takes: [
      "ERROR:  invalid page in block 31 of relation base/16384/16402",
      'FATAL:  invalid page in block 31 of relation "base/16384/16402"',
      'ERROR:  invalid pages in blocks 31..33 of relation "base/16384/16402"',
    ],
    leaves: [
      "WARNING:  invalid page in block 31 of relation base/16384/16402; zeroing out page",
      'ERROR:  syntax error at or near "invalid page in block 31 of relation x"',
    ],
    catalog: ["invalid page in block %u of relation "],
  },
  {
    rule: "block-read-short",
    takes: [
      'ERROR:  could not read block 12 in file "base/16384/16402": read only 0 of 8192 bytes',
      'ERROR:  could not read blocks 12..13 in file "base/16384/16402": read only 4096 of 16384 bytes',
    ],
    leaves: [
      "ERROR:  could not read block 12 of temporary file: read only 0 of 8192 bytes",
      'ERROR:  could not read block 12 in file "base/16384/16402": Input/output error',
    ],
    catalog: ["could not read block", ": read only %"],
  },
  {
    rule: "transaction-status-missing",
    takes: ["ERROR:  could not access status of transaction 4021837"],
    leaves: [
      'ERROR:  could not access file "status of transaction 4021837": No such file or directory',
    ],
    catalog: ["could not access status of transaction %u"],
  },
  {
    rule: "toast-chunk-missing",
    takes: [
      "ERROR:  missing chunk number 0 for toast value 24606 in pg_toast_16391",
      "ERROR:  unexpected chunk number 3 (expected 2) for toast value 24606 in pg_toast_16391",
      "ERROR:  unexpected chunk size 12 (expected 1996) in chunk 2 of 4 for toast value 24606 in pg_toast_16391",
    ],
    leaves: ['ERROR:  missing FROM-clause entry for table "chunk"'],
    catalog: ["missing chunk number %d for toast value %u in %s"],
  },
  {
    rule: "index-page-corrupted",
    takes: [
      'ERROR:  index "orders_pkey" contains corrupted page at block 4',
      'ERROR:  index "orders_pkey" contains unexpected zero page at block 4',
    ],
    leaves: ['ERROR:  index "orders_pkey" does not exist'],
    catalog: ["contains corrupted page at block %u", "contains unexpected zero page at block %u"],
  },
  {
    rule: "row-older-than-frozen",
    takes: [
      "ERROR:  found xmin 511 from before relfrozenxid 700",
      "ERROR:  found multixact 12 from before relminmxid 99",
      "ERROR:  multixact 12 contains update XID 511 from before relfrozenxid 700",
    ],
    leaves: ["LOG:  found xmin 511 from before relfrozenxid 700", "ERROR:  found 511 rows"],
    catalog: ["from before relfrozenxid %u", "from before relminmxid %u"],
  },
  {
    rule: "mapping-file-damaged",
    takes: [
      'FATAL:  relation mapping file "global/pg_filenode.map" contains incorrect checksum',
      'ERROR:  relation mapping file "base/5/pg_filenode.map" contains invalid data',
    ],
    leaves: ['ERROR:  relation "mapping file" does not exist'],
    catalog: ['relation mapping file "%s" contains incorrect checksum'],
  },
  {
    rule: "control-file-checksum",
    takes: [
      "FATAL:  incorrect checksum in control file",
      "PANIC:  incorrect checksum in control file",
    ],
    leaves: ["LOG:  incorrect resource manager data checksum in record at 0/3000028"],
    catalog: ["incorrect checksum in control file"],
  },
  {
    rule: "wal-refers-to-missing-pages",
    takes: ["PANIC:  WAL contains references to invalid pages"],
    leaves: ["WARNING:  page 7 of relation base/5/16402 is uninitialized"],
    catalog: ["WAL contains references to invalid pages"],
  },
  {
    rule: "checkpoint-record-missing",
    takes: [
      "PANIC:  could not locate a valid checkpoint record",
      "PANIC:  could not locate a valid checkpoint record at 0/2000060",
      "LOG:  invalid checkpoint record",
    ],
    leaves: ["LOG:  checkpoint record is at 0/2000060", "LOG:  checkpoint starting: time"],
    catalog: ["could not locate a valid checkpoint record"],
  },
  {
    rule: "backup-label-invalid",
    takes: [
      'FATAL:  invalid data in file "backup_label"',
      "FATAL:  backup_label contains data inconsistent with control file",
    ],
    leaves: [
      'FATAL:  invalid data in file "tablespace_map"',
      "LOG:  completed backup recovery with redo LSN 0/2000028 and end LSN 0/2000100",
    ],
    catalog: [
      'invalid data in file "%s"',
      "backup_label contains data inconsistent with control file",
    ],
  },
  {
    rule: "allocation-impossible",
    takes: ["ERROR:  invalid memory alloc request size 18446744073709551613"],
    leaves: ['ERROR:  invalid input syntax for type integer: "memory"'],
    catalog: ["invalid memory alloc request size %zu"],
  },
  {
    rule: "server-out-of-memory",
    takes: ["ERROR:  out of memory", "FATAL:  out of memory"],
    leaves: ["ERROR:  out of shared memory", "LOG:  out of memory"],
    catalog: ["out of memory"],
  },
  {
    rule: "killed-by-system",
    takes: [
      "LOG:  server process (PID 4711) was terminated by signal 9: Killed",
      "LOG:  client backend (PID 4711) was terminated by signal 9: Killed",
      "LOG:  startup process (PID 31) was terminated by signal 9: Killed",
    ],
    leaves: [
      "LOG:  server process (PID 4711) was terminated by signal 15: Terminated",
      "LOG:  archive command was terminated by signal 9: Killed",
    ],
    catalog: ["%s (PID %d) was terminated by signal %d: %s"],
  },
  {
    rule: "crashed-process",
    takes: [
      "LOG:  server process (PID 4711) was terminated by signal 11: Segmentation fault",
      "LOG:  checkpointer process (PID 28) was terminated by signal 6: Aborted",
    ],
    leaves: [
      "LOG:  server process (PID 4711) was terminated by signal 9: Killed",
      "LOG:  server process (PID 4711) exited with exit code 1",
    ],
    catalog: ["%s (PID %d) was terminated by signal %d: %s"],
  },
  {
    rule: "fork-failed",
    takes: [
      "LOG:  could not fork new process for connection: Cannot allocate memory",
      "LOG:  could not fork autovacuum worker process: Resource temporarily unavailable",
    ],
    leaves: ["LOG:  could not fork new process for connection: Permission denied"],
    catalog: ["could not fork new process for connection: %m"],
  },
  {
    rule: "shared-memory-used-up",
    takes: ["ERROR:  out of shared memory"],
    leaves: ["ERROR:  out of memory"],
    catalog: ["out of shared memory"],
  },
  {
    rule: "shared-memory-not-mapped",
    takes: ["FATAL:  could not map anonymous shared memory: Cannot allocate memory"],
    leaves: ["FATAL:  could not create shared memory segment: No space left on device"],
    catalog: ["could not map anonymous shared memory: %m"],
  },
  {
    rule: "shared-segment-not-grown",
    takes: [
      'ERROR:  could not resize shared memory segment "/PostgreSQL.1804289383" to 8388608 bytes: No space left on device',
    ],
    leaves: [
      'ERROR:  could not open shared memory segment "/PostgreSQL.1804289383": No such file or directory',
    ],
    catalog: ['could not resize shared memory segment "%s" to %zu bytes: %m'],
  },
  {
    rule: "wal-removed",
    takes: [
      "FATAL:  could not receive data from WAL stream: ERROR:  requested WAL segment 000000010000000000000007 has already been removed",
      "ERROR:  requested WAL segment 000000010000000000000007 has already been removed",
    ],
    leaves: [
      "ERROR:  requested WAL segment has already been removed",
      'LOG:  recycled write-ahead log file "000000010000000000000007"',
    ],
    catalog: ["requested WAL segment %s has already been removed"],
  },
  {
    rule: "start-not-in-history",
    takes: [
      "FATAL:  could not start WAL streaming: ERROR:  requested starting point 0/9000000 on timeline 2 is not in this server's history",
    ],
    leaves: ["ERROR:  requested timeline 2 is not in this server's history"],
    catalog: ["requested starting point %X/%X on timeline %u is not in this server's history"],
  },
  {
    rule: "ahead-of-primary",
    takes: [
      "FATAL:  could not start WAL streaming: ERROR:  requested starting point 0/9000000 is ahead of the WAL flush position of this server 0/8FFFFA8",
    ],
    leaves: [
      "LOG:  walreceiver requested start point 0/9000000 on timeline 2 is ahead of the upstream server's flush position 0/8FFFFA8, waiting",
    ],
    catalog: ["is ahead of the WAL flush position of this server"],
  },
  {
    rule: "timeline-not-child",
    takes: ["FATAL:  requested timeline 3 is not a child of this server's history"],
    leaves: ["LOG:  new timeline 3 is not a child of database system timeline 2"],
    catalog: ["requested timeline %u is not a child of this server's history"],
  },
  {
    rule: "timeline-forked-behind",
    takes: [
      "LOG:  new timeline 3 forked off current database system timeline 2 before current recovery point 0/9000000",
    ],
    leaves: ["LOG:  new target timeline is 3"],
    catalog: ["forked off current database system timeline %u before current recovery point"],
  },
  {
    rule: "timeline-not-successor",
    takes: ["LOG:  new timeline 3 is not a child of database system timeline 2"],
    leaves: ["FATAL:  requested timeline 3 is not a child of this server's history"],
    catalog: ["new timeline %u is not a child of database system timeline %u"],
  },
  {
    rule: "timeline-before-recovery-point",
    takes: [
      "FATAL:  requested timeline 3 does not contain minimum recovery point 0/9000000 on timeline 2",
    ],
    leaves: ["LOG:  consistent recovery state reached at 0/9000000"],
    catalog: ["requested timeline %u does not contain minimum recovery point"],
  },
  {
    rule: "recovery-timeline-ahead",
    takes: ["FATAL:  highest timeline 1 of the primary is behind recovery timeline 2"],
    leaves: ["LOG:  selected new timeline ID: 2"],
    catalog: ["highest timeline %u of the primary is behind recovery timeline %u"],
  },
  {
    rule: "wal-record-damaged",
    takes: [
      "LOG:  incorrect resource manager data checksum in record at 0/3000028",
      "LOG:  record with incorrect prev-link 0/1 at 0/3000028",
    ],
    leaves: [
      "LOG:  invalid record length at 0/3000028: wanted 24, got 0",
      "LOG:  invalid record length at 0/3000028: expected at least 24, got 0",
    ],
    catalog: [
      "incorrect resource manager data checksum in record at",
      "record with incorrect prev-link",
    ],
  },
  {
    rule: "wal-of-other-system",
    takes: [
      "LOG:  WAL file is from different database system: WAL file database system identifier is 7400000000000000001, pg_control database system identifier is 7400000000000000002",
    ],
    leaves: ["FATAL:  database system identifier differs between the primary and standby"],
    catalog: ["WAL file is from different database system: "],
  },
  {
    rule: "wal-level-minimal",
    takes: [
      "FATAL:  WAL was generated with wal_level=minimal, cannot continue recovering",
      'FATAL:  WAL was generated with "wal_level=minimal", cannot continue recovering',
    ],
    leaves: [
      'FATAL:  WAL streaming (max_wal_senders > 0) requires wal_level "replica" or "logical"',
    ],
    catalog: ["cannot continue recovering"],
  },
  {
    rule: "archive-command-failed",
    takes: [
      "LOG:  archive command failed with exit code 1",
      "LOG:  archive command was terminated by signal 15: Terminated",
    ],
    leaves: ['LOG:  archived write-ahead log file "000000010000000000000007"'],
    catalog: ["archive command failed with exit code %d"],
  },
  {
    rule: "archive-given-up",
    takes: [
      'WARNING:  archiving write-ahead log file "000000010000000000000007" failed too many times, will try again later',
    ],
    leaves: [
      'WARNING:  removal of orphan archive status file "000000010000000000000007" failed too many times, will try again later',
    ],
    catalog: ['archiving write-ahead log file "%s" failed too many times'],
  },
  {
    rule: "wal-write-failed",
    takes: [
      'PANIC:  could not write to file "pg_wal/xlogtemp.31": No space left on device',
      "PANIC:  could not write to log file 000000010000000000000007 at offset 8192, length 8192: Input/output error",
      'PANIC:  could not fsync file "pg_wal/000000010000000000000007": Input/output error',
    ],
    leaves: [
      'ERROR:  could not write to file "pg_wal/xlogtemp.31": No space left on device',
      'PANIC:  could not write to file "pg_logical/replorigin_checkpoint.tmp": No space left on device',
    ],
    catalog: ["could not write to log file"],
  },
]
