#!/usr/bin/env bash
# Fails when a program needs a newer glibc than the host's images have: glibc.sh PROGRAM [VERSION]
set -euo pipefail
program=$1 limit=${2:-2.31}
# Dynamic symbols carry the version they were linked against; a static program has none.
newest=$(objdump -T "$program" | grep -o 'GLIBC_[0-9][0-9.]*' | sort -uV | tail -1)
newest=${newest#GLIBC_}
if [ -z "$newest" ]; then
  echo "$program is no dynamic program with versioned symbols" >&2
  exit 1
fi
echo "$program needs glibc $newest; $limit is the limit"
test "$(printf '%s\n' "$newest" "$limit" | sort -V | tail -1)" = "$limit"
