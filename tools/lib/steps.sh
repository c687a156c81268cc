# shellcheck shell=bash
# Runs named steps one after another, each into a log of its own, and counts what passed. Sourced by tools/check.
#   step NAME FUNCTION [ARG…]     runs it; its log is shown when it fails
#   steps_count PASSED FAILED     called by a step that ran several tests; otherwise the step itself counts as one
#   step_later NAME FUNCTION [ARG…]   one of those that steps_begin runs, one after another, beside the others: at the lowest
#                                 priority they take what of the processor steps that wait leave. steps_await waits for their end,
#                                 steps_await_one NAME for that of one of them
#   steps_why                     called by a step with lines about what failed and why, which are shown instead of its log's end
#   step_passed NAME              whether it ran and nothing failed
#   steps_only                    where it is not empty, the names of the steps to run; the others are passed over
#   steps_end                     prints the closing lines; its status is the run's
# Each line has the seconds that a step took, and those of the processor in them, which another machine's load does not change.

steps_passed=0
steps_failed=0
steps_failures=()
steps_good=
steps_later=()
steps_started=$SECONDS
steps_only=${steps_only:-}

steps_count() {
  printf '%d %d\n' "$1" "$2" >>"$steps_counts"
}

steps_why() {
  cat >>"${steps_counts%.count}.why"
}

step_wanted() {
  [ -z "$steps_only" ] || [[ " $steps_only " == *" $1 "* ]]
}

# Runs it, in a shell of its own; beside its log stand what it counted, its status, and its seconds.
step_run() {
  local name=$1 begun=$SECONDS steps_counts=$steps_logs/$1.count
  shift
  : >"$steps_counts"
  rm -f "$steps_logs/$name.why"
  # Not behind "||", where bash would ignore -e.
  (set -e; trap 'times >"$steps_logs/$name.times"' EXIT; "$@") >"$steps_logs/$name.log" 2>&1
  echo "$? $((SECONDS - begun))" >"$steps_logs/$name.end"
}

step() {
  step_wanted "$1" || return 0
  step_run "$@"
  step_tell "$1"
}

step_later() {
  step_wanted "$1" || return 0
  steps_later+=("$*")
  rm -f "$steps_logs/$1.end"
  : >"$steps_logs/$1.count" >"$steps_logs/$1.log"
}

steps_begin() {
  local one
  (
    renice -n 19 -p "$BASHPID"
    for one in "${steps_later[@]}"; do
      # shellcheck disable=SC2086
      step_run $one
    done
  ) >/dev/null &
  steps_background=$!
}

steps_await() {
  local one
  wait "$steps_background"
  for one in "${steps_later[@]}"; do step_tell "${one%% *}"; done
  steps_later=()
}

# The ones before it are told as well: they ran in their order.
steps_await_one() {
  local one
  step_wanted "$1" || return 0
  while [ ! -s "$steps_logs/$1.end" ] && kill -0 "$steps_background" 2>/dev/null; do sleep 1; done
  while [ ${#steps_later[@]} -gt 0 ]; do
    one=${steps_later[0]%% *}
    steps_later=("${steps_later[@]:1}")
    step_tell "$one"
    if [ "$one" = "$1" ]; then return; fi
  done
}

step_passed() {
  [[ " $steps_good " == *" $1 "* ]]
}

# Seconds of the processor, of what `times` said: the shell's and its children's, in user and system.
step_seconds() {
  awk '{ for (i = 1; i <= 2; i++) { split($i, part, "[ms]"); all += 60 * part[1] + part[2] } } END { printf "%d", all }' "$1"
}

# Counts and prints what became of a step.
step_tell() {
  local name=$1 rc=1 took=0 cpu=0 passed=0 failed=0 p f steps_counts=$steps_logs/$1.count
  if [ -s "$steps_logs/$name.end" ]; then
    read -r rc took <"$steps_logs/$name.end"
    cpu=$(step_seconds "$steps_logs/$name.times")
  fi
  while read -r p f; do
    passed=$((passed + p)) failed=$((failed + f))
  done <"$steps_counts"
  if [ ! -s "$steps_counts" ]; then
    [ "$rc" = 0 ] && passed=1 || failed=1
  elif [ "$rc" != 0 ] && [ $failed = 0 ]; then
    failed=1
  fi
  steps_passed=$((steps_passed + passed)) steps_failed=$((steps_failed + failed))
  if [ "$rc" = 0 ] && [ $failed = 0 ]; then
    steps_good+=" $name"
    printf 'ok      %-22s %5d passed  %4d s, %4d of the processor\n' "$name" "$passed" "$took" "$cpu"
  else
    printf 'FAILED  %-22s %5d passed, %d failed  %4d s, %4d of the processor   %s\n' "$name" "$passed" "$failed" "$took" "$cpu" \
      "$steps_logs/$name.log"
    steps_failures+=("$name")
    if [ -s "$steps_logs/$name.why" ]; then head -n 120 "$steps_logs/$name.why"; else tail -n 60 "$steps_logs/$name.log"; fi | sed 's/^/        | /'
  fi
}

steps_end() {
  echo "$((SECONDS - steps_started)) seconds"
  [ ${#steps_failures[@]} = 0 ] || echo "failed: ${steps_failures[*]}"
  echo "$steps_passed passed, $steps_failed failed"
  [ "$steps_failed" = 0 ] && [ "$steps_passed" -gt 0 ]
}
