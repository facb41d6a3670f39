"""Match files against a snapshot, offline.

Promise: :func:`match_files` yields one result per file, in order, as soon as it
is known. A file that can't be read gives a result with an error, never a clean
one: ``matches`` is then empty and ``error`` says why.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from vault_audio import features
from vault_audio.decode import OFFLINE, decode_for_matching
from vault_domain.errors import VaultError
from vault_index import snapshot
from vault_index.search import Match, Span, search
from vault_index.shard import Shard

from lemm.workers import in_order

Progress = Callable[[int, int, str], None]
"""Called with files done, files in all, and the file just done."""

LIMIT: Final = 20
QUERIES: Final = replace(OFFLINE, min_duration_s=0.5)
"""Offline, shorter queries may be asked than uploads may be; what they tell is in their similarity."""
_opened: list[tuple[list[Shard], frozenset[str]]] = []


def match_files(
    files: Sequence[Path], against: Path, progress: Progress | None = None, limit: int = LIMIT
) -> Iterator[dict[str, Any]]:
    """One result per file: ``{"query", "matches"}``, with ``"error"`` when it could not be compared."""
    snapshot.open_folder(against)  # a damaged snapshot is refused here, with its own error
    jobs = [(str(file), limit) for file in files]
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
    file, limit = job
    try:
        query = features.extract(decode_for_matching(Path(file), QUERIES))
    except VaultError as error:
        return _refused(file, error.code, error.detail)
    except OSError as error:
        return _refused(file, "unreadable", error.strerror or "The file can't be read.")
    shards, removed = _opened[0]
    found = search(shards, query, removed=removed, limit=limit)
    return {"query": file, "matches": [_match_row(match) for match in found]}


def _refused(file: str, code: str, detail: str) -> dict[str, Any]:
    return {"query": file, "matches": [], "error": {"code": code, "detail": detail}}


def _match_row(match: Match) -> dict[str, Any]:
    return {
        "track": match.track,
        "similarity": round(match.similarity, 4),
        "detector": match.detector,
        "spans": [_span_row(span) for span in match.spans],
    }


def _span_row(span: Span) -> dict[str, float]:
    return {
        "query_start": round(span.query_start, 3),
        "query_end": round(span.query_end, 3),
        "ref_start": round(span.ref_start, 3),
        "ref_end": round(span.ref_end, 3),
        "tempo_factor": round(span.tempo_factor, 4),
        "pitch_semitones": round(span.pitch_semitones, 3),
    }
