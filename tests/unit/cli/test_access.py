"""The access table is read off the template, right for right."""

import pytest
from lemm.access import Access, Grant, markdown, read_access
from template import ROOT

ACCESS = read_access(ROOT / "template.yaml")


def test_every_function_table_and_bucket_is_in_it():
    assert set(ACCESS.functions) == {entry.name for entry in (ROOT / "functions").iterdir() if entry.is_dir()}
    assert {"accounts", "tracks", "rights", "events"} <= set(ACCESS.tables)
    assert set(ACCESS.buckets) == {"quarantine", "vault", "outputs", "snapshots", "log"}


@pytest.mark.parametrize(
    ("function", "name", "letters"),
    [
        ("decide", "vault", ""),
        ("decide", "tracks", "rwd"),
        ("decide", "quarantine", ""),
        ("decode", "tracks", ""),
        ("gateway-fetch", "vault", "rw"),
        ("lineage", "runs", "r"),
        ("lineage", "log", "r"),
        ("gateway-fetch", "events", "w"),
        ("gateway-issue-token", "vault", ""),
        ("tracks", "tracks", "r"),
    ],
)
def test_some_rights_that_matter(function, name, letters):
    assert ACCESS.letters(function, name) == letters


def test_the_gateway_reads_audio_and_writes_only_the_features_that_it_serves():
    assert ACCESS.prefixes("gateway-fetch", "vault", "r") == ("audio/*", "logmel/*")
    assert ACCESS.prefixes("gateway-fetch", "vault", "w") == ("logmel/*",)


def test_events_are_only_ever_appended_except_by_their_sequencer():
    for function in ACCESS.functions:
        assert "d" not in ACCESS.letters(function, "events") or function in ("sequence", "log-publish"), function


def test_the_printed_cells():
    made = Access(
        ("f",),
        ("events", "tracks", "rights"),
        ("vault",),
        (
            Grant("f", "table", "events", "w"),
            Grant("f", "table", "tracks", "r"),
            Grant("f", "table", "tracks", "w"),
            Grant("f", "bucket", "vault", "r", ("audio/*", "features/*")),
        ),
    )
    lines = markdown(made).splitlines()
    assert "| f | a | rw | · |" in lines
    assert "| f | r `audio/*`, `features/*` |" in lines
