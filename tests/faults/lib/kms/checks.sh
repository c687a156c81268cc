# shellcheck shell=bash
# What must hold on the board once content is on its display, asked of systemd and the kernel. Sourced by tests/faults/kms.
#   checks_of_board FILE    prints what is wrong; FILE gets every answer, for reading

CHECKED_UNITS="pingplay-agent.service pingplay-player.service pingplay-player.socket"
CAGED='renderer of pingplay-render, namespaces: user net ipc mnt CapEff:0+ NoNewPrivs:1 Seccomp:2 filters of its own: 1'

checks_of_board() {
  checks_file=$1
  checks_wrong=0
  : >"$checks_file"
  check_units
  ask "the units' words" "systemd-analyze verify --man=no $CHECKED_UNITS 2>&1 | grep pingplay || echo understood"
  expect "every line of the units" understood
  check_process pingplay-agent pingplay
  check_process pingplay-player pingplay-player
  check_renderers
  check_player
  check_journal
  check_ends
  note 'systemd-analyze security' 'systemd-analyze security --no-pager | grep -E "UNIT|pingplay"'
  note 'memory' 'systemctl show -p Id,MemoryCurrent,TasksCurrent,CPUUsageNSec pingplay-agent pingplay-player'
  note 'boot' 'systemd-analyze time; systemctl list-units --no-pager --failed; journalctl --no-pager -b -k | grep -i ext4'
  note 'journal of the three units' "journalctl --no-pager -o short-monotonic -b -u ${CHECKED_UNITS// / -u }"
  sed -n '/^## systemd-analyze/,/^$/p' "$checks_file"
  [ $checks_wrong = 0 ]
}

# ask WHAT COMMAND: its answer is in $answer and in the file.
ask() {
  answer=$(probe "$2") || true
  printf '## %s: %s\n%s\n\n' "$1" "$2" "$answer" >>"$checks_file"
}

note() {
  ask "$@"
}

# expect WHAT REGULAR-EXPRESSION: a line of the last answer is like that.
expect() {
  grep -qE "^($2)\$" <<<"$answer" && return
  echo "tests/faults/kms: $1: no line \"$2\" in: $(paste -sd'|' <<<"$answer" | cut -c1-300)" >&2
  checks_wrong=$((checks_wrong + 1))
}

check_units() {
  local unit
  for unit in $CHECKED_UNITS; do
    ask "$unit" "systemctl show -p ActiveState,SubState,UnitFileState,User,NRestarts,Result $unit"
    expect "$unit" 'ActiveState=active'
    expect "$unit" 'SubState=running'
    expect "$unit" 'UnitFileState=enabled'
    expect "$unit" 'Result=success'
    case $unit in *agent.service) expect "$unit was not started again" 'NRestarts=0' ;; esac
  done
}

# check_process UNIT USER: its main process is that user's, without privileges, filtered.
check_process() {
  ask "$1's process" "pid=\$(systemctl show -P MainPID $1); ps -o user:32= -p \$pid; cat /proc/\$pid/status"
  expect "$1's user" "$2 *"
  expect "$1 can't gain privileges" 'NoNewPrivs:.1'
  expect "$1 has a system call filter" 'Seccomp:.2'
  expect "$1 has no capability" 'CapEff:.0+'
  expect "$1 can't get a capability" 'CapBnd:.0+'
}

# There is always one: the item on the display; a second one where the next is ready. Each inherits the filters of the
# agent's unit, and has one more once it is in its cage; one that was started just now is waited for, one that ends
# meanwhile is left out.
check_renderers() {
  # shellcheck disable=SC2016
  ask "renderers" 'agent=$(systemctl show -P MainPID pingplay-agent)
    filters() { awk "/^Seccomp_filters:/ { print \$2 }" /proc/$1/status; }
    look() {
      for try in $(seq 40); do [ "$(filters $1)" -gt "$(filters $agent)" ] && break; sleep 0.5; done
      own=; for name in user net ipc mnt; do [ "$(readlink /proc/$1/ns/$name)" = "$(readlink /proc/$agent/ns/$name)" ] || own="$own $name"; done
      status=$(awk "/^(Seccomp|NoNewPrivs|CapEff):/ { printf \"%s%s \", \$1, \$2 }" /proc/$1/status)
      files=$(ls -l /proc/$1/fd | awk "NR > 1 { print \"  \" \$9, \$10, \$11 }")
      echo "renderer of $(ps -o user:32= -p $1 | xargs), namespaces:$own ${status}filters of its own: $(($(filters $1) - $(filters $agent)))"
      echo "$files"
    }
    all() { for pid in $(pgrep -P $agent pingplay-render); do seen=$(look $pid 2>/dev/null); [ -d /proc/$pid ] && echo "$seen"; done; }
    for round in $(seq 10); do found=$(all); [ -z "$found" ] || break; sleep 0.5; done; echo "$found"'
  expect "a renderer in its cage" "$CAGED"
  if grep '^renderer' <<<"$answer" | grep -vqE "^$CAGED\$"; then
    echo "tests/faults/kms: a renderer without its cage: $answer" >&2
    checks_wrong=$((checks_wrong + 1))
  fi
}

check_player() {
  ask "the player's display" 'journalctl --no-pager -o cat -b -u pingplay-player.service; ls -l /dev/dri'
  expect "drawn by KMS" "(<.>)?display: KMSDRM/.*, ${DISPLAY_SIZE%x*} x ${DISPLAY_SIZE#*x}.*"
  ask "listening sockets" 'ss -Hlntup'
  ! grep pingplay <<<"$answer" || { echo "tests/faults/kms: it listens on the network" >&2; checks_wrong=$((checks_wrong + 1)); }
}

# The display's driver may be loaded later than the player: it ends with that reason and systemd starts it again. Asked last, so
# that an end meanwhile is seen.
check_ends() {
  ask "ends of the player" 'journalctl --no-pager -o cat -b -u pingplay-player.service |
    awk "/^SDL: kmsdrm not available/ { early++ } /Main process exited/ { ended++ }
      END { print (ended + 0 == early + 0 ? \"only before there was a display: \" : \"also later: \") ended + 0 }"'
  expect "the player ends only for want of a display" 'only before there was a display: [0-9]+'
}

# A filter that is too strict kills (kernel: audit type 1326) or shows as a refusal.
check_journal() {
  ask "refusals" 'journalctl --no-pager -o short-monotonic -b | grep -E "type=1326|SIGSYS|core-dump|Failed with result|(pingplay|systemd).*(not permitted|denied)|pingplay.*(WARN|ERR|warning:|error:)" | grep -v "probe\[" || echo none'
  [ "$answer" = none ] || { echo "tests/faults/kms: to be looked at in the journal:"; echo "$answer"; }
  ask "killed by a filter" 'journalctl --no-pager -b -k | grep -c "type=1326.*pingplay"'
  expect "nothing was killed by a filter" 0
}
