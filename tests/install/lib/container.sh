# shellcheck shell=bash
# A Debian that boots in a container of systemd-nspawn, on this machine's network. Sourced by tests/install/*, which set
# $dir. As root.
#   container_make SUITE SOURCE   $dir/root: a bare system, made once and kept in the cache; SOURCE's files in its /src
#   container_boot                boots it and waits until it is up
#   container_run COMMAND         a line of shell, inside; its status
#   container_path PATH           where a file of the inside is, from here
#   container_write PATH          makes a file inside of the standard input
#   container_is_up, container_stop

container_pid=

container_make() {
  local cache tar
  cache=$(debian13_cache)
  tar=$cache/booted-$1.tar
  mkdir -p "$cache"
  if [ ! -s "$tar" ]; then
    mmdebstrap --quiet --format=tar --variant=minbase --include=systemd-sysv,dbus,ca-certificates "$1" "$tar.new"
    mv "$tar.new" "$tar"
  fi
  mkdir -p "$dir/root"
  tar -C "$dir/root" --numeric-owner -xf "$tar"
  container_network
  mkdir -p "$dir/root/src"
  (cd "$2" && git ls-files -z --cached --others --exclude-standard | tar --null --ignore-failed-read -T - -cf -) |
    tar -C "$dir/root/src" --no-same-owner -xf -
}

# This machine's way out: the resolver, its authorities, and answers for everything that asks back.
container_network() {
  local etc=$dir/root/etc
  cp --remove-destination /etc/resolv.conf "$etc/resolv.conf"
  cp -r /usr/local/share/ca-certificates/. "$dir/root/usr/local/share/ca-certificates/" 2>/dev/null || true
  cp /etc/ssl/certs/ca-certificates.crt "$etc/ssl/certs/ca-certificates.crt"
  printf 'APT::Get::Assume-Yes "true";\nAcquire::Check-Valid-Until "false";\nAcquire::Check-Date "false";\n' >"$etc/apt/apt.conf.d/99install"
  printf '127.0.0.1 localhost screen screens.example.org\n' >"$etc/hosts"
  echo screen >"$etc/hostname"
  # nothing to do with what is looked at here
  chroot "$dir/root" systemctl --quiet mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer systemd-resolved.service
}

# With cgroups of version 2 whatever this machine has: systemd of Debian 13 wants no others.
container_boot() {
  SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 systemd-nspawn --quiet --register=no --keep-unit --resolv-conf=off --link-journal=no \
    --directory="$dir/root" --boot --console=pipe </dev/null >"$dir/log/boot.log" 2>&1 &
  container_nspawn=$!
  until_true 60 container_find && until_true 120 container_is_up
}

container_find() {
  container_pid=$(pgrep -P "$container_nspawn" | head -n 1)
  [ -n "$container_pid" ]
}

container_is_up() {
  [ -n "$container_pid" ] && kill -0 "$container_pid" 2>/dev/null &&
    [[ $(container_run 'systemctl is-system-running' 2>/dev/null) =~ ^(running|degraded)$ ]]
}

container_run() {
  nsenter --target "$container_pid" --all --wd -- /usr/bin/env -i HOME=/root TERM=dumb LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin bash -euo pipefail -c "$1" </dev/null
}

container_path() {
  echo "/proc/$container_pid/root$1"
}

container_write() {
  mkdir -p "$(dirname "$(container_path "$1")")"
  cat >"$(container_path "$1")"
}

container_stop() {
  [ -n "${container_nspawn:-}" ] || return 0
  [ -z "$container_pid" ] || kill -s RTMIN+4 "$container_pid" 2>/dev/null || true # systemd's poweroff.target
  for _ in $(seq 100); do
    kill -0 "$container_nspawn" 2>/dev/null || break
    sleep 0.1
  done
  kill "$container_nspawn" 2>/dev/null || true
  wait "$container_nspawn" 2>/dev/null || true
  rm -rf --one-file-system "$dir/root"
}
