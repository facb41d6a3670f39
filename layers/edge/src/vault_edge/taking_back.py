"""Consent taken back: rights, status and claim to the sound in one transaction, whoever asks for it."""

from vault_domain.events import Actor, Kind
from vault_domain.evidence import Original
from vault_domain.ports import Delete, Put
from vault_domain.reasons import Reason
from vault_domain.rights import RightsRecord, revoke
from vault_domain.tracks import Guards, Track, way_out

from vault_edge.deps import Deps
from vault_edge.journey import Journey

OWNER = Guards(is_owner=True)


def taken_back(
    track: Track, rights: RightsRecord, reason: str, actor: Actor, deps: Deps, scope: str = "all_future_use"
) -> tuple[Track, RightsRecord]:
    """The track and its rights after it. Raises ``Conflict`` where it can't be taken back any more."""
    journey = Journey(deps, track, actor)
    journey.take(way_out(track.status), OWNER, (Reason(code="taken_back", detail="Taken back by its owner."),))
    taken = revoke(rights, reason, journey.now)
    consent = {"terms_sha256": rights.terms_sha256, "consent": str(rights.consent_version)}
    journey.tell(Kind.TRACK_REVOKED, consent, rights_id=rights.rights_id, scope=scope)
    return journey.commit(Put(taken, rights.version), *_claim(track, deps)), taken


def _claim(track: Track, deps: Deps) -> list[Delete]:
    """The sound belongs to nobody then: it may be submitted again."""
    claim = deps.records.get(Original, track.audio_sha256) if track.audio_sha256 else None
    return [Delete(claim, claim.version)] if claim and claim.track_id == track.track_id else []
