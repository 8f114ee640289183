# Part of supervisor.sh: the server, the processes that belong to it, and the dead-man switch.
# shellcheck shell=bash disable=SC2154

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

# Whether `state` is that of a primary that is down, and not of a standby or a copy.
is_ex_primary() {
  case $state in 'shut down' | 'in production' | 'in crash recovery' | 'shutting down') return 0 ;; *) return 1 ;; esac
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
  -D "$pgdata" -c "data_directory=$pgdata" -c "config_file=$run/postgresql.conf"
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
  # The sidecar's copy can keep clients out by a reload; on the command line nobody can point elsewhere.
  local hba=$run/pg_hba.conf
  [[ -r $hba ]] || hba=$config/pg_hba.conf
  LC_ALL= LC_MESSAGES=C postgres "${server_args[@]}" -c "hba_file=$hba" </dev/null >&"$log_pipe" 2>&1 \
    {log_pipe}>&- {orders}>&- {silence}>&- {data_fd}<&- &
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
  [[ "$n $t $d" != "$deadline_stale" ]] || return 0
  [[ $n == "$nonce" && $t == "$term" && $d =~ ^[0-9]{1,15}$ ]] || return 0
  ((10#$d <= now + deadline_max)) || return 0
  deadline=$((10#$d))
}

deadline_read=0
tend_deadline() {
  ((kill_at == 0)) || return 0 # being killed already
  if ((now >= deadline || now - deadline_read >= read_every)); then
    deadline_read=$now
    read_deadline
  fi
  if ((now >= deadline)); then
    stop_immediate fenced
    report "fencing $((now - deadline))"
    log "deadline passed $((now - deadline)) ms ago: server is being killed"
  fi
}

# How far the wall clock is ahead of the monotonic one. A machine that was paused may have lost the time from the
# latter alone, so the pauses of the last ten to twenty seconds add up to what this grew by: no right to serve lives
# longer than that. Slewing moves both clocks alike; a wall clock that is set ahead looks like a pause.
ahead=0
measure_ahead() {
  if [[ -n ${EPOCHREALTIME:-} ]]; then
    ahead=$((${EPOCHREALTIME/[.,]/} / 1000 - now))
  else
    printf -v ahead '%(%s)T000' -1
    ahead=$((ahead - now))
  fi
}

planned=0 ahead_least='' ahead_before=0 ahead_since=0
tend_clock() { # a paused machine: fence first, ask later
  local gap=0 least tries
  measure_ahead
  if [[ -z $ahead_least ]]; then ahead_least=$ahead ahead_before=$ahead ahead_since=$now; fi
  ((ahead >= ahead_least)) || ahead_least=$ahead
  least=$((ahead_before < ahead_least ? ahead_before : ahead_least))
  # Whoever is held up between the readings of the two clocks sees a pause that was none: it reads again.
  for ((tries = 0; tries < 3 && ahead - least > still_max; tries++)); do
    clock
    measure_ahead
  done
  if ((ahead - least > still_max)); then
    gap=$((ahead - least)) ahead_least=$ahead ahead_before=$ahead ahead_since=$now
  elif ((now - planned > late_max)); then
    gap=$((now - planned))
  fi
  if ((now - ahead_since >= still_window)); then
    ahead_before=$ahead_least ahead_least=$ahead ahead_since=$now
  fi
  ((gap)) || return 0
  if ((armed && kill_at == 0)); then stop_immediate fenced; fi
  report "paused-vm $gap"
  log "the machine stood still for $gap ms"
}
