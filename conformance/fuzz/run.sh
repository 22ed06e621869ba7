#!/usr/bin/env bash
# run.sh [SECONDS]: fuzzes every target for so long, starting from the saved corpus. What is found on
# the way stays out of it; an input that fails is left in artifacts/ and its path printed.
set -euo pipefail
cd "$(dirname "$0")"
seconds=${1:-8}
cargo fuzz --version >/dev/null 2>&1 || { echo "needs: cargo install --locked cargo-fuzz --version 0.13.2"; exit 1; }
grown=$(mktemp -d)
trap 'rm -rf "$grown"' EXIT

cargo fuzz build -s none
for target in fuzz_targets/*.rs; do
    target=$(basename "$target" .rs)
    mkdir "$grown/$target"
    # A failure prints what the fuzzer said; success is one line.
    if ! timeout -k 5 $((seconds + 60)) cargo fuzz run -s none "$target" "$grown/$target" "corpus/$target" \
        -- -max_total_time="$seconds" -rss_limit_mb=1024 -timeout=10 >"$grown/log" 2>&1; then
        cat "$grown/log"
        exit 1
    fi
    printf '%-20s %s\n' "$target" "$(grep '^Done' "$grown/log")"
done
