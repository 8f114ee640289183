# Part of supervisor.sh: what the sidecar may order. Every order is answered; one that can not be obeyed is
# refused with a reason and changes nothing. Each `order_*` leaves `why` empty when it obeyed.
# shellcheck shell=bash disable=SC2154

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
  local n='' t='' d=''
  read -r n t d 2>/dev/null <deadline
  deadline_stale="$n $t $d" # what was written before this order was meant for another run
  term=$((10#$1)) deadline=$((10#$2)) armed=1 term_top=$((10#$1))
}

order_start_standby() {
  why_no_start
  [[ -z $why ]] || return
  remember_service
  start_server standby
}

order_start_primary() { # term deadline
  why_no_start
  [[ -n $why ]] || take_term "$@"
  [[ -z $why ]] || return
  read_state
  # Only a directory that was a primary's may go on without a promotion: anything else forks the
  # history without a new timeline.
  is_ex_primary || why="not a primary's data directory: ${state:-unreadable}"
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
  [cancel-job]=1 [drop-old]=0 [run-command]=3
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
