"""catalogues: outside catalogues that checks may consult, sent part by part and verified before they count."""

from vault_domain.catalogues import CatalogueAsk, Name, PartsAsk, registered
from vault_domain.errors import LicenceRefused
from vault_domain.events import Kind, make_event
from vault_domain.policy import CatalogueEntry
from vault_domain.ports import Put
from vault_edge.app import App, Caller, Deps, Json
from vault_edge.catalogue_parts import FORM_LIFE, form_for, point, verify
from vault_edge.pack_sources import reference_refusal
from vault_edge.racing import settled

app = App("catalogues")

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
    forms = [form_for(deps.bucket("snapshots"), name, part) for part in ask.parts]
    return {
        "missing": [form for form in forms if form is not None],
        "expires": (deps.clock() + FORM_LIFE).isoformat(),
    }


@app.post("/catalogues", role=KEEPERS, scope="catalogue", status=201)
def register(ask: CatalogueAsk, caller: Caller, deps: Deps) -> Json:
    """Verify every part, then make this the catalogue's present snapshot.

    1. Its pack is registered, and its licences allow comparing. 2. The settings are those of this build; each
    part is here, has its hash, and opens as an index part with the stated tracks. 3. The pointer moves. 4. The
    entry and its event are written.
    """
    refusal = reference_refusal(deps.records, ask.pack, deps.clock())
    if refusal:
        raise LicenceRefused(refusal, pack=ask.pack)
    bucket = deps.bucket("snapshots")
    verify(bucket, ask)
    settled(lambda: point(bucket, ask.name, ask.manifest))
    entry = settled(lambda: _enter(ask, caller, deps))
    return entry.model_dump(mode="json", exclude={"version"})


def _enter(ask: CatalogueAsk, caller: Caller, deps: Deps) -> CatalogueEntry:
    present = deps.records.get(CatalogueEntry, "catalogues", f"catalogue#{ask.name}")
    entry = registered(ask, present, caller.id, deps.clock())
    if entry is not present:
        facts = entry.model_dump(mode="json", include={"name", "licence", "pack", "snapshot", "tracks"})
        event = make_event(
            deps.new_id("evt"), Kind.INDEX_CHANGED, f"catalogue:{ask.name}", caller.actor, deps.clock(), **facts
        )
        deps.records.commit([Put(entry, present.version if present else 0)], [event])
    return entry


handler, http = app.lambda_entry(), app.http_entry()
