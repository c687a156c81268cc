#!/bin/bash
# network-manager.sh PROFILES: a NetworkManager of its own with a wired interface, in namespaces that end with it, and
# the profiles of the folder loaded; prints, one a line, "loaded NAME" or "refused NAME", and the addresses that the
# static profile set. With --shell in the folder's place, the commands of standard input are run there. Needs root.
# Nothing of the machine's own network is seen from here, and nothing of /run or /etc is written.
set -euo pipefail

if [ "${1:-}" != --inside ]; then
  [ "$1" = --shell ] || set -- "$(realpath "$1")"
  exec unshare --net --mount --pid --fork --kill-child --mount-proc "$0" --inside "$1"
fi
profiles=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
[ "$profiles" = --shell ] || cp "$profiles"/*.nmconnection "$work"
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /etc/NetworkManager
mount -t tmpfs tmpfs /var/lib/NetworkManager
mkdir -p /run/dbus /run/NetworkManager /etc/NetworkManager/system-connections
cat >/run/dbus/lab.conf <<'EOF'
<busconfig>
  <type>system</type>
  <listen>unix:path=/run/dbus/system_bus_socket</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/>
  </policy>
</busconfig>
EOF
cat >/etc/NetworkManager/NetworkManager.conf <<'EOF'
[main]
plugins=keyfile
auth-polkit=false
dns=none
no-auto-default=*
[device-lab]
match-device=interface-name:wired0
managed=1
EOF
# Without udev, NetworkManager takes interfaces as they are only where /sys can't be written.
mount -t sysfs -o ro sysfs /sys
ip link set lo up
ip link add wired0 type veth peer name other0
ip link set other0 up
dbus-daemon --config-file=/run/dbus/lab.conf --fork
NetworkManager --no-daemon >/run/NetworkManager.log 2>&1 &
until nmcli -g RUNNING general 2>/dev/null | grep -qx running; do
  kill -0 $! || { cat /run/NetworkManager.log >&2; exit 1; }
  sleep 0.1
done
if [ "$profiles" = --shell ]; then
  bash
  exit
fi
for file in "$work"/*.nmconnection; do
  name=$(basename "$file" .nmconnection)
  # Each by itself: two profiles share the id that a screen has one of.
  install -m 600 "$file" /etc/NetworkManager/system-connections/
  if nmcli connection load "/etc/NetworkManager/system-connections/$name.nmconnection" >/dev/null 2>&1 &&
    nmcli -g NAME,FILENAME connection show | grep -q "/$name.nmconnection$"; then
    echo "loaded $name"
  else
    echo "refused $name"
  fi
  if [ "$name" = wired-static ]; then
    nmcli --wait 20 connection up pingplay-wired ifname wired0 >/dev/null || tail -20 /run/NetworkManager.log >&2
    ip -br address show dev wired0
  fi
  rm "/etc/NetworkManager/system-connections/$name.nmconnection"
  nmcli connection reload
done
