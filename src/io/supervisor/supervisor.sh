#!/usr/bin/env bash
# Supervisor of one PostgreSQL server: the first process of the postgres container (design 2.2).
#
# It obeys the failover sidecar, and keeps three promises by itself, whatever the sidecar does:
#   - it boots in hold: no server runs before an order, and it starts as a standby unless the order says
#     "primary" with a term and a deadline (S3);
#   - the dead-man switch: once primary, the server is killed when its deadline has passed (S1);
#   - a server counts as gone only when the postmaster and every one of its processes are gone.
#
# The loop uses bash builtins only. It never writes to a pipe that somebody else must empty: reports
# go to a regular file, and nothing is logged while the dead-man switch is armed (a stuck log reader
# would otherwise stop the switch). Times are milliseconds of /proc/uptime.
#
# Folder $PG_SWARM_RUN_DIR/supervisor (channel.ts is the other end):
#   orders    FIFO, one order per line: <nonce> <id> <verb> <arguments...>
#   reports   numbered lines, bounded: answers, server and job events; first line: boot <nonce>
#   status    one line, overwritten in place at least twice a second: the pulse
#   deadline  written by the sidecar: <nonce> <term> <deadline>
#   sidecar   written by the sidecar each second: <uptime>; its pulse
#   job-output, progress   of the last job
set -u -o pipefail
umask 077
LC_ALL=C
export -n LC_ALL

readonly tick_idle=200 tick_running=80 tick_ending=20
readonly status_every=400 kill_after=300
readonly line_max=1024 partial_max=1000 reports_max=400
readonly gap_max=1000 late_max=3000 deadline_max=300000
readonly sidecar_silent=3000 job_patience=2000
readonly grace=$((${PG_SWARM_GRACE_SECONDS:-60} * 1000))

run=${PG_SWARM_RUN_DIR:?PG_SWARM_RUN_DIR is not set}
home=$run/supervisor

