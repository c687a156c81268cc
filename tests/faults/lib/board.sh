# shellcheck shell=bash
# A board's flash: Debian 12 with a kernel, systemd and the packages under test, as an ext4 image that QEMU boots without a
# boot loader. Sourced by tests/faults/kms and wifi, which set $dir, $out and $packages, and may add to what is set here.
#   board_base        the distribution's part and what the packages ask for, from a cache where it was made before
#   board_install     that, unpacked to $dir/root, with the packages under test installed as dpkg does it
#   board_configure URL CA-FILE ROOT-FILE    what the person who installs a screen writes; agent.conf lies beside its place
#   board_wired       a network by cable, in which this machine is HOST_NAME
#   board_image       $dir/flash.img, $dir/vmlinuz, $dir/initrd.img
# The only parts that no real board has are in board_probe.

BOARD_SUITE=bookworm
BOARD_FLASH=3G # of the image, sparse
# udev and dbus are on every board that boots with systemd; the kernel is Debian's full one, because the one for clouds has no DRM.
board_packages=(linux-image-amd64 initramfs-tools systemd-sysv udev dbus kmod e2fsprogs iproute2 procps)
board_fields=(Depends Recommends) # of the package under test: what else is there
board_debs=()                     # packages under test beside the client's

# board_wants FIELD FILE: the packages of a dependency field of a .deb; where there is a choice the first that this machine's
# archive has, which is the board's, since the packages were built here.
board_wants() {
  local choice package
  dpkg-deb -f "$2" "$1" | tr ',' '\n' | sed -e 's/([^)]*)//g; s/:any//g; s/ //g' -e '/^$/d' | while read -r choice; do
    for package in ${choice//|/ }; do
      [ -z "$(apt-cache --no-all-versions show "$package" 2>/dev/null)" ] || { echo "$package"; break; }
    done
  done
}

board_wants_all() {
  local deb field
  for field in "${board_fields[@]}"; do
    for deb in "$client_deb" "${board_debs[@]}"; do board_wants "$field" "$deb"; done
  done
}

board_base() {
  local wanted hash cache
  wanted=$({ printf '%s\n' "${board_packages[@]}"; board_wants_all; } | sort -u)
  hash=$(sha256sum <<<"$BOARD_SUITE $wanted" | cut -c1-12)
  cache=$(debian13_cache)
  base=$cache/board-$BOARD_SUITE-$hash.tar
  [ -e "$base" ] && { echo "there already: $base"; return 0; }
  as_root mkdir -p "$cache"
  # A small initrd, with what the emulated board's root is on; emulation is slow enough.
  # shellcheck disable=SC2016
  as_root mmdebstrap --quiet --format=tar --variant=minbase --include="$(paste -sd, <<<"$wanted")" \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --essential-hook='mkdir -p "$1/etc/initramfs-tools/conf.d" "$1/etc/initramfs-tools/hooks"' \
    --essential-hook='echo MODULES=list >"$1/etc/initramfs-tools/conf.d/board"' \
    --essential-hook='printf "%s\n" "#!/bin/sh" "[ \"\$1\" != prereqs ] || exit 0" ". /usr/share/initramfs-tools/hook-functions" "manual_add_modules virtio_pci virtio_blk ext4" >"$1/etc/initramfs-tools/hooks/board"' \
    --essential-hook='chmod 755 "$1/etc/initramfs-tools/hooks/board"' \
    $BOARD_SUITE "$base.new"
  as_root mv "$base.new" "$base"
}

# dpkg alone, so that a dependency that the package does not name is missing here as well.
board_install() {
  as_root rm -rf --one-file-system "$dir/root"
  as_root mkdir -p "$dir/root"
  as_root tar -C "$dir/root" --numeric-owner -xf "$base" --exclude='./dev/*'
  as_root cp "$client_deb" "${board_debs[@]}" "$dir/root/tmp/"
  as_root chroot "$dir/root" sh -c 'dpkg --install /tmp/*.deb && rm /tmp/*.deb'
}

# Debian's file of examples, with the lines that differ from screen to screen filled in.
board_configure() {
  local etc=$dir/root/etc
  as_root cp "$2" "$etc/pingplay/ca.pem"
  as_root cp "$3" "$etc/pingplay/root.json"
  as_root chmod 644 "$etc/pingplay/ca.pem" "$etc/pingplay/root.json"
  sed "s|^url = .*|url = $1|" "$project/board/etc/agent.conf" | as_root tee "$etc/pingplay/agent.conf.new" >/dev/null
  echo '127.0.0.1 localhost board' | as_root tee "$etc/hosts" >/dev/null
  echo board | as_root tee "$etc/hostname" >/dev/null
  echo '/dev/vda / ext4 errors=remount-ro 0 1' | as_root tee "$etc/fstab" >/dev/null
  # nothing to do with what is looked at here, and slow
  as_root chroot "$dir/root" systemctl --quiet mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_reap.service
  # The image's times are whole seconds, and the cache of fonts compares nanoseconds.
  as_root chroot "$dir/root" sh -c 'find /usr/share/fonts /usr/local/share/fonts -type d -exec touch -d @1 {} + && fc-cache --force --system-only'
  board_probe
}

board_wired() {
  echo "$HOST_ADDRESS $HOST_NAME" | as_root tee -a "$dir/root/etc/hosts" >/dev/null
  printf '[Match]\nType=ether\n[Network]\nDHCP=ipv4\n' | as_root tee "$dir/root/etc/systemd/network/80-board.network" >/dev/null
  as_root chroot "$dir/root" systemctl --quiet enable systemd-networkd.service
}

# Carries out a line that comes through a port of the emulated machine, and answers what was printed and the status.
board_probe() {
  as_root tee "$dir/root/usr/local/sbin/probe" >/dev/null <<'PROBE'
#!/bin/bash
exec 3<>/dev/virtio-ports/probe
while read -r number command <&3; do
  bash -c "$(base64 -d <<<"$command")" >/run/probe.out 2>&1 3<&- </dev/null
  status=$?
  { cat /run/probe.out; printf '\n=== %s %s\n' "$number" "$status"; } >&3
done
PROBE
  as_root chmod 755 "$dir/root/usr/local/sbin/probe"
  as_root tee "$dir/root/etc/systemd/system/probe.service" >/dev/null <<'PROBE'
[Unit]
Description=Asked by the test, through a port of the emulated machine
BindsTo=dev-virtio\x2dports-probe.device
After=dev-virtio\x2dports-probe.device
[Service]
ExecStart=/usr/local/sbin/probe
[Install]
WantedBy=multi-user.target
PROBE
  as_root chroot "$dir/root" systemctl --quiet enable probe.service
}

board_image() {
  as_root sh -c 'cp "$1"/boot/vmlinuz-* "$2/vmlinuz" && cp "$1"/boot/initrd.img-* "$2/initrd.img" && chmod 644 "$2/vmlinuz" "$2/initrd.img"' \
    sh "$dir/root" "$dir"
  rm -f "$dir/flash.img"
  as_root mke2fs -q -t ext4 -L board -d "$dir/root" "$dir/flash.img" $BOARD_FLASH
  as_root chown "$(id -u)" "$dir/flash.img"
  as_root rm -rf --one-file-system "$dir/root"
}
