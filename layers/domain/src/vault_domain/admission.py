"""Entering and leaving the vault: names of places, claims to a sound, what may be in the index."""

from vault_domain.reasons import Reason
from vault_domain.tracks import Status, Track

_LIVING = frozenset({Status.PENDING_REVIEW, Status.ACCEPTED, Status.UNDER_INVESTIGATION})


def vault_query_key(track_id: str) -> str:
    """Object key of the features in the form that a comparison asks with: an admitted track may be compared anew."""
    return f"queries/{track_id}.bin"


def vault_uri(track_id: str) -> str:
    """The only name of a track's audio that leaves the vault."""
    return f"lemm://vault/{track_id}"


def vault_audio_key(track_id: str) -> str:
    """Object key of the audio in the vault bucket."""
    return f"audio/{track_id}.flac"


def vault_features_key(track_id: str) -> str:
    """Object key of the features in the vault bucket."""
    return f"features/{track_id}.bin"


def vault_logmel_key(track_id: str, audio_sha256: str) -> str:
    """Object key of the features that training jobs may ask for; another recording of the track has others."""
    return f"logmel/{track_id}/{audio_sha256}.1.npy"


def holds_claim(holder: Track | None) -> bool:
    """Whether a track's claim to a sound still counts: it is in the vault or on its way into it.

    A track that was refused or taken back claims nothing: its sound may be
    submitted again, by the same person or another.
    """
    return holder is not None and holder.status in _LIVING


def duplicate_of(original: str) -> Reason:
    """Why the second of two equal sounds is refused."""
    return Reason(code="duplicate", detail=f"The same sound was submitted before, as {original}.", refs=(original,))


def may_be_indexed(track: Track) -> bool:
    """Whether the index may hold this track: it was admitted, or an admission may have begun."""
    return track.stored_sha256 is not None or track.was_favoured or favoured(track)


def favoured(track: Track) -> bool:
    """Whether it was decided in favour of this track, by the rules or by people."""
    return track.verdict == "accept" or track.approval is not None
