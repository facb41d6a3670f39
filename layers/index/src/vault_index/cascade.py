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
_FEWEST: Final = 4  # candidates and refinements in however small a part of the index
_FEWEST_FINE: Final = 2
_PER_TRACK: Final = 2
_SURE: Final = 12.0
_SURE_PAIRS: Final = 0.4
_REST_SHARE: Final = 0.35
_REST_LEAST: Final = 12
_SECOND_SHARE: Final = 0.06
_PLAIN_TEMPO: Final = 0.004
_PLAIN_SHIFT: Final = 0.3


def window(
    shards: Sequence[Shard],
    query: FeaturesLike,
    start_s: float,
    stop_s: float,
    excluded: Sequence[frozenset[int]],
    before: Sequence[Sequence[Alignment]],
) -> list[list[Alignment]]:
    """For each shard, refined alignments of the query between ``start_s`` and ``stop_s``, best first.

    ``excluded`` tracks are left out. ``before`` are the alignments of the window before: a passage
    that goes on is followed, not looked for again. Shards share the budgets by their size."""
    start, stop = start_s * STEPS_PER_SECOND, stop_s * STEPS_PER_SECOND
    low, high = np.searchsorted(query.peak_times, [start, stop])
    if high - low < _LEAST_LANDMARKS:
        return [[] for _ in shards]
    local = query_map(query, common_share(shards), start, stop)
    origin = float(int(start) // STEPS_PER_FRAME * STEPS_PER_FRAME)
    lookups = Lookups(Window(local.times, local.pitches * STEPS_PER_BIN))
    parts = zip(shards, _portions(shards), excluded, before, strict=True)
    runs = [_Run(shard, part, local, origin, start, stop, out, seen) for shard, part, out, seen in parts]
    for run in runs:
        run.first(lookups)
    if not any(run.sure for run in runs):
        for run in runs:
            run.buried(lookups)
        _everything(runs, lookups)
        return [_distinct(run.found) for run in runs]
    rest = np.logical_and.reduce([run.unexplained() for run in runs])
    if np.count_nonzero(rest) >= _SECOND_SHARE * len(rest):
        for run in runs:
            run.buried(lookups)
    if np.count_nonzero(rest) >= max(_REST_LEAST, _REST_SHARE * len(rest)):
        _everything(runs, Lookups(Window(local.times[rest], local.pitches[rest] * STEPS_PER_BIN)))
    return [_distinct(run.found) for run in runs]


def common_share(shards: Sequence[Shard]) -> NDArray[np.float32]:
    """How often the landmarks of all shards lie in each bin."""
    sizes = np.array([len(shard.landmarks) for shard in shards], np.float32)
    share = np.stack([shard.pitch_share for shard in shards])
    return np.asarray((sizes @ share) / max(1.0, float(sizes.sum())), np.float32)


def _portions(shards: Sequence[Shard]) -> list[float]:
    """Each shard's part of all postings."""
    total = max(1, sum(len(shard.postings) for shard in shards))
    return [len(shard.postings) / total for shard in shards]


def _everything(runs: Sequence["_Run"], lookups: Lookups) -> None:
    """All tempos and pitch shifts; in a large index likelier changes first, with budgets of their own."""
    touched = sum(postings_touched(run.shard, lookups, _FULL) for run in runs)
    for run in runs:
        if touched > _LARGE * _FULL.budget:
            for stage in _BETWEEN:
                run.stage(lookups, stage)
        run.stage(lookups, _FULL)


def _certain(best: Alignment) -> bool:
    """Whether the alignment is there beyond doubt, so that its landmarks need no other explanation."""
    return best.score >= _SURE and best.pairs >= _SURE_PAIRS * best.landmarks


def _unchanged(best: Alignment) -> bool:
    return abs(best.tempo - 1) < _PLAIN_TEMPO and abs(best.shift) < _PLAIN_SHIFT


class _Run:
    """One window of the query in one shard; ``found`` collects alignments, timed from the query's start."""

    def __init__(
        self, shard: Shard, portion: float, local: QueryMap, origin: float, start: float, stop: float,
        excluded: frozenset[int], before: Sequence[Alignment],
    ) -> None:  # fmt: skip
        self.shard, self._portion, self._map, self._origin = shard, portion, local, origin
        self._start, self._stop = start - origin, stop - origin
        self._excluded, self._before = excluded, before
        self.found: list[Alignment] = []
        self.sure: list[Alignment] = []

    def first(self, lookups: Lookups) -> None:
        """What goes on from the window before, else unchanged copies."""
        self.found = self._followed()
        if not self.found:
            self.stage(lookups, _SAME)
        self.sure = [one for one in self.found if _certain(one) and (one.follows or _unchanged(one))]

    def _followed(self) -> list[Alignment]:
        out = []
        for one in self._before:
            if not _certain(one) or one.track in self._excluded:
                continue
            middle = (self._start + self._stop) / 2 + self._origin
            seed = replace(one, place=one.at(middle), anchor=middle, follows=True).shifted(-self._origin)
            here = refine.fine(self.shard, self._map, seed, self._start, self._stop)
            if _certain(here):
                out.append(here.shifted(self._origin))
        return _distinct(out)

    def unexplained(self) -> NDArray[np.bool_]:
        """Which landmarks of the query are in no sure alignment: other music mixed in or joined on."""
        rest = np.ones(len(self._map.cells), np.bool_)
        for one in (each.shifted(-self._origin) for each in self.sure):
            before, after = one.anchor * one.tempo, (self._stop - one.anchor) * one.tempo
            marks = landmarks_near(self.shard, one.track, one.place, before, after)
            rest[pairs(self._map, marks, one.anchor, one.tempo, one.shift)[1]] = False
        return rest

    def stage(self, lookups: Lookups, stage: Stage, besides: frozenset[int] = frozenset()) -> None:
        """Candidates of one stage, the best of them refined; in a small part of the index, fewer."""
        own = replace(
            stage, budget=int(stage.budget * self._portion) + 1, most=max(_FEWEST, round(stage.most * self._portion))
        )
        self._refine(candidates(self.shard, lookups, own, self._excluded | besides))

    def buried(self, lookups: Lookups) -> None:
        """Unchanged copies under something louder: more followers, and single landmarks where there is time."""
        known = frozenset(one.track for one in self.sure)
        self.stage(lookups, _MIXED, known)
        sorted_ = coincidence.by_pitch(self.shard)
        found = coincidence.candidates(self.shard, sorted_, lookups.window, self._excluded | known, self._portion)
        if found is not None:
            self._refine(found)

    def _refine(self, found: Candidates) -> None:
        rough = refine.coarse(self.shard, self._map, found, self._start, self._stop)
        chosen = _distinct(rough)[: max(_FEWEST_FINE, round(_FINE * self._portion))]
        exact = [refine.fine(self.shard, self._map, seed, self._start, self._stop) for seed in chosen]
        self.found = _distinct(self.found + [one.shifted(self._origin) for one in exact])


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
