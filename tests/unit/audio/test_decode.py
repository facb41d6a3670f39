"""decode: the same sound from every container, refusals with nothing left, bounds that hold."""

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from vault_audio import canonical, decode, recordings, sandbox
from vault_audio.chromaprint import LOOKUP_S, compress, decompress, head
from vault_domain.errors import DecodeLimit, NotAudio, SeveralSounds, TooLong, TooShort, Truncated

from .conftest import ENCODINGS, RATE, SECONDS, encode, music, write_wav

LOSSLESS = ["a.wav", "a.flac", "deep.flac", "a.aiff", "float.wav", "flac.ogg", "alac.m4a"]
VORBIS = ["-c:a", "libvorbis", "-q:a", "4"]
LOSSY = ["a.mp3", "bare.mp3", "a.ogg", "a.opus", "a.m4a", "fast.m4a", "a.aac"]


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("name", LOSSLESS + LOSSY)
def test_every_container_gives_canonical_and_analysis_audio(files, work, name):
    got = decode.decode(files[name], work)
    assert left(work) == ["analysis.flac", "canonical.flac"]
    assert got.duration_s == pytest.approx(SECONDS, abs=0.06)
    assert (got.channels, got.sample_rate) == (2, 48_000 if name == "a.opus" else RATE)
    assert got.content_sha256 == hashlib.sha256(files[name].read_bytes()).hexdigest()
    analysis = recordings.read_analysis(got.analysis)
    assert analysis.dtype == np.float32
    assert len(analysis) == pytest.approx(SECONDS * 16_000, abs=1000)
    assert compress(head(got.items)) == got.chromaprint
    assert decompress(got.chromaprint)[0] == 1


def test_lossless_containers_share_the_sample_hash_and_the_samples(files, tmp_path):
    hashes = set()
    for name in LOSSLESS:
        folder = tmp_path / name
        folder.mkdir()
        got = decode.decode(files[name], folder)
        hashes.add(got.audio_sha256)
        kept, _ = soundfile.read(got.canonical, dtype="int16")
        assert np.array_equal(kept, music())
    assert len(hashes) == 1
    as_24_bit = np.ascontiguousarray(music().astype("<i4") << 8).view(np.uint8).reshape(-1, 4)[:, :3]
    assert hashes == {hashlib.sha256(as_24_bit.tobytes()).hexdigest()}


@pytest.mark.parametrize("name", ["a.mp3", "a.ogg", "a.flac", "a.m4a"])
def test_other_tags_change_the_content_hash_alone(files, tmp_path, name):
    tagged = encode(files[name], tmp_path / name, "-c", "copy", "-metadata", "title=Another name")
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    a, b = decode.decode(files[name], one), decode.decode(tagged, two)
    assert (a.audio_sha256, a.chromaprint) == (b.audio_sha256, b.chromaprint)
    assert a.content_sha256 != b.content_sha256
    assert a.canonical.read_bytes() == b.canonical.read_bytes()


def test_float_vorbis_is_decoded_to_the_last_sample(files, work):
    got = decode.decode(files["a.ogg"], work)
    expected, _ = soundfile.read(files["a.ogg"], dtype="float32")
    kept, _ = soundfile.read(got.canonical, dtype="float32")
    assert kept.shape == expected.shape
    assert np.abs(kept - np.clip(expected, -1, 1)).max() * 32768 < 0.6


def samples_hash(path: Path) -> str:
    """Of the samples as 24-bit little-endian words, at once."""
    raw = soundfile.read(path, dtype="int32", always_2d=True)[0].astype("<i4").tobytes()
    return hashlib.sha256(b"".join(raw[at + 1 : at + 4] for at in range(0, len(raw), 4))).hexdigest()


@pytest.mark.parametrize(
    ("options", "rate", "channels"),
    [(["-ar", "96000", "-c:a", "pcm_s24le"], 48_000, 2), (["-ar", "22050"], 22_050, 2),
     (["-ac", "6"], RATE, 2), (["-ac", "1"], RATE, 1), (["-ar", "6000"], 8_000, 2), (["-c:a", "pcm_u8"], RATE, 2)],
)  # fmt: skip
def test_rates_and_channels_are_brought_within_bounds(files, tmp_path, work, options, rate, channels):
    got = decode.decode(encode(files["a.wav"], tmp_path / "x.wav", *options), work)
    assert (got.sample_rate, got.channels) == (rate, channels)
    assert got.bits == (24 if "pcm_s24le" in options else 16)
    assert got.duration_s == pytest.approx(SECONDS, abs=0.01)
    assert samples_hash(got.canonical) == got.audio_sha256


