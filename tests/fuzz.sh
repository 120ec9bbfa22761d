#!/usr/bin/env bash
# Drives the running platform from its own OpenAPI document with random requests: no 5xx, no undocumented status.
# fuzz.py says who calls and which ids exist.
set -euo pipefail
cd "$(dirname "$0")/.."
here="$PWD/tests"
target="${CARGO_TARGET_DIR:-target}"
work=$(mktemp -d)
if ! command -v schemathesis >/dev/null; then
  python3 -m venv "$work/venv"
  "$work/venv/bin/pip" install --quiet schemathesis==4.32.5
  PATH="$work/venv/bin:$PATH"
fi
port=$((20000 + RANDOM % 20000))
export TALENTI_DATA="$work/data"
# The demonstration leaves an organisation with a scored interview behind, and the platform running.
program=$(realpath "$target/debug/talenti")
export FUZZ_PROGRAM="$program"
cd "$work"
PORT=$port RATE_LIMITS=off LOG_LEVEL=error "$program" demo >"$work/log" 2>&1 &
server=$!
trap 'kill $server 2>/dev/null || true' EXIT
for _ in $(seq 300); do grep -q '/auth/login$' "$work/log" && break; sleep 0.2; done
export FUZZ_BASE="http://127.0.0.1:$port"
FUZZ_ADMINISTRATOR=$(sed -n "s/.*-d '{\"email\":\"\([^\"]*\)\".*/\1/p" "$work/log")
FUZZ_PASSWORD=$(sed -n "s/.*-d '{.*\"password\":\"\([^\"]*\)\"}'.*/\1/p" "$work/log")
if [ -z "$FUZZ_ADMINISTRATOR" ] || [ -z "$FUZZ_PASSWORD" ]; then
  echo "the demonstration did not say how to sign in:"; tail -n 20 "$work/log"; exit 1
fi
FUZZ_CANDIDATE=$(echo "$FUZZ_ADMINISTRATOR" | sed 's/^rita\.\([^@]*\)@.*/priya.raman.\1@example.com/')
export FUZZ_ADMINISTRATOR FUZZ_PASSWORD FUZZ_CANDIDATE
status=0
SCHEMATHESIS_HOOKS="$here/fuzz.py" schemathesis run "$FUZZ_BASE/api/v1/openapi.json" --url "$FUZZ_BASE" \
  --checks not_a_server_error,status_code_conformance \
  --phases examples,coverage,fuzzing --max-examples "${EXAMPLES:-8}" --seed 20261121 \
  --request-timeout 20 --max-failures 20 --workers 2 --no-color >"$work/report" 2>&1 || status=$?
# What failed, then the summary; the rest is a line per operation.
sed -n '/^=* \(ERRORS\|FAILURES\) =*$/,/^=* WARNINGS/p' "$work/report" | head -200
sed -n '/^=* SUMMARY =*$/,$p' "$work/report"
if grep -qi 'panicked' "$work/log"; then echo "the platform panicked:"; grep -i panicked "$work/log"; exit 1; fi
exit "$status"
