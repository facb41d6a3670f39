"""Form, harmony and melody: how a score comes out of a random generator.

A piece is a form of lettered sections; each letter owns one progression and
one melody built from a motif that returns varied, so that material repeats
the way music repeats: recognisably, seldom exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from vault_models.compose.score import Chord, Event, Score, Section

FORMS = ("AABA", "ABAB", "ABAC", "ABCB", "AABB", "ABAD", "AABC", "ABCD")
# How often one degree follows another (rows: from, columns: to, tonic first); common practice, roughly.
_NEXT = np.array(
    [
        [1, 2, 2, 5, 5, 4, 1],
        [2, 1, 1, 2, 6, 1, 1],
        [1, 2, 1, 4, 1, 5, 1],
        [5, 2, 1, 1, 5, 1, 1],
        [6, 1, 1, 2, 1, 4, 1],
        [1, 3, 1, 5, 3, 1, 1],
        [4, 1, 3, 1, 2, 2, 1],
    ],
    dtype=float,
)
# Rhythm cells: durations in beats; negative is a rest. Grouped by how busy they are.
_CELLS: tuple[tuple[tuple[float, ...], ...], ...] = (
    ((2.0,), (1.0,), (1.5, 0.5), (-1.0,), (3.0,), (-0.5, 1.5)),
    ((1.0,), (0.5, 0.5), (1.5, 0.5), (0.75, 0.25), (-0.5, 0.5), (1.0, 0.5, 0.5), (2 / 3, 1 / 3)),
    (
        (0.5, 0.5),
        (0.5, 0.25, 0.25),
        (0.25, 0.25, 0.5),
        (0.25,) * 4,
        (0.75, 0.25),
        (1 / 3,) * 3,
        (-0.25, 0.75),
    ),
)


@dataclass(frozen=True, slots=True)
class _Hand:
    """The composer's habits in one piece: what makes two pieces unlike each other."""

    busy: np.ndarray  # (3,) how likely a cell of each group is
    leap: float  # chance of a leap instead of a step
    rise: float  # -1..1, the contour's drift
    sevenths: float
    harmonic_rhythm: tuple[float, ...]  # chord lengths in bars
    register: int  # MIDI pitch around which the melody lies
    phrase: str  # pattern of bars within a phrase, e.g. "aaba"
    cells: tuple[np.ndarray, ...]  # preferences within each group


def write_score(
    rng: Generator,
    seconds: float,
    *,
    bpm: float,
    mode: str,
    meter: int,
    busy: float,
    melodic: float,
    drums: bool,
) -> Score:
    """Write a score that lasts ``seconds``; ``busy`` and ``melodic`` in 0..1 are the style's."""
    tonic = int(rng.integers(12))
    total = seconds * bpm / 60.0
    hand = _draw_hand(rng, busy)
    sections = _form(rng, total, meter, melodic, drums)
    draft = Score(bpm, tonic, mode, meter, total, sections, (), ())
    chords: list[Chord] = []
    melody: list[Event] = []
    material: dict[str, tuple[list[Chord], list[Event]]] = {}
    for section in sections:
        if section.letter not in material:
            progression = _progression(rng, hand, section.bars, meter)
            material[section.letter] = (progression, _melody(rng, hand, draft, progression, section.bars))
        progression, tune = material[section.letter]
        chords += [Chord(c.beat + section.beat, c.beats, c.degree, c.steps) for c in progression]
        if section.has_melody:
            varied = _vary(rng, draft, tune, section.occurrence, section.bars * meter)
            melody += [Event(e.beat + section.beat, e.beats, e.pitch, e.velocity) for e in varied]
    kept = tuple(e for e in melody if e.beat < total)
    return Score(bpm, tonic, mode, meter, total, sections, tuple(c for c in chords if c.beat < total), kept)


