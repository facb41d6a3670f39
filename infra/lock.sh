#!/usr/bin/env bash
# Resolve every pinned, hashed requirements file again. The files name packages and hashes, no index.
set -euo pipefail
cd "$(dirname "$0")/.."
uv=.venv/bin/uv
export="$uv export -q --format requirements.txt --no-emit-workspace --no-emit-project --no-header --no-annotate --no-default-groups"
$uv lock -q
$export --all-packages --group dev --group local -o requirements/dev.txt >/dev/null
$export --package vault-edge --prune vault-audio --prune vault-index --prune numpy --prune functions-framework -o requirements/layers/core.txt >/dev/null
$export --package vault-audio --prune vault-domain --prune cffi --prune typing-extensions -o requirements/layers/audio.txt >/dev/null
$export --package vault-index --prune vault-domain --prune numpy -o requirements/layers/index.txt >/dev/null
$export --package vault-embedder --prune numpy --prune packaging -o requirements/layers/embedder.txt >/dev/null
$export --package vault-credentials --prune vault-domain --prune vault-store --prune vault-audio --prune requests --prune toml --prune cryptography -o requirements/layers/credentials.txt >/dev/null
$export --package vault-prompts --prune vault-domain --prune packaging -o requirements/layers/prompts.txt >/dev/null
$export --all-packages --group local | awk '/^[a-z]/{p=0} /^imageio-ffmpeg==/{p=1} p{print}' > requirements/layers/ffmpeg.txt
$export --package vault-edge -o requirements/service.txt >/dev/null
$uv pip compile -q --generate-hashes --no-header --no-annotate -c requirements/dev.txt requirements/api.in -o requirements/api.txt
