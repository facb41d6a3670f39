"""A folder becomes a catalogue, files are matched against it, and nothing unreadable ends a run or passes as clean."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from lemm.catalogue import build_catalogue
from lemm.matching import match_files, told
from vault_domain.errors import BadRequest, NotFound
from vault_models.compose import compose, rearrange

RATE = 16_000


def music(seed: int, seconds: float) -> np.ndarray:
    rng = np.random.default_rng(seed)
    out = np.zeros(int(seconds * RATE))
    time = np.arange(int(0.6 * RATE)) / RATE
    for start in range(0, len(out) - len(time), RATE // 6):
        hertz = 220 * 2 ** (rng.integers(0, 36) / 12)
        out[start : start + len(time)] += np.sin(2 * np.pi * hertz * time) * np.exp(-5 * time) * 0.2
    return out


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    made = tmp_path_factory.mktemp("music")
    (made / "more").mkdir()
    for name, seed in (("one.wav", 1), ("two.flac", 2), ("more/one.wav", 3)):
        soundfile.write(made / name, music(seed, 15), RATE)
    (made / "notes.txt").write_text("no music")
    (made / ".hidden.wav").write_bytes(b"RIFF")
    return made


@pytest.fixture(scope="module")
def built(folder, tmp_path_factory):
    told: list[tuple[int, int, str]] = []
    out = tmp_path_factory.mktemp("out")
    return build_catalogue(folder, "demo", out, lambda *step: told.append(step)), told


def test_the_summary_names_what_was_indexed_and_what_was_not(built, folder):
    summary, told = built
    assert summary["tracks"] == 3
    assert Path(summary["snapshot"]).name == "demo.snapshot"
    assert summary["seconds"] == pytest.approx(45, abs=0.1)
    assert [(Path(row["file"]).name, row["code"]) for row in summary["skipped"]] == [("notes.txt", "not_audio")]
    assert told[-1][:2] == (4, 4)


def test_queries_are_answered_in_order_with_spans(built, folder, tmp_path):
    clip = tmp_path / "clip.wav"
    soundfile.write(clip, music(2, 15)[4 * RATE : 12 * RATE], RATE)
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"RIFF....")
    files = [clip, broken, tmp_path / "gone.wav", folder / "more" / "one.wav"]
    results = list(match_files(files, Path(built[0]["snapshot"])))
    assert [result["query"] for result in results] == [str(file) for file in files]
    best = results[0]["matches"][0]
    assert best["track"] == "two.flac"
    assert best["similarity"] >= 0.7
    span = best["spans"][0]
    assert span["ref_start"] - span["query_start"] == pytest.approx(4, abs=0.05)
    assert {"query_start", "query_end", "ref_start", "ref_end", "tempo_factor", "pitch_semitones"} <= set(span)
    for refused in results[1:3]:
        assert refused["matches"] == refused["melodies"] == []
        assert refused["error"]["code"]
    names = [match["track"] for match in results[3]["matches"]]
    assert names[0] in {"one.wav", "more/one.wav"}


def test_a_tune_on_other_instruments_is_told_beside_the_copies(tmp_path):
    songs = tmp_path / "songs"
    songs.mkdir()
    piece = compose(14, 60.0, sample_rate=RATE)
    soundfile.write(songs / "tune.flac", piece.audio, RATE)
    soundfile.write(songs / "other.flac", compose(15, 60.0, sample_rate=RATE).audio, RATE)
    arranged = rearrange(piece, 1, transpose=-3, tempo=0.9, instruments="song")
    soundfile.write(tmp_path / "again.wav", arranged.audio[: 35 * RATE], RATE)
    catalogue = build_catalogue(songs, "songs", tmp_path)
    (result,) = match_files([tmp_path / "again.wav"], Path(catalogue["snapshot"]))
    best = result["melodies"][0]
    assert (best["track"], best["detector"]) == ("tune.flac", "melody")
    assert best["similarity"] >= 0.7
    span = best["spans"][0]
    assert span["tempo_factor"] == pytest.approx(0.9, rel=0.03)
    assert span["pitch_semitones"] == -3
    assert not [match for match in result["matches"] if match["similarity"] >= 0.7]


def test_what_can_not_be_is_refused(folder, tmp_path):
    with pytest.raises(BadRequest):
        build_catalogue(folder, "../up", tmp_path)
    with pytest.raises(BadRequest):
        build_catalogue(tmp_path / "none", "x", tmp_path)
    with pytest.raises(NotFound):
        list(match_files([folder / "one.wav"], tmp_path / "none.snapshot"))


@given(st.lists(st.floats(0, 1), max_size=60), st.integers(0, 30))
def test_everything_that_is_found_is_told_and_weak_matches_up_to_a_number(similarities, weak):
    found = [SimpleNamespace(similarity=one) for one in sorted(similarities, reverse=True)]
    kept = list(told(found, weak))
    strong = [match for match in found if match.similarity >= 0.4]
    assert kept[: len(strong)] == strong, "a mix of many tracks names them all"
    assert len(kept) == min(len(found), max(weak, len(strong)))
