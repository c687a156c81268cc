# shellcheck shell=bash
# Debian 13 in a folder: a chroot made once by mmdebstrap with everything that the build needs, kept in a cache and
# entered in a mount namespace of its own, so that nothing stays mounted. Sourced by tools/check.

debian13_cache() {
  if [ -n "${PP_CACHE:-}" ]; then
    echo "$PP_CACHE"
  elif [ "$(id -u)" = 0 ] && [ -w /var/cache ]; then
    echo /var/cache/pingplay
  else
    echo "${XDG_CACHE_HOME:-$HOME/.cache}/pingplay"
  fi
}

# One chroot for each list of packages: a changed list makes a new one.
debian13_root() {
  local hash
  hash=$(printf '%s\n' "${packages_build[@]}" "${packages_run[@]}" "${packages_unit[@]}" "${packages_debian13[@]}" | sha256sum | cut -c1-12)
  echo "$(debian13_cache)/trixie-$hash"
}

debian13_prepare() {
  local root include
  root=$(debian13_root)
  [ -e "$root/.complete" ] && { echo "there already: $root"; return 0; }
  include=$(IFS=,; echo "${packages_build[*]},${packages_run[*]},${packages_unit[*]},${packages_debian13[*]}")
  as_root mkdir -p "$(dirname "$root")"
  as_root rm -rf --one-file-system "$root" "$root.tar"
  as_root mmdebstrap --quiet --variant=minbase --include="$include" \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' trixie "$root.tar"
  as_root mkdir "$root"
  as_root tar -C "$root" -xf "$root.tar" --exclude='./dev/*'
  as_root rm "$root.tar"
  as_root touch "$root/.complete"
}

# debian13_run COMMAND [ARG…]: the source is there to read, build/debian13 to write; no network is needed.
# The command is one of the functions below.
debian13_run() {
  mkdir -p build/debian13
  as_root unshare --mount --pid --fork --kill-child bash -euc '
    root=$1 source=$2
    shift 2
    mkdir -p "$root/src" "$root/build"
    mount --bind "$source" "$root/src"
    mount -o remount,bind,ro "$root/src"
    mount --bind "$source/build/debian13" "$root/build"
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    mount -t tmpfs tmpfs "$root/tmp"
    exec chroot "$root" /usr/bin/env -i HOME=/tmp PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb LANG=C.UTF-8 "$@"
  ' debian13 "$(debian13_root)" "$PWD" bash -euc "$(declare -f "debian13_inside_$1"); debian13_inside_$1 $JOBS"
}

debian13_inside_build() {
  grep VERSION= /etc/os-release
  cmake -S /src -B /build -G Ninja -DCMAKE_BUILD_TYPE=Debug -DPP_WERROR=ON
  cmake --build /build -j "$1"
}

debian13_inside_unit() {
  ctest --test-dir /build -j $(($1 + 1)) --output-on-failure --no-tests=error
}

# What needs no npm module. The libcurl and OpenSSL of each Debian refuse in their own ways; libest's server is in 13 alone.
debian13_inside_tls() {
  cd /src
  PP_BUILD=/build node --test --test-reporter=tap tests/e2e/tls_battery.test.mjs tests/e2e/proxy_https.test.mjs tests/e2e/estserver.test.mjs
}

debian13_tls() {
  local out=$steps_logs/tls-debian13.tap
  debian13_run tls >"$out" 2>&1 || true
  grep -A40 '^ *not ok' "$out" || true
  grep -q '^# pass' "$out" || { tail -n 40 "$out"; steps_count 0 1; return; }
  steps_count "$(sed -n 's/^# pass //p' "$out")" \
    $(($(sed -n 's/^# fail //p' "$out") + $(sed -n 's/^# cancelled //p' "$out")))
}

debian13_unit() {
  local out=$steps_logs/ctest-debian13.txt summary failed total
  debian13_run unit | tee "$out" || true
  summary=$(grep 'tests failed out of' "$out")
  failed=$(sed 's/.*, \([0-9]*\) tests failed.*/\1/' <<<"$summary")
  total=$(sed 's/.*out of \([0-9]*\).*/\1/' <<<"$summary")
  steps_count $((total - failed)) "$failed"
}
