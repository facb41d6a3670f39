"""What a recording's measured facts mean: refused, flagged for a reviewer, or clean.

Promise: :func:`judge` is a pure function of facts and limits, and every
threshold stands in :class:`AudioLimits`, with its reason. Refusals are final
for the file and carry the code of the error they become; flags never refuse,
they tell a reviewer where to listen.
"""

from pydantic import Field

from vault_domain.errors import AudioRefused, Clipped, Silent, TooLong, TooShort
from vault_domain.reasons import Reason
from vault_domain.records import Value

LOUDNESS_FLOOR = -70.0
"""The absolute gate of ITU-R BS.1770-4: what never passes it has no loudness, and is given this figure."""

PEAK_FLOOR = -120.0


class AudioFacts(Value):
    """Measured on the canonical audio. Shares are of the whole duration, 0 to 1; levels are of full scale."""

    duration_s: float = Field(ge=0)
    channels: int = Field(ge=1, le=2)
    sample_rate: int = Field(gt=0)
    loudness_lufs: float
    """Integrated, ITU-R BS.1770-4; :data:`LOUDNESS_FLOOR` when nothing passes the gate."""
    loudness_profile: tuple[float, ...] = Field(default=(), max_length=64)
    """Loudness of successive equal parts of the recording, ungated, in LUFS."""
    peak_dbfs: float
    clipped_share: float = Field(ge=0, le=1)
    """Samples in runs of three or more at full scale, in the worse channel."""
    silence_share: float = Field(ge=0, le=1)
    """Blocks of 0.1 s under -60 dBFS."""
    longest_silence_s: float = Field(ge=0)
    dc_offset: float = Field(ge=0)
    bandwidth_hz: float = Field(ge=0)
    """Highest frequency within 80 dB of the strongest band."""
    noise_share: float = Field(ge=0, le=1)
    """How much successive spectra scatter as stationary noise of the same colour would: 1 is pure noise."""
    tone_share: float = Field(ge=0, le=1)
    """Frames in which one and the same steady frequency holds nearly all energy: 1 is a test tone."""
    dual_mono: bool
    """Two equal channels."""
    mono_loss_db: float = Field(le=0)
    """Level lost by adding both channels: 0 for mono, about -3 for unrelated channels, far less if they cancel."""


class AudioLimits(Value):
    """Thresholds of :func:`judge`."""

    min_duration_s: float = 3.0
    """No detector can verify a match in less."""
    short_s: float = 15.0
    """A strong match needs 15 s of overlap, so nothing shorter can be one."""
    max_duration_s: float = 1800.0
    silent_peak_dbfs: float = -60.0
    min_sound_s: float = 1.0
    """Less sound than this in a recording is a click, not music."""
    mostly_silent_share: float = 0.5
    clipped_share: float = 0.25
    """A quarter of all samples at full scale is no recording of anything any more; hard-limited masters, and
    square-wave music at full level, stay well below."""
    clipping_share: float = 0.001
    very_quiet_lufs: float = -40.0
    low_bandwidth_hz: float = 5000.0
    """Telephone and AM quality: half of what detectors listen to is missing."""
    noise_share: float = 0.9
    tone_share: float = 0.9
    dc_offset: float = 0.05
    """Pulse waves of chip music reach 0.03 by themselves."""
    mono_loss_db: float = -10.0
    """Detectors hear both channels added: where those cancel, they hear too little."""


class AudioVerdict(Value):
    """Refused when ``refusals`` is not empty; codes are those of the errors."""

    refusals: tuple[Reason, ...] = ()
    flags: tuple[Reason, ...] = ()

    def error(self) -> AudioRefused | None:
        """The first refusal as the error it is, or None."""
        return _ERRORS[self.refusals[0].code](self.refusals[0].detail) if self.refusals else None


_ERRORS: dict[str, type[AudioRefused]] = {cls.code: cls for cls in (Silent, TooShort, TooLong, Clipped)}


def judge(facts: AudioFacts, limits: AudioLimits | None = None) -> AudioVerdict:
    """Refusals and flags, each with its figure, in a fixed order."""
    bounds = limits or AudioLimits()
    return AudioVerdict(refusals=tuple(_refusals(facts, bounds)), flags=tuple(_flags(facts, bounds)))


def _refusals(facts: AudioFacts, limits: AudioLimits) -> list[Reason]:
    sound_s = facts.duration_s * (1 - facts.silence_share)
    silent = (
        facts.loudness_lufs <= LOUDNESS_FLOOR
        or facts.peak_dbfs < limits.silent_peak_dbfs
        or sound_s < min(limits.min_sound_s, facts.duration_s / 2)
    )
    found = [
        (TooShort, facts.duration_s < limits.min_duration_s,
         f"{facts.duration_s:.1f} s; at least {limits.min_duration_s:g} s are needed"),
        (TooLong, facts.duration_s > limits.max_duration_s,
         f"{facts.duration_s:.0f} s; at most {limits.max_duration_s:g} s are taken"),
        (Silent, silent, f"{sound_s:.1f} s of sound, peak {facts.peak_dbfs:.0f} dBFS"),
        (Clipped, facts.clipped_share > limits.clipped_share,
         f"{facts.clipped_share:.0%} of the samples stand at full scale"),
    ]  # fmt: skip
    return [Reason(code=error.code, detail=detail) for error, holds, detail in found if holds]


def _flags(facts: AudioFacts, limits: AudioLimits) -> list[Reason]:
    mono = facts.channels == 1 or facts.dual_mono
    found = [
        ("short", facts.duration_s < limits.short_s, f"{facts.duration_s:.1f} s"),
        ("mostly_silent", facts.silence_share > limits.mostly_silent_share, f"{facts.silence_share:.0%} silence"),
        ("clipping", facts.clipped_share > limits.clipping_share, f"{facts.clipped_share:.2%} at full scale"),
        ("very_quiet", facts.loudness_lufs < limits.very_quiet_lufs, f"{facts.loudness_lufs:.1f} LUFS"),
        ("mono", mono, "one channel" if facts.channels == 1 else "two equal channels"),
        ("low_bandwidth", facts.bandwidth_hz < limits.low_bandwidth_hz, f"nothing over {facts.bandwidth_hz:.0f} Hz"),
        ("noise", facts.noise_share > limits.noise_share, "sounds like steady noise"),
        ("test_tone", facts.tone_share > limits.tone_share, "sounds like one steady tone"),
        ("dc_offset", facts.dc_offset > limits.dc_offset, f"{facts.dc_offset:.3f} of full scale"),
        ("phase_cancels", facts.mono_loss_db < limits.mono_loss_db,
         f"{-facts.mono_loss_db:.0f} dB are lost when the channels are added"),
    ]  # fmt: skip
    return [Reason(code=code, detail=detail) for code, holds, detail in found if holds]
