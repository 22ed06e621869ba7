#!/bin/bash
# Proves the small target: bash check.sh [install|host|cortex-m|wasm|armv7|msrv|all]...
# Every check prints one line that begins with "small:", and the script ends with 1 if one failed.
# Rust's small targets are built with the distribution's compiler, which comes with the sources
# of `core` and `alloc`; the project itself needs none of it.
set -u
HERE=$(cd "$(dirname "$0")" && pwd)
ROOT=$(cd "$HERE/../.." && pwd)
TARGET=${SMALL_TARGET_DIR:-$ROOT/target/small}
LOGS=$TARGET/logs
mkdir -p "$LOGS"
# A caller's own choice would mix the builds of several compilers.
unset CARGO_TARGET_DIR RUSTFLAGS
LIMIT="timeout -k 5"
SYSROOT_LLD=$(rustc --print sysroot)/lib/rustlib/x86_64-unknown-linux-gnu/bin/rust-lld
DISTRO=/usr/bin/rustc

say() { echo "small: $*"; }

# Runs "$2…", with its output in the log named $1; shows the end of the log if it failed.
logged() {
  local log=$LOGS/$1.log
  shift
  "$@" >"$log" 2>&1 && return 0
  local code=$?
  echo "--- the end of $log (exit $code):"
  tail -n 40 "$log"
  return $code
}

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

apt() { as_root $LIMIT 900 apt-get -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 "$@"; }

