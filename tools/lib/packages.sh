# shellcheck shell=bash
# Which Debian packages what needs, on Debian 12 (bookworm) and 13 (trixie), and how they are installed. Sourced by
# tools/check, tools/demo and .ci/run.

# To build everything.
packages_build=(
  build-essential cmake ninja-build pkgconf
  libargon2-dev libavcodec-dev libavformat-dev libavutil-dev libcjson-dev libcmocka-dev libcurl4-openssl-dev
  libfido2-dev libfontconfig-dev libgnutls28-dev libical-dev libinih-dev libjpeg62-turbo-dev libkrb5-dev liblcms2-dev libmbedtls-dev libmicrohttpd-dev libpango1.0-dev
  libpng-dev libpq-dev libqrencode-dev libsdl2-dev libseccomp-dev libsqlite3-dev libssl-dev libswresample-dev libswscale-dev
  libtss2-dev zlib1g-dev
)
# To make the Debian packages of it, with the console in the headend's.
packages_package=(dpkg-dev file nodejs npm)
# To run what was built: fonts for the status screens.
packages_run=(ca-certificates fonts-inter fonts-dejavu-core tzdata)
# To run the unit tests: servers to test against, a TPM, and a second implementation of the formats.
packages_unit=(nodejs openssl ffmpeg tzdata zbar-tools swtpm tpm2-tools postgresql)
# To run tools/demo.
packages_demo=(curl ffmpeg iproute2 libegl1 libgl1-mesa-dri nodejs npm openssl procps zbar-tools)
# To run the end-to-end tests; a browser measures the headend's pages.
packages_e2e=(nodejs npm chromium curl openssl faketime zbar-tools iproute2 procps ffmpeg strace sqlite3 mount tzdata
  xvfb x11-utils xdotool nginx-light libnginx-mod-stream yamllint swtpm tpm2-tools gdb systemd e2fsprogs util-linux tinyproxy dbus network-manager
  dnsmasq-base wpasupplicant hostapd chrony krb5-kdc krb5-admin-server krb5-user squid postgresql exim4-daemon-light)
# For them as well, where the archive has it: a second OpenID Connect provider, which Debian 12 has.
packages_e2e_where_known=(glewlwyd)
# Servers among them, and their units: tests start their own, and the machine is not to be served, proxied or connected by these.
declare -A packages_servers=([nginx-light]=nginx [tinyproxy]=tinyproxy [network-manager]=NetworkManager [wpasupplicant]=wpa_supplicant [hostapd]=hostapd [chrony]=chrony
  [krb5-kdc]=krb5-kdc [krb5-admin-server]=krb5-admin-server [squid]=squid [postgresql]=postgresql [exim4-daemon-light]=exim4 [glewlwyd]=glewlwyd)
# To run every other step of tools/check.
packages_check=(git clang clang-format clang-tidy cppcheck libclang-rt-dev lld llvm mandoc file binutils dpkg-dev lintian)
# For Debian 13 in its chroot as well: the servers that only it has, for end-to-end tests, and the linker of the other builds.
packages_debian13=(libest-utils lld)
# To run tools/check --debian13.
packages_chroot=(mmdebstrap util-linux)
# To run tests/install: Debian in booted containers, and a look at what the screen in one of them shows.
packages_install_test=(mmdebstrap systemd-container util-linux ffmpeg zbar-tools)

# as_root COMMAND…: runs it as root, through sudo where this is somebody else.
as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    echo "$0: needs root or sudo to run: $*" >&2
    return 1
  fi
}

# packages_missing PACKAGE…: prints those that are not installed.
packages_missing() {
  local package
  for package; do
    dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' || printf '%s\n' "$package"
  done
}

# packages_keep_quiet PACKAGE…: what is about to be installed of the servers is not started, now or by the next boot.
packages_keep_quiet() {
  local package units=()
  [ -d /run/systemd/system ] || return 0
  for package; do
    if [ -n "${packages_servers[$package]:-}" ]; then units+=("${packages_servers[$package]}.service"); fi
  done
  [ ${#units[@]} = 0 ] && return 0
  echo "not started by this machine until \"systemctl unmask\": ${units[*]}"
  as_root systemctl mask --quiet "${units[@]}"
}

# packages_install PACKAGE…: installs what is missing; says so; does nothing where nothing is.
packages_install() {
  local missing
  # nodejs and npm may have come from elsewhere than Debian; those on the PATH will do.
  mapfile -t missing < <(packages_missing "$@" | while read -r package; do
    command -v "${package/nodejs/node}" >/dev/null && [[ $package =~ ^(nodejs|npm)$ ]] || echo "$package"
  done)
  [ ${#missing[@]} = 0 ] && return 0
  echo "installing ${#missing[@]} packages: ${missing[*]}"
  packages_keep_quiet "${missing[@]}" || return 1
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    -o Dpkg::Use-Pty=0 "${missing[@]}" >/dev/null
}

# packages_install_where_known PACKAGE…: the same of those that the archive has.
packages_install_where_known() {
  local missing known
  mapfile -t missing < <(packages_missing "$@")
  [ ${#missing[@]} = 0 ] && return 0
  as_root apt-get update -qq || return 1
  mapfile -t known < <(apt-cache --no-all-versions show "${missing[@]}" 2>/dev/null | sed -n 's/^Package: //p' | sort -u)
  [ ${#known[@]} = 0 ] || packages_install "${known[@]}"
}
