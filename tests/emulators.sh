#!/usr/bin/env bash
# The backends of the cloud over emulators: `bash tests/emulators.sh [cosmos] [azurite]`, all of them when none is named. A
# suite is a function below. Not part of `cargo test --workspace`, which needs nothing but Rust and builds no emulator.
# Azurite needs Node 20 or later, npm and openssl.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}
scratch=$(mktemp -d)
started=()

finish() {
    for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
    # The suites end what they start; a crashed one leaves its emulators' ids behind.
    for file in "$scratch"/*.pid; do
        if [ -e "$file" ]; then kill "$(<"$file")" 2>/dev/null || true; fi
    done
    rm -rf "$scratch"
}
trap finish EXIT

step() { printf '\n-- %s\n' "$1"; }

# Starts a program in the background and keeps the first line it says in `first`.
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

azurite() {
    local version=3.37.0
    local tools=${XDG_CACHE_HOME:-$HOME/.cache}/talenti-emulators/azurite-$version
    if [ ! -e "$tools/installed" ]; then
        # Its declared Node is newer than what it needs. No install scripts: nothing in it has to be built.
        npm install --prefix "$tools" --no-save --no-audit --no-fund --ignore-scripts --loglevel error \
            "azurite@$version"
        touch "$tools/installed"
    fi
    # Before the certificate below is the only one that is trusted.
    cargo build --quiet -p all --bin talenti
    cargo test --quiet -p emulators --features azurite --no-run
    openssl req -x509 -newkey rsa:2048 -nodes -keyout "$scratch/key.pem" -out "$scratch/cert.pem" -days 30 \
        -subj /CN=localhost -addext "subjectAltName=DNS:localhost,IP:127.0.0.1" \
        -addext "basicConstraints=critical,CA:FALSE" 2>/dev/null
    step "Storage queues and Blob storage: conformance, the platform, faults"
    # The managed identity of an App Service, by the settings it has there.
    export IDENTITY_HEADER=emulated
    start identity node tests/emulators/identity.js
    IDENTITY_ENDPOINT="http://127.0.0.1:$first/msi" SSL_CERT_FILE="$scratch/cert.pem" EMULATORS="$scratch" \
        AZURITE="$tools/node_modules/azurite/dist/src/azurite.js" cargo test -p emulators --features azurite
}

if [ $# -eq 0 ]; then set -- cosmos azurite; fi
for suite in "$@"; do "$suite"; done
