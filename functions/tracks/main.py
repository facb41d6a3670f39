"""tracks: what is on record about a track, for its owner; reviewers and admins see every track's."""

from typing import Annotated

from pydantic import BaseModel, Field
from pydantic_core import to_json
from vault_domain.errors import NotFound
from vault_domain.evidence import SourceReport
from vault_domain.ids import TrackId
from vault_domain.rights import CONSENT_RECEIPT, RightsRecord, consent_receipt
from vault_domain.rights_export import odrl, training_mining
from vault_domain.tracks import HistoryRow, Track
from vault_edge.app import Answer, App, Caller, Deps, Json, Query
from vault_edge.permitting import permitted
from vault_edge.receipts import signed_receipt
from vault_edge.texts import title_of

app = App("tracks")
HIDDEN = {"version", "ask_sha256", "evidence_sha256", "flags", "appeal_reminded"}


class Page(BaseModel):
    """Which part of a listing."""

    limit: Annotated[int, Field(ge=1, le=100)] = 50
    cursor: Annotated[str | None, Field(max_length=2000)] = None


@app.get("/tracks/{track_id}", role="contributor")
def show(track_id: TrackId, caller: Caller, deps: Deps) -> Json:
    """A track with its rights, and what each source of the checks said."""
    track = permitted("track.read", track_id, caller, deps)
    rights = deps.records.get(RightsRecord, track_id)
    reports = deps.records.list(SourceReport, track_id).items
    return {
        **_view(track),
        "rights": rights.model_dump(mode="json", exclude={"version"}) if rights else None,
        "evidence": [report.model_dump(mode="json", exclude={"version", "subject"}) for report in reports],
    }


@app.get("/tracks/{track_id}/status", role="contributor")
def status(track_id: TrackId, caller: Caller, deps: Deps) -> Json:
    """Where a track stands, why, and how it got there."""
    track = permitted("track.read", track_id, caller, deps)
    rows = deps.records.list(HistoryRow, track_id).items
    return {
        "track_id": track_id,
        "status": track.status.value,
        "reasons": [reason.model_dump() for reason in track.reasons],
        "dispute_open": track.dispute_open,
        "changed": track.changed,
        "history": [row.model_dump(mode="json", exclude={"version", "track_id"}) for row in rows],
    }


@app.get("/tracks/{track_id}/receipt", role="contributor")
def receipt(track_id: TrackId, caller: Caller, deps: Deps) -> Json:
    """The signed statement of what its owner allows at present, and under which text."""
    rights = _rights("track.receipt", track_id, caller, deps)
    return signed_receipt(CONSENT_RECEIPT, consent_receipt(rights, title_of(rights.terms_sha256)), deps)


@app.get("/tracks/{track_id}/rights/odrl", role="contributor", media=("application/ld+json",))
def as_odrl(track_id: TrackId, caller: Caller, deps: Deps) -> Answer:
    """What is allowed at present, as an ODRL agreement in JSON-LD (docs/formats/rights-export.md)."""
    document = to_json(odrl(_rights("track.read", track_id, caller, deps)))
    return Answer(document, content_type="application/ld+json")


@app.get("/tracks/{track_id}/rights/cawg", role="contributor")
def as_cawg(track_id: TrackId, caller: Caller, deps: Deps) -> Json:
    """What is allowed at present, as a cawg.training-mining assertion for a C2PA manifest."""
    return training_mining(_rights("track.read", track_id, caller, deps))


@app.get("/contributors/me/tracks", role="contributor")
def mine(page: Query[Page], caller: Caller, deps: Deps) -> Json:
    """Your tracks, newest first."""
    found = deps.records.find(Track, "by_owner", caller.id, newest_first=True, limit=page.limit, cursor=page.cursor)
    return {"tracks": [_view(track) for track in found.items], "cursor": found.cursor}


def _rights(what: str, track_id: str, caller: Caller, deps: Deps) -> RightsRecord:
    permitted(what, track_id, caller, deps)
    rights = deps.records.get(RightsRecord, track_id)
    if rights is None:
        raise NotFound("no such track of yours")
    return rights


def _view(track: Track) -> Json:
    flags = [reason.model_dump() for reason in track.flags]
    return {**track.model_dump(mode="json", exclude=HIDDEN), "review_reasons": flags}


handler, http = app.lambda_entry(), app.http_entry()
