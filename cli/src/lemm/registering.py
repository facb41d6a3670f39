"""Send a catalogue's snapshot folder to a vault, part by part, and register it."""

from collections.abc import Callable
from pathlib import Path

from vault_domain import snapshots
from vault_domain.errors import BadRequest
from vault_domain.snapshots import Manifest

from lemm.client import Api, Json

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


def send_catalogue(api: Api, snapshot: Path, title: str, licence: str, progress: Progress = lambda *_: None) -> Json:
    """Upload the parts that the vault lacks, then register. A broken-off call can simply be repeated."""
    manifest = _manifest(snapshot)
    parts = [{"sha256": part.sha256, "bytes": part.bytes} for part in manifest.parts]
    files = {part.sha256: snapshot / "parts" / part.name for part in manifest.parts}
    missing = api.call("POST", f"/catalogues/{manifest.name}/parts", {"parts": parts})["missing"]
    for done, part in enumerate(missing):
        progress(done, len(missing), part["sha256"][:12])
        api.post_form(part["form"], files[part["sha256"]], TYPE)
    progress(len(missing), len(missing), "registering")
    document = manifest.model_dump(mode="json")
    return api.call(
        "POST", "/catalogues", {"name": manifest.name, "title": title, "licence": licence, "manifest": document}
    )
