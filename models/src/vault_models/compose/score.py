"""The written form of a piece: chords and events in beats, before any sound.

Times in a score are beats from the piece's start; pitches are MIDI numbers
(69 = A4 = 440 Hz); velocities lie in (0, 1]. Drum events use the numbers of
``percussion.KIT`` as pitch.
"""

from __future__ import annotations

from dataclasses import dataclass

MODES: dict[str, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "harmonic minor": (0, 2, 3, 5, 7, 8, 11),
}
TONICS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")


@dataclass(frozen=True, slots=True)
class Event:
    """One note as written: ``beat`` and ``beats`` in beats, ``pitch`` in MIDI numbers."""

    beat: float
    beats: float
    pitch: int
    velocity: float


@dataclass(frozen=True, slots=True)
class Note:
    """One note as played: ``start`` and ``duration`` in seconds from the piece's start."""

    start: float
    duration: float
    pitch: int
    velocity: float
    part: str


@dataclass(frozen=True, slots=True)
class Chord:
    """A chord on a scale degree; ``steps`` are scale steps above the tonic."""

    beat: float
    beats: float
    degree: int
    steps: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch of the form: ``letter`` names its material, ``occurrence`` counts its returns."""

    letter: str
    occurrence: int
    beat: float
    bars: int
    has_melody: bool
    has_drums: bool
    intensity: float


@dataclass(frozen=True, slots=True)
class Score:
    """Everything needed to play, or to re-arrange, a piece."""

    bpm: float
    tonic: int
    mode: str
    meter: int
    total_beats: float
    sections: tuple[Section, ...]
    chords: tuple[Chord, ...]
    melody: tuple[Event, ...]

    @property
    def key(self) -> str:
        return f"{TONICS[self.tonic % 12]} {self.mode}"

    def pitch(self, step: int, base: int) -> int:
        """MIDI pitch of a scale ``step``, counted from the tonic at or above ``base``."""
        tonic = base + (self.tonic - base) % 12
        octave, degree = divmod(step, 7)
        return tonic + 12 * octave + MODES[self.mode][degree]