def _draw_hand(rng: Generator, busy: float) -> _Hand:
    centre = np.clip(busy + rng.normal(0, 0.15), 0.02, 0.98)
    weights = np.exp(-0.5 * ((np.array([0.0, 0.5, 1.0]) - centre) / 0.3) ** 2)
    rhythms: tuple[tuple[float, ...], ...] = ((1.0,), (1.0,), (2.0,), (0.5, 0.5, 1.0), (1.0, 0.5, 0.5))
    return _Hand(
        busy=weights / weights.sum(),
        leap=float(rng.uniform(0.08, 0.45)),
        rise=float(rng.uniform(-0.5, 0.5)),
        sevenths=float(rng.choice([0.0, 0.2, 0.8])),
        harmonic_rhythm=rhythms[rng.integers(len(rhythms))],
        register=int(rng.integers(62, 77)),
        phrase=str(rng.choice(["aaba", "abab", "aabc", "abac", "abcd", "abcb", "aabb"])),
        cells=tuple(rng.dirichlet(np.full(len(group), 0.8)) for group in _CELLS),
    )


def _form(rng: Generator, total_beats: float, meter: int, melodic: float, drums: bool) -> tuple[Section, ...]:
    """Lay sections until the piece is full; the letters cycle, and each cycle may add a bridge."""
    form = str(rng.choice(FORMS))
    bars = int(rng.choice([4, 4, 8]))
    sections: list[Section] = []
    seen: dict[str, int] = {}
    beat = 0.0
    if rng.random() < 0.4 and total_beats > 20 * meter:
        intro = int(rng.choice([1, 2, 2, 4]))
        sections.append(Section("I", 0, 0.0, intro, False, bool(drums and rng.random() < 0.3), 0.5))
        beat = intro * meter
    cycle = 0
    while beat < total_beats:
        letters = form if cycle == 0 or rng.random() < 0.5 else form[:2] + str(rng.choice(list("EFG"))) + form[3]
        for letter in letters:
            if beat >= total_beats:
                break
            occurrence = seen.get(letter, 0)
            has_drums = drums and (cycle > 0 or rng.random() < 0.85)
            sections.append(
                Section(
                    letter,
                    occurrence,
                    beat,
                    bars,
                    bool(rng.random() < melodic or not seen),
                    bool(has_drums),
                    float(rng.uniform(0.7, 1.0)),
                )
            )  # the first section always sings, so that every piece has a melody
            seen[letter] = occurrence + 1
            beat += bars * meter
        cycle += 1
    return tuple(sections)


