"""revoke: consent taken back, at once, and a signed receipt of who had been given the track.

Rights, status and claim to the sound change in one transaction: from then on no
grant and no read succeeds. The index follows; asking again finishes what a call
that was cut off left undone, and gives the same receipt. Fingerprints that were
allowed to stay can be withdrawn later, by anybody who holds rights.
"""

from typing import Any, Literal

from pydantic import BaseModel, Field
from vault_domain.admission import may_be_indexed
from vault_domain.consents import forget_fingerprints, held_by
from vault_domain.errors import NotFound
from vault_domain.events import Kind, make_event
from vault_domain.ids import TrackId
from vault_domain.permissions import roles
from vault_domain.ports import Put, Require, every
from vault_domain.revocation import REVOCATION_RECEIPT, keeps_fingerprints, revocation_receipt
from vault_domain.rights import CONSENT_RECEIPT, RevokeAsk, RightsRecord, consent_receipt, holder_receipt
from vault_domain.tracks import Track
from vault_domain.training import RunTrack
from vault_edge.app import App, Caller, Deps, Json
from vault_edge.membership import leave
from vault_edge.permitting import held, permitted
from vault_edge.racing import settled
from vault_edge.receipts import signed_receipt
from vault_edge.taking_back import taken_back
from vault_edge.texts import title_of

app = App("revoke")


class Forgotten(BaseModel):
    """What is left of a track: nothing that a check could find."""

    track_id: str
    fingerprints: Literal["removed"] = "removed"
    consent_version: int
    receipt: dict[str, Any] = Field(description="The consent as it is now, signed (docs/formats/consent-receipt.md)")


PAGE = 200


@app.post("/tracks/{track_id}/revoke", role="contributor")
def take_back(track_id: TrackId, ask: RevokeAsk, caller: Caller, deps: Deps) -> Json:
    """Take a track back: no reason needed, nothing to confirm, and twice is the same as once."""
    track, rights = settled(lambda: _record(track_id, ask, caller, deps))
    policy = deps.policy()
    if may_be_indexed(track) and not keeps_fingerprints(track, rights, policy):
        leave(deps.index, track_id, deps.clock())
    statement = revocation_receipt(track, rights, _granted(track_id, deps), policy)
    return {
        "track_id": track_id,
        "status": track.status.value,
        "consent": {
            "version": rights.consent_version,
            **rights.flags.model_dump(),
            "revoked": rights.revoked,
            "revoked_at": rights.revoked_at,
            "revocation_reason": rights.revocation_reason,
        },
        "receipt": signed_receipt(REVOCATION_RECEIPT, statement, deps),
    }


@app.post("/tracks/{track_id}/fingerprints/withdrawal", role=roles("consent.forget"))
def forget(track_id: TrackId, caller: Caller, deps: Deps) -> Forgotten:
    """Let the fingerprints of a track that was taken back go as well, from the next check on. Twice is once."""
    rights = settled(lambda: _forget(track_id, caller, deps))
    leave(deps.index, track_id, deps.clock())
    own = caller.id == rights.contributor
    title = title_of(held_by(rights, caller.id)[1])
    said = consent_receipt(rights, title) if own else holder_receipt(rights, caller.id, title)
    return Forgotten(
        track_id=track_id, consent_version=rights.consent_version, receipt=signed_receipt(CONSENT_RECEIPT, said, deps)
    )


def _forget(track_id: str, caller: Caller, deps: Deps) -> RightsRecord:
    """The last sweep of a track may be over: one whose audio is gone counts as changed, so that its features go too."""
    track, rights = held("consent.forget", track_id, caller, deps)
    now = deps.clock()
    made = forget_fingerprints(rights, caller.id, now)
    if made is None:
        return rights
    after, consent = made
    event = make_event(
        deps.new_id("evt"), Kind.CONSENT_CHANGED, track_id, caller.actor, now,
        {"terms_sha256": consent.terms_sha256, "consent": str(consent.consent_version)},
        **consent.flags.model_dump(), narrowed=["keep_fingerprints_after_revocation"], widened=[],
    )  # fmt: skip
    seen = Require(track, track.version) if track.stored else Put(track.with_changes(changed=now), track.version)
    deps.records.commit([Put(after, rights.version), Put(consent, 0), seen], [event])
    return after


def _record(track_id: str, ask: RevokeAsk, caller: Caller, deps: Deps) -> tuple[Track, RightsRecord]:
    track, rights = permitted("track.revoke", track_id, caller, deps), deps.records.get(RightsRecord, track_id)
    if rights is None:
        raise NotFound("no such track of yours")
    if rights.revoked:
        return track, rights
    return taken_back(track, rights, ask.reason, caller.actor, deps, ask.scope)


def _granted(track_id: str, deps: Deps) -> list[RunTrack]:
    return list(every(lambda at: deps.records.find(RunTrack, "by_track", track_id, limit=PAGE, cursor=at)))


handler, http = app.lambda_entry(), app.http_entry()
