"""Pitched timbres, drawn from a seed and rendered a note at a time.

Five families: wavetables that darken over a note (subtractive), frequency
modulation, Karplus-Strong strings, struck inharmonic partials, and layered
pads. A ``Voice`` renders mono float32 notes and remembers them, since music
repeats. Everything is plain numpy; oscillators run on 32-bit integer phase,
which never drifts and indexes tables without a modulo.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Samples = NDArray[np.float32]
Phase = NDArray[np.uint32]
_TABLE_BITS = 12
_TABLE = 1 << _TABLE_BITS
_SHIFT = np.uint32(32 - _TABLE_BITS)
_SINE: Samples = np.sin(2 * np.pi * np.arange(_TABLE) / _TABLE).astype(np.float32)
_LONGEST_RING = 5.0  # seconds rendered of a decaying note


@dataclass
class Voice:
    """One instrument. ``render`` gives a note; equal notes are rendered once.

    ``source(hz, samples)`` is the raw sound; the envelope is applied here.
    Decaying voices (``rings``) are rendered once per pitch and cut to length.
    """

    source: Callable[[float, int], Samples]
    rate: int
    attack: float
    decay: float
    sustain: float
    release: float
    rings: bool
    tuning: float
    _notes: dict[tuple[int, int], Samples] = field(default_factory=dict)

    def render(self, pitch: int, seconds: float) -> Samples:
        """Mono float32 of one note, ``seconds`` held plus its release, peak about 1."""
        hz = 440.0 * 2.0 ** ((pitch - 69 + self.tuning) / 12.0)
        held = max(1, round(seconds * 50)) / 50.0
        key = (pitch, 0 if self.rings else round(held * 50))
        if self.rings:
            if key not in self._notes:
                self._notes[key] = self.source(hz, int(_LONGEST_RING * self.rate))
            return self._cut(self._notes[key], held)
        if key not in self._notes:
            count = int((held + self.release) * self.rate)
            self._notes[key] = self.source(hz, count) * self._envelope(count, held)
        return self._notes[key]

    def _cut(self, note: Samples, held: float) -> Samples:
        count = min(len(note), int((held + self.release) * self.rate))
        cut = note[:count].copy()
        fade = min(count, max(1, int(self.release * self.rate)))
        cut[-fade:] *= np.linspace(1.0, 0.0, fade, dtype=np.float32) ** 2
        return cut

    def _envelope(self, count: int, held: float) -> Samples:
        end = count / self.rate
        attack = min(self.attack, held * 0.6)
        decayed = min(attack + self.decay, held)
        level = 1.0 - (1.0 - self.sustain) * (decayed - attack) / max(self.decay, 1e-6)
        points = [0.0, attack, decayed + 1e-5, held + 2e-5, end + 3e-5]
        values = [0.0, 1.0, level, level, 0.0]
        times = np.arange(count, dtype=np.float32) / np.float32(self.rate)
        envelope: Samples = np.interp(times, points, values).astype(np.float32)
        return envelope


def _phase(hz: float, count: int, rate: int) -> Phase:
    phase: Phase = np.arange(count, dtype=np.uint32) * np.uint32(round(hz / rate * 2**32) & 0xFFFFFFFF)
    return phase


def _look(table: Samples, phase: Phase) -> Samples:
    found: Samples = np.take(table, phase >> _SHIFT)
    return found


def _wobble(rng_rate: float, depth: float, count: int, rate: int, hz: float) -> Phase:
    """Vibrato as a phase offset: ``depth`` in semitones, ``rng_rate`` in Hz."""
    swing = hz * (2 ** (depth / 12) - 1) / (2 * np.pi * rng_rate) * 2**32
    onset = np.minimum(np.arange(count, dtype=np.float32) / np.float32(0.35 * rate), 1.0)
    offset = _look(_SINE, _phase(rng_rate, count, rate)) * onset * np.float32(swing)
    bend: Phase = offset.astype(np.int64).astype(np.uint32)
    return bend


def _harmonics(rng: Generator, shape: str, count: int = 48) -> NDArray[np.float64]:
    k = np.arange(1, count + 1)
    odd = (k % 2).astype(float)
    shapes: dict[str, NDArray[np.float64]] = {
        "saw": 1 / k,
        "square": odd / k,
        "triangle": odd / k**2,
        "pulse": np.abs(np.sin(np.pi * k * rng.uniform(0.1, 0.4))) / k,
        "organ": rng.random(count) ** 2 * np.isin(k, (1, 2, 3, 4, 6, 8, 10, 12)),
        "reed": (0.35 + 0.65 * odd) / k**0.9,
        "random": rng.random(count) ** 2 / k**0.7,
    }
    formant = rng.uniform(1.5, 9.0)
    colour = 1 + rng.uniform(0, 2.5) * np.exp(-0.5 * ((k - formant) / 1.5) ** 2)
    amplitudes: NDArray[np.float64] = shapes[shape] * colour * rng.uniform(0.8, 1.0, count)
    return amplitudes


def _single_cycle(amplitudes: NDArray[np.float64], hz: float, rate: int, cutoff: float) -> Samples:
    """One band-limited period, low-passed (24 dB per octave) at ``cutoff`` Hz, root mean square 0.35."""
    k = np.arange(1, len(amplitudes) + 1)
    shaped = amplitudes / np.sqrt(1 + (k * hz / cutoff) ** 8) * (k * hz < 0.45 * rate)
    spectrum = np.zeros(_TABLE // 2 + 1, dtype=complex)
    spectrum[1 : len(k) + 1] = shaped * np.exp(1j * 2.399963 * k * k)  # golden-angle phases keep peaks low
    table = np.fft.irfft(spectrum)
    cycle: Samples = (0.35 * table / (np.sqrt(np.mean(table**2)) + 1e-12)).astype(np.float32)
    return cycle


def wave_voice(rng: Generator, rate: int, shape: str, *, pad: bool = False) -> Voice:
    """A bowed, blown or synthetic voice: a bright cycle fading to a dark one, one to three oscillators."""
    amplitudes = _harmonics(rng, shape)
    bright, dark = float(rng.uniform(2000, 9000)), float(rng.uniform(500, 2000))
    fall = float(rng.uniform(0.1, 1.5))
    detune = float(rng.uniform(0.02, 0.12))
    layers = 3 if pad else int(rng.choice([1, 1, 2]))
    vibrato = (float(rng.uniform(4.5, 6.5)), float(rng.uniform(0.05, 0.35))) if rng.random() < 0.5 else None
    phases = rng.integers(0, 2**32, layers, dtype=np.uint32)

    def source(hz: float, count: int) -> Samples:
        open_cycle = _single_cycle(amplitudes, hz, rate, max(bright, 1.5 * hz))
        closed_cycle = _single_cycle(amplitudes, hz, rate, max(dark, 1.2 * hz))
        mix = np.exp(-np.arange(count, dtype=np.float32) / np.float32(fall * rate))
        out = np.zeros(count, dtype=np.float32)
        bend = _wobble(vibrato[0], vibrato[1], count, rate, hz) if vibrato else None
        for i in range(layers):
            tuned = hz * 2 ** (detune * (i - (layers - 1) / 2) / 12)
            phase = _phase(tuned, count, rate) + phases[i]
            if bend is not None:
                phase = phase + bend
            low = _look(closed_cycle, phase)
            out += low + mix * (_look(open_cycle, phase) - low)
        return out / np.float32(layers)

    attack = rng.uniform(0.2, 1.0) if pad else rng.uniform(0.003, 0.06)
    release = rng.uniform(0.4, 1.2) if pad else rng.uniform(0.03, 0.25)
    return Voice(
        source,
        rate,
        float(attack),
        float(rng.uniform(0.05, 0.6)),
        float(rng.uniform(0.5, 0.95)),
        float(release),
        False,
        0.0,
    )


def fm_voice(rng: Generator, rate: int, *, rings: bool) -> Voice:
    """Two-operator frequency modulation: bells, electric pianos, basses, brass."""
    ratio = float(rng.choice([0.5, 1.0, 1.0, 2.0, 3.0, 1.41, 3.5, 4.0, 7.0]))
    index = float(rng.uniform(0.5, 4.0))
    fall = float(rng.uniform(0.1, 1.2))
    ring = float(rng.uniform(0.5, 2.0))

    def source(hz: float, count: int) -> Samples:
        strength = min(index, 0.3 * rate / (hz * max(ratio, 1.0)) / 4)
        fade = np.exp(-np.arange(count, dtype=np.float32) / np.float32(fall * rate))
        swing = np.float32(strength / (2 * np.pi) * 2**32)
        modulator = _look(_SINE, _phase(hz * ratio, count, rate)) * (fade * swing)
        tone = _look(_SINE, _phase(hz, count, rate) + modulator.astype(np.int64).astype(np.uint32))
        if rings:
            tone = tone * np.exp(-np.arange(count, dtype=np.float32) / np.float32(ring * rate))
            _soften(tone, rate)
        return tone * np.float32(0.5)

    return Voice(
        source,
        rate,
        float(rng.uniform(0.002, 0.03)),
        0.3,
        float(rng.uniform(0.5, 0.9)),
        float(rng.uniform(0.05, 0.3)),
        rings,
        0.0,
    )


def string_voice(rng: Generator, rate: int) -> Voice:
    """Karplus and Strong's plucked string (Computer Music Journal 7(2), 1983), a period at a time."""
    damping = float(rng.uniform(0.35, 0.65))
    life = float(rng.uniform(0.4, 1.6))
    pick = float(rng.uniform(0.08, 0.5))
    burst = rng.uniform(-1, 1, 4096).astype(np.float32)

    def source(hz: float, count: int) -> Samples:
        period = max(8, int(rate / hz))
        block = burst[:period].copy()
        block -= np.roll(block, max(1, int(pick * period)))
        stretch = (period + damping) * hz / rate  # the averaging filter delays by ``damping`` samples
        needed = int(count * stretch) + 2 * period
        loss = np.float32(10 ** (-3 * period / rate / (life * (220 / hz) ** 0.3 + 0.2)))
        rows = needed // period + 1
        out = np.empty((rows, period), dtype=np.float32)
        for row in range(rows):
            out[row] = block
            shifted = np.empty_like(block)
            shifted[1:] = block[:-1]
            shifted[0] = out[row - 1, -1] if row else 0.0
            block = loss * (np.float32(1 - damping) * block + np.float32(damping) * shifted)
        flat = out.reshape(-1)
        where = np.arange(count, dtype=np.float64) * stretch
        note = np.interp(where, np.arange(len(flat)), flat).astype(np.float32)
        return _level(note, rate)

    return Voice(source, rate, 0.0, 0.0, 1.0, float(rng.uniform(0.06, 0.3)), True, 0.0)


