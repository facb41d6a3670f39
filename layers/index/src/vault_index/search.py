"""Search: which tracks of these shards does the query contain, where, and how surely.

Promise: :func:`search` returns the best match per track, weak ones included,
best first, each with every passage found and a similarity whose meaning is the
calibration's. It reads only what it is given: one consistent set of shards.
Work per 10 s of query is bounded (see :mod:`vault_index.votes`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from vault_index import cascade, passages
from vault_index.calibration import Calibration, builtin
from vault_index.protocols import (
    BINS,
    BINS_PER_SEMITONE,
    SETTINGS,
    STEPS_PER_SECOND,
    FeaturesLike,
)
from vault_index.shard import Shard
from vault_index.verify import Alignment, query_map

DETECTOR: Final = "fp_robust"
_WINDOW_S: Final = 30.0
_OVERLAP_S: Final = 2.5
_RIVAL: Final = 3
RIVALS_UNDER: Final = 16.0
"""From this raw score on, a track counts as found, not as a rival: versions of one piece must not hide each other."""
_LEAST_RIVALS: Final = 5.0
"""What the rivals of an ordinary query reach in a small catalogue, where there may be none."""


@dataclass(frozen=True)
class Span:
    """A passage of the query that is a passage of the reference; seconds, semitones.

    ``tempo_factor`` over 1: the query is faster; ``pitch_semitones`` over 0: it is higher."""

    query_start: float
    query_end: float
    ref_start: float
    ref_end: float
    tempo_factor: float
    pitch_semitones: float
    score: float
    similarity: float
    evidence: int


@dataclass(frozen=True)
class Match:
    """One track found in the query. ``detectors`` holds each detector's own similarity."""

    track: str
    similarity: float
    detector: str
    detectors: dict[str, float]
    spans: tuple[Span, ...]
    coverage: float
    """Share of the query that the spans cover."""
    evidence: int
    """Landmarks of the reference found in their place in the query."""
    raw: float
    """Of the best span, less what the query's rivals reach."""


def search(
    shards: Sequence[Shard],
    query: FeaturesLike,
    *,
    removed: frozenset[str] = frozenset(),
    calibration: Calibration | None = None,
    limit: int = 20,
) -> list[Match]:
    """Matches of ``query`` (which must carry its dense map) in ``shards``, best first."""
    if query.settings != SETTINGS:
        raise ValueError(f"the query has settings {query.settings}, not {SETTINGS}")
    if query.dense is None:
        raise ValueError("a query needs its dense map")
    used = calibration or builtin()
    seconds = sum(shard.seconds for shard in shards)
    return _matches(passages_in(shards, query, removed, used), query.duration_s, seconds, used)[:limit]


def passages_in(
    shards: Sequence[Shard], query: FeaturesLike, removed: frozenset[str], used: Calibration
) -> list[tuple[str, passages.Passage]]:
    """All passages found, by track, before calibration; removed tracks left out."""
    shards = [shard for shard in shards if len(shard.postings)]
    if query.dense is None or len(query.peak_times) == 0 or not shards:
        return []
    excluded = [_numbers(shard, removed) for shard in shards]
    found: list[list[Alignment]] = [[] for _ in shards]
    here: list[list[Alignment]] = [[] for _ in shards]
    for start, stop in windows(query.duration_s):
        here = cascade.window(shards, query, start, stop, excluded, here)
        for own, new in zip(found, here, strict=True):
            own.extend(new)
    whole = query_map(query, cascade.common_share(shards))
    length = query.duration_s * STEPS_PER_SECOND
    out = []
    for shard, own in zip(shards, found, strict=True):
        made = passages.assemble(shard, whole, own, length, used.weights)
        out += [(shard.tracks[passage.track].id, passage) for passage in made]
    return out


def _numbers(shard: Shard, removed: frozenset[str]) -> frozenset[int]:
    if not removed:
        return frozenset()
    return frozenset(number for number, track in enumerate(shard.tracks) if track.id in removed)


def windows(seconds: float) -> list[tuple[float, float]]:
    """Start and stop (s) of the stretches that are looked up one by one: equal, about half a minute, overlapping."""
    count = max(1, int(np.ceil((seconds - _OVERLAP_S) / (_WINDOW_S - _OVERLAP_S) - 0.1)))
    length = (seconds + (count - 1) * _OVERLAP_S) / count
    return [(number * (length - _OVERLAP_S), number * (length - _OVERLAP_S) + length) for number in range(count)]


def _matches(
    found: Iterable[tuple[str, passages.Passage]], query_s: float, catalogue_s: float, used: Calibration
) -> list[Match]:
    by_track: dict[str, list[passages.Passage]] = {}
    for track, passage in found:
        by_track.setdefault(track, []).append(passage)
    out = []
    less = used.weights.get("rivals", 0.0) * rivals(max(part.raw for part in parts) for parts in by_track.values())
    for track, parts in by_track.items():
        parts.sort(key=lambda part: (-part.raw, part.query_start))
        spans = tuple(_span(part, used.similarity(part.raw - less, query_s, catalogue_s)) for part in parts)
        kept = tuple(span for i, span in enumerate(spans) if i == 0 or span.similarity >= 0.4)
        best = kept[0].similarity
        out.append(
            Match(
                track,
                best,
                DETECTOR,
                {DETECTOR: best},
                kept,
                _coverage(kept, query_s),
                sum(span.evidence for span in kept),
                parts[0].raw - less,
            )
        )
    return sorted(out, key=lambda match: (-match.raw, match.track))


def rivals(raws: Iterable[float]) -> float:
    """How well the query goes with tracks that it is no copy of, from the best raw score of every track.

    Some music resembles much else: few notes, long ones, the commonest keys and tempos. What such a query
    reaches with one track is judged by what it reaches with others (in speaker recognition: cohort or
    T-normalisation; Auckenthaler and others, 2000). Zero for an ordinary query."""
    under = sorted((raw for raw in raws if raw < RIVALS_UNDER), reverse=True)
    return max(0.0, under[_RIVAL - 1] - _LEAST_RIVALS) if len(under) >= _RIVAL else 0.0


def _span(part: passages.Passage, similarity: float) -> Span:
    return Span(
        part.query_start, part.query_end, part.ref_start, part.ref_end,
        part.tempo, part.shift / BINS_PER_SEMITONE, part.raw, similarity, part.hits,
    )  # fmt: skip


def _coverage(spans: Sequence[Span], query_s: float) -> float:
    if query_s <= 0:
        return 0.0
    covered = 0.0
    reached = 0.0
    for span in sorted(spans, key=lambda span: span.query_start):
        low = max(span.query_start, reached)
        covered += max(0.0, span.query_end - low)
        reached = max(reached, span.query_end)
    return min(1.0, covered / query_s)


__all__ = ["BINS", "DETECTOR", "Match", "Span", "search", "windows"]
