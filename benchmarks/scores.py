"""Public-domain scores in two arrangements each: music21's corpus, played by FluidSynth.

Both are programs of their own that this benchmark asks for by name: ``pip install music21`` (BSD; 10.5 was used) and
Debian's ``fluidsynth`` with ``fluid-soundfont-gm``. Neither ships with the vault.

A tune is the top part of a score. The first arrangement plays all parts. The second plays the same tune on another
instrument, in another key and tempo, and changes what accompanies it, by ``KINDS``.
"""

import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.random import Generator, default_rng
from numpy.typing import NDArray

RATE = 16_000
SOUNDFONT = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")
KINDS = ("instruments", "figure", "harmony", "alone")
"""Other instruments for all parts; the same harmony in another figure; other chords; no accompaniment."""

LEADS = (0, 4, 11, 21, 22, 24, 26, 40, 41, 56, 60, 64, 65, 68, 71, 73, 74, 79)  # General MIDI programs
BACKS = (0, 1, 4, 16, 19, 24, 25, 32, 46, 48, 49, 52, 61, 88, 89)
TRIADS = {(root, third): (root, root + third, root + 7) for root in range(12) for third in (3, 4)}

Sound = NDArray[np.float32]
Played = tuple[float, float, int]
"""Start and length in beats, MIDI pitch."""


@dataclass(frozen=True)
class Tune:
    """One score: its name, the collection it comes from, and the notes of each part, tune first."""

    name: str
    composer: str
    parts: tuple[tuple[Played, ...], ...]


@dataclass(frozen=True)
class Line:
    """Notes for one instrument: a General MIDI program and how loud."""

    notes: Sequence[Played]
    program: int
    velocity: int


def tunes(sets: dict[str, int], seed: int = 5) -> Iterator[Tune]:
    """Scores of the corpus, drawn by ``seed``: at most so many of each collection."""
    from music21 import converter, corpus

    for name, most in sets.items():
        paths = sorted(path for path in corpus.getPaths() if name in path.parts)
        made = 0
        for number in default_rng(seed).permutation(len(paths)):
            if made >= most:
                break
            try:
                score = converter.parse(paths[number])
            except Exception as error:  # music21 has many; a score that it can't read is no score
                print(f"left out {paths[number].name}: {type(error).__name__}")
                continue
            for one in list(getattr(score, "scores", [score]))[: most - made]:
                parts = tuple(part for part in map(_notes, one.parts) if len(part) > 5)
                if parts and parts[0][-1][0] >= 30:
                    made += 1
                    yield Tune(f"{paths[number].stem}-{made}", name, parts)


def _notes(part: "object") -> tuple[Played, ...]:
    found = [
        (float(note.offset), float(note.quarterLength), int(pitch.midi))
        for note in part.flatten().notes  # type: ignore[attr-defined]
        for pitch in getattr(note, "pitches", ())
        if note.quarterLength > 0
    ]
    return tuple(sorted(found))


def first(tune: Tune, rng: Generator) -> list[Line]:
    """All parts as written; a tune without other parts gets chords."""
    tops, *others = tune.parts
    if not others:
        others = [tuple(_chords(tops, rng, second=False))]
    return [Line(tops, int(rng.choice(LEADS)), 100), *(Line(part, int(rng.choice(BACKS)), 75) for part in others[:5])]


def again(tune: Tune, kind: str, rng: Generator) -> list[Line]:
    """The second arrangement, before its key and tempo are changed."""
    tops, *others = tune.parts
    lead = Line(tops, int(rng.choice(LEADS)), 100)
    if kind == "alone":
        return [lead]
    if kind == "instruments" and others:
        return [lead, *(Line(part, int(rng.choice(BACKS)), 75) for part in others[:5])]
    if kind == "harmony" or not others:
        notes = _chords(tops, rng, second=kind == "harmony")
    else:
        notes = [note for part in others[:5] for note in part]
    return [lead, Line(_figure(notes, rng), int(rng.choice(BACKS)), 75)]


