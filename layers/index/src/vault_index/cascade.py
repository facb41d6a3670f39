"""The cascade for one window: cheap hypotheses first, all of them only when needed.

Promise: :func:`window` returns a few refined alignments. An unchanged copy that
fills its window ends the search there; everything else goes on to all tempos
and pitch shifts. In a small shard that is one step; in a large one, likelier
changes (tempo alone, playing speed, pitch alone) get budgets of their own
before all combinations share the last.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vault_index import coincidence, refine
from vault_index.protocols import STEPS_PER_BIN, STEPS_PER_FRAME, STEPS_PER_SECOND, FeaturesLike
from vault_index.shard import Shard
from vault_index.verify import Alignment, QueryMap, landmarks_near, pairs, query_map
from vault_index.votes import TEMPOS, UNCHANGED, Candidates, Lookups, Stage, Window, candidates, postings_touched

_ALL: Final = tuple(range(len(TEMPOS)))
_NEAR: Final = (UNCHANGED - 1, UNCHANGED, UNCHANGED + 1)
_SAME: Final = Stage("same", _NEAR, "none", 300_000, most=8)
_MIXED: Final = Stage("mixed", (UNCHANGED,), "none", 300_000, followers=10, most=12)
_FULL: Final = Stage("full", _ALL, "any", 1_500_000)
_BETWEEN: Final = (
    Stage("tempo", _ALL, "none", 300_000, probe=False, most=12),
    Stage("speed", _ALL, "speed", 300_000, probe=False, most=12),
    Stage("pitch", _NEAR, "any", 300_000, probe=False, most=12),
)
_LEAST_LANDMARKS: Final = 3
_LARGE: Final = 2  # times the budget: then likelier changes get budgets of their own
_FINE: Final = 5
_PER_TRACK: Final = 2
_SURE: Final = 12.0
_SURE_PAIRS: Final = 0.4
_REST_SHARE: Final = 0.35
_REST_LEAST: Final = 12
_SECOND_SHARE: Final = 0.06
_PLAIN_TEMPO: Final = 0.004
_PLAIN_SHIFT: Final = 0.3


def window(
    shard: Shard,
    query: FeaturesLike,
    start_s: float,
    stop_s: float,
    excluded: frozenset[int],
    before: Sequence[Alignment] = (),
) -> list[Alignment]:
    """Refined alignments of the query between ``start_s`` and ``stop_s``, best first.

    ``before`` are those of the window before: a passage that goes on is followed, not looked for again."""
    start, stop = start_s * STEPS_PER_SECOND, stop_s * STEPS_PER_SECOND
    low, high = np.searchsorted(query.peak_times, [start, stop])
    if high - low < _LEAST_LANDMARKS:
        return []
    local = query_map(query, shard.pitch_share, start, stop)
    origin = float(int(start) // STEPS_PER_FRAME * STEPS_PER_FRAME)
    run = _Run(shard, local, origin, start, stop, excluded)
    lookups = Lookups(Window(local.times, local.pitches * STEPS_PER_BIN))
    found = run.followed(before)
    if not found:
        found = run.stage(lookups, _SAME)
    sure = [one for one in found if _certain(one) and (one.follows or _unchanged(one))]
    if sure:
        rest = run.unexplained(sure)
        if np.count_nonzero(rest) >= _SECOND_SHARE * len(rest):
            known = frozenset(one.track for one in sure)
            found += run.stage(lookups, _MIXED, known) + run.coinciding(lookups, known)
        if np.count_nonzero(rest) < max(_REST_LEAST, _REST_SHARE * len(rest)):
            return _distinct(found)
        lookups = Lookups(Window(local.times[rest], local.pitches[rest] * STEPS_PER_BIN))
    else:
        found += run.stage(lookups, _MIXED) + run.coinciding(lookups)
    if postings_touched(shard, lookups, _FULL) > _LARGE * _FULL.budget:
        for stage in _BETWEEN:
            found += run.stage(lookups, stage)
    found += run.stage(lookups, _FULL)
    return _distinct(found)


def _certain(best: Alignment) -> bool:
    """Whether the alignment is there beyond doubt, so that its landmarks need no other explanation."""
    return best.score >= _SURE and best.pairs >= _SURE_PAIRS * best.landmarks


def _unchanged(best: Alignment) -> bool:
    return abs(best.tempo - 1) < _PLAIN_TEMPO and abs(best.shift) < _PLAIN_SHIFT


class _Run:
    """One window of the query; alignments come out with times from the query's start."""

    def __init__(
        self, shard: Shard, local: QueryMap, origin: float, start: float, stop: float, excluded: frozenset[int]
    ) -> None:
        self._shard, self._map, self._origin = shard, local, origin
        self._start, self._stop = start - origin, stop - origin
        self._excluded = excluded

    def followed(self, before: Sequence[Alignment]) -> list[Alignment]:
        """Sure alignments of the window before that go on in this one."""
        out = []
        for one in before:
            if not _certain(one) or one.track in self._excluded:
                continue
            middle = (self._start + self._stop) / 2 + self._origin
            seed = replace(one, place=one.at(middle), anchor=middle, follows=True).shifted(-self._origin)
            here = refine.fine(self._shard, self._map, seed, self._start, self._stop)
            if _certain(here):
                out.append(here.shifted(self._origin))
        return _distinct(out)

    def unexplained(self, found: Sequence[Alignment]) -> NDArray[np.bool_]:
        """Which landmarks of the query are in none of the alignments: other music mixed in or joined on."""
        rest = np.ones(len(self._map.cells), np.bool_)
        for one in (each.shifted(-self._origin) for each in found):
            before, after = one.anchor * one.tempo, (self._stop - one.anchor) * one.tempo
            marks = landmarks_near(self._shard, one.track, one.place, before, after)
            rest[pairs(self._map, marks, one.anchor, one.tempo, one.shift)[1]] = False
        return rest

    def stage(self, lookups: Lookups, stage: Stage, besides: frozenset[int] = frozenset()) -> list[Alignment]:
        """Candidates of one stage, the best of them refined; tracks in ``besides`` are known already."""
        return self._refined(candidates(self._shard, lookups, stage, self._excluded | besides))

    def coinciding(self, lookups: Lookups, besides: frozenset[int] = frozenset()) -> list[Alignment]:
        """Unchanged copies that only single landmarks show, where the shard is small enough to ask."""
        excluded = self._excluded | besides
        found = coincidence.candidates(self._shard, coincidence.by_pitch(self._shard), lookups.window, excluded)
        return [] if found is None else self._refined(found)

    def _refined(self, found: Candidates) -> list[Alignment]:
        rough = refine.coarse(self._shard, self._map, found, self._start, self._stop)
        chosen = _distinct(rough)[:_FINE]
        exact = [refine.fine(self._shard, self._map, seed, self._start, self._stop) for seed in chosen]
        return _distinct([found.shifted(self._origin) for found in exact])


def _distinct(found: list[Alignment]) -> list[Alignment]:
    """Best first; of alignments that say nearly the same, the best; at most a few per track."""
    kept: list[Alignment] = []
    count: dict[int, int] = {}
    for one in sorted(found, key=lambda item: (-item.score, item.track, item.place)):
        if count.get(one.track, 0) >= _PER_TRACK or any(one.near(other) for other in kept):
            continue
        kept.append(one)
        count[one.track] = count.get(one.track, 0) + 1
    return kept
