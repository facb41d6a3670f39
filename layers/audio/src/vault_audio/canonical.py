"""The frozen recipe: how an upload becomes canonical audio, analysis audio and fingerprint samples.

One ffmpeg run reads the source once and writes, under fixed names:

===================== ===========================================================
``canonical.flac``    rate of the source up to 48 kHz, one or two channels, 16 bit
                      (24 where a lossless source holds more); what the vault keeps
``analysis.flac``     16 kHz mono (0.6 left + 0.4 right), 16 bit: what every
                      detector hears
``chromaprint.pcm``   11,025 Hz mono, 16 bit, through the resampler settings of
                      chromaprint's own reader, so that items equal fpcalc's
===================== ===========================================================

``canonical.au`` holds the samples of ``canonical.flac`` for as long as they are
measured and hashed, which begins while they are written: unpacking FLAC costs
more than writing them twice. (Not WAV: its writer refuses files whose time
stamps step back, as the ends of some Vorbis files do.) Where nobody keeps the
canonical audio there is no FLAC at all: the same analysis audio lies in
``analysis.au``, since packing and unpacking what is heard once costs time.

The bytes depend on the source and on ffmpeg's build alone: no tags, no dates,
``-bitexact``, one thread. A change to any filter or setting here is a new
:data:`RECIPE`, since hashes and fingerprints of the same upload then differ.
"""

from pathlib import Path
from typing import Final

from vault_audio.chromaprint import RATE as CHROMAPRINT_RATE
from vault_audio.containers import Container

RECIPE: Final = 1
MAX_RATE: Final = 48_000
ANALYSIS_RATE: Final = 16_000

CANONICAL, PASSING, ANALYSIS, HEARD_ONCE, PCM, LOG = (
    "canonical.flac", "canonical.au", "analysis.flac", "analysis.au", "chromaprint.pcm", "decode.log",
)  # fmt: skip
FILES: Final = (CANONICAL, PASSING, ANALYSIS, HEARD_ONCE, PCM, LOG)

# A source at another rate goes to the nearest of these.
_RATES: Final = "8000|11025|12000|16000|22050|24000|32000|44100|48000"

# Decoders of the accepted containers. Pictures and video in them stay undecoded.
_DECODERS: Final = ",".join(
    (
        "pcm_s16le",
        "pcm_s24le",
        "pcm_s32le",
        "pcm_u8",
        "pcm_s8",
        "pcm_f32le",
        "pcm_f64le",
        "pcm_alaw",
        "pcm_mulaw",
        "pcm_s16be",
        "pcm_s24be",
        "pcm_s32be",
        "pcm_f32be",
        "pcm_f64be",
        "flac",
        "mp3float",
        "mp3",
        "mp2float",
        "mp2",
        "mp1float",
        "mp1",
        "vorbis",
        "opus",
        "aac",
        "alac",
    )
)


_KEEP: Final = "aformat=sample_fmts={depth}:sample_rates=" + _RATES + ":channel_layouts=mono|stereo"
# Not the plain mean: where one channel is turned over, a mean would leave next to nothing of the music.
_HEAR: Final = f"aresample=osr={ANALYSIS_RATE}:ochl=stereo:osf=flt,pan=mono|c0=0.6*c0+0.4*c1,aformat=sample_fmts=s16"
_PRINT: Final = (
    f"aresample=osr={CHROMAPRINT_RATE}:ochl=mono:osf=s16:filter_size=16:phase_shift=8:linear_interp=0:cutoff=0.8"
)


# Plain samples in larger frames: ffmpeg hands each one from thread to thread, which is a third of its work.
_GROUPED: Final = ",asetnsamples=n=8192:p=0"
RESHAPED: Final = "Reconfiguring filter graph"
"""What ffmpeg says where rate or channels change on the way; it drops what such a chain still holds."""


def command(
    ffmpeg: Path, source: Path, held: Container, *, seconds: float, keep: bool = True, grouped: bool = False
) -> list[str]:
    """The whole run for :func:`vault_audio.decode.decode`; reads at most ``seconds``.

    The source is decoded once, and each output has a filter chain of its own:
    behind one common split, ffmpeg would agree on one sample format for all.
    ``grouped``: the same samples with less work, unless it says :data:`RESHAPED`: then some are missing.
    """
    canonical, group = _KEEP.format(depth="s16|s32" if held.deep else "s16"), _GROUPED if grouped else ""
    return [
        *_input(ffmpeg, source, held, seconds),
        *_output(canonical + group),
        *_plain(f"pcm_s{24 if held.deep else 16}be", "au"),
        PASSING,
        *((*_output(canonical), *_flac(5), CANONICAL, *_output(_HEAR), *_flac(0), ANALYSIS) if keep else ()),
        *(() if keep else (*_output(_HEAR + group), *_plain("pcm_s16be", "au"), HEARD_ONCE)),
        *_output(_PRINT + group),
        *_plain("pcm_s16le", "s16le"),
        PCM,
    ]


def analysis_command(ffmpeg: Path, source: Path, held: Container, *, seconds: float) -> list[str]:
    """The analysis audio alone, same samples, not packed: for offline matching, which maps it into memory."""
    return [*_input(ffmpeg, source, held, seconds), *_output(_HEAR), *_plain("pcm_s16le", "s16le"), PCM]


def _input(ffmpeg: Path, source: Path, held: Container, seconds: float) -> list[str]:
    # The last, short packet of a WAV without a size looks corrupt to -xerror; its samples are fine.
    strict = ["-ignore_length", "1"] if held.endless else ["-xerror"]
    return [
        str(ffmpeg),
        "-hide_banner",
        "-nostdin",
        "-nostats",
        "-y",
        "-loglevel",
        "level+info",
        "-filter_threads",
        "1",
        "-filter_complex_threads",
        "1",
        *strict,
        "-err_detect",
        "crccheck+bitstream+buffer+explode",
        "-flags:a",
        "+bitexact",
        "-threads",
        "1",
        "-protocol_whitelist",
        "file",
        "-format_whitelist",
        held.demuxer,
        "-codec_whitelist",
        _DECODERS,
        "-vn",
        "-sn",
        "-dn",
        "-t",
        f"{seconds:.3f}",
        "-f",
        held.demuxer,
        "-i",
        f"file:{source}",
    ]


def _output(chain: str) -> list[str]:
    return ["-map", "0:a:0", "-af", chain]


def _plain(codec: str, form: str) -> list[str]:
    return ["-map_metadata", "-1", "-c:a", codec, "-bitexact", "-f", form]


def _flac(level: int) -> list[str]:
    return [
        "-map_metadata",
        "-1",
        "-map_chapters",
        "-1",
        "-threads",
        "1",
        "-c:a",
        "flac",
        "-compression_level",
        str(level),
        "-bitexact",
        "-f",
        "flac",
    ]
