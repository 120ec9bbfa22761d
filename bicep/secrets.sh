#!/usr/bin/env bash
# Makes the one secret the platform needs, in the vault, where nobody sees it; leaves it alone when it is there.
#   VAULT_NAME=… AZURE_RESOURCE_GROUP=… APP_NAMES='["app"]' secrets.sh     (azd gives all three)
set -euo pipefail
: "${VAULT_NAME:?}" "${AZURE_RESOURCE_GROUP:?}" "${APP_NAMES:?}"
name=auth-signing-key
if az keyvault secret show --vault-name "$VAULT_NAME" --name "$name" --query id --output tsv >/dev/null 2>&1; then
  echo "$name is in the vault"
  exit 0
fi

umask 077
key=$(mktemp)
trap 'rm -f "$key"' EXIT
openssl genpkey -algorithm ed25519 -out "$key"
# The right to write was given a moment ago and takes some minutes to be known everywhere.
for attempt in 1 2 3 4 5 6 7 8 9 10; do
  if az keyvault secret set --vault-name "$VAULT_NAME" --name "$name" --file "$key" --encoding utf-8 --output none; then
    break
  fi
  [ "$attempt" != 10 ] || { echo "$name could not be stored in $VAULT_NAME" >&2; exit 1; }
  sleep "${RETRY_SECONDS:-30}"
done
echo "$name was made"

# The apps looked for it before it was there.
subscription=$(az account show --query id --output tsv)
for app in $(printf '%s' "$APP_NAMES" | tr -d '[]"' | tr ',' ' '); do
  az rest --method post --output none --url "https://management.azure.com/subscriptions/$subscription/resourceGroups/$AZURE_RESOURCE_GROUP/providers/Microsoft.Web/sites/$app/config/configreferences/appsettings/refresh?api-version=2022-03-01"
done
