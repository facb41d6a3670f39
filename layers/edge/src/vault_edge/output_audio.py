"""An output's audio on its way through a check: received, decoded, and gone again.

Promises: only the function ``decode`` parses what was sent; only the version
that arrived first is read, and no request reads what another one sent; refused
audio is deleted like checked audio. What the bucket still holds after a crash is
deleted by its lifecycle within a day.
"""

import base64
import binascii
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from vault_audio.recordings import read_analysis
from vault_domain.audio_rules import AudioFacts, AudioLimits, judge
from vault_domain.canonical import sha256_hex
from vault_domain.errors import AudioRefused, BadRequest, Conflict, TooLarge
from vault_domain.events import Kind, make_event
from vault_domain.hearing import NEAR_SILENCE_LUFS
from vault_domain.ports import Put
from vault_domain.reasons import Reason
from vault_domain.safety import MAX_INLINE_BYTES, MAX_OUTPUT_S
from vault_domain.uploads import Refusal, Upload, UploadState, analysis_key, refuse, source_key

from vault_edge.app import Caller
from vault_edge.deps import Deps
from vault_edge.permitting import belonging

DECODE = "LEMM_FUNCTION_DECODE"
MAX_ANALYSIS_BYTES = 64 * 2**20
LIMITS = AudioLimits(max_duration_s=MAX_OUTPUT_S, very_quiet_lufs=NEAR_SILENCE_LUFS)


@dataclass(frozen=True, eq=False)
class Sound:
    """A decoded output: mono samples at 16 kHz, shape (n,), and what decode said of it."""

    samples: NDArray[np.float32]
    content_sha256: str
    audio_sha256: str
    duration_s: float
    chromaprint: str
    stored: bool
    """Whether the bucket holds any of it."""
    flags: tuple[Reason, ...] = ()
    """What its measured facts say of it."""


@dataclass(frozen=True)
class Sent:
    """Audio as it was sent: inline, or an upload of the caller's."""

    inline: str | None = None
    upload: Upload | None = None
    version_id: str | None = None
    own: str = ""
    """Names inline audio in the bucket: its hash, and an id of this request alone."""

    @property
    def upload_id(self) -> str | None:
        return self.upload.upload_id if self.upload else None

    @property
    def name(self) -> str:
        """What it is called in the bucket. No two requests share one, unless both bring the same upload."""
        return self.upload_id or self.own


class AudioAsk(Protocol):
    """What names or holds the audio of an output."""

    @property
    def audio_upload_token(self) -> str | None: ...
    @property
    def audio_base64(self) -> str | None: ...


def received(ask: AudioAsk, caller: Caller, deps: Deps) -> Sent:
    """Find what was sent. Raises ``TooLarge``, ``BadRequest``, ``NotFound`` or ``Conflict``."""
    if ask.audio_base64 is not None:
        return _inline(ask.audio_base64, deps)
    sent = deps.records.get(Upload, ask.audio_upload_token or "")
    found = sent if sent is not None and sent.purpose == "output" else None
    upload = belonging("upload.read", found, found.owner if found else None, caller, deps, thing="upload")
    if upload.refusal is not None:
        raise Conflict(f"this upload was refused ({upload.refusal.code}): {upload.refusal.detail}")
    if upload.state is not UploadState.WAITING:
        raise Conflict("this upload was used or has expired; send the audio again")
    first = deps.bucket("outputs").first_version(source_key(upload.upload_id))
    if first is None:
        raise Conflict("the audio has not arrived; send it to the form first")
    return Sent(upload=upload, version_id=first.version_id)


def _inline(text: str, deps: Deps) -> Sent:
    if len(text) > MAX_INLINE_BYTES * 4 // 3 + 4:
        raise TooLarge(f"inline audio may hold {MAX_INLINE_BYTES} bytes; use an upload", limit_bytes=MAX_INLINE_BYTES)
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadRequest("audio_base64 is not standard base64") from error
    if not 0 < len(data) <= MAX_INLINE_BYTES:
        raise TooLarge(f"inline audio has 1 to {MAX_INLINE_BYTES} bytes; use an upload", limit_bytes=MAX_INLINE_BYTES)
    return Sent(inline=text, own=f"{sha256_hex(data)}-{deps.new_id('chk')}")


def decoded(sent: Sent, deps: Deps) -> Sound:
    """Decode and judge. Raises ``AudioRefused`` for what can't be checked."""
    analysis = analysis_key(sent.name)
    source = (
        {"key": source_key(sent.name), "version_id": sent.version_id}
        if sent.inline is None
        else {"audio_base64": sent.inline}
    )
    ask = {"bucket": "outputs", **source, "targets": {"analysis": analysis}, "max_duration_s": MAX_OUTPUT_S}
    told = deps.invoke(DECODE, ask)
    if "analysis_base64" in told:
        return _sound(told, base64.b64decode(told["analysis_base64"]), stored=False)
    # Sent by way of the bucket, or too long for an answer.
    return _sound(told, deps.bucket("outputs").read(analysis, limit=MAX_ANALYSIS_BYTES), stored=True)


def _sound(told: dict[str, Any], analysis: bytes, *, stored: bool) -> Sound:
    verdict = judge(AudioFacts.model_validate(told["facts"]), LIMITS)
    refusal = verdict.error()
    if refusal is not None:
        raise refusal
    if any(flag.code == "phase_cancels" for flag in verdict.flags):
        raise AudioRefused("the channels cancel each other; nobody could hear, or check, what they hold")
    with TemporaryDirectory() as folder:
        path = Path(folder, "analysis")
        path.write_bytes(analysis)
        samples = read_analysis(path)
    hashes = told["content_sha256"], told["audio_sha256"]
    return Sound(samples, *hashes, told["duration_s"], told["chromaprint"], stored, verdict.flags)


def heard_or_refused(sent: Sent, caller: Caller, deps: Deps) -> Sound:
    """Decode; what is refused is deleted, and refused for good if it was an upload. Raises ``AudioRefused``."""
    try:
        return decoded(sent, deps)
    except AudioRefused as error:
        if sent.upload is not None:
            now = deps.clock()
            refused = refuse(sent.upload, Refusal(code=error.code, detail=error.detail[:500]), now)
            event = make_event(
                deps.new_id("evt"), Kind.UPLOAD_REFUSED, refused.upload_id, caller.actor, now, code=error.code
            )
            deps.records.commit([Put(refused, sent.upload.version)], [event])
        discarded(sent, deps)
        raise


def discarded(sent: Sent, deps: Deps) -> None:
    """Delete every version of an upload, and the analysis audio made of what was sent. Free to repeat."""
    outputs = deps.bucket("outputs")
    if sent.inline is None:  # inline audio never was in the bucket as it came
        outputs.delete(source_key(sent.name), all_versions=True)
    outputs.delete(analysis_key(sent.name), all_versions=True)
