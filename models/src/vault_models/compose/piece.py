"""``compose`` and ``rearrange``: from a seed to sound.

Laws, held by the tests: the same arguments give the same samples (on one
platform); audio is float32 of exactly ``round(seconds * sample_rate)`` frames,
two channels, and its absolute value stays below ``mixing.CEILING``; a
re-arrangement keeps every melody note, moved by ``transpose`` semitones and
played ``tempo`` times as fast.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from vault_models.compose.accompany import draw_figure, play
from vault_models.compose.drumming import draw_bar, play_drums
from vault_models.compose.mixing import Strip, echo, master, mix
from vault_models.compose.percussion import draw_kit
from vault_models.compose.score import Event, Note, Score
from vault_models.compose.styles import STYLES, PartPlan, Style
from vault_models.compose.voices import draw_voice
from vault_models.compose.writing import write_score

LONGEST = 3600.0
_FIRST = (  # noqa: SIM905 - a word list reads better as words
    "Amber Borrowed Copper Distant Early Folded Gentle Hidden Iron Jade Kindled Lantern Mirror Northern "
    "Open Paper Quiet River Silver Tidal Under Velvet Winter Yellow Zephyr Broken Cloud Drifting Ember Frozen"
).split()
_SECOND = (  # noqa: SIM905
    "Arcade Bridge Causeway Dial Engine Field Garden Harbour Island Junction Kite Ladder Meadow "
    "Notebook Orchard Parade Quarter Road Signal Tower Umbra Valley Waltz Yard Atlas Beacon Circuit Delta Echo Forest"
).split()


@dataclass(frozen=True, eq=False)
class Piece:
    """A finished piece: sound, the notes that made it, and what a listener would be told."""

    audio: NDArray[np.float32]  # (n, 2)
    sample_rate: int
    notes: tuple[Note, ...]
    title: str
    genre: str
    bpm: float
    key: str
    mood: str
    style: str
    seed: int
    score: Score

    @property
    def seconds(self) -> float:
        return len(self.audio) / self.sample_rate

    @property
    def melody(self) -> tuple[Note, ...]:
        """The notes of the part called ``melody``, in order of time."""
        return tuple(n for n in self.notes if n.part == "melody")


def compose(seed: int, seconds: float, *, style: str | None = None, sample_rate: int = 44100) -> Piece:
    """Compose and play a piece of ``seconds``; ``style`` is one of ``STYLES``, or drawn from the seed."""
    _check(seconds, sample_rate)
    drawn = str(np.random.default_rng([seed, 3]).choice(sorted(STYLES)))
    plan = _style(style or drawn)
    rng = np.random.default_rng([seed, 0, sorted(STYLES).index(plan.name)])
    score = write_score(
        rng,
        seconds,
        bpm=round(float(rng.uniform(*plan.bpm)), 2),
        mode=str(rng.choice(plan.modes)),
        meter=int(rng.choice(plan.meters)),
        busy=plan.busy,
        melodic=plan.melodic,
        drums=bool(plan.drums) and bool(rng.random() < 0.85),
    )
    title = f"{rng.choice(_FIRST)} {rng.choice(_SECOND)}"
    return _perform(np.random.default_rng([seed, 1]), score, plan, sample_rate, seed, title)


def rearrange(
    piece: Piece, seed: int, *, transpose: int = 0, tempo: float = 1.0, instruments: str | None = None
) -> Piece:
    """The same melody over the same harmony in another arrangement.

    ``transpose`` in semitones; ``tempo`` is a factor (1.1 is ten per cent
    faster, and the piece that much shorter); ``instruments`` names the style
    that now plays it, drawn among the other styles when not given. The
    accompaniment, drums, timbres and mix are all drawn anew from ``seed``.
    """
    if not 0.25 <= tempo <= 4.0:
        raise ValueError(f"tempo {tempo} is outside 0.25 to 4")
    if abs(transpose) > 24:
        raise ValueError(f"transpose {transpose} is more than two octaves")
    rng = np.random.default_rng([seed, 2, piece.seed])
    drawn = str(rng.choice([s for s in sorted(STYLES) if s != piece.style]))
    plan = _style(instruments or drawn)
    old = piece.score
    melody = tuple(replace(e, pitch=e.pitch + transpose) for e in old.melody)
    drums = bool(plan.drums) and bool(rng.random() < 0.8)
    sections = tuple(replace(s, has_drums=drums) for s in old.sections)
    moved = replace(old, bpm=old.bpm * tempo, tonic=(old.tonic + transpose) % 12, melody=melody, sections=sections)
    return _perform(rng, moved, plan, piece.sample_rate, piece.seed, piece.title)


def _check(seconds: float, sample_rate: int) -> None:
    if not 0.5 <= seconds <= LONGEST:
        raise ValueError(f"seconds {seconds} is outside 0.5 to {LONGEST:.0f}")
    if not 8000 <= sample_rate <= 192000:
        raise ValueError(f"sample rate {sample_rate} is outside 8000 to 192000")


def _style(name: str) -> Style:
    if name not in STYLES:
        raise ValueError(f"unknown style {name!r}; known: {', '.join(sorted(STYLES))}")
    return STYLES[name]


def _perform(rng: Generator, score: Score, plan: Style, rate: int, seed: int, title: str) -> Piece:
    """Arrange, play, mix and master a score in a style."""
    frames = round(score.total_beats * 60.0 / score.bpm * rate)
    player = _Player(rng, score, plan, rate, frames, float(rng.normal(0, 0.04)))
    player.melody()
    for part in plan.parts:
        if rng.random() < part.chance:
            player.accompany(part)
    player.drums()
    audio = mix(player.strips, rng, rate, float(rng.uniform(*plan.room)), float(rng.uniform(*plan.wet)))
    seconds = frames / rate
    audio = master(audio, rate, float(rng.uniform(-19, -11)), min(2.0, seconds / 10))
    notes = tuple(sorted(player.notes, key=lambda n: (n.start, n.part, n.pitch)))
    mood = str(rng.choice(plan.moods))
    bpm = round(score.bpm, 2)
    return Piece(audio, rate, notes, title, plan.genre, bpm, score.key, mood, plan.name, seed, score)


class _Player:
    """Turns events into strips of sound, and keeps the notes as they were played."""

    def __init__(self, rng: Generator, score: Score, plan: Style, rate: int, frames: int, tuning: float) -> None:
        self._rng, self._score, self._plan = rng, score, plan
        self._rate, self._frames, self._tuning = rate, frames, tuning
        self._beat = 60.0 / score.bpm
        self._swing = float(rng.choice([0.0, 0.0, 0.0, 0.12])) if plan.loose else 0.0
        self.strips: list[Strip] = []
        self.notes: list[Note] = []

    def melody(self) -> None:
        rng, score = self._rng, self._score
        octave = int(rng.choice([0, 0, 0, 12, -12]))
        family = str(rng.choice(self._plan.leads))
        moved = [replace(e, pitch=e.pitch + octave) for e in score.melody]
        self._render(family, moved, "melody", self._plan.lead_gain, wide=False)
        # The written pitch is what a re-arrangement is compared by; an octave is part of the timbre.
        self.notes = [replace(n, pitch=n.pitch - octave) for n in self.notes]

    def accompany(self, part: PartPlan) -> None:
        rng, score = self._rng, self._score
        kind = str(rng.choice(part.figures))
        figures = {}
        events: list[Event] = []
        for section in score.sections:
            if section.letter not in figures:
                figures[section.letter] = draw_figure(rng, kind, score.meter)
            if section.occurrence == 0 or not section.has_melody or rng.random() < 0.9:
                events += play(figures[section.letter], score, section, part.base)
        gain = part.gain * float(rng.uniform(0.7, 1.2))
        self._render(str(rng.choice(part.families)), events, part.name, gain, wide=bool(rng.random() < 0.5))

    def drums(self) -> None:
        rng, score = self._rng, self._score
        sections = [s for s in score.sections if s.has_drums]
        if not sections or not self._plan.drums:
            return
        feel = str(rng.choice(self._plan.drums))
        bars = {letter: draw_bar(rng, feel, score.meter) for letter in sorted({s.letter for s in sections})}
        events = [e for s in sections for e in play_drums(rng, bars[s.letter], score, s)]
        kit = draw_kit(rng, self._rate)
        sound = np.zeros(self._frames, dtype=np.float32)
        for event, start in zip(events, self._starts(events), strict=True):
            self._add(sound, start, kit[event.pitch], event.velocity)
            self.notes.append(Note(start, event.beats * self._beat, event.pitch, event.velocity, "drums"))
        self.strips.append(Strip(sound, float(rng.uniform(0.7, 1.3)), 0.0, 0.0, float(rng.uniform(0.0, 0.25))))

    def _render(self, family: str, events: list[Event], name: str, gain: float, *, wide: bool) -> None:
        rng = self._rng
        voice = draw_voice(rng, self._rate, family, self._tuning)
        sound = np.zeros(self._frames, dtype=np.float32)
        for event, start in zip(events, self._starts(events), strict=True):
            seconds = event.beats * self._beat
            self._add(sound, start, voice.render(event.pitch, seconds), event.velocity)
            self.notes.append(Note(start, seconds, event.pitch, event.velocity, name))
        if rng.random() < 0.25:
            delay = self._beat * float(rng.choice([0.5, 0.75, 1.0]))
            sound = echo(sound, int(delay * self._rate), float(rng.uniform(0.2, 0.45)))
        width = float(rng.uniform(0.006, 0.018)) if wide else 0.0
        self.strips.append(Strip(sound, gain, float(rng.uniform(-0.6, 0.6)), width, float(rng.uniform(0.4, 1.0))))

    def _starts(self, events: list[Event]) -> list[float]:
        """Seconds at which events sound: swung, and loosened by human timing."""
        jitter = self._rng.normal(0, self._plan.loose, len(events)) if self._plan.loose else np.zeros(len(events))
        swung = [e.beat + (self._swing if abs(e.beat % 1.0 - 0.5) < 0.01 else 0.0) for e in events]
        return [max(0.0, beat * self._beat + float(j)) for beat, j in zip(swung, jitter, strict=True)]

    def _add(self, sound: NDArray[np.float32], start: float, note: NDArray[np.float32], velocity: float) -> None:
        first = int(start * self._rate)
        room = min(len(note), len(sound) - first)
        if room > 0:
            sound[first : first + room] += np.float32(velocity) * note[:room]
