"""A contribution: everything that one accepted submission puts on record, at once.

Pure: ids and the time are passed in. Track, history, genres, rights, consent
and the bound upload belong together; the caller writes all of them or none.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from vault_domain.canonical import digest
from vault_domain.errors import Conflict, TermsOutdated, TrainingNotAllowed
from vault_domain.ports import Change, Put
from vault_domain.rights import Consent, RightsRecord, open_rights
from vault_domain.submission import SubmitAsk, review_reasons
from vault_domain.tracks import GenreEntry, HistoryRow, Status, Track
from vault_domain.uploads import Upload, bind


@dataclass(frozen=True)
class Contribution:
    """What a submission becomes; ``upload`` is the bound one."""

    track: Track
    history: HistoryRow
    genres: tuple[GenreEntry, ...]
    rights: RightsRecord
    consent: Consent
    upload: Upload

    def changes(self) -> tuple[Change, ...]:
        """All of it is new, except the upload, which must be as it was read."""
        fresh = (self.track, self.history, *self.genres, self.rights, self.consent)
        return (*(Put(record, 0) for record in fresh), Put(self.upload, self.upload.version))


def ask_sha256(ask: SubmitAsk) -> str:
    """What makes two submissions the same one."""
    return digest(ask.model_dump(mode="json"))


def check_same(track: Track, ask: SubmitAsk) -> None:
    """Raise ``Conflict`` unless the upload became a track by this very submission."""
    if track.ask_sha256 != ask_sha256(ask):
        raise Conflict("this upload is already a track, submitted with other details")


def contribute(
    ask: SubmitAsk, upload: Upload, terms_sha256: str, now: datetime, new_id: Callable[[str], str]
) -> Contribution:
    """Turn a submission into records.

    1. The text that was accepted is the present one. 2. Training is allowed, as
    inclusion needs. 3. The upload can become a track. 4. What the submission
    itself gives a reviewer to look at is kept with it.
    """
    if ask.accepted_terms_sha256 != terms_sha256:
        raise TermsOutdated("Read the present terms (GET /terms) and send the hash of that text")
    if not ask.rights.training_allowed:
        raise TrainingNotAllowed("The vault takes only tracks that models may be trained on")
    track_id, rights_id = new_id("trk"), new_id("rgt")
    bound = bind(upload, track_id, upload.owner, now)
    flags = review_reasons(ask.metadata, ask.rights, now.year)
    track = Track(
        track_id=track_id,
        submission_id=new_id("sub"),
        upload_id=upload.upload_id,
        rights_id=rights_id,
        owner=upload.owner,
        metadata=ask.metadata,
        submitted=now,
        changed=now,
        flags=flags,
        ask_sha256=ask_sha256(ask),
    )
    first = HistoryRow(
        track_id=track_id,
        step=0,
        source=None,
        target=Status.SUBMITTED,
        trigger="submitted",
        role="contributor",
        at=now,
        reasons=flags,
    )
    rights, consent = open_rights(
        rights_id=rights_id,
        track_id=track_id,
        contributor=upload.owner,
        declared=ask.rights,
        collaborators=ask.metadata.collaborator_names,
        terms_sha256=terms_sha256,
        now=now,
    )
    tags = sorted(set(ask.metadata.genre_tags))
    genres = tuple(GenreEntry(track_id=track_id, genre=tag, submitted=now) for tag in tags)
    return Contribution(track, first, genres, rights, consent, bound)
