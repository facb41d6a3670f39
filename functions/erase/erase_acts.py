"""One thing of an erased account after the other, each in a commit of its own."""

from collections.abc import Iterable, Iterator

from vault_domain.appeals import Appeal
from vault_domain.control import OPEN, VERIFIED, ControlProof, OpenControl, VerifiedControl
from vault_domain.corrections import MetadataVersion
from vault_domain.erasure import (
    Erasure,
    nameless_track,
    nameless_upload,
    wordless_appeal,
    wordless_flag,
    wordless_question,
    wordless_rights,
)
from vault_domain.errors import Conflict
from vault_domain.events import Actor, AuditEvent, Kind
from vault_domain.flags import Flag
from vault_domain.messages import Message, Preferences
from vault_domain.ports import Change, Delete, Put, R
from vault_domain.review import ReviewQuestion
from vault_domain.rights import RightsRecord
from vault_domain.tracks import Track, way_out
from vault_domain.uploads import Upload
from vault_edge.app import Deps
from vault_edge.grants import batches
from vault_edge.taking_back import taken_back

PAGE = 200


def strip_track(track_id: str, erasure: Erasure, deps: Deps) -> None:
    """Take the track back where that was wished and can be; then its names and its owner's words go."""
    track, rights = deps.records.get(Track, track_id), deps.records.get(RightsRecord, track_id)
    if track is None or rights is None:
        return
    if erasure.tracks == "revoke" and not rights.revoked and _can_leave(track):
        taken_back(track, rights, "", Actor(id=erasure.account_id, role="contributor"), deps)  # the owner's own wish
        track, rights = deps.records.get(Track, track_id), deps.records.get(RightsRecord, track_id)
        if track is None or rights is None:
            return
    rows = [
        *_changed(track, nameless_track(track, erasure.tracks)),
        *_changed(rights, wordless_rights(rights)),
        *(change for one in _every(deps, Appeal, track_id) for change in _changed(one, wordless_appeal(one))),
        *(change for one in _every(deps, ReviewQuestion, track_id) for change in _changed(one, wordless_question(one))),
        *(Delete(one, one.version) for one in _every(deps, MetadataVersion, track_id)),
    ]
    _write(rows, deps)


def strip_uploads(owner: str, deps: Deps) -> None:
    """Names of files."""
    cursor: str | None = None
    while True:
        page = deps.records.find(Upload, "by_owner", owner, limit=PAGE, cursor=cursor)
        for found in page.items:
            upload = deps.records.get(Upload, found.upload_id)
            if upload is not None:
                _write(_changed(upload, nameless_upload(upload)), deps)
        cursor = page.cursor
        if cursor is None:
            return


def strip_beside(account_id: str, deps: Deps) -> None:
    """Proofs of control, messages and wishes for mail; words of flags on other people's tracks."""
    for proof in _every(deps, ControlProof, account_id):
        waits = deps.records.get(OpenControl, OPEN, f"{OpenControl.kind}#{proof.control_id}")
        counts = deps.records.get(VerifiedControl, VERIFIED, f"{VerifiedControl.kind}#{proof.control_id}")
        _write([Delete(one, one.version) for one in (proof, waits, counts) if one is not None], deps)
    _write([Delete(one, one.version) for one in _every(deps, Message, account_id)], deps)
    wishes = deps.records.get(Preferences, account_id)
    _write([Delete(wishes, wishes.version)] if wishes else [], deps)
    for track_id in sorted(_flagged(account_id, deps)):
        flag = deps.records.get(Flag, track_id, f"{Flag.kind}#{account_id}")
        _write(_changed(flag, wordless_flag(flag)) if flag else [], deps)


def _flagged(account_id: str, deps: Deps) -> set[str]:
    """Which tracks the account flagged, as the log tells."""
    found: set[str] = set()
    cursor: str | None = None
    while True:
        page = deps.records.find(AuditEvent, "by_actor", account_id, limit=PAGE, cursor=cursor)
        found.update(one.subject for one in page.items if one.event is Kind.TRACK_FLAGGED)
        cursor = page.cursor
        if cursor is None:
            return found


def _can_leave(track: Track) -> bool:
    try:
        way_out(track.status)
    except Conflict:
        return False  # it is out for good already
    return True


def _every(deps: Deps, kind: type[R], hash_key: str) -> Iterator[R]:
    cursor: str | None = None
    while True:
        page = deps.records.list(kind, hash_key, cursor=cursor)
        yield from page.items
        cursor = page.cursor
        if cursor is None:
            return


def _changed(before: R, after: R) -> list[Change]:
    return [] if before == after else [Put(after, before.version)]


def _write(changes: Iterable[Change], deps: Deps) -> None:
    for batch in batches(changes):
        deps.records.commit(batch)
