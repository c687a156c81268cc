# shellcheck shell=bash
# What the tests of this folder that boot a whole board have in common. Sourced by tests/faults/kms and wifi, which set $self,
# their name.
#   run_options WORDS…   sets $dir, $out and $packages; build/$self has them where nothing is said
#   run_begin            their folders, empty; from now on finish() of the test ends it
#   timed NAME COMMAND…
#   make_packages        $client_deb and $headend_deb; the headend's, unpacked, is for headend WORDS…
#   boot_until_up        boots $dir/flash.img, until the board answers

BOOT_MAX=1500 # s

die() {
  echo "tests/faults/$self: $*" >&2
  exit 1
}

run_options() {
  dir=$project/build/$self/machine
  out=$project/build/$self/out
  packages=
  while [ $# -gt 0 ]; do
    case $1 in
      --out) out=${2:?--out needs a folder}; shift ;;
      --dir) dir=${2:?--dir needs a folder}; shift ;;
      --packages) packages=${2:?--packages needs a folder}; shift ;;
      -h | --help) sed -n '2,/^# As root/s/^# *//p' "$0"; exit 0 ;;
      *) echo "tests/faults/$self: unknown option $1" >&2; exit 2 ;;
    esac
    shift
  done
}

run_begin() {
  mkdir -p "$dir" "$out"
  dir=$(cd "$dir" && pwd)
  out=$(cd "$out" && pwd)
  as_root rm -rf --one-file-system "$dir/root" "$dir/headend" "$dir/headend-package" "$dir/content" "$dir/log"
  rm -f "$out"/*.png "$out"/*.txt "$out"/*.html "$out/report.json"
  mkdir -p "$dir/log"
  trap finish EXIT
  trap 'exit 130' INT TERM
}

# As the demo's, but the first command that fails inside ends it all, which bash would not do behind "||".
timed() {
  local begun
  step=$1
  shift
  begun=$(now_ms)
  "$@"
  step_names+=("$step")
  step_times+=($(($(now_ms) - begun)))
  printf '%8.1f s  %s\n' "$(bc_ms "${step_times[-1]}")" "$step"
  step=
}

make_packages() {
  if [ -z "$packages" ]; then
    packages=$project/build/$self
    {
      cmake -S "$project" --preset release -B "$packages" -DBUILD_TESTING=OFF
      cmake --build "$packages" -j 2
      rm -f "$packages"/*.deb
      (cd "$packages" && cpack)
    } >"$dir/log/build.log" 2>&1 || { tail -n 30 "$dir/log/build.log" >&2; return 1; }
  fi
  client_deb=$(ls "$packages"/pingplay_*.deb)
  headend_deb=$(ls "$packages"/pingplay-headend_*.deb)
  dpkg-deb -x "$headend_deb" "$dir/headend-package"
}

headend() {
  "$dir/headend-package/usr/bin/pingplay-headend" "$@"
}

board_answers() {
  running emulator || die "the emulator ended: $(tail -n 3 "$dir/log/emulator.log")"
  [ "$(PROBE_ANSWER_MAX=10 probe echo here)" = here ]
}

boot_until_up() {
  emulator_start
  until_true $BOOT_MAX board_answers
}

# run_end STATUS: in finish(); what the board and the machine said is kept, and everything ends.
run_end() {
  [ -z "${step:-}" ] || echo "tests/faults/$self: $step failed; logs: $dir/log" >&2
  if running emulator; then
    probe 'journalctl --no-pager -o short-monotonic' >"$out/journal.txt" 2>&1 || true
    emulator_cut
  fi
  stop_all
  report "$out/report.json" "$([ "$1" = 0 ] && echo true || echo false)"
  exit "$1"
}
