#!/usr/bin/env bash
# The conformance, black-box and fault suites over the emulators of the cloud. Needs Node 20 or later, npm and openssl.
# Arguments go to the test programs, such as the name of a test.
set -euo pipefail
cd "$(dirname "$0")/.."

azurite_version=3.37.0
tools=${XDG_CACHE_HOME:-$HOME/.cache}/talenti-emulators/azurite-$azurite_version
if [ ! -e "$tools/installed" ]; then
    # Its declared Node is newer than what it needs. No install scripts: nothing in it has to be built.
    npm install --prefix "$tools" --no-save --no-audit --no-fund --ignore-scripts --loglevel error \
        "azurite@$azurite_version"
    touch "$tools/installed"
fi

# Before the certificate below is the only one that is trusted.
cargo build --bin talenti
cargo test -p emulators --features azurite --no-run

work=$(mktemp -d)
finish() {
    # The suites end what they start; a crashed one leaves its emulators' ids behind.
    for file in "$work"/*.pid; do
        [ -e "$file" ] && kill "$(<"$file")" 2>/dev/null
    done
    rm -rf "$work"
}
trap finish EXIT

openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/key.pem" -out "$work/cert.pem" -days 30 \
    -subj /CN=localhost -addext "subjectAltName=DNS:localhost,IP:127.0.0.1" -addext "basicConstraints=critical,CA:FALSE" 2>/dev/null

# The managed identity of an App Service, by the settings it has there.
export IDENTITY_HEADER=emulated
node tests/emulators/identity.js >"$work/identity" &
echo $! >"$work/identity.pid"
for _ in $(seq 100); do
    [ -s "$work/identity" ] && break
    sleep 0.1
done
export IDENTITY_ENDPOINT="http://127.0.0.1:$(<"$work/identity")/msi"
export SSL_CERT_FILE="$work/cert.pem"
export EMULATORS="$work" AZURITE="$tools/node_modules/azurite/dist/src/azurite.js"

cargo test -p emulators --features azurite -- "$@"
