"""One thing of an erased account after the other, each in a commit of its own.

Each step takes a page and says where it goes on, and whether something on it has to wait for the end of a claim.
"""

from collections.abc import Callable, Iterable, Iterator

from vault_domain.appeals import Appeal
from vault_domain.consents import Holding
from vault_domain.control import OPEN, VERIFIED, ControlProof, OpenControl, VerifiedControl
from vault_domain.corrections import MetadataVersion
from vault_domain.erasure import (
    Erasure,
    is_bare,
    is_to_leave,
    may_be_stripped,
    nameless_holder,
    nameless_track,
    nameless_upload,
    wordless_appeal,
    wordless_claim,
    wordless_flag,
    wordless_question,
    wordless_rights,
)
from vault_domain.events import Actor, AuditEvent, Kind
from vault_domain.flags import Flag
from vault_domain.infringement import Claim
from vault_domain.messages import Message, Preferences
from vault_domain.ports import Change, Delete, Put, R, every
from vault_domain.review import ReviewQuestion
from vault_domain.rights import RightsRecord
from vault_domain.tracks import Track
from vault_domain.uploads import Upload
from vault_edge.app import Deps
from vault_edge.grants import batches
from vault_edge.racing import settled
from vault_edge.taking_back import taken_back

PAGE = 200
TRACKS = 50
"""Tracks of one page: each takes many requests."""
Gone = tuple[str | None, bool]
"""Where a step goes on, None at its end; whether something waits."""


def clear_tracks(erasure: Erasure, whole: bool, cursor: str | None, deps: Deps) -> Gone:
    """Tracks, but for those that are bare already, where not the whole is to be looked at."""
    page = deps.records.find(Track, "by_owner", erasure.account_id, limit=TRACKS, cursor=cursor)
    left = [track.track_id for track in page.items if whole or not is_bare(track, erasure.tracks)]
    gone = [settled(lambda track_id=track_id: clear_track(track_id, erasure, deps)) for track_id in left]  # type: ignore[misc]
    return page.cursor, not all(gone)


def clear_track(track_id: str, erasure: Erasure, deps: Deps) -> bool:
    """Take the track back where that was wished; its names and its owner's words go unless a claim stands on it.

    Whether they are gone.
    """
    track, rights = deps.records.get(Track, track_id), deps.records.get(RightsRecord, track_id)
    if track is None or rights is None:
        return True
    if is_to_leave(track, rights, erasure.tracks):
        taken_back(track, rights, "", Actor(id=erasure.account_id, role="contributor"), deps)  # the owner's own wish
        return clear_track(track_id, erasure, deps)
    if not may_be_stripped(track, _claims(track_id, deps)):
        return False
    rows = [
        *_changed(rights, wordless_rights(rights, erasure.tracks)),
        *(change for one in _every(deps, Appeal, track_id) for change in _changed(one, wordless_appeal(one))),
        *(change for one in _every(deps, ReviewQuestion, track_id) for change in _changed(one, wordless_question(one))),
        *(Delete(one, one.version) for one in _every(deps, MetadataVersion, track_id)),
        *_changed(track, nameless_track(track, erasure.tracks)),  # last: one that is bare is not looked at again
    ]
    _write(rows, deps)
    return True


def strip_uploads(erasure: Erasure, whole: bool, cursor: str | None, deps: Deps) -> Gone:
    """Names of files. An upload never gets its name back."""
    page = deps.records.find(Upload, "by_owner", erasure.account_id, limit=PAGE, cursor=cursor)
    for found in page.items:
        upload = deps.records.get(Upload, found.upload_id) if nameless_upload(found) != found else None
        if upload is not None:
            _write(_changed(upload, nameless_upload(upload)), deps)
    return page.cursor, False


def strip_proofs(erasure: Erasure, whole: bool, cursor: str | None, deps: Deps) -> Gone:
    """Proofs of control."""
    page = deps.records.list(ControlProof, erasure.account_id, cursor=cursor)
    for proof in page.items:
        waits = deps.records.get(OpenControl, OPEN, f"{OpenControl.kind}#{proof.control_id}")
        counts = deps.records.get(VerifiedControl, VERIFIED, f"{VerifiedControl.kind}#{proof.control_id}")
        _write([Delete(one, one.version) for one in (proof, waits, counts) if one is not None], deps)
    return page.cursor, False


def strip_messages(erasure: Erasure, whole: bool, cursor: str | None, deps: Deps) -> Gone:
    """Messages, and wishes for mail."""
    page = deps.records.list(Message, erasure.account_id, cursor=cursor)
    _write([Delete(one, one.version) for one in page.items], deps)
    wishes = deps.records.get(Preferences, erasure.account_id) if page.cursor is None else None
    _write([Delete(wishes, wishes.version)] if wishes else [], deps)
    return page.cursor, False


def strip_holdings(erasure: Erasure, whole: bool, cursor: str | None, deps: Deps) -> Gone:
    """The account's name in the rights to other people's tracks."""
    page = deps.records.list(Holding, erasure.account_id, cursor=cursor)
    for holding in page.items:
        rights = deps.records.get(RightsRecord, holding.track_id)
        _write(_changed(rights, nameless_holder(rights, erasure.account_id)) if rights else [], deps)
    return page.cursor, False


def strip_sayings(erasure: Erasure, whole: bool, cursor: str | None, deps: Deps) -> Gone:
    """Words of flags, and what was said to claims, about tracks or outputs; the log tells of which."""
    page = deps.records.find(AuditEvent, "by_actor", erasure.account_id, limit=PAGE, cursor=cursor)
    for track_id in sorted({one.subject for one in page.items if one.event is Kind.TRACK_FLAGGED}):
        flag = deps.records.get(Flag, track_id, f"{Flag.kind}#{erasure.account_id}")
        _write(_changed(flag, wordless_flag(flag)) if flag else [], deps)
    answered = sorted({str(one.data["claim_id"]) for one in page.items if one.event is Kind.CLAIM_ANSWERED})
    gone = [_answer_gone(claim_id, deps) for claim_id in answered]
    return page.cursor, not all(gone)


ACTS: dict[str, Callable[[Erasure, bool, str | None, Deps], Gone]] = {
    "tracks": clear_tracks,
    "uploads": strip_uploads,
    "proofs": strip_proofs,
    "messages": strip_messages,
    "holdings": strip_holdings,
    "sayings": strip_sayings,
}
"""The steps of a pass (``vault_domain.erasure_turns.STEPS``)."""


def _answer_gone(claim_id: str, deps: Deps) -> bool:
    claim = deps.records.get(Claim, claim_id)
    if claim is None or claim.answer is None:
        return True
    bare = wordless_claim(claim)
    _write(_changed(claim, bare), deps)
    return bare is not claim


def _claims(track_id: str, deps: Deps) -> Iterator[Claim]:
    return every(lambda at: deps.records.find(Claim, "by_track", track_id, limit=PAGE, cursor=at))


def _every(deps: Deps, kind: type[R], hash_key: str) -> Iterator[R]:
    return every(lambda at: deps.records.list(kind, hash_key, cursor=at))


def _changed(before: R, after: R) -> list[Change]:
    return [] if before == after else [Put(after, before.version)]


def _write(changes: Iterable[Change], deps: Deps) -> None:
    for batch in batches(changes):
        deps.records.commit(batch)
