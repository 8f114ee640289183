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
#   job-output, progress   of the last job; command-output   of the last command
#   disk-said-0, disk-said-1   of the last look at the volume for data, and at the one for WAL
#   log-pipe  what the server logs; copied to $PG_SWARM_RUN_DIR/log/server.log (log.sh)
set -u -o pipefail
umask 077
LC_ALL=C
export -n LC_ALL

readonly tick_idle=200 tick_running=80 tick_following=160 tick_ending=20
readonly status_every=400 read_every=200 kill_after=300
readonly line_max=1024 partial_max=1000 reports_max=400
readonly still_window=10000 late_max=3000 deadline_max=300000
readonly sidecar_silent=3000 job_patience=2000
still_max=500
[[ -n ${EPOCHREALTIME:-} ]] || still_max=1500 # bash before 5 knows whole seconds only
readonly still_max
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
deadline_stale='' # content of the deadline file that does not count
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
  local line progress='' disk=well
  disk_words
  if [[ $kind == job ]]; then read -r progress <progress; fi 2>/dev/null
  ((++status_seq))
  printf -v line 'seq=%s nonce=%s at=%s running=%s postmaster=%s term=%s deadline=%s job=%s name=%s progress=%s terminating=%s disk=%s end=%s' \
    "$status_seq" "$nonce" "$now" "$kind" "$pm" "$term" "$deadline" "$job_id" "$job_name" "$progress" \
    "$((term_at > 0))" "$disk" "$status_seq"
  # In place and in one write: readers never see an empty file, and renaming would need a process.
  printf '%-500s\n' "$line" 1<>status
  status_at=$now dirty=0
} 2>/dev/null

# ---- parts: `npm run gen` puts them in place of these lines, one file is delivered ------------------

. "${BASH_SOURCE[0]%/*}/log.sh"
. "${BASH_SOURCE[0]%/*}/server.sh"
. "${BASH_SOURCE[0]%/*}/lost.sh"
. "${BASH_SOURCE[0]%/*}/jobs.sh"
. "${BASH_SOURCE[0]%/*}/disk.sh"
. "${BASH_SOURCE[0]%/*}/command.sh"
. "${BASH_SOURCE[0]%/*}/orders.sh"

# ---- hearing --------------------------------------------------------------------------------------

partial='' partial_since=0 overlong=0
hear() { # waits for orders until the next tick
  local part rc wait=$tick_idle
  if ((kill_at || quit_at)); then
    wait=$tick_ending
  elif ((armed || job_pid)); then
    wait=$tick_running
  elif ((pm)); then # nobody waits for the end of a standby
    wait=$tick_following
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
      [[ $pulse =~ ^[0-9]{1,15}$ ]] && ((10#$pulse < now + 1000)) || pulse=0
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
  end_probes
  ((job_pid == 0)) || kill -KILL -- "-$job_pid" 2>/dev/null
  ((command_pid == 0)) || kill -KILL -- "-$command_pid" 2>/dev/null
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
trap 'on_exit; end_log' EXIT
clock
printf 'boot %s\n' "$nonce" >reports
end_predecessors
open_log
finish_swap
clock
planned=$now
write_status
log "in hold, boot $nonce"

while :; do
  hear
  tend_clock
  tend_log
  ((command_pid == 0)) || tend_command
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
  tend_disk
  if ((dirty || now - status_at >= status_every)); then write_status; fi
done
