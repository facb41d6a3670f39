#!/usr/bin/env bash
# Copies the client's libraries out of their npm packages into site/vendor, with licences and hashes.
# Run it to change a version; what it writes is committed, so that serving the client needs no Node.
#   web/vendor.sh          fetch and write
#   web/vendor.sh --check  compare what is there with the recorded hashes; fetches nothing
set -euo pipefail
cd "$(dirname "$0")"
out=site/vendor

if [ "${1:-}" = "--check" ]; then
  cd "$out" && exec sha256sum --quiet --check SHA256SUMS
fi

fetched=$(mktemp -d)
trap 'rm -rf "$fetched"' EXIT

take() { # package version file name
  local folder="$fetched/$1-$2"
  if [ ! -d "$folder" ]; then
    mkdir -p "$folder"
    (cd "$folder" && npm pack --silent "$1@$2" > tarball.name && tar -xzf "$(cat tarball.name)")
  fi
  # Bare module names need a bundler or an inline import map; the one there is becomes a path.
  # Source maps are not shipped, so the line that names one goes.
  sed -e 's#from"preact"#from"./preact.js"#g' -e '/^\/\/# sourceMappingURL=/d' "$folder/package/$3" > "$out/$4.js"
  [ -n "$(tail -c 1 "$out/$4.js")" ] && echo >> "$out/$4.js"
  cp "$folder/package/LICENSE" "$out/$1.LICENSE"
  echo "$4.js  $1 $2" >> "$out/VERSIONS"
}

mkdir -p "$out"
: > "$out/VERSIONS"
take preact 10.29.8 dist/preact.module.js preact
take preact 10.29.8 hooks/dist/hooks.module.js hooks
take htm 3.1.1 dist/htm.module.js htm
(cd "$out" && sha256sum -- *.js *.LICENSE VERSIONS > SHA256SUMS)
