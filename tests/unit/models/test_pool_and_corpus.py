"""The corpus refuses what it may not use, splits by composer; the pool resumes and repeats exactly."""

import numpy as np
import pytest
import soundfile
from vault_models import corpus, frontend, pool

TABLE = (
    "| file | author | licence |\n|---|---|---|\n| a.flac | Ann | CC-BY 3.0 |\n"
    "| b.flac | Bo (Band) | {} |\n| no.flac | X | CC0 |\n"
)


def folder(tmp_path, licence="CC-BY-SA 4.0"):
    for name, hz in (("a", 440), ("b", 330)):
        t = np.arange(22050 * 10) / 22050
        soundfile.write(tmp_path / f"{name}.flac", 0.3 * np.sin(2 * np.pi * hz * t), 22050)
    (tmp_path / "ATTRIBUTION.md").write_text(TABLE.format(licence))
    return tmp_path


def test_works_come_with_author_licence_and_hash(tmp_path):
    works = corpus.read_folder(folder(tmp_path))
    assert [(w.name, w.author, w.licence) for w in works] == [
        ("a", "Ann", "CC-BY 3.0"), ("b", "Bo (Band)", "CC-BY-SA 4.0"),
    ]  # fmt: skip
    assert all(len(w.sha256) == 64 for w in works)


@pytest.mark.parametrize("licence", ["CC-BY-NC 4.0", "", "all rights reserved"])
def test_music_under_another_licence_stops_everything(tmp_path, licence):
    with pytest.raises(ValueError, match="licence"):
        corpus.read_folder(folder(tmp_path, licence))


def test_the_split_is_by_composer_and_an_unknown_one_is_an_error(tmp_path):
    works = corpus.read_folder(folder(tmp_path))
    known, held = corpus.split(works, "Bo")
    assert ([w.name for w in known], [w.name for w in held]) == (["a"], ["b"])
    with pytest.raises(ValueError, match="no work is by"):
        corpus.split(works, "Cy")


def test_loading_resamples_to_mono_16_khz(tmp_path):
    audio = corpus.load(folder(tmp_path) / "a.flac")
    assert audio.dtype == np.float32
    assert len(audio) == pytest.approx(160000, abs=20)
    bands = frontend.log_bands(audio).mean(axis=0)
    assert np.argmax(bands) == 2 * frontend.PER_OCTAVE  # 440 Hz is two octaves above 110


def test_a_pool_is_kept_continued_and_repeatable(tmp_path):
    works = corpus.read_folder(folder(tmp_path))[:1]
    plan = pool.Plan(seed=4, composed_pieces=1, composed_seconds=10.0, composed_versions=1, real_versions=1)
    assert list(pool.build(tmp_path / "one", plan, works)) == [(1, 2), (2, 2)]
    first = (tmp_path / "one" / "000001.npz").read_bytes()
    (tmp_path / "one" / "000001.npz").unlink()
    list(pool.build(tmp_path / "one", plan, works))
    assert (tmp_path / "one" / "000001.npz").read_bytes() == first
    pieces, real = pool.read(tmp_path / "one", len(works))
    assert (len(pieces), real) == (2, 1)
    clean, bent = pieces[0]
    assert (clean.tempo, clean.semitones) == (1.0, 0.0)
    assert clean.features.shape[1] == frontend.BANDS + 2 * pool.MARGIN
    assert len(bent.features) == pytest.approx(len(clean.features) / bent.tempo, abs=2)


def test_an_empty_pool_says_so(tmp_path):
    with pytest.raises(ValueError, match="no pool"):
        pool.read(tmp_path, 0)
