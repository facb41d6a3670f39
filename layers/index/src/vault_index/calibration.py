"""From raw scores to one scale defined by measured false positives.

Promise: similarity 0.4, 0.7 and 0.9 are where 1, 0.1 and 0.01 % of unrelated
queries score against a catalogue of the size at hand. The file that says so is
versioned, carries its measurements and bounds, and is named in every decision.

Model: the best score of an unrelated query has an exponential upper tail that
depends on the query's length and on the catalogue's (audio compared). Both were
measured at a few lengths; between them the tails are interpolated. Each e-fold
of catalogue beyond the longest moves the tail up by its scale. A catalogue
shorter than the shortest is judged as if it had that length: false positives
are then fewer than stated, never more. ``docs/formats/calibration.md``.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from itertools import pairwise
from typing import Any, Final

from vault_domain.errors import Corrupt

FORMAT: Final = 2
_POINTS: Final = ((0.0, 0.0), (1.0, 0.2), (2.0, 0.4), (3.0, 0.7), (4.0, 0.9), (6.0, 0.98), (9.0, 0.999))
"""Similarity at each power of ten of rarity: 2.0 is one false positive in a hundred."""


@dataclass(frozen=True)
class Tail:
    """Unrelated queries of one length: P(best > x) = share * exp(-(x - start) / scale) above ``start``."""

    query_s: float
    start: float
    share: float
    scale: float
    median: float


@dataclass(frozen=True)
class Catalogue:
    """What was measured against one length of catalogue: tails by query length, shortest first."""

    catalogue_s: float
    tails: tuple[Tail, ...]

    def tail(self, query_s: float) -> Tail:
        """The tail of queries of this length."""
        if query_s <= self.tails[0].query_s:
            return self.tails[0]
        for low, high in pairwise(self.tails):
            if query_s <= high.query_s:
                return _between(low, high, math.log(query_s / low.query_s) / math.log(high.query_s / low.query_s))
        return self.tails[-1]


@dataclass(frozen=True)
class Calibration:
    """A loaded calibration; ``weights`` make the raw score of an alignment, ``catalogues`` its meaning."""

    version: str
    settings: int
    weights: dict[str, float]
    catalogues: tuple[Catalogue, ...]
    measurements: dict[str, Any]

    def rarity(self, raw: float, query_s: float, catalogue_s: float) -> float:
        """Minus log10 of the share of unrelated queries that score at least ``raw``."""
        tail = self._tail(query_s, catalogue_s)
        longest = self.catalogues[-1].catalogue_s
        shift = tail.scale * math.log(max(catalogue_s, longest) / longest)
        above = raw - shift - tail.start
        if above >= 0:
            return -math.log10(tail.share) + above / (tail.scale * math.log(10))
        slope = (tail.start - tail.median) / max(1e-9, math.log10(0.5 / tail.share))
        return max(0.0, -math.log10(tail.share) + above / max(slope, 1e-9))

    def similarity(self, raw: float, query_s: float, catalogue_s: float) -> float:
        """The calibrated score in [0, 1]."""
        return from_rarity(self.rarity(raw, query_s, catalogue_s))

    def _tail(self, query_s: float, catalogue_s: float) -> Tail:
        # Below the shortest length nothing was measured, and the tail's scale would promise far too much: against
        # sixteen seconds of audio it made every second unrelated query look like one in thirty.
        if catalogue_s <= self.catalogues[0].catalogue_s:
            return self.catalogues[0].tail(query_s)
        for low, high in pairwise(self.catalogues):
            if catalogue_s <= high.catalogue_s:
                part = math.log(catalogue_s / low.catalogue_s) / math.log(high.catalogue_s / low.catalogue_s)
                return _between(low.tail(query_s), high.tail(query_s), part)
        return self.catalogues[-1].tail(query_s)


def _between(low: Tail, high: Tail, part: float) -> Tail:
    def mix(a: float, b: float) -> float:
        return a + (b - a) * part

    return Tail(
        mix(low.query_s, high.query_s), mix(low.start, high.start), mix(low.share, high.share),
        mix(low.scale, high.scale), mix(low.median, high.median),
    )  # fmt: skip


def from_rarity(rarity: float) -> float:
    """Similarity of an event that one unrelated query in ``10 ** rarity`` reaches."""
    for (x0, y0), (x1, y1) in pairwise(_POINTS):
        if rarity <= x1:
            return y0 + (y1 - y0) * max(0.0, rarity - x0) / (x1 - x0)
    return 1.0 - 0.001 * 10 ** (_POINTS[-1][0] - rarity)


def parse(data: bytes, name: str = "calibration") -> Calibration:
    """A calibration from its JSON bytes, or :class:`Corrupt`."""
    try:
        raw = json.loads(data)
        if raw["format"] != FORMAT:
            raise ValueError("format")
        made = Calibration(
            str(raw["version"]), int(raw["settings"]), {str(k): float(v) for k, v in raw["weights"].items()},
            tuple(_catalogue(one) for one in raw["catalogues"]), dict(raw["measurements"]),
        )  # fmt: skip
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Corrupt(f"The file {name} is not a calibration of format {FORMAT}.", part=name) from error
    lengths = [one.catalogue_s for one in made.catalogues]
    if not (lengths and lengths[0] > 0 and _rising(lengths) and all(_sane(one.tails) for one in made.catalogues)):
        raise Corrupt(f"The calibration {name} holds impossible tails.", part=name)
    return made


def _catalogue(raw: dict[str, Any]) -> Catalogue:
    fields = ("query_s", "start", "share", "scale", "median")
    tails = tuple(Tail(*(float(tail[field]) for field in fields)) for tail in raw["tails"])
    return Catalogue(float(raw["catalogue_s"]), tails)


def _rising(lengths: Sequence[float]) -> bool:
    return all(a < b for a, b in pairwise(lengths))


def _sane(tails: Sequence[Tail]) -> bool:
    possible = all(t.scale > 0 and 0 < t.share < 0.5 and t.median < t.start and t.query_s > 0 for t in tails)
    return bool(tails) and possible and _rising([tail.query_s for tail in tails])


@lru_cache(maxsize=1)
def builtin() -> Calibration:
    """The calibration that ships with this package."""
    data = resources.files("vault_index").joinpath("calibration.json").read_bytes()
    return parse(data, "calibration.json")
