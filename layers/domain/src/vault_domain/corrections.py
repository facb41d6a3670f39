"""Corrected metadata: each version stays, and what bears on a decision is looked at again.

- Collaborators can be added and are asked for their consent; none is ever dropped by a correction.
- A track in review whose maker is named anew is voted on anew; contradictions come and go with the metadata.
- A correction that raises a question is recorded, and a reviewer is asked: by a fresh vote before a track is in, by a
  flag once it is. Being in the vault, it stays there until a person has judged, as with everybody's flags.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from pydantic import Field

from vault_domain.admission import favoured
from vault_domain.errors import Conflict, TooMany
from vault_domain.ids import TrackId
from vault_domain.ports import Change, Delete, Put
from vault_domain.reasons import Reason
from vault_domain.records import Record, UtcTime, Value
from vault_domain.rights import Party, RightsRecord
from vault_domain.submission import Metadata, metadata_reasons
from vault_domain.tracks import GenreEntry, Status, Track

MOST = 50
WHO = ("artist_display_name", "collaborator_names", "is_collaboration", "release_status")
"""Fields that say whose it is: a reviewer who judged it judged them as well."""
_BEFORE_DECISION = (Status.SUBMITTED, Status.PENDING_AUTOMATED_CHECKS)
_IN_DECISION = (Status.PENDING_REVIEW, Status.DISPUTE_PENDING)
_JUDGED = (*_IN_DECISION, Status.ACCEPTED)
_CORRECTABLE = (*_BEFORE_DECISION, *_IN_DECISION, Status.ACCEPTED)


class CorrectionAsk(Value):
    """The body of POST /tracks/{track_id}/corrections: the whole metadata as they should be."""

    expects: int = Field(ge=1)
    """The ``metadata_version`` that you looked at."""
    metadata: Metadata
    reason: str = Field(min_length=3, max_length=500)


class MetadataVersion(Record):
    """The metadata of one version, and why it was made; written once. Version 1 is what was submitted."""

    table: ClassVar[str] = "tracks"
    kind: ClassVar[str] = "metadata"

    track_id: TrackId
    number: int = Field(ge=1)
    metadata: Metadata
    reason: str = Field(max_length=500)
    at: UtcTime

    def key(self) -> tuple[str, str]:
        return self.track_id, f"{self.kind}#{self.number:06d}"


@dataclass(frozen=True)
class Correction:
    """A corrected track; ``fields`` names what changed, ``recheck`` says whether it has to be decided anew."""

    before: Track
    track: Track
    versions: tuple[MetadataVersion, ...]
    rights_before: RightsRecord
    rights: RightsRecord
    fields: tuple[str, ...]
    recheck: bool
    question: str
    """What a reviewer is asked about a track that is in the vault; empty when nothing is."""

    def changes(self, genres: tuple[GenreEntry, ...]) -> tuple[Change, ...]:
        """What is written, given the genre rows that are there."""
        held = {entry.genre: entry for entry in genres}
        wanted = set(self.track.metadata.genre_tags)
        track_id, submitted = self.track.track_id, self.track.submitted
        found: list[Change] = [Put(self.track, self.before.version), *(Put(version, 0) for version in self.versions)]
        found += [
            Put(GenreEntry(track_id=track_id, genre=tag, submitted=submitted), 0)
            for tag in sorted(wanted - held.keys())
        ]
        found += [Delete(entry, entry.version) for tag, entry in sorted(held.items()) if tag not in wanted]
        if self.rights != self.rights_before:
            found.append(Put(self.rights, self.rights_before.version))
        return tuple(found)


def correct(track: Track, rights: RightsRecord, ask: CorrectionAsk, now: datetime) -> Correction:
    """The correction. Raises ``Conflict`` where it is not possible, ``TooMany`` past ``MOST`` of them."""
    if track.status not in _CORRECTABLE or rights.revoked:
        raise Conflict(f"the metadata of a track that is {track.status.value} can't be corrected")
    if ask.expects != track.metadata_version:
        raise Conflict("the metadata changed since you looked; look again", metadata_version=track.metadata_version)
    if track.metadata_version > MOST:
        raise TooMany(f"{MOST} corrections were made; take the track back and submit it anew")
    fields = changed_fields(track.metadata, ask.metadata)
    number = track.metadata_version + 1
    flags = _flags(track, rights, ask.metadata, fields, number, now)
    gained = [flag for flag in flags if flag not in track.flags]
    corrected = track.with_changes(metadata=ask.metadata, metadata_version=number, flags=flags)
    if gained and track.status is Status.PENDING_REVIEW and favoured(track):  # on its way in: decided anew first
        corrected = corrected.with_changes(verdict="review", approval=None, was_favoured=True)
    made = MetadataVersion(track_id=track.track_id, number=number, metadata=ask.metadata, reason=ask.reason, at=now)
    first = MetadataVersion(
        track_id=track.track_id, number=1, metadata=track.metadata, reason="As submitted", at=track.submitted
    )
    return Correction(
        before=track, track=corrected, versions=(first, made) if number == 2 else (made,), rights_before=rights,
        rights=_with_parties(rights, track.metadata, ask.metadata), fields=fields,
        recheck=track.status is Status.PENDING_REVIEW and flags != track.flags,
        question=" ".join(flag.detail for flag in gained) if track.status is Status.ACCEPTED else "",
    )  # fmt: skip


def changed_fields(before: Metadata, after: Metadata) -> tuple[str, ...]:
    """Names of what differs."""
    return tuple(name for name in Metadata.model_fields if getattr(before, name) != getattr(after, name))


def _flags(
    track: Track, rights: RightsRecord, metadata: Metadata, fields: tuple[str, ...], number: int, now: datetime
) -> tuple[Reason, ...]:
    """The submission's own flags, with those of the old metadata taken out and those of the new ones put in."""
    kind, years = rights.rights_holder_type, range(track.submitted.year, now.year + 1)
    outdated = {reason for year in years for reason in metadata_reasons(track.metadata, kind, year)}
    kept = [flag for flag in track.flags if flag not in outdated and flag.code != "corrected"]
    found = [*kept, *metadata_reasons(metadata, kind, now.year)]
    named = [name for name in fields if name in WHO]
    if track.status in _JUDGED and named:
        found.append(Reason(code="corrected", detail=f"Version {number} corrects {', '.join(named)}."))
    elif track.status in _JUDGED:
        found += [flag for flag in track.flags if flag.code == "corrected"]
    return tuple(found)


def _with_parties(rights: RightsRecord, before: Metadata, after: Metadata) -> RightsRecord:
    """A party for each collaborator that was added. Raises ``Conflict`` when one was dropped."""
    if dropped := [name for name in before.collaborator_names if name not in after.collaborator_names]:
        raise Conflict(
            "a named rights holder can't be taken off a track; take it back and submit it anew", names=dropped
        )
    added = [name for name in dict.fromkeys(after.collaborator_names) if name not in before.collaborator_names]
    if not added:
        return rights
    taken = len(rights.parties)
    parties = [Party(name=name, holder=f"party:{taken + number}") for number, name in enumerate(added)]
    return rights.with_changes(parties=(*rights.parties, *parties))
