"""Accompaniment: what a part plays under a melody, chord by chord.

A ``Figure`` is drawn once for a part and a section letter and then applied to
every chord of that section: that is how real accompaniments repeat.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from vault_models.compose.score import Chord, Event, Score, Section

FIGURES = ("sustain", "drone", "block", "strum", "offbeat", "arpeggio", "roots", "octaves", "walk")


@dataclass(frozen=True, slots=True)
class Figure:
    """One way of playing chords; ``hits`` are onsets within a bar, in beats."""

    kind: str
    hits: tuple[float, ...]
    order: tuple[int, ...]
    grid: float
    gate: float
    spread: int
    accents: tuple[float, ...]


def draw_figure(rng: Generator, kind: str, meter: int) -> Figure:
    """Draw the particulars of a figure of this ``kind``."""
    if kind not in FIGURES:
        raise ValueError(f"unknown accompaniment figure {kind!r}; known: {', '.join(FIGURES)}")
    slots = np.arange(0, meter, 0.5)
    mask = rng.random(len(slots)) < rng.uniform(0.25, 0.75)
    mask[0] = True
    length = int(rng.integers(3, 9))
    return Figure(
        kind=kind,
        hits=tuple(float(s) for s in slots[mask]),
        order=tuple(int(v) for v in rng.integers(0, 6, length)) if rng.random() < 0.5 else _ordered(rng, length),
        grid=float(rng.choice([0.25, 0.5, 0.5, 1 / 3])),
        gate=float(rng.uniform(0.4, 1.0)),
        spread=int(rng.choice([0, 0, 1])),
        accents=tuple(float(v) for v in rng.uniform(0.55, 1.0, 4)),
    )


def _ordered(rng: Generator, length: int) -> tuple[int, ...]:
    up = list(range(length // 2 + 1))
    shapes = (up, up[::-1], up + up[-2:0:-1], [v for pair in zip(up, up[::-1], strict=True) for v in pair])
    return tuple(shapes[int(rng.integers(len(shapes)))]) or (0,)


def play(figure: Figure, score: Score, section: Section, base: int) -> list[Event]:
    """The events of one part in one section; ``base`` is the lowest pitch of its register."""
    end = min(section.beat + section.bars * score.meter, score.total_beats)
    events: list[Event] = []
    for chord in score.chords:
        if section.beat - 1e-6 <= chord.beat < end - 1e-6:
            beats = min(chord.beats, end - chord.beat)
            events += _PLAYERS[figure.kind](figure, chord, beats, _tones(score, chord, base, figure.spread), score)
    return events


def _tones(score: Score, chord: Chord, base: int, spread: int) -> list[int]:
    """Chord tones in close position above ``base``, lowest first; ``spread`` lifts the middle ones."""
    tones = sorted(base + (score.pitch(step, base) - base) % 12 for step in chord.steps)
    return sorted(t + 12 * (spread and i % 2) for i, t in enumerate(tones))


def _root(score: Score, chord: Chord, base: int) -> int:
    return base + (score.pitch(chord.degree, base) - base) % 12


def _sustain(f: Figure, chord: Chord, beats: float, tones: list[int], score: Score) -> list[Event]:
    return [Event(chord.beat, beats * 0.98, tone, f.accents[0]) for tone in tones]


def _drone(f: Figure, chord: Chord, beats: float, tones: list[int], score: Score) -> list[Event]:
    root = _root(score, chord, min(tones) - 6)
    return [Event(chord.beat, beats, root, f.accents[0]), Event(chord.beat, beats, root + 7, f.accents[1])]


def _onsets(f: Figure, chord: Chord, beats: float, score: Score) -> list[tuple[float, float, float]]:
    """(beat, length, accent) of the figure's hits that fall inside the chord."""
    hits: list[tuple[float, float, float]] = []
    for bar in range(int(np.ceil(beats / score.meter))):
        inside = [h for h in f.hits if bar * score.meter + h < beats - 1e-6]
        for i, hit in enumerate(inside):
            until = inside[i + 1] if i + 1 < len(inside) else min(score.meter, beats - bar * score.meter)
            hits.append((chord.beat + bar * score.meter + hit, (until - hit) * f.gate, f.accents[i % 4]))
    return hits


def _block(f: Figure, chord: Chord, beats: float, tones: list[int], score: Score) -> list[Event]:
    return [Event(b, n, tone, a) for b, n, a in _onsets(f, chord, beats, score) for tone in tones]


def _strum(f: Figure, chord: Chord, beats: float, tones: list[int], score: Score) -> list[Event]:
    voiced = [*tones, tones[0] + 12]
    events: list[Event] = []
    for k, (beat, length, accent) in enumerate(_onsets(f, chord, beats, score)):
        down = voiced if k % 2 == 0 else voiced[::-1]
        events += [Event(beat + 0.03 * i, length + 0.3, tone, accent) for i, tone in enumerate(down)]
    return events


def _offbeat(f: Figure, chord: Chord, beats: float, tones: list[int], score: Score) -> list[Event]:
    onsets = np.arange(0.5, beats, 1.0)
    return [Event(chord.beat + float(o), 0.4 * f.gate, tone, f.accents[1]) for o in onsets for tone in tones]


def _arpeggio(f: Figure, chord: Chord, beats: float, tones: list[int], score: Score) -> list[Event]:
    ladder = tones + [t + 12 for t in tones]
    count = int(np.ceil((beats - 1e-6) / f.grid))
    return [
        Event(
            chord.beat + i * f.grid,
            f.grid * f.gate * 1.6,
            ladder[f.order[i % len(f.order)] % len(ladder)],
            f.accents[i % 4],
        )
        for i in range(count)
    ]


def _roots(f: Figure, chord: Chord, beats: float, tones: list[int], score: Score) -> list[Event]:
    root = _root(score, chord, min(tones))
    return [Event(b, n, root, a) for b, n, a in _onsets(f, chord, beats, score)]


def _octaves(f: Figure, chord: Chord, beats: float, tones: list[int], score: Score) -> list[Event]:
    root = _root(score, chord, min(tones))
    count = int(np.ceil((beats - 1e-6) / 0.5))
    return [Event(chord.beat + i * 0.5, 0.45 * f.gate, root + 12 * (i % 2), f.accents[i % 4]) for i in range(count)]


def _walk(f: Figure, chord: Chord, beats: float, tones: list[int], score: Score) -> list[Event]:
    root = _root(score, chord, min(tones))
    line = [root, *[t for t in tones if t != root], root + 12]
    count = int(np.ceil(beats - 1e-6))
    return [
        Event(chord.beat + i, 0.9, line[f.order[i % len(f.order)] % len(line)] if i else root, f.accents[i % 4])
        for i in range(count)
    ]


_PLAYERS = {
    "sustain": _sustain, "drone": _drone, "block": _block, "strum": _strum, "offbeat": _offbeat,
    "arpeggio": _arpeggio, "roots": _roots, "octaves": _octaves, "walk": _walk,
}  # fmt: skip