def _progression(rng: Generator, hand: _Hand, bars: int, meter: int) -> list[Chord]:
    """A walk over degrees, repeated when the section is long, closing on a dominant or the tonic."""
    unit = bars if bars <= 4 or rng.random() < 0.4 else bars // 2
    degree = 0 if rng.random() < 0.65 else int(rng.integers(7))
    chords: list[Chord] = []
    beat = 0.0
    lengths = [length * meter for length in hand.harmonic_rhythm]
    while beat < unit * meter - 1e-6:
        beats = min(lengths[len(chords) % len(lengths)], unit * meter - beat)
        steps = [degree, degree + 2, degree + 4] + ([degree + 6] if rng.random() < hand.sevenths else [])
        if rng.random() < 0.08:
            steps[1] = degree + (3 if rng.random() < 0.5 else 1)  # suspended fourth or second
        chords.append(Chord(beat, beats, degree, tuple(steps)))
        beat += beats
        row = _NEXT[degree] * rng.uniform(0.3, 1.0, 7)
        degree = int(rng.choice(7, p=row / row.sum()))
    repeats = max(1, bars // unit)
    return [Chord(c.beat + r * unit * meter, c.beats, c.degree, c.steps) for r in range(repeats) for c in chords]


def _melody(rng: Generator, hand: _Hand, score: Score, chords: list[Chord], bars: int) -> list[Event]:
    """A tune of bars taken from a few motifs, fitted to the chords bar by bar."""
    motifs = {letter: _motif(rng, hand, score.meter) for letter in "abcd"}
    events: list[Event] = []
    low = hand.register - 9
    position = int(rng.integers(2, 9))
    for bar in range(bars):
        motif = motifs[hand.phrase[bar % 4]]
        start = bar * score.meter
        last = bar == bars - 1
        position = int(np.clip(_nearest(position, _chord_at(chords, start)), 0, 12))
        for index, (onset, beats, offset) in enumerate(motif):
            if last and index and onset >= score.meter / 2:
                break
            step = position + offset
            if onset % 1.0 == 0.0 and beats >= 0.5:
                step = _nearest(step, _chord_at(chords, start + onset))
            if last and onset + beats > score.meter / 2:
                beats = score.meter - onset
            velocity = float(np.clip(0.72 + 0.12 * (onset == 0.0) + rng.normal(0, 0.06), 0.3, 1.0))
            events.append(Event(start + onset, beats * 0.95, score.pitch(int(np.clip(step, -3, 15)), low), velocity))
            if index == len(motif) - 1:
                position = step
    return events


def _motif(rng: Generator, hand: _Hand, meter: int) -> list[tuple[float, float, int]]:
    """(onset, beats, scale steps from the bar's anchor) for one bar."""
    notes: list[tuple[float, float, int]] = []
    onset, step = 0.0, 0
    while onset < meter - 1e-6:
        group = int(rng.choice(3, p=hand.busy))
        cell = _CELLS[group][int(rng.choice(len(_CELLS[group]), p=hand.cells[group]))]
        for beats in cell:
            length = min(abs(beats), meter - onset)
            if length <= 1e-6:
                break
            if beats > 0:
                notes.append((onset, length, step))
                step += _interval(rng, hand, step)
            onset += length
    return notes or [(0.0, float(meter), 0)]


def _interval(rng: Generator, hand: _Hand, step: int) -> int:
    size = int(rng.integers(2, 6)) if rng.random() < hand.leap else int(rng.choice([0, 1, 1, 1, 2]))
    pull = hand.rise - step / 4.0  # drift, and gravity towards the anchor
    return size if rng.random() < 0.5 + 0.5 * np.tanh(pull) else -size


def _chord_at(chords: list[Chord], beat: float) -> Chord:
    current = chords[0]
    for chord in chords:
        if chord.beat <= beat + 1e-6:
            current = chord
    return current


def _nearest(step: int, chord: Chord) -> int:
    """The chord tone nearest to ``step``, ties going down."""
    classes = {s % 7 for s in chord.steps}
    for distance in range(7):
        for candidate in (step - distance, step + distance):
            if candidate % 7 in classes:
                return candidate
    return step


def _vary(rng: Generator, score: Score, tune: list[Event], occurrence: int, beats: float) -> list[Event]:
    """A returning tune: the first time as written, later with passing notes, gaps and a new ending."""
    if occurrence == 0:
        return tune
    chance = min(0.06 + 0.05 * occurrence, 0.25)
    varied: list[Event] = []
    for event in tune:
        if event.beat > beats * 0.75 and rng.random() < chance * 2:
            shift = int(rng.choice([-12, 12, 0]))
            varied.append(Event(event.beat, event.beats, event.pitch + shift, event.velocity))
        elif event.beats >= 0.9 and rng.random() < chance:
            half = event.beats / 2
            varied.append(Event(event.beat, half, event.pitch, event.velocity))
            neighbour = event.pitch + int(rng.choice([-2, -1, 1, 2]))
            varied.append(Event(event.beat + half, half, _in_scale(score, neighbour), event.velocity * 0.9))
        elif rng.random() >= chance * 0.5:
            varied.append(event)
    return varied


def _in_scale(score: Score, pitch: int) -> int:
    classes = {score.pitch(step, 60) % 12 for step in range(7)}
    return next(p for p in (pitch, pitch - 1, pitch + 1, pitch - 2) if p % 12 in classes)