# Installs the packages that are missing, once more if the first try failed.
need() {
  local missing=()
  for package in "$@"; do
    dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package")
  done
  [ ${#missing[@]} = 0 ] && return 0
  for try in 1 2; do
    logged "apt-update" apt update || true
    logged "apt-install" apt install -y --no-install-recommends "${missing[@]}" && return 0
  done
  return 1
}

need_distro_rust() { need rustc-web rust-web-src && [ -x "$DISTRO" ]; }

# cargo with the distribution's compiler, whose standard library it builds itself.
distro_cargo() {
  env RUSTC_BOOTSTRAP=1 RUSTC=$DISTRO \
    CARGO_TARGET_THUMBV7EM_NONE_EABIHF_LINKER="$SYSROOT_LLD" \
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER="$SYSROOT_LLD" \
    $LIMIT 1800 cargo "$@"
}

check_host() {
  local dir=$TARGET/host
  (cd "$HERE/host" && logged host env CARGO_TARGET_DIR="$dir" $LIMIT 600 cargo build --locked --release) || return 1
  local bin=$dir/release/offhook-small-host out
  if ldd "$bin" 2>&1 | grep -qv -e "not a dynamic executable" -e "statically linked"; then
    echo "it is linked to a library:"; ldd "$bin"; return 1
  fi
  out=$($LIMIT 60 "$bin") || { echo "$out"; return 1; }
  say "host ok: no std, no C library, $(stat -c %s "$bin") B on disk: $out"
}

# The check of the check: with `std` slipped into the core it must fail, and for that reason.
check_host_negative() {
  local copy=$TARGET/negative
  rm -rf "$copy" && mkdir -p "$copy/conformance"
  cp -r "$ROOT/Cargo.toml" "$ROOT/core" "$copy/" || return 1
  cp -r "$HERE" "$copy/conformance/small" || return 1
  sed -i 's/^extern crate alloc;/extern crate alloc; extern crate std;/' "$copy/core/src/lib.rs"
  grep -q "extern crate std;" "$copy/core/src/lib.rs" || { echo "nothing to break"; return 1; }
  if (cd "$copy/conformance/small/host" && CARGO_TARGET_DIR=$TARGET/negative-build \
    $LIMIT 600 cargo check --locked --release) >"$LOGS/negative.log" 2>&1; then
    echo "a core that links std passed"; return 1
  fi
  grep -q "E0152" "$LOGS/negative.log" || { tail -n 20 "$LOGS/negative.log"; return 1; }
  say "host-negative ok: a core that names std is refused (E0152)"
}

# The aim is 200,000, and it is missed: connections, WebSocket, STUN, the search for servers, overload
# control, session timers and early sessions are linked whether they are used or not. So are, since the
# limit was 395,000: keys in descriptions (SDES), redundant data and repair in the audio stream, streams
# that come and go within a call, the circuit breaker, and, for 12,000 more, feedback and the identity of
# who is connected (RFC 4916). Bundles (RFC 9143), 14,000, and events and transfers (RFC 6665, RFC 3515),
# 60,000, are not: a program has them linked that names them; that there may be subscriptions costs 8,000
# all the same. Nothing may come on top unnoticed.
PHONE_FLASH_LIMIT=445000

check_cortex_m() {
  need_distro_rust && need qemu-system-arm || return 1
  local dir=$TARGET/cortex-m bin name out size
  (cd "$HERE/cortex-m" && CARGO_TARGET_DIR=$dir logged cortex-m distro_cargo build --locked --release \
    -Zbuild-std=core,alloc -Zbuild-std-features=optimize_for_size --bins) || return 1
  for bin in "$HERE"/cortex-m/src/bin/*.rs; do
    name=$(basename "$bin" .rs)
    bin=$dir/thumbv7em-none-eabihf/release/$name
    out=$($LIMIT 120 qemu-system-arm -cpu cortex-m4 -machine mps2-an386 -nographic \
      -semihosting-config enable=on,target=native -kernel "$bin" 2>&1 </dev/null) || { echo "$out"; return 1; }
    size=$(flash "$bin")
    if [ "$name" = phone ]; then
      [ "$size" -le "$PHONE_FLASH_LIMIT" ] || { echo "the phone has grown to $size B of flash"; return 1; }
      out="one user agent with digest, SDP, RTP and a device's loop (aim: 200000 B)"
    fi
    say "cortex-m $name ok: flash $size B; $(echo "$out" | paste -sd';' | sed 's/;/; /g')"
  done
}

# What a programmer would write to flash: code, constants and the start values of variables.
flash() {
  python3 - "$1" <<'PY'
import struct, sys
elf = open(sys.argv[1], "rb").read()
offset, = struct.unpack_from("<I", elf, 28)
size, count = struct.unpack_from("<HH", elf, 42)
segments = (struct.unpack_from("<8I", elf, offset + n * size) for n in range(count))
print(sum(in_file for kind, _, _, _, in_file, *_ in segments if kind == 1))
PY
}

check_wasm() {
  need_distro_rust || return 1
  command -v node >/dev/null || need nodejs || return 1
  local dir=$TARGET/wasm
  (cd "$HERE/wasm" && CARGO_TARGET_DIR=$dir logged wasm distro_cargo build --locked --release \
    -Zbuild-std=core,alloc -Zbuild-std-features=optimize_for_size --target wasm32-unknown-unknown) || return 1
  local out
  out=$($LIMIT 120 node "$HERE/wasm/run.mjs" \
    "$dir/wasm32-unknown-unknown/release/offhook_small_wasm.wasm" 2>&1) || { echo "$out"; return 1; }
  say "wasm ok: $out"
}

# The emulator does not know IP_MULTICAST_IF: to speak to a group on a chosen interface.
NOT_EMULATED=(--skip a_group_is_heard_between_joining_and_leaving)

check_armv7() {
  need_distro_rust && need qemu-user-static gcc-arm-linux-gnueabihf libc6-dev-armhf-cross || return 1
  (cd "$ROOT" && CARGO_TARGET_DIR=$TARGET/armv7 \
    CARGO_TARGET_ARMV7_UNKNOWN_LINUX_GNUEABIHF_LINKER=arm-linux-gnueabihf-gcc \
    CARGO_TARGET_ARMV7_UNKNOWN_LINUX_GNUEABIHF_RUNNER="qemu-arm-static -L /usr/arm-linux-gnueabihf" \
    CARGO_PROFILE_DEV_OPT_LEVEL=1 CARGO_PROFILE_DEV_DEBUG=false \
    logged armv7 distro_cargo test --locked -Zbuild-std --target armv7-unknown-linux-gnueabihf \
    -p offhook -p offhook-mio --lib --test sockets --test steady -- "${NOT_EMULATED[@]}") || return 1
  local passed
  passed=$(($(sed -n "s/^test result: ok. \([0-9]*\) passed.*/\1/p" "$LOGS/armv7.log" | paste -sd+)))
  say "armv7 ok: $passed tests of the core and the mio driver passed on 32-bit ARM Linux"
}

# The compiler of the claimed rust-version itself, taken from the distribution's archive.
MSRV_VERSION=1.85.0+dfsg3-1~deb12u3
check_msrv() {
  local dir=$TARGET/rust-1.85
  if [ ! -x "$dir/usr/bin/rustc" ]; then
    rm -rf "$dir" && mkdir -p "$dir/debs"
    (cd "$dir/debs" && logged msrv-download apt download \
      "rustc-web=$MSRV_VERSION" "libstd-rust-web-1.85=$MSRV_VERSION" \
      "libstd-rust-web-dev=$MSRV_VERSION" libllvm19) || return 1
    for deb in "$dir"/debs/*.deb; do
      logged msrv-unpack dpkg -x "$deb" "$dir" || return 1
    done
  fi
  local libs
  libs=$(find "$dir/usr/lib" -name '*.so*' -printf '%h\n' | sort -u | paste -sd:)
  local version
  version=$(LD_LIBRARY_PATH=$libs "$dir/usr/bin/rustc" --version) || { echo "rustc 1.85 does not run"; return 1; }
  (cd "$ROOT" && LD_LIBRARY_PATH=$libs RUSTC=$dir/usr/bin/rustc CARGO_TARGET_DIR=$TARGET/msrv \
    logged msrv $LIMIT 900 cargo check --locked -p offhook -p offhook-mio -p offhook-smol --all-targets) || return 1
  say "msrv ok: core, both drivers, the program and their tests check with $version"
}

failed=0
run() {
  local start=$SECONDS
  if "$@"; then say "${1#check_} took $((SECONDS - start)) s"; else say "${1#check_} FAILED after $((SECONDS - start)) s"; failed=1; fi
}

[ $# = 0 ] && set -- all
for what in "$@"; do
  case $what in
    install) run need rustc-web rust-web-src qemu-system-arm qemu-user-static gcc-arm-linux-gnueabihf libc6-dev-armhf-cross ;;
    host) run check_host; run check_host_negative ;;
    cortex-m) run check_cortex_m ;;
    wasm) run check_wasm ;;
    armv7) run check_armv7 ;;
    msrv) run check_msrv ;;
    all) run check_host; run check_host_negative; run check_cortex_m; run check_wasm; run check_armv7; run check_msrv ;;
    *) echo "usage: check.sh [install|host|cortex-m|wasm|armv7|msrv|all]..." >&2; exit 2 ;;
  esac
done
exit $failed
