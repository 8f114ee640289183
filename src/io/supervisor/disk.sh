# Part of supervisor.sh: whether the volumes still take writes. A disk that hangs takes whoever waits for it along, so a
# child writes and syncs a few kilobytes now and then, and this loop only looks whether it came back. What it finds is in
# the status; what follows from it the sidecar decides.
# shellcheck shell=bash disable=SC2154

readonly disk_every_armed=3000 disk_every=15000 disk_slow=2000 disk_looks_max=64

# By volume: process, since when it runs, what the last one found, since when that is so.
disk_pid=([0]=0 [1]=0) disk_began=([0]=0 [1]=0) disk_found=([0]=well [1]=well) disk_since=([0]=0 [1]=0)
disk_looks=([0]=0 [1]=0) # that ended well, since the file was begun anew

# One process for each look: an fsync needs one, for bash has none of its own. Each writes behind what the one before it
# wrote: what takes no new room would not show that a volume is full. Now and then the file is begun anew. It lies beside
# the data, never in a folder that a job takes for some.
start_probe() { # volume file
  (
    exec {orders}>&- {silence}>&-
    [[ -z ${log_pipe:-} ]] || exec {log_pipe}>&-
    [[ -z $data_fd ]] || exec {data_fd}<&-
    trap - TERM INT QUIT HUP EXIT
    exec 2>"disk-said-$1" || exec 2>/dev/null # without words, full is told as failing
    # Never by seek=, with which dd reads from a file that it can not seek in, and waits for ever.
    behind=(conv=fsync)
    ((disk_looks[$1] == 0)) || behind=(oflag=append conv=notrunc,fsync)
    LC_ALL=C exec dd if=/dev/zero of="$2" bs=4096 count=1 "${behind[@]}"
  ) </dev/null >/dev/null 2>&1 &
  disk_pid[$1]=$! disk_began[$1]=$now
}

# What a look that ended found.
disk_verdict() { # volume code
  local line
  if (($2 == 0)); then
    disk_looks[$1]=$(((disk_looks[$1] + 1) % disk_looks_max))
    found_disk "$1" well "$now"
    return
  fi
  while IFS= read -r line; do
    [[ $line == *'No space left'* || $line == *'quota exceeded'* ]] || continue
    found_disk "$1" full "${disk_began[$1]}"
    return
  done <"disk-said-$1"
  found_disk "$1" failing "${disk_began[$1]}"
} 2>/dev/null

found_disk() { # volume what since
  [[ ${disk_found[$1]} != "$2" ]] || return 0
  disk_found[$1]=$2 disk_since[$1]=$3 dirty=1
  [[ $2 == well ]] || log "writes to the $([[ $1 == 0 ]] && echo data || echo WAL) volume: $2"
}

tend_disk_of() { # volume file
  local code every=$disk_every
  if ((disk_pid[$1])); then
    if kill -0 "${disk_pid[$1]}" 2>/dev/null; then
      ((now - disk_began[$1] < disk_slow)) || found_disk "$1" hanging "${disk_began[$1]}"
      return
    fi
    wait "${disk_pid[$1]}" 2>/dev/null
    code=$?
    disk_pid[$1]=0
    disk_verdict "$1" "$code"
    return
  fi
  [[ $kind != primary && ${disk_found[$1]} == well ]] || every=$disk_every_armed
  ((now - disk_began[$1] < every)) || start_probe "$1" "$2"
}

tend_disk() {
  tend_disk_of 0 "$marks/disk-probe"
  [[ -z $wal ]] || tend_disk_of 1 "$wal/disk-probe"
}

# For the status: the volume that is worse off.
disk_words() {
  local volume
  for volume in 0 1; do
    [[ ${disk_found[volume]} == well ]] && continue
    disk="${disk_found[volume]},$([[ $volume == 0 ]] && echo data || echo WAL),${disk_since[volume]}"
    [[ ${disk_found[volume]} != hanging ]] || return 0
  done
}

end_probes() {
  local pid
  for pid in "${disk_pid[@]}"; do ((pid == 0)) || kill -KILL "$pid" 2>/dev/null; done
}
