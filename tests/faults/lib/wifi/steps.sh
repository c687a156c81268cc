# shellcheck shell=bash
# What is looked at on the emulated board with radios, step by step. Sourced by tests/faults/wifi.
#   steps    all of it

# seen SECONDS REGULAR-EXPRESSION COMMAND: until a line of what the board answers is like that.
seen() {
  until_true "$1" answers_like "$2" "$3" && return
  echo "tests/faults/wifi: no line \"$2\" in $1 s of: $3" >&2
  echo "$answer" | tail -n 20 >&2
  return 1
}

answers_like() {
  answer=$(probe "$2") || true
  grep -qE "$1" <<<"$answer"
}

# holds REGULAR-EXPRESSION COMMAND: the same, at once; every answer is kept for reading.
holds() {
  answer=$(probe "$2") || true
  printf '## %s\n%s\n\n' "$2" "$answer" >>"$out/answers.txt"
  grep -qE "$1" <<<"$answer" && return
  echo "tests/faults/wifi: no line \"$1\" in: $(paste -sd'|' <<<"$answer" | cut -c1-600)" >&2
  return 1
}

# From here on said counts: said SECONDS UNIT REGULAR-EXPRESSION, in the journal.
listen() {
  since=$(probe 'date +%s.%N')
}

said() {
  seen "$1" "$3" "journalctl --no-pager -o cat --since @$since -u '$2'"
}

never_said() {
  holds '^0$' "journalctl --no-pager -o cat --since @$since -u '$1' | grep -cE '$2'"
}

PROFILES=/etc/NetworkManager/system-connections

# on_wifi SECONDS NAME: joined, with an address of the shop's, and the headend answers by the name that is asked there.
on_wifi() {
  seen "$1" "^yes:$2\$" 'nmcli -t -f ACTIVE,SSID device wifi list ifname wlan0 --rescan no'
  seen 30 '^ *inet 192\.168\.77\.' 'ip -4 address show dev wlan0'
  seen 30 '^303$' "curl --silent --cacert /etc/pingplay/ca.pem -o /dev/null -w '%{http_code}\n' https://$HOST_NAME:$HEADEND_PORT/"
}

# profile_is WORD NAME: one profile of ours, of that place (a or b), root's, to be taken up at a start.
profile_is() {
  holds "^600 root $PROFILES/pingplay-wifi-$1.nmconnection\$" "stat -c '%a %U %n' $PROFILES/*"
  holds '^1$' "ls $PROFILES | wc -l"
  holds '^autoconnect=true$' "cat $PROFILES/pingplay-wifi-$1.nmconnection | grep -v psk"
}

no_profile() {
  holds '^0$' "ls -A $PROFILES | wc -l"
}

stick_json() {
  printf '{"format": 1, "wifi": {"ssid": "%s", "passphrase": "%s"}}' "$1" "$(sed 's/[\\"]/\\&/g' <<<"$2")"
}

# stick_set SECONDS NAME: plugged in, and the service that udev started for it has come to its end.
stick_set() {
  listen
  stick_plug "$2"
  said "$1" 'pingplay-stick@*.service' '(Deactivated successfully|Failed with result)'
}

before_anything() {
  seen 120 '^started$' 'nmcli -t -f STARTUP general'
  seen 60 '"state": *"unenrolled"' 'pingplayctl --json status'
  no_profile
}

# ---- The screen's own access point, and a phone ----

POINTS=/run/NetworkManager/system-connections

# point_open SECONDS: in memory, with a rule that nothing leads on from there, which NetworkManager would let.
point_open() {
  said "$1" pingplay-network.service 'access point Pingplay-[A-Z]{4} on wlan0: open'
  holds "^600 root $POINTS/pingplay-phone-a.nmconnection\$" "stat -c '%a %U %n' $POINTS/*"
  holds '^tmpfs$' "stat -f -c %T $POINTS"
  no_profile
  # shellcheck disable=SC2016
  holds '^0 before, 1 now$' 'echo "$(cat /run/pingplay/forwarding) before, $(cat /proc/sys/net/ipv4/ip_forward) now"'
  holds '^100:.* iif wlan0 prohibit' 'ip rule'
}

# All of it is as it was before.
point_closed() {
  said 60 pingplay-network.service 'access point Pingplay-[A-Z]{4}: closed'
  seen 30 '^nothing is left$' "{ ls $POINTS/pingplay* /run/pingplay/forwarding /var/lib/NetworkManager/dnsmasq-wlan0.leases
    ls -A /etc/NetworkManager/dnsmasq-shared.d
    ip -4 address show dev wlan0 | grep -F 10.42.0
    ip rule | grep prohibit
    grep -H 1 /proc/sys/net/ipv4/ip_forward
    pgrep -a dnsmasq | grep -F 10.42.0; } 2>/dev/null | grep . || echo nothing is left"
}

