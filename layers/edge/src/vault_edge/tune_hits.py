"""The melody axis of a report: tracks whose tune the query may play in another arrangement.

Promise: the axis is searched over the same parts as the copies, so a report that
says ``checked`` says it of both. Tracks that were indexed before there were
tunes are found by their sound alone. A hit is left out where the copy
detectors say as much of the same track, or are sure of it: a copy always has
the tune as well, and they know better where it lies.
"""

from collections.abc import Sequence
from typing import Final, Literal

from vault_audio.features import Features
from vault_domain.evidence import Hit, Span
from vault_index import melody
from vault_index.melody import TuneMatch
from vault_index.shard import Shard

MAX_HITS: Final = 10
LEAST_SIMILARITY: Final = 0.2
COPIED: Final = 0.7
"""From here on (0.1 % false positives) a track is found as a copy."""
Side = Literal["internal", "external"]


def tune_hits(query: Features, shards: Sequence[Shard], removed: frozenset[str], side: Side) -> tuple[Hit, ...]:
    """Hits of the query's tune, best first; none for features without one."""
    if query.melody is None:
        return ()
    books = [melody.book_of(shard) for shard in shards]
    found = melody.search(books, query.melody, removed=removed, limit=MAX_HITS)
    return tuple(_hit(match, query, side) for match in found if match.similarity >= LEAST_SIMILARITY)


def beside(copies: Sequence[Hit], tunes: Sequence[Hit]) -> tuple[Hit, ...]:
    """Copies, each with what the melody axis says of it, then the tunes that say more than those."""
    heard = {hit.ref: hit.similarity for hit in tunes}
    known = {hit.ref: hit.similarity for hit in copies}
    told = tuple(
        hit.model_copy(update={"detectors": {**hit.detectors, melody.DETECTOR: heard[hit.ref]}})
        if hit.ref in heard
        else hit
        for hit in copies
    )
    return told + tuple(hit for hit in tunes if known.get(hit.ref, 0.0) < min(hit.similarity, COPIED))


def _hit(match: TuneMatch, query: Features, side: Side) -> Hit:
    similarity = round(min(1.0, max(0.0, match.similarity)), 6)
    length = max(0.0, match.query_end - match.query_start)
    span = Span(
        query_start=match.query_start, query_end=match.query_end,
        ref_start=match.ref_start, ref_end=match.ref_end,
        tempo_factor=match.tempo_factor, pitch_semitones=float(match.pitch_semitones), score=similarity,
    )  # fmt: skip
    return Hit(
        ref=match.track[:200],
        title="" if side == "internal" else match.track[:300],
        similarity=similarity,
        overlap_s=length,
        coverage=min(1.0, length / max(query.duration_s, 1e-9)),
        detector=melody.DETECTOR,
        detectors={melody.DETECTOR: similarity},
        spans=(span,),
    )
