#!/bin/bash
# nts.sh PROFILE CERTS PATTERN SERVER...: a chronyd with Debian's own chrony.conf and the files of PROFILE, and servers
# that are chronyd as well, in namespaces that end with it. CERTS has server.pem and server.key, for nts1.test to
# nts3.test, and ca.pem, which the client trusts. The client has these servers instead of the profile's, with the same
# options; nts4.test knows nothing of NTS and is asked without. Prints what `chronyc authdata`, `selectdata`, `sources` and
# `tracking` say as soon as the extended regular expression PATTERN is in it, or after a minute.
# Needs root. No clock is set, nothing of the machine's network is seen, nothing of /run or /etc is written.
set -euo pipefail

if [ "${1:-}" != --inside ]; then
  exec unshare --net --mount --pid --fork --kill-child --mount-proc \
    "$0" --inside "$(realpath "$1")" "$(realpath "$2")" "${@:3}"
fi
profile=$2 certs=$3 pattern=$4
shift 4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$profile" "$work/profile"
cp -r "$certs" "$work/certs"
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /etc/chrony
mount -t tmpfs tmpfs /var/lib/chrony
mkdir -m 750 /run/chrony
mkdir -p /run/netns /etc/chrony/conf.d /etc/chrony/sources.d

# The servers' network, and a cable to it.
ip netns add servers
ip link set lo up
ip -n servers link set lo up
ip link add client0 type veth peer name servers0 netns servers
ip addr add 192.0.2.9/24 dev client0
ip link set client0 up
ip -n servers link set servers0 up
printf '127.0.0.1 localhost\n' >"$work/hosts"
for i in 1 2 3 4; do
  ip -n servers addr add "192.0.2.$i/24" dev servers0
  echo "192.0.2.$i nts$i.test" >>"$work/hosts"
  {
    printf 'bindaddress 192.0.2.%s\npidfile %s/%s.pid\n' "$i" "$work" "$i"
    printf 'bindcmdaddress /\ncmdport 0\nlocal stratum 4\nallow\n'
    # The fourth knows nothing of NTS.
    [ "$i" = 4 ] || printf 'ntsservercert %s/certs/server.pem\nntsserverkey %s/certs/server.key\n' "$work" "$work"
  } >"$work/server$i.conf"
  ip netns exec servers chronyd -x -u root -d -f "$work/server$i.conf" >"$work/server$i.log" 2>&1 &
done
mount --bind "$work/hosts" /etc/hosts

# The client: Debian's file as the package has it, and the profile with the names of these servers.
cp /usr/share/chrony/chrony.conf /etc/chrony/
cp "$work"/profile/*.conf /etc/chrony/conf.d/
cp "$work"/profile/*.sources /etc/chrony/sources.d/
printf 'ntstrustedcerts %s/certs/ca.pem\n' "$work" >/etc/chrony/conf.d/test-ca.conf
options=$(sed -n '0,/^server /s/^server [^ ]* //p' /etc/chrony/sources.d/pingplay.sources)
for name; do
  [ "$name" = nts4.test ] && echo "server $name iburst" || echo "server $name $options"
done >"$work/sources"
mv "$work/sources" /etc/chrony/sources.d/pingplay.sources
chronyd -x -u root -d >"$work/client.log" 2>&1 &
client=$!
until chronyc -n activity >/dev/null 2>&1; do
  kill -0 "$client" || { cat "$work/client.log" >&2; exit 1; }
  sleep 0.1
done
for _ in {1..60}; do
  said=$(for what in authdata selectdata sources tracking; do chronyc -N "$what"; done)
  grep -qE "$pattern" <<<"$said" && break
  sleep 1
done
echo "$said"
