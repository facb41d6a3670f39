"""decode: the only function that parses untrusted audio, and the only one that has ffmpeg.

It sees one object (or inline bytes), writes only the targets it was given, and
knows nothing else: no table, no account, no key. Refusals leave by class name.
"""

import base64
import binascii
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from pydantic import BaseModel, Field, model_validator
from vault_audio.decode import Decoded, Limits, decode
from vault_domain.errors import BadRequest, DecodeLimit
from vault_domain.uploads import MAX_UPLOAD_BYTES
from vault_edge.app import App, Deps, Json

app = App("decode")
INLINE_BYTES = 4 * 2**20
TYPES = {".flac": "audio/flac", ".au": "audio/basic"}


class Targets(BaseModel):
    """Where to put what was decoded, in the bucket that the source is in."""

    canonical: str | None = None
    analysis: str | None = None


class DecodeAsk(BaseModel):
    """A stored object, or inline bytes; an inline source gets its analysis audio inline, too, where 4 MB hold it."""

    bucket: Literal["quarantine", "outputs"] = "quarantine"
    key: str | None = None
    version_id: str | None = None
    audio_base64: str | None = Field(default=None, max_length=INLINE_BYTES * 4 // 3 + 4)
    targets: Targets = Targets()
    max_duration_s: float = Field(default=1800.0, gt=0, le=1800)

    @model_validator(mode="after")
    def _one_source(self) -> "DecodeAsk":
        if (self.key is None) == (self.audio_base64 is None):
            raise ValueError("give key or audio_base64")
        return self


@app.step
def run(ask: DecodeAsk, deps: Deps) -> Json:
    """Fetch, decode, measure, store the targets, tell what was heard."""
    with TemporaryDirectory() as folder:
        work = Path(folder, "work")
        work.mkdir()
        source = Path(folder, "source")
        _fetch(ask, source, deps)
        limits = Limits(max_duration_s=ask.max_duration_s, max_source_bytes=MAX_UPLOAD_BYTES)
        heard = decode(source, work, limits, keep=ask.targets.canonical is not None)
        inline = _inline(ask, heard)
        wanted = [(ask.targets.canonical, heard.canonical), (None if inline else ask.targets.analysis, heard.analysis)]
        for target, path in wanted:
            if target is not None and path is not None:
                deps.bucket(ask.bucket).write(target, path.read_bytes(), content_type=TYPES[path.suffix])
        return {**_told(heard), "facts": heard.facts.model_dump(mode="json"), **inline}


def _fetch(ask: DecodeAsk, path: Path, deps: Deps) -> None:
    if ask.audio_base64 is not None:
        try:
            path.write_bytes(base64.b64decode(ask.audio_base64, validate=True))
        except (binascii.Error, ValueError) as error:
            raise BadRequest("audio_base64 is not base64") from error
        return
    size = 0
    with path.open("wb") as file:
        for piece in deps.bucket(ask.bucket).stream(ask.key or "", ask.version_id):
            size += file.write(piece)
            if size > MAX_UPLOAD_BYTES:
                raise DecodeLimit(f"an upload may hold {MAX_UPLOAD_BYTES} bytes at most")


def _told(heard: Decoded) -> dict[str, object]:
    return {
        "content_sha256": heard.content_sha256,
        "audio_sha256": heard.audio_sha256,
        "duration_s": heard.duration_s,
        "sample_rate": heard.sample_rate,
        "channels": heard.channels,
        "container": heard.container,
        "codec": heard.codec,
        "chromaprint": heard.chromaprint,
        "recipe": heard.recipe,
    }


def _inline(ask: DecodeAsk, heard: Decoded) -> dict[str, str]:
    if ask.audio_base64 is None or heard.analysis.stat().st_size > INLINE_BYTES:
        return {}
    return {"analysis_base64": base64.b64encode(heard.analysis.read_bytes()).decode("ascii")}


handler, http = app.lambda_entry(), app.http_entry()
