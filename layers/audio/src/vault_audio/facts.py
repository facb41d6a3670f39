"""Measure a decoded recording: loudness, peaks, clipping, silence, bandwidth, and hints of noise and test tones.

Promise: :func:`measure` is a function of the canonical samples alone and holds
one second or two of them at a time, however long it is. It decides nothing: that
is :mod:`vault_domain.audio_rules`. Loudness (:mod:`vault_audio.loudness`) agrees
with ffmpeg's ebur128 within 0.1 LU. The hash of the samples is made in the same
pass, which may begin before the decoder has ended.
"""

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from vault_domain.audio_rules import PEAK_FLOOR, AudioFacts

from vault_audio import recordings, spectral_facts
from vault_audio.au import AuReader, Ended
from vault_audio.loudness import KWeighting, integrated, lufs

Signal = NDArray[np.float32]

PROFILE_PARTS: Final = 32
SILENCE_DBFS: Final = -60.0
FULL_SCALE: Final = 32766 / 32768
"""Decoders and limiters of 16-bit material stop at 32,767 or one below."""
RUN: Final = 3
BLOCK_HOPS: Final = 10  # 1 s of signal at once: it fits the caches
INT32: Final = np.float32(2**-31)

_TINY: Final = 1e-12


@dataclass(frozen=True)
class Measured:
    """Facts of a recording, and the SHA-256 of its samples (:class:`~vault_audio.recordings.SamplesHash`)."""

    facts: AudioFacts
    samples_sha256: str


def measure(path: Path, ended: Ended = lambda: True) -> Measured:
    """Measure an AU file of one or two channels, while it is being written until ``ended`` says so."""
    with AuReader(path, ended) as sound, ThreadPoolExecutor(1) as beside:  # hashing leaves the interpreter's lock
        meter, spectra = _Meter(sound.rate, round(sound.rate / 10)), spectral_facts.Spectra(sound.rate)
        digest, hashing = recordings.SamplesHash(), beside.submit(lambda: None)
        for block in sound.blocks(meter.hop * BLOCK_HOPS):
            hashing.result()
            hashing = beside.submit(digest.add, block)
            signal = block.astype(np.float32) * INT32
            channels = np.ascontiguousarray(signal.T)
            meter.add(signal, channels)
            spectra.add(channels[0] if len(channels) == 1 else (channels[0] + channels[1]) / 2)
        hashing.result()
    return Measured(_facts(sound.rate, meter, spectra), digest.hexdigest())


def _facts(rate: int, meter: "_Meter", spectra: spectral_facts.Spectra) -> AudioFacts:
    energy = np.concatenate([*meter.weighted, np.zeros(0)])
    silent = np.concatenate([*meter.levels, np.zeros(0)]) < 10 ** (SILENCE_DBFS / 10)
    count = max(1, meter.samples)
    return AudioFacts(
        duration_s=meter.samples / rate,
        channels=meter.channels,
        sample_rate=rate,
        loudness_lufs=integrated(energy),
        loudness_profile=tuple(round(lufs(part.mean()), 1) for part in np.array_split(energy, PROFILE_PARTS))
        if len(energy) >= PROFILE_PARTS
        else (),
        peak_dbfs=max(PEAK_FLOOR, 20 * math.log10(max(meter.peak, _TINY))),
        clipped_share=float(max(meter.clipped)) / count,
        silence_share=float(silent.mean()) if len(silent) else 1.0,
        longest_silence_s=_longest(silent) / 10,
        dc_offset=float(np.max(np.abs(meter.total))) / count,
        bandwidth_hz=spectra.bandwidth_hz(),
        noise_share=spectra.noise_share(),
        tone_share=spectra.tone_share(),
        dual_mono=meter.channels == 2 and not meter.differs,
        mono_loss_db=min(0.0, 10 * math.log10((meter.added + _TINY) / (meter.apart + _TINY))),
    )


# --- levels ------------------------------------------------------------------


