"""Measure a decoded recording: loudness, peaks, clipping, silence, bandwidth, and hints of noise and test tones.

Promise: :func:`measure` is a function of the canonical file alone and holds one
second of it at a time, however long it is. It decides nothing: that is
:mod:`vault_domain.audio_rules`. Integrated loudness follows ITU-R BS.1770-4
(K-weighting of annex 1, blocks of 400 ms every 100 ms, gates at -70 LUFS and
10 LU under the mean of what is left), and agrees with ffmpeg's ebur128 within 0.1 LU.
"""

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from vault_domain.audio_rules import LOUDNESS_FLOOR, PEAK_FLOOR, AudioFacts

from vault_audio import recordings, spectral_facts

Signal = NDArray[np.float32]

PROFILE_PARTS: Final = 32
SILENCE_DBFS: Final = -60.0
FULL_SCALE: Final = 32766 / 32768
"""Decoders and limiters of 16-bit material stop at 32,767 or one below."""
RUN: Final = 3
HOPS_PER_BLOCK: Final = 4  # 400 ms blocks overlapping by 75 %
BLOCK_HOPS: Final = 10  # 1 s of signal at once: the filter's transforms then fit the caches
KERNEL_S: Final = 0.1
"""Length of the K filter as a kernel: its slowest pole has fallen by over 200 dB there."""

_LOUDNESS_OFFSET: Final = -0.691  # BS.1770-4, annex 1, equation 2
_TINY: Final = 1e-12


def measure(path: Path) -> AudioFacts:
    """Facts of a canonical FLAC file of one or two channels."""
    rate = recordings.sample_rate(path)
    hop = round(rate / 10)
    meter = _Meter(rate, hop)
    spectra = spectral_facts.Spectra(rate)
    for block in recordings.blocks(path, hop * BLOCK_HOPS):
        channels = np.ascontiguousarray(block.T)
        meter.add(channels)
        spectra.add(channels[0] if len(channels) == 1 else (channels[0] + channels[1]) / 2)
    return _facts(rate, meter, spectra)


