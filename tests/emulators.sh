#!/usr/bin/env bash
# The backends of the cloud over emulators: `bash tests/emulators.sh [cosmos …]`, all of them when none is named. A suite is a
# function below. Not part of `cargo test --workspace`, which needs nothing but Rust and builds no emulator.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}
scratch=$(mktemp -d)
started=()

finish() {
    for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
    rm -rf "$scratch"
}
trap finish EXIT

step() { printf '\n-- %s\n' "$1"; }

# Starts a program in the background and prints the first line it says.
start() {
    local log="$scratch/$1.log"
    shift
    "$@" >"$log" &
    started+=($!)
    for _ in $(seq 300); do
        [ -s "$log" ] && break
        sleep 0.1
    done
    first=$(head -n1 "$log")
}

cosmos() {
    step "Cosmos DB: the store in process, with faults"
    cargo test --quiet -p emulators --features cosmos
    step "Cosmos DB: the platform over HTTP"
    # Apart from the emulator, so that none of its features reaches the programs.
    cargo build --quiet -p emulators --features cosmos --bin cosmos-emulator
    cargo build --quiet -p all --bin talenti
    start cosmos "$target/debug/cosmos-emulator"
    export COSMOS_ENDPOINT=$first COSMOS_KEY=dGhlIGVtdWxhdG9yIGNoZWNrcyBubyBrZXk=
    "$target/debug/talenti" provision
    # A new account to a shortlist; killed at random and started again.
    EMULATORS=1 cargo test --quiet -p tests --test platform -- story:: crash::
    unset COSMOS_ENDPOINT COSMOS_KEY
}

for suite in "${@:-cosmos}"; do "$suite"; done
