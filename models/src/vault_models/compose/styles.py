"""The styles: which parts play, on what, how fast and how busily. Data only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PartPlan:
    """One accompanying part: what may play it, how, where and how often it is there."""

    name: str
    families: tuple[str, ...]
    figures: tuple[str, ...]
    base: int  # lowest MIDI pitch of the register
    gain: float
    chance: float = 1.0


@dataclass(frozen=True, slots=True)
class Style:
    """A style's ranges; a piece draws from them."""

    name: str
    genre: str
    bpm: tuple[float, float]
    modes: tuple[str, ...]
    moods: tuple[str, ...]
    leads: tuple[str, ...]
    parts: tuple[PartPlan, ...]
    busy: float
    melodic: float  # chance that a section carries the melody
    drums: tuple[str, ...] = ()
    meters: tuple[int, ...] = (4, 4, 4, 3)
    room: tuple[float, float] = (0.8, 2.0)  # reverb, seconds
    wet: tuple[float, float] = (0.1, 0.4)
    loose: float = 0.008  # human timing, seconds
    lead_gain: float = 1.1


_MINOR = ("minor", "dorian", "harmonic minor", "phrygian")
_MAJOR = ("major", "lydian", "mixolydian")

STYLES: dict[str, Style] = {
    s.name: s
    for s in (
        Style("ambient", "Ambient", (50, 84), ("lydian", "dorian", "major", "minor"),
              ("calm", "dreamy", "wide", "cold"), ("bell", "wind", "pad", "mallet"),
              (PartPlan("pad", ("pad",), ("sustain",), 50, 1.0), PartPlan("drone", ("pad", "fm", "organ"),
              ("drone",), 38, 0.8),
               PartPlan("sparkle", ("bell", "mallet", "pluck"), ("arpeggio", "block"), 64, 0.4, 0.6)),
              0.1, 0.6, ("soft",), room=(2.5, 4.5), wet=(0.5, 0.9), loose=0.02),
        Style("chiptune", "Chiptune", (100, 190), _MAJOR + _MINOR, ("playful", "heroic", "tense", "bright"),
        ("chip",),
              (PartPlan("arpeggio", ("chip",), ("arpeggio", "offbeat", "block"), 57, 0.6),
               PartPlan("bass", ("chip",), ("roots", "octaves", "walk"), 36, 0.9)),
              0.65, 0.9, ("rock", "four", "break"), room=(0.2, 0.6), wet=(0.0, 0.1), loose=0.0),
        Style("piano", "Piano", (56, 132), _MAJOR + _MINOR, ("tender", "thoughtful", "stormy", "light"),
        ("piano",),
              (PartPlan("left hand", ("piano",), ("arpeggio", "block", "walk", "octaves"), 41, 0.8),
               PartPlan("inner", ("piano",), ("sustain", "block"), 55, 0.5, 0.5)),
              0.45, 0.95, room=(0.8, 2.2), wet=(0.15, 0.4), loose=0.014),
        Style("strings", "Orchestral", (54, 126), (*_MINOR, "major"), ("noble", "dark", "solemn", "yearning"),
              ("section", "wind", "lead"),
              (PartPlan("chords", ("section", "pad"), ("sustain", "block"), 52, 0.9),
               PartPlan("cellos", ("section",), ("roots", "walk", "drone"), 36, 0.8),
               PartPlan("motion", ("section", "pluck", "wind"), ("arpeggio", "offbeat"), 60, 0.5, 0.6)),
              0.35, 0.85, ("tribal",), room=(1.8, 3.2), wet=(0.35, 0.7), loose=0.015),
        Style("electronic", "Electronic", (88, 174), (*_MINOR, "mixolydian"), ("driving", "dark", "euphoric",
        "hazy"),
              ("lead", "fm", "bell", "chip"),
              (PartPlan("bass", ("synth bass", "fm"), ("octaves", "roots"), 33, 1.0),
               PartPlan("stabs", ("lead", "fm", "organ"), ("offbeat", "block"), 55, 0.5, 0.7),
               PartPlan("sequence", ("synth bass", "pluck", "bell"), ("arpeggio",), 57, 0.5, 0.7),
               PartPlan("pad", ("pad",), ("sustain",), 50, 0.5, 0.6)),
              0.5, 0.55, ("four", "break", "four"), meters=(4,), room=(0.6, 1.6), wet=(0.1, 0.3), loose=0.0),
        Style("folk", "Folk", (72, 150), ("major", "mixolydian", "dorian", "minor"), ("warm", "merry",
        "wistful", "rustic"),
              ("pluck", "wind", "lead"),
              (PartPlan("guitar", ("pluck",), ("strum", "arpeggio"), 48, 0.9),
               PartPlan("bass", ("pluck", "synth bass"), ("roots", "walk"), 36, 0.7, 0.8),
               PartPlan("drone", ("wind", "organ"), ("drone",), 50, 0.3, 0.3)),
              0.5, 0.9, ("soft", "tribal"), room=(0.4, 1.2), wet=(0.08, 0.25), loose=0.012),
        Style("song", "Pop", (76, 138), (*_MAJOR, "minor", "dorian"), ("hopeful", "sweet", "sad", "sunny"),
              ("lead", "wind", "fm", "mallet"),
              (PartPlan("keys", ("piano", "fm", "organ"), ("block", "sustain", "offbeat", "arpeggio"), 52,
              0.7),
               PartPlan("bass", ("synth bass", "pluck"), ("roots", "walk", "octaves"), 33, 0.9),
               PartPlan("strings", ("section", "pad"), ("sustain",), 57, 0.4, 0.5)),
              0.5, 0.85, ("rock", "soft", "break"), room=(0.7, 1.8), wet=(0.12, 0.35)),
    )
}  # fmt: skip