# page_has FILE TEXT
page_has() {
  grep -qF -- "$2" "$1" && return
  echo "tests/faults/wifi: no \"$2\" in $1" >&2
  return 1
}

# A screen that is hung up: nothing is in reach that it knows, nor anything else.
point_by_itself() {
  since=0
  point_open 300
  phone_scans "$out/phone-alone.png"
}

phone_at_first() {
  phone_joins
  phone_asks '^302 http://10\.42\.0\.1/$' http://connectivitycheck.gstatic.com/generate_204
  phone_opens / "$out/page-alone.html"
  page_has "$out/page-alone.html" 'No network was in reach of the screen.'
}

# Though the machine forwards, and has another network, which swallows everything: what is refused at once is curl's 7, and what
# only gets no answer its 28.
phone_leads_nowhere() {
  probe 'ip link add other type dummy && ip address add 198.51.100.1/24 dev other && ip link set other up'
  holds '^status 7$' 'phone curl http://198.51.100.2/; echo status $?'
  probe ip link delete other
}

point_ended() {
  listen
  holds '^status 0$' 'pingplayctl network phone off; echo status $?'
  point_closed
  phone_leaves
}

point_by_command() {
  listen
  holds '^status 0$' 'pingplayctl network phone; echo status $?'
  point_open 10
  phone_scans "$out/phone.png"
  phone_joins
}

phone_lists() {
  local name
  phone_opens / "$out/page-list.html"
  for name in "$WPA2_NAME" "$WPA3_NAME"; do
    page_has "$out/page-list.html" "href=\"/network?id=$(phone_digits "$name")&amp;lang=en\""
  done
  page_has "$out/page-list.html" "<bdi>$OFFICE_NAME</bdi><span class=\"network-note\">"
  phone_opens "/network?id=$(phone_digits "$WPA2_NAME")" "$out/page-network.html"
  page_has "$out/page-network.html" "<bdi>$WPA2_NAME</bdi>"
  phone_opens /other "$out/page-other.html"
  page_has "$out/page-other.html" 'name="security"'
  phone_opens /style.css "$out/style.css"
  phone_opens /setup.css "$out/setup.css"
}

# The same name and passphrase come back, and the phone with them.
phone_is_wrong() {
  local before="$phone_name $phone_passphrase"
  listen
  phone_types "$WPA2_NAME" 'not the passphrase' "$out/page-trying.html"
  page_has "$out/page-trying.html" 'The screen is trying it'
  said 60 pingplay-agent.service '^(<.>)?phone-trying'
  screen_becomes "$out/phone-trying.png" "$out/phone.png"
  point_open 180
  said 30 pingplay-agent.service "^(<.>)?phone $phone_name: passphrase"
  phone_scans "$out/phone-wrong.png"
  [ "$phone_name $phone_passphrase" = "$before" ]
  phone_returns
  phone_opens / "$out/page-wrong.html"
  page_has "$out/page-wrong.html" "<bdi>$WPA2_NAME</bdi></strong> did not work: the passphrase was not accepted."
}

phone_is_right() {
  listen
  phone_types "$WPA2_NAME" "$WPA2_PASSPHRASE" "$out/page-trying.html"
  page_has "$out/page-trying.html" 'The screen is trying it'
  said 180 pingplay-agent.service '^(<.>)?phone-done'
  screen_becomes "$out/phone-done.png" "$out/phone-wrong.png" "$out/phone-trying.png"
  point_closed
  on_wifi 60 "$WPA2_NAME"
  profile_is a
  phone_leaves
}

# ---- USB sticks ----

# Looked at while it waits for an answer: what it may, and that the stick is mounted nowhere any more.
wrong_stick() {
  listen
  stick_make wrong "$(stick_json "$WPA2_NAME" 'not the passphrase')"
  screen_shot "$out/no-network.png"
  stick_plug wrong
  said 60 pingplay-network.service 'of USB sticks, asks for: wifi'
  # shellcheck disable=SC2016
  holds '^pingplay-stick, CapEff:.0+, NoNewPrivs:.1, Seccomp:.2, 0 mounted$' 'cd /proc/$(pgrep -x pingplay-stick)
    echo "$(stat -c %U .), $(grep -E "^(CapEff|NoNewPrivs|Seccomp):" status | paste -sd, | sed "s/,/, /g"), $(grep -c vfat mounts) mounted"'
  said 30 pingplay-agent.service '^(<.>)?stick-trying'
  screen_becomes "$out/stick-trying.png" "$out/no-network.png"
  said 120 'pingplay-stick@*.service' 'NetworkManager'
  said 30 pingplay-agent.service '^(<.>)?stick-failed'
  screen_becomes "$out/stick-failed.png" "$out/no-network.png" "$out/stick-trying.png"
  no_profile
  stick_pull wrong
}

