# shellcheck shell=bash
# The emulated board: QEMU without KVM, no desktop, no window. Sourced by tests/faults/kms and wifi, which set $dir and
# emulator_devices, QEMU's words for what the machine has beside its flash.
#   emulator_start              boots $dir/flash.img
#   emulator_link true|false    the network by cable: plugged in, or out
#   emulator_cut                the power goes: the machine is killed, what it had not written to its flash is gone
#   emulator_shot FILE          what the display shows now, as PNG
#   probe COMMAND…              runs it on the board as root: prints what it prints, has its status; 125 when nothing answers

EMULATOR_MEMORY=1536M
EMULATOR_NICE=19
emulator_devices=()
PROBE_ANSWER_MAX=180 # s, for one command; the emulated board is slow

# Without AVX2: what Mesa's software renderer compiles for it (gathers of vertices) ends in wild addresses in this emulator, a
# few seconds after a start or after a minute. Under X11 on a real processor the same drawing reads nothing it should not.
emulator_start() {
  local fifo options
  for fifo in qmp probe; do
    rm -f "$dir/$fifo.in" "$dir/$fifo.out"
    mkfifo "$dir/$fifo.in" "$dir/$fifo.out"
  done
  options=(
    -nodefaults -no-user-config -display none -machine "q35,accel=tcg" -cpu max,avx2=off -smp 2 -m "$EMULATOR_MEMORY" -no-reboot
    -kernel "$dir/vmlinuz" -initrd "$dir/initrd.img"
    -append "root=/dev/vda rw console=ttyS0 panic=-1 systemd.default_timeout_start_sec=600 systemd.default_device_timeout_sec=600"
    -drive "if=none,id=flash,format=raw,file=$dir/flash.img" -device virtio-blk-pci,drive=flash
    -device virtio-rng-pci -serial "file:$dir/log/console.log"
    -chardev "pipe,id=qmp,path=$dir/qmp" -mon chardev=qmp,mode=control
    -device virtio-serial-pci -chardev "pipe,id=probe,path=$dir/probe" -device virtserialport,chardev=probe,name=probe
    "${emulator_devices[@]}"
  )
  start emulator nice -n $EMULATOR_NICE qemu-system-x86_64 "${options[@]}"
  exec {qmp_in}<>"$dir/qmp.in" {qmp_out}<>"$dir/qmp.out" {probe_in}<>"$dir/probe.in" {probe_out}<>"$dir/probe.out"
  qmp '{"execute": "qmp_capabilities"}'
}

emulator_link() {
  qmp '{"execute": "set_link", "arguments": {"name": "net", "up": '"$1"'}}'
}

# qmp REQUEST: waits for its answer; the greeting and events are passed over.
qmp() {
  local line
  echo "$1" >&"$qmp_in"
  while read -r -t 60 -u "$qmp_out" line; do
    case $line in
      '{"return"'*) return 0 ;;
      '{"error"'*) echo "emulator: $1: $line" >&2; return 1 ;;
    esac
  done
  echo "emulator: no answer to $1" >&2
  return 1
}

emulator_shot() {
  running emulator && rm -f "$1" && qmp '{"execute": "screendump", "arguments": {"filename": "'"$1"'", "format": "png"}}' && [ -s "$1" ]
}

emulator_cut() {
  local pid=${pids[emulator]}
  unset "pids[emulator]"
  kill -KILL "$pid"
  wait "$pid" 2>/dev/null || true
  exec {qmp_in}>&- {qmp_out}>&- {probe_in}>&- {probe_out}>&-
}

probe() {
  # a number of its own, also in a subshell
  local line last='' number=$RANDOM$RANDOM
  echo "$number $(base64 -w0 <<<"$*")" >&"$probe_in"
  while IFS= read -r -t $PROBE_ANSWER_MAX -u "$probe_out" line; do
    if [[ $line == "=== $number "* ]]; then
      [ -z "$last" ] || printf '%s\n' "$last"
      return "${line##* }"
    fi
    # of an answer that came too late
    if [[ $line == "=== "* ]]; then last=; continue; fi
    [ -z "$last" ] || printf '%s\n' "$last"
    last=$line
  done
  return 125
}
