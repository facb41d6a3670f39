"""The cascade for one window: cheap hypotheses first, all of them only when needed.

Promise: :func:`window` returns a few refined alignments. An unchanged copy that
fills its window ends the search there; everything else goes on to all tempos
and pitch shifts. In a small shard that is one step; in a large one, likelier
changes (tempo alone, playing speed, pitch alone) get budgets of their own
before all combinations share the last.
"""

from typing import Final

import numpy as np

from vault_index import refine
from vault_index.protocols import STEPS_PER_FRAME, STEPS_PER_SECOND, FeaturesLike
from vault_index.shard import Shard
from vault_index.verify import Alignment, QueryMap, query_map
from vault_index.votes import TEMPO_STEPS, TEMPOS, Lookups, Stage, Window, candidates, postings_touched

_ALL: Final = tuple(range(len(TEMPOS)))
_SAME: Final = Stage("same", (TEMPO_STEPS - 1, TEMPO_STEPS, TEMPO_STEPS + 1), "none", 300_000)
_FULL: Final = Stage("full", _ALL, "any", 1_200_000)
_BETWEEN: Final = (
    Stage("tempo", _ALL, "none", 300_000),
    Stage("speed", _ALL, "speed", 300_000),
    Stage("pitch", (TEMPO_STEPS - 1, TEMPO_STEPS, TEMPO_STEPS + 1), "any", 300_000),
)
_MOST: Final = 32
_FINE: Final = 6
_PER_TRACK: Final = 2
_SURE: Final = 12.0
_FILLED: Final = 0.85
_FOUND: Final = 0.6
_PLAIN_TEMPO: Final = 0.004
_PLAIN_SHIFT: Final = 0.3


def window(
    shard: Shard, query: FeaturesLike, start_s: float, stop_s: float, excluded: frozenset[int]
) -> list[Alignment]:
    """Refined alignments of the query between ``start_s`` and ``stop_s``, best first."""
    start, stop = start_s * STEPS_PER_SECOND, stop_s * STEPS_PER_SECOND
    low, high = np.searchsorted(query.peak_times, [start, stop])
    if high - low < 3 or query.dense is None:
        return []
    times = query.peak_times[low:high].astype(np.float64)
    lookups = Lookups(Window(times, query.peak_pitches[low:high].astype(np.float64)))
    a, b = int(start) // STEPS_PER_FRAME, int(stop) // STEPS_PER_FRAME + 1
    local = query_map(query.dense[a:b], shard.pitch_share)
    shifted = _Local(shard, lookups, local, float(a * STEPS_PER_FRAME), start, stop, excluded)
    found = shifted.run(_SAME)
    if found and _settled(found[0], stop - start):
        return found
    if postings_touched(shard, lookups, _FULL) > _FULL.budget:
        for stage in _BETWEEN:
            found += shifted.run(stage)
    found += shifted.run(_FULL)
    return _distinct(found)


def _settled(best: Alignment, length: float) -> bool:
    """Whether an unchanged copy explains the whole window, so that nothing else need be tried."""
    plain = abs(best.tempo - 1) < _PLAIN_TEMPO and abs(best.shift) < _PLAIN_SHIFT
    found = best.hits >= _FOUND * best.landmarks and best.end - best.begin >= _FILLED * length
    return plain and found and best.score >= _SURE


class _Local:
    """One window of the query, with its map starting at the window's first frame."""

    def __init__(
        self, shard: Shard, lookups: Lookups, local: QueryMap, origin: float, start: float, stop: float,
        excluded: frozenset[int],
    ) -> None:  # fmt: skip
        self._shard, self._lookups, self._map = shard, lookups, local
        self._origin, self._start, self._stop = origin, start, stop
        self._excluded = excluded

    def run(self, stage: Stage) -> list[Alignment]:
        """Candidates of one stage, the best of them refined; times from the query's start."""
        found = candidates(self._shard, self._lookups, stage, _MOST, self._excluded)
        found = found.shifted(-self._origin)
        start, stop = self._start - self._origin, self._stop - self._origin
        rough = refine.coarse(self._shard, self._map, found, start, stop)
        chosen = _distinct(rough)[:_FINE]
        exact = [refine.fine(self._shard, self._map, seed, start, stop) for seed in chosen]
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