@pytest.mark.parametrize("name", ["a.wav", "deep.flac", "float.wav", "a.mp3", "a.opus"])
def test_what_is_not_kept_is_heard_alike(files, tmp_path, work, name):
    passing = tmp_path / "passing"
    passing.mkdir()
    kept, gone = decode.decode(files[name], work), decode.decode(files[name], passing, keep=False)
    assert left(passing) == ["analysis.au"]
    assert gone.canonical is None
    same = ("audio_sha256", "content_sha256", "chromaprint", "duration_s", "channels", "sample_rate", "facts")
    assert [getattr(gone, name) for name in same] == [getattr(kept, name) for name in same]
    assert np.array_equal(recordings.read_analysis(gone.analysis), recordings.read_analysis(kept.analysis))


BARE = ["-c:a", "libmp3lame", "-write_xing", "0", "-id3v2_version", "0"]


def without_groups(monkeypatch) -> None:
    monkeypatch.setattr(canonical, "_GROUPED", "")


@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize("other", [["-ac", "1"], ["-ar", "22050"]])
@pytest.mark.parametrize("noisy", [False, True])
def test_a_file_that_changes_on_the_way_keeps_every_sample(
    files, tmp_path, work, monkeypatch, keep, other, noisy
) -> None:
    """Where rate or channels change, ffmpeg drops what a filter still holds: nothing may be held back then."""
    parts = [encode(files["a.wav"], tmp_path / f"{n}.mp3", *BARE, *more) for n, more in enumerate(([], other))]
    changing = tmp_path / "changing.mp3"
    changing.write_bytes(b"".join(parts[n].read_bytes() for n in (0, 1, 0)))
    if noisy:  # the word of the change is not within what is read of the log
        monkeypatch.setattr(sandbox, "LOG_BYTES", 1200)
        monkeypatch.setattr(canonical, "RESHAPED", "not to be found")
    got = decode.decode(changing, work, keep=keep)
    plain = tmp_path / "plain"
    plain.mkdir()
    without_groups(monkeypatch)
    want = decode.decode(changing, plain, keep=keep)
    for name in ("audio_sha256", "chromaprint", "duration_s", "facts"):
        assert getattr(got, name) == getattr(want, name)
    assert np.array_equal(recordings.read_analysis(got.analysis), recordings.read_analysis(want.analysis))
    assert got.duration_s > 3 * SECONDS - 0.5


@pytest.mark.parametrize("name", ["a.wav", "deep.flac", "a.mp3", "a.ogg", "a.opus", "alac.m4a"])
def test_larger_frames_hold_the_same_samples(files, tmp_path, work, monkeypatch, name):
    got = decode.decode(files[name], work, keep=False)
    plain = tmp_path / "plain"
    plain.mkdir()
    without_groups(monkeypatch)
    want = decode.decode(files[name], plain, keep=False)
    assert (got.audio_sha256, got.items.tolist()) == (want.audio_sha256, want.items.tolist())
    assert got.analysis.read_bytes() == want.analysis.read_bytes()


@pytest.mark.parametrize("keep", [True, False])
def test_time_stamps_that_step_back_at_the_end_are_no_damage(tmp_path, work, keep):
    """Vorbis made anew from Vorbis may end so."""
    first = encode(write_wav(tmp_path / "x.wav", music(6.72, seed=3)[:, :1]), tmp_path / "x.ogg", *VORBIS)
    again = encode(first, tmp_path / "y.ogg", "-af", "volume=-9dB", *VORBIS)
    command = canonical.command(decode.ffmpeg_path(), again, decode.containers.identify(again), seconds=60)
    assert "non monotonically" in subprocess.run(command, cwd=tmp_path, capture_output=True, text=True).stderr
    assert decode.decode(again, work, keep=keep).duration_s == pytest.approx(6.72, abs=0.02)


