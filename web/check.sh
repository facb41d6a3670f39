#!/usr/bin/env bash
# Type check of the client against the API's description. Needs npm, which nothing else does.
set -euo pipefail
cd "$(dirname "$0")"
command -v npm >/dev/null || { echo "The client's type check was not made: there is no npm."; exit 0; }
"${PYTHON:-python3}" api_types.py
# The vendored libraries come without types and are not ours to check.
found=$(npm exec --yes --package=typescript@5.9.3 -- tsc -p . | grep '^site/js/' || true)
[ -z "$found" ] || { echo "$found"; exit 1; }