def struck_voice(rng: Generator, rate: int, *, bars: bool = False) -> Voice:
    """Struck strings (slightly inharmonic partials) or, with ``bars``, a mallet instrument."""
    count_partials = 5 if bars else 12
    stiffness = float(rng.uniform(1e-4, 6e-4))
    k = np.arange(1, count_partials + 1, dtype=float)
    bar_ratios = np.array([1.0, 2.76, 5.4, 8.9, 13.3]) if rng.random() < 0.5 else np.array([1.0, 4.0, 9.2, 16.2, 25.0])
    ratios = bar_ratios if bars else k * np.sqrt(1 + stiffness * k * k)
    tilt = float(rng.uniform(0.7, 1.6))
    levels = rng.uniform(0.5, 1.0, count_partials) / k**tilt
    life = float(rng.uniform(0.3, 0.9) if bars else rng.uniform(0.8, 2.2))
    offsets = rng.integers(0, 2**32, count_partials, dtype=np.uint32)

    def source(hz: float, count: int) -> Samples:
        out = np.zeros(count, dtype=np.float32)
        t = np.arange(count, dtype=np.float32) / np.float32(rate)
        for i, (ratio, level) in enumerate(zip(ratios, levels, strict=True)):
            if hz * ratio > 0.45 * rate:
                break
            tau = life * (220 / hz) ** 0.4 / (1 + 0.35 * i)
            length = min(count, int(7 * tau * rate))
            partial = _look(_SINE, _phase(hz * ratio, length, rate) + offsets[i])
            out[:length] += np.float32(level) * partial * np.exp(t[:length] * np.float32(-1 / tau))
        _soften(out, rate)
        return _level(out, rate)

    return Voice(source, rate, 0.0, 0.0, 1.0, float(rng.uniform(0.08, 0.35)), True, 0.0)


