"""Passages: alignments of neighbouring windows joined, extended and cut to what matches.

Promise: :func:`assemble` returns, for each track, passages that do not claim
the same stretch of the query and of the reference twice, with their edges where
the evidence begins and ends.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from vault_index import refine
from vault_index.protocols import STEPS_PER_SECOND
from vault_index.shard import Shard
from vault_index.verify import LEAST_LANDMARKS, Alignment, QueryMap

_MOST: Final = 40
_JOIN_GAP: Final = 6 * STEPS_PER_SECOND
_SAME_LINE: Final = 0.4 * STEPS_PER_SECOND
_SAME_TEMPO: Final = 0.03
_SAME_SHIFT: Final = 1.0
_WINDOW: Final = 10 * STEPS_PER_SECOND
_AS_GOOD: Final = 0.9  # of the best part's score: then the line through all parts is right
_LINKS: Final = 4  # latest alignments of a chain that the next may continue


@dataclass(frozen=True)
class Passage:
    """A stretch of the query aligned with a stretch of one track; seconds, bins."""

    track: int
    query_start: float
    query_end: float
    ref_start: float
    ref_end: float
    tempo: float
    shift: float
    raw: float
    score: float
    votes: int
    landmarks: int
    hits: int
    pairs: int


def assemble(
    shard: Shard, query: QueryMap, found: list[Alignment], length: float, weights: Mapping[str, float]
) -> list[Passage]:
    """Passages of the best tracks; ``length`` of the query in steps."""
    chosen = sorted(found, key=lambda one: (-one.score, one.track, one.place))[: _MOST + int(length / 800)]
    by_track: dict[int, list[Alignment]] = {}
    for one in chosen:
        by_track.setdefault(one.track, []).append(one)
    out = []
    for group in by_track.values():
        kept: list[Passage] = []
        for joined in _joined(shard, query, group, length):
            grown = refine.counted(shard, query, refine.extended(shard, query, joined, length))
            passage = _passage(shard, grown, weights)
            if not any(_overlap(passage, other) for other in kept):
                kept.append(passage)
        out.extend(kept)
    return out


def raw_score(found: Alignment, weights: Mapping[str, float]) -> float:
    """One number from all the evidence of an alignment: monotone in each part.

    ``score``: landmarks that stand out of the query's map; ``pairs``: share of them that are
    landmarks of the query too; ``plain``: neither tempo nor pitch was changed, which is far
    likelier for a copy than any one of the changes that were tried."""
    share = found.pairs / max(found.landmarks, LEAST_LANDMARKS)
    plain = 1.0 if found.tempo == 1.0 and found.shift == 0.0 else 0.0
    return weights["bias"] + weights["score"] * found.score + weights["pairs"] * share + weights["plain"] * plain


def _joined(shard: Shard, query: QueryMap, group: list[Alignment], length: float) -> list[Alignment]:
    """Chains of alignments on one line, each refined over the stretch that it spans; best first."""
    chains: list[list[Alignment]] = []
    for one in sorted(group, key=lambda item: (item.begin, -item.score)):
        for chain in reversed(chains):
            if any(_continues(one, other) for other in chain[-_LINKS:]):
                chain.append(one)
                break
        else:
            chains.append([one])
    return sorted((_spanned(shard, query, chain, length) for chain in chains), key=lambda one: -one.score)


def _continues(one: Alignment, other: Alignment) -> bool:
    """Whether both lie on about the same line, close to each other in the query."""
    if abs(one.tempo / other.tempo - 1) > _SAME_TEMPO or abs(one.shift - other.shift) > _SAME_SHIFT:
        return False
    gap = max(one.begin, other.begin) - min(one.end, other.end)
    if gap > _JOIN_GAP:
        return False
    middle = (max(one.begin, other.begin) + min(one.end, other.end)) / 2
    return abs(one.at(middle) - other.at(middle)) < _SAME_LINE


def _spanned(shard: Shard, query: QueryMap, chain: list[Alignment], length: float) -> Alignment:
    """One alignment for a chain: a line through its parts, refined and scored over all of them."""
    best = max(chain, key=lambda one: one.score)
    if len(chain) == 1:
        return best
    first, last = min(chain, key=lambda one: one.begin), max(chain, key=lambda one: one.end)
    a, b = (first.begin + first.end) / 2, (last.begin + last.end) / 2
    tempo = best.tempo
    if b - a > _WINDOW / 4:
        tempo = (last.at(b) - first.at(a)) / (b - a)
    pivot = (first.begin + last.end) / 2
    place = first.at(a) + (pivot - a) * tempo
    votes = max(one.votes for one in chain)
    start, stop = max(0.0, first.begin - 80), min(length, last.end + 80)
    seed = replace(best, tempo=tempo, anchor=pivot, place=place, votes=votes)
    whole = refine.long(shard, query, seed, start, stop)
    return whole if whole.score >= _AS_GOOD * best.score else best


def _passage(shard: Shard, found: Alignment, weights: Mapping[str, float]) -> Passage:
    entry = shard.tracks[found.track]
    base = entry.base * 8

    def seconds(query: float) -> float:
        return min(max(0.0, (found.at(query) - base) / STEPS_PER_SECOND), entry.duration_s)

    return Passage(
        found.track, found.begin / STEPS_PER_SECOND, found.end / STEPS_PER_SECOND,
        seconds(found.begin), seconds(found.end), found.tempo, found.shift, raw_score(found, weights),
        found.score, found.votes, found.landmarks, found.hits, found.pairs,
    )  # fmt: skip


def _overlap(one: Passage, other: Passage) -> bool:
    """Whether two passages claim the same part of the query for overlapping parts of the reference,
    or one lies inside the other in the query."""
    common = min(one.query_end, other.query_end) - max(one.query_start, other.query_start)
    return common > 0.5 * min(one.query_end - one.query_start, other.query_end - other.query_start)
