"""The cascade for one window: cheap hypotheses first, all of them only when needed.

Promise: :func:`window` returns a few refined alignments for every ten seconds.
What an unchanged copy explains is not looked up again; everything else goes on
to all tempos and pitch shifts. In a small shard that is one step; in a large
one, likelier changes (tempo alone, playing speed, pitch alone) get budgets of
their own before all combinations share the last.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
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
_SAME: Final = Stage("same", _NEAR, "none", 800_000, most=8)
_MIXED: Final = Stage("mixed", (UNCHANGED,), "none", 800_000, followers=10, most=12)
_FULL: Final = Stage("full", _ALL, "any", 1_000_000)
_BETWEEN: Final = (
    Stage("tempo", _ALL, "none", 700_000, probe=False, most=12),
    Stage("speed", _ALL, "speed", 700_000, probe=False, most=12),
    Stage("pitch", _NEAR, "any", 300_000, probe=False, most=12),
)
_LEAST_LANDMARKS: Final = 3
_LARGE: Final = 3  # times the budget: then likelier changes get budgets of their own
_FINE: Final = 5
_FEWEST: Final = 4  # candidates and refinements in however small a part of the index
_FEWEST_FINE: Final = 2
_PER_TRACK: Final = 2
_LEAST_COARSE: Final = 2.0
_SURE: Final = 12.0
_SURE_PAIRS: Final = 0.4
_REST_SHARE: Final = 0.35
_REST_LEAST: Final = 12
_SECOND_SHARE: Final = 0.06
_PLAIN_TEMPO: Final = 0.004
_PLAIN_SHIFT: Final = 0.3
_REACH: Final = 5 * STEPS_PER_SECOND  # either side of a candidate's anchor: where it is refined
_SHORT: Final = 12.5 * STEPS_PER_SECOND  # a window this short is taken whole
_UNIT: Final = 10.0 * STEPS_PER_SECOND  # what budgets and numbers of candidates are stated for
_THREADS: Final = 2

_Search = Callable[[], Candidates | None]


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
    with ThreadPoolExecutor(_THREADS) as pool:  # candidates are found outside the interpreter's lock
        list(pool.map(lambda run: run.first(lookups), runs))
        rest = np.logical_and.reduce([run.unexplained() for run in runs])
        searches = list(_searches(runs, lookups, rest, pool))
        for run, found in zip((run for run, _ in searches), pool.map(lambda one: one[1](), searches), strict=True):
            run.refine(found)
    return [run.best() for run in runs]


def common_share(shards: Sequence[Shard]) -> NDArray[np.float32]:
    """How often the landmarks of all shards lie in each bin."""
    sizes = np.array([len(shard.landmarks) for shard in shards], np.float32)
    share = np.stack([shard.pitch_share for shard in shards])
    return np.asarray((sizes @ share) / max(1.0, float(sizes.sum())), np.float32)


def _portions(shards: Sequence[Shard]) -> list[float]:
    """Each shard's part of all postings."""
    total = max(1, sum(len(shard.postings) for shard in shards))
    return [len(shard.postings) / total for shard in shards]


def _unknown(lookups: Lookups, rest: NDArray[np.bool_]) -> Lookups | None:
    """What is still to be looked up: landmarks that nothing explains, in blocks of the query where they are many."""
    if rest.all():
        return lookups
    window, blocks = lookups.window, lookups.window.blocks
    share = np.bincount(blocks, rest) / np.maximum(np.bincount(blocks), 1)
    kept = rest & (share >= _REST_SHARE)[blocks]
    if np.count_nonzero(kept) < _REST_LEAST:
        return None
    return Lookups(Window(window.times[kept], window.pitches[kept]))


def _searches(
    runs: Sequence["_Run"], lookups: Lookups, rest: NDArray[np.bool_], pool: ThreadPoolExecutor
) -> Iterator[tuple["_Run", _Search]]:
    """What is still to be done after unchanged copies: buried ones, then all tempos and pitch shifts.

    In a large index likelier changes come first, with budgets of their own."""
    if np.count_nonzero(rest) >= _SECOND_SHARE * len(rest):
        for run in runs:
            yield from ((run, search) for search in run.buried(lookups))
    unknown = _unknown(lookups, rest)
    if unknown is None:
        return
    touched = sum(pool.map(lambda run: postings_touched(run.shard, unknown, run.budgeted(_FULL)), runs))
    for run in runs:
        if touched > _LARGE * _FULL.budget * run.units:
            yield from ((run, partial(run.candidates, unknown, stage)) for stage in _BETWEEN)
        yield run, partial(run.candidates, unknown, _FULL)


def _certain(best: Alignment) -> bool:
    """Whether the alignment is there beyond doubt, so that its landmarks need no other explanation."""
    return best.score >= _SURE and best.pairs >= _SURE_PAIRS * best.landmarks


def _unchanged(best: Alignment) -> bool:
    return abs(best.tempo - 1) < _PLAIN_TEMPO and abs(best.shift) < _PLAIN_SHIFT


