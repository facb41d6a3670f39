"""Tiles and bundles: names in one spelling, sizes as specified, the same files however a tree grew."""

import pytest
import second_log as second
from hypothesis import given
from hypothesis import strategies as st
from records import NOW, an_id
from vault_domain.canonical import sha256_hex
from vault_domain.events import Actor, Kind, make_event
from vault_domain.tiles import (
    MAX_ENTRY,
    Edge,
    TileName,
    decode_bundle,
    decode_tile,
    edge_names,
    encode_bundle,
    entry_of,
    grow,
    parse_path,
    width_of,
)

ENTRIES = [f"entry {number}".encode() for number in range(66_000)]


def test_names_of_the_specification():
    assert TileName(0, 1234067).path() == "tile/0/x001/x234/067"
    assert TileName(None, 0, 1).path() == "tile/entries/000.p/1"
    assert TileName(63, 999, 255).path() == "tile/63/999.p/255"


@given(st.none() | st.integers(0, 63), st.integers(0, 10**15), st.integers(1, 256))
def test_a_name_reads_back(level: int | None, index: int, width: int):
    name = TileName(level, index, width)
    assert parse_path(name.path()) == name


@pytest.mark.parametrize(
    "path",
    ["", "checkpoint", "tile/0/0", "tile/0/0000", "tile/00/000", "tile/64/000", "tile/0/x000/001", "tile/0/001.p/0",
     "tile/0/001.p/256", "tile/0/001.p/01", "tile/0/../000", "tile/0/000/", "/tile/0/000", "tile/0/x001/x002",
     "tile/entries/000.p/", "tile/Entries/000", "tile/0/00\u0661", "tile/0/000\n", "tile/-1/000"],
)  # fmt: skip
def test_any_other_spelling_is_refused(path: str):
    with pytest.raises(ValueError, match="not the name"):
        parse_path(path)


@given(st.text())
def test_no_text_breaks_the_parser(text: str):
    try:
        assert parse_path(text).path() == text
    except ValueError as error:
        assert "not the name" in str(error)  # noqa: PT017


def test_the_example_of_the_specification():
    names, bundle = edge_names(70_000)
    assert [name.path() for name in names] == ["tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"]
    assert bundle == TileName(None, 273, 112)
    assert [name.width for name in edge_names(256)[0]] == [0, 1]
    assert (width_of(0, 272, 70_000), width_of(1, 0, 70_000), width_of(1, 2, 70_000)) == (256, 256, 0)


def test_a_big_tree_has_the_tiles_that_its_definition_says():
    edge, files = grow(Edge(), ENTRIES[:66_000])
    assert edge.root() == second.mth(ENTRIES[:66_000])
    assert files["tile/1/000"][:32] == second.mth(ENTRIES[:256])
    assert files["tile/2/000.p/1"] == second.mth(ENTRIES[:65_536])
    assert decode_bundle(files["tile/entries/257.p/208"]) == tuple(ENTRIES[257 * 256 : 66_000])
    assert len(files) == 257 * 2 + 2 + 1 + 1 + 1


@given(st.lists(st.integers(0, 600), min_size=1, max_size=6))
def test_steps_and_one_leap_give_the_same_edge_and_files(steps: list[int]):
    edge, files, size = Edge(), dict[str, bytes](), 0
    for step in steps:
        edge, new = grow(edge, ENTRIES[size : size + step])
        size += step
        assert all(files.setdefault(path, data) == data for path, data in new.items())
        for name in [*edge_names(size)[0], edge_names(size)[1]]:
            assert name is None or not name.width or name.path() in files
    leap, wanted = grow(Edge(), ENTRIES[:size])
    assert leap == edge
    assert edge.root() == second.mth(ENTRIES[:size])
    assert wanted.items() <= files.items()


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_bundles_read_back_and_cut_ones_are_refused(entries: list[bytes]):
    data = encode_bundle(entries)
    assert decode_bundle(data) == tuple(entries)
    if data:
        with pytest.raises(ValueError, match="cut off"):
            decode_bundle(data + b"\0")
        assert _refused(data[:-1]) or entries[-1] == b""


def _refused(data: bytes) -> bool:
    try:
        decode_bundle(data)
    except ValueError:
        return True
    return False


def test_a_tile_of_the_wrong_size_is_refused():
    assert decode_tile(b"a" * 64, 2) == (b"a" * 32, b"a" * 32)
    with pytest.raises(ValueError, match="wrong size"):
        decode_tile(b"a" * 63, 2)


def test_a_very_large_event_enters_as_its_hash():
    actor = Actor(id="fn:decide", role="system")
    small = make_event(an_id("evt"), Kind.SUBMISSION_DECISION, an_id("trk"), actor, NOW, outcome="accept")
    large = make_event(an_id("evt"), Kind.SUBMISSION_DECISION, an_id("trk"), actor, NOW, outcome="x" * MAX_ENTRY)
    assert entry_of(small) == small.leaf()
    assert sha256_hex(large.leaf()).encode() in entry_of(large)
    assert len(entry_of(large)) < 300
