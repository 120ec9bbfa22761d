#!/usr/bin/env bash
# Does the platform at this address work? smoke.sh https://address [SECONDS]
# Waits for it (180 s unless told), then wants three good rounds in a row: while instances are replaced, old and new answer.
set -euo pipefail
base=${1%/} patience=${2:-180}

answer() { curl --silent --show-error --max-time 20 --output "$body" --write-out '%{http_code}' "$base$1" 2>"$body.error" || true; }
round() {
  [ "$(answer /health)" = 200 ] && grep -q '"healthy"' "$body" || { why="/health"; return 1; }
  [ "$(answer /health/ready)" = 200 ] || { why="/health/ready: $(head -c 300 "$body")"; return 1; }
  # A problem of ours and not the host's page: requests reach the program, and nobody is let in.
  [ "$(answer /api/v1/organisations)" = 401 ] && grep -q '"code"' "$body" || { why="/api/v1/organisations"; return 1; }
}

body=$(mktemp)
trap 'rm -f "$body" "$body.error"' EXIT
good=0 why=
until [ "$good" = 3 ]; do
  if round; then good=$((good + 1)); else good=0; fi
  if [ "$good" != 3 ] && [ "$SECONDS" -ge "$patience" ]; then
    echo "$base does not work: $why" >&2
    exit 1
  fi
  sleep 1
done
echo "$base works"
