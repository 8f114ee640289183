# Part of supervisor.sh: commands of recovery rules, one at a time, beside whatever else runs. An order only names
# one: either one of those below, or an executable that whoever made the image put into the folder of commands.
# No word of an order, and nothing from a log, ever becomes a part of a command line.
# shellcheck shell=bash disable=SC2154

readonly commands=${PG_SWARM_COMMAND_DIR:-/usr/local/lib/pg-swarm/commands}
readonly command_output_max=15000

command_disk_usage() {
  df -P -k "$data" ${wal:+"$wal"}
  du -sk "$data"/pgdata* ${wal:+"$wal"} || : # files of a running server come and go
}

command_control_data() { pg_controldata -D "$pgdata"; }

command_processes() { # of the server: id, state, what it does
  local p line
  scan_servers "$pgdata"
  for p in "${found[@]}"; do
    read -r line <"/proc/$p/stat" || continue
    line=${line##*') '}
    printf '%s %s %s\n' "$p" "${line%% *}" "$(tr '\0' ' ' <"/proc/$p/cmdline")"
  done 2>/dev/null
}

declare -rA own_commands=([disk-usage]=1 [control-data]=1 [processes]=1)

# Keeps the beginning of what a command writes, at once: it may be killed at any moment.
keep_output() {
  local piece left=$command_output_max
  while ((left > 0)); do
    piece=''
    IFS= read -r -n 1000 piece || [[ -n $piece ]] || break
    printf '%s\n' "$piece"
    ((left -= ${#piece} + 1))
  done
  cat >/dev/null
}

command_id='' command_pid=0 command_kill_at=0
start_command() { # id name within
  local name=$2
  command_id=$1 command_kill_at=$((now + 10#$3))
  : >command-output
  set -m
  (
    set +m
    exec {orders}>&- {silence}>&- {log_pipe}>&-
    [[ -z $data_fd ]] || exec {data_fd}<&-
    trap - TERM INT QUIT HUP EXIT PIPE
    {
      if [[ -n ${own_commands[$name]:-} ]]; then "command_${name//-/_}"; else "$commands/$name"; fi
    } 2>&1 | keep_output >command-output
    exit "${PIPESTATUS[0]}"
  ) </dev/null &
  command_pid=$!
  set +m
  log "command $name ($command_id) started"
}

tend_command() {
  if ((now >= command_kill_at)); then kill -KILL -- "-$command_pid" 2>/dev/null; fi
  kill -0 "$command_pid" 2>/dev/null && return
  wait "$command_pid" 2>/dev/null
  local code=$?
  kill -KILL -- "-$command_pid" 2>/dev/null # what it left behind in its group
  log "command ($command_id) ended with $code"
  command_pid=0
  report "command-ended $command_id $code"
}

order_run_command() { # job name within
  if ((term_at)); then
    why='the container is being stopped'
  elif ((command_pid)); then
    why='busy: another command runs'
  elif [[ ! $1 =~ ^[A-Za-z0-9._-]{1,64}$ ]]; then
    why='the command has no proper id'
  elif [[ ! $2 =~ ^[a-z][a-z0-9]*(-[a-z0-9]+)*$ || ${#2} -gt 40 ]]; then
    why='not the name of a command'
  elif [[ ! $3 =~ ^[0-9]{1,6}$ ]]; then
    why='the time is not a number of milliseconds'
  elif [[ -z ${own_commands[$2]:-} && ! (-f $commands/$2 && -x $commands/$2) ]]; then
    why="the image has no command $2 in $commands"
  else
    start_command "$@"
  fi
}
