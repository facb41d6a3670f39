"""Send a catalogue's snapshot folder to a vault, part by part, and register it; and the pack that it is of."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from lemm.client import Api, Json
from vault_domain import snapshots
from vault_domain.errors import BadRequest
from vault_domain.snapshots import Manifest

Progress = Callable[[int, int, str], None]
TYPE = "application/octet-stream"


def _manifest(snapshot: Path) -> Manifest:
    """The snapshot's manifest, all of whose parts are there. Raises ``BadRequest`` for any other folder."""
    try:
        manifest = snapshots.read((snapshot / "manifest.json").read_bytes())
    except OSError as error:
        raise BadRequest(f"{snapshot} is no catalogue snapshot: it has no readable manifest.json") from error
    missing = [part.name for part in manifest.parts if not (snapshot / "parts" / part.name).is_file()]
    if missing:
        raise BadRequest(f"{snapshot} lacks its parts {', '.join(missing)}; build the catalogue again")
    return manifest


def today() -> str:
    """The day that began last in UTC: when something was read, safe against a clock that runs ahead."""
    return datetime.now(UTC).strftime("%Y-%m-%dT00:00:00Z")


def licence_text(data: bytes, address: str) -> Json:
    """A licence text that was read today."""
    return {"address": address, "sha256": hashlib.sha256(data).hexdigest(), "read": today()}


def register_corpus(api: Api, name: str, title: str, licence: str, text: Json) -> Json:
    """Register a corpus that is wholly under one licence, for comparing alone, unless it is registered for that.

    ``text``: see :func:`licence_text`. Licences that ask for names or bring gates need `lemm pack register`.
    """
    registered = {one["dataset_id"]: one for one in api.call("GET", "/datasets")["datasets"]}
    known: Json | None = registered.get(name)
    if known is not None and known["uses_now"]["reference_index"] == "allowed":
        return known
    facets = dict.fromkeys(("metadata", "features", "recording", "composition"), licence)
    body = {
        "dataset_id": name, "title": title, "tier": "production_approved",
        "rights": {**facets, "personal_data": "absent"}, "allowed_uses": ["reference_index"],
        "licence_texts": [text], "reviewed": today(), "reason": "a reference for similarity checks",
    }  # fmt: skip
    return api.call("POST", "/datasets", body)


def send_catalogue(
    api: Api, snapshot: Path, title: str, licence: str, pack: str | None = None, progress: Progress = lambda *_: None
) -> Json:
    """Upload the parts that the vault lacks, then register. A broken-off call can simply be repeated.

    ``pack``: the registered dataset that it is made of; the catalogue's own name when left out.
    """
    manifest = _manifest(snapshot)
    parts = [{"sha256": part.sha256, "bytes": part.bytes} for part in manifest.parts]
    files = {part.sha256: snapshot / "parts" / part.name for part in manifest.parts}
    missing = api.call("POST", f"/catalogues/{manifest.name}/parts", {"parts": parts})["missing"]
    for done, part in enumerate(missing):
        progress(done, len(missing), part["sha256"][:12])
        api.post_form(part["form"], files[part["sha256"]], TYPE)
    progress(len(missing), len(missing), "registering")
    document = manifest.model_dump(mode="json")
    about = {"name": manifest.name, "title": title, "licence": licence, "pack": pack or manifest.name}
    return api.call("POST", "/catalogues", {**about, "manifest": document})
