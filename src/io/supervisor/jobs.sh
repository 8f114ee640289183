# Part of supervisor.sh: initdb, clone, rewind, crash recovery. Each job runs in a process group of its own
# and may use external programs; what it leaves half done is recognised at the next start (S4).
# shellcheck shell=bash disable=SC2154

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
  account_lost "$1" "$2"
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
  account_lost "$1" "$2" # the recovery writes WAL of its own
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
    exec {orders}>&- {silence}>&- {log_pipe}>&-
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
    exec {orders}>&- {silence}>&- {log_pipe}>&-
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