class _Run:
    """One window of the query in one shard; times count from the map's first frame until :meth:`best`."""

    def __init__(
        self, shard: Shard, portion: float, local: QueryMap, origin: float, start: float, stop: float,
        excluded: frozenset[int], before: Sequence[Alignment],
    ) -> None:  # fmt: skip
        self.shard, self._portion, self._map, self._origin = shard, portion, local, origin
        self._start, self._stop = start - origin, stop - origin
        self._excluded, self._before = excluded, before
        self.units = max(1.0, (stop - start) / _UNIT)
        """The window's length in the unit of budgets."""
        self._found: list[Alignment] = []
        self._sure: list[Alignment] = []

    def best(self) -> list[Alignment]:
        """What was found, best first, timed from the query's start."""
        return [one.shifted(self._origin) for one in self._found]

    def first(self, lookups: Lookups) -> None:
        """What goes on from the window before, and unchanged copies."""
        self._found = self._followed()
        self.refine(self.candidates(lookups, _SAME))
        for one in self._found:
            plain = _certain(one) and (one.follows or _unchanged(one))
            if plain and not any(one.near(other) for other in self._sure):
                self._sure.append(self._along(one))
        self._found = self._distinct(self._found + self._sure)

    def _followed(self) -> list[Alignment]:
        """Passages of the window before, looked for at the start of this one."""
        start, stop = self._around(self._start)
        middle, out = (start + stop) / 2, []
        for one in (each.shifted(-self._origin) for each in self._before):
            if _certain(one) and one.track not in self._excluded:
                seed = replace(one, place=one.at(middle), anchor=middle, follows=True)
                out.append(refine.fine(self.shard, self._map, seed, start, stop))
        return self._distinct([one for one in out if _certain(one)])

    def _around(self, anchor: float) -> tuple[float, float]:
        """The stretch of the query in which a candidate is refined."""
        if self._stop - self._start <= _SHORT:
            return self._start, self._stop
        start = min(max(self._start, anchor - _REACH), self._stop - 2 * _REACH)
        return start, start + 2 * _REACH

    def _along(self, one: Alignment) -> Alignment:
        """A sure alignment over all of the window that it explains."""
        whole = refine.extended(self.shard, self._map, one, self._stop)
        if whole.end - whole.begin <= _SHORT:
            return whole
        return refine.long(self.shard, self._map, whole, whole.begin, whole.end)

    def unexplained(self) -> NDArray[np.bool_]:
        """Which landmarks of the query are in no sure alignment: other music mixed in or joined on."""
        rest = np.ones(len(self._map.cells), np.bool_)
        for one in self._sure:
            before, after = (one.anchor - one.begin) * one.tempo + 1, (one.end - one.anchor) * one.tempo + 1
            marks = landmarks_near(self.shard, one.track, one.place, before, after)
            rest[pairs(self._map, marks, one.anchor, one.tempo, one.shift)[1]] = False
        return rest

    def candidates(self, lookups: Lookups, stage: Stage, besides: frozenset[int] = frozenset()) -> Candidates:
        """What one stage finds; in a small part of the index, fewer."""
        most = max(_FEWEST, round(stage.most * self._portion * self.units))
        return candidates(self.shard, lookups, self.budgeted(stage), self._excluded | besides, most)

    def budgeted(self, stage: Stage) -> Stage:
        """The stage with this run's part of its budget."""
        return replace(stage, budget=int(stage.budget * self._portion * self.units) + 1)

    def buried(self, lookups: Lookups) -> Iterator[_Search]:
        """Searches for unchanged copies under something louder: more followers, single landmarks if there is time."""
        known = frozenset(one.track for one in self._sure)
        yield partial(self.candidates, lookups, _MIXED, known)
        sorted_, others = coincidence.by_pitch(self.shard), self._excluded | known
        for part in _tens(lookups.window):
            yield partial(coincidence.candidates, self.shard, sorted_, part, others, self._portion)

    def refine(self, found: Candidates | None) -> None:
        """The best candidates moved to their exact places, and kept among what was found."""
        if found is None:
            return
        rough = [
            refine.coarse(self.shard, self._map, found, row, *self._around(float(found.anchor[row])))
            for row in range(len(found.anchor))
        ]
        most = max(_FEWEST_FINE, round(_FINE * self._portion * self.units))
        chosen = [one for one in self._distinct(rough)[:most] if one.score >= _LEAST_COARSE]
        exact = [refine.fine(self.shard, self._map, seed, *self._around(seed.anchor)) for seed in chosen]
        self._found = self._distinct(self._found + [one for one in exact if one.score >= refine.WORTH])

    def _distinct(self, found: list[Alignment]) -> list[Alignment]:
        """Best first; of alignments that say nearly the same, the best; at most a few per track."""
        kept: list[Alignment] = []
        count: dict[int, int] = {}
        for one in sorted(found, key=lambda item: (-item.score, item.track, item.place)):
            if count.get(one.track, 0) >= _PER_TRACK * self.units or any(one.near(other) for other in kept):
                continue
            kept.append(one)
            count[one.track] = count.get(one.track, 0) + 1
        return kept


def _tens(window: Window) -> Iterator[Window]:
    """The window in parts of ten seconds."""
    if len(window.times) == 0 or window.times[-1] <= _SHORT:
        yield window
        return
    part = np.floor_divide(window.times, _UNIT)
    for number in np.unique(part):
        yield Window(window.times[part == number], window.pitches[part == number])
