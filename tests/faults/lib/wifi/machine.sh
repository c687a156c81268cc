# shellcheck shell=bash
# The emulated board with radios: three of mac80211_hwsim, which hear each other. One is the board's; one is in the network
# namespace "shop", behind which are an access point, DHCP, names and the headend; one is the phone's (phone.sh). Sourced by
# tests/faults/wifi, which sets $dir.
#   machine_devices     emulator_devices; the access point's configuration comes with the emulated firmware, so that no passphrase
#                       is on the flash but the board's own
#   machine_install     what of it is on the flash
#   shop_open           the access point, and what is behind it
#   stick_make NAME CONTENT  an image of a stick with FAT, which has the file pingplay-network.json
#   stick_plug NAME, stick_pull NAME
#   stick_plug_before NAME   it is there when the machine is started
#   screen_shot FILE    what the screen shows, as PNG
#   screen_becomes FILE OTHER…    likewise, once it is none of those

SHOP_ADDRESS=192.168.77.1

machine_devices() {
  shop_config >"$dir/hostapd.conf"
  emulator_devices=(-device "qemu-xhci,id=usb" -fw_cfg "name=opt/shop/hostapd.conf,file=$dir/hostapd.conf")
}

# A radio belongs to the namespace that it is in.
machine_install() {
  local etc=$dir/root/etc
  printf 'mac80211_hwsim\nqemu_fw_cfg\n' | as_root tee "$etc/modules-load.d/radios.conf" >/dev/null
  echo 'options mac80211_hwsim radios=3' | as_root tee "$etc/modprobe.d/radios.conf" >/dev/null
  as_root tee "$dir/root/usr/local/sbin/radios" >/dev/null <<'RADIOS'
#!/bin/bash
set -e
for place in shop:wlan1 phone:wlan2; do
  ip netns add "${place%:*}"
  iw phy "$(cat "/sys/class/net/${place#*:}/phy80211/name")" set netns name "${place%:*}"
  ip -n "${place%:*}" link set lo up
done
ip -n shop link add shop type bridge
ip -n shop address add SHOP_ADDRESS/24 dev shop
ip -n shop link set shop up
RADIOS
  as_root sed -i "s/SHOP_ADDRESS/$SHOP_ADDRESS/" "$dir/root/usr/local/sbin/radios"
  as_root chmod 755 "$dir/root/usr/local/sbin/radios"
  as_root rm -f "$etc/resolv.conf" # this machine's
  as_root touch "$etc/resolv.conf"
  machine_units
  machine_eap_server
  phone_install
  as_root mkdir -p "$etc/systemd/system/pingplay-headend.service.d" "$etc/systemd/system/pingplay-player.service.d"
  printf '[Unit]\nAfter=radios.service\n[Service]\nNetworkNamespacePath=/run/netns/shop\n' |
    as_root tee "$etc/systemd/system/pingplay-headend.service.d/shop.conf" >/dev/null
  # No display: what it would show is drawn in memory.
  as_root tee "$etc/systemd/system/pingplay-player.service.d/display.conf" >/dev/null <<'UNIT'
[Service]
ExecStart=
ExecStart=/usr/bin/pingplay-player --agent-user pingplay --windowed 640x360 --screenshot /run/pingplay-player/shot.png
Environment=SDL_VIDEODRIVER=dummy SDL_AUDIODRIVER=dummy
UNIT
  as_root chroot "$dir/root" systemctl --quiet enable radios.service
  as_root chroot "$dir/root" systemctl --quiet disable pingplay-headend.service
  as_root cp -r "$dir/headend" "$dir/root/var/lib/pingplay-headend.new"
  as_root chroot "$dir/root" sh -c 'mkdir -p /var/lib/pingplay-headend && cp -r /var/lib/pingplay-headend.new/. /var/lib/pingplay-headend/ &&
    rm -r /var/lib/pingplay-headend.new && chown -R pingplay-headend: /var/lib/pingplay-headend && chmod 700 /var/lib/pingplay-headend'
}

machine_units() {
  local units=$dir/root/etc/systemd/system
  as_root tee "$units/radios.service" >/dev/null <<'UNIT'
[Unit]
Description=Gives the second radio to the shop, and the third to the phone
After=systemd-modules-load.service
Before=NetworkManager.service
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/local/sbin/radios
[Install]
WantedBy=multi-user.target
UNIT
  as_root tee "$units/shop-wifi.service" >/dev/null <<'UNIT'
[Unit]
After=radios.service
Wants=shop-names.service pingplay-headend.service
Before=NetworkManager.service
[Service]
ExecStart=ip netns exec shop hostapd /sys/firmware/qemu_fw_cfg/by_name/opt/shop/hostapd.conf/raw
[Install]
WantedBy=multi-user.target
UNIT
  as_root tee "$units/shop-names.service" >/dev/null <<UNIT
[Unit]
After=radios.service
[Service]
ExecStart=ip netns exec shop dnsmasq --keep-in-foreground --conf-file=/dev/null --user=root --interface=shop --bind-interfaces \\
  --no-resolv --no-hosts --dhcp-leasefile=/run/shop-leases --dhcp-range=${SHOP_ADDRESS%.*}.10,${SHOP_ADDRESS%.*}.99,1h \\
  --address=/$HOST_NAME/$SHOP_ADDRESS
UNIT
}

# Whoever the headend has certified is let in; the access point's own certificate is another authority's.
machine_eap_server() {
  local to=$dir/eap
  mkdir -p "$to"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj '/CN=Office' \
    -keyout "$to/ca.key" -out "$to/ca.pem"
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$EAP_SERVER" -keyout "$to/server.key" -out "$to/server.csr"
  openssl x509 -req -in "$to/server.csr" -CA "$to/ca.pem" -CAkey "$to/ca.key" -CAcreateserial -days 30 -out "$to/server.pem" \
    -extfile <(printf 'subjectAltName=DNS:%s\nextendedKeyUsage=serverAuth\n' "$EAP_SERVER")
  echo '* TLS' >"$to/users"
  as_root mkdir -p "$dir/root/var/lib/shop"
  as_root cp "$to/ca.pem" "$to/server.pem" "$to/server.key" "$to/users" "$dir/root/var/lib/shop/"
}

# shop_network INTERFACE NAME LINES: of hostapd.conf(5).
shop_network() {
  printf '%s\nbridge=shop\nctrl_interface=/run/hostapd\nssid2=%s\nwpa=2\nrsn_pairwise=CCMP\n%s\n' "$1" "$2" "$3"
}

shop_config() {
  printf '%s\n' driver=nl80211 hw_mode=g channel=1
  shop_network interface=wlan1 "\"$WPA2_NAME\"" "wpa_key_mgmt=WPA-PSK
wpa_passphrase=$WPA2_PASSPHRASE"
  shop_network bss=wlan1_1 "\"$WPA3_NAME\"" "wpa_key_mgmt=SAE
ieee80211w=2
wpa_passphrase=$WPA3_PASSPHRASE"
  shop_network bss=wlan1_2 "\"$HIDDEN_NAME\"" "wpa_key_mgmt=WPA-PSK SAE
ieee80211w=1
ignore_broadcast_ssid=1
wpa_passphrase=$HIDDEN_PASSPHRASE"
  shop_network bss=wlan1_3 "\"$OFFICE_NAME\"" "wpa_key_mgmt=WPA-EAP
ieee8021x=1
eap_server=1
eap_user_file=/var/lib/shop/users
ca_cert=/etc/pingplay/ca.pem
server_cert=/var/lib/shop/server.pem
private_key=/var/lib/shop/server.key"
}

shop_open() {
  probe systemctl start shop-wifi
  seen 120 'AP-ENABLED' 'journalctl --no-pager -o cat -b -u shop-wifi'
}

stick_make() {
  local image=$dir/$1.img file=$dir/pingplay-network.json
  rm -f "$image" "$image.part"
  truncate -s 40M "$image"
  truncate -s 39M "$image.part"
  printf 'label: dos\nstart=2048, type=c\n' | sfdisk -q "$image"
  printf '%s' "$2" >"$file"
  mkfs.vfat -F 32 "$image.part" >/dev/null
  mcopy -i "$image.part" "$file" ::/
  dd if="$image.part" of="$image" bs=1M seek=1 conv=notrunc status=none
  rm "$image.part"
}

stick_plug() {
  qmp '{"execute": "blockdev-add", "arguments": {"driver": "raw", "node-name": "'"$1"'", "read-only": true, "file":
    {"driver": "file", "filename": "'"$dir/$1.img"'"}}}'
  qmp '{"execute": "device_add", "arguments": {"driver": "usb-storage", "id": "'"$1"'", "bus": "usb.0", "drive": "'"$1"'",
    "removable": true}}'
}