right_stick() {
  stick_make right "$(stick_json "$WPA2_NAME" "$WPA2_PASSPHRASE")"
  stick_set 120 right
  said 30 pingplay-agent.service 'stick-done'
  never_said pingplay-network.service 'not said on the screen'
  on_wifi 60 "$WPA2_NAME"
  profile_is a
  stick_pull right
}

enrolled() {
  local code fingerprint
  seen 180 '"user_code"' 'pingplayctl --json enrol'
  code=$(sed -n 's/.*"user_code":"\([A-Z0-9-]*\)".*/\1/p' <<<"$answer" | head -n 1)
  fingerprint=$(sed -n 's/.*"fingerprint":"\([0-9a-f ]*\)".*/\1/p' <<<"$answer")
  probe "runuser -u pingplay-headend -- pingplay-headend approve /var/lib/pingplay-headend '$code' --fingerprint '$fingerprint' --name Board --channel lobby >/dev/null"
  seen 180 '"state": *"online"' 'pingplayctl --json status'
}

stick_of_a_stranger() {
  stick_make stranger "$(stick_json "$WPA3_NAME" "$WPA3_PASSPHRASE")"
  stick_set 120 stranger
  said 30 pingplay-agent.service 'stick-refused: this screen is enrolled'
  on_wifi 30 "$WPA2_NAME"
  profile_is a
  stick_pull stranger
}

# Enrolled, and what it was on is gone: then whoever reaches it may.
stick_without_network() {
  holds '^status 0$' 'pingplayctl network forget wifi; echo status $?'
  seen 180 '"state": *"offline"' 'pingplayctl --json status'
  stick_set 120 stranger
  said 30 pingplay-agent.service 'stick-done'
  on_wifi 60 "$WPA3_NAME"
  profile_is a
  seen 180 '"state": *"online"' 'pingplayctl --json status'
  stick_pull stranger
}

# command REGULAR-EXPRESSION NAME PASSPHRASE [WORD…]: pingplayctl network wifi; what it says and its status are like that.
command_wifi() {
  local wanted=$1 name=$2 passphrase=$3
  shift 3
  holds "$wanted" "$(given "$passphrase") | pingplayctl --lang en network wifi '$name' $*; echo status \$?"
}

# A command that prints it, for the board's shell.
given() {
  echo "base64 -d <<<'$(base64 -w0 <<<"$1")'"
}

# By the text of the QR code that a phone shows.
hidden() {
  holds '^status 0$' "$(given "WIFI:T:WPA;S:$HIDDEN_NAME;P:$HIDDEN_PASSPHRASE;H:true;;") | pingplayctl network wifi --qr; echo status \$?"
  on_wifi 60 "$HIDDEN_NAME"
  profile_is a
}

wpa3() {
  command_wifi '^status 0$' "$WPA3_NAME" "$WPA3_PASSPHRASE" --security wpa3
  on_wifi 60 "$WPA3_NAME"
  holds '^AKMSuiteSelector=00-0f-ac-8$' 'hostapd_cli -p /run/hostapd -i wlan1_1 all_sta'
  profile_is b
}

wrong_commands() {
  command_wifi '^status 1$' "$WPA2_NAME" 'not the passphrase'
  on_wifi 60 "$HIDDEN_NAME"
  profile_is a
  command_wifi '^status 1$' 'Nobody has it' 'not the passphrase'
  on_wifi 60 "$HIDDEN_NAME"
  profile_is a
}

reboot() {
  probe 'systemctl --no-block reboot' || true
  until_true 180 ended
  boot_until_up
}

ended() {
  ! running emulator
}

# The access point comes later than the board, which tries on.
back_by_itself() {
  seen 120 '^started$' 'nmcli -t -f STARTUP general'
  shop_open
  on_wifi 120 "$HIDDEN_NAME"
  seen 180 '"state": *"online"' 'pingplayctl --json status'
}