now=0
clock() {
  local up _
  read -r up _ </proc/uptime
  now=$((10#${up/./} * 10))
}

# --alive: the liveness probe. Fails when the status line is older than a second and a half: the loop hangs.
if [[ ${1:-} == --alive ]]; then
  read -r line 2>/dev/null <"$home/status" || exit 1
  at=${line#* at=}
  at=${at%% *}
  [[ $at =~ ^[0-9]{1,15}$ ]] || exit 1
  clock
  ((now - at < 1500)) || exit 1
  exit 0
fi

data=${PG_SWARM_DATA_DIR:?PG_SWARM_DATA_DIR is not set}
wal=${PG_SWARM_WAL_DIR:-}
config=${PG_SWARM_CONFIG_DIR:?PG_SWARM_CONFIG_DIR is not set}
secret=${PG_SWARM_SECRET_DIR:?PG_SWARM_SECRET_DIR is not set}
address=${PG_SWARM_POD_IP:?PG_SWARM_POD_IP is not set}
[[ -z ${PG_SWARM_BIN_DIR:-} ]] || PATH=$PG_SWARM_BIN_DIR:$PATH
readonly data wal config secret address run home
readonly pgdata=$data/pgdata marks=$data/pg-swarm
readonly superuser=postgres replication_user=pgswarm_replication

if ((EUID == 0)); then
  echo "supervisor: PostgreSQL refuses to run as root: set runAsUser in the pod" >&2
  exit 1
fi

# ---- state ---------------------------------------------------------------------------------------

kind=nothing # nothing | standby | primary | stopping | job
pm=0         # process id of the postmaster, 0 when there is none
pm_dead=0 pm_code=0
armed=0 term=0 term_top=0 deadline=0
cause=ordered   # why the server that is stopping stops: ordered | crashed | fenced
quit_at=0       # when a fast stop becomes an immediate one
kill_at=0       # when SIGKILL goes to what is left
job_id='' job_name='' job_pid=0 job_kill_at=0 job_cancelled=0
sweep_pid=0
term_at=0       # when SIGTERM came; 0: it did not
seq=0 report_lines=0 ring=() held_log=()
status_seq=0 status_at=0 dirty=1
orders='' data_fd=''

# ---- saying --------------------------------------------------------------------------------------

log() {
  local line
  printf -v line '%(%Y-%m-%dT%H:%M:%S%z)T supervisor: %s' -1 "$*"
  if ((armed)); then
    ((${#held_log[@]} >= 50)) || held_log+=("$line")
  else
    printf '%s\n' "$line"
  fi
}

flush_log() {
  ((armed == 0 && ${#held_log[@]} > 0)) || return 0
  printf '%s\n' "${held_log[@]}"
  held_log=()
}

# What a report says is in the status already when the report is there: state changes come first.
report() {
  write_status
  ((++seq))
  ring[seq % 64]="$seq $*"
  if ((++report_lines >= reports_max)); then
    local text="boot $nonce" i
    for ((i = seq > 63 ? seq - 63 : 1; i <= seq; i++)); do text+=$'\n'${ring[i % 64]}; done
    report_lines=64
    printf '%s\n' "$text" >reports
  else
    printf '%s %s\n' "$seq" "$*" >>reports
  fi
} 2>/dev/null

write_status() {
  local line progress=''
  if [[ $kind == job ]]; then read -r progress <progress; fi 2>/dev/null
  ((++status_seq))
  printf -v line 'seq=%s nonce=%s at=%s running=%s postmaster=%s term=%s deadline=%s job=%s name=%s progress=%s terminating=%s end=%s' \
    "$status_seq" "$nonce" "$now" "$kind" "$pm" "$term" "$deadline" "$job_id" "$job_name" "$progress" \
    "$((term_at > 0))" "$status_seq"
  # In place and in one write: readers never see an empty file, and renaming would need a process.
  printf '%-500s\n' "$line" 1<>status
  status_at=$now dirty=0
} 2>/dev/null

# ---- finding processes ---------------------------------------------------------------------------

# Every process of a server works inside its data directory, and children leave the postmaster's
# group: so they are found by working directory. A dead process nobody reaped has none.
# The folder is held open while the server runs, so that even a deleted one is recognised.
found=()
scan_servers() {
  local folder=$1 p comm
  found=()
  for p in /proc/[0-9]*; do
    [[ $p/cwd -ef $folder ]] || continue
    read -r comm <"$p/comm" || continue
    [[ $comm == postgres ]] && found+=("${p#/proc/}")
  done
} 2>/dev/null

scan_group() {
  local group=$1 p line
  found=()
  for p in /proc/[0-9]*; do
    read -r line <"$p/stat" || continue
    set -- ${line##*') '} # state, parent, group
    [[ $3 == "$group" && $1 != [ZX] ]] && found+=("${p#/proc/}")
  done
} 2>/dev/null

# What a supervisor before us left on this volume: itself, its jobs, its server. Only in shared process id spaces.
end_predecessors() {
  local p folder tries
  for p in /proc/[0-9]*; do
    [[ ${p#/proc/} != "$$" && $p/cwd -ef . ]] && kill -KILL "${p#/proc/}"
  done 2>/dev/null
  for folder in "$pgdata" "$pgdata.new"; do
    for ((tries = 0; ; tries++)); do
      scan_servers "$folder"
      ((${#found[@]})) || break
      if ((tries == 0)); then
        log "a server of a predecessor still runs (${found[*]}): ending it"
        kill -QUIT "${found[@]}" 2>/dev/null
      elif ((tries * 50 >= kill_after)); then
        kill -KILL "${found[@]}" 2>/dev/null
      fi
      pause 0.05
    done
  done
}

# A wait without a process: nothing ever comes through this descriptor.
pause() { read -r -t "$1" -u "$silence"; }

# ---- the server ----------------------------------------------------------------------------------

# Sets `state` to what pg_control says of a server that is down.
state=''
read_state() {
  local line
  state=''
  while IFS= read -r line; do
    [[ $line == 'Database cluster state:'* ]] || continue
    state=${line#*:}
    state=${state#"${state%%[![:space:]]*}"}
  done < <(LC_ALL=C pg_controldata -D "$pgdata" 2>/dev/null)
}

why_no_start() { # sets `why`; empty when a server may be started
  why=''
  if ((term_at)); then
    why='the container is being stopped'
  elif [[ $kind != nothing ]]; then
    why="busy: $kind${job_name:+ $job_name}"
  elif [[ ! -s $pgdata/PG_VERSION || ! -s $pgdata/global/pg_control ]]; then
    why='no data directory: initialise or clone first'
  elif [[ -e $marks/rewinding ]]; then
    why='the data directory is damaged: a rewind was interrupted, clone it'
  elif [[ ! -r $run/postgresql.conf ]]; then
    why="$run/postgresql.conf is not there"
  elif [[ ! -r $config/pg_hba.conf ]]; then
    why="$config/pg_hba.conf is not there"
  fi
}

server_args=(
  -D "$pgdata" -c "data_directory=$pgdata" -c "config_file=$run/postgresql.conf" -c "hba_file=$config/pg_hba.conf"
  -c "listen_addresses=$address" -c "unix_socket_directories=$run" -c logging_collector=off
)

start_server() { # standby | primary; the caller has checked
  scan_servers "$pgdata"
  if ((${#found[@]})); then
    why="processes of another server work in the data directory: ${found[*]}"
    return 1
  fi
  # Nobody is behind these, and the process ids in them may be other programs' by now.
  rm -f "$pgdata/postmaster.pid" "$run"/.s.PGSQL.*.lock
  chmod 0700 "$pgdata" # a volume's fsGroup may have opened it, which PostgreSQL refuses
  if [[ $1 == standby ]]; then
    : >>"$pgdata/standby.signal" || { why='cannot write standby.signal'; return 1; }
    [[ ! -e $pgdata/recovery.signal ]] || rm -f "$pgdata/recovery.signal"
  else
    rm -f "$pgdata/standby.signal" "$pgdata/recovery.signal"
  fi
  exec {data_fd}<"$pgdata"
  set -m # a process group of its own
  postgres "${server_args[@]}" </dev/null {orders}>&- {silence}>&- {data_fd}<&- &
  pm=$!
  set +m
  pm_dead=0 pm_code=0 kill_at=0 quit_at=0 cause=ordered
  kind=$1
  report "server-started $pm"
  log "started as $1, postmaster $pm"
}

signal_server() { # signal: to the postmaster first, then to every process of the server
  ((pm_dead)) || kill "-$1" "$pm" 2>/dev/null
  scan_servers "/proc/$$/fd/$data_fd"
  ((${#found[@]} == 0)) || kill "-$1" "${found[@]}" 2>/dev/null
}

# Ends the server at once. The processes get the signal directly too: a frozen postmaster would not pass it on.
stop_immediate() { # cause
  signal_server QUIT
  kind=stopping cause=$1 quit_at=0
  ((kill_at)) || kill_at=$((now + kill_after))
  dirty=1
}

stop_fast() { # within, in milliseconds
  kill -INT "$pm" 2>/dev/null
  kind=stopping cause=ordered quit_at=$((now + $1))
  dirty=1
}

server_is_gone() {
  exec {data_fd}<&-
  data_fd=''
  kind=nothing pm=0 armed=0 deadline=0 term=0 quit_at=0 kill_at=0
  report "server-gone $cause $pm_code"
  log "server gone: $cause, exit code $pm_code"
  flush_log
}

tend_server() {
  if ((pm_dead == 0)) && ! kill -0 "$pm" 2>/dev/null; then
    wait "$pm" 2>/dev/null
    pm_code=$? pm_dead=1
    if [[ $kind != stopping ]]; then
      # Backends were seen to acknowledge commits for tens of milliseconds after their postmaster died.
      kind=stopping cause=crashed
    fi
    kill_at=$now
  fi
  if ((quit_at && now >= quit_at)); then
    log 'fast stop did not end in time: stopping at once'
    stop_immediate "$cause"
  fi
  if ((kill_at && now >= kill_at)); then
    if ((pm_dead)); then
      scan_servers "/proc/$$/fd/$data_fd"
      if ((${#found[@]} == 0)); then
        server_is_gone
        return
      fi
    fi
    signal_server KILL
  fi
}

# ---- the dead-man switch -------------------------------------------------------------------------

read_deadline() { # takes over what the sidecar wrote, if it is meant for this boot and this term
  local n t d
  read -r n t d 2>/dev/null <deadline || return 0
  [[ $n == "$nonce" && $t == "$term" && $d =~ ^[0-9]{1,15}$ ]] || return 0
  ((10#$d <= now + deadline_max)) || return 0
  deadline=$((10#$d))
}

tend_deadline() {
  ((kill_at == 0)) || return 0 # being killed already
  read_deadline
  if ((now >= deadline)); then
    stop_immediate fenced
    report "fencing $((now - deadline))"
    log "deadline passed $((now - deadline)) ms ago: server is being killed"
  fi
}

last_now=0 last_wall=0 planned=0
tend_clock() { # a paused machine: fence first, ask later
  local wall gap=0
  if [[ -n ${EPOCHREALTIME:-} ]]; then
    wall=$((${EPOCHREALTIME/[.,]/} / 1000))
  else # bash before 5
    printf -v wall '%(%s)T000' -1
  fi
  if ((last_wall)); then
    gap=$(((wall - last_wall) - (now - last_now)))
    ((gap > gap_max)) || gap=0
    if ((gap == 0 && now - planned > late_max)); then gap=$((now - planned)); fi
  fi
  last_now=$now last_wall=$wall
  ((gap)) || return 0
  if ((armed && kill_at == 0)); then stop_immediate fenced; fi
  report "paused-vm $gap"
  log "the machine stood still for $gap ms"
}

# ---- jobs (each in a process group of its own; they may use external programs) ---------------------

fail() {
  echo "error: $*"
  exit 1
}

durable() { sync "$@" 2>/dev/null || sync; }

write_passfile() {
  local password
  IFS= read -r password <"$secret/replication-password" || [[ -n ${password:-} ]] || fail 'no replication password in the secret'
  password=${password//\\/\\\\}
  printf '*:*:*:%s:%s\n' "$replication_user" "${password//:/\\:}" >passfile
}

source_conninfo() { # host port
  echo "host=$1 port=$2 user=$replication_user passfile=$home/passfile connect_timeout=5 keepalives_idle=5 keepalives_interval=2 keepalives_count=3 tcp_user_timeout=10000 application_name=pg_swarm_job"
}

control_field() { # folder, label
  local line
  while IFS= read -r line; do
    [[ $line == "$2:"* ]] || continue
    line=${line#*:}
    echo "${line#"${line%%[![:space:]]*}"}"
  done < <(LC_ALL=C pg_controldata -D "$1" 2>/dev/null)
}

# Leftovers of interrupted jobs, and WAL folders that no data directory points to (WAL of another cluster
# must never be found beside a new data directory).
clean_leftovers() {
  remove_data "$pgdata.new" || fail 'cannot remove leftovers'
  [[ ! -e $pgdata/PG_VERSION ]] || remove_data "$pgdata.ready" || fail 'cannot remove leftovers'
  rm -rf "$data"/pgdata.drop-*
  [[ -n $wal ]] || return 0
  local folder link used
  for folder in "$wal"/pg_wal.*; do
    [[ -d $folder ]] || continue
    used=0
    for link in "$data"/pgdata*/pg_wal; do
      [[ $link -ef $folder ]] && used=1
    done
    ((used)) || rm -rf "$folder"
  done
}

# A clone that was complete when the swap was interrupted takes its place now.
finish_swap() {
  [[ -e $pgdata.ready && ! -e $pgdata/PG_VERSION ]] || return 0
  rmdir "$pgdata" 2>/dev/null
  mv -T "$pgdata.ready" "$pgdata" && durable "$data" && rm -f "$marks/rewinding" "$marks/bootstrap-unconfirmed"
}

# Renamed first, so that half of one never looks whole, and with its folder on the WAL volume.
remove_data() { # folders
  local folder log_folder dropped
  for folder; do
    [[ -e $folder ]] || continue
    dropped=$data/pgdata.drop-$RANDOM$RANDOM
    mv -T "$folder" "$dropped" || return 1
    if [[ -n $wal && -L $dropped/pg_wal ]]; then
      log_folder=$(readlink "$dropped/pg_wal")
      [[ $log_folder != "$wal"/pg_wal.* ]] || rm -rf "$log_folder"
    fi
    rm -rf "$dropped" || return 1
  done
}

wal_option=()
choose_wal() {
  wal_option=()
  [[ -n $wal ]] || return 0
  local random
  read -r random </proc/sys/kernel/random/uuid
  wal_option=("--waldir=$wal/pg_wal.${random%%-*}")
}

quoted() { # a string as an SQL literal
  local text=${1//\'/\'\'}
  echo "'$text'"
}

job_initdb() {
  [[ ! -e $pgdata || -z $(ls -A "$pgdata") ]] || fail "$pgdata is not empty: never initialised again"
  [[ -s $secret/superuser-password ]] || fail 'no superuser password in the secret'
  local locale done=0 password
  IFS= read -r password <"$secret/replication-password" || [[ -n ${password:-} ]] || fail 'no replication password in the secret'
  for locale in C.UTF-8 C; do
    clean_leftovers
    choose_wal
    initdb -D "$pgdata.new" -U "$superuser" --encoding=UTF8 --locale="$locale" --data-checksums \
      --auth-local=scram-sha-256 --auth-host=scram-sha-256 "--pwfile=$secret/superuser-password" "${wal_option[@]}" &&
      done=1 && break
  done
  ((done)) || fail 'initdb failed'
  # What pg_rewind reads from its source, and nothing more (manual of pg_rewind, Notes).
  local answer with=(-D "$pgdata.new" -c archive_mode=off -c synchronous_standby_names= -c default_transaction_read_only=off)
  # With the settings of the profile: pg_control remembers max_connections and others, and a standby
  # refuses to start below what is written there.
  [[ ! -r $run/postgresql.conf ]] || with+=(-c "config_file=$run/postgresql.conf")
  answer=$(postgres --single -j "${with[@]}" -c log_min_error_statement=panic -c log_statement=none postgres 2>&1 <<SQL
create role $replication_user login replication password $(quoted "$password");

grant execute on function pg_catalog.pg_ls_dir(text, boolean, boolean),
  pg_catalog.pg_stat_file(text, boolean), pg_catalog.pg_read_binary_file(text),
  pg_catalog.pg_read_binary_file(text, bigint, bigint, boolean) to $replication_user;

select 'role-is-ready' from pg_roles where rolname = '$replication_user' and rolreplication and rolcanlogin
  and has_function_privilege(oid, 'pg_read_binary_file(text, bigint, bigint, boolean)', 'execute');

SQL
  )
  [[ $answer == *role-is-ready* ]] || fail "could not make the replication role: ${answer//"$password"/...}"
  mkdir -p "$marks" || fail "cannot make $marks"
  control_field "$pgdata.new" 'Database system identifier' >"$marks/bootstrap-unconfirmed"
  durable "$marks/bootstrap-unconfirmed" "$marks" "$data"
  mv -T "$pgdata.new" "$pgdata" || fail 'cannot move the new data directory to its place'
  durable "$data"
  echo "initialised, system identifier $(control_field "$pgdata" 'Database system identifier')"
}

check_source() { # host port system-identifier
  local conninfo answer
  conninfo=$(source_conninfo "$1" "$2")
  answer=$(psql -XAtq -d "$conninfo replication=true" -c IDENTIFY_SYSTEM 2>&1) || fail "source $1:$2 does not answer: $answer"
  [[ ${answer%%|*} == "$3" ]] || fail "source $1:$2 is system ${answer%%|*}, not $3: nothing was touched"
}

job_clone() { # host port system-identifier
  write_passfile
  check_source "$@"
  finish_swap
  clean_leftovers
  choose_wal
  pg_basebackup -d "$(source_conninfo "$1" "$2")" -D "$pgdata.new" -Fp -Xstream --checkpoint=fast --no-password --progress \
    "${wal_option[@]}" || fail 'pg_basebackup failed'
  local got
  got=$(control_field "$pgdata.new" 'Database system identifier')
  [[ $got == "$3" ]] || fail "the copy is of system $got, not $3"
  : >"$pgdata.new/standby.signal"
  rm -f "$pgdata.new/recovery.signal"
  durable "$pgdata.new/standby.signal" "$pgdata.new"
  mv -T "$pgdata.new" "$pgdata.ready" && durable "$data" || fail 'cannot keep the copy'
  # The old directory is kept until its replacement streams. When one is kept already, what is in place
  # is a clone that never streamed: the older one is worth more.
  if [[ -e $pgdata/PG_VERSION || -n $(ls -A "$pgdata" 2>/dev/null) ]]; then
    local kept=("$data"/pgdata.old-*) stamp
    printf -v stamp '%(%Y%m%d%H%M%S)T' -1
    if [[ -e ${kept[0]} ]]; then
      remove_data "$pgdata" || fail 'cannot move the data directory aside'
    else
      mv -T "$pgdata" "$pgdata.old-$stamp" || fail 'cannot move the data directory aside'
    fi
  fi
  finish_swap
  [[ -e $pgdata/PG_VERSION ]] || fail 'the copy did not get to its place'
  echo "cloned from $1:$2"
}

single_user_recovery() {
  trap ': >>"$pgdata/standby.signal"' EXIT
  rm -f "$pgdata/standby.signal" "$pgdata/recovery.signal" "$pgdata/postmaster.pid" # single-user mode refuses the first two
  postgres --single "${server_args[@]}" -c archive_mode=off -c synchronous_standby_names= template1 </dev/null
  local code=$?
  : >>"$pgdata/standby.signal"
  return "$code"
}

# Crash recovery alone ignores timeline switches and may fork a standby's history: for ex-primaries only.
job_crash_recovery() {
  read_state
  case $state in
    'shut down' | 'shut down in recovery') echo "nothing to recover: $state" ;;
    'in production' | 'in crash recovery' | 'shutting down')
      single_user_recovery || fail 'crash recovery failed'
      ;;
    *) fail "not an ex-primary: $state" ;;
  esac
}

# Leaves backup_label and all WAL as pg_rewind made them: replay must begin before the divergence.
job_rewind() { # host port system-identifier
  write_passfile
  [[ $3 == - ]] || check_source "$@"
  job_crash_recovery
  local rewind=(pg_rewind -D "$pgdata" "--source-server=$(source_conninfo "$1" "$2") dbname=postgres" "--config-file=$run/postgresql.conf" --no-ensure-shutdown)
  "${rewind[@]}" --dry-run || fail 'pg_rewind cannot do it; nothing was changed'
  mkdir -p "$marks" && echo "$1:$2" >"$marks/rewinding" && durable "$marks/rewinding" "$marks" || fail 'cannot write the marker'
  "${rewind[@]}" --progress || fail 'pg_rewind failed half way: the data directory is damaged'
  : >>"$pgdata/standby.signal" || fail 'cannot write standby.signal'
  durable "$pgdata/standby.signal" "$pgdata"
  rm -f "$marks/rewinding" && durable "$marks"
  echo "rewound to $1:$2"
}

# Shows the output of a job, keeps its end for the report and its percentage for the status.
job_filter() {
  local line kept=() percent='\(([0-9]{1,3})%\)'
  while IFS= read -r line || [[ -n $line ]]; do
    line=${line:0:300}
    if [[ $line =~ $percent ]]; then
      printf '%-5s\n' "${BASH_REMATCH[1]}" 1<>progress
      continue
    fi
    printf 'supervisor: %s: %s\n' "$1" "$line"
    kept+=("$line")
    ((${#kept[@]} <= 40)) || kept=("${kept[@]:1}")
  done
  ((${#kept[@]} == 0)) || printf '%s\n' "${kept[@]}" >job-output
}

start_job() { # id name arguments...
  job_id=$1 job_name=$2 job_kill_at=0 job_cancelled=0
  : >job-output
  : >progress
  local main=job_${2//-/_}
  shift 2
  set -m
  (
    set +m
    exec {orders}>&- {silence}>&-
    trap - INT QUIT HUP EXIT
    trap '' TERM # the work ends by it, the keeping of its output must not
    { trap - TERM; "$main" "$@"; } 2>&1 | job_filter "$job_name"
    exit "${PIPESTATUS[0]}"
  ) </dev/null &
  job_pid=$!
  set +m
  kind=job dirty=1
  log "job $job_name ($job_id) started"
}

# Removes folders beside whatever else runs.
sweep() {
  set -m
  (
    exec {orders}>&- {silence}>&-
    trap - TERM INT QUIT HUP EXIT
    renice -n 19 -p "$BASHPID" >/dev/null 2>&1
    remove_data "$@"
    rm -rf "$data"/pgdata.drop-*
  ) </dev/null &
  sweep_pid=$!
  set +m
}

cancel_job() {
  job_cancelled=1
  kill -TERM -- "-$job_pid" 2>/dev/null
  ((job_kill_at)) || job_kill_at=$((now + job_patience))
}

tend_job() {
  if ((job_kill_at && now >= job_kill_at)); then kill -KILL -- "-$job_pid" 2>/dev/null; fi
  kill -0 "$job_pid" 2>/dev/null && return
  scan_group "$job_pid" # the leader is gone; is everyone?
  if ((${#found[@]})); then
    kill -KILL "${found[@]}" 2>/dev/null
    return
  fi
  wait "$job_pid" 2>/dev/null
  local code=$?
  ((job_cancelled == 0)) || printf 'cancelled\n' >>job-output
  local ended=$job_id
  # Half a copy only takes space away; a job that comes meanwhile finds another name.
  if ((code != 0)) && [[ -e $pgdata.new ]]; then sweep "$pgdata.new"; fi
  log "job $job_name ($job_id) ended with $code"
  kind=nothing job_id='' job_name='' job_pid=0
  report "job-ended $ended $code"
}

# ---- orders --------------------------------------------------------------------------------------

future() { # whether $1 is a deadline to be believed; sets `why`
  why=''
  if [[ ! $1 =~ ^[0-9]{1,15}$ ]]; then
    why='the deadline is not a number'
  elif ((10#$1 <= now)); then
    why='the deadline has passed'
  elif ((10#$1 > now + deadline_max)); then
    why='the deadline is too far away'
  fi
}

take_term() { # term deadline; sets `why`
  if [[ ! $1 =~ ^[0-9]{1,15}$ ]]; then
    why='the term is not a number'
  elif ((10#$1 < term_top)); then
    why="the term is lower than $term_top"
  else
    future "$2"
  fi
}

arm() { # term deadline
  : >deadline # what was written before this order was meant for another run
  term=$((10#$1)) deadline=$((10#$2)) armed=1 term_top=$((10#$1))
}

order_start_standby() {
  why_no_start
  [[ -z $why ]] && start_server standby
}

order_start_primary() { # term deadline
  why_no_start
  [[ -n $why ]] || take_term "$@"
  [[ -z $why ]] || return
  read_state
  # Only a directory that was a primary's may go on without a promotion: anything else forks the
  # history without a new timeline.
  case $state in
    'shut down' | 'in production' | 'in crash recovery' | 'shutting down') ;;
    *) why="not a primary's data directory: ${state:-unreadable}" ;;
  esac
  [[ ! -e $pgdata/backup_label ]] || why='a copy or a rewound directory must start as a standby'
  [[ -z $why ]] || return
  clock
  future "$2" # reading the state took time
  [[ -z $why ]] || return
  arm "$@"
  start_server primary || armed=0
}

order_arm() { # term deadline
  take_term "$@"
  [[ -z $why ]] || return
  if [[ $kind != standby && $kind != primary ]]; then
    why='no server runs'
    return
  fi
  arm "$@"
  kind=primary
}

order_stop_fast() { # within
  if [[ ! $1 =~ ^[0-9]{1,7}$ ]]; then
    why='the time is not a number of milliseconds'
  elif ((pm == 0)); then
    why='no server runs'
  elif ((kill_at == 0)); then
    stop_fast "$((10#$1))"
  fi
}

order_stop_immediate() {
  if ((pm == 0)); then
    why='no server runs'
  elif ((kill_at == 0)); then
    stop_immediate ordered
  fi
}

order_run_job() { # job name [host port [system-identifier]]
  local job=$1 name=$2 host=${3:--} port=${4:--} system=${5:--}
  if ((term_at)); then
    why='the container is being stopped'
  elif [[ $kind != nothing ]]; then
    why="busy: $kind${job_name:+ $job_name}"
  elif [[ ! $job =~ ^[A-Za-z0-9._-]{1,64}$ ]]; then
    why='the job has no proper id'
  elif [[ $name != initdb && $name != clone && $name != rewind && $name != crash-recovery ]]; then
    why='unknown job'
  elif [[ $name == clone || $name == rewind ]] && [[ ! $host =~ ^[A-Za-z0-9._:%-]{1,253}$ || $host == - ]]; then
    why='the source has no proper host'
  elif [[ $name == clone || $name == rewind ]] && [[ ! $port =~ ^[0-9]{1,5}$ ]]; then
    why='the source has no proper port'
  elif [[ ! $system =~ ^([0-9]{1,20}|-)$ ]]; then
    why='the system identifier is not a number'
  elif [[ $name == clone && $system == - ]]; then
    why='a clone needs the system identifier of its source'
  elif [[ $name == initdb && -e $pgdata && -n $(ls -A "$pgdata") ]]; then
    why="$pgdata is not empty: never initialised again"
  elif [[ $name == rewind || $name == crash-recovery ]] && [[ ! -s $pgdata/global/pg_control ]]; then
    why='no data directory'
  elif [[ $name == rewind && -e $marks/rewinding ]]; then
    why='the data directory is damaged: a rewind was interrupted, clone it'
  else
    start_job "$job" "$name" "$host" "$port" "$system"
  fi
}

order_cancel_job() { # job
  if [[ $kind != job || $1 != "$job_id" ]]; then
    why='that job does not run'
  else
    cancel_job
  fi
}

# Removes the old data directory once its replacement streams.
order_drop_old() {
  if ((sweep_pid)) && kill -0 "$sweep_pid" 2>/dev/null; then
    why='folders are being removed already'
  else
    sweep "$data"/pgdata.old-*
  fi
}

# How many arguments each order takes.
declare -rA arity=(
  [start-standby]=0 [start-primary]=2 [arm]=2 [stop-fast]=1 [stop-immediate]=0 [run-job]=5
  [cancel-job]=1 [drop-old]=0
)

obey() { # one line
  local words id verb
  why=''
  set -f
  words=($1)
  set +f
  id=${words[1]:-}
  verb=${words[2]:-}
  if [[ ! $id =~ ^[A-Za-z0-9._-]{1,64}$ || $1 == *[![:print:]]* ]]; then
    report 'answer - refused malformed order'
    return
  fi
  if [[ ${words[0]} != "$nonce" ]]; then
    why='meant for another boot of the supervisor'
  elif [[ ! $verb =~ ^[a-z-]{1,32}$ || -z ${arity[$verb]:-} ]]; then
    why='unknown order'
  elif ((${#words[@]} - 3 != arity[$verb])); then
    why="$verb takes ${arity[$verb]} arguments, not $((${#words[@]} - 3))"
  else
    "order_${verb//-/_}" "${words[@]:3}"
  fi
  clock
  if [[ -z $why ]]; then report "answer $id done"; else report "answer $id refused $why"; fi
}

partial='' partial_since=0 overlong=0
hear() { # waits for orders until the next tick
  local part rc wait=$tick_idle
  if ((kill_at)); then
    wait=$tick_ending
  elif ((pm || job_pid)); then
    wait=$tick_running
  fi
  ((armed && deadline > now && deadline - now < wait)) && wait=$((deadline - now))
  planned=$((now + wait))
  printf -v wait '0.%03d' "$wait"
  IFS= read -r -t "$wait" -n "$line_max" -u "$orders" part
  rc=$?
  clock
  if ((${#part} >= line_max)); then # no line end in sight: refused once, skipped to its end
    ((overlong)) || report 'answer - refused order too long'
    overlong=1 partial=''
  elif ((overlong)); then
    ((rc == 0)) && overlong=0
  elif ((rc == 0)); then
    part=$partial$part partial=''
    if ((${#part} > line_max)); then report 'answer - refused order too long'; else obey "$part"; fi
  elif [[ -n $part ]]; then
    [[ -n $partial ]] || partial_since=$now
    partial+=$part
  fi
  if [[ -n $partial ]] && ((now - partial_since > partial_max)); then
    report 'answer - refused order without end'
    partial=''
  fi
}

# ---- the end of the container --------------------------------------------------------------------

tend_termination() { # the sidecar hands over; we act only when it is silent or the grace is nearly over
  local pulse='' waited=$((now - term_at))
  case $kind in
    nothing) exit 0 ;;
    job) ((job_cancelled)) || cancel_job ;;
    standby | primary)
      read -r pulse 2>/dev/null <sidecar
      [[ $pulse =~ ^[0-9]{1,15}$ ]] || pulse=0
      if ((now - 10#$pulse > sidecar_silent || waited > grace - 15000)); then
        log 'stopping the server by itself'
        stop_fast "$((grace - waited > 8000 ? grace - waited - 5000 : 3000))"
      fi
      ;;
    stopping) ((waited < grace - 3000 || kill_at)) || stop_immediate "$cause" ;;
  esac
}

on_term() { ((term_at)) || term_at=1; }

# Whatever ends this script, it takes the server and the job along.
on_exit() {
  trap '' TERM INT QUIT
  armed=0
  ((job_pid == 0)) || kill -KILL -- "-$job_pid" 2>/dev/null
  [[ -n $data_fd ]] || return
  local tries
  for ((tries = 0; tries < 200; tries++)); do
    if ((tries < 6)); then signal_server QUIT; else signal_server KILL; fi
    ((${#found[@]})) || break
    pause 0.05
  done
}

# ---- start ---------------------------------------------------------------------------------------

mkdir -p "$home" "$marks" && cd "$home" || exit 1
read -r nonce </proc/sys/kernel/random/uuid
readonly nonce=${nonce//-/}
rm -f orders reports status deadline silence job-output progress
mkfifo orders silence || exit 1
exec {orders}<>orders {silence}<>silence
rm -f silence
trap on_term TERM INT QUIT HUP
trap '' PIPE # nobody reading the log is no reason to die
trap on_exit EXIT
clock
printf 'boot %s\n' "$nonce" >reports
end_predecessors
finish_swap
clock
planned=$now
write_status
log "in hold, boot $nonce"

while :; do
  hear
  tend_clock
  ((armed == 0)) || tend_deadline
  if ((pm)); then
    tend_server
  elif ((job_pid)); then
    tend_job
  fi
  if ((term_at)); then
    if ((term_at == 1)); then
      term_at=$now dirty=1
      log 'asked to end'
    fi
    tend_termination
  fi
  if ((dirty || now - status_at >= status_every)); then write_status; fi
done
