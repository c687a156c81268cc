# shellcheck shell=bash
# Runs named steps one after another, each into a log of its own, and counts what passed. Sourced by tools/check.
#   step NAME FUNCTION [ARG…]     runs it; its log is shown when it fails
#   steps_count PASSED FAILED     called by a step that ran several tests; otherwise the step itself counts as one
#   step_begin NAME FUNCTION [ARG…]   the same in the background, at the lowest priority; step_await NAME waits for it
#   steps_only                    where it is not empty, the names of the steps to run; the others are passed over
#   steps_end                     prints the closing lines; its status is the run's

steps_passed=0
steps_failed=0
steps_failures=()
steps_started=$SECONDS
steps_only=${steps_only:-}

steps_count() {
  printf '%d %d\n' "$1" "$2" >>"$steps_counts"
}

# Whether the step is wanted; then its files are new.
step_open() {
  [ -z "$steps_only" ] || [[ " $steps_only " == *" $1 "* ]] || return 1
  steps_log=$steps_logs/$1.log
  steps_counts=$steps_logs/$1.count
  : >"$steps_counts"
}

step() {
  local name=$1 begun=$SECONDS
  shift
  step_open "$name" || return 0
  # Not behind "||", where bash would ignore -e.
  (set -e; "$@") >"$steps_log" 2>&1
  step_tell "$name" $? "$begun"
}

step_begin() {
  local name=$1
  shift
  step_open "$name" || return 0
  (set -e; renice -n 19 -p "$BASHPID"; "$@") >"$steps_log" 2>&1 &
  steps_background=$!
  steps_begun=$SECONDS
}

step_await() {
  local rc
  [ -n "${steps_background:-}" ] || return 0
  steps_log=$steps_logs/$1.log
  steps_counts=$steps_logs/$1.count
  wait "$steps_background"
  rc=$?
  steps_background=
  step_tell "$1" "$rc" "$steps_begun"
}

# Counts and prints what became of a step.
step_tell() {
  local name=$1 rc=$2 begun=$3 passed=0 failed=0 p f
  while read -r p f; do
    passed=$((passed + p)) failed=$((failed + f))
  done <"$steps_counts"
  if [ ! -s "$steps_counts" ]; then
    [ $rc = 0 ] && passed=1 || failed=1
  elif [ $rc != 0 ] && [ $failed = 0 ]; then
    failed=1
  fi
  steps_passed=$((steps_passed + passed)) steps_failed=$((steps_failed + failed))
  if [ $rc = 0 ] && [ $failed = 0 ]; then
    printf 'ok      %-22s %5d passed  %4d s\n' "$name" "$passed" $((SECONDS - begun))
  else
    printf 'FAILED  %-22s %5d passed, %d failed  %4d s   %s\n' "$name" "$passed" "$failed" $((SECONDS - begun)) \
      "$steps_log"
    steps_failures+=("$name")
    tail -n 120 "$steps_log" | sed 's/^/        | /'
  fi
}

steps_end() {
  echo "$((SECONDS - steps_started)) seconds"
  [ ${#steps_failures[@]} = 0 ] || echo "failed: ${steps_failures[*]}"
  echo "$steps_passed passed, $steps_failed failed"
  [ "$steps_failed" = 0 ] && [ "$steps_passed" -gt 0 ]
}