# IEEE 802.1X: the certificate that the headend gave it is its entrance, and the key never lies on the flash.
office() {
  listen
  holds '^status 0$' "pingplayctl network 8021x --ssid $OFFICE_NAME --ca /var/lib/shop/ca.pem --server $EAP_SERVER; echo status \$?"
  said 30 shop-wifi.service '^wlan1_3: CTRL-EVENT-EAP-SUCCESS'
  on_office 60
  holds '^AKMSuiteSelector=00-0f-ac-1$' 'hostapd_cli -p /run/hostapd -i wlan1_3 all_sta'
}

on_office() {
  on_wifi "$1" "$OFFICE_NAME"
  holds '^600 root /run/pingplay-network/client.key$' 'stat -c "%a %U %n" /run/pingplay-network/*'
  holds '^tmpfs$' 'stat -f -c %T /run/pingplay-network'
}

# Certificate and key are gone with the machine's memory: the agent hands them over anew, and then it comes up.
office_by_itself() {
  shop_open
  on_office 180
  seen 180 '"state": *"online"' 'pingplayctl --json status'
}

wrong_office() {
  holds '^status 1$' "pingplayctl network 8021x --ssid $OFFICE_NAME --ca /var/lib/shop/ca.pem --server not.$EAP_SERVER; echo status \$?"
  on_office 60
}

made_nobodys() {
  # shellcheck disable=SC2016
  holds '^status 0, refused 0$' 'pingplayctl --lang en reset --yes >/run/reset.out 2>&1
    echo "status $?, refused $(grep -c Refused /run/reset.out)"'
  seen 120 '^0$' "ls -A $PROFILES | wc -l"
  seen 30 '^disconnected|unavailable$' 'nmcli -t -g GENERAL.STATE device show wlan0 | sed "s/.*(\(.*\))/\1/"'
}

# found_on_flash PASSPHRASE…: one of them is in a file, or in what is left of one, as it is or as a profile writes it.
found_on_flash() {
  local passphrase words=()
  for passphrase; do
    words+=(-e "$passphrase" -e "$(sed 's/\\/&&/g; s/ /\\s/g' <<<"$passphrase")")
  done
  probe sync
  grep -qaF "${words[@]}" "$dir/flash.img"
}

on_flash() {
  found_on_flash "$HIDDEN_PASSPHRASE"
}

not_on_flash() {
  local status=0
  found_on_flash "$WPA2_PASSPHRASE" "$WPA3_PASSPHRASE" "$HIDDEN_PASSPHRASE" 'not the passphrase' "${phone_passphrases[@]}" || status=$?
  [ $status = 1 ]
}

# It is there when the machine starts, and is waited for: who is whose is not known yet, nor whether there is a network.
stick_at_start() {
  stick_make start "$(stick_json "$WPA2_NAME" "$WPA2_PASSPHRASE")"
  stick_plug_before start
  probe systemctl --quiet enable shop-wifi
  listen
  reboot
  said 120 pingplay-agent.service 'stick-done'
  on_wifi 60 "$WPA2_NAME"
  profile_is a
  stick_pull start
}

steps() {
  timed "no network, nothing set" before_anything
  timed "a phone: the screen opens an access point by itself" point_by_itself
  timed "a phone: joins by the code on the screen, and finds the page" phone_at_first
  timed "a phone: gets nowhere else" phone_leads_nowhere
  timed "a phone: the access point is closed by command" point_ended
  timed "an access point of others" shop_open
  timed "a phone: the access point is opened by command" point_by_command
  timed "a phone: the networks in reach" phone_lists
  timed "a phone: a wrong passphrase" phone_is_wrong
  timed "a phone: the right one" phone_is_right
  timed "enrolled over it" enrolled
  timed "nobody's: the Wi-Fi is erased" made_nobodys
  timed "no passphrase on the flash" not_on_flash
  timed "a stick with a wrong passphrase" wrong_stick
  timed "a stick: WPA2" right_stick
  timed "enrolled over it" enrolled
  timed "a stick that leads elsewhere" stick_of_a_stranger
  timed "a stick when the network is gone" stick_without_network
  timed "by command: WPA3" wpa3
  timed "by a QR code: a hidden one" hidden
  timed "by command: wrong, and the former is back" wrong_commands
  timed "reboot" reboot
  timed "Wi-Fi by itself" back_by_itself
  timed "802.1X with the device's key" office
  timed "802.1X: a server of another name, and the former is back" wrong_office
  timed "reboot" reboot
  timed "802.1X by itself" office_by_itself
  timed "by a QR code: a hidden one" hidden
  timed "the passphrase on the flash" on_flash
  timed "nobody's: the Wi-Fi is erased" made_nobodys
  timed "no passphrase on the flash" not_on_flash
  timed "a stick that is there at the start" stick_at_start
}
