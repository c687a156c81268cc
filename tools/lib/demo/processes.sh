# shellcheck shell=bash
# The demo's own processes and the time that its steps take. Sourced by tools/demo, which sets $dir.

declare -A pids=()
step_names=()
step_times=()

now_ms() {
  date +%s%3N
}

die() {
  echo "tools/demo: $*" >&2
  exit 1
}

# timed NAME COMMAND…: runs it, tells how long it took, and remembers it for report.json.
timed() {
  local name=$1 begun
  shift
  begun=$(now_ms)
  "$@" || die "$name failed; logs: $dir/log"
  step_names+=("$name")
  step_times+=($(($(now_ms) - begun)))
  printf '%8.1f s  %s\n' "$(bc_ms "${step_times[-1]}")" "$name"
}

# Milliseconds as seconds.
bc_ms() {
  printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000))
}

# start NAME COMMAND…: in the background, its words in log/NAME.log.
start() {
  local name=$1
  shift
  echo "--- $(date -u +%FT%TZ) $*" >>"$dir/log/$name.log"
  "$@" >>"$dir/log/$name.log" 2>&1 &
  pids[$name]=$!
}

running() {
  [ -n "${pids[$1]:-}" ] && kill -0 "${pids[$1]}" 2>/dev/null
}

# stop NAME: SIGTERM; what is still there after 5 seconds is killed. Its exit status.
stop() {
  local pid=${pids[$1]:-} rc=0
  [ -n "$pid" ] || return 0
  unset "pids[$1]"
  kill "$pid" 2>/dev/null || true
  for _ in $(seq 100); do
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.05
  done
  kill -KILL "$pid" 2>/dev/null || true
  wait "$pid" || rc=$?
  return $rc
}

stop_all() {
  local name
  for name in agent player headend; do
    stop "$name" || true
  done
}

# until_true SECONDS COMMAND…: asks again until it is true.
until_true() {
  local deadline=$(($(now_ms) + $1 * 1000))
  shift
  until "$@"; do
    [ "$(now_ms)" -lt "$deadline" ] || return 1
    sleep 0.1
  done
}

# report FILE OK
report() {
  local i total=0 comma=
  {
    printf '{\n  "ok": %s,\n  "steps": [' "$2"
    for i in "${!step_names[@]}"; do
      printf '%s\n    { "name": "%s", "seconds": %s }' "$comma" "${step_names[i]}" "$(bc_ms "${step_times[i]}")"
      comma=,
      total=$((total + step_times[i]))
    done
    printf '\n  ],\n  "seconds": %s\n}\n' "$(bc_ms $total)"
  } >"$1"
}
