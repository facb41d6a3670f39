"""Match files against a snapshot, offline.

Promise: :func:`match_files` yields one result per file, in order, as soon as it
is known: ``matches`` are copies, ``melodies`` the same tunes in other arrangements.
A file that can't be read gives a result with an error, never a clean one: both
are then empty and ``error`` says why.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
from lemm.workers import in_order
from numpy.typing import NDArray
from vault_audio import features
from vault_audio.decode import OFFLINE, decode_for_matching
from vault_domain.errors import VaultError
from vault_index import melody, snapshot
from vault_index.melody import TuneMatch
from vault_index.search import Match, Span, search
from vault_index.shard import Shard

Progress = Callable[[int, int, str], None]
"""Called with files done, files in all, and the file just done."""

WEAK: Final = 20
"""As many tracks are told in any case; of a mix of more, all that reach ``FOUND``."""
FOUND: Final = 0.4
MOST: Final = 2_000
"""Tracks of one query at most: a bound, no choice."""
LEAST_TUNE: Final = 0.2
"""Of tunes, only those that nine in ten unrelated queries do not reach are told."""
QUERIES: Final = replace(OFFLINE, min_duration_s=0.5)
"""Offline, shorter queries may be asked than uploads may be; what they tell is in their similarity."""
_Found = TypeVar("_Found", Match, TuneMatch)
_opened: list[tuple[list[Shard], frozenset[str]]] = []


def match_files(
    files: Sequence[Path], against: Path, progress: Progress | None = None, weak: int = WEAK
) -> Iterator[dict[str, Any]]:
    """One result per file: ``{"query", "matches", "melodies"}``, with ``"error"`` when it could not be compared."""
    snapshot.open_folder(against)  # a damaged snapshot is refused here, with its own error
    jobs = [(str(file), weak) for file in files]
    results = in_order(_match, jobs, start=_open, start_with=(str(against),))
    for number, result in enumerate(results):
        if progress is not None:
            progress(number + 1, len(files), Path(result["query"]).name)
        yield result


def _open(against: str) -> None:
    """Runs once in each worker: map the snapshot."""
    manifest, shards = snapshot.open_folder(Path(against))
    _opened.append((shards, frozenset(manifest.removed)))


def _match(job: tuple[str, int]) -> dict[str, Any]:
    """Runs in a worker: decode, analyse and look up one file."""
    file, weak = job
    try:
        query = features.extract(decode_for_matching(Path(file), QUERIES))
    except VaultError as error:
        return _refused(file, error.code, error.detail)
    except OSError as error:
        return _refused(file, "unreadable", error.strerror or "The file can't be read.")
    shards, removed = _opened[0]
    found = search(shards, query, removed=removed, limit=MOST)
    tunes = melody.search([melody.book_of(shard) for shard in shards], _tune(query), removed=removed, limit=MOST)
    return {
        "query": file,
        "matches": [_match_row(match) for match in told(found, weak)],
        "melodies": [_tune_row(match) for match in told(tunes, weak) if match.similarity >= LEAST_TUNE],
    }


def told(found: Sequence[_Found], weak: int = WEAK) -> Sequence[_Found]:
    """Of matches, best first, all that are found, and weak ones up to so many in all."""
    return found[: max(weak, sum(match.similarity >= FOUND for match in found))]


def _refused(file: str, code: str, detail: str) -> dict[str, Any]:
    return {"query": file, "matches": [], "melodies": [], "error": {"code": code, "detail": detail}}


def _match_row(match: Match) -> dict[str, Any]:
    return {
        "track": match.track,
        "similarity": round(match.similarity, 4),
        "detector": match.detector,
        "spans": [_span_row(span) for span in match.spans],
    }


def _tune(query: features.Features) -> NDArray[np.uint8]:
    return query.melody if query.melody is not None else np.zeros((0, 6), np.uint8)


def _tune_row(match: TuneMatch) -> dict[str, Any]:
    return {
        "track": match.track,
        "similarity": round(match.similarity, 4),
        "detector": melody.DETECTOR,
        "spans": [_span_row(match)],
    }


def _span_row(span: Span | TuneMatch) -> dict[str, float]:
    return {
        "query_start": round(span.query_start, 3),
        "query_end": round(span.query_end, 3),
        "ref_start": round(span.ref_start, 3),
        "ref_end": round(span.ref_end, 3),
        "tempo_factor": round(span.tempo_factor, 4),
        "pitch_semitones": round(span.pitch_semitones, 3),
    }
