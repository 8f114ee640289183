# Part of supervisor.sh: WAL that an ex-primary has and its successor does not. Before a rewind or a clone discards it,
# it is counted, kept while there is room, and written to $marks/wal-lost for the sidecar to tell, once. Nothing here
# may ever hinder the healing: what cannot be counted or kept is said in `reason`.
# shellcheck shell=bash disable=SC2154

readonly lost_keep_max=$((1024 * 1024 * 1024)) lost_room_kept=$((512 * 1024 * 1024)) lost_count_within=60

lsn_number() { # 0/3000148
  echo $(((16#${1%%/*} << 32) + 16#${1##*/}))
}


# Where the source's history left timeline $3; nothing when it is still on it, or never was.
left_at() { # host port timeline
  local conninfo answer line tli at _
  conninfo="$(source_conninfo "$1" "$2") replication=true"
  answer=$(psql -XAtq -d "$conninfo" -c IDENTIFY_SYSTEM 2>/dev/null) || return 0
  answer=${answer#*|}
  [[ ${answer%%|*} =~ ^[0-9]{1,10}$ && ${answer%%|*} != "$3" ]] || return 0
  answer=$(psql -XAtq -d "$conninfo" -c "TIMELINE_HISTORY ${answer%%|*}" 2>/dev/null) || return 0
  while IFS= read -r line; do
    [[ $line != *.history\|* ]] || line=${line#*|} # the name of the file, before its first line
    read -r tli at _ <<<"$line"
    if [[ $tli == "$3" && $at =~ ^[0-9A-F]{1,8}/[0-9A-F]{1,8}$ ]]; then echo "$at"; fi
  done <<<"$answer"
}

# The end of the WAL in the directory: where reading on from the last checkpoint fails.
wal_end() { # timeline
  local from said
  from=$(control_field "$pgdata" "Latest checkpoint's REDO location")
  said=$(LC_ALL=C timeout "$lost_count_within" pg_waldump -q -p "$pgdata/pg_wal" -t "$1" -s "$from" 2>&1 >/dev/null)
  [[ $said =~ error\ in\ WAL\ record\ at\ ([0-9A-F]+/[0-9A-F]+):.*\ (at|LSN)\ ([0-9A-F]+/[0-9A-F]+) ]] && echo "${BASH_REMATCH[3]}" && return
  [[ $said =~ error\ in\ WAL\ record\ at\ ([0-9A-F]+/[0-9A-F]+): ]] && echo "${BASH_REMATCH[1]}" && return
  control_field "$pgdata" 'Latest checkpoint location'
}

count_commits() { # timeline from to; empty when it cannot be known
  local counted
  counted=$(
    LC_ALL=C timeout "$lost_count_within" pg_waldump -p "$pgdata/pg_wal" -t "$1" -s "$2" -e "$3" -r Transaction 2>/dev/null |
      grep -c 'desc: COMMIT'
  )
  [[ $counted =~ ^[0-9]{1,12}$ ]] && echo "$counted"
}

segment_name() { # timeline LSN size-of-a-segment
  local number=$(($(lsn_number "$2") / $3)) each=$((0x100000000 / $3))
  printf '%08X%08X%08X' "$1" "$((number / each))" "$((number % each))"
}

# Keeps the segments from the one that holds $3 to the one that holds $4; later ones wait for use and hold what is old.
# Below $marks, which a clone and a rewind leave alone.
keep_lost() { # set timeline from to; sets kept, reason
  local folder=$marks/lost-wal segment_size first last file size=0 free files=() others=() old total
  segment_size=$(control_field "$pgdata" 'Bytes per WAL segment')
  [[ $segment_size =~ ^[0-9]{6,11}$ ]] || { reason='the size of a segment is not known'; return; }
  first=$(segment_name "$2" "$3" "$segment_size")
  last=$(segment_name "$2" "$4" "$segment_size")
  for file in "$pgdata"/pg_wal/"${first:0:8}"????????????????; do
    [[ -f $file && ! ${file##*/} < $first && ! ${file##*/} > $last ]] && files+=("$file") size=$((size + segment_size))
  done
  ((${#files[@]})) || { reason='its segments are gone already'; return; }
  ((size <= lost_keep_max)) || { reason="$size bytes are more than is ever kept ($lost_keep_max)"; return; }
  rm -rf "$folder"/*.new
  others=("$folder"/*/) # by term: the oldest comes first
  [[ -e ${others[0]} ]] || others=()
  for old in "${others[@]}"; do
    total=$(du -sk "$folder" 2>/dev/null) && total=${total%%[!0-9]*}
    ((${total:-0} * 1024 + size > lost_keep_max)) || break
    rm -rf "$old"
  done
  free=$(df -Pk "$data" 2>/dev/null | { read -r _ && read -r _ _ _ free _ && echo "$free"; })
  [[ $free =~ ^[0-9]{1,15}$ ]] || { reason='the free space is not known'; return; }
  ((free * 1024 >= size + lost_room_kept)) || { reason="the volume has only $((free / 1024)) MB free"; return; }
  # Copies: the rewind writes into the files themselves.
  if mkdir -p "$folder/$1.new" && cp "${files[@]}" "$folder/$1.new/" && durable "$folder/$1.new"/* && mv -T "$folder/$1.new" "$folder/$1"; then
    kept=$folder/$1
    durable "$folder"
  else
    rm -rf "$folder/$1.new"
    reason='the copy failed'
  fi
}

# An ex-primary that starts as a standby is a standby to pg_control from then on: what it served on is remembered beside.
remember_service() {
  read_state
  is_ex_primary && [[ ! -e $pgdata/backup_label ]] && mkdir -p "$marks" &&
    control_field "$pgdata" "Latest checkpoint's TimeLineID" >"$marks/served-timeline"
}

# Counts and keeps what $pgdata has and the source does not, if it was a primary's. A second try of the same finds it done.
account_lost() { # host port
  local own served from to bytes commits set kept=- reason='' told
  read_state
  [[ ! -e $pgdata/backup_label && -r $marks/served ]] || return 0
  read -r served <"$marks/served"
  [[ $served =~ ^[0-9]{1,15}$ ]] || return 0
  own=$(control_field "$pgdata" "Latest checkpoint's TimeLineID")
  is_ex_primary || [[ -r $marks/served-timeline && $(<"$marks/served-timeline") == "$own" ]] || return 0
  from=$(left_at "$1" "$2" "$own")
  [[ -n $from ]] || return 0
  printf -v set '%010d-%s' "$((10#$served))" "${from//\//-}"
  for told in "$marks/wal-lost" "$marks/wal-lost-told"; do
    [[ ! -r $told || $(<"$told") != "$set "* ]] || return 0
  done
  to=$(wal_end "$own")
  [[ $to =~ ^[0-9A-F]{1,8}/[0-9A-F]{1,8}$ ]] || return 0
  bytes=$(($(lsn_number "$to") - $(lsn_number "$from")))
  ((bytes > 0)) || return 0
  commits=$(count_commits "$own" "$from" "$to")
  keep_lost "$set" "$own" "$from" "$to"
  echo "about to discard $bytes bytes of WAL, ${commits:-unknown} commits, from $from to $to on timeline $own: ${reason:-kept in $kept}"
  printf '%s term=%s timeline=%s from=%s to=%s bytes=%s commits=%s kept=%s reason=%s\n' \
    "$set" "$((10#$served))" "$own" "$from" "$to" "$bytes" "${commits:--}" "$kept" "${reason// /_}" >"$marks/wal-lost.new" &&
    durable "$marks/wal-lost.new" && mv -T "$marks/wal-lost.new" "$marks/wal-lost" && durable "$marks"
  return 0
}
