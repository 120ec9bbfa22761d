#!/usr/bin/env bash
# Puts packages on function apps and takes them back when the platform does not work with them.
#   RESOURCE_GROUP=… PACKAGE_ACCOUNT=… release.sh https://address APP=package.zip …
# The account's container `packages` holds what each app runs; a package gets there once it has passed the smoke test.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
base=$1
shift
: "${RESOURCE_GROUP:?}" "${PACKAGE_ACCOUNT:?}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

blob() { az storage blob "$@" --account-name "$PACKAGE_ACCOUNT" --container-name packages --auth-mode login --only-show-errors; }
put() { az functionapp deployment source config-zip --resource-group "$RESOURCE_GROUP" --name "$1" --src "$2" --only-show-errors --output none; }

# Before anything is changed: what to go back to.
for pair in "$@"; do
  app=${pair%%=*}
  if [ "$(blob exists --name "$app.zip" --query exists --output tsv)" = true ]; then
    blob download --name "$app.zip" --file "$work/$app.zip" --output none
  fi
done

works=true
for pair in "$@"; do
  put "${pair%%=*}" "${pair#*=}" || { works=false; break; }
done
if $works && "$here/smoke.sh" "$base" "${PATIENCE:-180}"; then
  for pair in "$@"; do
    blob upload --name "${pair%%=*}.zip" --file "${pair#*=}" --overwrite --output none
  done
  echo "released"
  exit 0
fi

echo "the release does not work; going back" >&2
for pair in "$@"; do
  app=${pair%%=*}
  if [ ! -f "$work/$app.zip" ]; then
    echo "$app has no earlier package to go back to" >&2
  else
    put "$app" "$work/$app.zip"
  fi
done
"$here/smoke.sh" "$base" "${PATIENCE:-180}" || echo "and the earlier packages do not work either" >&2
exit 1