stick_pull() {
  qmp '{"execute": "device_del", "arguments": {"id": "'"$1"'"}}'
  seen 30 '^none$' 'ls -d /sys/block/sd? 2>/dev/null || echo none'
  qmp '{"execute": "blockdev-del", "arguments": {"node-name": "'"$1"'"}}'
}

stick_plug_before() {
  emulator_devices+=(-blockdev "driver=raw,node-name=$1,read-only=on,file.driver=file,file.filename=$dir/$1.img"
    -device "usb-storage,id=$1,bus=usb.0,drive=$1,removable=on")
}

screen_shot() {
  rm -f "$1"
  probe 'rm -f /run/pingplay-player/shot.png; systemctl kill --signal USR1 --kill-whom main pingplay-player'
  until_true 30 screen_fetch "$1"
}

# It is whole once its last chunk is there.
screen_fetch() {
  probe 'base64 -w0 /run/pingplay-player/shot.png && echo' 2>/dev/null | base64 -d >"$1" 2>/dev/null && grep -qa IEND "$1"
}

screen_becomes() {
  until_true 60 screen_differs "$@"
}

screen_differs() {
  local other
  screen_shot "$1" || return 1
  for other in "${@:2}"; do
    ! cmp -s "$1" "$other" || return 1
  done
  # The same twice: not in the middle of a crossfade.
  screen_shot "$1.again" && cmp -s "$1" "$1.again" && rm "$1.again"
}