def _chords(tune: Sequence[Played], rng: Generator, *, second: bool) -> list[Played]:
    """A triad of the tune's scale for each two beats, the best or (``second``) the next best for its notes."""
    weight = np.zeros(12)
    for _, beats, pitch in tune:
        weight[pitch % 12] += beats
    scale = set(np.argsort(weight)[-7:].tolist())
    known = [tones for tones in TRIADS.values() if all(tone % 12 in scale for tone in tones)] or list(TRIADS.values())
    out: list[Played] = []
    for start in np.arange(0, tune[-1][0] + tune[-1][1], 2.0):
        here = np.zeros(12)
        for at, beats, pitch in tune:
            here[pitch % 12] += max(0.0, min(at + beats, start + 2) - max(at, start))
        order = sorted(known, key=lambda tones: -sum(here[tone % 12] for tone in tones))
        tones = order[min(len(order) - 1, 1 + int(rng.integers(2)))] if second else order[0]
        out += [(float(start), 2.0, 48 + tone % 12) for tone in tones]
    return out


def _figure(notes: Sequence[Played], rng: Generator) -> list[Played]:
    """What sounds in each beat, as a bass note and an arpeggio, repeated chords or a held chord."""
    kind = str(rng.choice(["arpeggio", "repeat", "held"]))
    grid = 2.0 if kind == "held" else 1.0
    out: list[Played] = []
    end = max(at + beats for at, beats, _ in notes)
    for start in np.arange(0, end, grid):
        here = [pitch for at, beats, pitch in notes if at < start + grid * 0.5 and at + beats > start]
        tones = sorted({48 + pitch % 12 for pitch in here})
        if not tones:
            continue
        lowest = min((pitch for at, beats, pitch in notes if at <= start < at + beats), default=tones[0])
        out.append((float(start), grid, 36 + lowest % 12))
        if kind == "arpeggio":
            out += [(float(start + n * grid / 4), grid / 4, tones[n % len(tones)]) for n in range(4)]
        else:
            out += [(float(start + n / 2), 0.45 if kind == "repeat" else grid, tone)
                    for n in range(2 if kind == "repeat" else 1) for tone in tones]  # fmt: skip
    return out


def cut(lines: list[Line], beats: float) -> list[Line]:
    """The first ``beats`` alone."""
    return [Line([note for note in line.notes if note[0] < beats], line.program, line.velocity) for line in lines]


def played(lines: list[Line], *, bpm: float, transpose: int = 0) -> Sound:
    """Mono float32 at 16 kHz, as FluidSynth plays it."""
    with tempfile.TemporaryDirectory() as folder:
        score, sound = Path(folder, "score.mid"), Path(folder, "sound.wav")
        score.write_bytes(_midi(lines, bpm, transpose))
        command = ["fluidsynth", "-niq", "-g", "0.6", "-r", str(RATE), "-F", str(sound), str(SOUNDFONT), str(score)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=900)
        samples, rate = soundfile.read(sound, dtype="float32", always_2d=True)
    assert rate == RATE
    mono: Sound = samples.mean(axis=1)
    return mono


def _midi(lines: list[Line], bpm: float, transpose: int) -> bytes:
    """A standard MIDI file of one track, 480 ticks per beat."""
    timed: list[tuple[int, int, bytes]] = [(0, 0, b"\xff\x51\x03" + round(60e6 / bpm).to_bytes(3, "big"))]
    for number, line in enumerate(lines):
        channel = number + (number >= 9)  # the tenth channel is the drums'
        timed.append((0, 1, bytes([0xC0 | channel, line.program])))
        for at, beats, pitch in line.notes:
            key = int(np.clip(pitch + transpose, 0, 127))
            timed.append((round(at * 480), 3, bytes([0x90 | channel, key, line.velocity])))
            timed.append((round((at + beats * 0.97) * 480), 2, bytes([0x80 | channel, key, 0])))
    body, now = bytearray(), 0
    for tick, _, message in sorted(timed):
        body += _varied(tick - now) + message
        now = tick
    body += b"\x00\xff\x2f\x00"
    return b"MThd\x00\x00\x00\x06\x00\x00\x00\x01\x01\xe0" + b"MTrk" + len(body).to_bytes(4, "big") + bytes(body)


def _varied(value: int) -> bytes:
    out = [value & 0x7F]
    while value := value >> 7:
        out.insert(0, 0x80 | (value & 0x7F))
    return bytes(out)
