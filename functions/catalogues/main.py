"""catalogues: outside catalogues that checks may consult, sent part by part and verified before they count."""

from datetime import timedelta

from vault_domain.catalogues import CatalogueAsk, Name, PartsAsk, registered
from vault_domain.errors import BadRequest, Conflict, Corrupt
from vault_domain.events import Kind, make_event
from vault_domain.policy import CatalogueEntry
from vault_domain.ports import Put
from vault_edge.app import App, Caller, Deps, Json
from vault_edge.index import prefix_of
from vault_edge.racing import settled
from vault_index.shard import Shard
from vault_index.snapshot import settings
from vault_store.snapshots import SnapshotStore

app = App("catalogues")

FORM_LIFE = timedelta(minutes=30)
TYPE = "application/octet-stream"
EVERYBODY = ("contributor", "system")
KEEPERS = ("admin", "system")


@app.get("/catalogues", role=EVERYBODY)
def show(caller: Caller, deps: Deps) -> Json:
    """The registered catalogues; every one that is active is consulted by each check."""
    entries = deps.records.list(CatalogueEntry, "catalogues").items
    return {"catalogues": [entry.model_dump(mode="json", exclude={"version", "registered_by"}) for entry in entries]}


@app.post("/catalogues/{name}/parts", role=KEEPERS, scope="catalogue")
def parts(name: Name, ask: PartsAsk, caller: Caller, deps: Deps) -> Json:
    """Forms for the parts that are not here yet; each takes exactly one object of the stated size."""
    bucket, seconds = deps.bucket("snapshots"), int(FORM_LIFE.total_seconds())
    forms = []
    for part in ask.parts:
        key = _key(name, part.sha256)
        held = bucket.head(key)
        if held is None or held.size != part.bytes:
            form = bucket.presign_post(
                key, seconds=seconds, min_bytes=part.bytes, max_bytes=part.bytes, content_type=TYPE
            )
            forms.append({"sha256": part.sha256, "form": {"url": form.url, "fields": form.fields}})
    return {"missing": forms, "expires": (deps.clock() + FORM_LIFE).isoformat()}


@app.post("/catalogues", role=KEEPERS, scope="catalogue", status=201)
def register(ask: CatalogueAsk, caller: Caller, deps: Deps) -> Json:
    """Verify every part, then make this the catalogue's present snapshot.

    1. The settings are those of this build. 2. Each part is here, has its hash, and opens as an index part
    with the stated tracks. 3. The pointer moves. 4. The entry and its event are written.
    """
    if ask.manifest.settings != settings():
        raise BadRequest(
            f"made with settings {ask.manifest.settings}; this vault compares {settings()}: build it again"
        )
    for part in ask.manifest.parts:
        _verify(ask.name, part.sha256, part.bytes, part.tracks, deps)
    settled(lambda: _point(ask, deps))
    entry = settled(lambda: _enter(ask, caller, deps))
    return entry.model_dump(mode="json", exclude={"version"})


def _verify(name: str, sha256: str, size: int, tracks: int, deps: Deps) -> None:
    """Step 2 for one part; one part is in memory at a time."""
    bucket, key = deps.bucket("snapshots"), _key(name, sha256)
    held = bucket.head(key)
    if held is None or held.size != size:
        raise Conflict(f"part {sha256} is not here in full; send it first", part=sha256)
    try:
        shard = Shard.open(bucket.read(key, limit=size), sha256)
    except Corrupt as error:
        raise BadRequest(f"part {sha256} is not an intact index part", part=sha256) from error
    if shard.sha256 != sha256 or len(shard.tracks) != tracks:
        raise BadRequest(f"part {sha256} is not the one that the manifest names", part=sha256)


def _point(ask: CatalogueAsk, deps: Deps) -> None:
    """Step 3. The pointer names verified parts alone, so readers may use it before the entry is written."""
    store, wanted = SnapshotStore(deps.bucket("snapshots"), prefix_of(ask.name)), ask.manifest.to_bytes()
    found = store.current()
    if found is None or found[0] != wanted:
        store.move(wanted, expects=found[1] if found else "absent")


def _enter(ask: CatalogueAsk, caller: Caller, deps: Deps) -> CatalogueEntry:
    present = deps.records.get(CatalogueEntry, "catalogues", f"catalogue#{ask.name}")
    entry = registered(ask, present, caller.id, deps.clock())
    if entry is not present:
        facts = entry.model_dump(mode="json", include={"name", "licence", "snapshot", "tracks"})
        event = make_event(
            deps.new_id("evt"), Kind.INDEX_CHANGED, f"catalogue:{ask.name}", caller.actor, deps.clock(), **facts
        )
        deps.records.commit([Put(entry, present.version if present else 0)], [event])
    return entry


def _key(name: str, sha256: str) -> str:
    return f"catalogues/{name}/parts/{sha256}"


handler, http = app.lambda_entry(), app.http_entry()