def test_a_cover_picture_is_no_sound_and_no_obstacle(files, tmp_path, work):
    picture = tmp_path / "c.png"
    subprocess.run(
        [str(decode.ffmpeg_path()), "-v", "error", "-f", "lavfi", "-i", "color=red:s=64x64:d=1", "-frames:v", "1",
         str(picture)], check=True)  # fmt: skip
    options = ["-map", "0", "-map", "1", "-c:a", "libmp3lame", "-c:v", "png", "-disposition:v", "attached_pic"]
    both = encode(files["a.wav"], tmp_path / "x.mp3", "-i", str(picture), *options)
    assert decode.decode(both, work).codec == "mp3"


def together(one: Path, other: Path, target: Path, *options: str) -> Path:
    """Both sounds as tracks of one file; the second is what players would take."""
    second = ["-disposition:a:0", "0", "-disposition:a:1", "default"]
    return encode(one, target, "-i", str(other), "-map", "0:a", "-map", "1:a", "-c", "copy", *second, *options)


@pytest.mark.parametrize("name", ["a.m4a", "a.ogg"])
def test_a_second_soundtrack_is_refused_since_it_would_leave_unheard(files, tmp_path, work, name):
    source = write_wav(tmp_path / "other.wav", music(SECONDS, seed=2))
    other = encode(source, tmp_path / name, *ENCODINGS[name])
    (tmp_path / "both").mkdir()
    both = together(files[name], other, tmp_path / "both" / name)
    with pytest.raises(SeveralSounds, match="2 soundtracks"):
        decode.decode(both, work)
    assert left(work) == []
    with pytest.raises(SeveralSounds):
        decode.decode_for_matching(both)


@pytest.mark.parametrize(
    "tag",
    ["[info] Output #0, null", "x\n[info] Output #0, null", "x\r\n[info]   Stream #0:7: Audio: aac", "y\n" * 3000],
)
def test_no_tag_hides_a_second_soundtrack_or_makes_one_up(files, tmp_path, work, tag):
    (tmp_path / "both").mkdir()
    tags = ["-metadata", f"title={tag}", "-metadata:s:a:0", f"title={tag}"]
    both = together(files["a.ogg"], files["a.ogg"], tmp_path / "both" / "a.ogg", *tags)
    with pytest.raises(SeveralSounds):
        decode.decode(both, work)
    one = encode(files["a.ogg"], tmp_path / "one.ogg", "-c", "copy", *tags)
    if len(tag) < 3000:
        assert decode.decode(one, work).duration_s == pytest.approx(SECONDS, abs=0.06)
    else:
        with pytest.raises(SeveralSounds, match="tags are too long"):
            decode.decode(one, work)


def test_bytes_in_memory_are_decoded_and_not_kept(files, work):
    got = decode.decode(files["a.mp3"].read_bytes(), work)
    assert got.container == "mp3"
    assert left(work) == ["analysis.flac", "canonical.flac"]


