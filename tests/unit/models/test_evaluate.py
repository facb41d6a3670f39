"""The examination counts honestly: own music apart, thresholds from strangers, missing tools named."""

import json

import numpy as np
import pytest
from vault_models import codec, evaluate, export_clap, frontend, train, trials
from vault_models.architecture import SEGMENT, SEGMENT_HOP, segment_count
from vault_models.corpus import composed
from vault_models.evaluate import Catalogue, composition, log_mel_points, measure, thresholds

RATE = frontend.RATE


def unit(*rows):
    points = np.array(rows, dtype=np.float32)
    return points / np.linalg.norm(points, axis=1, keepdims=True)


def catalogue():
    tracks = {"a": np.zeros(1), "a_slow": np.zeros(2), "b": np.zeros(3)}
    points = {1: unit([1, 0, 0], [0.9, 0.1, 0]), 2: unit([0.8, 0.6, 0]), 3: unit([0, 0, 1])}
    return Catalogue.of(tracks, lambda audio: points[len(audio)])


def test_a_score_is_the_best_segment_of_each_track():
    assert catalogue().scores(unit([1, 0, 0])).tolist() == pytest.approx([1.0, 0.8, 0.0])
    assert catalogue().scores(np.zeros((0, 3), np.float32)).tolist() == [0, 0, 0]


def test_versions_of_one_composition_answer_for_each_other():
    assert composition("jrpg_battle_loop_slow") == composition("jrpg_battle_loop")
    ranked, loose, strict = measure(catalogue(), [("a_slow", unit([1, 0, 0]))], [0.5, 1.1])
    assert (ranked, loose, strict) == (1.0, 1.0, 0.0)


def test_thresholds_leave_a_query_its_own_music_and_are_what_few_strangers_reach():
    strangers = [("a", unit([1, 0, 0])), *[(f"x{i}", unit([0, np.sin(i / 999), np.cos(i / 999)])) for i in range(999)]]
    at_1, at_01 = thresholds(catalogue(), strangers)
    assert at_1 <= at_01 <= 1.0
    assert thresholds(catalogue(), strangers[:1])[0] == pytest.approx(0.0)


def test_the_baseline_finds_an_exact_excerpt_and_covers_the_input():
    audio = composed(3, 20.0)
    points = log_mel_points(audio)
    assert points.shape == (segment_count(len(audio)), 512)
    again = log_mel_points(audio[SEGMENT_HOP * 2 : SEGMENT_HOP * 2 + SEGMENT])
    assert float(again[0] @ points[2]) > 0.97


def test_queries_are_repeatable_and_never_silent():
    tracks = {"t": np.concatenate([np.zeros(RATE * 20, np.float32), composed(1, 15.0)])}
    others = [composed(2, 12.0)]
    for family in ("as it is", "white noise 0 dB", "mix at equal level", "5 s inside 30 s", "speed +10 %"):
        first, again = (trials.queries(family, tracks, others, np.random.default_rng(1), 2) for _ in range(2))
        assert [q.track for q in first] == ["t", "t"]
        assert all(np.array_equal(x.audio, y.audio) for x, y in zip(first, again, strict=True))
        assert all(np.abs(q.audio).max() > 1e-3 for q in first)


def test_a_family_without_its_program_is_an_error_that_the_report_names(monkeypatch):
    monkeypatch.setattr(codec, "find_ffmpeg", lambda: None)
    with pytest.raises(codec.CodecMissing):
        trials.queries("tempo +10 %", {"t": composed(1, 12.0)}, [composed(2, 5.0)], np.random.default_rng(0), 1)


@pytest.mark.parametrize("module", [train, evaluate, export_clap])
def test_help_teaches(module, capsys):
    with pytest.raises(SystemExit) as stop:
        module.main(["--help"])
    assert stop.value.code == 0
    assert "python -m vault_models." in capsys.readouterr().out


def test_clap_without_weights_says_what_to_give(tmp_path, capsys):
    assert export_clap.main(["--weights", str(tmp_path), "--licence", "x", "--to", str(tmp_path / "out")]) == 2
    assert "config.json" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_the_clap_manifest_is_of_the_contract(tmp_path):
    from vault_embedder import manifest as manifests

    (tmp_path / "manifest.json").write_text(json.dumps(export_clap.manifest(b"model", "htsat", "Apache-2.0")))
    assert manifests.read(tmp_path / "manifest.json").segment_samples == 480000


def test_the_table_shows_every_family_once():
    cell = {"model": [1.0, 0.5, 0.25], "log-mel": [0.0, 0.0, 0.0]}
    shown = evaluate.as_markdown({"families": {"MP3 32k": {"real": cell, "composed": cell}}})
    assert "| MP3 32k | 100/50/25 | 0/0/0 | 100/50/25 | 0/0/0 |" in shown