class _Meter:
    """Running sums over successive blocks; memory does not grow with them but for ten figures per second."""

    def __init__(self, rate: int, hop: int) -> None:
        self.hop, self._rate = hop, rate
        self._filter: KWeighting | None = None
        self._runs: list[int] = []
        self.samples = self.channels = 0
        self.peak, self.added, self.apart, self.differs = 0.0, 0.0, 0.0, False
        self.weighted: list[NDArray[np.float64]] = []
        self.levels: list[NDArray[np.float64]] = []
        self.total: NDArray[np.float64] = np.zeros(1)
        self.clipped: list[int] = [0]

    def add(self, signal: Signal, channels: Signal) -> None:
        """The same block twice, (n, channels) and (channels, n), contiguous; all but the last are whole hops long."""
        weighting = self._filter or self._start(len(channels))
        self.samples += len(signal)
        self.total += channels.sum(axis=1, dtype=np.float64)
        self.levels.append(np.mean([self._per_hop(one) for one in channels], axis=0))
        self.weighted.append(weighting.energy(signal, self.hop))
        self._add_sides(channels)
        for channel, one in enumerate(channels):
            self._add_peaks(channel, one)

    def _start(self, channels: int) -> KWeighting:
        self.channels, self._filter = channels, KWeighting(self._rate, channels)
        self._runs, self.clipped, self.total = [0] * channels, [0] * channels, np.zeros(channels)
        return self._filter

    def _add_sides(self, block: Signal) -> None:
        """Energy of the channels added and apart, from their products: ((l + r) / 2)^2 and (l^2 + r^2) / 2."""
        first, last = block[0], block[-1]
        squares = (_energy(first, first) + _energy(last, last)) / 2
        self.apart += squares
        self.added += (squares + _energy(first, last)) / 2
        self.differs = self.differs or not np.array_equal(first, last)

    def _add_peaks(self, channel: int, signal: Signal) -> None:
        peak = max(float(signal.max(initial=0.0)), -float(signal.min(initial=0.0)))
        self.peak = max(self.peak, peak)
        clipped, self._runs[channel] = full_scale_runs(signal, self._runs[channel]) if peak >= FULL_SCALE else (0, 0)
        self.clipped[channel] += clipped

    def _per_hop(self, signal: Signal) -> NDArray[np.float64]:
        """Mean squares of whole hops."""
        whole = len(signal) // self.hop
        hops = signal[: whole * self.hop].reshape(whole, self.hop)
        means: NDArray[np.float64] = np.einsum("ij,ij->i", hops, hops).astype(np.float64) / self.hop
        return means


def _energy(one: Signal, other: Signal) -> float:
    return float(np.dot(one, other))


def full_scale_runs(signal: Signal, running: int) -> tuple[int, int]:
    """(samples in runs of :data:`RUN` or more at full scale, length of the run that the block ends in).

    ``running`` is the run that the block before ended in. A run is counted
    once it is long enough, its first samples included.
    """
    at_top = np.flatnonzero(np.abs(signal) >= FULL_SCALE)
    if not len(at_top):
        return 0, 0
    breaks = np.flatnonzero(np.diff(at_top) > 1) + 1
    firsts = np.concatenate([[0], breaks])
    lengths = np.diff(np.concatenate([firsts, [len(at_top)]]))
    before = np.zeros(len(lengths), dtype=np.int64)
    if at_top[0] == 0:
        before[0] = running
    whole = lengths + before
    counted = np.where(before >= RUN, lengths, whole)  # the earlier part was counted with its own block
    last = int(whole[-1]) if at_top[-1] == len(signal) - 1 else 0
    return int(counted[whole >= RUN].sum()), last


def _longest(marks: NDArray[np.bool_]) -> int:
    """Length of the longest run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], marks, [False]]).astype(np.int8)))
    return int((edges[1::2] - edges[::2]).max()) if len(edges) else 0