def _facts(rate: int, meter: "_Meter", spectra: spectral_facts.Spectra) -> AudioFacts:
    energy = np.concatenate([*meter.weighted, np.zeros(0)])
    silent = np.concatenate([*meter.levels, np.zeros(0)]) < 10 ** (SILENCE_DBFS / 10)
    count = max(1, meter.samples)
    return AudioFacts(
        duration_s=meter.samples / rate,
        channels=meter.channels,
        sample_rate=rate,
        loudness_lufs=integrated(energy),
        loudness_profile=tuple(round(loudness(part.mean()), 1) for part in np.array_split(energy, PROFILE_PARTS))
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


# --- loudness ----------------------------------------------------------------


def integrated(energy: NDArray[np.float64]) -> float:
    """Integrated loudness in LUFS of K-weighted mean squares (summed over channels) per 100 ms, shape (n,)."""
    if len(energy) < HOPS_PER_BLOCK:
        return LOUDNESS_FLOOR
    blocks = np.convolve(energy, np.full(HOPS_PER_BLOCK, 1 / HOPS_PER_BLOCK), mode="valid")
    heard = blocks[blocks > _mean_square(LOUDNESS_FLOOR)]
    if not len(heard):
        return LOUDNESS_FLOOR
    gated = heard[heard > heard.mean() / 10]
    return loudness(gated.mean())


def loudness(mean_square: float) -> float:
    """LUFS of a K-weighted mean square, not under the floor."""
    return max(LOUDNESS_FLOOR, _LOUDNESS_OFFSET + 10 * math.log10(max(float(mean_square), _TINY)))


def _mean_square(lufs: float) -> float:
    return float(10 ** ((lufs - _LOUDNESS_OFFSET) / 10))


def k_kernel(rate: int) -> NDArray[np.float64]:
    """Impulse response of the K filter at ``rate``, shape (n,).

    BS.1770-4 gives both stages as biquads at 48 kHz; the analogue corner
    frequencies and Q behind them (as used by libebur128) give other rates.
    """
    impulse = np.zeros(round(KERNEL_S * rate))
    impulse[0] = 1.0
    shelf, pole_q, gain = 1681.974450955533, 0.7071752369554196, 10 ** (3.999843853973347 / 20)
    k = math.tan(math.pi * shelf / rate)
    middle = gain**0.4996667741545416
    norm = 1 + k / pole_q + k * k
    head = [(gain + middle * k / pole_q + k * k) / norm, 2 * (k * k - gain) / norm,
            (gain - middle * k / pole_q + k * k) / norm]  # fmt: skip
    shaped = _biquad(impulse, head, [2 * (k * k - 1) / norm, (1 - k / pole_q + k * k) / norm])
    low, low_q = 38.13547087602444, 0.5003270373238773
    k = math.tan(math.pi * low / rate)
    norm = 1 + k / low_q + k * k
    return _biquad(shaped, [1.0, -2.0, 1.0], [2 * (k * k - 1) / norm, (1 - k / low_q + k * k) / norm])


def _biquad(signal: NDArray[np.float64], b: list[float], a: list[float]) -> NDArray[np.float64]:
    """Direct form II transposed over a short signal: used once per rate, for the kernel."""
    out, s1, s2 = np.empty_like(signal), 0.0, 0.0
    for at, x in enumerate(signal):
        y = b[0] * x + s1
        s1, s2 = b[1] * x - a[0] * y + s2, b[2] * x - a[1] * y
        out[at] = y
    return out


@dataclass
class _Convolver:
    """One channel through a kernel, block by block, each block continuing the last (overlap-save)."""

    kernel: NDArray[np.float64]
    past: Signal = field(init=False)
    spectra: dict[int, NDArray[np.complex64]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.past = np.zeros(len(self.kernel) - 1, dtype=np.float32)

    def run(self, signal: Signal) -> Signal:
        line = np.concatenate([self.past, signal])
        size = 1 << (len(line) - 1).bit_length()
        if size not in self.spectra:
            self.spectra[size] = np.fft.rfft(self.kernel, size).astype(np.complex64)
        out = np.fft.irfft(np.fft.rfft(line, size) * self.spectra[size], size)
        skip = len(self.past)
        self.past = line[len(line) - skip :]
        return np.asarray(out[skip : len(line)], dtype=np.float32)


# --- levels ------------------------------------------------------------------


class _Meter:
    """Running sums over successive blocks; memory does not grow with them but for ten figures per second."""

    def __init__(self, rate: int, hop: int) -> None:
        self._hop, self._kernel = hop, k_kernel(rate)
        self._filters: list[_Convolver] = []
        self._runs: list[int] = []
        self.samples = self.channels = 0
        self.peak, self.added, self.apart, self.differs = 0.0, 0.0, 0.0, False
        self.weighted: list[NDArray[np.float64]] = []
        self.levels: list[NDArray[np.float64]] = []
        self.total: NDArray[np.float64] = np.zeros(1)
        self.clipped: list[int] = [0]

    def add(self, block: Signal) -> None:
        """``block``: shape (channels, n), contiguous; every block but the last is whole hops long."""
        if not self._filters:
            self._start(len(block))
        self.samples += block.shape[1]
        self.total += block.sum(axis=1, dtype=np.float64)
        hops = [self._per_hop(signal) for signal in block]
        self.levels.append(np.mean(hops, axis=0))
        shaped = [self._per_hop(chain.run(x)) for chain, x in zip(self._filters, block, strict=True)]
        self.weighted.append(np.sum(shaped, axis=0))
        self._add_sides(block)
        for channel, signal in enumerate(block):
            self._add_peaks(channel, signal)

    def _start(self, channels: int) -> None:
        self.channels = channels
        self._filters = [_Convolver(self._kernel) for _ in range(channels)]
        self._runs, self.clipped, self.total = [0] * channels, [0] * channels, np.zeros(channels)

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
        """Mean squares of whole hops; BS.1770-4 leaves out an unfinished block."""
        whole = len(signal) // self._hop
        hops = signal[: whole * self._hop].reshape(whole, self._hop)
        means: NDArray[np.float64] = np.einsum("ij,ij->i", hops, hops).astype(np.float64) / self._hop
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
