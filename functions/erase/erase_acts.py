"""One thing of an erased account after the other, each in a commit of its own."""

from collections.abc import Iterable, Iterator

from vault_domain.appeals import Appeal
from vault_domain.consents import Holding
from vault_domain.control import OPEN, VERIFIED, ControlProof, OpenControl, VerifiedControl
from vault_domain.corrections import MetadataVersion
from vault_domain.erasure import (
    Erasure,
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
from vault_edge.taking_back import taken_back

PAGE = 200


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
        *_changed(track, nameless_track(track, erasure.tracks)),
        *_changed(rights, wordless_rights(rights, erasure.tracks)),
        *(change for one in _every(deps, Appeal, track_id) for change in _changed(one, wordless_appeal(one))),
        *(change for one in _every(deps, ReviewQuestion, track_id) for change in _changed(one, wordless_question(one))),
        *(Delete(one, one.version) for one in _every(deps, MetadataVersion, track_id)),
    ]
    _write(rows, deps)
    return True


def strip_uploads(owner: str, deps: Deps) -> None:
    """Names of files."""
    for found in every(lambda at: deps.records.find(Upload, "by_owner", owner, limit=PAGE, cursor=at)):
        upload = deps.records.get(Upload, found.upload_id)
        if upload is not None:
            _write(_changed(upload, nameless_upload(upload)), deps)


def strip_beside(account_id: str, deps: Deps) -> None:
    """Proofs of control, messages and wishes for mail; words of flags on other people's tracks."""
    for proof in _every(deps, ControlProof, account_id):
        waits = deps.records.get(OpenControl, OPEN, f"{OpenControl.kind}#{proof.control_id}")
        counts = deps.records.get(VerifiedControl, VERIFIED, f"{VerifiedControl.kind}#{proof.control_id}")
        _write([Delete(one, one.version) for one in (proof, waits, counts) if one is not None], deps)
    _write([Delete(one, one.version) for one in _every(deps, Message, account_id)], deps)
    wishes = deps.records.get(Preferences, account_id)
    _write([Delete(wishes, wishes.version)] if wishes else [], deps)
    for track_id in sorted({one.subject for one in _told(account_id, Kind.TRACK_FLAGGED, deps)}):
        flag = deps.records.get(Flag, track_id, f"{Flag.kind}#{account_id}")
        _write(_changed(flag, wordless_flag(flag)) if flag else [], deps)


def strip_answers(account_id: str, deps: Deps) -> int:
    """What the account said to claims, about tracks or outputs; how many of these claims still stand."""
    waiting = 0
    for claim_id in sorted({str(one.data["claim_id"]) for one in _told(account_id, Kind.CLAIM_ANSWERED, deps)}):
        claim = deps.records.get(Claim, claim_id)
        if claim is None or claim.answer is None:
            continue
        bare = wordless_claim(claim)
        waiting += bare is claim
        _write(_changed(claim, bare), deps)
    return waiting


def strip_holdings(account_id: str, deps: Deps) -> None:
    """The account's name in the rights to other people's tracks."""
    for holding in _every(deps, Holding, account_id):
        rights = deps.records.get(RightsRecord, holding.track_id)
        _write(_changed(rights, nameless_holder(rights, account_id)) if rights else [], deps)


def _told(account_id: str, kind: Kind, deps: Deps) -> Iterator[AuditEvent]:
    """What the account did, as the log tells."""
    said = every(lambda at: deps.records.find(AuditEvent, "by_actor", account_id, limit=PAGE, cursor=at))
    return (one for one in said if one.event is kind)


def _claims(track_id: str, deps: Deps) -> Iterator[Claim]:
    return every(lambda at: deps.records.find(Claim, "by_track", track_id, limit=PAGE, cursor=at))


def _every(deps: Deps, kind: type[R], hash_key: str) -> Iterator[R]:
    return every(lambda at: deps.records.list(kind, hash_key, cursor=at))


def _changed(before: R, after: R) -> list[Change]:
    return [] if before == after else [Put(after, before.version)]


def _write(changes: Iterable[Change], deps: Deps) -> None:
    for batch in batches(changes):
        deps.records.commit(batch)
