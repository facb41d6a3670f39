"""What an audit is made of: folders and manifests, ids that stay the same."""

import json
from pathlib import Path

import pytest
from lemm.auditing import Generated, listed, output_id
from vault_domain.errors import BadRequest


def sounds(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())


def test_a_folder_says_by_its_folders_what_prompted_an_output(tmp_path: Path):
    sounds(tmp_path, "caption/b.wav", "caption/a.mp3", "unconditional/deep/c.flac", "canary/notes.txt", "else/d.wav")
    assert [(one.path.name, one.prompt) for one in listed(tmp_path)] == [
        ("a.mp3", "caption"), ("b.wav", "caption"), ("c.flac", "unconditional"),
    ]  # fmt: skip


def test_a_manifest_names_files_beside_it(tmp_path: Path):
    sounds(tmp_path, "x.wav", "y.wav")
    rows = [{"file": "x.wav", "prompt": "canary"}, {"file": "y.wav", "prompt": "caption"}]
    (tmp_path / "m.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n\n")
    assert [one.prompt for one in listed(tmp_path / "m.jsonl")] == ["canary", "caption"]


@pytest.mark.parametrize("line", [
    "no json", "[]", '{"file": "x.wav"}', '{"file": "x.wav", "prompt": "other"}', "",
    '{"file": "z.wav", "prompt": "caption"}',
])  # fmt: skip
def test_what_is_not_of_the_form_is_named_by_its_line(tmp_path: Path, line: str):
    sounds(tmp_path, "x.wav")
    (tmp_path / "m.jsonl").write_text(line)
    with pytest.raises(BadRequest, match=r"line 1|names 0"):
        listed(tmp_path / "m.jsonl")


def test_an_outputs_id_follows_from_its_bytes_and_the_version(tmp_path: Path):
    sounds(tmp_path, "a.wav", "b.wav")
    one, other = (Generated(tmp_path / name, "caption") for name in ("a.wav", "b.wav"))
    assert output_id(one, "m", "1") == output_id(Generated(one.path, "canary"), "m", "1")
    assert len({output_id(one, "m", "1"), output_id(other, "m", "1"), output_id(one, "m", "2")}) == 3
