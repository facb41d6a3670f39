"""From raw scores to one scale defined by measured false positives.

Promise: similarity 0.4, 0.7 and 0.9 are where 1, 0.1 and 0.01 % of unrelated
queries score against a catalogue of the size at hand. The file that says so is
versioned, carries its measurements and bounds, and is named in every decision.

Model: the best score of an unrelated query has an exponential upper tail whose
start depends on the query's length; each e-fold of catalogue (audio compared)
beyond the measured one moves it up by one tail scale. A smaller catalogue is
judged as if it had the measured size: false positives are then fewer than
stated, never more. ``docs/formats/calibration.md``.
"""

import json
import math
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from itertools import pairwise
from typing import Any, Final

from vault_domain.errors import Corrupt

FORMAT: Final = 1
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
class Calibration:
    """A loaded calibration; ``weights`` make the raw score of an alignment, ``tails`` its meaning."""

    version: str
    settings: int
    catalogue_s: float
    weights: dict[str, float]
    tails: tuple[Tail, ...]
    measurements: dict[str, Any]

    def rarity(self, raw: float, query_s: float, catalogue_s: float) -> float:
        """Minus log10 of the share of unrelated queries that score at least ``raw``."""
        tail = self._tail(query_s)
        # Down from the measured size nothing was measured, and the tail's scale would promise far too much: against
        # sixteen seconds of audio it made every second unrelated query look like one in thirty.
        shift = tail.scale * math.log(max(catalogue_s, self.catalogue_s) / self.catalogue_s)
        above = raw - shift - tail.start
        if above >= 0:
            return -math.log10(tail.share) + above / (tail.scale * math.log(10))
        slope = (tail.start - tail.median) / max(1e-9, math.log10(0.5 / tail.share))
        return max(0.0, -math.log10(tail.share) + above / max(slope, 1e-9))

    def similarity(self, raw: float, query_s: float, catalogue_s: float) -> float:
        """The calibrated score in [0, 1]."""
        return from_rarity(self.rarity(raw, query_s, catalogue_s))

    def _tail(self, query_s: float) -> Tail:
        tails = self.tails
        if query_s <= tails[0].query_s:
            return tails[0]
        for low, high in pairwise(tails):
            if query_s <= high.query_s:
                part = math.log(query_s / low.query_s) / math.log(high.query_s / low.query_s)
                return _between(low, high, part, query_s)
        return tails[-1]


def _between(low: Tail, high: Tail, part: float, query_s: float) -> Tail:
    def mix(a: float, b: float) -> float:
        return a + (b - a) * part

    return Tail(
        query_s, mix(low.start, high.start), mix(low.share, high.share), mix(low.scale, high.scale),
        mix(low.median, high.median),
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
        tails = tuple(
            Tail(float(t["query_s"]), float(t["start"]), float(t["share"]), float(t["scale"]), float(t["median"]))
            for t in raw["tails"]
        )
        made = Calibration(
            str(raw["version"]), int(raw["settings"]), float(raw["catalogue_s"]),
            {str(k): float(v) for k, v in raw["weights"].items()}, tails, dict(raw["measurements"]),
        )  # fmt: skip
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Corrupt(f"The file {name} is not a calibration of format {FORMAT}.", part=name) from error
    ordered = all(a.query_s < b.query_s for a, b in pairwise(tails))
    sane = all(t.scale > 0 and 0 < t.share < 0.5 and t.median < t.start and t.query_s > 0 for t in tails)
    if not (tails and ordered and sane and made.catalogue_s > 0):
        raise Corrupt(f"The calibration {name} holds impossible tails.", part=name)
    return made


@lru_cache(maxsize=1)
def builtin() -> Calibration:
    """The calibration that ships with this package."""
    data = resources.files("vault_index").joinpath("calibration.json").read_bytes()
    return parse(data, "calibration.json")
