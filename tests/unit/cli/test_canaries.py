"""Canaries from the command line: a changed copy names its run, other music names nobody, damage is no clearance."""

import json

import pytest
import soundfile
from lemm.canaries import make_canaries
from lemm.main import app
from sounds import RATE, piece
from typer.testing import CliRunner


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One canary each for two runs."""
    place = tmp_path_factory.mktemp("canaries")
    for run_id in ("run_one", "run_two"):
        make_canaries(run_id, 1, place, seconds=20.0)
    return place


def checked(folder, *files) -> tuple[int, list[dict]]:
    result = CliRunner().invoke(app, ["canary", "check", *map(str, files), "--dir", str(folder), "--json"])
    return result.exit_code, [json.loads(line) for line in result.stdout.splitlines()]


def test_a_copy_that_was_cut_quietened_and_encoded_names_its_run(folder, tmp_path):
    samples, rate = soundfile.read(folder / "run_two.0.flac", always_2d=True)
    copy, clean = tmp_path / "found.ogg", tmp_path / "clean.flac"
    soundfile.write(copy, 0.4 * samples[3 * rate : 17 * rate], rate, format="OGG", subtype="VORBIS")
    soundfile.write(clean, piece(4, 15.0), RATE)
    code, lines = checked(folder, copy, clean)
    assert code == 0
    assert [one["run_id"] for one in lines[0]["runs"]] == ["run_two"]
    assert lines[1]["runs"] == []


def test_what_can_not_be_read_is_not_cleared(folder, tmp_path):
    broken = tmp_path / "broken.flac"
    broken.write_bytes(b"no audio")
    code, lines = checked(folder, broken)
    assert (code, lines[0]["runs"]) == (1, [])
    assert "error" in lines[0]
    assert checked(tmp_path, broken)[0] == 1


def test_canaries_are_new_each_time_and_for_runs_alone(folder, tmp_path):
    again = make_canaries("run_one", 1, folder, seconds=2.0)
    assert [path.name for path in again] == ["run_one.1.flac"]
    again[0].unlink()
    result = CliRunner().invoke(app, ["canary", "make", "../x", "--dir", str(tmp_path), "--json"])
    assert result.exit_code == 1
    assert list(tmp_path.iterdir()) == []