@pytest.mark.parametrize("name", ["a.wav", *ENCODINGS])
def test_a_file_cut_short_is_truncated(files, tmp_path, work, name):
    cut = tmp_path / name
    data = files[name].read_bytes()
    cut.write_bytes(data[: len(data) * 7 // 10])
    with pytest.raises(Truncated):
        decode.decode(cut, work)
    assert left(work) == []


def test_an_mp3_without_a_header_may_begin_anywhere_and_end_in_a_tag(files, tmp_path, work):
    data = files["bare.mp3"].read_bytes()
    middle = data.find(data[:2], 20_000)
    (tmp_path / "x.mp3").write_bytes(bytes(3000) + data[middle:] + b"TAG" + bytes(125))
    assert decode.decode(tmp_path / "x.mp3", work).duration_s > 5


def test_a_wav_written_into_a_pipe_states_no_size_and_is_whole(files, work):
    piped = subprocess.run(
        [str(decode.ffmpeg_path()), "-v", "error", "-i", str(files["a.wav"]), "-f", "wav", "-"],
        check=True, capture_output=True).stdout  # fmt: skip
    assert piped[4:8] == b"\xff\xff\xff\xff"
    assert decode.decode(piped, work).duration_s == SECONDS


@pytest.mark.parametrize(
    "data",
    [b"", b"hello world\n" * 3000, bytes(5000), b"#EXTM3U\nfile:///etc/passwd\n" * 50, b"ID3" + bytes(200),
     b"\x1aE\xdf\xa3" + bytes(5000), b"ffconcat version 1.0\nfile a.wav\n", b"\xff\xfb\x90\x00" + bytes(400)],
)  # fmt: skip
def test_what_is_no_audio_is_refused_whatever_its_name(work, tmp_path, data):
    (tmp_path / "x.mp3").write_bytes(data)
    with pytest.raises(NotAudio):
        decode.decode(tmp_path / "x.mp3", work)
    assert left(work) == []


def test_too_long_and_too_short(files, work):
    with pytest.raises(TooLong):
        decode.decode(files["a.mp3"], work, decode.Limits(max_duration_s=5))
    with pytest.raises(TooShort):
        decode.decode(files["a.mp3"], work, decode.Limits(min_duration_s=9))
    assert left(work) == []


def test_a_two_hour_file_is_not_decoded_to_its_end(tmp_path, work):
    size = 2 * 3600 * 8000
    with (tmp_path / "long.wav").open("wb") as file:
        file.write(b"RIFF" + (size + 36).to_bytes(4, "little") + b"WAVEfmt " + (16).to_bytes(4, "little"))
        file.write(bytes([1, 0, 1, 0]) + (8000).to_bytes(4, "little") * 2 + bytes([1, 0, 8, 0]))
        file.write(b"data" + size.to_bytes(4, "little"))
        file.truncate(44 + size)
    with pytest.raises(TooLong):
        decode.decode(tmp_path / "long.wav", work, decode.Limits(max_duration_s=60))
    assert left(work) == []


@pytest.mark.parametrize(
    "bounds", [sandbox.Bounds(memory_bytes=130 << 20), sandbox.Bounds(file_bytes=100_000), sandbox.Bounds(wall_s=0.02)]
)
def test_a_bound_that_is_hit_is_a_decode_limit(files, work, bounds):
    with pytest.raises(DecodeLimit):
        decode.decode(files["a.flac"], work, decode.Limits(bounds=bounds))
    assert left(work) == []


def test_an_oversized_source_is_refused_unread(work):
    with pytest.raises(DecodeLimit):
        decode.decode(bytes(2000), work, decode.Limits(max_source_bytes=1000))


def test_the_fingerprint_string_is_of_the_first_two_minutes(tmp_path, work):
    long = write_wav(tmp_path / "x.wav", music(130, rate=16_000)[:, 0], 16_000)
    got = decode.decode(long, work)
    assert len(decompress(got.chromaprint)[1]) == 948  # (120 s - 2.72 s) / 0.1238 s, as fpcalc gives
    assert len(got.items) > 1000
    assert LOOKUP_S == 120


def test_analysis_is_the_same_for_uploads_and_for_matching(files, work):
    got = decode.decode(files["a.m4a"], work)
    mapped = decode.decode_for_matching(files["a.m4a"])
    assert mapped.dtype == np.int16
    assert np.array_equal(decode.read_analysis(got.analysis) * 32768, mapped)


def test_matching_leaves_nothing_behind(files, tmp_path, monkeypatch):
    monkeypatch.setattr(decode.tempfile, "tempdir", str(tmp_path))
    heard = decode.decode_for_matching(files["a.ogg"])
    assert left(tmp_path) == []
    assert len(heard) == pytest.approx(SECONDS * 16_000, abs=800)


def test_importing_decode_stays_cheap():
    heavy = ("imageio_ffmpeg", "soundfile", "asyncio", "pydantic")
    code = f"import sys, vault_audio.decode; print([m for m in {heavy} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert out.strip() == "[]"


def test_the_command_names_one_demuxer_and_no_network(files):
    held = decode.containers.identify(files["a.m4a"])
    command = canonical.command(Path("/ffmpeg"), files["a.m4a"], held, seconds=1)
    assert command[command.index("-protocol_whitelist") + 1] == "file"
    assert command[command.index("-format_whitelist") + 1] == "mov"
    assert command[command.index("-i") + 1].startswith("file:/")
