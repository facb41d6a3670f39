"""Drum patterns: one bar drawn per section letter, played with fills.

Pitches are the keys of ``percussion.KIT``.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from vault_models.compose.score import Event, Score, Section

KICK, SNARE, HAT, OPEN, CLAP, TOM, SHAKER = 36, 38, 42, 46, 39, 45, 70
# Chance of a hit on each sixteenth of a beat group: (on the beat, off sixteenth, on the half, off sixteenth).
_FEELS: dict[str, dict[int, tuple[float, float, float, float]]] = {
    "four": {KICK: (1.0, 0.0, 0.05, 0.02), CLAP: (0.0, 0.0, 0.0, 0.04), HAT: (0.3, 0.3, 0.9, 0.3),
             OPEN: (0.0, 0.0, 0.4, 0.0)},
    "rock": {KICK: (0.5, 0.03, 0.25, 0.08), SNARE: (0.0, 0.03, 0.02, 0.05), HAT: (0.95, 0.05, 0.9, 0.1)},
    "break": {KICK: (0.4, 0.1, 0.3, 0.15), SNARE: (0.0, 0.12, 0.05, 0.15), HAT: (0.8, 0.4, 0.8, 0.4)},
    "soft": {KICK: (0.4, 0.0, 0.1, 0.0), SHAKER: (0.8, 0.2, 0.8, 0.2), SNARE: (0.0, 0.0, 0.0, 0.05)},
    "tribal": {TOM: (0.6, 0.25, 0.4, 0.3), KICK: (0.6, 0.0, 0.1, 0.05), SHAKER: (0.5, 0.3, 0.5, 0.3)},
}  # fmt: skip
FEELS = tuple(_FEELS)


def draw_bar(rng: Generator, feel: str, meter: int) -> list[Event]:
    """One bar of drums: ``feel`` biases it, the generator decides."""
    events: list[Event] = []
    backbeat = SNARE if feel != "four" else CLAP
    for slot in range(meter * 4):
        beat = slot / 4
        for drum, chances in _FEELS[feel].items():
            if rng.random() < chances[slot % 4] or (drum == KICK and slot == 0):
                events.append(Event(beat, 0.2, drum, float(rng.uniform(0.45, 0.95))))
        if slot % 4 == 0 and (slot // 4) % 2 == 1 and feel != "tribal" and rng.random() < 0.9:
            events.append(Event(beat, 0.2, backbeat, float(rng.uniform(0.75, 1.0))))
    return events


def play_drums(rng: Generator, bar: list[Event], score: Score, section: Section) -> list[Event]:
    """The bar through the section, with small changes and a fill at its end."""
    events: list[Event] = []
    for index in range(section.bars):
        start = section.beat + index * score.meter
        fill_from = score.meter - 1.0 if index == section.bars - 1 and rng.random() < 0.7 else float(score.meter)
        events += [
            Event(start + e.beat, e.beats, e.pitch, e.velocity * section.intensity)
            for e in bar
            if e.beat < fill_from and rng.random() > 0.03
        ]
        for offset in np.arange(fill_from, score.meter, float(rng.choice([0.25, 0.5]))):
            drum = int(rng.choice([SNARE, TOM, TOM, KICK]))
            events.append(Event(start + float(offset), 0.2, drum, float(rng.uniform(0.6, 1.0))))
    return [e for e in events if e.beat < score.total_beats]
