# Part of supervisor.sh: the server's log. The server writes into a FIFO, from which `tee` copies everything to the
# container's own output and to $run/log/server.log, where the sidecar's log watcher reads it. Nobody who reads that file can
# make the server wait, and the file has a bound: the sidecar empties it when it has read all, this loop when it did not.
# shellcheck shell=bash disable=SC2154

readonly log_max=4194304 log_look_every=500

log_copy_pid=0 log_looked=0
exec {log_pipe}>&2 # until there is a copy, and where `tee` is missing, the server writes to the container's output itself
open_log() {
  rm -f log-pipe
  mkdir -p "$run/log" || return 0 # a folder of its own: the sidecar is woken by every change in this one
  type -P tee >/dev/null && mkfifo log-pipe || return 0
  exec {log_pipe}>&- {log_pipe}<>log-pipe
  start_log_copy
}

start_log_copy() {
  set -m
  (
    # The last lines of a server that is being stopped are worth the most: it ends when nobody writes any more.
    trap '' TERM INT HUP QUIT
    exec {orders}>&- {silence}>&-
    [[ -z $data_fd ]] || exec {data_fd}<&-
    exec tee -a "$run/log/server.log" <log-pipe >&2 {log_pipe}>&-
  ) &
  log_copy_pid=$!
  set +m
}

tend_log() {
  ((log_copy_pid && now - log_looked >= log_look_every)) || return 0
  log_looked=$now
  if ! kill -0 "$log_copy_pid" 2>/dev/null; then
    start_log_copy
    return
  fi
  bound_log
}

bound_log() {
  local fd key pos
  for fd in /proc/"$log_copy_pid"/fd/*; do
    [[ $fd -ef $run/log/server.log ]] || continue
    while read -r key pos; do
      if [[ $key == pos: ]] && ((pos > log_max)); then : >"$run/log/server.log"; fi
    done <"/proc/$log_copy_pid/fdinfo/${fd##*/}"
  done
} 2>/dev/null

end_log() { # what was written is copied before the container is gone, if its output takes it
  ((log_copy_pid)) || return
  exec {log_pipe}>&-
  local tries
  for ((tries = 0; tries < 50; tries++)); do
    kill -0 "$log_copy_pid" 2>/dev/null || return
    pause 0.02
  done
}
