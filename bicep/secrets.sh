#!/usr/bin/env bash
# Makes the two secrets the platform needs, in the vault, where nobody sees them; leaves alone what is there.
#   VAULT_NAME=… AZURE_RESOURCE_GROUP=… APP_NAMES='["app"]' secrets.sh     (azd gives all three)
set -euo pipefail
: "${VAULT_NAME:?}" "${AZURE_RESOURCE_GROUP:?}" "${APP_NAMES:?}"
umask 077
value=$(mktemp)
trap 'rm -f "$value"' EXIT
made=false

# make NAME COMMAND…: the command writes a new value
make() {
  local name=$1 attempt
  shift
  # The right to read and write was given a moment ago and takes some minutes to be known everywhere. A secret that merely
  # cannot be read must not be taken for a missing one: it would be replaced.
  for attempt in 1 2 3 4 5 6 7 8 9 10; do
    if known=$(az keyvault secret list --vault-name "$VAULT_NAME" --query "[?name=='$name'].name" --output tsv); then
      break
    fi
    [ "$attempt" != 10 ] || { echo "$VAULT_NAME cannot be read" >&2; exit 1; }
    sleep "${RETRY_SECONDS:-30}"
  done
  if [ -n "$known" ]; then
    echo "$name is in the vault"
    return
  fi
  "$@" >"$value"
  az keyvault secret set --vault-name "$VAULT_NAME" --name "$name" --file "$value" --encoding utf-8 --output none
  made=true
  echo "$name was made"
}
make auth-signing-key openssl genpkey -algorithm ed25519
make field-keys openssl rand -base64 32

# The apps looked for them before they were there.
if $made; then
  subscription=$(az account show --query id --output tsv)
  for app in $(printf '%s' "$APP_NAMES" | tr -d '[]"' | tr ',' ' '); do
    az rest --method post --output none --url "https://management.azure.com/subscriptions/$subscription/resourceGroups/$AZURE_RESOURCE_GROUP/providers/Microsoft.Web/sites/$app/config/configreferences/appsettings/refresh?api-version=2022-03-01"
  done
fi
