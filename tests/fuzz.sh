#!/usr/bin/env bash
# Drives the running platform from its own OpenAPI document with random requests: no 5xx, no undocumented status.
set -euo pipefail
cd "$(dirname "$0")/.."
target="${CARGO_TARGET_DIR:-target}"
work=$(mktemp -d)
if ! command -v schemathesis >/dev/null; then
  python3 -m venv "$work/venv"
  "$work/venv/bin/pip" install --quiet schemathesis==4.32.5
  PATH="$work/venv/bin:$PATH"
fi
port=$((20000 + RANDOM % 20000))
TALENTI_DATA="$work/data" PORT=$port RATE_LIMITS=off LOG_LEVEL=error "$target/debug/talenti" serve >"$work/log" 2>&1 &
server=$!
trap 'kill $server 2>/dev/null || true' EXIT
base="http://127.0.0.1:$port"
for _ in $(seq 100); do curl -sf "$base/health" >/dev/null && break; sleep 0.1; done
json() { curl -sf -H 'content-type: application/json' "$@"; }
token=$(json "$base/api/v1/auth/register" -d '{"email":"fuzz@example.com","password":"a long enough passphrase","first_name":"Fay","last_name":"Fuzz"}' \
  | python3 -c 'import json,sys; print(json.load(sys.stdin)["access_token"])')
json "$base/api/v1/organisations" -H "authorization: Bearer $token" -d '{"name":"Fuzz Pty Ltd"}' >/dev/null
# The token lasts 15 minutes; signing out and being locked out would end the run early.
status=0
schemathesis run "$base/api/v1/openapi.json" --url "$base" \
  -H "Authorization: Bearer $token" \
  --checks not_a_server_error,status_code_conformance \
  --phases examples,coverage,fuzzing --max-examples "${EXAMPLES:-8}" --seed 20261121 \
  --exclude-path-regex '/auth/(logout|password|sessions)' \
  --request-timeout 20 --max-failures 20 --workers 2 --no-color >"$work/report" 2>&1 || status=$?
# What failed, then the summary; the rest is a line per operation.
sed -n '/^=* \(ERRORS\|FAILURES\) =*$/,/^=* WARNINGS/p' "$work/report" | head -200
sed -n '/^=* SUMMARY =*$/,$p' "$work/report"
if grep -qi 'panicked' "$work/log"; then echo "the platform panicked:"; grep -i panicked "$work/log"; exit 1; fi
exit "$status"