def _soften(note: Samples, rate: int) -> None:
    """A 3 ms rise, so that a note starts without a click."""
    rise = min(len(note), max(1, rate * 3 // 1000))
    note[:rise] *= np.linspace(0.0, 1.0, rise, dtype=np.float32)


def _level(note: Samples, rate: int) -> Samples:
    """Bring the loudest tenth of a second to root mean square 0.3."""
    head = note[: max(1, rate // 10)]
    return note * np.float32(0.3 / (float(np.sqrt(np.mean(head * head))) + 1e-9))


def draw_voice(rng: Generator, rate: int, family: str, tuning: float) -> Voice:
    """Draw an instrument of a ``family``, one of ``FAMILIES``, tuned ``tuning`` semitones off."""
    voice = _FAMILIES[family](rng, rate)
    voice.tuning = tuning
    return voice


_FAMILIES: dict[str, Callable[[Generator, int], Voice]] = {
    "pad": lambda g, r: wave_voice(g, r, str(g.choice(["saw", "triangle", "random", "organ"])), pad=True),
    "section": lambda g, r: wave_voice(g, r, str(g.choice(["saw", "reed"])), pad=True),
    "chip": lambda g, r: wave_voice(g, r, str(g.choice(["square", "pulse", "triangle"]))),
    "lead": lambda g, r: wave_voice(g, r, str(g.choice(["saw", "pulse", "reed", "random"]))),
    "wind": lambda g, r: wave_voice(g, r, str(g.choice(["triangle", "reed", "organ"]))),
    "organ": lambda g, r: wave_voice(g, r, "organ"),
    "synth bass": lambda g, r: wave_voice(g, r, str(g.choice(["saw", "square", "triangle"]))),
    "fm": lambda g, r: fm_voice(g, r, rings=False),
    "bell": lambda g, r: fm_voice(g, r, rings=True),
    "pluck": string_voice,
    "piano": struck_voice,
    "mallet": lambda g, r: struck_voice(g, r, bars=True),
}
FAMILIES = tuple(_FAMILIES)
