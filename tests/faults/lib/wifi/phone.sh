# shellcheck shell=bash
# The phone of somebody in front of the screen: the third radio, in the network namespace "phone", with wpa_supplicant, a DHCP
# client and curl, which know nothing but what the screen shows. Sourced by tests/faults/wifi, which sets $dir and $out.
#   phone_install            what of it is on the flash
#   phone_scans FILE         $phone_name and $phone_passphrase by the QR code on the screen, whose picture goes to FILE
#   phone_joins              to that network, as whoever scans such a code
#   phone_returns            by itself, once the network is there again; likewise with an address
#   phone_asks WANTED URL    the status, and where to, by curl, which asks the name server that the network has named
#   phone_opens PATH FILE    a page of 10.42.0.1 goes to FILE
#   phone_types NETWORK PASSPHRASE FILE    the form of a network in the list is sent; the answer goes to FILE
#   phone_leaves             switches its Wi-Fi off
#   phone_passphrases        of all codes that it has read

phone_passphrases=()

# In the board's memory, as a phone's are not on the board at all.
phone_install() {
  as_root tee "$dir/root/usr/local/sbin/phone" >/dev/null <<'PHONE'
#!/bin/bash
# phone join NAME PASSPHRASE | address | state | leave | curl WORDS…
set -e
within() { ip netns exec phone "$@"; }
umask 077
mkdir -p /run/phone
case $1 in
  join)
    printf 'ctrl_interface=/run/phone/control\nnetwork={\nssid="%s"\npsk="%s"\nkey_mgmt=WPA-PSK\n}\n' "$2" "$3" >/run/phone/network.conf
    within wpa_supplicant -B -i wlan2 -c /run/phone/network.conf
    ;;
  address)
    rm -f /run/phone/lease
    within udhcpc -f -q -n -t 10 -T 2 -i wlan2 -s /usr/local/sbin/phone-lease >&2
    cat /run/phone/lease
    ;;
  state) within wpa_cli -p /run/phone/control -i wlan2 status ;;
  leave) within wpa_cli -p /run/phone/control -i wlan2 terminate ;;
  curl) shift; within curl --silent --show-error --max-time 60 "$@" ;;
esac
PHONE
  as_root tee "$dir/root/usr/local/sbin/phone-lease" >/dev/null <<'LEASE'
#!/bin/sh
[ "$1" = bound ] || exit 0
ip address flush dev "$interface"
ip address add "$ip/$mask" dev "$interface"
ip route replace default via "$router"
echo "nameserver $dns" >/run/phone/resolv.conf
echo "$ip/$mask by $router, names of $dns" >/run/phone/lease
LEASE
  as_root chmod 755 "$dir/root/usr/local/sbin/phone" "$dir/root/usr/local/sbin/phone-lease"
  # Of that namespace alone, as "ip netns exec" has it.
  as_root mkdir -p "$dir/root/etc/netns/phone"
  as_root ln -s /run/phone/resolv.conf "$dir/root/etc/netns/phone/resolv.conf"
}

phone_scans() {
  until_true 60 phone_reads "$1" || { echo "tests/faults/wifi: no Wi-Fi by a QR code in $1" >&2; return 1; }
}

phone_reads() {
  local code
  screen_shot "$1" && code=$(zbarimg -q --raw --nodbus "$1") && [[ $code =~ ^WIFI:T:WPA\;S:(Pingplay-[A-Z]{4})\;P:([a-z-]{17})\;\;$ ]] || return 1
  phone_name=${BASH_REMATCH[1]}
  phone_passphrase=${BASH_REMATCH[2]}
  phone_passphrases+=("$phone_passphrase")
}

phone_joins() {
  probe "phone join '$phone_name' '$phone_passphrase'" >/dev/null
  phone_returns
}

phone_returns() {
  seen 60 '^wpa_state=COMPLETED$' 'phone state'
  holds '^10\.42\.0\.[0-9]+/24 by 10\.42\.0\.1, names of 10\.42\.0\.1$' 'phone address'
}

phone_asks() {
  holds "$1" "phone curl -o /dev/null -w '%{http_code} %{redirect_url}\n' '$2'"
}

phone_opens() {
  probe "phone curl 'http://10.42.0.1$1'" >"$2"
}

# The bytes of a name as the page's links have them.
phone_digits() {
  printf %s "$1" | od -An -v -tx1 | tr -d ' \n'
}

phone_types() {
  local id token passphrase
  id=$(phone_digits "$1")
  phone_opens "/network?id=$id" "$3"
  token=$(sed -n 's/.*name="token" value="\([0-9a-f]*\)".*/\1/p' "$3")
  passphrase=$(printf %s "$2" | base64 -w0)
  probe "base64 -d <<<'$passphrase' | phone curl --data 'token=$token&id=$id' --data-urlencode passphrase@- http://10.42.0.1/join" >"$3"
}

phone_leaves() {
  probe phone leave >/dev/null
}
