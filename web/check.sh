#!/usr/bin/env bash
# Type check of the client against the API's description. Needs npm, which nothing else does.
# Where it can't be made it says so: that is a failure where CI is set, and not elsewhere.
set -euo pipefail
cd "$(dirname "$0")"

not_made() {
  echo "NOT CHECKED: the client's types against the API's description ($1)." >&2
  [ -z "${CI:-}" ] || exit 1
  exit 0
}

complaints=$(mktemp)
trap 'rm -f "$complaints"' EXIT
tsc() { npm exec --yes --package=typescript@5.9.3 -- tsc "$@"; }

command -v npm >/dev/null || not_made "there is no npm"
"${PYTHON:-python3}" api_types.py
version=$(tsc --version 2>"$complaints") || not_made "TypeScript could not be fetched or run: $(tail -n 1 "$complaints")"
[ "$version" = "Version 5.9.3" ] || not_made "this is not TypeScript 5.9.3 but: $version"
said=$(tsc -p .) && status=0 || status=$?
# 1 and 2: it read the files and found something. The vendored libraries come without types and are not ours to check.
[ "$status" -le 2 ] || { echo "$said"; echo "TypeScript broke off with $status." >&2; exit 1; }
found=$(grep '^site/js/' <<< "$said" || true)
[ -z "$found" ] || { echo "$found"; exit 1; }
# What tsc says of no file at all (a broken tsconfig.json, no files) would otherwise pass.
odd=$(grep '^error TS' <<< "$said" || true)
[ -z "$odd" ] || { echo "$odd"; exit 1; }
echo "The client's types fit the API's description."
